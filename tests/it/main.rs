//! Integration tests.
#![allow(missing_docs)]

mod laws;
mod properties;
mod reproducibility;
mod validation;
