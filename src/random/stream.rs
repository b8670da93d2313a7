//! Streams of random numbers, each named by what it is for, so that no draw depends on the order of work.
//!
//! This is the only place that names a generator: xoshiro128++ of the `rand` crate (Blackman and Vigna 2021), 32 bits a step.
//!
//! A stream belongs to (seed, purpose, name, replication) or to (…, hour). Its 128-bit state is a hash of that key:
//!
//! 1. `label` = FNV-1a (64 bits) of the purpose's tag, the byte 0x1f and the name. Names are few, so a collision among n of them has
//!    chance n² / 2⁶⁵: 3e-14 for a thousand.
//! 2. (k0, k1) = two different combinations of mix(seed) and mix(label), mixed again; mix is the finaliser of `SplitMix64` (Stafford's
//!    variant 13), a bijection of 64 bits.
//! 3. a = mix(k0 + replication × φ), b = mix((k1 ^ a) + (hour + 1) × φ) with 0 in place of hour + 1 for a whole replication, and the
//!    state is (mix(a ^ b), b).
//!
//! Step 3 can be undone: b gives a, b and a give the hour, a gives the replication. So **no two streams of one key ever start in
//! the same state**. States of different keys behave like random ones among 2¹²⁸: with s streams of d draws, the chance that any two
//! overlap is about s² d / 2¹²⁸, or 2⁻⁵⁷ for 1e9 streams of 2 000 draws. The all-zero state, which xoshiro cannot leave, is replaced.

use std::convert::Infallible;

use rand::rngs::Xoshiro128PlusPlus;
use rand::{Rng, SeedableRng, TryRng};

use super::normal::box_muller;

/// Version of the draws: it changes whenever the same scenario and seed no longer give the same numbers.
pub const STREAM_VERSION: u32 = 1;

/// What a stream is for. Two purposes never share a stream, so a new random factor does not disturb the draws of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// The level's uncertainty, one draw a replication.
    Level,
    /// Weekly steps of the level's walk.
    Walk,
    /// Monthly growth.
    Growth,
    /// Fast and white noise of the hours.
    Noise,
    /// Slow noise of the hours.
    NoiseSlow,
    /// Draws of an empirical marginal that its latent normals do not give.
    Marginal,
    /// Drift of the mean sizes, and sizes of requests.
    Sizes,
    /// On and off periods of intermittent clients.
    OnOff,
    /// Starts, lengths and heights of spikes.
    Spikes,
    /// Counts of requests.
    Requests,
    /// Days resampled from usage.
    Days,
    /// Unknown throughput of a unit.
    Capacity,
    /// Outages of units and incidents on demand.
    Outages,
    /// Factors that several workloads share.
    Factor,
    /// Tokens an hour straight from a law.
    Plain,
    /// Events whose date or size is uncertain.
    Events,
    /// Price cuts that may come.
    PriceCuts,
    /// Completion times of batch jobs.
    Batch,
    /// Minutes within the hour, for the path simulator.
    Minutes,
    /// Scrambles of quasi-random sequences.
    Scramble,
}

impl Purpose {
    /// The tag that enters the hash: part of the draws, never to be changed.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Level => "level",
            Self::Walk => "walk",
            Self::Growth => "growth",
            Self::Noise => "noise",
            Self::NoiseSlow => "noise-slow",
            Self::Marginal => "marginal",
            Self::Sizes => "sizes",
            Self::OnOff => "on-off",
            Self::Spikes => "spikes",
            Self::Requests => "requests",
            Self::Days => "days",
            Self::Capacity => "capacity",
            Self::Outages => "outages",
            Self::Factor => "factor",
            Self::Plain => "plain",
            Self::Events => "events",
            Self::PriceCuts => "price-cuts",
            Self::Batch => "batch",
            Self::Minutes => "minutes",
            Self::Scramble => "scramble",
        }
    }
}

/// The part of a stream's key that all replications share, hashed once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamKey {
    k0: u64,
    k1: u64,
}

impl StreamKey {
    /// The key of one purpose and one name (a workload, an offer, a factor; empty where there is only one) under a seed.
    pub fn new(seed: u64, purpose: Purpose, name: &str) -> Self {
        let s = mix(seed.wrapping_add(GOLDEN));
        let l = mix(label(purpose, name).wrapping_add(GOLDEN));
        Self { k0: mix(s.wrapping_add(l)), k1: mix(s.rotate_left(32) ^ l) }
    }

    /// The stream of one whole replication.
    pub fn replication(&self, replication: u64) -> Stream {
        Stream::from_state(self.state(replication, None))
    }

    /// The stream of one hour of a replication, for laws whose consumption varies.
    pub fn hour(&self, replication: u64, hour: u32) -> Stream {
        Stream::from_state(self.state(replication, Some(hour)))
    }

