//! Spikes of sixty-four replications side by side: the same hours as [`Spikes::each`] tells for each of them.

#![allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use crate::demand::spikes::Spikes;
use crate::random::lanes::{LANES, Lanes, StreamLanes, exp2};
use crate::random::law::Law;
use crate::random::normal::ln_unit;
use crate::random::stream::StreamKey;
use std::ops::Range;

/// The streams of sixty-four replications' spikes. Begun anew for each block.
#[derive(Clone, Debug, Default)]
pub(super) struct SpikeLanes {
    streams: StreamLanes,
}

impl SpikeLanes {
    /// Tells the spikes of the replications `first`, `first` + 1, … over so many hours: the lane, the hours of each, none of them empty, and
    /// its factor. Those of a lane come in order.
    #[inline(always)]
    pub(super) fn each(
        &mut self,
        spikes: &Spikes,
        (key, first): (&StreamKey, u64),
        hours: usize,
        mut tell: impl FnMut(usize, Range<usize>, f32),
    ) {
        match spikes.size {
            Law::LogNormal { mu, sigma } if spikes.start > 0.0 => {
                self.streams.begin(key, first);
                self.side_by_side(spikes, [mu as f32, sigma as f32], hours, tell);
            }
            _ => {
                for lane in 0..LANES {
                    let stream = &mut key.replication(first + lane as u64);
                    spikes.each(stream, hours, |hours, factor| tell(lane, hours, factor as f32));
                }
            }
        }
    }

    /// The same for lognormal heights, every lane's next spike at a time until all lanes are through.
    #[inline(always)]
    fn side_by_side(&mut self, spikes: &Spikes, [mu, sigma]: [f32; 2], hours: usize, mut tell: impl FnMut(usize, Range<usize>, f32)) {
        let streams = &mut self.streams;
        let all = hours as f64;
        let (mut uniforms, mut gaps) = (Lanes::of(0.0), Lanes::of(0.0));
        let (mut starts, mut ends) = (Lanes::of(0.0), Lanes::of(0.0));
        let (mut normals, mut unused) = ([Lanes::of(0.0)], [Lanes::of(0.0)]);
        // The first hour is of the stationary law: a lane in which a spike is on takes no gap, and no words for it.
        streams.uniforms(&mut uniforms);
        let mut ahead = streams.clone();
        ahead.uniforms(&mut gaps);
        for i in 0..LANES {
            gaps[i] = if uniforms[i] < spikes.share { 0.0 } else { 1.0 + (ln_unit(gaps[i]) * spikes.per_gap).floor() };
        }
        streams.advance_to(&ahead, |lane| !(uniforms[lane] < spikes.share));
        loop {
            let mut next = all;
            for i in 0..LANES {
                starts[i] = smaller(ends[i] + gaps[i], all);
                next = smaller(starts[i], next);
            }
            if !(next < all) {
                return;
            }
            streams.uniforms(&mut uniforms);
            for i in 0..LANES {
                let length = (ln_unit(1.0 - uniforms[i]) * spikes.per_length).ceil();
                ends[i] = smaller(starts[i] + if length > 1.0 { length } else { 1.0 }, all);
            }
            streams.normals(&mut normals, &mut unused);
            for z in normals[0].iter_mut() {
                *z = 1.0 + exp2((mu + sigma * *z) * std::f32::consts::LOG2_E);
            }
            for i in 0..LANES {
                if starts[i] < all {
                    tell(i, starts[i] as usize..ends[i] as usize, normals[0][i]);
                }
            }
            streams.uniforms(&mut uniforms);
            for i in 0..LANES {
                gaps[i] = (ln_unit(uniforms[i]) * spikes.per_gap).floor();
            }
        }
    }
}

/// The smaller of two, neither of which is not a number.
#[inline(always)]
fn smaller(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}
