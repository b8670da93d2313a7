//! `check`: the resolved scenario, every value with how it came to be.

use super::args::ScenarioArgs;
use super::{Exit, console, render, scenario};
use std::io::{self, Write};
use tokentide::error::Result;
use tokentide::spec::Resolved;

/// Values longer than this stand out of their column, so that one list does not push all notes off the screen.
const WIDEST_VALUE: usize = 48;

/// Validates the scenario and prints it.
pub(crate) fn check(args: &ScenarioArgs) -> Result<Exit> {
    let loaded = scenario::load(args, &[])?;
    console::print(|out| list(&loaded.resolved, out))?;
    loaded.warnings.iter().for_each(|warning| render::warning(warning));
    Ok(Exit::Done)
}

/// Path, value, provenance and note in aligned columns.
fn list(resolved: &[Resolved], out: &mut dyn Write) -> io::Result<()> {
    let values: Vec<String> = resolved.iter().map(|value| on_one_line(&value.value)).collect();
    let path = resolved.iter().map(|value| value.path.chars().count()).max().unwrap_or(0);
    let value = values.iter().map(|value| value.chars().count()).filter(|width| *width <= WIDEST_VALUE).max().unwrap_or(0);
    for (Resolved { path: name, provenance, note, .. }, text) in resolved.iter().zip(&values) {
        let line = format!("{name:<path$}  {text:<value$}  {provenance:<8}  {note}");
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// The text without control characters.
fn on_one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokentide::spec::Provenance;

    #[test]
    fn columns_are_aligned_and_long_values_stand_out() {
        let value = |path: &str, value: &str, provenance, note: &str| Resolved {
            path: path.to_owned(),
            value: value.to_owned(),
            provenance,
            note: note.to_owned(),
        };
        let resolved = [
            value("seed", "1", Provenance::Assumed, "the default"),
            value("units", "20", Provenance::Given, ""),
            value("workload.größe.level", &"9".repeat(60), Provenance::Given, "all of it"),
        ];
        let mut out = Vec::new();
        list(&resolved, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let expected = format!(
            "seed                  1   assumed   the default\nunits                 20  given\nworkload.größe.level  {}  given     all of it\n",
            "9".repeat(60)
        );
        assert_eq!(text, expected);
    }
}
