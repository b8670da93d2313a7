//! What offers make of tokens that are read from the cache.

use super::offer::{OfferKind, TokenPrices};
use super::pool::PoolGroup;
use super::{Supply, WorkloadFacts};
use crate::demand::Demand;
use crate::units::{ByClass, CLASSES};

impl Supply {
    /// Whether every offer paid by the token that is tried has a price for tokens that are read from the cache.
    #[must_use]
    pub fn prices_cache(&self) -> bool {
        (0..self.offers.len()).filter(|&offer| self.is_tried(offer)).all(|offer| self.token_prices(offer).is_none_or(is_priced))
    }

    /// Whether it matters how much of a workload's prompts is read from the cache: every offer on its ways that is paid by the token has a
    /// price for that, and to one of its offers it makes a difference, in the price or in what counts against a limit.
    #[must_use]
    pub fn tells_cache(&self, workload: usize) -> bool {
        let groups = || self.groups.iter().filter(move |group| group.workloads.contains(&workload));
        let offers = |group: &PoolGroup| -> Vec<usize> {
            let mine = group.members.iter().filter(|member| member.workload == workload);
            mine.flat_map(|member| member.batch.iter().chain(&member.route).copied()).collect()
        };
        let priced = groups().flat_map(offers).all(|offer| self.token_prices(offer).is_none_or(is_priced));
        let differs = |tokens: &ByClass| tokens.cache_read.to_bits() != tokens.input.to_bits();
        let dearer = |offer: usize| self.token_prices(offer).is_some_and(|prices| differs(&prices.per_token));
        let counts = |group: &PoolGroup| {
            let nodes = group.nodes.iter().filter(|node| node.is_limited() && offers(group).contains(&node.offer));
            nodes.flat_map(|node| &node.weights[..node.axes]).any(differs)
        };
        priced && groups().any(|group| counts(group) || offers(group).into_iter().any(dearer))
    }

    /// Prices of an offer that is paid by the token.
    fn token_prices(&self, offer: usize) -> Option<&TokenPrices> {
        match &self.offers[offer].kind {
            OfferKind::OnDemand(offer) => Some(&offer.price),
            OfferKind::Batch(offer) => Some(&offer.price),
            OfferKind::Provisioned(_) => None,
        }
    }

    /// The same supply for a demand whose requests are made of other tokens.
    #[must_use]
    pub(crate) fn with_spreads_of(&self, demand: &Demand) -> Self {
        let mut supply = self.clone();
        let known = |(facts, workload): (&mut WorkloadFacts, &crate::demand::Workload)| facts.size_spread = workload.size_spread;
        supply.workloads.iter_mut().zip(&demand.workloads).for_each(known);
        supply.groups.iter_mut().for_each(|group| group.respread(&supply.workloads));
        supply
    }
}

fn is_priced(prices: &TokenPrices) -> bool {
    CLASSES.iter().position(|class| *class == "cache_read").is_some_and(|cached| !prices.missing[cached])
}
