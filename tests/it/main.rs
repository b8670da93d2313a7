//! Integration tests.
#![allow(missing_docs)]

mod cli;
mod laws;
