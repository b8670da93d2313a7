//! Demand of sixty-four replications side by side, in single precision: the same streams and formulas as the generator's, hour by hour.
//!
//! For workloads that are modelled (not recorded, nor straight from a law), whose mean sizes stay and whose hours are all moment-matched, so
//! that an hour is one number, its tokens, or two where input and output are apart: prompt and answer. What the processes need once in a
//! replication or a week (level, walk, growth, spikes) is drawn by the generator's own code.

#![allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use super::generate::Keys;
use super::requests::Counts;
use super::source::Source;
use super::steer::{Lift, Steered};
use super::tokens::Form;
use super::{Demand, Workload};
use crate::random::lanes::{LANES, Lanes, StreamLanes, exp2, larger};
use crate::statistics::Sampling;
use exchange::Middles;
pub use mix::{SplitMix, SteadyMix};
use pair::Pair;
use recursion::{Paths, Recursion, Sums};
use spikes::SpikeLanes;
use std::f64::consts::LOG2_E;
use std::ops::Range;

mod exchange;
mod mix;
mod pair;
mod recursion;
mod spikes;

/// Hours that are drawn at a time.
pub const TILE: usize = 32;

/// Tokens of [`TILE`] hours in every lane.
pub type Tile = [Lanes<f32>; TILE];

/// A workload that lanes can draw.
#[derive(Debug)]
pub struct LaneWorkload<'a> {
    workload: &'a Workload,
    demand: &'a Demand,
    keys: Keys,
    /// Level × shape × season × drift × spikes' own factor, by hour.
    base: Vec<f32>,
    /// Which of the replication's levels holds, by hour.
    level_of: Vec<u32>,
    /// Week and month of each level.
    levels: Vec<(usize, usize)>,
    fast: Recursion,
    slow: Recursion,
    white: f32,
    /// Added to the logarithm to base 2, so that the noise has mean 1.
    offset: f32,
    /// v = first / tokens + second of the matched counts and sizes; `None` where an hour has exactly what is expected of it.
    spread: Option<(f32, f32)>,
    /// The same of prompt and answer apart.
    pair: Option<Pair>,
    steered: Option<Steered>,
    /// How the means of the fast and the slow noise are exchanged.
    lifts: [Option<LaneLift>; 2],
}

/// A [`Lift`] in single precision.
#[derive(Clone, Debug)]
struct LaneLift {
    weight: Vec<f32>,
    pull: Vec<f32>,
}

/// What lanes keep between tiles. One per worker and workload; it grows in the first replications and is reused.
#[derive(Clone, Debug)]
pub struct LaneState {
    first: StreamLanes,
    second: StreamLanes,
    /// Of the answers' normals.
    third: StreamLanes,
    spiking: SpikeLanes,
    fast: Paths,
    slow: Paths,
    levels: Vec<Lanes<f32>>,
    /// By tile.
    spikes: Vec<Vec<Spike>>,
    /// Of tilted spikes.
    middles: Middles,
    counts: Vec<Lanes<f32>>,
    /// Normals of the slow and the white noise.
    others: Box<[Tile; 2]>,
    /// Of steered noise: by hour, its logarithm and the count and size normals; and what each mean is raised by.
    logs: Vec<Lanes<f32>>,
    drawn: Vec<Lanes<f32>>,
    raised: [Lanes<f32>; 2],
    weeks: Vec<f64>,
    months: Vec<f64>,
}

/// A part of a spike within a tile.
#[derive(Clone, Copy, Debug)]
struct Spike {
    lane: u8,
    start: u8,
    end: u8,
    factor: f32,
}

impl Default for LaneState {
    fn default() -> Self {
        Self {
            first: StreamLanes::new(),
            second: StreamLanes::new(),
            third: StreamLanes::new(),
            spiking: SpikeLanes::default(),
            fast: Paths::new(),
            slow: Paths::new(),
            levels: Vec::new(),
            spikes: Vec::new(),
            middles: Middles::default(),
            counts: vec![Lanes::of(0.0); TILE],
            others: Box::new([[Lanes::of(0.0); TILE]; 2]),
            logs: Vec::new(),
            drawn: Vec::new(),
            raised: [Lanes::of(0.0); 2],
            weeks: Vec::new(),
            months: Vec::new(),
        }
    }
}

