//! What of all that arrives at an offer goes beyond its capacity.

use super::rows::Rows;
use super::stream::{self, Flow, Stream};
use crate::supply::offer::OverflowRule;
use crate::supply::pool::Node;
use crate::units::ByClass;

/// What a load may be above a capacity by rounding alone, as a share of it.
pub(super) const ROUNDING: f64 = 1e-9;

/// What a node does with its overflow.
pub(super) struct Overflow {
    limit: f64,
    variance: f64,
    tokens: ByClass,
    /// The chances of a minute and of the hour to be over the limit, where its overflow told them.
    over: Option<[f64; 2]>,
}

impl Overflow {
    /// Of what arrives in a pool of sources at an offer. What passes it goes to `out`: as flows too where there is an offer to go on to, and
    /// else the chances of a minute and of the hour to be over the limit are returned.
    pub(super) fn of(
        out: &mut Stream,
        pooled: &Stream,
        sources: &[&Stream],
        node: &Node,
        capacity: &[f64],
        rows: &mut Rows<'_>,
    ) -> [f64; 2] {
        let mut overflow = best(out, pooled, sources, node, capacity, rows);
        overflow.at_least_of_means(pooled.arrived, node, capacity);
        overflow.spill(out, node, rows);
        out.arrived = lesser(overflow.tokens, pooled.arrived);
        for (weights, &capacity) in node.weights.iter().zip(capacity) {
            fit(&mut out.arrived, pooled.arrived, weights, capacity);
        }
        match overflow.over {
            _ if node.next.is_some() => [0.0; 2],
            Some(over) => over,
            None => {
                let [_, minute, hour] = rows.at(overflow.variance).all(overflow.limit.max(0.0));
                [minute, hour]
            }
        }
    }

    /// At least what the means alone make of it: an offer never serves more than its capacity.
    fn at_least_of_means(&mut self, arrived: ByClass, node: &Node, capacity: &[f64]) {
        for (axis, &capacity) in capacity.iter().enumerate() {
            let load = arrived.dot(&node.weights[axis]);
            let share = if load > 0.0 { 1.0 - capacity / load } else { 0.0 };
            if share > 0.0 && share * load > self.tokens.dot(&node.weights[axis]) {
                self.tokens = arrived * share;
            }
        }
    }

    /// Adds what a whole request takes with it when the rule is that it spills as a whole: the part of it that the minute had already
    /// served, in expectation half of a request that is met by its size, (1 + cv²) / 2 of the mean, once in every minute over the limit.
    fn spill(&mut self, out: &mut Stream, node: &Node, rows: &mut Rows<'_>) {
        if node.overflow != OverflowRule::Request || !self.limit.is_finite() || !(out.requests > 0.0) {
            return;
        }
        // Tokens per hour in the windows over the limit, of which an hour has so many.
        let rate = out.base * (f64::from(rows.windows()) * 0.5 * out.size_factor / out.requests);
        self.tokens += rate * rows.at(self.variance).exceedance(self.limit.max(0.0));
        let mix = node.mix();
        let mut start = 0;
        for &(end, _) in &out.flows {
            if let Some(first) = out.terms[start..end].first_mut() {
                let slope = first.factor * first.slope.dot(&mix);
                if slope > 0.0 {
                    // The next offer meets its limit that much earlier.
                    first.kink -= rate.dot(&mix) / slope;
                }
            }
            start = end;
        }
    }
}

/// The largest overflow over all ways to see what arrives; what passes on of each goes to `out`.
fn best(out: &mut Stream, pooled: &Stream, sources: &[&Stream], node: &Node, capacity: &[f64], rows: &mut Rows<'_>) -> Overflow {
    let mix = node.mix();
    let is_last = node.next.is_none();
    out.follow(pooled);
    let first = pooled.flow(0);
    let limit = first.limit(node, capacity, ByClass::ZERO);
    let begun = first.begun(limit, &mix);
    if !is_last {
        out.pass(&first, limit, begun, None);
    }
    let row = rows.at(first.variance);
    let (share, over) = match limit {
        _ if is_last && limit > 0.0 => {
            let [excess, minute, hour] = row.all(limit);
            (excess, Some([minute, hour]))
        }
        _ => (stream::overflow(row, limit), None),
    };
    let tokens = if limit.is_finite() { first.beyond(limit, &begun, share, row) } else { ByClass::ZERO };
    let mut overflow = Overflow { limit, variance: first.variance, tokens, over };
    // Whatever the amount, it is made of the classes that arrive in the minutes over the limit.
    let direction = if begun.slope.dot(&mix) > 0.0 { begun.slope } else { pooled.arrived };
    let per_token = direction.dot(&mix);
    if !(per_token > 0.0) {
        return overflow;
    }
    let mut largest = overflow.tokens.dot(&mix);
    let mut consider = |flow: Flow<'_>, others: ByClass| {
        let limit = flow.limit(node, capacity, others);
        let begun = flow.begun(limit, &mix);
        if !is_last {
            out.pass(&flow, limit, begun, Some((direction, &mix)));
        }
        if !limit.is_finite() {
            return;
        }
        let row = rows.at(flow.variance);
        let amount = flow.beyond(limit, &begun, stream::overflow(row, limit), row).dot(&mix);
        if amount > largest * (1.0 + 1e-12) {
            largest = amount;
            overflow = Overflow { limit, variance: flow.variance, tokens: direction * (amount / per_token), over: None };
        }
    };
    for index in 1..pooled.flows.len() {
        consider(pooled.flow(index), ByClass::ZERO);
    }
    if sources.len() > 1 {
        for source in sources {
            let others = pooled.arrived - source.arrived;
            // Alone it meets the limit where nothing of it is expected any more.
            if !(is_last && source.is_calm_beside(others, node, capacity)) {
                consider(source.flow(0), others);
            }
        }
    }
    overflow
}

/// Where less of a class came than the overflow has of it, the rest of the overflow is of the classes that are left.
fn fit(passed: &mut ByClass, arrived: ByClass, weights: &ByClass, capacity: f64) {
    let served = arrived - *passed;
    let load = served.dot(weights);
    if load > capacity * (1.0 + ROUNDING) {
        *passed += served * (1.0 - capacity / load);
    }
}

fn lesser(a: ByClass, b: ByClass) -> ByClass {
    let (a, b) = (a.to_array(), b.to_array());
    ByClass::from_array(std::array::from_fn(|class| a[class].min(b[class])))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 640 and 8 000 tokens come to an offer for 470, and the overflow is thought of as of the second class alone, of which too few came.
    #[test]
    fn what_a_class_lacks_the_others_overflow() {
        let arrived = ByClass { input: 640.0, output: 8000.0, ..ByClass::ZERO };
        let mut passed = lesser(ByClass { output: 8170.0, ..ByClass::ZERO }, arrived);
        fit(&mut passed, arrived, &ByClass::ONE, 470.0);
        let served = arrived - passed;
        assert!((served.total() - 470.0).abs() < 1e-9 && served.output == 0.0, "{served:?}");
        let before = passed.to_array();
        fit(&mut passed, arrived, &ByClass::ONE, 500.0);
        assert!(passed.to_array() == before);
    }
}
