//! From a workload's table to its model: every check, every default with its reason, all problems at once.

use super::WalkDefaults;
use super::chance::Chance;
use super::check::assumed;
use super::events::{Event, Move};
use super::factor::Factor;
use super::growth::{Growth, season};
use super::kind::{self, Kind};
use super::level::Level;
use super::minute::MinuteModel;
use super::noise::Noise;
use super::on_off::OnOff;
use super::requests::Counts;
use super::retry::Retry;
use super::shape::Shape;
use super::source::Source;
use super::sourced::{Sourced, excluded, one_source, sourced};
use super::spikes::Spikes;
use super::spread::SizeSpread;
use super::walk::{self, Walk};
use super::workload::{Class, Workload, WorkloadSpec};
use crate::horizon::Horizon;
use crate::spec::{At, Field, OffOr, Reader, nearest};

/// What the workloads of a scenario share while they are resolved.
pub(super) struct Context<'a> {
    pub(super) names: &'a [&'a str],
    pub(super) factors: &'a [Field<super::factor::FactorSpec>],
    pub(super) horizon: &'a Horizon,
}

impl Workload {
    /// Checks a workload, the one with this index; also gives the shares that its events move.
    pub(super) fn resolve(
        spec: &Field<WorkloadSpec>,
        index: usize,
        context: &Context<'_>,
        reader: &mut Reader,
    ) -> Option<(Self, Vec<Move>)> {
        let at = &spec.at;
        let kind = spec.kind.as_ref().map(|kind| kind.value);
        let fits = one_source(spec, reader) & excluded(spec, reader);
        let level = spec.level.as_ref().map(|level| Level::resolve(level, spec.usage.is_some(), reader));
        let sourced = if fits { sourced(spec, level.as_ref(), kind, context, reader) } else { None };
        let modelled = spec.level.is_some() && spec.usage.is_none();
        let fill = kind.filter(|_| modelled);
        let shape = match (&spec.shape, fill) {
            (Some(shape), _) => Shape::resolve(shape, reader),
            (None, Some(kind)) => Some(filled(kind::shape(kind), at, "shape", reader)),
            (None, None) => {
                if modelled {
                    assumed(at, "shape", "flat", "no shape and no kind of client was said", reader);
                }
                Some(Shape::flat())
            }
        };
        let noise = match (&spec.noise, fill) {
            (Some(noise), _) => Noise::resolve(noise, reader),
            (None, Some(kind)) => Some(filled(kind::noise(kind), at, "noise", reader)),
            (None, None) => {
                if modelled {
                    assumed(at, "noise", "none", "no noise and no kind of client was said", reader);
                }
                Some(Noise::default())
            }
        };
        let on_off = match (&spec.on_off, fill.and_then(kind::on_off)) {
            (Some(on_off), _) => OnOff::resolve(on_off, reader).map(Some),
            (None, Some(default)) => Some(Some(filled(default, at, "on_off", reader))),
            (None, None) => Some(None),
        };
        let growth = spec.growth.as_ref().map_or(Some(Growth::default()), |growth| Growth::resolve(growth, reader));
        let season = season(&spec.season, at, &spec.name.value, reader);
        let spikes = spec.spikes.as_ref().map_or(Some(None), |spikes| Spikes::resolve(spikes, reader).map(Some));
        let events: Vec<Option<Option<Event>>> = spec
            .events
            .iter()
            .enumerate()
            .map(|(number, event)| Event::resolve(event, (index, number), context.names, context.horizon, reader))
            .collect();
        let smooth = spec.demand.is_some() || spec.replay.is_some();
        let minute = MinuteModel::resolve(spec.minute.as_ref(), kind, smooth, at, reader);
        let retry = spec.retry.as_ref().map_or(Some(None), |retry| Retry::resolve(retry, reader).map(Some));
        let loadings = loadings(spec, context.factors, reader);
        let (class, window, deadline) = timing(spec, kind, reader);
        let counts = counts(spec, modelled, reader);
        let walk = sourced.as_ref().map(|sourced| walk(spec, kind, sourced.measured, context.horizon.weeks(), reader));
        let level_sd = level_sd(spec, level.as_ref(), sourced.as_ref().and_then(|sourced| sourced.measured), reader);
        let size_spread = sourced.as_ref().map(|sourced| size_spread(spec, sourced, kind, minute.as_ref(), reader));
        let deferrable_share = deferrable_share(spec, class, reader);
        let priority = priority(spec, reader);
        let events: Vec<Event> = events.into_iter().collect::<Option<Vec<_>>>()?.into_iter().flatten().collect();
        let Sourced { source, sizes, level, .. } = sourced?;
        let (shape, season, growth) = (shape?, season?, growth?);
        let walk = walk??;
        let stated = spec.level.as_ref().is_some_and(|level| level.mean.is_some() || level.median.is_some());
        let level = match &walk {
            Some(walk) if spec.usage.is_some() && !stated => {
                let reason = "the usage's own mean is the middle of what the walk's first step leads to, as back-tests on public traces say; \
                              the mean lies above it by this factor";
                reader.measured(at.key("level.mean_over_usage"), format!("{:.4}", walk.mean_of_step()), reason);
                level * walk.mean_of_step()
            }
            _ => level,
        };
        let base = base(level, &shape, &season, &growth, &events, context.horizon);
        let (uncertain, moves) = drawn_apart(events);
        let workload = Self {
            name: spec.name.value.clone(),
            class,
            window,
            deadline,
            queue: spec.queue.as_ref().is_some_and(|queue| queue.value),
            deferrable_share: deferrable_share?,
            priority: priority?,
            minute: minute?,
            max_tokens: spec.tokens.as_ref().and_then(|tokens| tokens.max_tokens.as_ref()).map(|most| most.value),
            retry: retry?,
            source,
            level_sd: level_sd?,
            walk,
            growth,
            noise: noise?,
            on_off: on_off?,
            spikes: spikes?,
            loadings: loadings?,
            counts: counts?,
            size_spread: size_spread?,
            sizes,
            uncertain,
            base,
            mean: Vec::new(),
        };
        Some((workload, moves))
    }
}

