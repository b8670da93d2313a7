//! Integration tests.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod architecture;
mod cli;
mod bad_input;
mod laws;
mod properties;
mod reproducibility;
mod validation;
