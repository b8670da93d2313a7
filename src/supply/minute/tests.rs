//! The law of a minute against closed forms, quadrature and simulated hours.
// Ends and repeated reads are compared exactly, on purpose.
#![allow(clippy::float_cmp)]

use super::*;
use crate::random::law::Law;
use crate::random::stream::{Purpose, Stream, StreamKey};

const BOTH: [Margin; 2] = [Margin::Gamma, Margin::LogNormal];

fn stream(name: &str) -> Stream {
    StreamKey::new(1, Purpose::Minutes, name).replication(0)
}

fn all(row: &MinuteRow<'_>, r: f64) -> [f64; 3] {
    let each = [row.overflow(r), row.exceedance(r), row.hour_exceedance(r)];
    assert_eq!(row.all(r), each);
    each
}

/// G, P and H from the closed forms, with a trapezoidal rule over f three times as fine as the rows' own.
fn direct(margin: Margin, sigma_f: f64, v: f64, r: f64) -> [f64; 3] {
    let spacing = if sigma_f > 0.0 { 0.1 / sigma_f } else { 100.0 };
    let last = (9.5 / spacing) as i32;
    let (mut total, mut sum) = (0.0, [0.0; 3]);
    for k in -last..=last {
        let z = spacing * f64::from(k);
        let weight = libm::exp(-0.5 * z * z);
        let v = v * libm::exp(sigma_f * (z - 0.5 * sigma_f));
        let p = exact_exceedance(margin, v, r);
        let hour = -libm::expm1(60.0 * libm::log1p(-p));
        total += weight;
        sum.iter_mut().zip([exact_overflow(margin, v, r), p, hour]).for_each(|(sum, x)| *sum += weight * x);
    }
    sum.map(|x| x / total)
}

/// A capacity between a hundredth of the mean and far beyond it, most often near it.
fn capacity(v: f64, stream: &mut Stream) -> f64 {
    libm::exp((7.0 * stream.uniform() - 3.0) * libm::log1p(v).sqrt()).max(0.01)
}

/// VALIDATION C7: the printed digits, overflow of a mean of 100.
#[test]
fn published_lognormal_overflow() {
    let capacities = [80.0, 100.0, 120.0, 150.0, 200.0];
    for (cv, printed) in [
        (0.5, [28.601_864, 18.671_504, 12.016_738, 6.162_991, 2.066_459]),
        (1.0, [40.025_039, 32.279_290, 26.304_619, 19.702_518, 12.687_699]),
    ] {
        let constant = MinuteLaw::constant(Margin::LogNormal, 0.0, cv * cv);
        let grid = MinuteLaw::new(Margin::LogNormal, 0.0);
        for (capacity, want) in capacities.into_iter().zip(printed) {
            let got = 100.0 * constant.at(0.0).overflow(capacity / 100.0);
            // Half of the last printed digit.
            assert!((got - want).abs() < 5.1e-7, "CV {cv} at {capacity}: {got}");
            let blended = 100.0 * grid.at(cv * cv).overflow(capacity / 100.0);
            assert!((blended / want - 1.0).abs() < 1e-4, "CV {cv} at {capacity}: {blended}");
        }
    }
}

/// The gamma closed form against Simpson's rule over its density, written with the logarithm of the gamma function instead.
#[test]
fn gamma_against_quadrature() {
    for (v, r) in [(0.01, 0.9), (0.01, 1.2), (0.25, 0.5), (0.25, 1.0), (0.25, 2.5), (0.7, 3.0)] {
        let a: f64 = 1.0 / v;
        let density = |m: f64| libm::exp((a - 1.0) * libm::log(m) - a * m + a * libm::log(a) - libm::lgamma(a));
        let (n, end) = (40_000, r + 60.0 * v + 12.0 * f64::sqrt(v));
        let h = (end - r) / f64::from(n);
        let mut sum = [0.0; 2];
        for i in 0..=n {
            let m = r + h * f64::from(i);
            let weight = if i == 0 || i == n {
                1.0
            } else if i % 2 == 1 {
                4.0
            } else {
                2.0
            };
            sum[0] += weight * (m - r) * density(m);
            sum[1] += weight * density(m);
        }
        let [g, p] = sum.map(|x| x * h / 3.0);
        assert!((exact_overflow(Margin::Gamma, v, r) / g - 1.0).abs() < 1e-9, "G at {v}, {r}");
        assert!((exact_exceedance(Margin::Gamma, v, r) / p - 1.0).abs() < 1e-9, "P at {v}, {r}");
    }
}

#[test]
fn a_stated_variance_is_exact_to_1e_8() {
    let mut stream = stream("constant");
    for margin in BOTH {
        for (sigma_f, v) in
            [(0.0, 1e-6), (0.0, 0.04), (0.0, 0.3), (0.0, 5.0), (0.5, 1e-3), (0.5, 0.25), (0.5, 1.0), (1.0, 0.1), (0.2, 30.0)]
        {
            let law = MinuteLaw::constant(margin, sigma_f, v);
            let row = law.at(f64::NAN);
            for i in 0..200 {
                // The neighbourhood of 1, where the two sides meet, is looked at in every case.
                let r = if i < 10 { 1.0 + 1e-4 * v.sqrt() * f64::from(i - 5) } else { capacity(v, &mut stream) };
                for (got, want) in all(&row, r).into_iter().zip(direct(margin, sigma_f, v, r)) {
                    assert!((got - want).abs() < 1e-8, "{margin:?} {sigma_f} V {v} R {r}: {got} {want}");
                }
            }
        }
    }
}

