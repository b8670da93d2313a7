//! Purchases over time: what schedules of purchases come to that look only at what has passed.
//!
//! A policy is [walked](walk) through every future by the demand alone, and what it comes to is [spliced](splice) from the months of plans
//! that hold the same units all along, which one run serves. That is exact where nothing is carried from month to month; where something is,
//! it is refused. What a term binds to after the horizon is charged, unless it is left out on purpose: otherwise a long term would look the
//! cheaper the later it starts.

mod answer;
mod choose;
mod family;
mod seen;
mod splice;
mod stage;
mod walk;

pub use answer::{Simulated, StepUp, Threshold, UnitsOfMonth, Waiting};
pub use stage::Stage;

use crate::error::{Error, Result};
use crate::scenario::Scenario;
use crate::simulation::{Run, RunSpec};
use crate::supply::{OfferKind, Policy};
use crate::units::Term;
use stage::Ground;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct ScheduleWish {
    /// Whether what terms bind to after the horizon is charged.
    pub charge_owed: bool,
    /// Whether policies are made up beside those of the file; where it has none they are in any case.
    pub made_up: bool,
}

/// What a policy is there for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PolicyKind {
    /// It stands in the file.
    File,
    /// A plan: all that it buys is known from the start.
    Plan {
        /// The one term, where there is one.
        term: Option<Term>,
    },
    /// By the hour or on demand for some months before a term.
    Wait {
        /// The months.
        months: usize,
        /// Whether what is bought then depends on what was seen, or is what was best at the start.
        by_use: bool,
    },
    /// Bought in parts at fixed times.
    Ladder,
    /// More once the last weeks would have used it.
    StepUp {
        /// The term of what is added.
        term: Term,
        /// Weeks that are looked at.
        weeks: usize,
        /// The share of the next units that they must have used.
        above: f64,
    },
    /// For a month at a time, by what was seen.
    Monthly,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// For the whole plan where the file has policies, by plan; else for each pool that buys units.
    pub stages: Vec<Stage>,
}

/// Simulates the policies of a scenario, or a family of them that is made up. `scenario` has its choices
/// [open](crate::scenario::load_open), so that the best plan is among those that policies are compared with.
///
/// # Errors
/// Where something is carried from month to month; where nothing can be bought; and as [`run`](crate::simulation::run).
pub fn schedule(scenario: &Scenario, wish: ScheduleWish, spec: &RunSpec<'_>) -> Result<Run<Schedule>> {
    let mut stages = Vec::new();
    let mut about = None;
    let mut bases: Vec<&str> = scenario.policies.iter().map(|policy| policy.base.as_str()).collect();
    bases.sort_unstable();
    bases.dedup();
    for base in bases {
        let ground = Ground::new(scenario, base, wish, spec)?;
        let policies: Vec<Policy> = scenario.policies.iter().filter(|policy| policy.base == base).cloned().collect();
        let ran = ground.of_file(&policies)?;
        stages.push(ran.summary);
        about = Some(Run { summary: (), replications: ran.replications, asked: ran.asked, seed: ran.seed, engine: ran.engine });
    }
    if wish.made_up || scenario.policies.is_empty() {
        let (mut first, mut refused) = (stages.len(), Vec::new());
        for base in buying(scenario) {
            let ground = match Ground::new(scenario, base, wish, spec) {
                Ok(ground) => ground,
                Err(error) => {
                    refused.push(error);
                    continue;
                }
            };
            let ran = ground.made_up()?;
            stages.extend(ran.summary);
            about = Some(Run { summary: (), replications: ran.replications, asked: ran.asked, seed: ran.seed, engine: ran.engine });
        }
        // What cannot be served is told beside what can; alone it is the answer.
        first = first.min(stages.len().saturating_sub(1));
        match stages.get_mut(first) {
            Some(stage) => stage.left_out.extend(refused.iter().map(ToString::to_string)),
            None => refused.into_iter().next().map_or(Ok(()), Err)?,
        }
    }
    let Some(about) = about.filter(|_| !stages.is_empty()) else {
        return Err(Error::usage("no plan routes work to an offer that sells units, so there is nothing to schedule"));
    };
    Ok(Run { summary: Schedule { stages }, replications: about.replications, asked: about.asked, seed: about.seed, engine: about.engine })
}

/// Plans of the file with an offer on their routes that sells units.
fn buying(scenario: &Scenario) -> Vec<&str> {
    let supply = &scenario.supply;
    let sells = |offer: usize| matches!(supply.offers[offer].kind, OfferKind::Provisioned(_));
    let mut bases: Vec<&str> = Vec::new();
    for plan in &supply.plans {
        let buys = plan.pools.iter().any(|pool| supply.groups[pool.group].nodes.iter().any(|node| sells(node.offer)));
        if buys && !bases.contains(&plan.base.as_str()) {
            bases.push(&plan.base);
        }
    }
    bases
}
