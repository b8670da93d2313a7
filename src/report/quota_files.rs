//! The figures of a request for a higher quota as CSV: those of the form, and the evidence behind them.

use super::document::{document, estimate};
use super::lines::Lines;
use crate::decision::{QuotaAnswer, QuotaFigures, QuotaMonth, QuotaWish, RateFigure};
use crate::error::Result;
use crate::statistics::{CONFIDENCE, Estimate};
use crate::units::Share;
use serde_json::{Value, json};

/// The files, in the order they are written.
pub const QUOTA_FILES: [&str; 2] = ["quota.csv", "quota_evidence.csv"];

/// What is counted, by way of counting: the middle of a figure's name, and its unit.
const WAYS: [(&str, &str); 3] = [("tokens", "weighted tokens/min"), ("all_tokens", "tokens/min"), ("requests", "requests/min")];

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// The text of each of [`QUOTA_FILES`].
///
/// # Errors
/// When a line cannot be written, which no input makes happen.
pub fn quota_files(wish: QuotaWish, found: &QuotaAnswer) -> Result<[String; 2]> {
    Ok([form(wish, found)?, evidence(found)?])
}

/// The document of `--json`.
///
/// # Errors
/// When it cannot be written, which no input makes happen.
pub fn quota_json(wish: QuotaWish, found: &QuotaAnswer) -> Result<String> {
    let rate = |figure: &RateFigure| {
        let (point, interval) = of_held(figure);
        let held = json!({ "point": point, "interval": interval.map(|(low, high)| [low, high]) });
        json!({ "mean": estimate(Some(&figure.mean)), "held": held, "largest": figure.largest })
    };
    let ways = |quota: &QuotaFigures, figures: &[RateFigure; 3]| -> Value {
        let told = WAYS.iter().zip(figures).enumerate().filter(|(way, _)| is_told(quota, *way)).map(|(_, told)| told);
        told.map(|((what, _), figure)| ((*what).to_owned(), rate(figure))).collect::<serde_json::Map<_, _>>().into()
    };
    let month = |quota: &QuotaFigures, month: &QuotaMonth| {
        let [tokens, requests] = month.over.each_ref().map(|over| estimate(over.as_ref()));
        json!({
            "month": month.label,
            "steady_per_minute": ways(quota, &month.steady),
            "peak_per_minute": ways(quota, &month.peak),
            "waiting_per_minute": month.waiting.as_ref().map(rate),
            "minutes_over_quota": { "tokens": tokens, "requests": requests },
        })
    };
    let quota = |quota: &QuotaFigures| {
        let now = quota.now.map(|now| now.map(|now| json!({ "per_minute": now.rate, "taken_by_others": now.others })));
        let exceeded = quota.exceeded.map(|shares| estimate(shares.map(|shares| shares.estimate()).as_ref()));
        let ask = [false, true].map(|requests| quota.ask(requests).filter(|_| quota.offer.is_some()));
        let [input, cached, output] = quota.per_request.each_ref().map(|mean| estimate(Some(mean).filter(|_| quota.has_requests)));
        json!({
            "offer": quota.offer,
            "pool": quota.pool,
            "waiting": quota.waiting,
            "ask_for_per_minute": { "tokens": ask[0], "requests": ask[1] },
            "now": { "tokens": now[0], "requests": now[1] },
            "months_over_quota": { "tokens": exceeded[0], "requests": exceeded[1] },
            "tokens_per_request": { "input": input, "input_read_from_cache": cached, "output": output },
            "requests_with_long_input": quota.long,
            "months": quota.months.iter().map(|of| month(quota, of)).collect::<Vec<_>>(),
        })
    };
    let [waits, retries, batch] = found.aside;
    document(&json!({
        "schema": "tokentide/quota-1",
        "held_in": wish.percentile,
        "minutes_above_peak": found.peak_share,
        "traffic_more_than_the_scenario": wish.growth,
        "long_input": wish.long_prompt,
        "confidence": CONFIDENCE,
        "replications": found.replications,
        "replications_needed": found.replications_needed,
        "quotas": found.quotas.iter().map(quota).collect::<Vec<_>>(),
        "left_out": { "work_that_waits": waits, "second_attempts": retries, "batch": batch },
    }))
}

