//! Fields that take one of a few words, and fields that are a table or the word "off".

/// Declares an enum that the file writes as one of a few words.
#[macro_export]
macro_rules! spec_words {
    (
        $(#[doc = $about:literal])+
        $vis:vis enum $name:ident {
            $( $(#[doc = $doc:literal])+ $text:literal => $variant:ident ),* $(,)?
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $vis enum $name {
            $( $(#[doc = $doc])+ $variant, )*
        }

        impl $crate::spec::Spec for $name {
            fn read(node: &$crate::spec::Node, at: &$crate::spec::At, reader: &mut $crate::spec::Reader) -> Option<Self> {
                match $crate::spec::read_word(node, at, reader, &[$($text),*])?.as_str() {
                    $( $text => Some(Self::$variant), )*
                    _ => None,
                }
            }

            fn schema() -> serde_json::Value {
                serde_json::json!({ "description": concat!($($about),+).trim(), "enum": [$($text),*] })
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(match self { $( Self::$variant => $text, )* })
            }
        }
    };
}

use super::node::{Node, Value};
use super::reader::{At, Reader};
use super::{Spec, read_choice};

/// Reads one of a few words.
pub fn read_word(node: &Node, at: &At, reader: &mut Reader, words: &[&str]) -> Option<String> {
    if let Value::String(_) = node.value {
        return read_choice(node, at, reader, "", words).map(|(word, _)| word);
    }
    let allowed = words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
    reader.refuse(at, format!("is {} where one of a few words is needed", node.value.kind()), allowed);
    None
}

/// A table, or the word "off".
#[derive(Clone, Debug)]
pub enum OffOr<T> {
    /// Switched off on purpose.
    Off,
    /// Switched on.
    On(T),
}

impl<T: Spec> Spec for OffOr<T> {
    fn read(node: &Node, at: &At, reader: &mut Reader) -> Option<Self> {
        match node.value {
            Value::String(_) => read_word(node, at, reader, &["off"]).map(|_| Self::Off),
            _ => T::read(node, at, reader).map(Self::On),
        }
    }

    fn schema() -> serde_json::Value {
        serde_json::json!({ "anyOf": [{ "const": "off" }, T::schema()] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    crate::spec_words! {
        /// A class.
        enum Class {
            /// Now.
            "interactive" => Interactive,
            /// Later.
            "deferrable" => Deferrable,
        }
    }

    fn read<T: Spec>(text: &str) -> (Option<T>, Vec<String>) {
        let mut reader = Reader::new("a.toml", text, Path::new("."));
        let (root, at) = reader.parse(&[]).unwrap();
        let Value::Table(table) = &root.value else { unreachable!() };
        let node = table.get("x").unwrap();
        let spec = T::read(node, &at.child("x", node), &mut reader);
        (spec, reader.finish().err().map_or(Vec::new(), |e| e.diagnostics().iter().map(ToString::to_string).collect()))
    }

    #[test]
    fn words_are_read_and_the_nearest_is_named() {
        assert_eq!(read::<Class>("x = \"deferrable\"").0, Some(Class::Deferrable));
        assert_eq!(Class::Interactive.to_string(), "interactive");
        let (_, errors) = read::<Class>("x = \"interactiv\"");
        assert!(errors[0].contains("did you mean \"interactive\""), "{errors:?}");
        assert_eq!(read::<Class>("x = 3").1.len(), 1);
        assert!(matches!(read::<OffOr<f64>>("x = \"off\"").0, Some(OffOr::Off)));
        assert!(matches!(read::<OffOr<f64>>("x = 2").0, Some(OffOr::On(_))));
        assert_eq!(read::<OffOr<f64>>("x = \"of\"").1.len(), 1);
    }
}
