//! The levers that a scenario has by itself, each as far as it applies, with the reason where it does not.
//!
//! Trimming the prompt, retrieving fewer passages and cutting the history all make prompts shorter, so one lever stands for them.

use crate::decision::on_demand_price;
use crate::demand::{Class, Workload};
use crate::scenario::{Lever, Loaded, Move, Scenario};
use crate::spec::Provenance;
use crate::supply::{OfferKind, PoolGroup};
use crate::units::{ByClass, Share};

/// By how much prompts and answers get shorter.
const SHORTER: f64 = 0.1;
/// By how much shares rise.
const POINTS: f64 = 0.1;

/// A lever that does not apply, or not to all workloads, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The lever.
    pub lever: String,
    /// The workload, where it is one of several.
    pub workload: Option<String>,
    /// Why.
    pub reason: String,
}

/// What the changes of a lever are for one workload, or why there are none.
type Made = Result<(Vec<String>, Option<Move>), String>;

/// The levers of a scenario under one of its plans.
pub(super) fn defaults(loaded: &Loaded, plan: usize) -> (Vec<Lever>, Vec<LeftOut>) {
    let ground = Ground { loaded, scenario: &loaded.scenario, plan };
    let kinds: [(&str, &dyn Fn(usize) -> Made); 6] = [
        ("prompts −10%", &|workload| ground.sizes(workload, true)),
        ("answers −10%", &|workload| ground.sizes(workload, false)),
        ("max_tokens halved", &|workload| ground.max_tokens(workload)),
        ("cached share +10 points", &|workload| ground.cached(workload)),
        ("share to batch +10 points", &|workload| ground.batch(workload)),
        ("a tenth to a cheaper model", &|workload| ground.smaller(workload)),
    ];
    let (mut levers, mut left_out) = (Vec::new(), Vec::new());
    let workloads = &loaded.scenario.demand.workloads;
    for (name, of_workload) in kinds {
        let mut changes = Vec::new();
        // A move is of one workload, so each is a lever of its own.
        let mut moves = Vec::new();
        let mut missing = Vec::new();
        for (index, workload) in workloads.iter().enumerate() {
            match of_workload(index) {
                Ok((some, moved)) => {
                    changes.extend(some);
                    moves.extend(moved);
                }
                Err(reason) => missing.push((workload.name.clone(), reason)),
            }
        }
        let all_alike = missing.len() == workloads.len() && missing.iter().all(|(_, reason)| *reason == missing[0].1);
        let several = workloads.len() > 1 && !all_alike;
        for (workload, reason) in missing.into_iter().take(if all_alike { 1 } else { usize::MAX }) {
            left_out.push(LeftOut { lever: name.to_owned(), workload: several.then_some(workload), reason });
        }
        if !changes.is_empty() {
            levers.push(Lever { name: name.to_owned(), changes, moves: None, cost: 0.0 });
        }
        for moved in moves {
            let name = format!("a tenth of `{}` to `{}`", moved.workload, moved.route.join("`, `"));
            levers.push(Lever { name, changes: Vec::new(), moves: Some(moved), cost: 0.0 });
        }
    }
    (levers, left_out)
}

struct Ground<'a> {
    loaded: &'a Loaded,
    scenario: &'a Scenario,
    plan: usize,
}

