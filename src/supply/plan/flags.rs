//! What the user says of an offer on the command line, as a text that problems can point into.

use super::open::{OfferCandidates, text};
use crate::spec::{At, Reader};
use crate::supply::schedule::Window;
use crate::units::Term;

/// The places of what flags say of one offer; `None` where they say nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Flags {
    pub(super) units: Option<At>,
    pub(super) terms: Option<At>,
    pub(super) starts: Option<At>,
    pub(super) hours: Option<At>,
}

impl Flags {
    /// Those of an offer.
    pub(super) fn new(offer: &str, said: &OfferCandidates, reader: &mut Reader) -> Self {
        let mut flag = |name: &str, value: Option<String>| value.map(|value| reader.flag(&format!("{name}.{offer}"), &value));
        // Lists that were made finer around an answer are nobody's words.
        let units = said.units.as_ref().filter(|_| !said.refined).map(text);
        Self {
            units: flag("units", units),
            terms: flag("terms", said.terms.as_deref().map(|terms| joined(terms, Term::to_string))),
            starts: flag("starts", said.starts.as_deref().map(|starts| joined(starts, u64::to_string))),
            hours: flag("hours", said.hours.as_deref().map(hours)),
        }
    }

    /// All that is said.
    pub(super) fn all(self) -> impl Iterator<Item = At> {
        [self.units, self.terms, self.starts, self.hours].into_iter().flatten()
    }
}

fn hours(windows: &[Window]) -> String {
    if windows.is_empty() { "any".to_owned() } else { joined(windows, Window::to_string) }
}

fn joined<T>(values: &[T], text: impl Fn(&T) -> String) -> String {
    values.iter().map(text).collect::<Vec<_>>().join(", ")
}
