//! How narrow bins must be, so that what straight lines are off in single hours evens out over the hours of a horizon.
//!
//! Over a bin of the relative width w a function f is off its line by w² f″ / 12 at the most. Near a limit, where a minute's logarithm has
//! the standard deviation σ, the tokens that exceed it bend by f″ ≤ φ(0) / σ of the hour's tokens, and the chance of exceeding it by
//! f″ ≤ φ′(1) / σ²: so an hour is off by w² / 30 σ of its tokens, or (w / σ)² / 50 of its minutes. That is up to thirty times what a
//! replication may be off for each of its hours, and does no harm where places in bins differ from hour to hour as if by chance: the error
//! of N such hours is that of one times √N where what is allowed is that times N. In the mean square it is .45 of the largest over a bin,
//! .77 of that over the hours around a limit and .58 of it over an octave, whose last bins are half as wide beside their tokens as the
//! first: .2 in all, of which four and a little less are allowed for, and of a single hour the largest.
//!
//! Hours of the same mean differ by what each has that the one before did not tell (its variance v, each step of an autoregression, counts
//! and sizes), as long as that is no less than about half a bin: the sum over lags l of the mean cosine of 2π × difference / w, of variance l v,
//! leaves N tanh(π² v / w²) of N hours, and at most exp((2π)² V / w²) where all that hours differ by has the variance V. Hours of different
//! means have different places anyhow. A steady stream without noise is one hour, however long.

use super::bins::{Bins, ROWS};
use crate::demand::Workload;
use std::collections::BTreeMap;
use std::f64::consts::PI;

/// What a replication may be off, as a share of its tokens and of its minutes.
pub(super) const TOLERANCE: f64 = 1e-5;
/// How much bends at a limit: of the tokens times σ, with a tenth for wide gamma laws, and of the minutes times σ².
const BENDS: [f64; 2] = [1.0 / 27.0, 1.0 / 50.0];
/// Nearly four errors in the mean square, over the largest.
const SPREAD: f64 = 0.75;
/// Hours whose means are as close as this, in bins, have one place.
const ALIKE: f64 = 0.25;
/// Bins that are made narrower must reach so many standard deviations of the noise above the largest mean, so that few hours leave them.
const REACH: f64 = 3.5;

/// The bins for a workload whose minutes have at least the standard deviation `minute`: `bins`, or narrower ones.
pub(super) fn narrowed(bins: Bins, minute: f64, model: &Workload, largest: f64) -> Result<Bins, &'static str> {
    let mut bins = bins;
    while !is_even(&bins, minute, model) {
        let width = 0.5 * bins.width();
        let reach = largest * libm::exp(REACH * model.hour_variance().all.sqrt());
        bins = Bins::new(width, largest)
            .filter(|bins| bins.edge(ROWS) >= reach)
            .ok_or("those of its hours that weigh most are too few or too alike for what is rounded in each of them to even out")?;
    }
    Ok(bins)
}

fn is_even(bins: &Bins, minute: f64, model: &Workload) -> bool {
    parts(bins, minute, model).into_iter().all(|part| part <= 1.0)
}

/// What tokens and minutes are off at the most, as parts of what they may be.
pub(super) fn parts(bins: &Bins, minute: f64, model: &Workload) -> [f64; 2] {
    let width = bins.width();
    let variance = libm::log1p(minute * minute);
    let [tokens, minutes] = [BENDS[0] * width * width / variance.sqrt(), BENDS[1] * width * width / variance].map(|off| off / TOLERANCE);
    let [by_tokens, by_hours] = differing(width, variance.sqrt(), model).map(|hours| ((hours.sqrt() - 1.0) / SPREAD).max(1.0));
    [tokens / by_tokens, minutes / by_hours]
}

/// How many hours that differ as if by chance tell as much as all hours do, counted by their tokens, and as hours.
fn differing(width: f64, minute: f64, model: &Workload) -> [f64; 2] {
    let hours = model.mean_tokens();
    let variance = model.hour_variance();
    let (step, all) = (variance.step / (width * width), variance.all / (width * width));
    let mut places: BTreeMap<i64, (f64, f64)> = BTreeMap::new();
    for &tokens in hours.iter().filter(|&&tokens| tokens > 0.0) {
        let place = places.entry((libm::log(tokens) / (ALIKE * width)).floor() as i64).or_default();
        *place = (place.0 + 1.0, place.1 + tokens);
    }
    let (mut squares, mut sum) = ([0.0; 2], 0.0);
    for (count, tokens) in places.into_values() {
        let differing = (count * libm::tanh(PI * PI * step)).min(libm::exp(4.0 * PI * PI * all)).max(1.0);
        squares[0] += tokens * tokens / differing;
        squares[1] += count * count / differing;
        sum += tokens;
    }
    // Noise makes few hours weigh more than many; but the wider it is beside a minute, the fewer of those lie around one limit.
    let weighing = libm::exp(-variance.all) * (variance.all.sqrt() / minute).max(1.0);
    [sum * sum / squares[0] * weighing, (hours.len() * hours.len()) as f64 / squares[1]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Scenario, parse};
    use std::path::Path;

    fn fleet(edit: impl Fn(&str) -> String) -> Scenario {
        let text = include_str!("../../../workloads/assistant-fleet.toml");
        parse("fleet.toml", &edit(text), Path::new("."), &[]).unwrap().scenario
    }

    /// A month of 730 hours with noise of hours is even with the usual bins; a day of it takes narrower ones, an hour the narrowest, and minutes
    /// half as wide as those need are then too even.
    #[test]
    fn fewer_hours_take_narrower_bins() {
        let usual = Bins::new(1.0 / 32.0, 1e7).unwrap();
        for (hours, minute, narrower) in [(730, 0.25, Some(0)), (24, 0.25, Some(2)), (1, 0.25, Some(3)), (1, 0.125, None)] {
            let scenario = fleet(|text| text.replace("hours_per_month = 730", &format!("hours_per_month = {hours}")));
            let bins = narrowed(usual, minute, &scenario.demand.workloads[0], 1e7);
            assert_eq!(bins.ok().map(|bins| bins.per_octave() - usual.per_octave()), narrower, "{hours}");
        }
    }

    /// Without noise, hours of the same mean are one.
    #[test]
    fn hours_alike_are_one() {
        let alike = fleet(|text| {
            let lines = text.lines().filter(|line| !line.starts_with("noise") && !line.starts_with("spikes")).map(|line| match line {
                _ if line.starts_with("shape") => "shape = { kind = \"flat\" }",
                _ if line.starts_with("requests") => "requests = { law = \"none\" }",
                line => line,
            });
            lines.collect::<Vec<_>>().join("\n")
        });
        let model = &alike.demand.workloads[0];
        assert_eq!(differing(1.0 / 32.0, 0.25, model).map(f64::round), [1.0, 1.0]);
        let noisy = fleet(str::to_owned);
        let [by_tokens, by_hours] = differing(1.0 / 32.0, 0.25, &noisy.demand.workloads[0]);
        assert!(by_hours > 600.0 && by_tokens > 300.0, "{by_tokens} {by_hours}");
    }
}
