//! From the file's offers and plans to the supply that serves them, every problem told.

use super::commitment::Commitment;
use super::facts::WorkloadFacts;
use super::offer::{self, MAX_AXES, Offer, OfferKind, OfferSpec, Provisioned};
use super::plan::{MAX_PLANS, Plan, PlanSpec, PoolChoice, PurchaseSpec, UnitsSpec, check, sweep};
use super::pool::{Laws, PoolGroup, Scheduled};
use super::route::{self, Member};
use super::schedule::Schedule;
use super::{Supply, short};
use crate::horizon::Horizon;
use crate::spec::{Field, Reader, check_name};
use crate::units::{Currency, Term};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

impl Supply {
    /// Checks offers and plans and lays out their pools. `workloads` are in the order of the demand path.
    ///
    /// Every problem goes to `reader`; `None` only after at least one.
    pub fn resolve(
        offers: &[Field<OfferSpec>],
        plans: &[Field<PlanSpec>],
        workloads: &[WorkloadFacts],
        horizon: &Arc<Horizon>,
        currency: Currency,
        reader: &mut Reader,
    ) -> Option<Self> {
        let offers = resolved(offers, currency, reader);
        if plans.is_empty() {
            let at = crate::spec::At { path: "plan".to_owned(), span: 0..0, origin: crate::spec::Origin::File };
            reader.error(&at, "is missing").allowed = Some("at least one [[plan]]".to_owned());
        }
        // Without all offers, every name that refers to a broken one would be told as unknown.
        let offers = offers?;
        let mut builder = Builder {
            offers: &offers,
            workloads,
            months: horizon.months(),
            groups: Vec::new(),
            known: BTreeMap::new(),
            cases: Vec::new(),
            laws: Laws::default(),
            plans: Vec::new(),
            used: BTreeSet::new(),
        };
        let mut good = !plans.is_empty();
        let mut names: BTreeSet<String> = BTreeSet::new();
        for plan in plans {
            good &= check_name(&plan.name, "plan", reader);
            if !names.insert(plan.name.value.clone()) {
                reader.refuse(&plan.name.at, "is the name of a plan before it", "every name once");
                good = false;
            }
            good &= builder.plan(plan, reader).is_some();
        }
        if !good {
            return None;
        }
        for (index, offer) in offers.iter().enumerate() {
            if !builder.used.contains(&index) {
                reader.warn(format!("no plan uses the offer `{}`", offer.name));
            }
        }
        builder.laws.warnings.iter().for_each(|warning| reader.warn(warning.clone()));
        let Builder { groups, plans, .. } = builder;
        Some(Self::new(offers, workloads.to_vec(), groups, plans, Arc::clone(horizon)))
    }
    /// Tells every problem of the offers alone, for a scenario whose demand or plans cannot be judged.
    pub fn check_offers(offers: &[Field<OfferSpec>], currency: Currency, reader: &mut Reader) {
        resolved(offers, currency, reader);
    }
}

fn resolved(specs: &[Field<OfferSpec>], currency: Currency, reader: &mut Reader) -> Option<Vec<Offer>> {
    let offers: Vec<Option<Offer>> = specs.iter().map(|spec| offer::offer(spec, currency, reader)).collect();
    let mut good = true;
    for (index, spec) in specs.iter().enumerate() {
        let name = spec.name();
        if specs[..index].iter().any(|before| before.name().value == name.value) {
            reader.refuse(&name.at, "is the name of an offer before it", "every name once");
            good = false;
        }
    }
    let offers: Option<Vec<Offer>> = offers.into_iter().collect();
    offers.filter(|_| good)
}

struct Builder<'a> {
    offers: &'a [Offer],
    workloads: &'a [WorkloadFacts],
    months: usize,
    groups: Vec<PoolGroup>,
    /// Groups by their members and routes.
    known: BTreeMap<Vec<Member>, usize>,
    /// For each group, its cases by the bits of their units.
    cases: Vec<BTreeMap<Vec<u64>, usize>>,
    laws: Laws,
    plans: Vec<Plan>,
    used: BTreeSet<usize>,
}

