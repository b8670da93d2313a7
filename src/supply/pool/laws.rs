//! The laws of minutes of all pools, each made once.

use crate::supply::facts::WorkloadFacts;
use crate::supply::minute::{Margin, MinuteLaw};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The laws of minutes, one for all pools that have the same.
#[derive(Default)]
pub(crate) struct Laws {
    known: Vec<(LawKey, Arc<MinuteLaw>)>,
    /// What had to be settled between workloads that differ.
    pub warnings: BTreeSet<String>,
}

/// What tells one law from another.
#[derive(Clone, Copy, PartialEq)]
struct LawKey {
    margin: Margin,
    burstiness_sd: f64,
    constant: Option<f64>,
    window: f64,
}

impl Laws {
    pub(super) fn of(&mut self, name: &str, facts: &[&WorkloadFacts], window: f64) -> Arc<MinuteLaw> {
        let margin = if facts.iter().any(|f| f.minute.margin == Margin::LogNormal) { Margin::LogNormal } else { Margin::Gamma };
        let sd = facts.iter().map(|f| f.minute.burstiness_sd).fold(0.0, f64::max);
        if facts.iter().any(|f| f.minute.margin != margin || f.minute.burstiness_sd < sd) {
            self.warnings.insert(format!(
                "pool {name}: its workloads state different laws of the minute; all are taken to have the heaviest (margin and burstiness)"
            ));
        }
        // A stated variance has a row of its own, but several workloads add up to a variance that changes with their mix.
        let constant = match facts {
            [only] => only.minute.constant.map(|_| only.minute.variance(window, 0.0, 0.0)),
            _ => None,
        };
        let key = LawKey { margin, burstiness_sd: sd, constant, window };
        if let Some((_, law)) = self.known.iter().find(|(known, _)| *known == key) {
            return Arc::clone(law);
        }
        let law = constant.map_or_else(|| MinuteLaw::new(margin, sd), |variance| MinuteLaw::constant(margin, sd, variance));
        let law = Arc::new(law.with_windows((3600.0 / window).round() as u32));
        self.known.push((key, Arc::clone(&law)));
        law
    }
}
