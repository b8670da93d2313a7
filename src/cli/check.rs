//! `check`: the resolved scenario, every value with how it came to be.

use super::args::ScenarioArgs;
use super::{Exit, console, render, scenario};
use std::io::{self, Write};
use tokentide::error::Result;
use tokentide::spec::Resolved;

/// Values longer than this are cut, so that one list does not push all notes off the screen.
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
    let width = |text: &dyn Fn(&Resolved) -> usize| resolved.iter().map(text).max().unwrap_or(0);
    let path = width(&|value| value.path.chars().count());
    let value = width(&|value| shortened(&value.value).chars().count());
    for Resolved { path: name, value: text, provenance, note } in resolved {
        let line = format!("{name:<path$}  {:<value$}  {provenance:<8}  {note}", shortened(text));
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// One line of at most [`WIDEST_VALUE`] characters, without control characters.
fn shortened(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.chars().count() <= WIDEST_VALUE {
        return line;
    }
    line.chars().take(WIDEST_VALUE - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokentide::spec::Provenance;

    #[test]
    fn columns_are_aligned_and_long_values_cut() {
        let value = |path: &str, value: &str, provenance, note: &str| Resolved {
            path: path.to_owned(),
            value: value.to_owned(),
            provenance,
            note: note.to_owned(),
        };
        let resolved =
            [value("seed", "1", Provenance::Assumed, "the default"), value("workload.größe.level", &"9".repeat(60), Provenance::Given, "")];
        let mut out = Vec::new();
        list(&resolved, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let expected =
            format!("seed                  1{}  assumed   the default\nworkload.größe.level  {}…  given\n", " ".repeat(47), "9".repeat(47));
        assert_eq!(text, expected);
    }
}