impl Builder<'_> {
    fn plan(&mut self, spec: &Field<PlanSpec>, reader: &mut Reader) -> Option<()> {
        let members = route::members(spec, self.offers, self.workloads, reader);
        let routed: BTreeSet<usize> = match &members {
            Some(members) => members.iter().flat_map(|member| member.batch.iter().chain(&member.route).copied()).collect(),
            // Purchases are still checked, against the names that the routes hold.
            None => {
                let named = |name: &str| self.offers.iter().position(|offer| offer.name == name);
                spec.route.entries.iter().flat_map(|(_, route)| route.iter().filter_map(|name| named(&name.value))).collect()
            }
        };
        let routed: Vec<usize> = routed.into_iter().collect();
        let bought = check::purchases(spec, self.offers, &routed, self.months, reader);
        let choices = sweep::choices(spec, MAX_PLANS - self.plans.len().min(MAX_PLANS), reader);
        let (members, choices) = members.filter(|_| bought).zip(choices)?;
        self.used.extend(routed.iter().copied());
        let groups: Vec<usize> = route::pools(&members, self.offers).into_iter().map(|pool| self.group(pool)).collect();
        self.note_only_terms(spec, &routed, reader);
        for choice in choices {
            let of_offer = |&offer: &usize| self.commitment(offer, spec, &choice).into_iter().chain(self.purchases(offer, spec));
            let commitments: Vec<Commitment> = routed.iter().flat_map(of_offer).collect();
            let pools = groups.iter().map(|&group| PoolChoice { group, case: self.case(group, &commitments) }).collect();
            self.plans.push(Plan {
                name: format!("{}{}", spec.name.value, choice.suffix),
                base: spec.name.value.clone(),
                units: common(commitments.chunk_by(|a, b| a.offer == b.offer).map(|ladder| self.units_label(ladder))),
                term: common(commitments.iter().map(|c| c.term.to_string())),
                commitments,
                pools,
            });
        }
        Some(())
    }

    fn group(&mut self, members: Vec<Member>) -> usize {
        if let Some(&group) = self.known.get(&members) {
            return group;
        }
        self.known.insert(members.clone(), self.groups.len());
        self.groups.push(PoolGroup::new(members, self.offers, self.workloads, &mut self.laws));
        self.cases.push(BTreeMap::new());
        self.groups.len() - 1
    }

    fn case(&mut self, group: usize, commitments: &[Commitment]) -> usize {
        let case = self.groups[group].case(commitments, self.months);
        let key: Vec<u64> = case.units.iter().map(|units| units.to_bits()).chain(case.scheduled.iter().flat_map(Scheduled::key)).collect();
        let cases = &mut self.groups[group].cases;
        *self.cases[group].entry(key).or_insert_with(|| {
            cases.push(case);
            cases.len() - 1
        })
    }

    fn commitment(&self, index: usize, spec: &PlanSpec, choice: &sweep::Choice) -> Option<Commitment> {
        let offer = &self.offers[index];
        let OfferKind::Provisioned(provisioned) = &offer.kind else { return None };
        let said = choice.units.get(&offer.name)?;
        let units: [f64; MAX_AXES] = std::array::from_fn(|axis| said.get(axis).copied().unwrap_or(0.0));
        let start = spec.start_month.as_ref().and_then(|map| map.get(&offer.name));
        bought(index, provisioned, units, choice.terms.get(&offer.name).copied(), start)
    }

    /// The plan's further purchases of an offer.
    fn purchases(&self, index: usize, spec: &PlanSpec) -> Vec<Commitment> {
        let offer = &self.offers[index];
        let OfferKind::Provisioned(provisioned) = &offer.kind else { return Vec::new() };
        let of_offer = spec.purchase.iter().filter(|purchase| purchase.offer.value == offer.name);
        let commitment = |purchase: &Field<PurchaseSpec>| {
            let units = match &purchase.units.value {
                UnitsSpec::One(units) => [*units, 0.0],
                UnitsSpec::Two(units) => [units.input.value, units.output.value],
            };
            let term = purchase.term.as_ref().map(|term| term.value);
            let commitment = bought(index, provisioned, units, term, purchase.start_month.as_ref())?;
            let renewal = purchase.renewal.as_ref().map_or(commitment.renewal, |renewal| renewal.value);
            let schedule = purchase.schedule.as_ref().map(|spec| Schedule::new(spec));
            Some(Commitment { renewal, schedule, ..commitment })
        };
        of_offer.filter_map(commitment).collect()
    }

    /// Units of all purchases of one offer.
    fn units_label(&self, ladder: &[Commitment]) -> String {
        let two = matches!(&self.offers[ladder[0].offer].kind, OfferKind::Provisioned(offer) if offer.axes.len() > 1);
        let label = |commitment: &Commitment| if two { commitment.units.map(short).join("+") } else { short(commitment.units[0]) };
        ladder.iter().map(label).collect::<Vec<_>>().join(", ")
    }

    fn note_only_terms(&self, spec: &Field<PlanSpec>, routed: &[usize], reader: &mut Reader) {
        for &index in routed {
            let offer = &self.offers[index];
            let said = spec.term.as_ref().is_some_and(|map| map.get(&offer.name).is_some())
                || spec.sweep.as_ref().and_then(|sweep| sweep.term.as_ref()).is_some_and(|map| map.get(&offer.name).is_some());
            if let (OfferKind::Provisioned(provisioned), false) = (&offer.kind, said)
                && let Some((term, _)) = provisioned.terms.first()
            {
                reader.assumed(spec.at.key(&format!("term.{}", offer.name)), term, "the offer's only term");
            }
        }
    }
}

/// Units of an offer for a term (its only one unless said), from a month of the file, which counts from 1.
fn bought(
    offer: usize,
    provisioned: &Provisioned,
    units: [f64; MAX_AXES],
    term: Option<Term>,
    start: Option<&Field<u64>>,
) -> Option<Commitment> {
    let term = term.or_else(|| provisioned.terms.first().map(|(term, _)| *term))?;
    let price_of = |term: Term| provisioned.terms.iter().find(|(known, _)| *known == term).map(|(_, price)| *price);
    let price = price_of(term)?;
    Some(Commitment {
        offer,
        units,
        term,
        price,
        hourly_price: price_of(Term::NONE).unwrap_or(price),
        start_month: start.map_or(provisioned.start_month, |month| (month.value as usize).saturating_sub(1)),
        renewal: provisioned.renewal,
        schedule: None,
    })
}

/// The label that all have, if all have the same.
fn common(mut labels: impl Iterator<Item = String>) -> Option<String> {
    let first = labels.next()?;
    labels.all(|label| label == first).then_some(first)
}
