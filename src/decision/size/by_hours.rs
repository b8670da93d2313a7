//! What is told beside the answer: which units by the hour of the week were looked at, or whether they might be worth it where nobody asked, and
//! which ways through batch.

use super::Sizing;
use crate::scenario::Loaded;
use crate::supply::{Candidates, PoolGroup, Window};
use std::collections::BTreeSet;

/// A saving is told from this share of the plan's spend on.
const WORTH_TELLING: f64 = 0.01;
/// Hours of a month over those of a week.
const WEEKS_A_MONTH: f64 = 730.0 / 168.0;

/// What is told of an offer's units by the hour of the week.
#[derive(Clone, Debug)]
pub enum ByHours {
    /// They were looked at in these windows.
    LookedAt {
        /// The offer.
        offer: String,
        /// The pool's first workload.
        pool: String,
        /// The windows in words.
        windows: String,
        /// How many ways, and what was left out.
        note: String,
    },
    /// They were not, and might save something.
    NotLookedAt {
        /// The offer.
        offer: String,
        /// The pool.
        pool: String,
        /// The window in which they would save the most.
        window: Window,
        /// What they would save in the mean week, by the month, over units on any term and over none. `[currency]`
        saving: f64,
    },
}

impl Sizing {
    /// Tells what was looked at of units by the hour of the week and of ways through batch, and what might be worth a look.
    #[must_use]
    pub fn with_notes(mut self, loaded: &Loaded, candidates: &Candidates) -> Self {
        let looked_at = loaded.resolved.iter().filter_map(|value| {
            let (_, place) = value.path.split_once(".by_hours.")?;
            let (offer, pool) = place.split_once('.')?;
            let (offer, pool, windows, note) = (offer.to_owned(), pool.to_owned(), value.value.clone(), value.note.clone());
            Some(ByHours::LookedAt { offer, pool, windows, note })
        });
        self.by_hours.extend(looked_at);
        let noted = |path: &str| {
            let values = loaded.resolved.iter().filter(|value| value.path == path);
            values.map(|value| value.value.clone()).collect::<Vec<_>>()
        };
        self.via_batch = noted("plan.via_batch.looked_at");
        self.not_via_batch = noted("plan.via_batch.left_out");
        let (scenario, leader) = (&self.scenario, self.judgement.leaders.first());
        let Some(leader) = leader else { return self };
        let spend = self.judgement.standings[leader.plan].objective.point;
        let profile = scenario.demand.mean_week();
        let provisioned =
            |group: &'_ PoolGroup| -> Vec<usize> { group.nodes.iter().filter(|node| node.provisioned).map(|node| node.offer).collect() };
        let mut seen: BTreeSet<(usize, &str)> = BTreeSet::new();
        for group in &scenario.supply.groups {
            for index in provisioned(group) {
                let offer = &scenario.supply.offers[index].name;
                let asked = candidates.by_offer.get(offer).is_some_and(|said| said.hours.is_some());
                // Where plans write what they buy, there is nothing to look for.
                let path = format!(".open.{offer}");
                let is_open = loaded.resolved.iter().any(|value| value.path.ends_with(&path));
                if asked || !is_open || !seen.insert((index, &group.name)) {
                    continue;
                }
                let found = scenario.supply.hours_that_pay(group, index, &profile);
                let saving = found.iter().map(|(_, more)| more).sum::<f64>() * WEEKS_A_MONTH;
                if let Some((window, _)) = found.first().filter(|_| saving > WORTH_TELLING * spend) {
                    let (offer, pool) = (offer.clone(), group.name.clone());
                    self.by_hours.push(ByHours::NotLookedAt { offer, pool, window: *window, saving });
                }
            }
        }
        self
    }
}
