//! Figures in words: with the digits that their errors deserve, shares as per cent.

use crate::statistics::{ClusterProportion, Distribution, Estimate, Proportion};
use crate::units::Share;

/// What is less than this share of a figure is what sums are rounded by.
pub(super) const ROUNDING: f64 = 1e-9;

/// An amount; without `±0` where all futures agree but for rounding, which is then to the cent.
pub(super) fn amount(estimate: &Estimate) -> String {
    match estimate.standard_error {
        Some(error) if error <= ROUNDING * estimate.point.abs().max(1.0) => exact(estimate.point),
        _ => estimate.to_string(),
    }
}

/// A number to the digits that an error deserves, without that error; to four where there is none.
pub(super) fn to_digits_of(error: Option<f64>, point: f64) -> String {
    let text = Estimate { point, standard_error: error.filter(|error| *error > 0.0), n: 2 }.to_string();
    match text.split_once('±') {
        // "(1.20±0.03)e21"
        Some((bare, rest)) => match (bare.strip_prefix('('), rest.split_once(')')) {
            (Some(bare), Some((_, exponent))) => format!("{bare}{exponent}"),
            _ => bare.to_owned(),
        },
        None => text,
    }
}

/// A number to a hundredth of a spread.
pub(super) fn rounded(value: f64, spread: f64) -> String {
    if spread.abs() <= ROUNDING * value.abs() {
        return exact(value);
    }
    to_digits_of(Some((spread / 100.0).abs()), value)
}

/// Between which two changes something lies: `120 to 450 less`, `4800 more to 6800 less`; words are those of a change above 0, and below.
pub(super) fn between(low: f64, high: f64, [above, below]: [&str; 2]) -> String {
    let digits = |value: f64| rounded(value.abs(), high - low);
    // What rounds to nothing is no loss.
    match (low < 0.0 && digits(low) != "0", high < 0.0) {
        (false, _) => format!("{} to {} {above}", digits(low), digits(high)),
        (true, true) => format!("{} to {} {below}", digits(high), digits(low)),
        (true, false) => format!("{} {below} to {} {above}", digits(low), digits(high)),
    }
}

/// Where the differences of two plans' spend lie, future by future: ` (P5–P95: 690 to 2090 less)`; nothing where they are about the same.
pub(super) fn spread([low, high]: [f64; 2], words: [&str; 2]) -> String {
    // Less than anybody would act on.
    const ALIKE: f64 = 1e-3;
    let size = low.abs().max(high.abs());
    if (high - low).abs() <= (ALIKE * size).max(ROUNDING) { String::new() } else { format!(" (P5–P95: {})", between(low, high, words)) }
}

/// A mean, or a dash where there is none.
pub(super) fn mean(distribution: Option<&Distribution>) -> String {
    distribution.map_or_else(dash, |distribution| amount(&distribution.mean_estimate()))
}

/// A mean share as per cent, or a dash.
pub(super) fn mean_share(distribution: Option<&Distribution>) -> String {
    distribution.map_or_else(dash, |distribution| percent(&distribution.mean_estimate()))
}

/// The mean over the futures of how often something was seen in each, as per cent; what no future saw is less than three in all.
pub(super) fn mean_frequency(distribution: Option<&Distribution>) -> String {
    distribution.map_or_else(dash, |distribution| sampled(&distribution.mean_estimate(), distribution.n))
}

/// The 5th and the 95th percentile, to the digits that the 95th deserves.
pub(super) fn range(distribution: Option<&Distribution>) -> String {
    let Some(d) = distribution else { return dash() };
    if d.p05.to_bits() == d.p95.to_bits() {
        return exact(d.p05);
    }
    // The interval is about four standard errors wide; without one, a hundredth of the spread is as much as can be read.
    let error = d.p95_interval.map_or((d.p95 - d.p05) / 100.0, |(low, high)| (high - low) / 4.0);
    let bare = |point| to_digits_of(Some(error), point);
    format!("{}–{}", bare(d.p05), bare(d.p95))
}

/// A share as per cent.
pub(super) fn percent(estimate: &Estimate) -> String {
    // Below this a share is nothing that anybody could act on.
    const LEAST: f64 = 1e-6;
    // A share of nothing.
    if !estimate.point.is_finite() {
        return dash();
    }
    if estimate.point > 0.0 && estimate.point < LEAST {
        return "<0.0001%".to_owned();
    }
    let scaled =
        Estimate { point: estimate.point * 100.0, standard_error: estimate.standard_error.map(|error| error * 100.0), ..*estimate };
    format!("{}%", amount(&scaled))
}

/// A share of a whole in whole per cents, or with two digits below ten.
pub(super) fn whole_percent(share: f64) -> String {
    let percent = 100.0 * share;
    let decimals = usize::from(percent != 0.0 && percent.abs() < 9.95);
    let text = format!("{percent:.decimals$}%");
    // What rounds to nothing has no sign.
    match text.strip_prefix('-') {
        Some(bare) if !bare.contains(|digit: char| ('1'..='9').contains(&digit)) => bare.to_owned(),
        _ => text,
    }
}

/// How often something was seen, as per cent; what was never seen is less than three in all.
pub(super) fn frequency(proportion: &Proportion) -> String {
    sampled(&proportion.estimate(), proportion.n)
}

/// The same of months within replications.
pub(super) fn frequency_of_months(proportion: &ClusterProportion) -> String {
    sampled(&proportion.estimate(), proportion.clusters())
}

