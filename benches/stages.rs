//! Benchmarks by stage.
#![allow(missing_docs)]
fn main() {}
