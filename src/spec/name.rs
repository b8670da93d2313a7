//! Names of workloads, offers, plans and factors: what they may hold, so that files, paths and spreadsheets take them as they are.

use super::reader::{Field, Reader};

/// Longest name in characters.
pub const MAX_NAME: usize = 128;

/// Checks a name and tells what is wrong with it; `what` is the noun for messages ("workload"). True when the name will do.
///
/// A name is not empty, has at most [`MAX_NAME`] characters, no control character, no dot (dots separate the steps of a path), no slash
/// and no comma (they separate the parts of a swept plan's name and the columns of files), does not begin with `= + - @` (a spreadsheet
/// would run it as a formula) nor begin or end with a space, and is not `all`, the row that sums over everything.
pub fn check_name(name: &Field<String>, what: &str, reader: &mut Reader) -> bool {
    let text = name.value.as_str();
    let problem = if text.trim().is_empty() {
        Some("is empty".to_owned())
    } else if text.chars().count() > MAX_NAME {
        Some(format!("has more than {MAX_NAME} characters"))
    } else if text.chars().any(char::is_control) {
        Some("holds a control character".to_owned())
    } else if text.starts_with(['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']) {
        let first = text.chars().next().unwrap_or_default();
        Some(format!("begins with `{first}`, which a spreadsheet that opens the results would run as a formula"))
    } else if text.trim() != text {
        Some("begins or ends with a space".to_owned())
    } else if let Some(c) = text.chars().find(|c| matches!(c, '.' | '/' | ',')) {
        Some(format!("holds `{c}`, which separates the parts of paths and files"))
    } else if text == "all" {
        Some("is `all`, which names the sum over everything".to_owned())
    } else {
        None
    };
    let Some(problem) = problem else { return true };
    let allowed =
        format!("a {what}'s name: 1 to {MAX_NAME} characters without dot, slash, comma or control characters, not beginning with = + - @");
    reader.refuse(&name.at, problem, allowed);
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{At, Origin};
    use std::path::Path;

    fn told(name: &str) -> Option<String> {
        let mut reader = Reader::new("a.toml", "", Path::new("."));
        let at = At { path: "workload.1.name".to_owned(), span: 0..0, origin: Origin::File };
        let good = check_name(&Field { value: name.to_owned(), at }, "workload", &mut reader);
        assert_eq!(good, reader.is_clean());
        reader.finish().err().map(|e| e.diagnostics()[0].message.clone())
    }

    #[test]
    fn names_that_files_and_spreadsheets_cannot_take_are_refused() {
        for good in ["copilot", "Übersetzung 2", "a-b", "6 months", "x=1", &"x".repeat(128)] {
            assert_eq!(told(good), None, "{good:?}");
        }
        let formula = told("=cmd|'/C calc'!A0").unwrap();
        assert!(formula.contains("formula") && formula.contains('='), "{formula}");
        for bad in ["", " ", "a.b", "a/b", "a,b", "all", "+1", "-x", "@x", "a\tb", "a\n", " a", "a ", &"x".repeat(129)] {
            assert!(told(bad).is_some(), "{bad:?}");
        }
    }
}
