//! Levers: what somebody could do about the demand, as changes of the scenario in the grammar of `--set`.

use crate::spec::{Field, Map, Override, Reader, check_name};
use crate::units::{Currency, MonthlyPrice, Share};
use std::collections::BTreeSet;

crate::spec_table! {
    /// Something that could be done: changes of this scenario, whose effect `tokentide levers` tells.
    pub struct LeverSpec {
        /// What it is called.
        required name: String,
        /// Changes: a path of the scenario and its new value or relative change, as `--set` takes them.
        optional set: Map<String>,
        /// A share of a workload that goes another way.
        optional moves: MoveSpec,
        /// What having it costs.
        optional cost: MonthlyPrice,
    }
}

crate::spec_table! {
    /// A share of an interactive workload that is served by other offers, a smaller model's for example.
    pub struct MoveSpec {
        /// The workload.
        required workload: String,
        /// The share of it.
        required share: Share,
        /// The offers that serve that share, in the order in which they are tried.
        required route: Vec<Field<String>>,
    }
}

/// Something that could be done about the demand.
#[derive(Clone, Debug, PartialEq)]
pub struct Lever {
    /// What it is called.
    pub name: String,
    /// Changes as `PATH=VALUE`.
    pub changes: Vec<String>,
    /// A share of a workload that goes another way.
    pub moves: Option<Move>,
    /// What having it costs a month, >= 0. `[currency]`
    pub cost: f64,
}

/// A share of a workload that goes another way.
#[derive(Clone, Debug, PartialEq)]
pub struct Move {
    /// The workload's name.
    pub workload: String,
    /// The share, above 0 and at most 1.
    pub share: f64,
    /// Names of the offers that serve it.
    pub route: Vec<String>,
}

/// What is wrong with a lever that changes which futures are drawn, and what it may change.
pub const OTHER_FUTURES: (&str, &str) =
    ("changes which futures are drawn, so that nothing could be compared on the same ones", "paths of workloads, offers, plans or limits");

/// Whether a change of this path makes the futures others, or more, or longer.
#[must_use]
pub fn draws_other_futures(path: &str) -> bool {
    let first = path.trim().split(['.', '=']).next().unwrap_or_default().trim();
    ["horizon", "seed", "replications", "sampling", "currency"].contains(&first)
}

/// Checks the levers of a file; whether their changes fit the scenario is seen when they are made.
pub(super) fn resolve(specs: &[Field<LeverSpec>], currency: Currency, reader: &mut Reader) -> Option<Vec<Lever>> {
    let mut names = BTreeSet::new();
    let mut good = true;
    let mut levers = Vec::new();
    for spec in specs {
        good &= check_name(&spec.name, "lever", reader);
        if !names.insert(spec.name.value.as_str()) {
            reader.refuse(&spec.name.at, "names a second lever", "every name once");
            good = false;
        }
        if spec.set.is_none() && spec.moves.is_none() {
            reader.missing(&spec.at, "set", "changes, such as { \"workload.chat.tokens.input\" = \"-10%\" }, or `moves`");
            good = false;
        }
        let mut changes = Vec::new();
        for (path, value) in spec.set.iter().flat_map(|set| &set.entries) {
            let change = format!("{}={}", path.value, value.value);
            if draws_other_futures(&path.value) {
                reader.refuse(&path.at, OTHER_FUTURES.0, OTHER_FUTURES.1);
                good = false;
            } else if path.value.contains('=') || Override::new(&change).is_err() {
                reader.refuse(&value.at, "is no change", "a path of the scenario, and a value or a relative change such as \"-10%\"");
                good = false;
            }
            changes.push(change);
        }
        if let Some(cost) = spec.cost.as_ref().filter(|cost| cost.currency != currency) {
            reader.refuse(&cost.at, "is in another currency", format!("an amount in {currency}, the scenario's currency"));
            good = false;
        }
        let moves = spec.moves.as_ref().map(|moves| {
            if !(moves.share.0 > 0.0 && moves.share.0 <= 1.0) {
                reader.refuse(&moves.share.at, "moves nothing", "more than 0% and at most 100%");
                good = false;
            }
            let route = moves.route.iter().map(|offer| offer.value.clone()).collect();
            Move { workload: moves.workload.value.clone(), share: moves.share.0, route }
        });
        let cost = spec.cost.as_ref().map_or(0.0, |cost| cost.per_month);
        levers.push(Lever { name: spec.name.value.clone(), changes, moves, cost });
    }
    good.then_some(levers)
}
