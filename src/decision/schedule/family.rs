//! Policies that are made up where a file has none: buying now, waiting, ladders, stepping up on what was seen, and month by month.

use super::PolicyKind;
use crate::horizon::{HOURS_PER_WEEK, Horizon};
use crate::supply::{
    Axis, Commitment, Condition, MAX_AXES, Measure, Offer, OfferKind, Policy, Provisioned, Purchase, Renewal, Rule, short,
};
use crate::units::{Share, Term};
use std::ops::Range;

/// The shares of use at which the next units may be bought: the small ones for the sake of limits, which the peaks of hours that are
/// otherwise empty break.
const SHARES: [f64; 12] = [0.001, 0.01, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
/// Weeks that conditions look at.
const WEEKS: [usize; 3] = [2, 4, 8];
/// The longest wait, in months.
const LONGEST_WAIT: usize = 3;
/// Policies may buy up to so many times what is best at the start.
const REACH: f64 = 1.5;
/// Steps that the best number at the start is cut into at most.
const STEPS: f64 = 4.0;

/// One offer of one pool, with what is best bought of it in the first month by term.
pub(super) struct Family<'a> {
    pub(super) base: &'a str,
    pub(super) offer: usize,
    pub(super) offers: &'a [Offer],
    pub(super) horizon: &'a Horizon,
    /// Best number of units by term, each from the first month on.
    pub(super) best: Vec<(Term, [f64; MAX_AXES])>,
}

