//! The price of less throttling: for each further nine, the cheapest plan with that share of its requests served at once.

use super::parts::{Part, throttled_share};
use super::search::Search;
use crate::statistics::Estimate;
use crate::tally::{Recipe, Span};
use std::collections::HashMap;

/// Shares of requests that may be throttled: one nine to five.
const SHARES: [f64; 5] = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5];

/// One step of the curve.
#[derive(Clone, Debug)]
pub struct Nine {
    /// Mean share of every pool's requests that may be throttled.
    pub share: f64,
    /// The cheapest plan that keeps it, by the mean; its purchases in words. `None` where no plan does.
    pub plan: Option<String>,
    /// What it costs a month. `[currency]`
    pub cost: Option<Estimate>,
    /// What it costs more than the plan of the step before. `[currency a month]`
    pub more: Option<Estimate>,
    /// Its mean share of throttled requests in its worst pool, and whether the share asked for lies inside the error of that.
    pub throttled: Option<Estimate>,
}

pub(super) fn nines(search: &mut Search<'_>, usable: &dyn Fn(&Part) -> bool) -> Vec<Nine> {
    let mut known: HashMap<Recipe, Estimate> = HashMap::new();
    let (scenario, outcome) = (search.scenario, search.outcome);
    let mut share = |part: &Part| match throttled_share(scenario, outcome, part) {
        None => Estimate { point: 0.0, standard_error: Some(0.0), n: 1 },
        Some(recipe) => *known.entry(recipe).or_insert_with_key(|recipe| outcome.mean(recipe)),
    };
    // By family, pool and part.
    let families = search.families;
    let shares: Vec<Vec<Vec<Estimate>>> =
        families.iter().map(|family| family.pools.iter().map(|parts| parts.iter().map(&mut share).collect()).collect()).collect();
    let mut nines: Vec<Nine> = Vec::new();
    let mut before: Option<Vec<f64>> = None;
    for allowed in SHARES {
        let cheapest = |family: usize| -> Option<(f64, Vec<usize>)> {
            let of_pool = |(parts, shares): (&Vec<Part>, &Vec<Estimate>)| {
                let may = (0..parts.len()).filter(|&part| usable(&parts[part]) && shares[part].point <= allowed);
                may.min_by(|&a, &b| parts[a].mean.total_cmp(&parts[b].mean).then(a.cmp(&b)))
            };
            let pools = || families[family].pools.iter();
            let chosen: Vec<usize> = pools().zip(&shares[family]).map(of_pool).collect::<Option<_>>()?;
            Some((pools().zip(&chosen).map(|(parts, &part)| parts[part].mean).sum(), chosen))
        };
        let best = (0..families.len()).filter_map(|family| Some((family, cheapest(family)?)));
        let best = best.min_by(|a, b| a.1.0.total_cmp(&b.1.0).then(a.0.cmp(&b.0)));
        let Some((family, (_, chosen))) = best else {
            nines.push(Nine { share: allowed, plan: None, cost: None, more: None, throttled: None });
            continue;
        };
        let samples = search.samples(family, &chosen);
        let method = outcome.method(Span::Horizon);
        let more = before.as_ref().map(|before| {
            let differences: Vec<f64> = samples.iter().zip(before).map(|(now, before)| now - before).collect();
            method.mean(&differences)
        });
        let worst = shares[family].iter().zip(&chosen).map(|(shares, &part)| shares[part]);
        let carriers: Vec<(usize, usize)> =
            families[family].pools.iter().zip(&chosen).map(|(parts, &part)| (parts[part].plan, parts[part].pool)).collect();
        nines.push(Nine {
            share: allowed,
            plan: Some(scenario.supply.compose(&carriers).name),
            cost: Some(method.mean(&samples)),
            more,
            throttled: worst.max_by(|a, b| a.point.total_cmp(&b.point)),
        });
        before = Some(samples);
    }
    nines
}