impl<'a> LaneWorkload<'a> {
    /// The workload of an index under a seed, sampled in this way; `None` where lanes cannot draw it.
    #[must_use]
    pub fn new(demand: &'a Demand, index: usize, seed: u64, sampling: Sampling) -> Option<Self> {
        let workload = demand.workloads.get(index)?;
        let drawn = matches!(workload.source, Source::Modelled)
            && (workload.steady_mix().is_some() || workload.split_mix().is_some())
            && workload.on_off.is_none()
            && workload.loadings.is_empty()
            && workload.uncertain.is_empty()
            && workload.noise.marginal.is_none()
            && !demand.moves.iter().any(|moved| moved.from == index || moved.to == index);
        if !drawn {
            return None;
        }
        let horizon = &demand.horizon;
        let changes = workload.walk.is_some() || workload.growth.volatility > 0.0;
        let mut levels: Vec<(usize, usize)> = Vec::new();
        let mut level_of = Vec::with_capacity(horizon.hours());
        for hour in 0..horizon.hours() {
            let level = if changes { (horizon.week_of(hour), horizon.month_of(hour)) } else { (0, 0) };
            if levels.last() != Some(&level) {
                levels.push(level);
            }
            level_of.push(levels.len() as u32 - 1);
        }
        let noise = &workload.noise;
        let spikes = workload.spikes.as_ref().map_or(1.0, super::spikes::Spikes::base);
        let spread = match workload.counts {
            Counts::Random { overdispersion } if matches!(workload.sizes.form, Form::Total { .. }) => {
                let sizes = &workload.sizes;
                Some((((1.0 + sizes.cv2()) * sizes.mean() / 9.0) as f32, (overdispersion / 9.0) as f32))
            }
            _ => None,
        };
        let steered = (sampling == Sampling::Sobol).then(|| Steered::new(demand, index, seed));
        let lift = |lift: &Lift| LaneLift {
            weight: lift.weight.iter().map(|&weight| weight as f32).collect(),
            pull: lift.pull.iter().map(|&pull| pull as f32).collect(),
        };
        let lifts = steered.as_ref().map_or([None, None], |steered| [&steered.fast, &steered.slow].map(|part| part.as_ref().map(lift)));
        Some(Self {
            workload,
            demand,
            keys: Keys::new(seed, workload),
            base: workload.base.iter().map(|base| (base * spikes) as f32).collect(),
            level_of,
            levels,
            fast: Recursion::new(noise.fast, horizon.hours()),
            slow: Recursion::new(noise.slow, horizon.hours()),
            white: (noise.white * LOG2_E) as f32,
            offset: (-0.5 * noise.variance() * LOG2_E) as f32,
            spread,
            pair: Pair::new(workload),
            steered,
            lifts,
        })
    }

    /// Goes to the start of the replications `first`, `first` + 1, ….
    #[inline(always)]
    pub fn begin(&self, first: u64, state: &mut LaneState) {
        let horizon = &self.demand.horizon;
        if self.workload.needs_noise() {
            state.first.begin(&self.keys.noise, first);
        }
        if self.workload.noise.has_slow() {
            state.second.begin(&self.keys.slow, first);
        }
        if self.pair.is_some() {
            state.third.begin(&self.keys.requests, first);
        }
        state.levels.resize(self.levels.len(), Lanes::of(0.0));
        state.spikes.resize_with(horizon.hours().div_ceil(TILE), Vec::new);
        state.spikes.iter_mut().for_each(Vec::clear);
        for lane in 0..LANES {
            let replication = first + lane as u64;
            let normals = self.steered.as_ref().map(|steered| steered.normals(replication));
            if let Some(normals) = &normals {
                (state.raised[0][lane], state.raised[1][lane]) = ((normals.fast * LOG2_E) as f32, (normals.slow * LOG2_E) as f32);
            }
            let level = normals.map(|normals| normals.level);
            self.keys.levels(self.workload, replication, level, horizon, &mut state.weeks, &mut state.months);
            for (levels, &(week, month)) in state.levels.iter_mut().zip(&self.levels) {
                levels[lane] = (state.weeks[week] * state.months[month]) as f32;
            }
        }
        let LaneState { spikes: tiles, spiking, middles, .. } = state;
        let tell = |lane: usize, hours: Range<usize>, factor: f32| {
            let first = hours.start / TILE;
            for (tile, spikes) in (first..).zip(&mut tiles[first..=(hours.end - 1) / TILE]) {
                let start = hours.start.max(tile * TILE) - tile * TILE;
                let end = hours.end.min((tile + 1) * TILE) - tile * TILE;
                spikes.push(Spike { lane: lane as u8, start: start as u8, end: end as u8, factor });
            }
        };
        middles.clear();
        match (&self.workload.spikes, &self.steered) {
            (Some(_), Some(steered)) if steered.moves_spikes() => self.begin_tilted(steered, first, middles, tell),
            (Some(spikes), _) => spiking.each(spikes, (&self.keys.spikes, first), horizon.hours(), tell),
            (None, _) => {}
        }
    }

