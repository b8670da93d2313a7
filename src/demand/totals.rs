//! An hour's requests and tokens given what is expected of the hour: exact sums where requests are few, moment-matched ones where not.
//!
//! **Which branch** depends on the hour's deterministic mean requests λ₀ alone: matched from λ₀ ≥ 100 or λ₀ / (1 + cv²) ≥ 20.
//!
//! **Matched**: counts and sizes as one gamma-like variate of the same mean and variance, by the cube of Wilson and Hilferty (1931):
//! T = D × max(1 − v + √v z, 0)³ with v = ((1 + cv²) / λ + 1/r) / 9, D the expected tokens, λ the hour's realised expected requests, r the
//! negative binomial's shape. Its mean is D (1 − v³). With input and output apart there is one such variate each, their normals correlated by
//! c = (κ / λ + 1/r) / √(9 v_in × 9 v_out), κ = E\[XY\] / (E X E Y): the correlation of two sums over one random count, since
//! Cov(ΣX, ΣY) = E N · E\[XY\] + (Var N − E N) · E X · E Y and Var N = λ + λ²/r. Requests are then the tokens over their mean size.
//!
//! **Exact**: the count from its law, then the sizes one by one (gamma sizes without cap or correlation as one gamma), from streams of the
//! hour's own. Where the count drawn is itself past the threshold, the sizes' sum is matched given the count.

use super::requests::Counts;
use super::tokens::{Form, Sizes};
use crate::random::law::draw_gamma;
use crate::random::stream::Stream;
use crate::units::ByClass;

/// Whether an hour with so many requests on average is moment-matched; cv² of a request's total tokens.
pub(super) fn is_matched(mean_requests: f64, cv2: f64) -> bool {
    mean_requests >= 100.0 || mean_requests / (1.0 + cv2) >= 20.0
}

/// The cube of Wilson and Hilferty for a variate of mean 1 and this standard deviation.
#[allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]
#[inline(always)]
fn cube(sd: f64, z: f64) -> f64 {
    let sd = sd * (1.0 / 3.0);
    let root = (1.0 - sd * sd + sd * z).max(0.0);
    root * root * root
}

/// Requests and tokens of one hour.
pub(super) type Hour = (f64, ByClass);

/// Mean and squared coefficient of variation of the tokens of a request, of input and of output; where they are not apart, of the total first.
type Drifted = ((f64, f64), (f64, f64));

/// Exactly the expected tokens, given the means of input and output under their drift.
pub(super) fn expected(sizes: &Sizes, tokens: f64, (input, output): (f64, f64)) -> Hour {
    let requests = tokens / sizes.mean();
    match &sizes.form {
        Form::Total { output: share, .. } => {
            let all = requests * input;
            (requests, sizes.classes(all * (1.0 - share), all * share))
        }
        Form::Split { .. } => (requests, sizes.classes(requests * input, requests * output)),
    }
}

/// The matched branch: `z` is the count and size normal, `second` the other one where input and output are apart.
#[inline]
pub(super) fn matched(sizes: &Sizes, overdispersion: f64, tokens: f64, drifted: Drifted, z: f64, second: f64) -> Hour {
    let (requests, prompt, answer) = parts(sizes, overdispersion, tokens, drifted, z, second);
    (requests, sizes.classes(prompt, answer))
}

/// Requests, prompt tokens and output tokens of the matched branch.
#[allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]
#[inline(always)]
fn parts(sizes: &Sizes, overdispersion: f64, tokens: f64, (x, y): Drifted, z: f64, second: f64) -> (f64, f64, f64) {
    let requests = tokens / sizes.mean();
    // Roots and divisions are what an hour costs here.
    let each = 1.0 / requests;
    let sd = |cv2: f64| ((1.0 + cv2) * each + overdispersion).sqrt();
    match &sizes.form {
        Form::Total { output, .. } => {
            let count = requests * cube(sd(x.1), z);
            let all = count * x.0;
            (count, all * (1.0 - output), all * output)
        }
        Form::Split { joint, .. } => {
            let (sd_x, sd_y) = (sd(x.1), sd(y.1));
            let c = ((joint * each + overdispersion) / (sd_x * sd_y)).clamp(-1.0, 1.0);
            let other = c * z + (1.0 - c * c).sqrt() * second;
            let (prompt, answer) = (requests * x.0 * cube(sd_x, z), requests * y.0 * cube(sd_y, other));
            ((prompt + answer) / (x.0 + y.0), prompt, answer)
        }
    }
}

