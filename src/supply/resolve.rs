//! From the file's offers and plans to the supply that serves them, every problem told.

use super::commitment::Commitment;
use super::facts::WorkloadFacts;
use super::offer::{self, MAX_AXES, Offer, OfferKind, OfferSpec, Provisioned, Renewal, refuse_without_max_tokens};
use super::outage;
use super::plan::compose::{common, terms, units_label};
use super::plan::open::{self, Opened, Opening};
use super::plan::via_batch::{ViaBatch, via_batch};
use super::plan::{MAX_PLANS, Plan, PlanSpec, PoolChoice, PurchaseSpec, ReservationSpec, UnitsSpec, check, sweep};
use super::pool::{Laws, PoolGroup, Scheduled, Windows, windows};
use super::price_cut;
use super::route::{self, Member};
use super::schedule::Schedule;
use super::{Supply, priority};
use crate::horizon::Horizon;
use crate::spec::{Field, Reader, check_name};
use crate::units::{Currency, Term};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

impl Supply {
    /// Checks offers and plans and lays out their pools. `workloads` are in the order of the demand path.
    ///
    /// With an opening, what the plans buy is open: see [`Candidates`](super::Candidates).
    /// Every problem goes to `reader`; `None` only after at least one.
    pub fn resolve(
        specs: &[Field<OfferSpec>],
        plans: &[Field<PlanSpec>],
        workloads: &[WorkloadFacts],
        horizon: &Arc<Horizon>,
        currency: Currency,
        opening: Option<&Opening<'_>>,
        reader: &mut Reader,
    ) -> Option<Self> {
        let price_cuts = price_cut::resolve(specs, horizon, reader);
        let offers = resolved(specs, currency, reader);
        if plans.is_empty() {
            let at = crate::spec::At { path: "plan".to_owned(), span: 0..0, origin: crate::spec::Origin::File };
            reader.error(&at, "is missing").allowed = Some("at least one [[plan]]".to_owned());
        }
        // Without all offers, every name that refers to a broken one would be told as unknown.
        let offers = offers?;
        let mut builder = Builder::new(&offers, workloads, horizon, opening);
        let mut good = !plans.is_empty() && opening.is_none_or(|opening| opening.is_left_open(plans, &offers, reader));
        let mut names: BTreeSet<String> = BTreeSet::new();
        for plan in plans {
            good &= check_name(&plan.name, "plan", reader);
            if !names.insert(plan.name.value.clone()) {
                reader.refuse(&plan.name.at, "is the name of a plan before it", "every name once");
                good = false;
            }
            good &= builder.plan(plan, reader).is_some();
        }
        if let Some(opening) = opening.filter(|opening| good && opening.candidates.via_batch) {
            for way in via_batch(plans, &offers, workloads, opening.limits_lateness) {
                builder.via_batch(&way, reader);
            }
        }
        if !good || price_cuts.is_none() {
            return None;
        }
        for (index, offer) in offers.iter().enumerate() {
            if !builder.used.contains(&index) {
                reader.warn(format!("no plan uses the offer `{}`", offer.name));
            }
        }
        builder.laws.warnings.iter().for_each(|warning| reader.warn(warning.clone()));
        let Builder { groups, plans, .. } = builder;
        if outage::refuse_too_many(specs, &offers, &groups, horizon.hours(), reader) {
            return None;
        }
        Some(Self::new(offers, workloads.to_vec(), groups, plans, Arc::clone(horizon)).with_price_cuts(price_cuts?))
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
    offer::share(specs, offers.filter(|_| good)?, reader)
}

/// Where what is bought is open, the plans of a sweep stand beside the open ones up to so many; beyond that the open ones hold their parts.
const MOST_AS_WRITTEN: usize = 2_000;

struct Builder<'a> {
    offers: &'a [Offer],
    workloads: &'a [WorkloadFacts],
    horizon: &'a Horizon,
    groups: Vec<PoolGroup>,
    /// Groups by their members and routes, and by the windows that units tell.
    known: BTreeMap<(Vec<Member>, Windows), usize>,
    /// For each group, its cases by the bits of their units.
    cases: Vec<BTreeMap<Vec<u64>, usize>>,
    laws: Laws,
    plans: Vec<Plan>,
    used: BTreeSet<usize>,
    opening: Option<&'a Opening<'a>>,
}

impl<'a> Builder<'a> {
    fn new(offers: &'a [Offer], workloads: &'a [WorkloadFacts], horizon: &'a Horizon, opening: Option<&'a Opening<'a>>) -> Self {
        Self {
            offers,
            workloads,
            horizon,
            groups: Vec::new(),
            known: BTreeMap::new(),
            cases: Vec::new(),
            laws: Laws::default(),
            plans: Vec::new(),
            used: BTreeSet::new(),
            opening,
        }
    }

