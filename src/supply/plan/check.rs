//! What a plan buys, checked once per plan of the file rather than once per plan of its sweep.

use super::{PlanSpec, TwoListsSpec, UnitsSpec, UnitsSweepSpec, reservation};
use crate::spec::{At, Field, Reader, nearest};
use crate::supply::offer::{Axis, Offer, OfferKind, Provisioned, Renewal};
use crate::supply::schedule::Schedule;
use crate::units::Term;

/// Most units of one offer, far from where capacities and costs overflow.
const MOST_UNITS: f64 = 1e9;

/// Checks units, terms and start months of a plan against the offers; `routed` are the offers on its routes. True when all is well.
pub(crate) fn purchases(spec: &PlanSpec, offers: &[Offer], routed: &[usize], months: usize, reader: &mut Reader) -> bool {
    let mut check = Check::new(offers, routed, reader);
    for (name, units) in spec.units.iter().flat_map(|map| &map.entries) {
        if let Some(offer) = check.bought(name) {
            check.purchased(units, offer);
        }
    }
    for (name, list) in spec.sweep.iter().filter_map(|sweep| sweep.units.as_ref()).flat_map(|map| &map.entries) {
        let Some(offer) = check.bought(name) else { continue };
        match &list.value {
            UnitsSweepSpec::One(one) => check.units(&list.at, &one.0, offer, 1),
            UnitsSweepSpec::Two(TwoListsSpec { input, output }) if check.axes(&list.at, offer, 2) => {
                check.on_axis(&input.at, &input.0, &offer.axes[0]);
                check.on_axis(&output.at, &output.0, &offer.axes[1]);
            }
            UnitsSweepSpec::Two(_) => {}
        }
    }
    for (name, term) in spec.term.iter().flat_map(|map| &map.entries) {
        if let Some(offer) = check.bought(name) {
            check.term(term, offer);
        }
    }
    for (name, terms) in spec.sweep.iter().filter_map(|sweep| sweep.term.as_ref()).flat_map(|map| &map.entries) {
        if let Some(offer) = check.bought(name) {
            terms.iter().for_each(|term| check.term(term, offer));
        }
    }
    for (name, month) in spec.start_month.iter().flat_map(|map| &map.entries) {
        if check.bought(name).is_some() {
            check.month(Some(month), months);
        }
    }
    for (name, list) in spec.sweep.iter().filter_map(|sweep| sweep.start_month.as_ref()).flat_map(|map| &map.entries) {
        if check.bought(name).is_some() {
            list.iter().for_each(|month| check.month(Some(month), months));
        }
    }
    for purchase in &spec.purchase {
        let Some(offer) = check.bought(&purchase.offer) else { continue };
        check.purchased(&purchase.units, offer);
        match &purchase.term {
            Some(term) => check.term(term, offer),
            None if offer.terms.len() > 1 => {
                let allowed = Check::terms(offer);
                check.refuse(&purchase.at, "does not say for which of the offer's terms", &allowed);
            }
            None => {}
        }
        check.month(purchase.start_month.as_ref(), months);
        if let Some(schedule) = &purchase.schedule {
            check.good &= Schedule::check(schedule, check.reader);
            if purchase.term.as_ref().map_or(offer.terms.first().map(|(term, _)| *term), |term| Some(term.value)) != Some(Term::NONE) {
                check.refuse(&schedule.at, "is for units that are bound by no term", "`term = \"none\"` beside it");
            }
        }
        if let Some(renewal) = &purchase.renewal
            && renewal.value == Renewal::Hourly
            && !offer.terms.iter().any(|(term, _)| *term == Term::NONE)
        {
            check.refuse(&renewal.at, "needs a price by the hour, which the offer has not", "an offer with the term \"none\"");
        }
    }
    reservation::check(spec, months, &mut check);
    for &index in routed {
        if let OfferKind::Provisioned(offer) = &offers[index].kind {
            check.complete(spec, &offers[index].name, offer, months);
        }
    }
    check.good
}

pub(in crate::supply) struct Check<'a> {
    offers: &'a [Offer],
    routed: &'a [usize],
    reader: &'a mut Reader,
    good: bool,
}

impl<'a> Check<'a> {
    /// Nothing is wrong yet; `routed` are the offers on the routes.
    pub(in crate::supply) fn new(offers: &'a [Offer], routed: &'a [usize], reader: &'a mut Reader) -> Self {
        Self { offers, routed, reader, good: true }
    }

    /// Whether nothing was refused.
    pub(in crate::supply) fn is_good(&self) -> bool {
        self.good
    }

    pub(in crate::supply) fn refuse(&mut self, at: &At, message: &str, allowed: &str) {
        self.reader.refuse(at, message, allowed);
        self.good = false;
    }