/// A share that was only sampled, `n` times, as per cent: what was never seen, or always, is told by its bound.
pub(super) fn sampled(estimate: &Estimate, n: u64) -> String {
    let bound = two_digits_up(300.0 / n as f64);
    match estimate.point {
        share if share <= 0.0 && n > 3 => format!("<{bound}%"),
        share if share >= 1.0 && n > 3 => format!(">{}%", exact_digits(100.0 - bound)),
        share if share <= 0.0 || share >= 1.0 => format!("{} of {n}", share * n as f64),
        _ => percent(estimate),
    }
}

/// Rounded up to two significant digits, because a bound that is rounded down does not hold.
fn two_digits_up(value: f64) -> f64 {
    let place = libm::pow(10.0, libm::log10(value).floor() - 1.0);
    let digits = (value / place - 1e-9).ceil();
    // Through text, so that 12 × 0.1 reads 1.2.
    exact_digits(digits * place)
}

fn exact_digits(value: f64) -> f64 {
    format!("{value:.6}").parse().unwrap_or(value)
}

/// Two significant digits, however small the number.
pub(super) fn significant(value: f64) -> String {
    let text = format!("{value:.1e}");
    if value.to_bits() << 1 == 0 {
        return "0".to_owned();
    }
    if (1e-6..1e6).contains(&value.abs()) { text.parse().map_or(text, |rounded: f64| rounded.to_string()) } else { text }
}

/// That so few futures cannot tell what this share of all stay within, and how many can: `needed`, where that is known.
pub(super) fn too_few(replications: u64, needed: Option<u64>, share: f64) -> String {
    let takes = needed.map_or_else(|| "more".to_owned(), |needed| format!("at least {needed}"));
    let futures = if replications == 1 { "future" } else { "futures" };
    format!("{replications} {futures} cannot tell what {} of all futures stay within, which takes {takes} replications", Share(share))
}

/// A number known exactly, to at most two decimals.
pub(super) fn exact(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.strip_suffix(".00").unwrap_or(&text);
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

pub(super) fn dash() -> String {
    "–".to_owned()
}

/// `a, b and c`.
pub(super) fn listed<S: AsRef<str>>(names: &[S]) -> String {
    match names {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [first @ .., last] => format!("{} and {}", first.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", "), last.as_ref()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_a_row() {
        assert_eq!(listed(&["a", "b", "c"]), "a, b and c");
        assert_eq!(listed(&["a"]), "a");
    }

    #[test]
    fn shares_are_never_0_when_only_sampled() {
        assert_eq!(frequency(&Proportion::of(0, 10_000)), "<0.03%");
        assert_eq!(frequency(&Proportion::of(10_000, 10_000)), ">99.97%");
        assert_eq!(frequency(&Proportion::of(2_500, 10_000)), "25.0±0.4%");
        assert_eq!(frequency(&Proportion::of(0, 256)), "<1.2%");
        assert_eq!(frequency(&Proportion::of(256, 256)), ">98.8%");
        assert_eq!(frequency(&Proportion::of(2, 2)), "2 of 2");
    }

    #[test]
    fn what_rounds_to_nothing_has_no_sign() {
        let told = [-0.0, -0.000_2, 0.000_2, -0.004, -0.25].map(whole_percent);
        assert_eq!(told, ["0%", "0.0%", "0.0%", "-0.4%", "-25%"]);
    }

    #[test]
    fn amounts_say_no_more_than_is_known() {
        let estimate = |point, standard_error| Estimate { point, standard_error, n: 100 };
        assert_eq!(amount(&estimate(4400.004, Some(0.0))), "4400");
        assert_eq!(amount(&estimate(4400.25, Some(0.0))), "4400.25");
        assert_eq!(amount(&estimate(4412.7, Some(12.0))), "4410±10");
        assert_eq!(percent(&estimate(0.001_234, Some(0.000_056))), "0.123±0.006%");
        assert_eq!(percent(&estimate(1e-9, Some(1e-10))), "<0.0001%");
        assert_eq!(percent(&estimate(0.0, Some(0.0))), "0%");
        assert_eq!(percent(&estimate(f64::NAN, None)), "–");
    }

    #[test]
    fn a_range_of_savings_says_which_way_its_ends_point() {
        for ((low, high), text) in [
            ((120.0, 450.0), "120 to 450 less"),
            ((-4800.0, 6800.0), "4800 more to 6800 less"),
            ((-300.0, -100.0), "100 to 300 more"),
            ((-0.01, 690.0), "0 to 690 less"),
            ((0.0, 690.0), "0 to 690 less"),
        ] {
            assert_eq!(between(low, high, ["less", "more"]), text);
        }
        assert_eq!(spread([-20.0, 140.0], ["more", "less"]), " (P5–P95: 20 less to 140 more)");
        assert_eq!(spread([750.0, 750.005], ["more", "less"]), "");
        assert_eq!(spread([0.0, 0.0], ["more", "less"]), "");
    }

    #[test]
    fn small_numbers_keep_two_digits() {
        for (value, text) in [(0.000_123_4, "0.00012"), (12.34, "12"), (0.0, "0"), (-0.0, "0"), (1.26e-9, "1.3e-9"), (0.0999, "0.1")] {
            assert_eq!(significant(value), text);
        }
    }

    #[test]
    fn a_range_takes_the_digits_of_its_error() {
        let mut samples: Vec<f64> = (0..10_000).map(|i| 5000.0 + f64::from(i) / 10.0).collect();
        assert_eq!(range(Distribution::from_samples(&mut samples).as_ref()), "5050–5950");
        assert_eq!(range(Distribution::from_samples(&mut [4400.0; 10]).as_ref()), "4400");
        assert_eq!(range(None), "–");
    }
}
