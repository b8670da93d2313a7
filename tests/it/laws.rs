//! Every law against its own distribution function, its moments, and `rand_distr` drawn from another generator.
//!
//! Each check is at a fixed seed, and would fail by chance once in about a million seeds:
//! - Kolmogorov–Smirnov: P(√n D > c) tends to 2 exp(−2c²), which is 1e-6 at c = 2.693; for two samples with √(nm / (n + m)).
//!   Atoms only make it rarer.
//! - chi-square: the 1 − 1e-6 quantile by Wilson and Hilferty, df (1 − 2/(9 df) + 4.7534 √(2/(9 df)))³, on cells of at least 20
//!   expected draws.
//! - moments within five standard errors, 6e-7; the error of the variance comes from the sample's fourth moment.

// Atoms and whole numbers are compared exactly, on purpose.
#![allow(clippy::unwrap_used, clippy::float_cmp)]

mod values;

use rand_distr::{Distribution, Exp, Gamma, Geometric, LogNormal, Normal, Pareto, Poisson, StudentT, Uniform};
use tokentide::random::law::{Law, LawError};
use tokentide::random::stream::{Purpose, Stream, StreamKey};

const N: usize = 200_000;
const KS: f64 = 2.693;

fn stream(name: &str) -> Stream {
    StreamKey::new(20_261_120, Purpose::Plain, name).replication(0)
}

fn sample(law: &Law, name: &str) -> Vec<f64> {
    let mut stream = stream(name);
    let mut x: Vec<f64> = (0..N).map(|_| law.sample(&mut stream)).collect();
    x.sort_by(f64::total_cmp);
    x
}

/// `rand_distr`'s draws from the library's 256-bit generator, which shares no state with ours.
fn oracle(law: impl Distribution<f64>, clean: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut generator: rand::rngs::Xoshiro256PlusPlus = rand::SeedableRng::seed_from_u64(77);
    let mut x: Vec<f64> = (0..N).map(|_| clean(law.sample(&mut generator))).collect();
    x.sort_by(f64::total_cmp);
    x
}

fn moments_agree(law: &Law, x: &[f64], name: &str) {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    let central = |k: i32| x.iter().map(|v| (v - mean).powi(k)).sum::<f64>() / n;
    let (variance, fourth) = (central(2), central(4));
    let tolerance = 1e-12 * law.mean().abs() + 5.0 * (variance / n).sqrt();
    assert!((mean - law.mean()).abs() <= tolerance, "{name}: mean {mean}, not {}", law.mean());
    let tolerance = 1e-12 * law.variance() + 5.0 * ((fourth - variance * variance) / n).sqrt();
    assert!((variance - law.variance()).abs() <= tolerance, "{name}: variance {variance}, not {}", law.variance());
}

/// The largest distance of the sample's distribution function from the law's, on both sides of every step.
fn follows_its_cdf(law: &Law, x: &[f64], name: &str) {
    let n = x.len() as f64;
    let mut distance: f64 = 0.0;
    let mut start = 0;
    for run in x.chunk_by(|a, b| a.total_cmp(b).is_eq()) {
        let end = start + run.len();
        distance = distance.max((law.cdf(run[0]) - end as f64 / n).abs());
        // Just below the value: the law's own atom there, if any, is not counted.
        let below = law.cdf(run[0].next_down());
        distance = distance.max((below - start as f64 / n).abs());
        start = end;
    }
    assert!(n.sqrt() * distance < KS, "{name}: KS {}", n.sqrt() * distance);
}

fn two_samples_agree(x: &[f64], y: &[f64], name: &str) {
    let (n, m) = (x.len() as f64, y.len() as f64);
    let (mut i, mut j, mut distance) = (0, 0, 0.0_f64);
    while i < x.len() && j < y.len() {
        let at = x[i].min(y[j]);
        i += x[i..].iter().take_while(|v| **v <= at).count();
        j += y[j..].iter().take_while(|v| **v <= at).count();
        distance = distance.max((i as f64 / n - j as f64 / m).abs());
    }
    let statistic = (n * m / (n + m)).sqrt() * distance;
    assert!(statistic < KS, "{name}: two-sample KS {statistic}");
}

fn chi_square_limit(cells: usize) -> f64 {
    let df = (cells - 1) as f64;
    df * (1.0 - 2.0 / (9.0 * df) + 4.7534 * (2.0 / (9.0 * df)).sqrt()).powi(3)
}

