//! Integration tests.
#![allow(missing_docs)]

mod architecture;
mod cli;
mod laws;