    /// The spikes under a tilt, one lane after the other.
    fn begin_tilted(&self, steered: &Steered, first: u64, middles: &mut Middles, mut tell: impl FnMut(usize, Range<usize>, f32)) {
        for (lane, replication) in (first..).take(LANES).enumerate() {
            if let Some(tilted) = steered.tilted(replication) {
                let path = tilted.path(&mut self.keys.spikes.replication(replication));
                path.spikes().iter().for_each(|spike| tell(lane, spike.span(), spike.factor() as f32));
                middles.add(lane, &path, [self.workload.noise.fast, self.workload.noise.slow]);
            }
        }
        middles.sort();
    }

    /// Writes what is expected of a tile's hours, and the hours' count and size normals; returns how many hours it has.
    #[inline(always)]
    fn expected(&self, tile: usize, state: &mut LaneState, out: &mut Tile) -> usize {
        let start = tile * TILE;
        let hours = self.base.len().saturating_sub(start).min(TILE);
        let is_steered = self.lifts.iter().any(Option::is_some);
        match (self.workload.needs_noise(), self.workload.noise.has_slow()) {
            _ if is_steered => self.expect_steered(start, hours, state, out),
            (false, false) => self.expect::<false, false>(start, hours, state, out),
            (true, false) => self.expect::<true, false>(start, hours, state, out),
            (false, true) => self.expect::<false, true>(start, hours, state, out),
            (true, true) => self.expect::<true, true>(start, hours, state, out),
        }
        for spike in &state.spikes[tile] {
            for expected in &mut out[usize::from(spike.start)..usize::from(spike.end)] {
                expected[usize::from(spike.lane)] *= spike.factor;
            }
        }
        hours
    }

    /// Writes the tokens of a tile's hours, all of them in order from the first tile on, and returns how many hours it has. Of a workload
    /// with a [`SteadyMix`].
    #[inline(always)]
    pub fn tile(&self, tile: usize, state: &mut LaneState, out: &mut Tile) -> usize {
        let hours = self.expected(tile, state, out);
        if let Some((first, second)) = self.spread {
            for (tokens, normals) in out[..hours].iter_mut().zip(&state.counts[..hours]) {
                for i in 0..LANES {
                    // Of v = first / tokens + second; nothing expected gives a root of 0, and not 0 / 0.
                    let sd = (first / larger(tokens[i], 1e-30) + second).sqrt();
                    let root = larger(1.0 + sd * (normals[i] - sd), 0.0);
                    tokens[i] *= root * root * root;
                }
            }
        }
        hours
    }

    /// Writes the prompt and the answer tokens of a tile's hours, like [`tile`](Self::tile). Of a workload with a [`SplitMix`].
    #[inline(always)]
    pub fn tiles(&self, tile: usize, state: &mut LaneState, prompts: &mut Tile, answers: &mut Tile) -> usize {
        let hours = self.expected(tile, state, prompts);
        if let Some(pair) = &self.pair {
            let [unused, _] = &mut *state.others;
            state.third.normals(&mut answers[..hours], unused);
            let hours = prompts[..hours].iter_mut().zip(&mut answers[..hours]).zip(&state.counts[..hours]);
            for ((prompt, answer), first) in hours {
                pair.apply(first, prompt, answer);
            }
        }
        hours
    }

    /// What is expected of the hours before spikes, and their count and size normals.
    #[inline(always)]
    fn expect<const FIRST: bool, const SECOND: bool>(&self, start: usize, hours: usize, state: &mut LaneState, out: &mut Tile) {
        let mut counts = std::mem::take(&mut state.counts);
        self.log_noise::<FIRST, SECOND>(start, state, &mut out[..hours], &mut counts[..hours], |_, _, _| ());
        state.counts = counts;
        for (hour, out) in (start..).zip(&mut out[..hours]) {
            let (base, level) = (self.base[hour], &state.levels[self.level_of[hour] as usize]);
            for i in 0..LANES {
                let noise = if FIRST || SECOND { exp2(out[i] + self.offset) } else { 1.0 };
                out[i] = base * level[i] * noise;
            }
        }
    }

