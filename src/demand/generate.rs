//! Drawing one replication's demand path.
//!
//! Two passes: the expected tokens of every workload and hour, then, once events have moved shares between workloads, requests, sizes and
//! classes. Every stream is keyed by purpose and workload (or factor) name, so no workload's draws depend on another's.
//! Per hour the noise takes one pair of normals of each purpose that the workload needs: `Noise` (fast part, counts and sizes), `NoiseSlow`
//! (slow part, white), `Sizes` (drift of input, of output), `Requests` (second size where input and output are apart). Exact sums of few
//! requests come from the hour's own streams of `Requests` and `Sizes`.

use super::noise::{Part, follow_both};
use super::requests::Counts;
use super::source::Source;
use super::steer::{self, Normals, Steered, Steering};
use super::tokens::Form;
use super::{Acts, Demand, DemandPath, Workload, WorkloadPath, apply_moves, totals};
use crate::horizon::Horizon;
use crate::random::stream::{Purpose, Stream, StreamKey};
use crate::statistics::Sampling;
use crate::units::ByClass;

/// Hours whose requests are drawn together where all of them are matched.
const TOGETHER: usize = 64;

/// Draws the paths of a demand under one seed.
#[derive(Clone, Debug)]
pub struct DemandGenerator<'a> {
    demand: &'a Demand,
    keys: Vec<Keys>,
    factors: Vec<StreamKey>,
    steering: Option<Steering>,
}

/// The hashed keys of a workload's streams.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    level: StreamKey,
    walk: StreamKey,
    growth: StreamKey,
    pub(super) noise: StreamKey,
    pub(super) slow: StreamKey,
    on_off: StreamKey,
    pub(super) spikes: StreamKey,
    source: StreamKey,
    pub(super) requests: StreamKey,
    sizes: StreamKey,
    events: StreamKey,
}

/// Memory that generation works in. One per worker; it grows on the first replication and is reused.
#[derive(Clone, Debug, Default)]
pub struct DemandScratch {
    /// Expected tokens, by workload and hour.
    expected: Vec<Vec<f64>>,
    /// Count and size normals, by workload and hour.
    normals: Vec<Vec<f64>>,
    /// Logarithms of the shared factors, by factor and hour.
    factors: Vec<Vec<f64>>,
    weeks: Vec<f64>,
    months: Vec<f64>,
    /// Fast, slow and white noise of one workload; then the drift of its input and output, and its second normals.
    paths: [Vec<f64>; 3],
    /// Means and spreads of its input and output under that drift.
    sizes: [Vec<(f64, f64)>; 2],
}

impl<'a> DemandGenerator<'a> {
    pub(super) fn new(demand: &'a Demand, seed: u64, sampling: Sampling) -> Self {
        let keys = demand.workloads.iter().map(|workload| Keys::new(seed, workload)).collect();
        let factors = demand.factors.iter().map(|factor| StreamKey::new(seed, Purpose::Factor, &factor.name)).collect();
        let steering = match sampling {
            Sampling::Plain => None,
            Sampling::Sobol => Some(Steering::new(demand, seed)),
        };
        Self { demand, keys, factors, steering }
    }

    /// What leads the draws that matter most; `None` where they are plain.
    pub(crate) fn steering(&self) -> Option<&Steering> {
        self.steering.as_ref()
    }

    /// The stream of a workload's spikes.
    pub(super) fn spike_stream(&self, workload: usize, replication: u64) -> Stream {
        self.keys[workload].spikes.replication(replication)
    }

    /// Writes replication `replication` to `path`. Allocates nothing once `path` and `scratch` have served a replication of this demand.
    #[allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]
    #[inline(always)]
    pub fn generate(&self, replication: u64, path: &mut DemandPath, scratch: &mut DemandScratch) {
        let Demand { workloads, factors, moves, horizon, .. } = self.demand;
        let hours = horizon.hours();
        path.workloads.resize_with(workloads.len(), WorkloadPath::default);
        for workload in &mut path.workloads {
            workload.resize(hours);
        }
        scratch.resize(workloads.len(), factors.len(), hours);
        for ((factor, key), out) in factors.iter().zip(&self.factors).zip(&mut scratch.factors) {
            factor.fill(&mut key.replication(replication), out);
        }
        for (index, (workload, keys)) in workloads.iter().zip(&self.keys).enumerate() {
            self.expect(workload, keys, replication, index, &mut path.workloads[index], scratch);
        }
        apply_moves(moves, &mut scratch.expected, |moved| match &moved.chance {
            None => Acts::In(moved.span.clone()),
            Some(chance) if chance.is_still() => Acts::OnAverage(chance.mean()),
            Some(chance) => chance.draw(&self.keys[moved.from].events, replication).map_or(Acts::Never, Acts::In),
        });
        for (index, (workload, keys)) in workloads.iter().zip(&self.keys).enumerate() {
            realise(workload, keys, (replication, index), scratch, &mut path.workloads[index]);
        }
    }

