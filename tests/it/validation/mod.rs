//! Cases with known answers, each run as a scenario through the whole engine.
//!
//! Deterministic cases match to the cent or to the digits that their source prints. Stochastic ones lie within four standard errors of
//! the truth, with a standard error of at most 1 % of it, at a fixed seed and at three others.

mod bills;
mod break_even;
mod intervals;
mod lateness;
mod minutes;
mod outages;
mod pools;
mod rare;
mod replay;
mod reservation;
mod sampling;
pub(crate) mod support;
mod vendors;
mod workloads;
