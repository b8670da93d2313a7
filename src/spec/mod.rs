//! Reading a scenario file: a tree that remembers where every value stands, and specs that read themselves from it.
//!
//! A spec is the file as written; each domain module declares its own beside its model with [`spec_table!`](crate::spec_table) or
//! [`spec_choice!`](crate::spec_choice). One declaration gives the struct, the reader (which collects every error instead of stopping at
//! the first, and names the nearest key when one is misspelt) and the JSON Schema, so no key is listed twice.

mod graft;
mod leaf;
mod name;
mod node;
mod overrides;
mod reader;
mod table;
mod word;

pub use graft::{Place, graft, replace};
pub use leaf::Map;
pub use name::{MAX_NAME, check_name};
pub use node::{Key, Node, Origin, Table, Value};
pub use overrides::{Override, apply};
pub use reader::{At, Field, Provenance, Reader, Resolved, nearest};
pub use table::{choice_schema, described, key, read_choice, read_optional, read_required};
pub use word::{OffOr, read_word};

/// What can be read from a node of the file.
pub trait Spec: Sized {
    /// Reads the node. Problems go to `reader`; `None` only after at least one was told.
    fn read(node: &Node, at: &At, reader: &mut Reader) -> Option<Self>;

    /// The JSON Schema of what is accepted.
    fn schema() -> serde_json::Value;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Share, TokenRate};
    use std::path::Path;

    crate::spec_table! {
        /// A level.
        struct LevelSpec {
            /// The mean.
            required mean: TokenRate,
            /// A share.
            optional share: Share,
        }
    }

    crate::spec_table! {
        /// Nothing to say.
        struct FlatSpec {}
    }

    crate::spec_choice! {
        /// A shape.
        enum ShapeSpec by "kind" {
            /// Level.
            "level" => Level(LevelSpec),
            /// Flat.
            "flat" => Flat(FlatSpec),
        }
    }

    crate::spec_table! {
        /// The root.
        struct RootSpec {
            /// Shapes.
            list shape: ShapeSpec,
            /// By name.
            optional map: Map<f64>,
        }
    }

    fn read(text: &str, set: &[&str]) -> (Option<RootSpec>, Vec<String>) {
        let mut reader = Reader::new("a.toml", text, Path::new("."));
        let overrides: Vec<_> = set.iter().map(|s| Override::new(s).unwrap()).collect();
        let spec = reader.parse(&overrides).and_then(|(node, at)| RootSpec::read(&node, &at, &mut reader));
        (spec, reader.finish().err().map_or(Vec::new(), |e| e.diagnostics().iter().map(ToString::to_string).collect()))
    }

    #[test]
    fn all_errors_are_told_with_their_places() {
        let text = "[[shape]]\nkind = \"level\"\nmeen = 3\nshare = 2\n[[shape]]\nkind = \"flatt\"\n[map]\na = nan\n";
        let (spec, errors) = read(text, &[]);
        assert!(spec.is_none());
        assert_eq!(
            errors,
            [
                "a.toml:1:1: shape.1.mean: is missing; given: nothing; allowed: tokens per time, such as \"1.94M tokens/h\" or \"20k tokens/min\"",
                "a.toml:3:1: shape.1.meen: is no field of the scenario here; given: meen; allowed: mean, share; did you mean `mean`?",
                "a.toml:4:9: shape.1.share: is out of range; given: 2; allowed: a share from 0 to 1, written \"15%\" or 0.15",
                "a.toml:6:8: shape.2.kind: is unknown; given: \"flatt\"; allowed: \"level\", \"flat\"; did you mean \"flat\"?",
                "a.toml:8:5: map.a: is not finite; given: nan; allowed: a finite number",
            ]
        );
    }

    #[test]
    fn overrides_replace_add_and_scale() {
        let text = "shape = [{ kind = \"level\", mean = \"1k tokens/h\" }]";
        let (spec, errors) = read(text, &["shape.1.mean=+20%", "shape.1.share=5%", "map.x=3"]);
        assert_eq!(errors, Vec::<String>::new());
        let spec = spec.unwrap();
        let ShapeSpec::Level(level) = &spec.shape[0].value else { panic!("wrong choice") };
        assert!((level.mean.per_hour - 1200.0).abs() < 1e-9);
        assert!((level.share.as_ref().unwrap().0 - 0.05).abs() < 1e-12);
        assert!((spec.map.unwrap().get("x").unwrap().value - 3.0).abs() < 1e-12);
        let (_, errors) = read(text, &["shape.7.mean=1"]);
        assert_eq!(errors, ["--set:1:1: shape.7.mean: is not in the scenario; given: 7; allowed: 1"]);
    }

    #[test]
    fn the_schema_names_every_key() {
        let schema = RootSpec::schema().to_string();
        for word in ["shape", "flat", "mean", "additionalProperties"] {
            assert!(schema.contains(word), "{word}: {schema}");
        }
    }
}
