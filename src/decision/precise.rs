//! How many replications an answer needs: drawn until it is as precise as asked, or until it is told what that would take.
//!
//! The first look is after 1 024 replications; how wide its interval is tells after how many the next one may do (C. Stein, "A two-sample test
//! for a linear hypothesis whose power is independent of the variance", Annals of Mathematical Statistics 16, 1945), always 1 024 times a power
//! of two, and so on to the first look whose interval is narrow enough. Who looks often would be lucky too soon, so all looks together may be
//! wrong at most as often as one interval of 95 % (Bonferroni). Of these 5 % the first look may spend a tenth, as what is asked coarsely is met
//! with room to spare; the second, which was forecast to do, six tenths; each further one a third of the one before.
//!
//! Looks that could not do are left out, as each makes the next ones wider. A forecast of many times as many replications is rough, and too high
//! where replications are steered, as their errors fall faster than the root: then a pilot of eight times as many is drawn, which tells nothing
//! but the next forecast and so spends nothing. Looks do not depend on threads, and a run that ends at n replications is the run of n, with
//! exact percentiles of the best plans' spend however many they are.

use super::judgement::{Judgement, judge_on};
use crate::error::{Error, Result};
use crate::scenario::Scenario;
use crate::simulation::{Run, RunSpec, run};
use crate::statistics::{CONFIDENCE, SCRAMBLES, Sampling, normal_quantile, student_t_quantile};
use crate::tally::{BoundedColumns, KEPT_REPLICATIONS, Metric, Outcome, Row, Span};
use std::iter;
use std::sync::atomic::Ordering;

/// Replications at the first look.
const FIRST_LOOK: u64 = 1024;

/// A forecast of more than so many times as many replications wants a pilot, of so many times as many.
const PILOT: u64 = 8;

/// What is to be precise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PreciseOf {
    /// P95 of the best plan's spend: half its interval, as a share of it.
    P95,
    /// The mean difference between the best plan and the next: half its interval, as a share of it.
    Difference,
}

/// A precision that is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Precision {
    /// Half the interval as a share of the figure, above 0.
    pub share: f64,
    /// The figure.
    pub of: PreciseOf,
}

/// How precise a run is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Precise {
    /// What was asked for.
    pub asked: Precision,
    /// Half the interval of the last look as a share of the figure; `None` where it has no interval: too few replications, no runner-up, or
    /// a figure of 0.
    pub share: Option<f64>,
    /// Whether that is as narrow as asked.
    pub met: bool,
    /// About how many replications it would take, where it was not met.
    pub needed: Option<f64>,
}

/// Draws until the answer is as precise as asked, at most `most` replications.
///
/// # Errors
/// Those of [`run`]; [`ErrorKind::Usage`](crate::error::ErrorKind::Usage) where not even the first look is allowed.
pub fn draw_until(scenario: &Scenario, spec: &RunSpec<'_>, asked: Precision, most: u64) -> Result<(Run<Outcome>, Judgement, Precise)> {
    // Differences are made of samples, which long runs do not keep.
    let most = if asked.of == PreciseOf::Difference { most.min(KEPT_REPLICATIONS) } else { most };
    if most < FIRST_LOOK {
        return Err(Error::usage(format!("--precision looks at {FIRST_LOOK} replications first, then at more; given: at most {most}")));
    }
    let (mut replications, mut look, mut is_pilot) = (FIRST_LOOK, 0, false);
    let mut exact = Vec::new();
    loop {
        let tally = BoundedColumns::default().with_exact_spend(exact);
        let found = run(scenario, &RunSpec { replications: Some(replications), ..*spec }, &tally)?;
        let judgement = judge_on(spec.threads, scenario, &found.summary)?;
        // What running summaries leave open of a percentile may be more than is asked for.
        let told = judgement.clone().without_doubles(scenario);
        exact = told.leaders.iter().flat_map(|leader| iter::once(leader.plan).chain(leader.runner_up)).collect();
        let share = half_width(scenario, &found.summary, &told, asked.of, spent(look));
        let stopped = found.replications < replications || spec.stop.is_some_and(|stop| stop.load(Ordering::Relaxed));
        // After a pilot that was stopped there is no further look, so it is one.
        let looked = !is_pilot || stopped;
        let met = looked && share.is_some_and(|share| share <= asked.share);
        let next = look + u32::from(looked);
        // Half an interval falls with the root of the number, and the next look's is wider.
        let wider = quantile(scenario.sampling, spent(next)) / quantile(scenario.sampling, spent(look));
        let factor = share.filter(|_| !met).map(|share| (wider * share / asked.share) * (wider * share / asked.share));
        if met || stopped || replications > most / 2 {
            let needed = factor.map(|factor| found.replications as f64 * factor);
            return Ok((found, judgement, Precise { asked, share, met, needed }));
        }
        (replications, is_pilot) = next_look(replications, factor.unwrap_or(0.0), most);
        look = next;
    }
}