/// A line's place, value and interval.
struct Row<'a> {
    quota: &'a QuotaFigures,
    lines: &'a mut Lines,
}

impl Row<'_> {
    fn put(&mut self, figure: &str, unit: &str, (month, statistic): (&str, &str), value: f64, interval: Option<(f64, f64)>) -> Result<()> {
        self.maybe(figure, unit, (month, statistic), Some(value), interval)
    }

    fn maybe(
        &mut self,
        figure: &str,
        unit: &str,
        (month, statistic): (&str, &str),
        value: Option<f64>,
        interval: Option<(f64, f64)>,
    ) -> Result<()> {
        let offer = self.quota.offer.as_deref().unwrap_or("all");
        self.lines.texts([offer, &self.quota.pool, figure, unit, month, statistic]);
        self.lines.numbers([value, interval.map(|(low, _)| low), interval.map(|(_, high)| high)]).end()
    }

    /// A rate: its mean, and what is held or the largest seen.
    fn rate(&mut self, name: &str, unit: &str, month: &str, held: &str, figure: &RateFigure) -> Result<()> {
        self.estimate(name, unit, month, &figure.mean)?;
        let (point, interval) = of_held(figure);
        self.maybe(name, unit, (month, held), point, interval)?;
        if point.is_some() { Ok(()) } else { self.put(name, unit, (month, "largest"), figure.largest, None) }
    }

    fn estimate(&mut self, figure: &str, unit: &str, month: &str, value: &Estimate) -> Result<()> {
        self.put(figure, unit, (month, "mean"), value.point, value.interval(CONFIDENCE))
    }
}

fn form(wish: QuotaWish, found: &QuotaAnswer) -> Result<String> {
    let mut lines = Lines::new();
    lines.texts(["offer", "pool", "figure", "unit", "month", "statistic", "value", "lo", "hi"]).end()?;
    let held = Share(wish.percentile).to_string();
    for quota in &found.quotas {
        let mut row = Row { quota, lines: &mut lines };
        for month in &quota.months {
            for (way, (what, unit)) in WAYS.into_iter().enumerate().filter(|(way, _)| is_told(quota, *way)) {
                for (name, figure) in [("steady", &month.steady[way]), ("peak", &month.peak[way])] {
                    row.rate(&format!("{name}_{what}_per_minute"), unit, &month.label, &held, figure)?;
                }
            }
            if let Some(waiting) = &month.waiting {
                row.rate("waiting_tokens_per_minute", WAYS[0].1, &month.label, &held, waiting)?;
            }
            for (name, over) in ["minutes_over_quota_of_tokens", "minutes_over_quota_of_requests"].into_iter().zip(&month.over) {
                if let Some(over) = over {
                    row.estimate(name, "share", &month.label, over)?;
                }
            }
        }
        for (name, exceeded) in ["months_over_quota_of_tokens", "months_over_quota_of_requests"].into_iter().zip(&quota.exceeded) {
            if let Some(exceeded) = exceeded {
                row.put(name, "share", ("", "mean"), exceeded.estimate().point, exceeded.interval(CONFIDENCE))?;
            }
        }
        for (name, value) in ["input", "input_read_from_cache", "output"].into_iter().zip(&quota.per_request).filter(|_| quota.has_requests)
        {
            row.estimate(&format!("{name}_tokens_per_request"), "tokens", "", value)?;
        }
        if let Some(share) = quota.long {
            row.put("requests_with_long_input", "share", ("", "mean"), share, None)?;
        }
        if let Some(needed) = found.replications_needed {
            row.put("replications_needed", "replications", ("", &held), needed as f64, None)?;
        }
        row.put("long_input", "tokens", ("", ""), wish.long_prompt, None)?;
        row.put("traffic_more_than_the_scenario", "share", ("", ""), wish.growth, None)?;
        let names = [("tokens", "weighted tokens/min"), ("requests", "requests/min")];
        for ((what, unit), (now, requests)) in names.into_iter().zip(quota.now.iter().zip([false, true])) {
            if let Some(now) = now {
                row.put(&format!("quota_of_{what}_now"), unit, ("", ""), now.rate, None)?;
            }
            if let Some(ask) = quota.ask(requests).filter(|_| quota.offer.is_some()) {
                row.put(&format!("ask_for_{what}_per_minute"), unit, ("", ""), ask, None)?;
            }
        }
    }
    lines.finish()
}

