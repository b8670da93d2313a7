//! The fast path: sixty-four replications side by side, every unit count from one histogram.
//!
//! ```text
//! streams ─► lanes of demand ─► histogram of a month's hours ─► one sum over its bins for each function ─► totals
//! ```
//!
//! Where an hour comes to what its tokens come to, whatever came before, a month needs no order of its hours. They are counted in bins of
//! their tokens, and each quantity of each case of a pool is a sum over bins: of the bin's hours and tokens times a straight line. The
//! lines are drawn from the reference's own dispatch, probed at the edges and the middle of a bin, so that there is no second copy of
//! any rule. Draws are those of the reference in single precision. Terms change a constant and cost nothing here.
//!
//! Where input and output are apart, an hour is two numbers: its prompt tokens and its answer tokens. Their months are counted in cells of
//! the hour's weighted tokens, as the quota counts them, and of the answers' share of those (`axis`, `cells`). What an offer passes on
//! then depends on the mix only weakly, and is a polynomial of second degree over each cell (`curves`); prompts and answers that pass are
//! two functions, and money and unit-hours are so much for each token of either. The steps before and after are the same.
//!
//! A replication that leaves what the histogram covers (an hour several octaves above the largest mean, a window that batch refuses) is
//! served by the reference, as a whole. A scenario that does not meet the conditions is: [`Kernel::new`] says why.

mod axis;
mod below;
mod bins;
mod cells;
mod curves;
mod even;
mod isa;
mod layout;
mod mixed;
mod peak;
mod prepare;
mod served;
mod settle;
mod sweep;
mod table;
mod worker;

pub use isa::Isa;
pub(super) use isa::Wide;
pub use prepare::Kernel;
pub use worker::KernelWorker;

/// What is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// Every metric.
    #[default]
    All,
    /// Costs, tokens and requests, throttled ones too; not how many minutes and hours are over a limit, nor the largest hour of all workloads.
    Spend,
}
