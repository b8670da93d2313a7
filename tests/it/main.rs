//! Integration tests.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::float_cmp,
    clippy::disallowed_methods,
    clippy::format_collect
)]

mod alternatives;
mod architecture;
mod bad_input;
mod budget;
mod calendar;
mod cli;
mod compare;
mod conservation;
mod documents;
mod explain;
mod figures;
mod flips;
mod flips_by_tail;
mod forecast;
mod kernel;
mod kernel_corners;
mod kernel_mixed;
mod laws;
mod levers;
mod peers;
mod precision;
mod properties;
mod quota;
mod readme;
mod reproducibility;
mod schedule;
mod size;
mod size_batch;
mod size_flips;
mod size_hours;
mod size_hours_axes;
mod size_least_bad;
mod size_starts;
mod size_terms;
mod surface;
mod tornado;
mod validation;
mod waiting;
mod wording;