impl Family<'_> {
    /// The policies, and what could not be made up.
    pub(super) fn policies(&self) -> (Vec<(PolicyKind, Policy)>, Vec<String>) {
        let OfferKind::Provisioned(provisioned) = &self.offers[self.offer].kind else { return Default::default() };
        let Some(&(long, committed)) = self.best.iter().filter(|(term, _)| *term != Term::NONE).max_by_key(|(term, _)| *term) else {
            return (Vec::new(), vec!["waiting and stepping up, as no term binds".to_owned()]);
        };
        let months = self.horizon.months();
        let (mut all, mut left_out) = (Vec::new(), Vec::new());
        let (step, most) = steps(provisioned, committed);
        for wait in 1..=LONGEST_WAIT.min(months.saturating_sub(1)) {
            self.wait(provisioned, (long, committed), (step, most), wait, &mut all);
        }
        self.ladders(provisioned, (long, committed), &mut all, &mut left_out);
        let short_term = self.best.iter().map(|(term, _)| *term).filter(|term| *term != Term::NONE).min();
        let terms: Vec<Term> = [Some(long), short_term.filter(|term| *term != long)].into_iter().flatten().collect();
        if months < 2 {
            left_out.push("everything that comes later, in a horizon of one month".to_owned());
            return (all, left_out);
        }
        for term in terms {
            self.step_up(provisioned, term, (long, committed), (step, most), &mut all);
        }
        for (term, units) in &self.best {
            if *term == Term::NONE || *term == Term::of_months(1) {
                self.month_by_month(provisioned, *term, *units, &mut all);
            }
        }
        (all, left_out)
    }

    /// By the hour or on demand for some months; then what was best at the start, or what was seen to be used.
    fn wait(
        &self,
        provisioned: &Provisioned,
        (long, committed): (Term, [f64; MAX_AXES]),
        (step, most): ([f64; MAX_AXES], u64),
        wait: usize,
        all: &mut Vec<(PolicyKind, Policy)>,
    ) {
        let hourly = self.best.iter().find(|(term, units)| *term == Term::NONE && units.iter().any(|&units| units > 0.0));
        let firsts = hourly.map(|(_, units)| *units).into_iter().map(Some).chain([None]);
        for first in firsts {
            let start: Vec<Purchase> =
                first.and_then(|units| self.purchase(provisioned, units, Term::NONE, Some(wait))).into_iter().collect();
            let before = match first {
                Some(units) => format!("{} by the hour for {}", label(provisioned, units), months_of(wait)),
                None => format!("on demand for {}", months_of(wait)),
            };
            if committed.iter().any(|&units| units > 0.0)
                && let Some(purchase) = self.purchase(provisioned, committed, long, None)
            {
                let name = format!("{before}, then {} for {long}", label(provisioned, committed));
                let rule = Rule::in_month(purchase, wait);
                all.push((PolicyKind::Wait { months: wait, by_use: false }, self.policy(name, start.clone(), vec![rule])));
            }
            // All that was seen until then.
            let weeks = self.horizon.month_range(wait).start / HOURS_PER_WEEK;
            for share in SHARES.into_iter().filter(|_| weeks > 0) {
                let Some(purchase) = self.purchase(provisioned, step, long, None) else { continue };
                let name = format!("{before}, then for {long} each {} used above {}", label(provisioned, step), Share(share));
                let when = next_used(share);
                let rule = Rule { when: Some(when), weeks, times: most, times_a_month: most, ..Rule::in_month(purchase, wait) };
                all.push((PolicyKind::Wait { months: wait, by_use: true }, self.policy(name, start.clone(), vec![rule])));
            }
        }
    }

    /// Half now and half in month 3; a month's term in three parts.
    fn ladders(
        &self,
        provisioned: &Provisioned,
        (long, committed): (Term, [f64; MAX_AXES]),
        all: &mut Vec<(PolicyKind, Policy)>,
        left_out: &mut Vec<String>,
    ) {
        let months = self.horizon.months();
        let mut ladder = |term: Term, units: [f64; MAX_AXES], starts: &[usize]| {
            if units.iter().all(|&units| units == 0.0) || starts.iter().any(|&start| start >= months) {
                return;
            }
            let Some(parts) = split(provisioned, units, starts.len()) else {
                left_out.push(format!("a ladder of {} in {} parts, which cannot be bought so", label(provisioned, units), starts.len()));
                return;
            };
            let bought = parts.iter().filter_map(|&units| self.purchase(provisioned, units, term, None));
            let mut steps = bought.zip(starts);
            let first = steps.next().map(|(purchase, _)| purchase);
            let rules: Vec<Rule> = steps.map(|(purchase, &start)| Rule::in_month(purchase, start)).collect();
            let told: Vec<String> =
                parts.iter().zip(starts).map(|(&units, start)| format!("{} in month {}", label(provisioned, units), start + 1)).collect();
            all.push((PolicyKind::Ladder, self.policy(format!("{} for {term}", told.join(", ")), first.into_iter().collect(), rules)));
        };
        ladder(long, committed, &[0, 2]);
        if let Some(&(short, units)) =
            self.best.iter().filter(|(term, _)| *term != Term::NONE && *term != long).min_by_key(|(term, _)| *term)
        {
            ladder(short, units, &[0, 1, 2]);
        }
    }

    /// What is best at the start, or nothing, and more once the last weeks would have used it.
    fn step_up(
        &self,
        provisioned: &Provisioned,
        term: Term,
        (long, committed): (Term, [f64; MAX_AXES]),
        (step, most): ([f64; MAX_AXES], u64),
        all: &mut Vec<(PolicyKind, Policy)>,
    ) {
        let months = self.horizon.months();
        for (fewer, units) in starts(provisioned, step, committed) {
            let start: Vec<Purchase> = bought(units).and_then(|units| self.purchase(provisioned, units, long, None)).into_iter().collect();
            let before = bought(units).map_or_else(String::new, |units| format!("{} for {long}, ", label(provisioned, units)));
            // What every step up from there is measured from.
            let name = before.strip_suffix(", ").unwrap_or("no units").to_owned();
            all.push((PolicyKind::Plan { term: Some(long) }, self.policy(name, start.clone(), Vec::new())));
            for (weeks, share) in grid(if fewer { &WEEKS[1..2] } else { &WEEKS }) {
                let Some(purchase) = self.purchase(provisioned, step, term, None) else { continue };
                let name =
                    format!("{before}+{} for {term} when {weeks} weeks used the next above {}", label(provisioned, step), Share(share));
                let rule = Rule { when: Some(next_used(share)), weeks, times: most, months: 1..months, ..Rule::in_month(purchase, 1) };
                let kind = PolicyKind::StepUp { term, weeks, above: share };
                all.push((kind, self.policy(name, start.clone(), vec![rule])));
            }
        }
    }

    /// For one month at a time, as much as the last weeks would have used.
    fn month_by_month(&self, provisioned: &Provisioned, term: Term, units: [f64; MAX_AXES], all: &mut Vec<(PolicyKind, Policy)>) {
        let months = self.horizon.months();
        let (step, most) = steps(provisioned, units);
        let for_a_month = |units| {
            let purchase = self.purchase(provisioned, units, term, (term == Term::NONE).then_some(1))?;
            Some(Purchase { commitment: Commitment { renewal: Renewal::End, ..purchase.commitment }, ..purchase })
        };
        let how = if term == Term::NONE { "by the hour".to_owned() } else { format!("for {term}") };
        for (_, first) in starts(provisioned, step, units) {
            let start: Vec<Purchase> = bought(first).and_then(for_a_month).into_iter().collect();
            let before = bought(first).map_or_else(String::new, |first| format!("{} first, then ", label(provisioned, first)));
            for (weeks, share) in grid(&WEEKS[..2]) {
                let Some(purchase) = for_a_month(step) else { continue };
                let each = label(provisioned, step);
                let name = format!("{before}month by month {how} each {each} that {weeks} weeks used above {}", Share(share));
                let rule = Rule {
                    when: Some(next_used(share)),
                    weeks,
                    times: most * months as u64,
                    times_a_month: most,
                    months: 1..months,
                    ..Rule::in_month(purchase, 1)
                };
                all.push((PolicyKind::Monthly, self.policy(name, start.clone(), vec![rule])));
            }
        }
    }

    fn purchase(&self, provisioned: &Provisioned, units: [f64; MAX_AXES], term: Term, for_months: Option<usize>) -> Option<Purchase> {
        let price_of = |term: Term| provisioned.terms.iter().find(|(known, _)| *known == term).map(|(_, price)| *price);
        let price = price_of(term)?;
        let commitment = Commitment {
            offer: self.offer,
            units,
            term,
            price,
            hourly_price: price_of(Term::NONE).unwrap_or(price),
            start_month: 0,
            renewal: provisioned.renewal,
            schedule: None,
            billed_in: provisioned.billed_in,
        };
        (!commitment.ends_within_a_month()).then_some(Purchase { commitment, for_months })
    }

    fn policy(&self, name: String, start: Vec<Purchase>, rules: Vec<Rule>) -> Policy {
        Policy { name, base: self.base.to_owned(), start, rules }
    }
}

