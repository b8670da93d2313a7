//! From the file's policies to those that can be simulated, every problem told.

use super::{Measure, Policy, PolicySpec, Purchase, Rule, RuleSpec};
use crate::horizon::Horizon;
use crate::spec::{At, Field, Reader, check_name, nearest};
use crate::supply::offer::{OfferKind, Provisioned, Renewal};
use crate::supply::plan::check::Check;
use crate::supply::plan::{PlanSpec, UnitsSpec};
use crate::supply::resolve::{bought, by_axis};
use crate::supply::{Offer, Supply};
use crate::units::Term;
use std::collections::BTreeSet;

/// Weeks that a condition looks at unless it says.
const WEEKS: u64 = 4;
/// Hours.
const WEEK: u64 = 168;
/// The most purchases of one rule.
const MOST_TIMES: u64 = 1000;

/// What a purchase at the start and one by rule have in common.
struct Bought<'a> {
    at: &'a At,
    offer: &'a Field<String>,
    units: &'a Field<UnitsSpec>,
    term: Option<&'a Field<Term>>,
    renewal: Option<&'a Field<Renewal>>,
    for_months: Option<&'a Field<u64>>,
}

/// The policies of a file; `None` after at least one problem.
pub(crate) fn policies(
    specs: &[Field<PolicySpec>],
    plans: &[Field<PlanSpec>],
    supply: &Supply,
    reader: &mut Reader,
) -> Option<Vec<Policy>> {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    let mut all = Vec::with_capacity(specs.len());
    let mut good = true;
    for spec in specs {
        good &= check_name(&spec.name, "policy", reader);
        if !names.insert(&spec.name.value) {
            reader.refuse(&spec.name.at, "is the name of a policy before it", "every name once");
            good = false;
        }
        match policy(spec, plans, supply, reader) {
            Some(policy) => all.push(policy),
            None => good = false,
        }
    }
    good.then_some(all)
}

fn policy(spec: &Field<PolicySpec>, plans: &[Field<PlanSpec>], supply: &Supply, reader: &mut Reader) -> Option<Policy> {
    let start = spec.start.iter().map(|start| Bought {
        at: &start.at,
        offer: &start.offer,
        units: &start.units,
        term: start.term.as_ref(),
        renewal: start.renewal.as_ref(),
        for_months: start.for_months.as_ref(),
    });
    let ruled = spec.rule.iter().map(|rule| Bought {
        at: &rule.at,
        offer: &rule.offer,
        units: &rule.units,
        term: rule.term.as_ref(),
        renewal: rule.renewal.as_ref(),
        for_months: rule.for_months.as_ref(),
    });
    let (start, ruled): (Vec<Bought<'_>>, Vec<Bought<'_>>) = (start.collect(), ruled.collect());
    let bought: Vec<&Field<String>> = start.iter().chain(&ruled).map(|bought| bought.offer).collect();
    let base = base(spec, &bought, plans, &supply.offers, reader)?;
    let routed = routed(base, &supply.offers);
    let mut good = true;
    let mut one = |bought: &Bought<'_>, reader: &mut Reader| {
        let found = purchase(bought, &routed, &supply.offers, reader);
        good &= found.is_some();
        found
    };
    let start: Vec<Option<Purchase>> = start.iter().map(|bought| one(bought, reader)).collect();
    let ruled: Vec<Option<Purchase>> = ruled.iter().map(|bought| one(bought, reader)).collect();
    let mut rules = Vec::new();
    for (rule, purchase) in spec.rule.iter().zip(ruled) {
        match self::rule(rule, purchase, supply.horizon(), (base, &supply.offers), reader) {
            Some(rule) => rules.push(rule),
            None => good = false,
        }
    }
    let start: Vec<Purchase> = start.into_iter().flatten().collect();
    let policy = good.then(|| Policy { name: spec.name.value.clone(), base: base.name.value.clone(), start, rules })?;
    let idle = policy.idle_rules();
    for when in idle.iter().filter_map(|&rule| spec.rule.get(rule)?.when.as_ref()) {
        let allowed =
            "units of the offer at the `start`, a rule that buys some before, or a condition on what is `next used` or on the `demand`";
        reader.refuse(&when.at, "asks what is used of the units held, and the policy holds none when it asks", allowed);
    }
    idle.is_empty().then_some(policy)
}