fn filled<T>((model, value, reason): kind::Filled<T>, at: &At, key: &str, reader: &mut Reader) -> T {
    assumed(at, key, value, reason, reader);
    model
}

/// The weekly walk: as given, else by the usage or the kind of client, else none with a warning.
fn walk(
    spec: &Field<WorkloadSpec>,
    kind: Option<Kind>,
    measured: Option<WalkDefaults>,
    weeks: usize,
    reader: &mut Reader,
) -> Option<Option<Walk>> {
    if spec.replay.is_some() || spec.demand.is_some() {
        return Some(None);
    }
    let defaults = measured.map_or(walk::WITHOUT_HISTORY, |measured| walk::Defaults {
        scale: measured.scale,
        df: measured.df,
        reason: "from the weeks of usage, drawn towards what public traces show",
    });
    match spec.level.as_ref().and_then(|level| level.walk.as_ref()) {
        Some(Field { value: OffOr::Off, .. }) => Some(None),
        Some(Field { value: OffOr::On(given), at }) => {
            let given = Field { value: given.clone(), at: at.clone() };
            Walk::resolve(&given, defaults, weeks, measured.is_some(), reader).map(Some)
        }
        None if measured.is_none() && kind.is_none() => {
            let name = &spec.name.value;
            reader.warn(format!("the level of workload `{name}` is treated as known from week to week: give `level.walk`, or a `kind`"));
            Some(None)
        }
        None => {
            let text = format!("scale {:.3}, df {}, kappa 0.9", defaults.scale, defaults.df);
            let path = spec.at.key("level.walk");
            match measured {
                Some(measured) => reader.measured(path, text, format!("{} weeks of usage; {}", measured.weeks, defaults.reason)),
                None => reader.assumed(path, text, defaults.reason),
            }
            Some(Some(Walk::new(defaults.scale, defaults.df, 0.9, weeks, measured.is_some())))
        }
    }
}