fn evidence(found: &QuotaAnswer) -> Result<String> {
    let mut lines = Lines::new();
    lines.texts(["offer", "pool", "kind", "period", "figure", "unit", "mean", "mean_lo", "mean_hi"]);
    lines.texts(["p50", "p50_lo", "p50_hi", "p95", "p95_lo", "p95_hi", "p99", "p99_lo", "p99_hi"]).end()?;
    let put = |lines: &mut Lines, names: [&str; 6], values: [(f64, Option<(f64, f64)>); 4]| {
        lines.texts(names);
        values.into_iter().for_each(|(value, interval)| {
            lines.number(value).numbers([interval.map(|(low, _)| low), interval.map(|(_, high)| high)]);
        });
        lines.end()
    };
    for quota in &found.quotas {
        let (offer, pool) = (quota.offer.as_deref().unwrap_or("all"), quota.pool.as_str());
        for hour in &quota.hours {
            let period = format!("{} {:02}", DAYS[hour.hour_of_week / 24 % 7], hour.hour_of_week % 24);
            for (number, (what, unit)) in
                [WAYS[0], WAYS[2]].into_iter().enumerate().filter(|(number, _)| *number == 0 || quota.has_requests)
            {
                let figure = format!("mean_{what}_per_minute");
                let of = |estimate: &Estimate| (estimate.point, estimate.interval(CONFIDENCE));
                let [middle, high, highest] = &hour.percentiles[number];
                let values = [of(&hour.mean[number]), of(middle), of(high), of(highest)];
                put(&mut lines, [offer, pool, "hour of the week", &period, &figure, unit], values)?;
            }
        }
        for month in &quota.months {
            for (name, way, figure) in figures(month).filter(|(_, way, _)| is_told(quota, *way)) {
                let (what, unit) = WAYS[way];
                let of = |number: usize| (figure.percentiles[number].point, figure.percentiles[number].interval);
                let values = [(figure.mean.point, figure.mean.interval(CONFIDENCE)), of(0), of(1), of(2)];
                put(&mut lines, [offer, pool, "month", &month.label, &format!("{name}_{what}_per_minute"), unit], values)?;
            }
        }
    }
    lines.finish()
}

/// The percentile asked for and its interval, where the futures can tell it.
fn of_held(figure: &RateFigure) -> (Option<f64>, Option<(f64, f64)>) {
    let held = figure.held();
    (held.map(|held| held.point), held.and_then(|held| held.interval))
}

/// Whether figures of a way of counting mean something: not as counted by all quotas together, nor requests where they are not known.
fn is_told(quota: &QuotaFigures, way: usize) -> bool {
    if way == 0 { quota.offer.is_some() } else { way == 1 || quota.has_requests }
}

fn figures(month: &QuotaMonth) -> impl Iterator<Item = (&'static str, usize, &RateFigure)> {
    let steady = month.steady.iter().enumerate().map(|(way, figure)| ("steady", way, figure));
    steady.chain(month.peak.iter().enumerate().map(|(way, figure)| ("peak", way, figure)))
}