/// The plan whose routes serve a policy that buys these offers.
fn base<'p>(
    spec: &Field<PolicySpec>,
    bought: &[&Field<String>],
    plans: &'p [Field<PlanSpec>],
    offers: &[Offer],
    reader: &mut Reader,
) -> Option<&'p Field<PlanSpec>> {
    let names = || plans.iter().map(|plan| plan.name.value.as_str());
    if let Some(name) = &spec.plan {
        let found = plans.iter().find(|plan| plan.name.value == name.value);
        if found.is_none() {
            let diagnostic = reader.error(&name.at, "is no plan");
            diagnostic.given = Some(name.value.clone());
            diagnostic.allowed = Some(names().collect::<Vec<_>>().join(", "));
            diagnostic.help = nearest(&name.value, names()).map(|near| format!("did you mean `{near}`?"));
        }
        return found;
    }
    let routes =
        |plan: &Field<PlanSpec>, offer: &str| plan.route.entries.iter().any(|(_, route)| route.iter().any(|name| name.value == offer));
    let fit: Vec<&Field<PlanSpec>> = plans.iter().filter(|plan| bought.iter().all(|offer| routes(plan, &offer.value))).collect();
    // A name that no offer has is told before a plan is missed for it.
    let all: Vec<usize> = (0..offers.len()).collect();
    let mut check = Check::new(offers, &all, reader);
    if bought.iter().filter(|offer| check.bought(offer).is_none()).count() > 0 {
        return None;
    }
    match fit.as_slice() {
        [one] if !bought.is_empty() => {
            reader.assumed(spec.at.key("plan"), &one.name.value, "the only plan with a route to all that the policy buys");
            Some(one)
        }
        _ => {
            reader.missing(&spec.at, "plan", "the plan whose routes serve the policy");
            None
        }
    }
}

/// Offers that a plan's routes name.
fn routed(plan: &PlanSpec, offers: &[Offer]) -> Vec<usize> {
    let names = || plan.route.entries.iter().flat_map(|(_, route)| route.iter());
    (0..offers.len()).filter(|&offer| names().any(|name| name.value == offers[offer].name)).collect()
}

fn purchase(spec: &Bought<'_>, routed: &[usize], offers: &[Offer], reader: &mut Reader) -> Option<Purchase> {
    let mut check = Check::new(offers, routed, reader);
    let provisioned = check.bought(spec.offer)?;
    check.purchased(spec.units, provisioned);
    let units = by_axis(&spec.units.value);
    if units.iter().all(|&units| units == 0.0) {
        check.refuse(&spec.units.at, "buys nothing", "units to buy");
    }
    match spec.term {
        Some(term) => check.term(term, provisioned),
        None if provisioned.terms.len() > 1 => {
            let allowed = Check::terms(provisioned);
            check.refuse(spec.at, "does not say for which of the offer's terms", &allowed);
        }
        None => {}
    }
    if !provisioned.windows.is_empty() {
        check.refuse(&spec.offer.at, "has a window that depends on its units, and a policy's units change", "an offer with one `window`");
    }
    let term = spec.term.map(|term| term.value);
    let hourly = has_hourly(provisioned);
    if let Some(renewal) = spec.renewal.filter(|renewal| renewal.value == Renewal::Hourly && !hourly) {
        check.refuse(&renewal.at, "needs a price by the hour, which the offer has not", "an offer with the term \"none\"");
    }
    let own = term.or_else(|| provisioned.terms.first().map(|(term, _)| *term));
    if let Some(months) = spec.for_months {
        if own != Some(Term::NONE) {
            check.refuse(&months.at, "is for units that no term binds", "`term = \"none\"` beside it");
        } else if months.value == 0 {
            check.refuse(&months.at, "keeps the units for no month", "a number of months from 1");
        }
    }
    let good = check.is_good();
    let index = offers.iter().position(|offer| offer.name == spec.offer.value)?;
    let mut commitment = bought(index, provisioned, units, term, Some(1))?;
    commitment.renewal = spec.renewal.map_or(commitment.renewal, |renewal| renewal.value);
    if commitment.ends_within_a_month() {
        let at = spec.term.map_or(spec.at, |term| &term.at);
        reader.refuse(at, "ends within a month, and a policy decides at the start of months", "a term of months, or `renewal = \"renew\"`");
        return None;
    }
    good.then(|| Purchase { commitment, for_months: spec.for_months.map(|months| months.value as usize) })
}

fn has_hourly(offer: &Provisioned) -> bool {
    offer.terms.iter().any(|(term, _)| *term == Term::NONE)
}

