//! Integration tests.
#![allow(missing_docs)]