    /// What is steered of a workload, and its normals in a replication; `None` where draws are plain.
    fn steered(&self, workload: usize, replication: u64) -> Option<(&Steered, Normals)> {
        let steered = self.steering()?.of(workload);
        Some((steered, steered.normals(replication)))
    }

    /// The factors of a replication's weeks and months on a workload's tokens.
    pub(super) fn levels(&self, workload: usize, replication: u64, weeks: &mut Vec<f64>, months: &mut Vec<f64>) {
        let level = self.steered(workload, replication).map(|(_, normals)| normals.level);
        self.keys[workload].levels(&self.demand.workloads[workload], replication, level, &self.demand.horizon, weeks, months);
    }

    /// The expected tokens of one workload before moves.
    #[allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]
    #[inline(always)]
    fn expect(
        &self,
        workload: &Workload,
        keys: &Keys,
        replication: u64,
        index: usize,
        path: &mut WorkloadPath,
        scratch: &mut DemandScratch,
    ) {
        let horizon = &self.demand.horizon;
        let DemandScratch { expected, normals, factors, weeks, months, paths, .. } = scratch;
        let (out, normals) = (&mut expected[index], &mut normals[index]);
        let steered = self.steered(index, replication);
        keys.levels(workload, replication, steered.map(|(_, normals)| normals.level), horizon, weeks, months);
        for (month, growth) in months.iter().enumerate() {
            let range = horizon.month_range(month);
            let hours = range.clone();
            for ((hour, out), base) in hours.zip(&mut out[range.clone()]).zip(&workload.base[range]) {
                *out = base * weeks[horizon.week_of(hour)] * growth;
            }
        }
        for (chance, factor) in &workload.uncertain {
            if let Some(span) = chance.draw(&keys.events, replication) {
                for hour in span.hours.clone() {
                    out[hour] *= 1.0 + (factor - 1.0) * span.weight(hour);
                }
            }
        }
        match &workload.source {
            Source::Modelled => {}
            Source::Plain(plain) => plain.apply(&mut keys.source.replication(replication), out),
            Source::Recorded(recorded) => {
                let mut stream = recorded.is_random().then(|| keys.source.replication(replication));
                recorded.apply(stream.as_mut(), horizon, path, out);
            }
        }
        let tilted = steered.and_then(|(steered, _)| steered.tilted(replication));
        let tilted = tilted.map(|tilted| tilted.path(&mut keys.spikes.replication(replication)));
        let first = workload.needs_noise().then(|| keys.noise.replication(replication));
        let second = workload.noise.has_slow().then(|| keys.slow.replication(replication));
        if first.is_some() || second.is_some() {
            workload.noise.draw((first, second), paths, normals);
            if let Some((steered, normals)) = steered.filter(|(steered, _)| steered.has_lift()) {
                steer::lift(steered, normals, paths);
                if let Some(tilted) = &tilted {
                    steer::exchange(steered, &workload.noise, tilted, paths);
                }
            }
            workload.noise.apply(paths, out);
        }
        if let Some(spikes) = &workload.spikes {
            match &tilted {
                Some(tilted) => tilted.apply(spikes, out),
                None => spikes.apply(&mut keys.spikes.replication(replication), out),
            }
        }
        if let Some(on_off) = &workload.on_off {
            on_off.apply(&mut keys.on_off.replication(replication), out);
        }
        for &(factor, loading) in &workload.loadings {
            self.demand.factors[factor].apply(&factors[factor], loading, out);
        }
    }
}

