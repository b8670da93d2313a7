//! How many replications an answer needs: drawn until it is as precise as asked, or until it is told what that would take.
//!
//! The run is looked at after 1 024, 2 048, 4 096, … replications and nowhere else, and ends at the first look whose interval is narrow
//! enough. Who looks often would be lucky too soon, so the k-th look (from 0) has an interval of confidence 1 − 0.05 / 2^(k + 1): all looks
//! together are wrong at most as often as one interval of 95 % (Bonferroni). Looks do not depend on threads, and a run that ends at n
//! replications is the run of n.

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
        return Err(Error::usage(format!(
            "--precision looks at {FIRST_LOOK} replications first, then at twice as many each time; given: at most {most}"
        )));
    }
    let (mut replications, mut error) = (FIRST_LOOK, 1.0 - CONFIDENCE);
    loop {
        error *= 0.5;
        let found = run(scenario, &RunSpec { replications: Some(replications), ..*spec }, &BoundedColumns::default())?;
        let judgement = judge(scenario, &found.summary);
        let share = half_width(scenario, &found.summary, &judgement, asked.of, error);
        let met = share.is_some_and(|share| share <= asked.share);
        let stopped = found.replications < replications || spec.stop.is_some_and(|stop| stop.load(Ordering::Relaxed));
        if met || stopped || replications > most / 2 {
            // Half an interval falls with the root of the number; that later looks are wider is left out.
            let needed = share.filter(|_| !met).map(|share| found.replications as f64 * (share / asked.share) * (share / asked.share));
            return Ok((found, judgement, Precise { asked, share, met, needed }));
        }
        replications *= 2;
    }
}

/// Half the interval that is wrong with this probability, as a share of the figure; the widest over the answers where there are several.
fn half_width(scenario: &Scenario, outcome: &Outcome, judgement: &Judgement, of: PreciseOf, error: f64) -> Option<f64> {
    // Errors between scrambles have few degrees of freedom, those of independent samples as many as they like.
    let quantile = |error: f64| match scenario.sampling {
        Sampling::Plain => normal_quantile(1.0 - 0.5 * error),
        Sampling::Sobol => student_t_quantile(1.0 - 0.5 * error, SCRAMBLES as u64 - 1),
    };
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