/// [`matched`] for at most 64 hours, side by side; all lists have an entry for each.
#[allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]
#[allow(clippy::needless_range_loop, reason = "lists of one length, entry by entry")]
#[inline(always)]
pub(super) fn matched_together(
    sizes: &Sizes,
    overdispersion: f64,
    tokens: &[f64],
    [inputs, outputs]: [&[(f64, f64)]; 2],
    [normals, others]: [&[f64]; 2],
    (requests, classes): (&mut [f64], &mut [ByClass]),
) {
    const MOST: usize = 64;
    // Of fixed length, so that whatever is beyond the last hour needs no loop of its own.
    let (mut expected, mut z, mut second) = ([1.0; MOST], [0.0; MOST], [0.0; MOST]);
    let (mut x, mut y) = ([[1.0; MOST]; 2], [[1.0; MOST]; 2]);
    let hours = tokens.len().min(MOST);
    expected[..hours].copy_from_slice(&tokens[..hours]);
    z[..hours].copy_from_slice(&normals[..hours]);
    second[..hours].copy_from_slice(&others[..hours]);
    for (hour, (input, output)) in inputs.iter().zip(outputs).take(MOST).enumerate() {
        (x[0][hour], x[1][hour], y[0][hour], y[1][hour]) = (input.0, input.1, output.0, output.1);
    }
    let (mut counts, mut prompts, mut answers) = ([0.0; MOST], [0.0; MOST], [0.0; MOST]);
    for hour in 0..MOST {
        let drifted = ((x[0][hour], x[1][hour]), (y[0][hour], y[1][hour]));
        (counts[hour], prompts[hour], answers[hour]) = parts(sizes, overdispersion, expected[hour], drifted, z[hour], second[hour]);
    }
    for (hour, (requests, classes)) in requests.iter_mut().zip(classes).take(MOST).enumerate() {
        (*requests, *classes) = (counts[hour], sizes.classes(prompts[hour], answers[hour]));
    }
}

