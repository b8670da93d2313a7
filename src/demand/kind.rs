//! What a kind of client stands for: defaults from measurements of public traces, each with the figure it rests on.

use super::noise::{Noise, Part};
use super::on_off::OnOff;
use super::shape::Shape;
use crate::spec_words;

spec_words! {
    /// The kind of client, which fills what is not given from measurements of public traces.
    pub enum Kind {
        /// People in a chat.
        "chat" => Chat,
        /// A program that many people use.
        "api" => Api,
        /// One team's agents or coding assistants.
        "agents" => Agents,
        /// Jobs.
        "batch" => Batch,
    }
}

/// A default: the model, the value as text, and the reason.
pub(super) type Filled<T> = (T, &'static str, &'static str);

/// The shape of the week.
pub(super) fn shape(kind: Kind) -> Filled<Shape> {
    let daytime = "steady-daytime, peak 14, width 4, night 0.25, weekend 0.37";
    match kind {
        Kind::Chat => (
            Shape::daytime(),
            daytime,
            "measured on public traces: a daily profile explains .94 of chat traffic, weekdays carry 2.7 times a weekend day",
        ),
        Kind::Api => {
            (Shape::flat(), "flat", "measured on public traces: two of three large production totals have almost no daily profile")
        }
        Kind::Agents => (
            Shape::daytime(),
            daytime,
            "measured on public traces: a daily profile explains .99 of code traffic, weekdays carry 2.7 times a weekend day",
        ),
        Kind::Batch => {
            (Shape::nightly(), "nightly-batch, start 1, hours 4", "a job in the small hours as an illustration: state the job's own hours")
        }
    }
}

/// The noise of the hours.
pub(super) fn noise(kind: Kind) -> Filled<Noise> {
    let parts = |fast: f64, slow: f64, white: f64| Noise {
        fast: Part::by_half_life(fast, 2.0),
        slow: Part::by_half_life(slow, 48.0),
        white,
        marginal: None,
    };
    match kind {
        Kind::Chat => (
            parts(0.2, 0.2, 0.05),
            "fast 0.2 with half-life 2 h, slow 0.2 with half-life 48 h, white 0.05",
            "measured on public traces: the calm end of steady clients (log sd .15 to .67), half of the variance day-level",
        ),
        Kind::Api => (
            parts(0.45, 0.47, 0.15),
            "fast 0.45 with half-life 2 h, slow 0.47 with half-life 48 h, white 0.15",
            "measured on public traces: steady API clients have log sd .67 at the median, 40 to 55 % of its variance day-level",
        ),
        Kind::Agents => (
            parts(0.45, 0.0, 0.15),
            "fast 0.45 with half-life 2 h, white 0.15",
            "measured on public traces: the part of an hour's spread within a day; on- and off-periods carry the rest",
        ),
        Kind::Batch => (
            parts(0.0, 0.2, 0.05),
            "slow 0.2 with half-life 48 h, white 0.05",
            "a job's size moves from night to night like the calm end of steady clients on public traces",
        ),
    }
}

/// On- and off-periods, for kinds that have them.
pub(super) fn on_off(kind: Kind) -> Option<Filled<OnOff>> {
    match kind {
        Kind::Agents => OnOff::new(5.0, 10.0, 1.1).map(|model| {
            (
                model,
                "on 5 h, off 10 h, sd 1.1",
                "measured on public traces: intermittent clients are on for 5 h and off for 10 h at the median, log sd of the level from 1.1",
            )
        }),
        _ => None,
    }
}

/// Coefficient of variation of a request's tokens where none is given.
pub(super) fn size_cv(kind: Option<Kind>) -> (f64, &'static str) {
    match kind {
        Some(Kind::Chat) => {
            (1.2, "chat sizes spread a little more than their mean; no single family fits public traces: better give yours")
        }
        Some(Kind::Api) => (1.5, "API sizes mix several uses; no single family fits public traces: better give yours"),
        Some(Kind::Agents) => (2.0, "agents' contexts grow over a session; no single family fits public traces: better give yours"),
        Some(Kind::Batch) => (0.8, "a job's records resemble each other; no single family fits public traces: better give yours"),
        None => (1.0, "nothing said: the spread of an exponential law"),
    }
}

/// Log-sd of the drift of the mean input and output, and its half-life in hours.
pub(super) const DRIFT: (f64, f64, f64) = (0.25, 0.3, 8.0);
/// Why.
pub(super) const DRIFT_REASON: &str =
    "measured on public traces: the mean tokens a request drift with log sd .25 in and .3 out, half-life 6 to 12 h";

/// Window and deadline of deferrable work in hours where nobody says.
pub(super) const WINDOW: (f64, &str) = (24.0, "batch offers complete within a day");
