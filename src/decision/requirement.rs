//! What is asked of a plan as a share: of the months that keep the limits, of the futures that stay within the budget. How much of it is kept
//! at a change, which few replications have seen, from how much of it is kept in the run.

use super::judgement::{PlanStanding, is_enough};

/// The confidence with which a plan breaks what is asked at a first look where it counts as breaking it in all replications that are told.
const SURELY: f64 = 0.9999;

/// What is asked of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// That enough months keep the scenario's limits.
    Limits,
    /// That enough futures stay within the budget.
    Budget,
}

/// How a plan keeps what is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    pub(super) of: Requirement,
    /// By how much it is kept, below 0 where it is broken: the share of the months beyond what is asked, or what is left of the budget
    /// `[currency a month]`.
    pub(super) room: f64,
    /// Half the 95 % interval of that; 0 of what is taken as it is seen.
    pub(super) reach: f64,
    pub(super) holds: bool,
    /// Whether that lies within the error.
    pub(super) is_unsure: bool,
    /// Whether it is surely broken, for all that these replications have seen.
    pub(super) is_broken: bool,
}

impl Kept {
    /// How the limits are kept, taken as it is seen.
    pub(super) fn limits(seen: &PlanStanding) -> Self {
        let share = seen.share();
        Self::of_limits((share, 0.0), (seen.keeps_limits, seen.within_error), seen)
    }

    /// How the limits are kept at a change, from how they are in the run, where so many replications have `seen` what was `before`.
    pub(super) fn limits_there(
        run: &PlanStanding,
        (before, seen): (&PlanStanding, &PlanStanding),
        replications: usize,
        relieves: bool,
    ) -> Self {
        let of_run = run.months_kept.estimate();
        let of_run = (of_run.point, of_run.standard_error.unwrap_or(0.0));
        let (share, error) = kept_there(of_run, (before.share(), seen.share()), replications, relieves);
        // Where every month must keep them, few can tell no better than that they see none that does not.
        let all = seen.asked >= 1.0 && seen.share() >= 1.0 && relieves;
        let reach = 1.96 * error;
        let is_unsure = all || (seen.asked - share).abs() <= reach;
        Self::of_limits((share, reach), (is_enough(share, seen.asked) || all, is_unsure), seen)
    }

    fn of_limits((share, reach): (f64, f64), (holds, is_unsure): (bool, bool), seen: &PlanStanding) -> Self {
        let below = |(_, high): (f64, f64)| high - seen.share() + share < seen.asked;
        let is_broken = !holds && seen.months_kept.interval(SURELY).is_some_and(below);
        Self { of: Requirement::Limits, room: share - seen.asked, reach, holds, is_unsure, is_broken }
    }

    /// How the budget is kept that is exceeded by this, give or take `reach` with 95 % confidence and `surely` for all that is seen.
    pub(super) fn budget(excess: f64, reach: f64, surely: f64) -> Self {
        let (holds, is_broken) = (excess <= 0.0, excess > surely);
        Self { of: Requirement::Budget, room: -excess, reach, holds, is_unsure: excess.abs() <= reach, is_broken }
    }
}

/// What of all that is asked leaves open whether a plan keeps it; none where it surely breaks something.
pub(super) fn unsure(kept: &[Kept]) -> Option<Requirement> {
    let is_lost = kept.iter().any(|kept| !kept.holds && !kept.is_unsure);
    kept.iter().find(|kept| kept.is_unsure && !is_lost).map(|kept| kept.of)
}

/// The share that is kept at a change, and its standard error, where so many replications see it go from one share to
/// another. A change that relieves leaves a part of the months that broke the limits as they were, and one that burdens a part of those that kept
/// them: that part is theirs to tell, and the run's is what it is a part of. Two months that stay and two that do not are added for the error,
/// as Agresti and Coull do, for few may have been seen, or none. Where they see no difference, the change itself says which part it is.
fn kept_there((run, error): (f64, f64), (before, now): (f64, f64), replications: usize, relieves: bool) -> (f64, f64) {
    let relieved = if now.total_cmp(&before).is_eq() { relieves } else { now > before };
    let whole = |share: f64| if relieved { 1.0 - share } else { share };
    let (of_run, before, now) = (whole(run), whole(before), whole(now));
    let stays = if before > 0.0 { now / before } else { 1.0 };
    let seen = replications as f64 * before + 4.0;
    let about = (replications as f64 * now + 2.0) / seen;
    (whole(of_run * stays), (of_run * (about * (1.0 - about) / seen).sqrt()).hypot(about * error))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a tenth that broke the limits in the run, what few see of a seventh is what stays.
    #[test]
    fn what_few_see_is_a_part_of_what_the_run_knows() {
        let run = (0.9, 0.01);
        let (kept, error) = kept_there(run, (0.85, 1.0), 128, true);
        assert!((kept - 1.0).abs() < 1e-12 && error < 0.0075, "none breaks them any more: {kept} {error}");
        let (kept, error) = kept_there(run, (0.85, 0.925), 128, true);
        // Half of 19 months stay, give or take 2.4 of 23; and half of the run's own error.
        assert!((kept - 0.95).abs() < 1e-12 && (error - (0.1 * 0.104_f64).hypot(0.005)).abs() < 5e-4, "{kept} {error}");
        let (kept, error) = kept_there(run, (0.98, 0.49), 128, false);
        assert!((kept - 0.45).abs() < 1e-12 && (error - (0.9 * 0.044_f64).hypot(0.005)).abs() < 5e-4, "{kept} {error}");
        // Where few saw none break them, they cannot tell how many of those still do.
        let (kept, error) = kept_there(run, (1.0, 1.0), 128, true);
        assert!((kept - 0.9).abs() < 1e-12 && error > 0.02, "{kept} {error}");
        assert_eq!(kept_there((1.0, 0.0), (1.0, 1.0), 128, true), (1.0, 0.0));
        // Nor how many of those that keep them break them now: 2 of 132 at the least, give or take 1.4.
        let (kept, error) = kept_there((0.9995, 0.0001), (1.0, 1.0), 128, false);
        assert!((kept - 0.9995).abs() < 1e-12 && (error - 0.0106).abs() < 1e-4, "{kept} {error}");
    }
}