/// Standard deviation of the level's logarithm.
fn level_sd(spec: &Field<WorkloadSpec>, level: Option<&Option<Level>>, measured: Option<WalkDefaults>, reader: &mut Reader) -> Option<f64> {
    let stated = match level {
        Some(level) => level.as_ref()?.sigma,
        None => None,
    };
    match (stated, measured, &spec.level) {
        (Some(sigma), _, _) => Some(sigma),
        (None, Some(measured), _) => {
            let reason = "how well so short a history knows its own mean";
            reader.measured(spec.at.key("level.sigma"), format!("{:.3}", measured.level_sd), reason);
            Some(measured.level_sd)
        }
        (None, None, Some(level)) => {
            Some(assumed(&level.at, "sigma", 0.0, "no p10 and p90 given: the level at the start is taken as known", reader))
        }
        (None, None, None) => Some(0.0),
    }
}

/// How far a request's tokens spread, for the minutes.
fn size_spread(
    spec: &Field<WorkloadSpec>,
    sourced: &Sourced,
    kind: Option<Kind>,
    minute: Option<&MinuteModel>,
    reader: &mut Reader,
) -> SizeSpread {
    let stated = minute.is_some_and(|minute| minute.constant.is_some());
    if spec.tokens.is_some() || stated || !matches!(sourced.source, Source::Recorded(_)) {
        return SizeSpread::of(&sourced.sizes);
    }
    let (cv, reason) = kind::size_cv(kind);
    let cv = assumed(&spec.at, "tokens.cv", cv, reason, reader);
    SizeSpread::together(cv * cv)
}

fn loadings(spec: &Field<WorkloadSpec>, factors: &[Field<super::factor::FactorSpec>], reader: &mut Reader) -> Option<Vec<(usize, f64)>> {
    let Some(map) = &spec.factors else { return Some(Vec::new()) };
    let names = || factors.iter().map(|factor| factor.name.value.as_str());
    let mut loadings = Vec::new();
    for (name, loading) in &map.entries {
        if !(-10.0..=10.0).contains(&loading.value) {
            reader.refuse(&loading.at, "is out of range", "a loading from -10 to 10");
            return None;
        }
        let Some(index) = names().position(|known| known == name.value) else {
            let help = nearest(&name.value, names()).map(|name| format!("did you mean `{name}`?"));
            let diagnostic = reader.error(&name.at, format!("loads on `{}`, which is no factor of the scenario", name.value));
            let known = names().collect::<Vec<_>>().join(", ");
            diagnostic.allowed =
                Some(if known.is_empty() { "the name of a `[[factor]]`, of which there is none".to_owned() } else { known });
            diagnostic.help = help;
            return None;
        };
        loadings.push((index, loading.value));
    }
    // By the factor, so that the order of keys in the file does not change the rounding.
    loadings.sort_by_key(|(index, _)| *index);
    Some(loadings)
}

/// Class, window and deadline.
fn timing(spec: &Field<WorkloadSpec>, kind: Option<Kind>, reader: &mut Reader) -> (Class, f64, f64) {
    let at = &spec.at;
    let class = match (&spec.class, kind) {
        (Some(class), _) => class.value,
        (None, Some(Kind::Batch)) => assumed(at, "class", Class::Deferrable, "jobs can wait", reader),
        (None, _) => assumed(at, "class", Class::Interactive, "nothing says that it can wait", reader),
    };
    let waits = class == Class::Deferrable || spec.deferrable_share.is_some();
    let timed = [&spec.window, &spec.deadline].into_iter().flatten().map(|field| &field.at);
    for place in timed.chain(spec.queue.as_ref().map(|field| &field.at)).filter(|_| !waits) {
        let allowed = "`class = \"deferrable\"`, or a `deferrable_share`, beside it";
        reader.refuse(place, "is about work that can wait, and all of this is served now", allowed);
    }
    let mut hours = |field: &Option<Field<crate::units::Hours>>, key: &str| match field {
        Some(hours) => hours.0,
        None if waits => assumed(at, key, crate::units::Hours(kind::WINDOW.0), kind::WINDOW.1, reader).0,
        None => kind::WINDOW.0,
    };
    let (window, deadline) = (hours(&spec.window, "window"), hours(&spec.deadline, "deadline"));
    if let Some(field) = spec.deadline.as_ref().filter(|_| deadline < 1.0 && spec.queue.as_ref().is_some_and(|queue| queue.value)) {
        reader.refuse(&field.at, "is less than an hour, and work that waits is followed hour by hour", "a span of time from 1h");
    }
    (class, window, deadline)
}

