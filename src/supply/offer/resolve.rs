//! Offers as written become offers as they serve: ranges checked, defaults filled and noted, discounts taken off.

use super::window::{self, WindowSpec, WindowStep};
use super::{Axis, Batch, Metering, Offer, OfferKind, OnDemand, Provisioned, TokenPrices, completion};
use super::{
    AxisSpec, BatchSpec, CapacitySpec, DiscountSpec, IncrementSpec, OfferSpec, OnDemandSpec, OverflowRule, PriceSpec, ProvisionedSpec,
    Renewal, TermPriceSpec, WeightsSpec,
};
use crate::spec::{At, Field, Map, Reader, check_name};
use crate::supply::outage;
use crate::units::{ByClass, CLASSES, Currency, Hours, Quantity, Share, Term, UnitPrice};

/// Resolves one offer; every problem goes to `reader`, `None` only after at least one.
///
/// `at` is the place of the offer in the file, whose path names the defaults that are noted.
pub(crate) fn offer(spec: &Field<OfferSpec>, currency: Currency, reader: &mut Reader) -> Option<Offer> {
    let named = check_name(spec.name(), "offer", reader);
    let mut resolver = Resolver { at: &spec.at, currency, reader };
    let (kind, source, date) = match &spec.value {
        OfferSpec::OnDemand(s) => (resolver.on_demand(s).map(OfferKind::OnDemand), &s.source, &s.date),
        OfferSpec::Provisioned(s) => (resolver.provisioned(s).map(OfferKind::Provisioned), &s.source, &s.date),
        OfferSpec::Batch(s) => (resolver.batch(s).map(OfferKind::Batch), &s.source, &s.date),
    };
    let source = source.as_ref().map(|s| s.value.clone());
    let kind = kind?;
    named.then(|| Offer { name: spec.name().value.clone(), source, date: date.as_ref().map(|d| d.value), kind })
}

pub(super) struct Resolver<'a> {
    at: &'a At,
    currency: Currency,
    pub(super) reader: &'a mut Reader,
}

