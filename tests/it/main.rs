//! Integration tests.
#![allow(missing_docs)]

mod architecture;
mod bad_input;
mod laws;