/// Cells are whole numbers, joined from below until each expects 20 draws; the last takes the rest.
fn counts_follow(law: &Law, x: &[f64], name: &str) {
    let n = x.len() as f64;
    let (mut cells, mut statistic, mut done, mut done_p, mut k) = (0, 0.0, 0, 0.0, 0.0);
    loop {
        let p = law.cdf(k);
        let last = n * (1.0 - p) < 20.0;
        if n * (p - done_p) >= 20.0 || last {
            let upto = if last { x.len() } else { x.partition_point(|v| *v <= k) };
            let expected = n * (if last { 1.0 } else { p } - done_p);
            statistic += ((upto - done) as f64 - expected).powi(2) / expected;
            (cells, done, done_p) = (cells + 1, upto, p);
        }
        if last {
            break;
        }
        k += 1.0;
    }
    assert!(cells > 3 && statistic < chi_square_limit(cells), "{name}: chi-square {statistic} of {cells} cells");
}

/// Two samples of equal size: Σ (a − b)² / (a + b) over joined cells.
fn counts_agree(x: &[f64], y: &[f64], name: &str) {
    let (mut cells, mut statistic, mut i, mut j) = (0, 0.0, 0, 0);
    let mut k = x[0].min(y[0]);
    while i < x.len() || j < y.len() {
        let (upto_i, upto_j) = (x.partition_point(|v| *v <= k), y.partition_point(|v| *v <= k));
        let left = x.len() - upto_i + y.len() - upto_j;
        if (upto_i - i + upto_j - j >= 40 && left >= 40) || left == 0 {
            let (a, b) = ((upto_i - i) as f64, (upto_j - j) as f64);
            statistic += (a - b).powi(2) / (a + b);
            (cells, i, j) = (cells + 1, upto_i, upto_j);
        }
        k += 1.0;
    }
    assert!(cells > 3 && statistic < chi_square_limit(cells), "{name}: chi-square {statistic} of {cells} cells");
}

fn continuous(name: &str, law: Result<Law, LawError>, other: impl Distribution<f64>, clean: impl Fn(f64) -> f64) {
    let law = law.unwrap();
    let x = sample(&law, name);
    moments_agree(&law, &x, name);
    follows_its_cdf(&law, &x, name);
    two_samples_agree(&x, &oracle(other, clean), name);
}

fn discrete(name: &str, law: Result<Law, LawError>, other: impl Distribution<f64>) {
    let law = law.unwrap();
    let x = sample(&law, name);
    assert!(x.iter().all(|v| v.fract() == 0.0 && *v >= 0.0), "{name}: whole numbers");
    moments_agree(&law, &x, name);
    counts_follow(&law, &x, name);
    counts_agree(&x, &oracle(other, |v| v), name);
}

#[test]
fn uniform_normal_lognormal() {
    continuous("uniform", Law::uniform(-3.0, 200.0), Uniform::new(-3.0, 200.0).unwrap(), |x| x);
    continuous("normal", Law::normal(100.0, 20.0), Normal::new(100.0, 20.0).unwrap(), |x| x);
    continuous("lognormal", Law::lognormal(1.0, 0.5), LogNormal::new(1.0, 0.5).unwrap(), |x| x);
}

#[test]
fn gamma_and_exponential() {
    for shape in [0.1, 0.9, 1.0, 4.0, 300.0] {
        continuous(&format!("gamma {shape}"), Law::gamma(shape, 25.0), Gamma::new(shape, 25.0).unwrap(), |x| x);
    }
    continuous("exponential", Law::exponential(100.0), Exp::new(0.01).unwrap(), |x| x);
}

#[test]
fn pareto_with_and_without_a_cap() {
    // Exponent above 8, so that the variance of the sample variance is itself known well enough to test with.
    continuous("pareto", Law::pareto(2.0, 9.0, None), Pareto::new(2.0, 9.0).unwrap(), |x| x);
    for alpha in [0.7, 1.0, 1.6, 2.0] {
        let other = Pareto::new(3.0, alpha).unwrap();
        continuous(&format!("pareto {alpha}"), Law::pareto(3.0, alpha, Some(30.0)), other, |x: f64| x.min(30.0));
    }
}

