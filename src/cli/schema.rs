//! `schema`: the JSON Schema of the scenario file, for completion in editors.

use super::{Exit, console};
use tokentide::error::Result;
use tokentide::scenario::ScenarioSpec;
use tokentide::spec::Spec;

/// Prints the schema, draft 2020-12.
pub(crate) fn schema() -> Result<Exit> {
    let schema = document(ScenarioSpec::schema());
    console::print(|out| writeln!(out, "{schema:#}"))?;
    Ok(Exit::Done)
}

/// The root's schema with what makes it a document of its own.
fn document(root: serde_json::Value) -> serde_json::Value {
    let mut document = serde_json::Map::new();
    document.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
    document.insert("title".to_owned(), "tokentide scenario".into());
    if let serde_json::Value::Object(root) = root {
        document.extend(root);
    }
    document.into()
}
