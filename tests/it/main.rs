//! Integration tests.
#![allow(missing_docs)]

mod bad_input;
mod laws;