#[test]
fn student_t() {
    let clip = std::f64::consts::LN_10;
    for (df, scale) in [(4.0, 0.2), (2.0, 1.0), (1.0, 3.0)] {
        let other = StudentT::new(df).unwrap();
        continuous(&format!("student {df}"), Law::student_t(df, scale, clip), other, |x: f64| (scale * x).clamp(-clip, clip));
    }
}

/// Against draws of `rand_distr` assembled by the textbook's recipe.
struct GammaPoisson(f64, f64);

impl Distribution<f64> for GammaPoisson {
    fn sample<R: rand::Rng + ?Sized>(&self, generator: &mut R) -> f64 {
        let rate = Gamma::new(self.1, self.0 / self.1).unwrap().sample(generator);
        if rate > 0.0 { Poisson::new(rate).unwrap().sample(generator) } else { 0.0 }
    }
}

struct Trials(Geometric);

impl Distribution<f64> for Trials {
    fn sample<R: rand::Rng + ?Sized>(&self, generator: &mut R) -> f64 {
        self.0.sample(generator) as f64 + 1.0
    }
}

#[test]
fn counts() {
    for mean in [0.3, 3.0, 40.0, 5000.0] {
        discrete(&format!("poisson {mean}"), Law::poisson(mean), Poisson::new(mean).unwrap());
    }
    for (mean, shape) in [(3.0, 0.5), (40.0, 8.0), (900.0, 100.0)] {
        discrete(&format!("negative binomial {mean}"), Law::negative_binomial(mean, shape), GammaPoisson(mean, shape));
    }
    for mean in [1.5, 2.5, 30.0] {
        discrete(&format!("geometric {mean}"), Law::geometric(mean), Trials(Geometric::new(1.0 / mean).unwrap()));
    }
}

#[test]
fn quantile_tables() {
    let rows = vec![(0.0, 10.0), (0.25, 100.0), (0.5, 100.0), (0.95, 4000.0), (1.0, 32_000.0)];
    let law = Law::quantiles(rows).unwrap();
    let x = sample(&law, "quantiles");
    moments_agree(&law, &x, "quantiles");
    follows_its_cdf(&law, &x, "quantiles");
    assert!((law.cdf(100.0) - 0.5).abs() < 1e-15 && law.cdf(9.0) == 0.0 && law.cdf(32_000.0) == 1.0);
    assert!((law.mean() - (13.75 + 25.0 + 922.5 + 900.0)).abs() < 1e-9);
}

#[test]
fn degenerate_laws() {
    for (law, value) in [
        (Law::constant(-2.5), -2.5),
        (Law::normal(3.0, 0.0), 3.0),
        (Law::lognormal(0.0, 0.0), 1.0),
        (Law::geometric(1.0), 1.0),
        (Law::poisson(0.0), 0.0),
        (Law::negative_binomial(0.0, 2.0), 0.0),
    ] {
        let law = law.unwrap();
        assert!(sample(&law, "degenerate").iter().all(|x| *x == value), "{law:?}");
        assert!(law.mean() == value && law.variance() == 0.0);
        assert!(law.cdf(value) == 1.0 && law.cdf(value.next_down()) == 0.0, "{law:?}");
        assert!(law.quantile(0.3).is_none_or(|x| x == value));
    }
}

#[test]
fn quantiles_invert_the_cdf() {
    for law in [
        Law::uniform(1.0, 3.0),
        Law::normal(1.0, 2.0),
        Law::lognormal(0.0, 1.0),
        Law::exponential(5.0),
        Law::pareto(1.0, 2.5, None),
        Law::quantiles(vec![(0.0, 0.0), (0.9, 1.0), (1.0, 10.0)]),
    ] {
        let law = law.unwrap();
        for p in [1e-6, 0.1, 0.5, 0.9, 0.999_999] {
            let x = law.quantile(p).unwrap();
            assert!((law.cdf(x) - p).abs() < 1e-12, "{law:?} at {p}");
            let z = tokentide::random::special::normal_quantile(p);
            assert!((law.at_normal(z).unwrap() / x - 1.0).abs() < 1e-9, "{law:?} at {p}");
        }
    }
    let law = Law::geometric(4.0).unwrap();
    for p in [0.01, 0.2, 0.3, 0.9, 0.9999] {
        let k = law.quantile(p).unwrap();
        assert!(law.cdf(k) >= p && (k == 1.0 || law.cdf(k - 1.0) < p));
    }
}