/// Every number of weeks with every share.
fn grid(weeks: &[usize]) -> impl Iterator<Item = (usize, f64)> + '_ {
    weeks.iter().flat_map(|&weeks| SHARES.map(|share| (weeks, share)))
}

/// Units, if there are any.
fn bought(units: [f64; MAX_AXES]) -> Option<[f64; MAX_AXES]> {
    units.iter().any(|&units| units > 0.0).then_some(units)
}

/// What policies begin with: what is best, a step of it and about half of it where these are less (which is told), and nothing.
fn starts(provisioned: &Provisioned, step: [f64; MAX_AXES], best: [f64; MAX_AXES]) -> Vec<(bool, [f64; MAX_AXES])> {
    let half: [f64; MAX_AXES] = std::array::from_fn(|axis| match provisioned.axes.get(axis) {
        Some(own) if best[axis] > 0.0 => at_least(own, 0.5 * best[axis]),
        _ => 0.0,
    });
    let less = |units: &[f64; MAX_AXES]| {
        let both = || units.iter().zip(best);
        both().all(|(units, best)| *units <= best) && both().any(|(units, best)| *units < best)
    };
    let mut few: Vec<[f64; MAX_AXES]> = [step, half].into_iter().filter(less).collect();
    few.dedup();
    let few = few.into_iter().map(|units| (true, units));
    let best = bought(best).map(|best| (false, best));
    best.into_iter().chain(few).chain([(false, [0.0; MAX_AXES])]).collect()
}

