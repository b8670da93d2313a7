//! Quotas of on-demand offers: of tokens and of requests in a window, of tokens in a day, and one that several offers draw on.
//!
//! **Requests.** Azure standard deployments have requests per minute beside tokens, "evaluated over a small period of time (1 or 10
//! seconds)" (github.com/MicrosoftDocs/azure-ai-docs, quota-2.md of 2026-05-06: with 600 a minute the 11th request of a second gets 429);
//! Anthropic and `OpenAI` have them too; Bedrock no longer enforces its own but for embeddings. Whichever limit is met first throttles.
//! How counts of requests are set against tokens is told in `dispatch/requests.rs`.
//!
//! **Days.** Bedrock has tokens per day, 24 × 60 of a minute's unless reduced for new accounts ("Quotas for token burndown", AWS); `OpenAI`
//! has tokens and requests per day. When a day begins is not documented: here it is the horizon's local midnight, so `time_zone = "UTC"`
//! gives days of UTC. A day counts what requests settle to, or all that they held where nothing ever settles.
//!
//! **Sharing.** "Your on-demand quota for a model is shared across priority, default, and flex" (AWS, service-tiers-inference.html, fetched
//! 2026-02-15); Azure's flex and priority share the standard quota. What is refused for want of quota is refused by all of them. Each
//! offer's `incidents` are its own: what one cannot take because of them is left to the others.

#![allow(clippy::option_option, reason = "the outer one is whether a problem was told, the inner one what the file says")]

use super::resolve::Resolver;
use super::{Metering, Offer, OfferKind, OfferSpec, QuotaSpec, metering};
use crate::spec::{Field, Reader, nearest};
use crate::units::{ByClass, Quantity, TokenRate};

/// The most that may be asked for, enforced per minute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quota {
    /// Weighted tokens per hour that other traffic leaves, > 0; a window may take its part of an hour.
    pub per_hour: f64,
    /// Weighted tokens per hour that other traffic takes, >= 0.
    pub others: f64,
    /// How much a token of each class counts, >= 0.
    pub weights: ByClass,
    /// How it is counted.
    pub metering: Metering,
    /// The most requests.
    pub requests: Option<RequestLimit>,
    /// Weighted tokens of a local day that other traffic leaves, > 0.
    pub per_day: Option<f64>,
}

/// The most requests that may be sent, whatever their tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RequestLimit {
    /// Requests per hour, > 0; a window may take its part of an hour.
    pub per_hour: f64,
    /// The span of time `[s]` over which it holds: a divisor of an hour, >= 1.
    pub window: u32,
}