/// How often the interval of a look, numbered from 0, may be wrong: over all looks, however many, as often as one of 95 %.
fn spent(look: u32) -> f64 {
    let share = match look.checked_sub(1) {
        None => 0.1,
        Some(further) => (0..further).fold(0.6, |share, _| share / 3.0),
    };
    share * (1.0 - CONFIDENCE)
}

/// The first number of replications to look at, after `replications`, that is `factor` times as many; the last that is allowed where that is more.
/// True beside the number of a pilot, which is never the last.
fn next_look(replications: u64, factor: f64, most: u64) -> (u64, bool) {
    let pilot = PILOT * replications;
    if factor > PILOT as f64 && pilot <= most / 2 {
        return (pilot, true);
    }
    let enough = |looked: u64| looked as f64 >= factor * replications as f64;
    let looks = iter::successors(replications.checked_mul(2), |looked| looked.checked_mul(2).filter(|next| *next <= most));
    let mut last = replications;
    for look in looks {
        last = look;
        if enough(look) {
            break;
        }
    }
    (last, false)
}

/// Half the width of an interval that is wrong with this probability, in standard errors.
fn quantile(sampling: Sampling, error: f64) -> f64 {
    match sampling {
        Sampling::Plain => normal_quantile(1.0 - 0.5 * error),
        // Errors between scrambles have few degrees of freedom, those of independent samples as many as they like.
        Sampling::Sobol => student_t_quantile(1.0 - 0.5 * error, SCRAMBLES as u64 - 1),
    }
}

/// Half the interval that is wrong with this probability, as a share of the figure; the widest over the answers where there are several.
fn half_width(scenario: &Scenario, outcome: &Outcome, judgement: &Judgement, of: PreciseOf, error: f64) -> Option<f64> {
    let quantile = |error: f64| quantile(scenario.sampling, error);
    let mut widest: Option<f64> = None;
    for leader in &judgement.leaders {
        let share = match of {
            PreciseOf::P95 => {
                let recipe = outcome.recipe(scenario, leader.plan, Row::All, Span::Horizon, Metric::CostTotal)?;
                let cost = outcome.distribution(&recipe)?;
                let (low, high) = cost.p95_interval?;
                // Intervals of quantiles are as wide as the law's quantile says, but for the ranks' steps.
                0.5 * (high - low) / cost.p95.abs() * (quantile(error) / quantile(1.0 - CONFIDENCE))
            }
            PreciseOf::Difference => {
                let other = leader.runner_up?;
                let samples = |plan| outcome.make(&outcome.objective(scenario, plan));
                let differences: Vec<f64> = samples(other).iter().zip(samples(leader.plan)).map(|(other, own)| other - own).collect();
                let difference = scenario.sampling.mean(&differences);
                quantile(error) * difference.standard_error? / difference.point.abs()
            }
        };
        widest = Some(widest.map_or(share, |widest| widest.max(share)));
    }
    widest.filter(|share| share.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_that_could_not_do_are_left_out() {
        let million = 1 << 20;
        for (from, factor, most, next) in [
            (1024, 0.0, million, (2048, false)),
            (1024, 2.0, million, (2048, false)),
            (1024, 2.1, million, (4096, false)),
            (1024, 8.0, million, (8192, false)),
            (1024, 8.1, million, (8192, true)),
            (1024, 1e9, million, (8192, true)),
            (1 << 16, 1e9, million, (1 << 19, true)),
            (1 << 17, 1e9, million, (million, false)),
            (2048, 100.0, 10_000, (8192, false)),
            (2048, 100.0, 1 << 14, (1 << 14, false)),
            (1024, f64::INFINITY, million, (8192, true)),
            (1024, f64::NAN, 5000, (4096, false)),
        ] {
            assert_eq!(next_look(from, factor, most), next, "{from} {factor} {most}");
        }
    }

    #[test]
    fn all_looks_together_are_wrong_as_often_as_one_interval() {
        let all: f64 = (0..40).map(spent).sum();
        assert!((all - 0.05).abs() < 1e-15 && spent(1) > spent(0) && (spent(2) - 0.01).abs() < 1e-15, "{all}");
    }
}