    /// The four words a stream starts from, in xoshiro's order: for code that steps many streams side by side.
    pub fn state(&self, replication: u64, hour: Option<u32>) -> [u32; 4] {
        let hour = hour.map_or(0, |h| u64::from(h) + 1);
        let a = mix(self.k0.wrapping_add(replication.wrapping_mul(GOLDEN)));
        let b = mix((self.k1 ^ a).wrapping_add(hour.wrapping_mul(GOLDEN)));
        let a = mix(a ^ b);
        let a = if a | b == 0 { GOLDEN } else { a };
        [a as u32, (a >> 32) as u32, b as u32, (b >> 32) as u32]
    }
}

/// One stream of draws. It implements `rand`'s generator traits, so every law of `rand_distr` can draw from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    generator: Xoshiro128PlusPlus,
}

impl Stream {
    fn from_state(state: [u32; 4]) -> Self {
        let mut bytes = [0_u8; 16];
        for (four, word) in bytes.chunks_exact_mut(4).zip(state) {
            four.copy_from_slice(&word.to_le_bytes());
        }
        Self { generator: Xoshiro128PlusPlus::from_seed(bytes) }
    }

    /// Uniform on the open interval (0, 1): (k + ½) / 2⁵² with k of 52 bits. Takes exactly two 32-bit steps.
    ///
    /// 52 bits and not 53, because the half added to the largest 53-bit k would round to 1.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        ((self.next_u64() >> 12) as f64 + 0.5) * (1.0 / 4_503_599_627_370_496.0)
    }

    /// Two independent standard normals by Box–Muller. Takes exactly two 32-bit steps: see [`box_muller`].
    #[inline]
    pub fn normals(&mut self) -> (f64, f64) {
        let a = self.next_u32();
        let b = self.next_u32();
        box_muller(a, b)
    }

    /// So many pairs of normals: the draws of as many calls of [`normals`](Self::normals), whose arithmetic goes side by side here.
    #[allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]
    #[inline(always)]
    pub fn fill_normals(&mut self, first: &mut [f64], second: &mut [f64]) {
        let (mut a, mut b) = ([0; TOGETHER], [0; TOGETHER]);
        for (first, second) in first.chunks_mut(TOGETHER).zip(second.chunks_mut(TOGETHER)) {
            let pairs = first.len().min(second.len());
            for (a, b) in a.iter_mut().zip(&mut b).take(pairs) {
                (*a, *b) = (self.next_u32(), self.next_u32());
            }
            for ((first, second), (&a, &b)) in first.iter_mut().zip(second).zip(a.iter().zip(&b)) {
                (*first, *second) = box_muller(a, b);
            }
        }
    }
}

/// Pairs of words that are drawn before any becomes a number.
const TOGETHER: usize = 64;

impl TryRng for Stream {
    type Error = Infallible;

    #[inline]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.generator.try_next_u32()
    }

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.generator.try_next_u64()
    }

    #[inline]
    fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), Infallible> {
        self.generator.try_fill_bytes(destination)
    }
}