fn deferrable_share(spec: &Field<WorkloadSpec>, class: Class, reader: &mut Reader) -> Option<f64> {
    match &spec.deferrable_share {
        Some(share) if class == Class::Deferrable && share.0 > 0.0 => {
            reader.refuse(&share.at, "belongs to an interactive workload: all of this one can wait", "class = \"interactive\" beside it");
            None
        }
        Some(share) => Some(share.0),
        None => Some(0.0),
    }
}

/// How requests are counted.
fn counts(spec: &Field<WorkloadSpec>, modelled: bool, reader: &mut Reader) -> Option<Counts> {
    match &spec.requests {
        Some(requests) => Counts::resolve(requests, reader),
        None if modelled => {
            assumed(&spec.at, "requests", "poisson", "requests of many independent users", reader);
            Some(Counts::POISSON)
        }
        None => Some(Counts::None),
    }
}

/// The workload's place in its pool, if it says one.
fn priority(spec: &Field<WorkloadSpec>, reader: &mut Reader) -> Option<Option<u8>> {
    let Some(priority) = &spec.priority else { return Some(None) };
    match u8::try_from(priority.value) {
        Ok(place @ 1..=9) => Some(Some(place)),
        _ => {
            reader.refuse(&priority.at, "is no priority", "a whole number from 1, served first, to 9");
            None
        }
    }
}

/// Level × shape × season × drift × factors of events, by hour.
fn base(level: f64, shape: &Shape, season: &[f64; 12], growth: &Growth, events: &[Event], horizon: &Horizon) -> Vec<f64> {
    let by_month: Vec<f64> =
        (0..horizon.months()).map(|month| level * season[usize::from(horizon.month_of_year(month)) % 12] * growth.mean(month)).collect();
    let mut base: Vec<f64> =
        (0..horizon.hours()).map(|hour| by_month[horizon.month_of(hour)] * shape.at(horizon.hour_of_week(hour))).collect();
    for event in events {
        if let Event::Factor(span, factor) = event {
            for hour in span.hours.clone() {
                base[hour] *= 1.0 + (factor - 1.0) * span.weight(hour);
            }
        }
    }
    base
}

/// Events that are no part of the base: factors that may not come or come late, and moves.
fn drawn_apart(events: Vec<Event>) -> (Vec<(Chance, f64)>, Vec<Move>) {
    let (mut uncertain, mut moves) = (Vec::new(), Vec::new());
    for event in events {
        match event {
            Event::Factor(..) => {}
            Event::Uncertain(chance, factor) => uncertain.push((chance, factor)),
            Event::Move(moved) => moves.push(moved),
        }
    }
    (uncertain, moves)
}

/// Resolves the factors; names are checked for being unique.
pub(super) fn factors(specs: &[Field<super::factor::FactorSpec>], reader: &mut Reader) -> Option<Vec<Factor>> {
    let unique = unique(specs.iter().map(|spec| &spec.name), "factor", reader);
    let resolved: Vec<Option<Factor>> = specs.iter().map(|spec| Factor::resolve(spec, reader)).collect();
    resolved.into_iter().collect::<Option<Vec<_>>>().filter(|_| unique)
}

/// Tells every name that stands twice.
pub(super) fn unique<'a>(names: impl Iterator<Item = &'a Field<String>>, what: &str, reader: &mut Reader) -> bool {
    let mut seen: Vec<&str> = Vec::new();
    let mut good = true;
    for name in names {
        if seen.contains(&name.value.as_str()) {
            reader.refuse(&name.at, format!("is the name of another {what} already"), "a name of its own");
            good = false;
        }
        seen.push(&name.value);
    }
    good
}