fn next_used(share: f64) -> Condition {
    Condition { measure: Measure::NextUsed, above: true, than: share }
}

fn months_of(months: usize) -> String {
    if months == 1 { "1 month".to_owned() } else { format!("{months} months") }
}

/// Units with the axes that an offer has.
pub(super) fn label(provisioned: &Provisioned, units: [f64; MAX_AXES]) -> String {
    units[..provisioned.axes.len().min(MAX_AXES)].iter().map(|&units| short(units)).collect::<Vec<_>>().join("+")
}

/// The units that are bought at a time, and how often at most: about a quarter of what is best, in numbers that can be bought.
fn steps(provisioned: &Provisioned, best: [f64; MAX_AXES]) -> ([f64; MAX_AXES], u64) {
    let mut step = [0.0; MAX_AXES];
    let mut most = 2_u64;
    let nothing = best.iter().all(|&units| units == 0.0);
    for ((step, axis), &best) in step.iter_mut().zip(&provisioned.axes).zip(&best) {
        if best > 0.0 || nothing {
            *step = at_least(axis, best / STEPS);
            most = most.max((REACH * best / *step).ceil() as u64);
        }
    }
    (step, most)
}

/// The fewest units from a number on that can be bought.
fn at_least(axis: &Axis, units: f64) -> f64 {
    let above = (units - axis.minimum).max(0.0);
    let found = match axis.increment {
        Some(step) => axis.minimum + step * (above / step - 1e-9).ceil().max(0.0),
        None => axis.minimum + above,
    };
    // Fractional units without a minimum have no smallest number; one is as good as any.
    let found = if found > 0.0 { found } else { axis.increment.unwrap_or(1.0) };
    format!("{found:.9e}").parse().unwrap_or(found)
}

/// Units in so many parts that can be bought, the larger ones first; `None` where there are none.
fn split(provisioned: &Provisioned, units: [f64; MAX_AXES], parts: usize) -> Option<Vec<[f64; MAX_AXES]>> {
    let mut left = units;
    let places: Range<usize> = 0..parts;
    places
        .map(|place| {
            let mut part = [0.0; MAX_AXES];
            for (axis, own) in provisioned.axes.iter().enumerate().filter(|(axis, _)| units[*axis] > 0.0) {
                let even = left[axis] / (parts - place) as f64;
                part[axis] = if place + 1 == parts { left[axis] } else { at_least(own, even) };
                left[axis] -= part[axis];
                if !(own.allows(part[axis]) && part[axis] > 0.0) {
                    return None;
                }
            }
            Some(part)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::ByClass;

    fn axis(minimum: f64, increment: Option<f64>) -> Axis {
        Axis { capacity: (1.0, 1.0), weights: ByClass::ONE, minimum, increment }
    }

    #[test]
    fn steps_can_be_bought() {
        for (minimum, increment, wanted, found) in [
            (1.0, Some(1.0), 0.75, 1.0),
            (2.0, Some(2.0), 2.5, 4.0),
            (100.0, Some(1.0), 25.0, 100.0),
            (15.0, Some(5.0), 31.0, 35.0),
            (0.0, None, 0.3, 0.3),
            (0.0, None, 0.0, 1.0),
            (0.0, Some(5.0), 0.0, 5.0),
        ] {
            let axis = axis(minimum, increment);
            assert!((at_least(&axis, wanted) - found).abs() < 1e-9 && axis.allows(found), "{wanted}: {}", at_least(&axis, wanted));
        }
    }
}
