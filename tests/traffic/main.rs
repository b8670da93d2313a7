//! Tests on real traffic, which the project does not contain.
#![allow(missing_docs)]
