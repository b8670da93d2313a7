//! Whether the run can tell the best plan from the others.
//!
//! The best of many is chosen by the same samples that tell what it costs, so its lead over the next is not all that matters: the truly best
//! one may be any of those it was chosen from. What is told is how much more than that one it costs at most, at 95 % for all comparisons
//! together: for each rival the upper end of the paired difference, and of these the largest (J. C. Hsu, "Constrained simultaneous confidence
//! intervals for multiple comparisons with the best", Annals of Statistics 12, 1984), with Bonferroni's share of the error for each choice.
//! Rivals are the next best that keep what was asked in this run. Those further behind are left out: they have a longer way to go than the last
//! of these. Of plans that are better and miss what was asked by what may be the error of the run, the best takes part too: it may be the truly best.

use super::search::{Combination, Search};
use crate::decision::goal::Goal;
use crate::decision::requirement::Requirement;
use crate::statistics::{
    Estimate, SCRAMBLES, Sampling, by_sorted, normal_quantile, section, section_error, smooth_quantile, student_t_quantile,
};
use crate::tally::Span;

/// The confidence of what is told.
const CONFIDENCE: f64 = 0.95;

/// How the best plan stands against the others.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The plan, among those told of.
    pub plan: usize,
    /// What the next best costs more, in the goal, on the same futures; `None` where nothing else qualifies. `[currency a month]`
    pub lead: Option<Estimate>,
    /// Whether that is settled: 0 lies outside its 95 % interval.
    pub settled: bool,
    /// About how many replications would settle it; `None` where it is settled, or where no number would.
    pub needed: Option<f64>,
    /// What the plan costs more, at most, than the truly best one of those that kept what was asked in this run, and than [`Self::missed`], with
    /// 95 % confidence. `None` where the error is not known, or there is no other plan. `[currency a month]`
    pub indifference: Option<f64>,
    /// What the run leaves open of whether this plan, or one that is better, keeps it.
    pub unsure: Option<Requirement>,
    /// Whether the budget is kept, where there is one: of no plan otherwise, and this is then the best without it.
    pub affordable: bool,
    /// The best of those that are better and miss what was asked by what may be the error of the run.
    pub missed: Option<Missed>,
}

/// A plan that misses what was asked by what may be the error of the run.
#[derive(Clone, Copy, Debug)]
pub struct Missed {
    /// Its place among the plans told of.
    pub plan: usize,
    /// What it misses.
    pub of: Requirement,
    /// The share of the months that keep the limits, or of the futures within the budget.
    pub share: f64,
}

/// `rivals` are the next best, and the best of those that may be better and may keep the limits; `choices` the parts that plans are made of.
pub(super) fn verdict(
    search: &mut Search<'_>,
    best: &Combination,
    (rivals, missed): (&[&Combination], Option<&Combination>),
    choices: usize,
) -> Verdict {
    let own = search.samples(best.family, &best.parts);
    let of = |search: &mut Search<'_>, rival: &Combination| {
        let other = search.samples(rival.family, &rival.parts);
        advantage(search, &own, &other)
    };
    let leads: Vec<Estimate> = rivals.iter().map(|rival| of(search, rival)).collect();
    let missed = missed.map(|missed| of(search, missed));
    let lead = leads.first().copied();
    let z = |estimate: &Estimate| two_sided(search, estimate, 1.0);
    let settled = lead.is_none_or(|lead| lead.standard_error.is_some_and(|error| lead.point > z(&lead) * error));
    let replications = search.outcome.replications() as f64;
    let needed = lead.filter(|_| !settled).and_then(|lead| {
        let factor = z(&lead) * lead.standard_error? / lead.point;
        (factor.is_finite()).then_some(replications * (factor * factor).max(1.0))
    });
    let above = |lead: &Estimate| Some(two_sided(search, lead, choices as f64) * lead.standard_error? - lead.point);
    let all = || leads.iter().chain(&missed);
    let indifference = all().map(above).try_fold(0.0_f64, |most, above| Some(most.max(above?))).filter(|_| all().next().is_some());
    Verdict { plan: 0, lead, settled, needed, indifference, unsure: None, affordable: true, missed: None }
}

/// What the second of two columns comes to more than the first, in the goal.
fn advantage(search: &Search<'_>, own: &[f64], other: &[f64]) -> Estimate {
    if search.goal == Goal::Mean {
        let differences: Vec<f64> = other.iter().zip(own).map(|(other, own)| other - own).collect();
        return search.outcome.method(Span::Horizon).mean(&differences);
    }
    if let Some(percentile) = search.goal.percentile() {
        return by_sorted(&[own, other], |sorted| smooth_quantile(&sorted[1], percentile) - smooth_quantile(&sorted[0], percentile));
    }
    let value = |samples: &[f64]| search.goal.of(&mut samples.to_vec());
    let point = value(other) - value(own);
    let standard_error = section_error(own.len(), |number| value(&section(other, number)) - value(&section(own, number)));
    Estimate { point, standard_error, n: SCRAMBLES as u64 }
}

/// The multiplier of a two-sided interval at 95 % for so many comparisons together.
fn two_sided(search: &Search<'_>, estimate: &Estimate, comparisons: f64) -> f64 {
    let p = 1.0 - 0.5 * (1.0 - CONFIDENCE) / comparisons.max(1.0);
    let few = search.goal != Goal::Mean || search.scenario.sampling == Sampling::Sobol;
    if few { student_t_quantile(p, estimate.n.saturating_sub(1).max(1)) } else { normal_quantile(p) }
}