impl Resolver<'_> {
    fn on_demand(&mut self, spec: &OnDemandSpec) -> Option<OnDemand> {
        let discount = discounts(spec.discount.as_ref());
        let price = self.prices(&spec.price, &discount);
        let quota = match &spec.quota {
            None => Some(None),
            Some(quota) => self.quota(quota),
        };
        let incidents = outage::incidents(spec.incidents.as_ref(), spec.quota.is_some(), self.reader);
        Some(OnDemand { price: price?, quota: quota?, shares: None, incidents: incidents? })
    }

    fn provisioned(&mut self, spec: &ProvisionedSpec) -> Option<Provisioned> {
        let axes = match (&spec.capacity, &spec.axes) {
            (Some(capacity), None) => {
                let path = self.at.key("weights");
                let weights = self.weights(spec.weights.as_ref(), &path, 1.0);
                let rate = self.capacity(capacity);
                let step = self.steps(spec.minimum.as_ref(), spec.increment.as_ref(), self.at);
                weights
                    .zip(rate)
                    .zip(step)
                    .map(|((weights, capacity), (minimum, increment))| vec![Axis { capacity, weights, minimum, increment }])
            }
            (None, Some(axes)) => {
                for (name, at) in [
                    ("weights", spec.weights.as_ref().map(|f| &f.at)),
                    ("minimum", spec.minimum.as_ref().map(|f| &f.at)),
                    ("increment", spec.increment.as_ref().map(|f| &f.at)),
                ] {
                    if let Some(at) = at {
                        self.reader.refuse(at, "stands beside `axes`", format!("`{name}` inside axes.input and axes.output"));
                    }
                }
                let input = self.axis(&axes.input);
                let output = self.axis(&axes.output);
                input.zip(output).map(|(input, output)| vec![input, output])
            }
            (Some(_), Some(axes)) => {
                self.reader.refuse(&axes.at, "stands beside `capacity`", "either `capacity` or `axes`");
                None
            }
            (None, None) => {
                self.reader.missing(self.at, "capacity", "what one unit serves, such as \"20k tokens/min\", or `axes`");
                None
            }
        };
        let discount = discounts(spec.discount.as_ref());
        let terms = self.terms(&spec.terms, spec.axes.is_some(), discount[4]);
        let overflow = self.or_assumed(spec.overflow.as_ref(), "overflow", OverflowRule::Minute, "the excess of a full minute spills");
        let counted = self.counted(spec);
        let renewal = self.or_assumed(spec.renewal.as_ref(), "renewal", Renewal::Renew, "vendors renew a term unless told otherwise");
        let start_month = self.start_month(spec.start_month.as_ref());
        let billed_in = self.billed_in(spec.billed_in.as_ref());
        let availability = outage::availability(spec.availability.as_ref(), axes.as_deref(), self.reader);
        let terms = terms?;
        if renewal == Renewal::Hourly && !terms.iter().any(|(term, _)| *term == Term::NONE) {
            let at = spec.renewal.as_ref().map_or(self.at, |f| &f.at);
            self.reader.refuse(at, "goes on by the hour after a term, and `terms` has no price for that", "a price for the term \"none\"");
            return None;
        }
        let (axes, (metering, windows), availability) = (axes?, counted?, availability?);
        Some(Provisioned {
            axes,
            overflow,
            metering,
            windows,
            terms,
            renewal,
            start_month: start_month?,
            billed_in: billed_in?,
            availability,
        })
    }

    /// How units are counted, and their windows where those depend on the units.
    fn counted(&mut self, spec: &ProvisionedSpec) -> Option<(Metering, Vec<WindowStep>)> {
        let (one, steps) = match spec.window.as_ref().map(|field| (&field.at, &field.value)) {
            None => (None, Some(Vec::new())),
            Some((at, WindowSpec::One(span))) => (Some(Field { value: *span, at: at.clone() }), Some(Vec::new())),
            Some((at, WindowSpec::ByUnits(_))) if spec.axes.is_some() => {
                self.reader.refuse(at, "depends on the units, of which there are two kinds", "one window for both axes");
                (None, None)
            }
            Some((at, WindowSpec::ByUnits(steps))) => (None, window::steps(&Field { value: steps.clone(), at: at.clone() }, self.reader)),
        };
        let metering = Metering::resolve(one.as_ref(), spec.refill.as_ref(), spec.hold.as_ref(), self.reader);
        let (metering, steps) = metering.zip(steps)?;
        let window = steps.first().map_or(metering.window, |first| first.window);
        Some((Metering { window, ..metering }, steps))
    }

    fn batch(&mut self, spec: &BatchSpec) -> Option<Batch> {
        let discount = discounts(spec.discount.as_ref());
        let mut price = self.prices(&spec.price, &discount);
        if let Some(price) = &mut price
            && !price.missing[0]
        {
            // Batch may lose caching: what would have been read from the cache is then paid as input, with input's discount.
            for (class, name) in [(1, "cache_read"), (2, "cache_write")] {
                if price.missing[class] {
                    let mut by_class = price.per_token.to_array();
                    by_class[class] = by_class[0];
                    price.per_token = ByClass::from_array(by_class);
                    price.missing[class] = false;
                    self.reader.assumed(spec.price.at.key(name), "the price of input", "batch may lose caching");
                }
            }
        }
        let window = match &spec.window {
            None => {
                self.reader.assumed(self.at.key("window"), "24 h", "vendors' batch jobs are handed in once a day");
                Some(24)
            }
            Some(window) if window.0 >= 1.0 && window.0.fract() == 0.0 && window.0 <= 26_784.0 => Some(window.0 as usize),
            Some(window) => {
                self.reader.refuse(&window.at, "is no whole number of hours of the horizon", "a window of 1 h or more whole hours");
                None
            }
        };
        let minimum = spec.minimum_records.as_ref().map_or(0, |f| f.value);
        let maximum = match &spec.maximum_records {
            Some(most) if most.value < minimum.max(1) => {
                let allowed = format!("at least the minimum, {}", minimum.max(1));
                self.reader.refuse(&most.at, "is less than the fewest records", allowed);
                None
            }
            most => Some(most.as_ref().map(|f| f.value)),
        };
        let deadline = spec.deadline.as_ref().map_or_else(|| window.map(|hours| hours as f64), |f| Some(f.value.0));
        let completion = completion::resolve(spec, self.at, self.reader);
        Some(Batch {
            price: price?,
            window: window?,
            minimum_records: minimum,
            maximum_records: maximum?,
            deadline: deadline?,
            completion: completion?,
        })
    }

    fn axis(&mut self, spec: &Field<AxisSpec>) -> Option<Axis> {
        let capacity = self.capacity(&spec.capacity);
        let path = spec.at.key("weights");
        let without = if spec.weights.is_some() { 0.0 } else { 1.0 };
        let weights = self.weights(spec.weights.as_ref(), &path, without);
        let (minimum, increment) = self.steps(spec.minimum.as_ref(), spec.increment.as_ref(), &spec.at)?;
        Some(Axis { capacity: capacity?, weights: weights?, minimum, increment })
    }

    /// Weights by class; those left out are `without`, which is noted.
    pub(super) fn weights(&mut self, spec: Option<&Field<WeightsSpec>>, path: &str, without: f64) -> Option<ByClass> {
        let Some(spec) = spec else {
            self.reader.assumed(path, "1 for every class", "no weights are given: every token counts once");
            return Some(ByClass::ONE);
        };
        let given = [&spec.input, &spec.cache_read, &spec.cache_write, &spec.output];
        let mut weights = [without; 4];
        let mut good = true;
        for ((weight, field), name) in weights.iter_mut().zip(given).zip(CLASSES) {
            match field {
                Some(field) if field.value >= 0.0 && field.value <= 1e6 => *weight = field.value,
                Some(field) => {
                    self.reader.refuse(&field.at, "is no weight", "a number from 0 to 1000000");
                    good = false;
                }
                None if without == 0.0 => {
                    self.reader.assumed(spec.at.key(name), 0, "a class that an axis does not name does not count on it");
                }
                None => self.reader.assumed(spec.at.key(name), without, "a class without a weight counts once"),
            }
        }
        if good && weights.iter().all(|&weight| weight == 0.0) {
            self.reader.refuse(&spec.at, "lets no token count", "at least one weight above 0");
            good = false;
        }
        good.then(|| ByClass::from_array(weights))
    }

    fn prices(&mut self, spec: &Field<PriceSpec>, discount: &[f64; 5]) -> Option<TokenPrices> {
        let given = [&spec.input, &spec.cache_read, &spec.cache_write, &spec.output];
        let mut prices = TokenPrices { per_token: ByClass::ZERO, missing: given.map(Option::is_none) };
        if prices.missing == [true; 4] {
            self.reader.refuse(&spec.at, "has no price", "a price for each token class that can occur");
            return None;
        }
        let mut per_token = [0.0; 4];
        let mut good = true;
        for (class, price) in given.into_iter().enumerate() {
            if let Some(price) = price {
                good &= self.same_currency(&price.at, price.currency);
                per_token[class] = price.per_token * (1.0 - discount[class]);
            }
        }
        prices.per_token = ByClass::from_array(per_token);
        good.then_some(prices)
    }

    fn terms(&mut self, spec: &Field<Map<TermPriceSpec>>, two_axes: bool, discount: f64) -> Option<Vec<(Term, [f64; 2])>> {
        let mut terms: Vec<(Term, [f64; 2])> = Vec::with_capacity(spec.entries.len());
        let mut good = true;
        if spec.entries.is_empty() {
            self.reader.refuse(&spec.at, "is empty", "at least one term with its price, such as \"1 month\" = \"3.50 USD/unit-hour\"");
            good = false;
        }
        for (key, price) in &spec.entries {
            let term = match Term::parse(&key.value) {
                Ok(term) => Some(term),
                Err(error) => {
                    self.reader.refuse(&key.at, error.0, Term::FORM);
                    None
                }
            };
            let price = match (&price.value, two_axes) {
                (TermPriceSpec::One(one), false) => self.unit_price(&price.at, *one).map(|p| [p, 0.0]),
                (TermPriceSpec::Two(two), true) => {
                    let input = self.unit_price(&two.input.at, two.input.value);
                    let output = self.unit_price(&two.output.at, two.output.value);
                    input.zip(output).map(|(input, output)| [input, output])
                }
                (TermPriceSpec::One(_), true) => {
                    self.reader.refuse(&price.at, "is one price for an offer with two axes", "{ input = \"…\", output = \"…\" }");
                    None
                }
                (TermPriceSpec::Two(_), false) => {
                    self.reader.refuse(&price.at, "is two prices for an offer with one axis", UnitPrice::FORM);
                    None
                }
            };
            match term.zip(price) {
                Some((term, _)) if terms.iter().any(|(known, _)| *known == term) => {
                    self.reader.refuse(&key.at, "is the same term as one before it", "every term once");
                    good = false;
                }
                Some((term, price)) => terms.push((term, price.map(|p| p * (1.0 - discount)))),
                None => good = false,
            }
        }
        good.then_some(terms)
    }

    fn unit_price(&mut self, at: &At, price: UnitPrice) -> Option<f64> {
        self.same_currency(at, price.currency).then_some(price.per_hour)
    }

    fn same_currency(&mut self, at: &At, currency: Currency) -> bool {
        if currency != self.currency {
            let allowed = format!("{}, the scenario's currency", self.currency);
            self.reader.refuse(at, format!("is in {currency}, and the scenario counts in {}", self.currency), allowed);
        }
        currency == self.currency
    }

    fn capacity(&mut self, spec: &Field<CapacitySpec>) -> Option<(f64, f64)> {
        match &spec.value {
            CapacitySpec::Rate(rate) => self.above_zero(&spec.at, rate.per_hour, "a throughput above zero").map(|rate| (rate, rate)),
            CapacitySpec::Range(range) => {
                let low = self.above_zero(&range.low.at, range.low.per_hour, "a throughput above zero")?;
                if range.high.per_hour < low {
                    self.reader.refuse(&range.high.at, "is below `low`", "a rate that is not below `low`");
                    return None;
                }
                Some((low, range.high.per_hour))
            }
        }
    }

    fn steps(&mut self, minimum: Option<&Field<f64>>, increment: Option<&Field<IncrementSpec>>, at: &At) -> Option<(f64, Option<f64>)> {
        let step = match increment.map(|f| (f.value, &f.at)) {
            None => {
                self.reader.assumed(at.key("increment"), 1, "units are whole");
                Some(Some(1.0))
            }
            Some((IncrementSpec::Any, _)) => Some(None),
            Some((IncrementSpec::Step(step), at)) => {
                self.above_zero(at, step, "a step above zero, or \"any\" for fractional units").map(Some)
            }
        };
        let minimum = match minimum {
            Some(least) if least.value >= 0.0 => Some(least.value),
            Some(least) => {
                self.reader.refuse(&least.at, "is negative", "a number from 0");
                None
            }
            None => step.map(|step| step.unwrap_or(0.0)),
        };
        minimum.zip(step)
    }

    fn billed_in(&mut self, spec: Option<&Field<Hours>>) -> Option<usize> {
        let Some(hours) = spec else { return Some(1) };
        let whole = hours.value.0;
        if (1.0..=168.0).contains(&whole) && whole.fract() == 0.0 {
            return Some(whole as usize);
        }
        self.reader.refuse(&hours.at, "is no span of whole hours", "1h to 168h");
        None
    }

    fn start_month(&mut self, spec: Option<&Field<u64>>) -> Option<usize> {
        match spec {
            None => Some(0),
            Some(month) if (1..=36).contains(&month.value) => Some(month.value as usize - 1),
            Some(month) => {
                self.reader.refuse(&month.at, "is no month of a horizon", "a month from 1 to 36");
                None
            }
        }
    }

    pub(super) fn above_zero(&mut self, at: &At, value: f64, allowed: &str) -> Option<f64> {
        if value > 0.0 && value.is_finite() {
            return Some(value);
        }
        self.reader.refuse(at, "is not above zero", allowed);
        None
    }

    fn or_assumed<T: Copy + std::fmt::Display>(&mut self, field: Option<&Field<T>>, name: &str, default: T, why: &str) -> T {
        if let Some(field) = field {
            return field.value;
        }
        self.reader.assumed(self.at.key(name), default, why);
        default
    }
}

/// Shares taken off: the four token classes in their order, then unit-hours.
fn discounts(spec: Option<&Field<DiscountSpec>>) -> [f64; 5] {
    match spec.map(|f| &f.value) {
        None => [0.0; 5],
        Some(DiscountSpec::All(Share(all))) => [*all; 5],
        Some(DiscountSpec::Lines(lines)) => {
            let all = lines.all.as_ref().map_or(0.0, |f| f.value.0);
            [&lines.input, &lines.cache_read, &lines.cache_write, &lines.output, &lines.units]
                .map(|f| f.as_ref().map_or(all, |f| f.value.0))
        }
    }
}
