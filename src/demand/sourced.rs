//! Which source a workload has, and what may stand beside it.

use super::check::{assumed, exclusive};
use super::kind::Kind;
use super::level::Level;
use super::plain::Plain;
use super::resolve::Context;
use super::source::{Recorded, Source};
use super::tokens::Sizes;
use super::workload::WorkloadSpec;
use super::{DayBlocks, TraceOptions, UsageOptions, WalkDefaults, read_trace, read_usage};
use crate::spec::{At, Field, Reader};
use std::sync::Arc;

/// The source and what it says about the level.
pub(super) struct Sourced {
    /// Where the hours come from.
    pub(super) source: Source,
    /// Tokens of a request.
    pub(super) sizes: Sizes,
    /// The level, or the factor on recorded hours.
    pub(super) level: f64,
    /// What the usage says about the walk.
    pub(super) measured: Option<WalkDefaults>,
}

/// Reads or builds the source.
pub(super) fn sourced(
    spec: &Field<WorkloadSpec>,
    level: Option<&Option<Level>>,
    kind: Option<Kind>,
    context: &Context<'_>,
    reader: &mut Reader,
) -> Option<Sourced> {
    let sizes = spec.tokens.as_ref().map(|tokens| Sizes::resolve(tokens, kind, reader));
    let missing = spec.missing.as_ref().map(|missing| missing.value);
    if let Some(file) = &spec.usage {
        let time_zone = context.horizon.time_zone().cloned().unwrap_or(jiff::tz::TimeZone::UTC);
        let options = UsageOptions { model: spec.usage_model.as_ref(), missing, time_zone };
        let usage = read_usage(&reader.path(file), &file.at, &options, reader)?;
        let sizes = sizes_of(spec, sizes, (usage.tokens_known(), usage.requests_known()), reader)?;
        if let (Some(start), Some(last)) = (context.horizon.start_date(), usage.days().last())
            && last.date >= start
        {
            reader.warn(format!("{}: the history lasts to {}, and the horizon starts on {start} already", file.at.path, last.date));
        }
        let blocks = match DayBlocks::new(&usage, spec.match_days.as_ref().map(|days| days.value)) {
            Ok(blocks) => blocks,
            Err(error) => {
                let place = spec.match_days.as_ref().map_or(&file.at, |field| &field.at);
                reader.refuse(place, error.to_string(), "a longer history, or match_days = \"any\"");
                return None;
            }
        };
        reader.measured(spec.at.key("match_days"), blocks.matching(), format!("{} days of usage", usage.days().len()));
        let measured = blocks.walk_defaults();
        let recorded = Recorded::usage(&usage, blocks, &sizes, context.horizon);
        let own = if usage.tokens_known() { usage.mean().tokens.total() } else { usage.mean().requests * sizes.mean() };
        let factor = match level {
            None => 1.0,
            Some(level) => {
                let level = level.as_ref()?;
                level.scale * level.mean.map_or(1.0, |mean| mean / own)
            }
        };
        return Some(Sourced { source: Source::Recorded(Arc::new(recorded)), sizes, level: factor, measured: Some(measured) });
    }
    if let Some(file) = &spec.replay {
        let options =
            TraceOptions { model: spec.usage_model.as_ref(), missing, repeat: spec.repeat.as_ref().is_some_and(|repeat| repeat.value) };
        let trace = read_trace(&reader.path(file), &file.at, &options, context.horizon, reader)?;
        let sizes = sizes_of(spec, sizes, (trace.tokens_known(), trace.requests_known()), reader)?;
        let recorded = Recorded::trace(trace, &sizes, context.horizon);
        return Some(Sourced { source: Source::Recorded(Arc::new(recorded)), sizes, level: 1.0, measured: None });
    }
    if let Some(law) = &spec.demand {
        let plain = Plain::resolve(law, reader);
        let sizes = sizes_of(spec, sizes, (true, false), reader);
        return Some(Sourced { source: Source::Plain(plain?), sizes: sizes?, level: 1.0, measured: None });
    }
    if sizes.is_none() {
        reader.missing(
            &spec.at,
            "tokens",
            "tokens of a request, such as { input = { mean = 1500, p95 = 4000 }, output = { mean = 400, p95 = 900 } }",
        );
    }
    let level = level?.as_ref()?;
    Some(Sourced { source: Source::Modelled, sizes: sizes??, level: level.mean? * level.scale, measured: None })
}

