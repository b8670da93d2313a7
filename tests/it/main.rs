//! Integration tests.
#![allow(missing_docs)]

mod laws;