    /// Adds a plan that is not in the file, if it can be served, and notes that it is there, or why not.
    fn via_batch(&mut self, way: &ViaBatch, reader: &mut Reader) {
        match way {
            ViaBatch::LeftOut(why) => reader.assumed("plan.via_batch.left_out", why, "not looked at"),
            ViaBatch::Plan(spec) => {
                // What is wrong with it is nobody's slip, so it is tried apart.
                let mut apart = Reader::new("", "", std::path::Path::new(""));
                let tried = Builder::new(self.offers, self.workloads, self.horizon, self.opening).plan(spec, &mut apart);
                let served = tried.is_some() && apart.is_clean() && self.plan(spec, &mut apart).is_some();
                let (note, more) = if served { ("looked_at", "") } else { ("left_out", ", which cannot be served so") };
                let value = format!("`{}`{more}", spec.name.value);
                reader.assumed(format!("plan.via_batch.{note}"), value, "made of a plan of the file");
            }
        }
    }

    fn plan(&mut self, spec: &Field<PlanSpec>, reader: &mut Reader) -> Option<()> {
        let members = route::members(spec, self.offers, self.workloads, reader);
        let routed: BTreeSet<usize> = match &members {
            Some(members) => members.iter().flat_map(|member| member.batch.iter().chain(&member.route).copied()).collect(),
            // Purchases are still checked, against the names that the routes hold; where one of those is no offer's, it may have meant any
            // that is bought, and telling that none of the routes uses it would tell the same slip again.
            None => {
                let named = |name: &str| self.offers.iter().position(|offer| offer.name == name);
                let names = || spec.route.entries.iter().flat_map(|(_, route)| route.iter().map(|name| named(&name.value)));
                let bought = bought_names(spec).filter_map(named).filter(|_| names().any(|offer| offer.is_none()));
                names().flatten().chain(bought).collect()
            }
        };
        let routed: Vec<usize> = routed.into_iter().collect();
        self.used.extend(routed.iter().copied());
        let (Some(opening), Some(members)) = (self.opening, &members) else { return self.lay(spec, members, &routed, reader) };
        let open = opening.open(spec, &route::pools(members, self.offers), (self.offers, self.workloads), reader);
        let stands = open.is_empty() || open::is_whole(spec, &routed, self.offers) && sweep::count(spec) <= MOST_AS_WRITTEN;
        let written = stands.then(|| Opened { spec: spec.clone(), suffix: String::new() });
        for Opened { spec, suffix } in written.iter().chain(&open) {
            let before = self.plans.len();
            self.lay(spec, Some(members.clone()), &routed, reader)?;
            self.plans[before..].iter_mut().for_each(|plan| plan.name.push_str(suffix));
        }
        Some(())
    }

    /// Lays out the plans of a sweep; `members` are `None` after a problem of the routes.
    fn lay(&mut self, spec: &Field<PlanSpec>, members: Option<Vec<Member>>, routed: &[usize], reader: &mut Reader) -> Option<()> {
        let bought = check::purchases(spec, self.offers, routed, self.horizon.months(), reader);
        let choices = sweep::choices(spec, MAX_PLANS - self.plans.len().min(MAX_PLANS), reader);
        let (members, choices) = members.filter(|_| bought).zip(choices)?;
        let pools = route::pools(&members, self.offers);
        let mut laid = Vec::with_capacity(choices.len());
        for choice in choices {
            let of_offer = |&offer: &usize| self.commitment(offer, &choice).into_iter().chain(self.purchases(offer, spec));
            let commitments: Vec<Commitment> = routed.iter().flat_map(of_offer).collect();
            let groups: Vec<usize> = pools.iter().map(|pool| self.group(pool, &commitments)).collect();
            laid.push((choice, commitments, groups));
        }
        let alike: BTreeSet<usize> = laid.iter().flat_map(|(_, _, groups)| groups.iter().copied()).collect();
        let apart = self.quotas_are_apart(spec, &pools, reader);
        self.servable(spec, &alike, reader).filter(|()| apart)?;
        if !self.priorities(&alike, spec, reader) {
            return None;
        }
        self.note_only_terms(spec, routed, reader);
        let reservations: Vec<Commitment> = routed.iter().flat_map(|&offer| self.reservations(offer, spec)).collect();
        for (choice, commitments, groups) in laid {
            let pools = groups.iter().map(|&group| PoolChoice { group, case: self.case(group, &commitments) }).collect();
            let unreserved = commitments.iter().filter(|c| !reservations.iter().any(|reservation| reservation.offer == c.offer));
            self.plans.push(Plan {
                name: format!("{}{}", spec.name.value, choice.suffix),
                base: spec.name.value.clone(),
                units: common(commitments.chunk_by(|a, b| a.offer == b.offer).map(|ladder| self.units_label(ladder))),
                term: common(terms(unreserved.chain(&reservations))),
                commitments,
                reservations: reservations.clone(),
                pools,
            });
        }
        Some(())
    }

