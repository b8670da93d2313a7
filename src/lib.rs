//! Monte Carlo planning of LLM inference capacity and spend.
//!
//! A [`scenario`] states demand, offers and plans; [`simulation::run`] draws thousands of possible futures, serves every one of them
//! under every plan, and the [`tally`] types summarise what that costs and how much of it is throttled.

#![cfg_attr(test, allow(clippy::float_cmp, reason = "tests compare values that must be exact"))]

pub mod cost;
pub mod decision;
pub mod demand;
pub mod error;
pub mod horizon;
pub mod random;
pub mod report;
pub mod scenario;
pub mod simulation;
pub mod spec;
pub mod statistics;
pub mod supply;
pub mod tally;
pub mod units;