/// Requests, sizes and classes of the workload of an index, given the expected tokens of its hours.
#[allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]
#[inline(always)]
fn realise(workload: &Workload, keys: &Keys, (replication, index): (u64, usize), scratch: &mut DemandScratch, path: &mut WorkloadPath) {
    let DemandScratch { expected, normals, paths, sizes: drifted, .. } = scratch;
    let (expected, normals) = (&expected[index], &normals[index]);
    let WorkloadPath { tokens, requests } = path;
    if let Source::Recorded(recorded) = &workload.source {
        for ((&total, tokens), requests) in expected.iter().zip(tokens).zip(requests) {
            (*requests, *tokens) = recorded.rescaled(*requests, *tokens, total);
        }
        return;
    }
    let sizes = &workload.sizes;
    let [inputs, outputs, others] = paths;
    for path in [&mut *inputs, &mut *outputs, &mut *others] {
        path.clear();
        path.resize(expected.len(), 0.0);
    }
    if matches!(sizes.form, Form::Split { .. }) && workload.counts != Counts::None {
        // Of each pair the second is nobody's.
        keys.requests.replication(replication).fill_normals(others, inputs);
        inputs.fill(0.0);
    }
    if let Some(rho) = sizes.drift {
        // Two autoregressions, each of variance 1.
        keys.sizes.replication(replication).fill_normals(inputs, outputs);
        follow_both([Part { sd: 1.0, rho }; 2], [inputs, outputs]);
    }
    sizes.at_drifts([&*inputs, &*outputs], drifted);
    let [input, output] = drifted;
    let (per_request, cv2) = (sizes.mean().recip(), sizes.cv2());
    let hours = expected.len();
    for from in (0..hours).step_by(TOGETHER) {
        let block = from..(from + TOGETHER).min(hours);
        let means = || workload.mean[block.clone()].iter().zip(&expected[block.clone()]);
        if let Counts::Random { overdispersion } = workload.counts
            && means().all(|(mean, &total)| total > 0.0 && totals::is_matched(mean * per_request, cv2))
        {
            let drifted = [&input[block.clone()], &output[block.clone()]];
            let normals = [&normals[block.clone()], &others[block.clone()]];
            let found = (&mut requests[block.clone()], &mut tokens[block.clone()]);
            totals::matched_together(sizes, overdispersion, &expected[block], drifted, normals, found);
            continue;
        }
        for hour in block {
            let (total, input, output) = (expected[hour], input[hour], output[hour]);
            (requests[hour], tokens[hour]) = match workload.counts {
                _ if !(total > 0.0) => (0.0, ByClass::ZERO),
                Counts::None => totals::expected(sizes, total, (input.0, output.0)),
                Counts::Random { overdispersion } if totals::is_matched(workload.mean[hour] * per_request, cv2) => {
                    totals::matched(sizes, overdispersion, total, (input, output), normals[hour], others[hour])
                }
                counts @ Counts::Random { .. } => {
                    let drift = (inputs[hour], outputs[hour]);
                    let hour = u32::try_from(hour).unwrap_or(u32::MAX);
                    let (mut of_counts, mut of_sizes) = (keys.requests.hour(replication, hour), keys.sizes.hour(replication, hour));
                    totals::exact(sizes, counts, total, drift, &mut of_counts, &mut of_sizes)
                }
            };
        }
    }
}

impl Keys {
    /// The factors of a replication's weeks (level and walk) and months (growth).
    /// `steered` is the level's normal where it is not drawn from its own stream.
    pub(super) fn levels(
        &self,
        workload: &Workload,
        replication: u64,
        steered: Option<f64>,
        horizon: &Horizon,
        weeks: &mut Vec<f64>,
        months: &mut Vec<f64>,
    ) {
        let level = match workload.level_sd {
            0.0 => 1.0,
            sd => {
                let z = steered.unwrap_or_else(|| self.level.replication(replication).normals().0);
                libm::exp(sd * z - 0.5 * sd * sd)
            }
        };
        weeks.clear();
        weeks.resize(horizon.weeks(), level);
        if let Some(walk) = &workload.walk {
            walk.apply(&mut self.walk.replication(replication), weeks);
        }
        months.clear();
        months.resize(horizon.months(), 1.0);
        if workload.growth.volatility > 0.0 {
            workload.growth.fill(&mut self.growth.replication(replication), months);
        }
    }

    pub(super) fn new(seed: u64, workload: &Workload) -> Self {
        let key = |purpose| StreamKey::new(seed, purpose, &workload.name);
        let source = if matches!(workload.source, Source::Recorded(_)) { Purpose::Days } else { Purpose::Plain };
        Self {
            level: key(Purpose::Level),
            walk: key(Purpose::Walk),
            growth: key(Purpose::Growth),
            noise: key(Purpose::Noise),
            slow: key(Purpose::NoiseSlow),
            on_off: key(Purpose::OnOff),
            spikes: key(Purpose::Spikes),
            source: key(source),
            requests: key(Purpose::Requests),
            sizes: key(Purpose::Sizes),
            events: key(Purpose::Events),
        }
    }
}

impl DemandScratch {
    fn resize(&mut self, workloads: usize, factors: usize, hours: usize) {
        for (lists, count) in [(&mut self.expected, workloads), (&mut self.normals, workloads), (&mut self.factors, factors)] {
            lists.resize_with(count, Vec::new);
            for list in lists.iter_mut() {
                list.resize(hours, 0.0);
            }
        }
    }
}