    /// Whether the priorities of every pool can be kept.
    fn priorities(&self, groups: &BTreeSet<usize>, spec: &Field<PlanSpec>, reader: &mut Reader) -> bool {
        let kept = |&group: &usize| priority::check(&self.groups[group], self.offers, self.workloads, spec, reader);
        // Every pool is told, not the first alone.
        !groups.iter().map(kept).collect::<Vec<_>>().contains(&false)
    }

    /// The group of a pool's members under these commitments.
    fn group(&mut self, members: &[Member], commitments: &[Commitment]) -> usize {
        let key = (members.to_vec(), windows(members, self.offers, commitments, self.horizon));
        if let Some(&group) = self.known.get(&key) {
            return group;
        }
        self.groups.push(PoolGroup::new(members.to_vec(), self.offers, self.workloads, &key.1, &mut self.laws));
        self.known.insert(key, self.groups.len() - 1);
        self.cases.push(BTreeMap::new());
        self.groups.len() - 1
    }

    /// Whether pools with holds or a state are of the kind that can be served, and every hold knows its size.
    fn servable(&self, spec: &Field<PlanSpec>, groups: &BTreeSet<usize>, reader: &mut Reader) -> Option<()> {
        let mut good = true;
        for &group in groups {
            let group = &self.groups[group];
            if let Some((message, allowed)) = group.unserved() {
                reader.refuse(&spec.route.at, message, allowed);
                good = false;
            }
            if group.path.is_some() && !group.days.is_empty() {
                let message = format!("walks pool `{}` window by window, and its quota of a day is kept by the hour", group.name);
                let allowed = "`per_day` without retries, `refill = \"steadily\"` and windows of different lengths, or these without it";
                reader.refuse(&spec.route.at, message, allowed);
                good = false;
            }
            let unknown = group.workloads.iter().map(|&workload| &self.workloads[workload]).filter(|facts| !facts.has_requests);
            for (node, facts) in group.nodes.iter().flat_map(|node| unknown.clone().map(move |facts| (node, facts))) {
                if node.request_window.is_some() {
                    let (workload, offer) = (&facts.name, &self.offers[node.offer].name);
                    let message = format!("routes `{workload}` to `{offer}`, which limits requests, and the workload tells tokens alone");
                    reader.refuse(&spec.route.at, message, "`tokens` in the workload, the size of a request, or a file with `requests`");
                    good = false;
                }
            }
            for (node, &workload) in group.nodes.iter().flat_map(|node| group.workloads.iter().map(move |workload| (node, workload))) {
                let facts = &self.workloads[workload];
                if node.metering.hold.is_some_and(|hold| hold.max_tokens(facts.max_tokens).is_none()) {
                    refuse_without_max_tokens(&spec.route.at, &facts.name, &self.offers[node.offer].name, reader);
                    good = false;
                }
            }
        }
        good.then_some(())
    }

    /// Whether no two pools of a plan draw on one quota: neither knows what the other takes of it.
    fn quotas_are_apart(&self, spec: &Field<PlanSpec>, pools: &[Vec<Member>], reader: &mut Reader) -> bool {
        let quota = |offer: usize| match &self.offers[offer].kind {
            OfferKind::OnDemand(on_demand) => on_demand.quota.map(|_| on_demand.shares.unwrap_or(offer)),
            _ => None,
        };
        let mut known: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
        let mut good = true;
        for (place, pool) in pools.iter().enumerate() {
            for &offer in pool.iter().flat_map(|member| &member.route) {
                let Some(owner) = quota(offer) else { continue };
                let (other, first) = *known.entry(owner).or_insert((place, offer));
                if other != place {
                    let [a, b, owner] = [first, offer, owner].map(|offer| &self.offers[offer].name);
                    let message = format!(
                        "lets two pools draw on the quota of `{owner}`, by `{a}` and by `{b}`, and neither knows what the other takes"
                    );
                    reader.refuse(&spec.route.at, message, "a quota for each, with what the other pool takes of it as `others`");
                    good = false;
                }
            }
        }
        good
    }

