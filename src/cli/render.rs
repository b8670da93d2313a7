//! Errors and warnings as compilers show them: the place, the line, the value underlined, what is allowed.

use super::console;
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use std::ops::Range;
use tokentide::error::{Diagnostic, Error, ErrorKind, Source};

/// Tells an error on standard error, in colour only on a terminal.
pub(crate) fn error(error: &Error) {
    console::note(&error_text(error));
}

/// Tells a warning on standard error.
pub(crate) fn warning(text: &str) {
    console::note(&render(Group::with_title(Level::WARNING.primary_title(text))));
}

/// Tells that a gate was missed, on standard error.
pub(crate) fn gate(text: &str) {
    console::note(&render(Group::with_title(Level::ERROR.primary_title(text))));
}

/// The error with terminal colours.
fn error_text(error: &Error) -> String {
    let ErrorKind::Input { diagnostics, sources, untold } = error.kind() else {
        return render(Group::with_title(Level::ERROR.primary_title(error.to_string())));
    };
    let mut parts: Vec<String> = diagnostics.iter().map(|diagnostic| diagnostic_text(diagnostic, sources)).collect();
    if diagnostics.len() > 1 {
        // The last one then says how many are not told.
        let found = diagnostics.len() + untold.saturating_sub(1);
        let count = format!("{found} problems were found");
        parts.push(render(Group::with_title(Level::ERROR.primary_title(count))));
    }
    parts.join("\n\n")
}

fn render(group: Group<'_>) -> String {
    Renderer::styled().decor_style(DecorStyle::Ascii).render(&[group])
}

fn diagnostic_text(diagnostic: &Diagnostic, sources: &[Source]) -> String {
    let title = match diagnostic.field.as_str() {
        "" => diagnostic.message.clone(),
        field => format!("{field}: {}", diagnostic.message),
    };
    let title = Level::ERROR.primary_title(title);
    let group = match source_of(diagnostic, sources) {
        Some((text, span)) => {
            title.element(Snippet::source(text).path(diagnostic.file.as_str()).annotation(AnnotationKind::Primary.span(span)))
        }
        None => title.element(place(diagnostic)),
    };
    let notes = [("given", &diagnostic.given), ("allowed", &diagnostic.allowed), ("help", &diagnostic.help)];
    let notes = notes.into_iter().filter_map(|(name, text)| Some(Level::NOTE.with_name(name).message(text.as_deref()?)));
    render(group.elements(notes))
}

/// The place of a problem whose text is not at hand, such as a trace's.
fn place(diagnostic: &Diagnostic) -> Origin<'_> {
    let origin = Origin::path(diagnostic.file.as_str());
    if diagnostic.line == 0 { origin } else { origin.line(diagnostic.line).char_column(diagnostic.column) }
}

/// The text a problem stands in, and the part of its first line to underline.
fn source_of<'s>(diagnostic: &Diagnostic, sources: &'s [Source]) -> Option<(&'s str, Range<usize>)> {
    let same_file = |source: &&Source| source.name == diagnostic.file;
    // Overrides all have the same name; the one that sets the field, or what it is a part of, is meant.
    let is_part = |rest: &str| rest.is_empty() || rest.starts_with('.');
    let is_set_by = |path: &str| diagnostic.field.strip_prefix(path.trim()).is_some_and(is_part);
    let sets = |source: &&Source| source.text.split_once('=').is_some_and(|(path, _)| is_set_by(path));
    let source = sources.iter().filter(same_file).find(sets).or_else(|| sources.iter().find(same_file))?;
    let text = source.text.as_str();
    let marked = text.get(diagnostic.span.clone()).filter(|_| !text.is_empty())?;
    let first_line = marked.lines().next().unwrap_or("");
    Some((text, diagnostic.span.start..diagnostic.span.start + first_line.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use tokentide::spec::{Override, Reader, Spec};
    use tokentide::units::Share;

    tokentide::spec_table! {
        /// The root.
        struct RootSpec {
            /// A share.
            required share: Share,
            /// A name.
            required name: String,
        }
    }

    /// The text as a file would get it.
    fn plain(text: &str, set: &[&str]) -> String {
        let mut reader = Reader::new("dir/a.toml", text, Path::new("."));
        let overrides: Vec<_> = set.iter().map(|s| Override::new(s).unwrap()).collect();
        if let Some((node, at)) = reader.parse(&overrides) {
            RootSpec::read(&node, &at, &mut reader);
        }
        anstream::adapter::strip_str(&error_text(&reader.finish().unwrap_err())).to_string()
    }

    #[test]
    fn the_value_is_underlined_and_the_remedies_follow() {
        let text = plain("name = \"x\" # ü\nshare = 2 # why not\n", &[]);
        let expected = "\
error: share: is out of range
 --> dir/a.toml:2:9
  |
2 | share = 2 # why not
  |         ^
  |
  = given: 2
  = allowed: a share from 0 to 1, written \"15%\" or 0.15";
        assert_eq!(text, expected);
    }

    #[test]
    fn every_problem_is_shown_and_counted() {
        let text = plain("shaer = \"1%\"\n", &["nmae=3"]);
        for part in
            ["shaer: is no field", "did you mean `share`?", "dir/a.toml:1:1", "name: is missing", "--set:1:1", "4 problems were found"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn an_override_shows_its_own_text() {
        let text = plain("share = 0.5\nname = \"x\"", &["name=\"y\"", "share=7"]);
        assert!(text.contains("1 | share=7\n"), "{text}");
    }

    #[test]
    fn odd_places_do_not_break_the_rendering() {
        let diagnostic = |file: &str, span: Range<usize>| Diagnostic {
            file: file.to_owned(),
            line: 3,
            column: 7,
            span,
            field: String::new(),
            message: "is odd\u{1b}[31m\r\u{7}".to_owned(),
            given: None,
            allowed: None,
            help: None,
        };
        let sources = |text: &str| vec![Source { name: "a".to_owned(), text: text.to_owned() }];
        for (text, span) in [("", 0..0), ("", 0..9), ("é", 1..2), ("a\r\nb\r\n", 0..6), ("a\n", 2..2), ("\t\u{0}x", 1..2), ("ab", 2..2)] {
            let shown = diagnostic_text(&diagnostic("a", span.clone()), &sources(text));
            assert!(shown.contains("is odd") && !shown.contains("\u{1b}[31m\r"), "{text:?} {span:?}: {shown:?}");
        }
        assert!(anstream::adapter::strip_str(&diagnostic_text(&diagnostic("t.csv", 0..0), &[])).to_string().contains("t.csv:3:7"));
    }
}