impl Resolver<'_> {
    /// A quota of the offer's own; `Some(None)` where it draws on another's, which [`share`] fills in.
    pub(super) fn quota(&mut self, spec: &Field<QuotaSpec>) -> Option<Option<Quota>> {
        if spec.shared_with.is_some() {
            return self.nothing_of_its_own(spec).then_some(None);
        }
        let Some(rate) = &spec.rate else {
            self.reader.missing(&spec.at, "rate", TokenRate::FORM);
            return None;
        };
        let per_hour = self.above_zero(&rate.at, rate.per_hour, "a quota above zero").and_then(|rate| self.left(rate, spec));
        let path = spec.at.key("weights");
        let weights = self.weights(spec.weights.as_ref(), &path, 1.0);
        let metering = Metering::resolve(spec.window.as_ref(), spec.refill.as_ref(), spec.hold.as_ref(), self.reader);
        let requests = self.requests(spec, metering.map_or(60, |metering| metering.window));
        let per_day = self.per_day(spec);
        let others = spec.others.as_ref().map_or(0.0, |others| others.per_hour);
        let (per_hour, requests, per_day) = (per_hour?, requests?, per_day?);
        Some(Some(Quota { per_hour, others, weights: weights?, metering: metering?, requests, per_day }))
    }

    fn requests(&mut self, spec: &QuotaSpec, window: u32) -> Option<Option<RequestLimit>> {
        match (&spec.requests, &spec.request_window) {
            (None, None) => Some(None),
            (None, Some(window)) => {
                self.reader.refuse(&window.at, "is the window of requests that have no limit", "`requests` beside it");
                None
            }
            (Some(rate), given) => {
                let window = given.as_ref().map_or(Some(window), |given| metering::seconds(given, self.reader));
                let per_hour = self.above_zero(&rate.at, rate.per_hour, "a number of requests above zero");
                Some(Some(RequestLimit { per_hour: per_hour?, window: window? }))
            }
        }
    }

    /// A day's tokens, less what other traffic takes in 24 hours.
    fn per_day(&mut self, spec: &QuotaSpec) -> Option<Option<f64>> {
        let Some(rate) = &spec.per_day else { return Some(None) };
        let whole = self.above_zero(&rate.at, 24.0 * rate.per_hour, "a day's quota above zero")?;
        let others = spec.others.as_ref().map_or(0.0, |others| 24.0 * others.per_hour);
        if others < whole {
            return Some(Some(whole - others));
        }
        self.reader.refuse(&rate.at, "is all taken by `others`", "more than what other traffic takes in a day");
        None
    }

    /// What other traffic of the account leaves of a quota.
    fn left(&mut self, rate: f64, quota: &QuotaSpec) -> Option<f64> {
        let Some(others) = &quota.others else { return Some(rate) };
        if others.per_hour < rate {
            return Some(rate - others.per_hour);
        }
        self.reader.refuse(&others.at, "leaves nothing of the quota", "a rate below the quota's own");
        None
    }

    fn nothing_of_its_own(&mut self, spec: &QuotaSpec) -> bool {
        let QuotaSpec { rate, others, weights, window, refill, hold, requests, request_window, per_day, shared_with: _ } = spec;
        let places = [
            ("rate", rate.as_ref().map(|f| &f.at)),
            ("others", others.as_ref().map(|f| &f.at)),
            ("weights", weights.as_ref().map(|f| &f.at)),
            ("window", window.as_ref().map(|f| &f.at)),
            ("refill", refill.as_ref().map(|f| &f.at)),
            ("hold", hold.as_ref().map(|f| &f.at)),
            ("requests", requests.as_ref().map(|f| &f.at)),
            ("request_window", request_window.as_ref().map(|f| &f.at)),
            ("per_day", per_day.as_ref().map(|f| &f.at)),
        ];
        let mut alone = true;
        for (name, at) in places.into_iter().filter_map(|(name, at)| Some((name, at?))) {
            self.reader.refuse(at, "stands beside `shared_with`", format!("`{name}` in the quota that is shared"));
            alone = false;
        }
        alone
    }
}

/// Gives every offer that draws on another's quota that quota. Problems go to `reader`; `None` only after at least one.
pub(crate) fn share(specs: &[Field<OfferSpec>], mut offers: Vec<Offer>, reader: &mut Reader) -> Option<Vec<Offer>> {
    let mut good = true;
    for (index, spec) in specs.iter().enumerate() {
        let OfferSpec::OnDemand(spec) = &spec.value else { continue };
        let Some(name) = spec.quota.as_ref().and_then(|quota| quota.shared_with.as_ref()) else { continue };
        let owner = offers.iter().position(|offer| offer.name == name.value);
        let quota = owner.and_then(|owner| match &offers[owner].kind {
            OfferKind::OnDemand(offer) => offer.quota.filter(|_| owner != index && offer.shares.is_none()),
            _ => None,
        });
        if let (Some(quota), OfferKind::OnDemand(offer)) = (quota, &mut offers[index].kind) {
            (offer.quota, offer.shares) = (Some(quota), owner);
            continue;
        }
        let own = |spec: &&Field<OfferSpec>| match &spec.value {
            OfferSpec::OnDemand(other) => other.quota.as_ref().is_some_and(|quota| quota.shared_with.is_none()),
            _ => false,
        };
        let names = || specs.iter().filter(own).map(|spec| spec.name().value.as_str());
        let message = if owner.is_some() { "has no quota of its own to share" } else { "is no offer" };
        let diagnostic = reader.error(&name.at, message);
        diagnostic.given = Some(format!("\"{}\"", name.value));
        let allowed = names().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
        diagnostic.allowed = Some(if allowed.is_empty() { "an on-demand offer with a quota".to_owned() } else { allowed });
        diagnostic.help = if owner.is_none() { nearest(&name.value, names()).map(|name| format!("did you mean `{name}`?")) } else { None };
        good = false;
    }
    good.then_some(offers)
}