    /// The provisioned offer of a name that stands as a key.
    pub(in crate::supply) fn bought(&mut self, name: &Field<String>) -> Option<&'a Provisioned> {
        let offers = self.offers;
        let found = offers.iter().position(|offer| offer.name == name.value);
        let provisioned = || offers.iter().filter(|offer| matches!(offer.kind, OfferKind::Provisioned(_))).map(|o| o.name.as_str());
        let problem = match found.map(|index| (&offers[index].kind, self.routed.contains(&index))) {
            Some((OfferKind::Provisioned(offer), true)) => return Some(offer),
            Some((OfferKind::Provisioned(_), false)) => "is bought, and no route of this plan uses it",
            Some(_) => "is paid by the token: no units of it can be bought",
            None => "is no offer",
        };
        self.good = false;
        let diagnostic = self.reader.error(&name.at, problem);
        diagnostic.given = Some(name.value.clone());
        diagnostic.allowed = Some(provisioned().collect::<Vec<_>>().join(", "));
        diagnostic.help = nearest(&name.value, provisioned()).filter(|n| *n != name.value).map(|n| format!("did you mean `{n}`?"));
        None
    }

    fn axes(&mut self, at: &At, offer: &Provisioned, given: usize) -> bool {
        match (offer.axes.len(), given) {
            (1, 2) => self.refuse(at, "names two axes of an offer that has one", "one number of units"),
            (2, 1) => self.refuse(at, "is one number for an offer with two axes", "{ input = …, output = … }"),
            _ => return true,
        }
        false
    }

    /// Units as one number or one for each axis.
    pub(in crate::supply) fn purchased(&mut self, units: &Field<UnitsSpec>, offer: &Provisioned) {
        match &units.value {
            UnitsSpec::One(one) => self.units(&units.at, std::slice::from_ref(one), offer, 1),
            UnitsSpec::Two(two) if self.axes(&units.at, offer, 2) => {
                self.on_axis(&two.input.at, &[two.input.value], &offer.axes[0]);
                self.on_axis(&two.output.at, &[two.output.value], &offer.axes[1]);
            }
            UnitsSpec::Two(_) => {}
        }
    }

    /// Units reserved: steps are for what is deployed.
    pub(super) fn reserved(&mut self, units: &Field<UnitsSpec>, offer: &Provisioned) {
        let (given, most) = match &units.value {
            UnitsSpec::One(one) => (1, *one),
            UnitsSpec::Two(two) => (2, two.input.value.max(two.output.value)),
        };
        let least = if let UnitsSpec::Two(two) = &units.value { two.input.value.min(two.output.value) } else { most };
        if self.axes(&units.at, offer, given) && !(least >= 0.0 && most <= MOST_UNITS) {
            self.refuse(&units.at, "is no number of units", &format!("a number from 0 to {MOST_UNITS}"));
        }
    }

    /// A month of the horizon in which something starts.
    pub(super) fn month(&mut self, month: Option<&Field<u64>>, months: usize) {
        if let Some(month) = month.filter(|month| !(1..=months as u64).contains(&month.value)) {
            self.refuse(&month.at, "is no month of the horizon", &format!("a month from 1 to {months}"));
        }
    }

    fn units(&mut self, at: &At, units: &[f64], offer: &Provisioned, given: usize) {
        if self.axes(at, offer, given) {
            self.on_axis(at, units, &offer.axes[0]);
        }
    }

    fn on_axis(&mut self, at: &At, units: &[f64], axis: &Axis) {
        if let Some(wrong) = units.iter().find(|&&units| !axis.allows(units)) {
            let message = format!("holds {}, which cannot be bought", crate::supply::short(*wrong));
            self.refuse(at, &message, &axis.allowed());
        } else if units.iter().any(|&units| units > MOST_UNITS) {
            self.refuse(at, "holds more units than any vendor has", &format!("at most {MOST_UNITS} units"));
        }
    }

    pub(in crate::supply) fn term(&mut self, term: &Field<Term>, offer: &Provisioned) {
        if !offer.terms.iter().any(|(known, _)| *known == term.value) {
            let allowed = Self::terms(offer);
            self.refuse(&term.at, "is a term that the offer does not have", &allowed);
        }
    }

    /// The terms of an offer, for a message.
    pub(in crate::supply) fn terms(offer: &Provisioned) -> String {
        offer.terms.iter().map(|(term, _)| format!("\"{term}\"")).collect::<Vec<_>>().join(", ")
    }

    /// Whether units and term of a routed offer are said, fixed or swept, and it starts within the horizon.
    fn complete(&mut self, spec: &PlanSpec, name: &str, offer: &Provisioned, months: usize) {
        let sweep = spec.sweep.as_ref();
        let fixed = spec.units.as_ref().is_some_and(|map| map.get(name).is_some());
        let swept = sweep.and_then(|s| s.units.as_ref()).is_some_and(|map| map.get(name).is_some());
        let purchased = spec.purchase.iter().any(|purchase| purchase.offer.value == name);
        if !fixed && !swept && purchased {
            return;
        }
        if !fixed && !swept {
            let message = format!("routes work to `{name}` and says no number of its units");
            self.refuse(
                &spec.route.at,
                &message,
                &format!("`units = {{ {name} = … }}` in the plan, in its sweep, or a `[[plan.purchase]]`"),
            );
        }
        let fixed = spec.term.as_ref().is_some_and(|map| map.get(name).is_some());
        let swept = sweep.and_then(|s| s.term.as_ref()).is_some_and(|map| map.get(name).is_some());
        if !fixed && !swept && offer.terms.len() > 1 {
            let message = format!("buys `{name}` and does not say for which of its terms");
            let allowed = Self::terms(offer);
            self.refuse(&spec.name.at, &message, &format!("`term = {{ {name} = … }}` with one of {allowed}"));
        }
        let swept = sweep.and_then(|s| s.start_month.as_ref()).is_some_and(|map| map.get(name).is_some());
        let said = swept || spec.start_month.as_ref().is_some_and(|map| map.get(name).is_some());
        if !said && offer.start_month >= months {
            let message = format!("buys `{name}`, which starts in month {} of a horizon of {months}", offer.start_month + 1);
            self.refuse(&spec.name.at, &message, "a start within the horizon");
        }
    }
}
