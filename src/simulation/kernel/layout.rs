//! Which sums over a month's hours tell what a pool comes to: one function of an hour's tokens for each offer that lets some of them pass, and
//! three for what goes beyond the last.

use super::Scope;
use crate::supply::{MAX_AXES, PoolGroup};

/// What is not served by an offer and those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passed {
    /// As much as reached the offer: none of it is bought.
    All,
    /// Nothing: it has no limit.
    Nothing,
    /// A function of the hour; one of prompts and, right behind it, one of answers where they are apart.
    Function(usize),
}

/// The functions of a case in a month.
#[derive(Clone, Debug)]
pub(super) struct CaseLayout {
    pub(super) passed: Vec<Passed>,
    /// Minutes over, and hours over and the logarithm of the chance of none, where anything can be throttled and that is looked at.
    pub(super) over: Option<usize>,
}

/// The functions of all groups of a work in a month.
#[derive(Clone, Debug)]
pub(super) struct WorkLayout {
    pub(super) groups: Vec<(usize, Vec<CaseLayout>)>,
}

/// Functions that tell how often a limit is exceeded: minutes, hours, and the logarithm of the chance of no such hour.
pub(super) const OVER: usize = 3;

impl WorkLayout {
    /// The layout of these groups for hours of so many kinds of tokens, numbered from `next` on, which is left behind the last.
    pub(super) fn new<'s>(
        groups: impl Iterator<Item = (usize, &'s PoolGroup)>,
        (month, kinds): (usize, usize),
        scope: Scope,
        next: &mut usize,
    ) -> Self {
        let mut take = |many: usize| {
            let first = *next;
            *next += many;
            first
        };
        let groups = groups.map(|(index, group)| {
            let mut case = |units: &[f64]| {
                let units = &units[month * group.nodes.len() * MAX_AXES..];
                let mut reached = Passed::All;
                let passed: Vec<Passed> = group
                    .nodes
                    .iter()
                    .zip(units.chunks_exact(MAX_AXES))
                    .map(|(node, units)| {
                        let none = node.provisioned && units[..node.axes].iter().all(|&units| units == 0.0);
                        reached = match reached {
                            Passed::Nothing => Passed::Nothing,
                            _ if none => Passed::All,
                            _ if !node.is_limited() => Passed::Nothing,
                            _ => Passed::Function(take(kinds)),
                        };
                        reached
                    })
                    .collect();
                let throttles = reached != Passed::Nothing;
                CaseLayout { passed, over: (throttles && scope == Scope::All).then(|| take(OVER)) }
            };
            (index, group.cases.iter().map(|c| case(&c.units)).collect())
        });
        Self { groups: groups.collect() }
    }
}