#[test]
fn blended_rows_are_within_1e_4() {
    let mut stream = stream("blended");
    for margin in BOTH {
        for sigma_f in [0.0, 0.5, 1.0] {
            let law = MinuteLaw::new(margin, sigma_f);
            for centre in [1e-5, 0.02, 0.3, 3.0, 60.0] {
                for i in 0..200 {
                    // Within one row's spacing, so that few rows are built.
                    let v = centre * (1.0 + 0.03 * stream.uniform());
                    let r = if i < 10 { 1.0 + 1e-3 * v.sqrt() * f64::from(i - 5) } else { capacity(v, &mut stream) };
                    let want = direct(margin, sigma_f, v, r);
                    let relative = if want[0] > 1e-6 { 1e-4 } else { 1e-3 };
                    for (got, expected) in all(&law.at(v), r).into_iter().zip(want) {
                        let tolerance = if want[1] > 1e-7 { relative * expected } else { 1e-8 };
                        assert!((got - expected).abs() < tolerance, "{margin:?} {sigma_f} V {v} R {r}: {got} {expected}");
                    }
                }
            }
        }
    }
}

#[test]
fn never_rises_with_capacity() {
    for margin in BOTH {
        let grid = MinuteLaw::new(margin, 0.5);
        let one = MinuteLaw::constant(margin, 0.0, 0.4);
        // Rounding may lift a value, by a few units in the last place of what a row keeps; and of three rows one may end before the others,
        // where its functions are below 1e-10.
        let (joined, alone) = ((4.0 * f64::from(f32::EPSILON), 1e-10), (1e-14, 1e-14));
        for (row, (rounding, end)) in [(grid.at(0.013), joined), (grid.at(1.7), joined), (one.at(0.4), alone)] {
            let mut before = all(&row, 0.0);
            for i in 1..20_000 {
                let now = all(&row, 0.0005 * f64::from(i));
                assert!(
                    now.iter().zip(before).all(|(now, before)| *now <= before * (1.0 + rounding) + end),
                    "{margin:?} {i}: {now:?} {before:?}"
                );
                before = now;
            }
        }
    }
}

#[test]
fn limits() {
    for margin in BOTH {
        for law in [MinuteLaw::new(margin, 0.5), MinuteLaw::constant(margin, 0.3, 0.2)] {
            for v in [1e-12, 1e-8, 0.1, 900.0, 1e9] {
                let row = law.at(v);
                assert_eq!(all(&row, 0.0), [1.0, 1.0, 1.0], "{margin:?} {v}");
                assert!(all(&row, 1e-5).iter().all(|x| (0.0..=1.0).contains(x)));
                assert_eq!(all(&row, 1e30), [0.0, 0.0, 0.0], "{margin:?} {v}");
                assert_eq!(all(&row, f64::INFINITY), [0.0, 0.0, 0.0], "{margin:?} {v}");
            }
            // Outside of the grid is its end.
            assert_eq!(all(&law.at(1e9), 3.0), all(&law.at(1e3), 3.0));
        }
        for law in [MinuteLaw::new(margin, 0.5), MinuteLaw::constant(margin, 0.5, 0.0)] {
            for (r, want) in [(0.0, [1.0, 1.0, 1.0]), (0.75, [0.25, 1.0, 1.0]), (1.0, [0.0; 3]), (1.5, [0.0; 3])] {
                assert_eq!(all(&law.at(0.0), r), want);
                assert_eq!([exact_overflow(margin, 0.0, r), exact_exceedance(margin, 0.0, r)], want[..2]);
            }
        }
    }
}

/// Sixty independent minutes given each hour's f, drawn: within four standard errors over hours.
#[test]
fn simulated_hours() {
    let (v, sigma_f, hours) = (0.09, 0.5, 20_000_u32);
    for margin in BOTH {
        let law = MinuteLaw::constant(margin, sigma_f, v);
        let burstiness = Law::lognormal_by_mean(1.0, sigma_f).unwrap();
        for r in [0.8, 1.5, 2.0] {
            let mut stream = stream("hours");
            let (mut sum, mut squares) = ([0.0; 3], [0.0; 3]);
            for _ in 0..hours {
                let variance = v * burstiness.sample(&mut stream);
                let minute = match margin {
                    Margin::Gamma => Law::gamma(1.0 / variance, variance).unwrap(),
                    Margin::LogNormal => Law::lognormal_by_mean(1.0, libm::log1p(variance).sqrt()).unwrap(),
                };
                let (mut excess, mut over) = (0.0, 0.0);
                for _ in 0..60 {
                    let m = minute.sample(&mut stream);
                    excess += (m - r).max(0.0) / 60.0;
                    over += f64::from(u8::from(m > r)) / 60.0;
                }
                for (i, x) in [excess, over, f64::from(u8::from(over > 0.0))].into_iter().enumerate() {
                    sum[i] += x;
                    squares[i] += x * x;
                }
            }
            for (i, want) in all(&law.at(v), r).into_iter().enumerate() {
                let n = f64::from(hours);
                let mean = sum[i] / n;
                let se = ((squares[i] / n - mean * mean) / n).sqrt();
                // A hair for r = 0.8, where every hour is over and the error is 0.
                assert!((mean - want).abs() <= 4.0 * se + 1e-6, "{margin:?} R {r} function {i}: {mean} {want} se {se}");
            }
        }
    }
}

/// What was asked before, and by which thread, changes nothing.
#[test]
fn rows_do_not_depend_on_the_order_of_asking() {
    let variances = [0.1, 0.11, 0.2, 0.0999];
    let fresh = variances.map(|v| all(&MinuteLaw::new(Margin::LogNormal, 0.4).at(v), 1.3));
    let shared = MinuteLaw::new(Margin::LogNormal, 0.4);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for (v, want) in variances.into_iter().zip(fresh).rev() {
                    assert_eq!(all(&shared.at(v), 1.3), want);
                }
            });
        }
    });
}
