//! What the numbers speak for: which plans keep the limits, which of those is cheapest, and what would change that.

mod alternatives;
mod budget;
mod compare;
mod criterion;
mod explain;
mod flip;
mod forecast;
mod goal;
mod judgement;
mod lever;
mod levers;
mod likelihood;
mod point;
mod precise;
mod price;
mod purchase;
mod quota;
mod rare;
mod requirement;
mod schedule;
mod size;
mod spreadsheet;
mod stated;
mod step;
mod tornado;
mod walk;

pub use alternatives::{Alternative, alternatives, counterparts};
pub use budget::{BudgetAnswer, BudgetWish, MONTHS_OF_QUARTER, Percentile, PeriodSpend, UsedUp, budget};
pub use compare::{Attribution, Comparison, Favourite, Measure, MeasureChange, Way, compare};
pub use criterion::Criterion;
pub use explain::{Explanation, Held, Reason, Remedy, explain, held};
pub use flip::{AsGood, Cause, Flip, FlipPoint, flips};
pub use forecast::{Enough, NEEDED_AT, Need, PeriodNeed, forecast};
pub use goal::Goal;
pub use judgement::{Judgement, Leader, PlanStanding, judge, judge_on, objective_samples};
pub use lever::Lever;
pub use levers::{BestPlan, LeftOut, LeverEffect, LeverWish, Levers, Read, levers};
pub use likelihood::Likelihood;
pub use precise::{Precise, PreciseOf, Precision, draw_until};
pub use quota::{QuotaAnswer, QuotaFigures, QuotaHour, QuotaMonth, QuotaNow, QuotaWish, RateFigure, quota};
pub use rare::{Effort, RARE, Rare, rare};
pub use requirement::Requirement;
pub use schedule::{PolicyKind, Schedule, ScheduleWish, Simulated, Stage, StepUp, Threshold, UnitsOfMonth, Waiting, schedule};
pub use size::{
    ByHours, DISCOUNTS, Missed, Nine, PoolSteps, Sizing, Surface, TermSurface, UnitPrices, UnitStep, Verdict, Wish, refined, size, surface,
};
pub use spreadsheet::{on_demand_price, spreadsheet_plan};
pub use tornado::{Source, SourceEffect, Swing, SwingEffect, Tornado, tornado};

/// Replications of paired differences unless the caller says how many, at most the scenario's own: they need few. The fewer where futures are
/// served one by one.
const REPLICATIONS: u64 = 1024;
const FEW: u64 = 128;
