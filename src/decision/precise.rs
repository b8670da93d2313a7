//! How many replications an answer needs: drawn until it is as precise as asked, or until it is told what that would take.
//!
//! The first look is after 1 024 replications; how wide its interval is tells after how many the next one may do (C. Stein, "A two-sample test
//! for a linear hypothesis whose power is independent of the variance", Annals of Mathematical Statistics 16, 1945), always 1 024 times a power
//! of two, and so on to the first look whose interval is narrow enough. Who looks often would be lucky too soon, so the k-th look (from 0) has
//! an interval of confidence 1 − 0.05 / 2^(k + 1): all looks together are wrong at most as often as one interval of 95 % (Bonferroni). Looks
//! that could not do are left out, as each makes the next ones wider. Looks do not depend on threads, and a run that ends at n replications is
//! the run of n.

use super::judgement::{Judgement, judge};
use crate::error::{Error, Result};
use crate::scenario::Scenario;
use crate::simulation::{Run, RunSpec, run};
use crate::statistics::{CONFIDENCE, SCRAMBLES, Sampling, normal_quantile, student_t_quantile};
use crate::tally::{BoundedColumns, KEPT_REPLICATIONS, Metric, Outcome, Row, Span};
use std::sync::atomic::Ordering;

/// Replications at the first look.
const FIRST_LOOK: u64 = 1024;

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
    let (mut replications, mut error) = (FIRST_LOOK, 1.0 - CONFIDENCE);
    loop {
        error *= 0.5;
        let found = run(scenario, &RunSpec { replications: Some(replications), ..*spec }, &BoundedColumns::default())?;
        let judgement = judge(scenario, &found.summary);
        let share = half_width(scenario, &found.summary, &judgement, asked.of, error);
        let met = share.is_some_and(|share| share <= asked.share);
        let stopped = found.replications < replications || spec.stop.is_some_and(|stop| stop.load(Ordering::Relaxed));
        // Half an interval falls with the root of the number, and the next look's is wider.
        let wider = quantile(scenario.sampling, 0.5 * error) / quantile(scenario.sampling, error);
        let factor = share.filter(|_| !met).map(|share| (wider * share / asked.share) * (wider * share / asked.share));
        if met || stopped || replications > most / 2 {
            let needed = factor.map(|factor| found.replications as f64 * factor);
            return Ok((found, judgement, Precise { asked, share, met, needed }));
        }
        replications = next_look(replications, factor.unwrap_or(0.0), most);
    }
}

/// The first number of replications to look at, after `replications`, that is `factor` times as many; the last that is allowed where that is more.
fn next_look(replications: u64, factor: f64, most: u64) -> u64 {
    let enough = |looked: u64| looked as f64 >= factor * replications as f64;
    let looks = std::iter::successors(replications.checked_mul(2), |looked| looked.checked_mul(2).filter(|next| *next <= most));
    let mut last = replications;
    for look in looks {
        last = look;
        if enough(look) {
            break;
        }
    }
    last
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
            (1024, 0.0, million, 2048),
            (1024, 2.0, million, 2048),
            (1024, 2.1, million, 4096),
            (1024, 1e9, million, million),
            (2048, 100.0, million, 1 << 18),
            (2048, 100.0, 10_000, 8192),
            (1024, f64::INFINITY, million, million),
            (1024, f64::NAN, 5000, 4096),
        ] {
            assert_eq!(next_look(from, factor, most), next, "{from} {factor} {most}");
        }
    }
}
