//! Summaries of samples, each number with its error: moments, percentiles, tails, shares and paired comparisons.
//!
//! A leaf: it knows columns of numbers, one per replication, and nothing of what they stand for.
//!
//! - [`Moments`] accumulate a mean and merge; [`Estimate`] is a point with its error and prints to the digits the error deserves.
//! - [`Distribution`] summarises a whole column; [`Summariser`] does so for many.
//! - [`Stream`] summarises a column too long to keep, with a stated error.
//! - [`Proportion`] and [`ClusterProportion`] are shares of events, with the rule of three where none was seen.
//! - [`Paired`] and [`regret`] compare columns drawn from the same replications.
//!
//! - [`Sampling`] says what hangs together in a column: replications of one scramble of randomised points do, and errors then come from
//!   the spread between scrambles. [`Controls`] are columns of known mean that make the means of others more certain.
//!
//! An error that cannot be known is `None`, never 0. Every sum runs in a fixed order, so equal input gives equal bits on any machine.

mod binomial;
mod comparison;
mod control;
mod distribution;
mod estimate;
mod moments;
mod normal;
mod proportion;
mod quantile;
mod replicated;
mod sampling;
mod sections;
mod skewness;
mod smooth;
mod sort;
mod stream;
mod summariser;
mod tail;
#[cfg(test)]
mod testing;

pub use comparison::{Best, Paired, Regret, regret};
pub use control::{Controls, Method, SAMPLES_PER_CONTROL};
pub use distribution::{CONFIDENCE, Distribution};
pub use estimate::Estimate;
pub use moments::Moments;
pub use normal::{normal_cdf, normal_quantile, student_t_quantile};
pub use proportion::{ClusterProportion, Proportion};
pub use quantile::{order_statistic_coverage, order_statistic_interval, quantile_by_selection, quantile_sorted};
pub use sampling::{SCRAMBLES, Sampling};
pub use sections::{section, section_error};
pub use smooth::{by_sorted, smooth_quantile, smooth_quantile_by_selection, smooth_quantile_influences};
pub use stream::{STREAM_ERROR, STREAM_ZERO, Stream};
pub use summariser::{QuantileRanks, Summariser};
pub use tail::{Cvar, EVENTS_FOR_INTERVAL, cvar_by_selection, cvar_influences, cvar_sorted};