impl Ground<'_> {
    fn workload(&self, index: usize) -> &Workload {
        &self.scenario.demand.workloads[index]
    }

    /// Mean tokens by class over the horizon.
    fn mix(&self, workload: usize) -> ByClass {
        (0..self.scenario.horizon.months()).fold(ByClass::ZERO, |sum, month| sum + self.scenario.demand.expected_tokens(workload, month))
    }

    /// The pools of the plan that serve a workload.
    fn pools(&self, workload: usize) -> impl Iterator<Item = &PoolGroup> {
        let supply = &self.scenario.supply;
        let groups = supply.plans[self.plan].pools.iter().map(|pool| &supply.groups[pool.group]);
        groups.filter(move |group| group.workloads.contains(&workload))
    }

    /// What a workload's tokens cost on demand under the plan.
    fn on_demand(&self, workload: usize) -> Option<f64> {
        let mix = self.mix(workload);
        self.pools(workload).find_map(|group| on_demand_price(self.scenario, group, Some(0))).map(|price| price.dot(&mix))
    }

    /// An on-demand offer that serves a workload under some plan and has no price for a class of tokens.
    fn without_price(&self, workload: usize, class: usize) -> Option<&str> {
        let supply = &self.scenario.supply;
        let nodes = supply.groups.iter().filter(|group| group.workloads.contains(&workload)).flat_map(|group| &group.nodes);
        nodes.map(|node| &supply.offers[node.offer]).find_map(|offer| match &offer.kind {
            OfferKind::OnDemand(on_demand) if on_demand.price.missing[class] => Some(offer.name.as_str()),
            _ => None,
        })
    }

    /// Shorter prompts or answers; the level follows, see [`super::with_requests_kept`].
    fn sizes(&self, index: usize, prompt: bool) -> Made {
        let workload = self.workload(index);
        let path = |key: &str| format!("workload.{}.tokens.{key}", workload.name);
        if workload.mean_request().is_none() {
            return Err("its tokens are recorded, or come without requests".to_owned());
        }
        if given(self.loaded, &path("input")) {
            let change = format!("{}=-{}%", path(if prompt { "input" } else { "output" }), 100.0 * SHORTER);
            return Ok((vec![change], None));
        }
        if !given(self.loaded, &path("mean")) {
            return Err("the file does not state its sizes".to_owned());
        }
        let mix = self.mix(index);
        let output = mix.output / mix.total();
        let part = if prompt { 1.0 - output } else { output };
        if !(part > 0.0) {
            return Err("it has no such tokens".to_owned());
        }
        let total = 1.0 - SHORTER * part;
        let left = if prompt { output / total } else { output * (1.0 - SHORTER) / total };
        let whole = format!("workload.{}.tokens={}", workload.name, change_of(total));
        Ok((vec![whole, format!("{}=\"{}%\"", path("output_share"), 100.0 * left)], None))
    }

    fn max_tokens(&self, index: usize) -> Made {
        let workload = self.workload(index);
        let Some(most) = workload.max_tokens else { return Err("the file states no `max_tokens`".to_owned()) };
        if !self.pools(index).any(|group| group.nodes.iter().any(|node| node.metering.hold.is_some())) {
            return Err("no offer of the plan holds `max_tokens` from a request's start".to_owned());
        }
        Ok((vec![format!("workload.{}.tokens.max_tokens={}", workload.name, most / 2.0)], None))
    }

    fn cached(&self, index: usize) -> Made {
        let workload = self.workload(index);
        let sizes = ["input", "mean"].iter().any(|key| given(self.loaded, &format!("workload.{}.tokens.{key}", workload.name)));
        if workload.mean_request().is_none() || !sizes {
            return Err("the file does not state its sizes".to_owned());
        }
        let mix = self.mix(index);
        if let Some(offer) = self.without_price(index, 1).filter(|_| mix.cache_read == 0.0) {
            return Err(format!("`{offer}` has no price for cache_read tokens"));
        }
        let prompt = mix.input + mix.cache_read + mix.cache_write;
        let (cached, written) = (mix.cache_read / prompt, mix.cache_write / prompt);
        let most = (1.0 - written).min(cached + POINTS);
        if !(prompt > 0.0 && most > cached) {
            return Err("no fresh prompt tokens are left".to_owned());
        }
        Ok((vec![format!("workload.{}.tokens.cached_share=\"{}\"", workload.name, Share(most))], None))
    }

    fn batch(&self, index: usize) -> Made {
        let workload = self.workload(index);
        if workload.class == Class::Deferrable {
            return Err("all of it can wait already".to_owned());
        }
        let mix = self.mix(index);
        let batches = self.scenario.supply.offers.iter().filter_map(|offer| match &offer.kind {
            OfferKind::Batch(batch) => Some((offer.name.as_str(), batch.price.per_token.dot(&mix))),
            OfferKind::OnDemand(_) | OfferKind::Provisioned(_) => None,
        });
        let Some((name, price)) = batches.min_by(|a, b| a.1.total_cmp(&b.1)) else { return Err("no offer is a batch offer".to_owned()) };
        if self.on_demand(index).is_some_and(|now| price >= now) {
            return Err(format!("`{name}` is no cheaper than what serves it now"));
        }
        let share = workload.deferrable_share + POINTS;
        if share > 1.0 {
            return Err("nearly all of it can wait already".to_owned());
        }
        let moved = Move { workload: workload.name.clone(), share: POINTS, route: vec![name.to_owned()] };
        if workload.deferrable_share == 0.0 {
            return moved_changes(self.scenario, &moved).map(|changes| (changes, None));
        }
        Ok((vec![format!("workload.{}.deferrable_share=\"{}\"", workload.name, Share(share))], None))
    }

    fn smaller(&self, index: usize) -> Made {
        let workload = self.workload(index);
        let mix = self.mix(index);
        let routed: Vec<usize> = self.pools(index).flat_map(|group| group.nodes.iter().map(|node| node.offer)).collect();
        let others = self.scenario.supply.offers.iter().enumerate().filter_map(|(index, offer)| match &offer.kind {
            OfferKind::OnDemand(on_demand) if !routed.contains(&index) && on_demand.price.per_token.dot(&mix) > 0.0 => {
                Some((offer.name.as_str(), on_demand.price.per_token.dot(&mix)))
            }
            _ => None,
        });
        let now = self.on_demand(index).ok_or("nothing on demand serves it now")?;
        // Prices of the same model are the same but for rounding.
        let cheaper = others.filter(|(_, price)| *price < 0.999 * now).min_by(|a, b| a.1.total_cmp(&b.1));
        let (name, _) = cheaper.ok_or("no other on-demand offer of the file is cheaper")?;
        let moved = Move { workload: workload.name.clone(), share: POINTS, route: vec![name.to_owned()] };
        moved_changes(self.scenario, &moved).map(|_| (Vec::new(), Some(moved)))
    }
}

