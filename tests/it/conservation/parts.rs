//! Workloads and offers of the random scenarios.

use super::random::Work;
use std::collections::BTreeSet;
use std::fmt::Write;
use tokentide::random::stream::{Purpose, Stream, StreamKey};

/// Which mechanisms go together: those that refuse each other are drawn together in [`Mode::Wild`] alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Networks and priorities.
    Plain,
    /// Clients that come back, buckets, windows of several lengths.
    Walked,
    /// Holds.
    Held,
    /// Quotas of requests, and offers that share one.
    Counted,
    /// Quotas of a day.
    Daily,
    /// Everything.
    Wild,
}

impl Mode {
    /// Whether requests must be known, and nothing can wait.
    fn needs_requests(self) -> bool {
        matches!(self, Self::Held | Self::Counted | Self::Daily)
    }
}

/// Random choices, and the mechanisms that they led to.
pub(super) struct Draw {
    stream: Stream,
    pub(super) has: BTreeSet<&'static str>,
}

impl Draw {
    pub(super) fn new(seed: u64, number: u64) -> Self {
        let stream = StreamKey::new(seed, Purpose::Capacity, "conservation").replication(number);
        Self { stream, has: BTreeSet::new() }
    }

    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.stream.uniform() < probability
    }

    /// A whole number below another.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        ((self.stream.uniform() * end as f64) as u64).min(end - 1)
    }

    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + self.stream.uniform() * (high - low)
    }

    pub(super) fn pick<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.below(of.len() as u64) as usize]
    }

    pub(super) fn word(&mut self, of: &[&'static str]) -> &'static str {
        of[self.below(of.len() as u64) as usize]
    }

    pub(super) fn mark(&mut self, mechanism: &'static str) {
        self.has.insert(mechanism);
    }

    /// A mechanism with a probability.
    fn with(&mut self, probability: f64, mechanism: &'static str) -> bool {
        let has = self.chance(probability);
        if has {
            self.mark(mechanism);
        }
        has
    }
}

/// A workload of about a million tokens an hour.
pub(super) fn workload(draw: &mut Draw, mode: Mode, index: u64, calendar: bool) -> Work {
    let deferrable = draw.with(0.35, "deferrable");
    let name = format!("w{index}");
    let mut text = format!("[[workload]]\nname = '{name}'\nclass = '{}'\n", if deferrable { "deferrable" } else { "interactive" });
    let level = draw.between(0.2, 2.0);
    let plain = !mode.needs_requests() && draw.with(0.15, "plain demand");
    if plain {
        let law = draw.pick(&["law = 'uniform', low = '0 tokens/h'", "law = 'uniform', low = '100k tokens/h'"]);
        let _ = writeln!(text, "demand = {{ {law}, high = '{level}M tokens/h' }}\nminute = {{ cv = {} }}", draw.between(0.0, 1.5));
    } else {
        let _ = writeln!(text, "level = {{ mean = '{level}M tokens/h', sigma = {}, walk = 'off' }}", draw.between(0.0, 0.5));
        let shapes = [
            "{ kind = 'flat' }",
            "{ kind = 'steady-daytime', peak = 14, width = 4.0, night = 0.3, weekend = 0.6 }",
            "{ kind = 'nightly-batch', start = 0, hours = 3 }",
        ];
        let _ = writeln!(text, "shape = {}", draw.pick(&shapes));
        let most = if draw.with(0.6, "max_tokens") || mode == Mode::Held { ", max_tokens = 900" } else { "" };
        let (input, output, cached) = (draw.between(300.0, 4000.0), draw.between(20.0, 600.0), draw.below(2) as f64 * 0.4);
        let _ = writeln!(
            text,
            "tokens = {{ input = {{ mean = {input}, p95 = {} }}, output = {{ mean = {output}, p95 = {} }}, cached_share = {cached}{most} }}",
            2.5 * input,
            2.0 * output
        );
        if draw.chance(0.5) {
            text += "noise = { fast = { sd = 0.3, half_life = '2h' }, white = { sd = 0.1 } }\n";
        }
        let on_off = draw.with(0.15, "on and off");
        if on_off {
            text += "on_off = { on = '5h', off = '9h', sd = 0.4 }\n";
        }
        if !on_off && draw.with(0.2, "spikes") {
            text += "spikes = { rate = '3/week', duration = '2h', size = { law = 'pareto', scale = 0.8, alpha = 2.2, cap = 6.0 } }\n";
        }
        events(draw, &mut text, calendar);
        match draw.below(3) {
            0 => text += "minute = 'off'\n",
            1 => text += "minute = { floor = 3, c = 0.1, burstiness_sd = 0.4 }\n",
            _ => text += "minute = { cv = 0.7, margin = 'lognormal' }\n",
        }
    }
    let parted = !deferrable && draw.with(0.25, "deferrable share");
    if parted {
        let _ = writeln!(text, "deferrable_share = '{}%'", 5 + draw.below(95));
    }
    let queue = (deferrable || parted) && !mode.needs_requests() && draw.with(0.6, "queue");
    if deferrable || parted {
        let _ = writeln!(text, "deadline = '{}h'\nwindow = '{}h'", 1 + draw.below(30), 1 + draw.below(48));
    }
    if queue {
        text += "queue = true\n";
    }
    if matches!(mode, Mode::Plain) && draw.with(0.4, "priority") || mode == Mode::Wild && draw.chance(0.2) {
        let _ = writeln!(text, "priority = {}", 1 + draw.below(3));
    }
    if !matches!(mode, Mode::Plain | Mode::Daily) && !deferrable && draw.with(0.6, "retry") {
        let first = draw.pick(&["1s", "10s", "4 min", "30 min"]);
        let jitter = draw.pick(&["full", "half", "none"]);
        let _ = writeln!(text, "retry = {{ attempts = {}, first = '{first}', longest = '1h', jitter = '{jitter}' }}", 2 + draw.below(4));
    }
    Work { name, text, deferrable, queue, parted }
}

fn events(draw: &mut Draw, text: &mut String, calendar: bool) {
    if !draw.with(0.3, "events") {
        return;
    }
    let at =
        if calendar { " = 2027-05-20, until = 2027-05-25" } else { draw.word(&["_hour = 1", "_hour = 20", "_hour = 9, until_hour = 60"]) };
    let mut event = format!("at{at}, factor = {}", draw.between(0.0, 3.0));
    if draw.with(0.6, "uncertain event") {
        event += ", probability = '60%'";
    }
    if draw.with(0.5, "slip") {
        event += draw.word(&[", slip = { mean = '1 week' }", ", slip = { probability = '50%', length = '30h' }"]);
    }
    let _ = writeln!(text, "events = [{{ {event} }}]");
}

/// The offers that some plan uses.
pub(super) fn offers(draw: &mut Draw, mode: Mode, months: u64, used: &BTreeSet<&'static str>) -> String {
    // One window for all, or one for each.
    let window = *draw.pick(&["1 min", "1 min", "10s", "120s"]);
    let differ = mode == Mode::Walked && draw.chance(0.3) || mode == Mode::Wild && draw.chance(0.2);
    used.iter()
        .map(|&name| {
            let window = if differ { *draw.pick(&["1 min", "10s", "5 min"]) } else { window };
            match name {
                "batch" => batch(draw),
                "u" | "v" | "r" => provisioned(draw, name, mode, window),
                "flex" => flex(draw),
                _ => on_demand(draw, name, mode, months, window, name == "od" && used.contains("flex")),
            }
        })
        .collect()
}

fn limit(draw: &mut Draw, mode: Mode, window: &str) -> String {
    let mut text = String::new();
    if window != "1 min" {
        draw.mark("window");
        let _ = write!(text, ", window = '{window}'");
    }
    if matches!(mode, Mode::Walked | Mode::Held) && draw.with(0.3, "refill") || mode == Mode::Wild && draw.chance(0.1) {
        text += ", refill = 'steadily'";
    }
    if mode == Mode::Held && draw.with(0.7, "hold") || mode == Mode::Daily && draw.chance(0.2) || mode == Mode::Wild && draw.chance(0.1) {
        text += draw.word(&[
            ", hold = { first_token = '1s', speed = '50 tokens/s', unset_max_tokens = 4000 }",
            ", hold = { settles = 'never', unset_max_tokens = 2000 }",
        ]);
    }
    text
}

const PRICE: &str = "price = { input = '3 USD/1M tokens', output = '15 USD/1M tokens', cache_read = '0.3 USD/1M tokens', cache_write = '3.75 USD/1M tokens' }";

/// What else a quota may limit, of so many million tokens an hour of which others take some.
fn counts(draw: &mut Draw, mode: Mode, (rate, others): (f64, f64)) -> String {
    let mut text = String::new();
    let requests = [(Mode::Counted, 0.7), (Mode::Daily, 0.3), (Mode::Wild, 0.1)];
    if requests.iter().any(|&(of, chance)| mode == of && draw.with(chance, "requests")) {
        let _ = write!(text, ", requests = '{} requests/min'", draw.between(1.0, 30.0));
        if mode != Mode::Daily && draw.with(0.3, "request window") {
            let _ = write!(text, ", request_window = '{}'", draw.pick(&["1s", "10s", "10s", "1 min"]));
        }
    }
    if mode == Mode::Daily && draw.with(0.7, "day") || mode == Mode::Wild && draw.chance(0.1) {
        let _ = write!(text, ", per_day = '{}M tokens/day'", 24.0 * (others + draw.between(0.02, 0.6) * (rate - others)));
    }
    text
}

/// The quota of `od` once more, at another price.
fn flex(draw: &mut Draw) -> String {
    draw.mark("shared quota");
    let incidents = draw.word(&["", "incidents = { every = '30h', lasting = '3h', takes = '60%' }\n"]);
    format!("[[offer]]\nname = 'flex'\nkind = 'on-demand'\n{PRICE}\nquota = {{ shared_with = 'od' }}\n{incidents}")
}

fn on_demand(draw: &mut Draw, name: &str, mode: Mode, months: u64, window: &str, shared: bool) -> String {
    let mut text = format!("[[offer]]\nname = '{name}'\nkind = 'on-demand'\n{PRICE}\n");
    let quota = shared || draw.with(0.85, "quota");
    if quota {
        let rate = draw.between(0.3, 8.0);
        let taken = if draw.with(0.25, "others") { 0.4 * rate } else { 0.0 };
        let others = if taken > 0.0 { format!(", others = '{taken}M tokens/h'") } else { String::new() };
        let weights = draw.pick(&["", ", weights = { input = 1, output = 5, cache_read = 0, cache_write = 1 }"]);
        let limit = limit(draw, mode, window) + &counts(draw, mode, (rate, taken));
        let _ = writeln!(text, "quota = {{ rate = '{rate}M tokens/h'{others}{weights}{limit} }}");
    }
    if draw.with(0.3, "incidents") {
        let takes = if quota { *draw.pick(&["30%", "70%", "100%"]) } else { "100%" };
        let _ = writeln!(text, "incidents = {{ every = '40h', lasting = '3h', takes = '{takes}' }}");
    }
    if draw.with(0.3, "price cuts") {
        let _ = writeln!(
            text,
            "price_cuts = [{{ month = {}, cut = '30%', probability = '60%' }}, {{ month = 1, cut = '10%' }}]",
            1 + draw.below(months)
        );
    }
    text
}

fn provisioned(draw: &mut Draw, name: &str, mode: Mode, window: &str) -> String {
    let mut text = format!("[[offer]]\nname = '{name}'\nkind = 'provisioned'\n");
    if name == "r" {
        draw.mark("two axes");
        text += "axes.input = { capacity = '200 tokens/min', weights = { input = 1, cache_write = 1, cache_read = 0 }, minimum = 0, increment = 10 }\n\
                 axes.output = { capacity = '200 tokens/min', weights = { output = 1 }, minimum = 0, increment = 10 }\n";
    } else {
        if draw.with(0.3, "throughput") {
            text += "capacity = { low = '3k tokens/min', high = '5k tokens/min' }\n";
        } else {
            text += "capacity = '4k tokens/min'\n";
        }
        text += draw.word(&["", "weights = { input = 1, output = 4, cache_read = 0.1, cache_write = 1.25 }\n"]);
    }
    if draw.with(0.25, "request overflow") {
        text += "overflow = 'request'\n";
    }
    let by_units = matches!(mode, Mode::Walked | Mode::Counted) && draw.with(0.25, "window by units");
    if by_units {
        text += "window = [{ units = 1, window = '120s' }, { units = 3, window = '1 min' }, { units = 5, window = '30s' }]\n";
    }
    let limit = limit(draw, if mode.needs_requests() { Mode::Plain } else { mode }, window);
    limit.split(", ").filter(|line| line.contains(" = ") && !line.contains("hold")).for_each(|line| {
        if line.starts_with("window") && !by_units || line.starts_with("refill") {
            let _ = writeln!(text, "{line}");
        }
    });
    if draw.with(0.35, "availability") {
        let states = draw.pick(&["up = '60h', down = '4h'", "share = '90%'"]);
        let together = draw.pick(&["", ", together = 2", ", together = 'all'"]);
        if together.contains('2') {
            draw.mark("together");
        }
        let _ = writeln!(text, "availability = {{ {states}{together} }}");
    }
    if draw.chance(0.2) {
        let _ = writeln!(text, "renewal = '{}'", draw.pick(&["renew", "end", "hourly"]));
    }
    let price = |usd: f64| match name {
        "r" => format!("{{ input = '{} USD/unit-hour', output = '{} USD/unit-hour' }}", 0.04 * usd, 0.2 * usd),
        _ => format!("'{usd} USD/unit-hour'"),
    };
    text += "[offer.terms]\n";
    for (term, usd) in [("none", 1.0), ("1 week", 0.9), ("2 weeks", 0.85), ("1 month", 0.8), ("3 months", 0.7)] {
        let _ = writeln!(text, "\"{term}\" = {}", price(usd));
    }
    text
}

fn batch(draw: &mut Draw) -> String {
    let mut text = format!("[[offer]]\nname = 'batch'\nkind = 'batch'\n{}\n", PRICE.replace("3 USD", "1 USD"));
    let _ = writeln!(text, "window = '{}h'", 1 + draw.below(30));
    if draw.with(0.6, "minimum records") {
        let _ = writeln!(text, "minimum_records = {}", 10 + draw.below(4000));
    }
    if draw.with(0.5, "maximum records") {
        let _ = writeln!(text, "maximum_records = {}", 5000 + draw.below(40_000));
    }
    if draw.with(0.7, "completion") {
        text += draw.word(&["completion = { mean = '3h', p95 = '8h' }\n", "completion = { mean = '5h' }\n"]);
        if draw.with(0.5, "expiry") {
            let _ = writeln!(text, "expiry = '{}h'", 2 + draw.below(10));
        }
        if draw.with(0.4, "jobs in flight") {
            let _ = writeln!(text, "jobs_in_flight = {}", 1 + draw.below(3));
        }
    }
    text
}