/// 2⁶⁴ / golden ratio, made odd: the increment of `SplitMix64`.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The finaliser of `SplitMix64`, a bijection.
pub(super) const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// FNV-1a, 64 bits, of tag, 0x1f, name.
fn label(purpose: Purpose, name: &str) -> u64 {
    let bytes = purpose.tag().bytes().chain([0x1f]).chain(name.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn correlation(mut a: Stream, mut b: Stream, n: u32) -> f64 {
        let sum: f64 = (0..n).map(|_| (a.uniform() - 0.5) * (b.uniform() - 0.5)).sum();
        12.0 * sum / f64::from(n)
    }

    #[test]
    fn many_normals_are_those_drawn_one_by_one() {
        let key = StreamKey::new(3, Purpose::Noise, "fill");
        for n in [0, 1, 63, 64, 65, 200] {
            let (mut one, mut many) = (key.replication(n as u64), key.replication(n as u64));
            let (mut first, mut second) = (vec![0.0; n], vec![0.0; n]);
            many.fill_normals(&mut first, &mut second);
            for (a, b) in first.into_iter().zip(second) {
                let (x, y) = one.normals();
                assert_eq!((a.to_bits(), b.to_bits()), (x.to_bits(), y.to_bits()));
            }
            assert_eq!(one, many);
        }
    }

    /// First three words of four keys, and the normals of the first two, computed by a separate program from the module's text.
    #[test]
    fn draws_are_pinned() {
        type Pin = (u64, Purpose, &'static str, u64, Option<u32>, [u32; 3], (f64, f64));
        let pins: [Pin; 4] = [
            (
                1,
                Purpose::Level,
                "copilot",
                0,
                None,
                [2_657_501_158, 2_789_445_662, 1_916_292_563],
                (0.227_946_908_157_747_68, -0.952_971_958_815_633_6),
            ),
            (
                1,
                Purpose::Level,
                "copilot",
                7,
                None,
                [2_814_992_611, 3_378_146_816, 2_877_525_664],
                (0.399_904_143_754_049_87, 0.827_674_624_661_871_7),
            ),
            (
                1,
                Purpose::Requests,
                "copilot",
                7,
                Some(729),
                [2_894_073_179, 1_120_700_828, 755_619_393],
                (0.826_650_984_484_321_8, 0.325_892_931_967_112_55),
            ),
            (
                u64::MAX,
                Purpose::Noise,
                "",
                u64::MAX,
                None,
                [2_912_379_494, 2_744_747_978, 24_263_869],
                (0.191_013_062_367_199, -0.860_500_439_332_649_7),
            ),
        ];
        for (seed, purpose, name, replication, hour, words, normals) in pins {
            let key = StreamKey::new(seed, purpose, name);
            let stream = hour.map_or(key.replication(replication), |h| key.hour(replication, h));
            let mut first = stream.clone();
            assert_eq!(words, [first.next_u32(), first.next_u32(), first.next_u32()], "{purpose:?}");
            let (z0, z1) = stream.clone().normals();
            assert!((z0 - normals.0).abs() < 1e-14 && (z1 - normals.1).abs() < 1e-14, "{purpose:?}: {z0} {z1}");
        }
    }

    #[test]
    fn neighbouring_streams_are_uncorrelated() {
        let key = StreamKey::new(3, Purpose::Noise, "chat");
        let base = key.replication(5);
        let n = 100_000;
        let others = [
            key.replication(4),
            key.replication(6),
            key.replication(5 + (1 << 32)),
            key.hour(5, 0),
            key.hour(5, 1),
            StreamKey::new(4, Purpose::Noise, "chat").replication(5),
            StreamKey::new(3, Purpose::NoiseSlow, "chat").replication(5),
            StreamKey::new(3, Purpose::Noise, "chat2").replication(5),
            StreamKey::new(3, Purpose::Noise, "cha").replication(5),
        ];
        for (i, other) in others.into_iter().enumerate() {
            let r = correlation(base.clone(), other, n);
            // Five standard errors: a false alarm once in 1.7e6 of each.
            assert!(r.abs() < 5.0 / f64::from(n).sqrt(), "stream {i}: correlation {r}");
        }
        assert!((correlation(base.clone(), base, n) - 1.0).abs() < 0.02);
    }

    /// Across replications too: the first draws of consecutive replications must look like one sequence.
    #[test]
    fn first_draws_of_replications_are_uniform_and_independent() {
        let key = StreamKey::new(1, Purpose::Level, "a");
        let n = 200_000;
        let x: Vec<f64> = (0..n).map(|r| key.replication(r).uniform() - 0.5).collect();
        let se = (12.0 * n as f64).sqrt().recip();
        let mean = x.iter().sum::<f64>() / n as f64;
        assert!(mean.abs() < 5.0 * se, "mean {mean}");
        let lag: f64 = 12.0 * x.windows(2).map(|w| w[0] * w[1]).sum::<f64>() / n as f64;
        assert!(lag.abs() < 5.0 / (n as f64).sqrt(), "lag-1 correlation {lag}");
    }

    #[test]
    fn a_replication_does_not_depend_on_how_many_are_drawn() {
        let key = StreamKey::new(9, Purpose::Walk, "x");
        let alone = key.replication(41).uniform();
        let mut of_many = Vec::new();
        for r in (0..100).rev() {
            let mut stream = key.replication(r);
            (0..r).for_each(|_| of_many.push((r, stream.normals().0)));
            of_many.push((r, key.replication(r).uniform()));
        }
        assert!(of_many.contains(&(41, alone)));
    }

    #[test]
    fn no_two_streams_of_a_key_start_alike() {
        let key = StreamKey::new(0, Purpose::Plain, "");
        let mut states = std::collections::BTreeSet::new();
        for r in 0..300 {
            for hour in std::iter::once(None).chain((0..300).map(Some)) {
                assert!(states.insert(key.state(r, hour)));
            }
        }
    }

    #[test]
    fn tags_are_distinct() {
        use Purpose::{
            Batch, Capacity, Days, Events, Factor, Growth, Level, Marginal, Minutes, Noise, NoiseSlow, OnOff, Outages, Plain, Requests,
            Scramble, Sizes, Spikes, Walk,
        };
        let all = [
            Level, Walk, Growth, Noise, NoiseSlow, Marginal, Sizes, OnOff, Spikes, Requests, Days, Capacity, Factor, Plain, Events, Batch,
            Minutes, Scramble, Outages,
        ];
        let tags: std::collections::BTreeSet<_> = all.iter().map(|p| p.tag()).collect();
        assert_eq!(tags.len(), all.len());
    }
}
