//! What the numbers speak for: which plans keep the limits, which of those is cheapest, and what would change that.

mod budget;
mod compare;
mod explain;
mod flip;
mod judgement;
mod point;
mod precise;
mod price;
mod rare;
mod schedule;
mod size;
mod spreadsheet;
mod walk;

pub use budget::{BudgetAnswer, BudgetWish, Percentile, PeriodSpend, UsedUp, budget};
pub use compare::{Attribution, Comparison, Favourite, Measure, MeasureChange, Way, compare};
pub use explain::{Explanation, Held, Reason, Remedy, explain, held};
pub use flip::{Cause, Flip, FlipPoint, Lever, flips};
pub use judgement::{Judgement, Leader, PlanStanding, judge, objective_samples};
pub use precise::{Precise, PreciseOf, Precision, draw_until};
pub use rare::{RARE, Rare, rare};
pub use schedule::{PolicyKind, Schedule, ScheduleWish, Simulated, Stage, StepUp, Threshold, UnitsOfMonth, Waiting, schedule};
pub use size::{Goal, Nine, PoolSteps, Sizing, UnitStep, Verdict, Wish, refined, size};
pub use spreadsheet::{on_demand_price, spreadsheet_plan};
