//! What the unit tests of the demand models share.

use crate::spec::{Field, Reader, Spec};
use std::path::Path;

/// Reads a spec from TOML at the path `level`, and the reader that will take its resolution.
pub(super) fn read<T: Spec>(text: &str) -> (Field<T>, Reader) {
    let mut reader = Reader::new("a.toml", text, Path::new("."));
    let (node, mut at) = reader.parse(&[]).expect("TOML");
    at.path = "level".to_owned();
    let value = T::read(&node, &at, &mut reader).unwrap_or_else(|| panic!("{text}"));
    (Field { value, at }, reader)
}