fn rule(
    spec: &Field<RuleSpec>,
    purchase: Option<Purchase>,
    horizon: &Horizon,
    (base, offers): (&PlanSpec, &[Offer]),
    reader: &mut Reader,
) -> Option<Rule> {
    let months = horizon.months();
    let mut good = purchase.is_some();
    for month in [&spec.from_month, &spec.until_month].into_iter().flatten() {
        if !(1..=months as u64).contains(&month.value) {
            reader.refuse(&month.at, "is no month of the horizon", format!("a month from 1 to {months}"));
            good = false;
        }
    }
    let from = match (&spec.from_month, &spec.when) {
        (Some(month), _) => month.value.max(1) as usize - 1,
        (None, Some(_)) => 1,
        (None, None) => {
            reader.missing(&spec.at, "from_month", "`from_month`, or a condition as `when`");
            good = false;
            0
        }
    };
    if let (Some(when), Some(month)) = (&spec.when, spec.from_month.as_ref().filter(|month| month.value == 1)) {
        reader.refuse(
            &month.at,
            format!("asks \"{}\" before anything has passed", when.value),
            "a month from 2, or a purchase at the `start`",
        );
        good = false;
    }
    let until = spec.until_month.as_ref().map_or(months, |month| month.value as usize);
    if let Some(month) = spec.until_month.as_ref().filter(|month| (month.value as usize) <= from) {
        reader.refuse(&month.at, "ends before the rule is first asked", format!("a month from {}", from + 1));
        good = false;
    }
    if let Some(weeks) = &spec.weeks {
        if spec.when.is_none() {
            reader.refuse(&weeks.at, "is for a condition, and there is none", "`when` beside it");
            good = false;
        } else if !(1..=156).contains(&weeks.value) {
            reader.refuse(&weeks.at, "is no number of weeks to look back", "1 to 156");
            good = false;
        }
    } else if spec.when.is_some() {
        reader.assumed(spec.at.key("weeks"), WEEKS, "the default");
    }
    let weeks = spec.weeks.as_ref().map_or(WEEKS, |weeks| weeks.value);
    if let Some(when) = spec.when.as_ref().filter(|_| good) {
        let passed = horizon.month_range(until - 1).start as u64 / WEEK;
        if weeks > passed {
            let at = spec.weeks.as_ref().map_or(&when.at, |weeks| &weeks.at);
            let problem = format!("looks back {weeks} weeks, and {passed} have passed when the rule is asked for the last time");
            reader.refuse(at, problem, if passed > 0 { format!("`weeks` from 1 to {passed}") } else { "a longer horizon".to_owned() });
            good = false;
        }
    }
    let mut times = |field: Option<&Field<u64>>| {
        let refused = field.filter(|times| !(1..=MOST_TIMES).contains(&times.value));
        if let Some(times) = refused {
            reader.refuse(&times.at, "is no number of purchases", format!("1 to {MOST_TIMES}"));
            good = false;
        }
        field.map_or(1, |times| times.value)
    };
    let (all, a_month) = (times(spec.times.as_ref()), times(spec.times_a_month.as_ref()));
    if let Some(replaces) = spec.replaces_hourly.as_ref().filter(|replaces| replaces.value)
        && purchase.as_ref().is_some_and(|purchase| purchase.commitment.term == Term::NONE)
    {
        reader.refuse(&replaces.at, "replaces units of the term \"none\" by such", "a purchase on a term that binds");
        good = false;
    }
    if let Some(when) = &spec.when {
        good &= seen(when, &spec.offer, (base, offers), reader);
    }
    let purchase = purchase.filter(|_| good)?;
    Some(Rule {
        purchase,
        when: spec.when.as_ref().map(|when| when.value),
        weeks: weeks as usize,
        months: from..until,
        times: all,
        times_a_month: a_month.min(all),
        replaces_hourly: spec.replaces_hourly.as_ref().is_some_and(|replaces| replaces.value),
    })
}

/// Whether what a condition looks at can be told of the offer.
fn seen(when: &Field<super::Condition>, offer: &Field<String>, (base, offers): (&PlanSpec, &[Offer]), reader: &mut Reader) -> bool {
    let of = |name: &str| offers.iter().find(|offer| offer.name == name).map(|offer| &offer.kind);
    let two = matches!(of(&offer.value), Some(OfferKind::Provisioned(offer)) if offer.axes.len() > 1);
    if when.measure == Measure::Demand {
        if two {
            reader.refuse(&when.at, "is one number for an offer with two axes", "a condition on what is `used`, or `next used`");
        }
        return !two;
    }
    for (_, route) in &base.route.entries {
        let mut before = route.iter().take_while(|name| name.value != offer.value);
        let reaches = route.iter().any(|name| name.value == offer.value);
        let bought = before.find(|name| reaches && matches!(of(&name.value), Some(OfferKind::Provisioned(_))));
        if let Some(first) = bought {
            let message = format!("asks what of `{}` was used, and `{}` takes its part before it", offer.value, first.value);
            reader.refuse(&when.at, message, "a condition on the `demand`");
            return false;
        }
    }
    true
}
