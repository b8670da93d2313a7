//! Minutes that are over two limits at once, of tokens and of requests.
//!
//! An offer refuses the larger excess of the two. With a for that of tokens and b for that of requests, E\[max(a, b)\] = E\[a\] + E\[b\] −
//! E\[min(a, b)\]: the first two are the law's own, and the last is taken as a share of the smaller of them, from normal minutes. Tokens
//! are requests plus what sizes add, independent of them: m = n + e with variances V = V₁ + (V − V₁).

use crate::random::special::{normal_cdf, normal_density};

/// Points of the midpoint rule over n, and how far from its start (in its standard deviations) the rule goes.
const POINTS: usize = 32;
const FARTHEST: f64 = 6.0;

/// E\[min(a, b)\] over the smaller of E\[a\] and E\[b\], 0 to 1. Limits are multiples of the mean, with the variance of what they limit.
pub(super) fn share_in_common((tokens, v): (f64, f64), (requests, v1): (f64, f64)) -> f64 {
    let of_sizes = v - v1;
    if !(of_sizes > 1e-9 * v && v1 > 0.0) {
        return 1.0;
    }
    let [sd, sd1, sd_sizes] = [v, v1, of_sizes].map(f64::sqrt);
    let z1 = (requests - 1.0) / sd1;
    let smaller = (sd * beyond((tokens - 1.0) / sd)).min(sd1 * beyond(z1));
    let low = z1.max(-FARTHEST);
    let step = ((low + FARTHEST).max(FARTHEST) - low) / POINTS as f64;
    let common = |i: usize| {
        let z = low + step * (i as f64 + 0.5);
        let excess = sd1 * (z - z1);
        let to_tokens = (tokens - 1.0 - sd1 * z) / sd_sizes;
        normal_density(z) * sd_sizes * (beyond(to_tokens) - beyond(to_tokens + excess / sd_sizes))
    };
    let both = step * (0..POINTS).map(common).sum::<f64>();
    if smaller > 0.0 { (both / smaller).clamp(0.0, 1.0) } else { 1.0 }
}

/// E\[(y − x)+\] of a standard normal y.
fn beyond(x: f64) -> f64 {
    (normal_density(x) - x * normal_cdf(-x)).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::stream::{Purpose, StreamKey};

    /// Against normal minutes drawn.
    #[test]
    fn normal_minutes() {
        let mut stream = StreamKey::new(5, Purpose::Minutes, "both").replication(0);
        for (tokens, v, requests, v1) in
            [(1.0, 0.04, 1.0, 0.02), (1.2, 0.04, 1.1, 0.02), (0.8, 0.1, 1.1, 0.02), (1.3, 0.1, 0.9, 0.05), (0.7, 0.01, 0.8, 0.009)]
        {
            let n = 400_000;
            let (mut a, mut b, mut both, mut square) = (0.0, 0.0, 0.0, 0.0);
            for _ in 0..n {
                let (x, y) = stream.normals();
                let count = 1.0 + f64::sqrt(v1) * x;
                let excess = [count + f64::sqrt(v - v1) * y - tokens, count - requests].map(|excess| excess.max(0.0));
                let least = excess[0].min(excess[1]);
                (a, b, both, square) = (a + excess[0], b + excess[1], both + least, square + least * least);
            }
            let (drawn, got) = (both / f64::min(a, b), share_in_common((tokens, v), (requests, v1)));
            let se = (square / f64::from(n)).sqrt() / f64::from(n).sqrt() / (f64::min(a, b) / f64::from(n));
            assert!((got - drawn).abs() <= 4.0 * se + 0.01, "{tokens} {requests}: {got}, drawn {drawn} ± {se}");
        }
        // Without sizes both are the same minutes.
        assert_eq!(share_in_common((1.1, 0.05), (1.2, 0.05)), 1.0);
    }
}