/// The exact branch, from the hour's own streams of counts and of sizes.
pub(super) fn exact(sizes: &Sizes, counts: Counts, tokens: f64, drift: (f64, f64), of_counts: &mut Stream, of_sizes: &mut Stream) -> Hour {
    let count = counts.sample(tokens / sizes.mean(), of_counts);
    if !(count > 0.0) {
        return (0.0, ByClass::ZERO);
    }
    match &sizes.form {
        Form::Total { size, output } => {
            let (mean, cv2) = size.at_drift(drift.0);
            let factor = size.drift_factor(drift.0);
            let all = if cv2 == 0.0 {
                count * mean
            } else if let Some((shape, scale)) = size.gamma_sum(count, factor) {
                draw_gamma(shape, scale, of_sizes)
            } else if is_matched(count, cv2) {
                count * mean * cube((cv2 / count).sqrt(), of_sizes.normals().0)
            } else {
                (0..count as u32).map(|_| size.at_normal(of_sizes.normals().0, factor)).sum()
            };
            (count, sizes.classes(all * (1.0 - output), all * output))
        }
        Form::Split { input, output, correlation, joint } => {
            let factors = (input.drift_factor(drift.0), output.drift_factor(drift.1));
            if is_matched(count, sizes.cv2()) {
                let (x, y) = (input.at_drift(drift.0), output.at_drift(drift.1));
                let (z, second) = of_sizes.normals();
                let spread = (x.1 * y.1).sqrt();
                let c = if spread > 0.0 { ((joint - 1.0) / spread).clamp(-1.0, 1.0) } else { 0.0 };
                let other = c * z + (1.0 - c * c).sqrt() * second;
                let (prompt, answer) = (count * x.0 * cube((x.1 / count).sqrt(), z), count * y.0 * cube((y.1 / count).sqrt(), other));
                return (count, sizes.classes(prompt, answer));
            }
            let sums = |size: &super::size::Size, factor| if *correlation == 0.0 { size.gamma_sum(count, factor) } else { None };
            let (mut prompt, mut answer) = (0.0, 0.0);
            let (in_one, out_one) = (sums(input, factors.0), sums(output, factors.1));
            if let Some((shape, scale)) = in_one {
                prompt = draw_gamma(shape, scale, of_sizes);
            }
            if let Some((shape, scale)) = out_one {
                answer = draw_gamma(shape, scale, of_sizes);
            }
            if in_one.is_none() || out_one.is_none() {
                let rest = (1.0 - correlation * correlation).sqrt();
                for _ in 0..count as u32 {
                    let (a, b) = of_sizes.normals();
                    if in_one.is_none() {
                        prompt += input.at_normal(a, factors.0);
                    }
                    if out_one.is_none() {
                        answer += output.at_normal(correlation * a + rest * b, factors.1);
                    }
                }
            }
            (count, sizes.classes(prompt, answer))
        }
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact values")]
mod tests {
    use super::*;
    use crate::demand::testing::read;
    use crate::demand::tokens::TokensSpec;
    use crate::random::stream::{Purpose, StreamKey};

    fn sizes(text: &str) -> Sizes {
        let (spec, mut reader) = read::<TokensSpec>(text);
        Sizes::resolve(&spec, None, &mut reader).unwrap_or_else(|| panic!("{:?}", reader.finish()))
    }

    type Term = fn(&(f64, f64)) -> f64;

    /// Mean, variance and joint moment of an hour, relative to the mean, with their standard errors.
    fn moments(mut draw: impl FnMut(u64) -> (f64, f64), n: u64) -> [(f64, f64); 6] {
        let samples: Vec<(f64, f64)> = (0..n).map(&mut draw).collect();
        let terms: [Term; 6] = [
            |s| s.0,
            |s| s.1,
            |s| (s.0 - 1.0) * (s.0 - 1.0),
            |s| (s.1 - 1.0) * (s.1 - 1.0),
            |s| (s.0 - 1.0) * (s.1 - 1.0),
            |s| (s.0 + s.1 - 2.0).max(0.0),
        ];
        terms.map(|term| {
            let mean = samples.iter().map(term).sum::<f64>() / n as f64;
            let variance = samples.iter().map(|s| (term(s) - mean) * (term(s) - mean)).sum::<f64>() / (n - 1) as f64;
            (mean, (variance / n as f64).sqrt())
        })
    }

    /// At λ = 100 (matched) and λ = 10 (exact) the draws have the mean, the variances and the covariance of the compound sums, and the
    /// expected excess over the mean that sizes drawn one by one have, within 1 %: the stated error of the threshold.
    #[test]
    fn branches_agree_at_the_threshold() {
        let sizes = sizes(
            "input = { mean = 1500, p95 = 4000 }\noutput = { mean = 400, cv = 1, law = \"gamma\" }\ncorrelation = 0.3\nmax_tokens = 1024",
        );
        let Form::Split { input, output, joint, correlation } = &sizes.form else { panic!() };
        let (a, b) = (StreamKey::new(1, Purpose::Requests, "a"), StreamKey::new(1, Purpose::Sizes, "a"));
        let key = StreamKey::new(2, Purpose::Noise, "a");
        let (n, r) = (40_000, 40.0);
        let counts = Counts::Random { overdispersion: 1.0 / r };
        for lambda in [10.0, 100.0] {
            assert_eq!(is_matched(lambda, sizes.cv2()), lambda > 50.0);
            let tokens = lambda * sizes.mean();
            let relative = |t: ByClass| (t.input / (lambda * input.mean), t.output / (lambda * output.mean));
            // The oracle: every request's sizes one by one, whatever the count.
            let oracle = moments(
                |i| {
                    let (mut stream, mut sum) = (b.replication(i), ByClass::ZERO);
                    for _ in 0..counts.sample(lambda, &mut a.replication(i)) as u32 {
                        let (x, y) = stream.normals();
                        let other = correlation * x + (1.0 - correlation * correlation).sqrt() * y;
                        sum += sizes.classes(input.at_normal(x, 1.0), output.at_normal(other, 1.0));
                    }
                    relative(sum)
                },
                n,
            );
            let drawn = moments(
                |i| {
                    let (z, second) = key.replication(i).normals();
                    relative(if is_matched(lambda, sizes.cv2()) {
                        matched(&sizes, 1.0 / r, tokens, (input.at_drift(0.0), output.at_drift(0.0)), z, second).1
                    } else {
                        exact(&sizes, counts, tokens, (0.0, 0.0), &mut a.hour(i, 0), &mut b.hour(i, 0)).1
                    })
                },
                n,
            );
            let want = [1.0, 1.0, (1.0 + input.cv2) / lambda + 1.0 / r, (1.0 + output.cv2) / lambda + 1.0 / r, joint / lambda + 1.0 / r];
            for (i, want) in want.into_iter().enumerate() {
                let (mean, se) = oracle[i];
                assert!((mean - want).abs() < 4.5 * se, "oracle, λ {lambda}, moment {i}: {mean} against {want} ± {se}");
                let (mean, se) = drawn[i];
                // The cube of Wilson and Hilferty has the mean to v³ and the variance to 2 % at the threshold.
                let slack = match (lambda > 50.0, i < 2) {
                    (false, _) => 0.0,
                    (true, true) => 1e-5,
                    (true, false) => 0.02 * want,
                };
                assert!((mean - want).abs() < 4.5 * se + slack, "λ {lambda}, moment {i}: {mean} against {want} ± {se}");
            }
            let ((x, se_x), (y, se_y)) = (oracle[5], drawn[5]);
            assert!((y / x - 1.0).abs() < 0.01 + 4.5 * (se_x * se_x + se_y * se_y).sqrt() / x, "λ {lambda}: {x} {y}");
        }
    }

    #[test]
    fn few_requests_are_whole_and_capped() {
        let sizes = sizes(
            "input = { mean = 100, cv = 0 }\noutput = { mean = 400, cv = 2, law = \"lognormal\" }\nmax_tokens = 500\ncached_share = 0.25",
        );
        assert!(!is_matched(3.0, sizes.cv2()));
        let (a, b) = (StreamKey::new(1, Purpose::Requests, "a"), StreamKey::new(1, Purpose::Sizes, "a"));
        let mut total = 0.0;
        for hour in 0..2000 {
            let (requests, tokens) =
                exact(&sizes, Counts::POISSON, 3.0 * sizes.mean(), (0.0, 0.0), &mut a.hour(0, hour), &mut b.hour(0, hour));
            assert_eq!(requests.fract(), 0.0);
            assert!((tokens.input - 75.0 * requests).abs() < 1e-9 && (tokens.cache_read - 25.0 * requests).abs() < 1e-9);
            assert!(tokens.output <= 500.0 * requests + 1e-9);
            total += requests;
        }
        assert!((total / 2000.0 - 3.0).abs() < 4.0 * (3.0_f64 / 2000.0).sqrt());
    }
}
