//! Integration tests.
#![allow(missing_docs)]

mod architecture;
mod laws;