/// The sizes where the hours come as numbers: given, or one token a request where only tokens are known.
fn sizes_of(
    spec: &Field<WorkloadSpec>,
    given: Option<Option<Sizes>>,
    (tokens_known, requests_known): (bool, bool),
    reader: &mut Reader,
) -> Option<Sizes> {
    match given {
        Some(sizes) => sizes,
        None if !tokens_known => {
            reader.missing(&spec.at, "tokens", "tokens of a request: the file has requests alone");
            None
        }
        None => {
            if !requests_known {
                assumed(&spec.at, "tokens", "one token a request", "no requests are known: each token counts as one", reader);
                if spec.demand.is_none() {
                    reader.warn(format!(
                        "{}: the file has no `requests`, so each token counts as a request of its own and bursts within the hour are \
                         understated, with what they throttle; add the column, or say the mean request: tokens = {{ input = {{ mean = … }}, \
                         output = {{ mean = … }} }}",
                        spec.at.path
                    ));
                }
            }
            Sizes::tokens_alone()
        }
    }
}

/// One of level, usage, replay and demand; a level may stand beside a usage.
pub(super) fn one_source(spec: &Field<WorkloadSpec>, reader: &mut Reader) -> bool {
    const WHY: &str = "one of level, usage, replay and demand (level and usage together)";
    if spec.level.is_none() && spec.usage.is_none() && spec.replay.is_none() && spec.demand.is_none() {
        reader.missing(&spec.at, "level", "a `level`, a `usage` file, a `replay` file or a `demand` law");
        return false;
    }
    exclusive(spec.usage.as_ref(), spec.replay.as_ref(), WHY, reader)
        & exclusive(spec.usage.as_ref(), spec.demand.as_ref(), WHY, reader)
        & exclusive(spec.replay.as_ref(), spec.demand.as_ref(), WHY, reader)
        & exclusive(spec.replay.as_ref(), spec.level.as_ref(), WHY, reader)
        & exclusive(spec.demand.as_ref(), spec.level.as_ref(), WHY, reader)
}

/// What has no meaning beside recorded hours or a law.
pub(super) fn excluded(spec: &Field<WorkloadSpec>, reader: &mut Reader) -> bool {
    const RECORDED: &str = "nothing: recorded hours bring it with them";
    let mut good = true;
    for file in [&spec.usage, &spec.replay].into_iter().flatten() {
        good &= exclusive(Some(file), spec.shape.as_ref(), RECORDED, reader)
            & exclusive(Some(file), spec.noise.as_ref(), RECORDED, reader)
            & exclusive(Some(file), spec.on_off.as_ref(), RECORDED, reader)
            & exclusive(Some(file), spec.requests.as_ref(), RECORDED, reader);
    }
    good &= exclusive(spec.replay.as_ref(), spec.spikes.as_ref(), RECORDED, reader);
    good &= exclusive(spec.demand.as_ref(), spec.noise.as_ref(), "nothing: the law is the noise", reader);
    let mut needs = |place: Option<&At>, there: bool, what: &str| {
        if let Some(place) = place.filter(|_| !there) {
            reader.refuse(place, format!("says how to read a file, and there is no `{what}`"), format!("`{what}` beside it"));
            good = false;
        }
    };
    let file = spec.usage.is_some() || spec.replay.is_some();
    needs(spec.usage_model.as_ref().map(|field| &field.at), file, "usage");
    needs(spec.missing.as_ref().map(|field| &field.at), file, "usage");
    needs(spec.match_days.as_ref().map(|field| &field.at), spec.usage.is_some(), "usage");
    needs(spec.repeat.as_ref().map(|field| &field.at), spec.replay.is_some(), "replay");
    good
}
