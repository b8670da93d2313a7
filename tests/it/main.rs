//! Integration tests.
#![allow(missing_docs)]

mod architecture;
mod laws;
mod properties;
mod reproducibility;
mod validation;
