//! Weighted paths under a tilt against plain ones and closed forms: every mean within four and a half standard errors.

use super::*;
use crate::demand::noise::Part;
use crate::random::stream::{Purpose, StreamKey};

const HOURS: usize = 60;

fn tilt() -> SpikeTilt {
    SpikeTilt {
        places: [0.3, 0.2, 0.2, 0.1, 0.1, 0.1],
        lengths: [0.1, 0.2, 0.3, 0.2, 0.2],
        sizes: [1.5, 1.2, 1.0, 0.5, 0.0],
        spread: 0.8,
        noise: [1.0, -0.5],
    }
}

/// Tokens that differ by hour, so that hours are of all classes.
fn base() -> Vec<f64> {
    (0..HOURS).map(|hour| 1.0 + ((hour * 7) % 24) as f64).collect()
}

/// What is looked at of a path: whether the first and a late hour are in a spike, their factors, spikes, their hours, and the largest height.
fn facts(path: &SpikePath) -> [f64; 8] {
    let at = |hour: usize| path.spikes.iter().find(|spike| spike.span().contains(&hour));
    let on = |hour| f64::from(at(hour).is_some());
    let factor = |hour| at(hour).map_or(1.0, |spike| spike.factor);
    let hours: usize = path.spikes.iter().map(|spike| spike.span().len()).sum();
    let largest = path.spikes.iter().map(|spike| spike.factor).fold(1.0, f64::max);
    [1.0, on(0), on(49), factor(0), factor(49), path.spikes.len() as f64, hours as f64, f64::from(largest > 3.0)]
}

fn means(tilted: &Tilted, name: &str, n: u64, ratio: impl Fn(&SpikePath) -> f64) -> [(f64, f64); 8] {
    let key = StreamKey::new(5, Purpose::Spikes, name);
    let mut sums = [(0.0, 0.0); 8];
    for replication in 0..n {
        let path = tilted.path(&mut key.replication(replication));
        let weight = ratio(&path).recip();
        for (sum, fact) in sums.iter_mut().zip(facts(&path)) {
            sum.0 += weight * fact;
            sum.1 += (weight * fact) * (weight * fact);
        }
    }
    let count = n as f64;
    sums.map(|(sum, squares)| (sum / count, ((squares / count - sum * sum / count / count) / count).sqrt()))
}

#[test]
fn weighted_paths_are_plain_ones() {
    let sizes = [
        Law::lognormal_by_median(0.8, 0.6).unwrap(),
        Law::pareto(0.5, 1.5, Some(4.0)).unwrap(),
        Law::pareto(0.5, 2.5, None).unwrap(),
        Law::constant(2.5).unwrap(),
    ];
    for (size, duration) in sizes.into_iter().zip([4.0, 6.0, 1.0, 3.0]) {
        let spikes = Spikes::new(0.04, &Law::geometric(duration).unwrap(), size.clone(), false);
        let places = Places::new(&spikes, &base());
        let lengths = if duration > 1.0 { tilt().lengths } else { [1.0, 0.0, 0.0, 0.0, 0.0] };
        let tilted = Tilted::new(&spikes, Some(SpikeTilt { lengths, ..tilt() }), &places);
        let plain = Tilted::new(&spikes, None, &places);
        let n = 60_000;
        // Half of either: no weight is above 2, so errors are what they seem.
        let ratio = |path: &SpikePath| 0.5 + 0.5 * tilted.ratio(path);
        let (led, other) = (means(&tilted, "led", n, ratio), means(&plain, "plain", n, ratio));
        let as_ever = means(&plain, "as ever", n, |_| 1.0);
        for (fact, ((led, other), as_ever)) in led.into_iter().zip(other).zip(as_ever).enumerate() {
            let (mean, error) = (0.5 * (led.0 + other.0), 0.5 * (led.1 * led.1 + other.1 * other.1).sqrt());
            let all = (error * error + as_ever.1 * as_ever.1).sqrt();
            assert!((mean - as_ever.0).abs() < 4.5 * all + 1e-12, "{size:?}, {fact}: {mean} ± {error} against {as_ever:?}");
        }
        // Of plain paths the likelihood ratio itself has mean 1.
        let key = StreamKey::new(5, Purpose::Spikes, "ratio");
        let ratios: Vec<f64> = (0..n).map(|replication| tilted.ratio(&plain.path(&mut key.replication(replication)))).collect();
        let mean = ratios.iter().sum::<f64>() / n as f64;
        let error = (ratios.iter().map(|ratio| (ratio - mean) * (ratio - mean)).sum::<f64>() / n as f64 / n as f64).sqrt();
        assert!((mean - 1.0).abs() < 4.5 * error && error < 0.1, "{size:?}: {mean} ± {error}");
    }
}

/// Of a path as ever, an hour is in a spike as often as the closed form says, and has the stated mean.
#[test]
fn plain_paths_are_those_of_the_spikes() {
    let spikes = Spikes::new(0.03, &Law::geometric(4.0).unwrap(), Law::lognormal_by_median(0.8, 0.6).unwrap(), false);
    let plain = Tilted::new(&spikes, None, &Places::new(&spikes, &base()));
    let found = means(&plain, "a", 40_000, |_| 1.0);
    for (fact, want) in [(1, spikes.share), (2, spikes.share), (3, spikes.mean()), (4, spikes.mean())] {
        assert!((found[fact].0 - want).abs() < 4.5 * found[fact].1, "{fact}: {:?} against {want}", found[fact]);
    }
}

/// The exchanged noise has the autoregression's covariances.
#[test]
fn the_law_of_the_noise_stays() {
    let part = Part { sd: 0.5, rho: 0.8 };
    let spikes = Spikes::new(0.2, &Law::geometric(2.0).unwrap(), Law::constant(1.0).unwrap(), false);
    let tilted = Tilted::new(&spikes, None, &Places::new(&spikes, &[1.0; 6]));
    let (of_spikes, of_noise) = (StreamKey::new(5, Purpose::Spikes, "b"), StreamKey::new(5, Purpose::Noise, "b"));
    let n = 40_000_u64;
    let mut products = [[0.0; 6]; 6];
    for replication in 0..n {
        let mut stream = of_noise.replication(replication);
        let mut path: Vec<f64> = (0..6).map(|_| stream.normals().0).collect();
        part.follow(&mut path);
        tilted.path(&mut of_spikes.replication(replication)).exchange(0, part, &mut path);
        for (i, j) in (0..6).flat_map(|i| (0..6).map(move |j| (i, j))) {
            products[i][j] += path[i] * path[j] / 0.25;
        }
    }
    for (i, j) in (0..6).flat_map(|i| (0..6).map(move |j| (i, j))) {
        let want = libm::pow(0.8, (i as f64 - j as f64).abs());
        assert!((products[i][j] / n as f64 - want).abs() < 4.5 * ((1.0 + want * want) / n as f64).sqrt(), "({i}, {j})");
    }
}