    /// The logarithm of the noise of the hours from `start` on, and their count and size normals. Tells the path of the fast (0) and the slow
    /// noise (1) by hour.
    #[inline(always)]
    fn log_noise<const FIRST: bool, const SECOND: bool>(
        &self,
        start: usize,
        state: &mut LaneState,
        logs: &mut [Lanes<f32>],
        counts: &mut [Lanes<f32>],
        mut tell: impl FnMut(usize, usize, &Lanes<f32>),
    ) {
        let LaneState { first, second, fast, slow, others, .. } = state;
        if FIRST {
            first.normals(logs, counts);
            self.fast.follow(start == 0, fast, logs);
            (start..).zip(&*logs).for_each(|(hour, path)| tell(0, hour, path));
        } else {
            counts.fill(Lanes::of(0.0));
        }
        if SECOND {
            let [normals, white] = &mut **others;
            let hours = logs.len();
            second.normals(&mut normals[..hours], &mut white[..hours]);
            self.slow.follow(start == 0, slow, &mut normals[..hours]);
            for (hour, (log, (path, white))) in (start..).zip(logs.iter_mut().zip(normals.iter().zip(white.iter()))) {
                for i in 0..LANES {
                    log[i] = if FIRST { log[i] } else { 0.0 } + (path[i] + self.white * white[i]);
                }
                tell(1, hour, path);
            }
        }
    }

    /// The same where the means of the noise are exchanged: all hours are drawn with the first tile, as a mean is known after the last.
    #[inline(always)]
    fn expect_steered(&self, start: usize, hours: usize, state: &mut LaneState, out: &mut Tile) {
        if start == 0 {
            match (self.workload.needs_noise(), self.workload.noise.has_slow()) {
                (true, false) => self.draw_all::<true, false>(state),
                (false, _) => self.draw_all::<false, true>(state),
                (true, true) => self.draw_all::<true, true>(state),
            }
        }
        state.counts[..hours].copy_from_slice(&state.drawn[start..start + hours]);
        for (hour, out) in (start..start + hours).zip(out.iter_mut()) {
            let pull = |lift: &Option<LaneLift>| lift.as_ref().map_or(0.0, |lift| lift.pull[hour]);
            let (fast, slow) = (pull(&self.lifts[0]), pull(&self.lifts[1]));
            let (base, level) = (self.base[hour], &state.levels[self.level_of[hour] as usize]);
            let (log, raised) = (&state.logs[hour], &state.raised);
            for i in 0..LANES {
                let log = log[i] + (fast * raised[0][i] + slow * raised[1][i]);
                out[i] = base * level[i] * exp2(log + self.offset);
            }
        }
    }

    /// Draws the noise of all hours, and takes from what each mean is to be what it is.
    #[inline(always)]
    fn draw_all<const FIRST: bool, const SECOND: bool>(&self, state: &mut LaneState) {
        let (mut logs, mut drawn) = (std::mem::take(&mut state.logs), std::mem::take(&mut state.drawn));
        logs.resize(self.base.len(), Lanes::of(0.0));
        drawn.resize(self.base.len(), Lanes::of(0.0));
        let mut raised = state.raised.map(|raised| Sums::new(&raised));
        let mut middles = std::mem::take(&mut state.middles);
        for (tile, (logs, drawn)) in logs.chunks_mut(TILE).zip(drawn.chunks_mut(TILE)).enumerate() {
            self.log_noise::<FIRST, SECOND>(tile * TILE, state, logs, drawn, |part, hour, path| {
                if let Some(lift) = &self.lifts[part] {
                    let recursion = if part == 0 { &self.fast } else { &self.slow };
                    recursion.take(lift.weight[hour], path, &mut raised[part]);
                }
                middles.see(part, hour, path);
            });
        }
        let [fast, slow] = &raised;
        let raised = [self.fast.sum(fast), self.slow.sum(slow)];
        if !middles.is_empty() {
            for (which, part) in [self.workload.noise.fast, self.workload.noise.slow].into_iter().enumerate() {
                if let Some(lift) = &self.lifts[which] {
                    middles.exchange(which, part.rho, lift, &raised[which], &mut logs);
                }
            }
        }
        (state.logs, state.drawn, state.raised, state.middles) = (logs, drawn, raised, middles);
    }
}

#[cfg(test)]
mod tests;