    fn case(&mut self, group: usize, commitments: &[Commitment]) -> usize {
        let case = self.groups[group].case(commitments, self.horizon);
        let key: Vec<u64> = case.units.iter().map(|units| units.to_bits()).chain(case.scheduled.iter().flat_map(Scheduled::key)).collect();
        let cases = &mut self.groups[group].cases;
        *self.cases[group].entry(key).or_insert_with(|| {
            cases.push(case);
            cases.len() - 1
        })
    }

    fn commitment(&self, index: usize, choice: &sweep::Choice) -> Option<Commitment> {
        let offer = &self.offers[index];
        let OfferKind::Provisioned(provisioned) = &offer.kind else { return None };
        let said = choice.units.get(&offer.name)?;
        let units: [f64; MAX_AXES] = std::array::from_fn(|axis| said.get(axis).copied().unwrap_or(0.0));
        bought(index, provisioned, units, choice.terms.get(&offer.name).copied(), choice.starts.get(&offer.name).copied())
    }

    /// The plan's further purchases of an offer.
    fn purchases(&self, index: usize, spec: &PlanSpec) -> Vec<Commitment> {
        let offer = &self.offers[index];
        let OfferKind::Provisioned(provisioned) = &offer.kind else { return Vec::new() };
        let of_offer = spec.purchase.iter().filter(|purchase| purchase.offer.value == offer.name);
        let commitment = |purchase: &Field<PurchaseSpec>| {
            let units = by_axis(&purchase.units.value);
            let term = purchase.term.as_ref().map(|term| term.value);
            let commitment = bought(index, provisioned, units, term, purchase.start_month.as_ref().map(|month| month.value))?;
            let renewal = purchase.renewal.as_ref().map_or(commitment.renewal, |renewal| renewal.value);
            let schedule = purchase.schedule.as_ref().map(|spec| Schedule::new(spec));
            Some(Commitment { renewal, schedule, ..commitment })
        };
        of_offer.filter_map(commitment).collect()
    }

    /// The plan's reservations of an offer. One that the offer would go on with by the hour just ends: that price is paid anyway.
    fn reservations(&self, index: usize, spec: &PlanSpec) -> Vec<Commitment> {
        let offer = &self.offers[index];
        let OfferKind::Provisioned(provisioned) = &offer.kind else { return Vec::new() };
        let of_offer = spec.reservation.iter().filter(|reservation| reservation.offer.value == offer.name);
        let commitment = |reserved: &Field<ReservationSpec>| {
            let units = by_axis(&reserved.units.value);
            let commitment =
                bought(index, provisioned, units, Some(reserved.term.value), reserved.start_month.as_ref().map(|month| month.value))?;
            let renewal = reserved.renewal.as_ref().map_or(commitment.renewal, |renewal| renewal.value);
            let renewal = if renewal == Renewal::Hourly { Renewal::End } else { renewal };
            Some(Commitment { renewal, ..commitment })
        };
        of_offer.filter_map(commitment).collect()
    }

    /// Units of all purchases of one offer.
    fn units_label(&self, ladder: &[Commitment]) -> String {
        let two = matches!(&self.offers[ladder[0].offer].kind, OfferKind::Provisioned(offer) if offer.axes.len() > 1);
        units_label(ladder, two)
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

/// The offers that a plan names where it says what is bought.
fn bought_names(spec: &PlanSpec) -> impl Iterator<Item = &str> {
    let sweep = spec.sweep.as_ref();
    let units = spec.units.iter().flat_map(|map| map.entries.iter().map(|(name, _)| name));
    let swept = sweep.and_then(|sweep| sweep.units.as_ref()).into_iter().flat_map(|map| map.entries.iter().map(|(name, _)| name));
    let terms = spec.term.iter().flat_map(|map| map.entries.iter().map(|(name, _)| name));
    let swept_terms = sweep.and_then(|sweep| sweep.term.as_ref()).into_iter().flat_map(|map| map.entries.iter().map(|(name, _)| name));
    let purchased = spec.purchase.iter().map(|purchase| &purchase.offer);
    units.chain(swept).chain(terms).chain(swept_terms).chain(purchased).map(|name| name.value.as_str())
}

pub(super) fn by_axis(units: &UnitsSpec) -> [f64; MAX_AXES] {
    match units {
        UnitsSpec::One(units) => [*units, 0.0],
        UnitsSpec::Two(units) => [units.input.value, units.output.value],
    }
}

/// Units of an offer for a term (its only one unless said), from a month of the file, which counts from 1.
pub(super) fn bought(
    offer: usize,
    provisioned: &Provisioned,
    units: [f64; MAX_AXES],
    term: Option<Term>,
    start: Option<u64>,
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
        start_month: start.map_or(provisioned.start_month, |month| (month as usize).saturating_sub(1)),
        renewal: provisioned.renewal,
        schedule: None,
        billed_in: provisioned.billed_in,
    })
}