/// The changes that serve a share of a workload by other offers, under every plan: as the part of it that has a route of its own.
///
/// # Errors
/// Why that cannot be.
pub(super) fn moved_changes(scenario: &Scenario, moved: &Move) -> Result<Vec<String>, String> {
    let name = &moved.workload;
    let Some(workload) = scenario.demand.workloads.iter().find(|workload| workload.name == *name) else {
        return Err(format!("`{name}` is no workload"));
    };
    if workload.class == Class::Deferrable {
        return Err(format!("`{name}` is deferrable: give it another route instead"));
    }
    if workload.deferrable_share > 0.0 {
        return Err(format!("a part of `{name}` goes another way already, and there is only one such part"));
    }
    let mut bases: Vec<&str> = Vec::new();
    for plan in &scenario.supply.plans {
        if !bases.contains(&plan.base.as_str()) {
            bases.push(&plan.base);
        }
    }
    let route = serde_json::Value::from(moved.route.clone());
    let share = format!("workload.{name}.deferrable_share=\"{}\"", Share(moved.share));
    let routes = bases.iter().map(|base| format!("plan.{base}.route.\"{name}.deferrable\"={route}"));
    Ok(std::iter::once(share).chain(routes).collect())
}

/// Whether the file states something at a path or below it.
pub(super) fn given(loaded: &Loaded, path: &str) -> bool {
    let below = |other: &str| other.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    loaded.resolved.iter().any(|value| value.provenance == Provenance::Given && below(&value.path))
}

/// A factor as a relative change: `-8%`, `-7.894778776978%`.
pub(super) fn change_of(factor: f64) -> String {
    let percent = format!("{:+.12}", 100.0 * (factor - 1.0));
    format!("{}%", percent.trim_end_matches('0').trim_end_matches('.'))
}
