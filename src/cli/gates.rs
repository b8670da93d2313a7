//! `--max-…`: figures of the recommended plan that must hold for exit code 0, for use in continuous integration.

use super::args::GateArgs;
use tokentide::report::{Headline, Report};

/// What was missed, by which plan and by how much. Where no plan is recommended over all others, every term's best must pass.
pub(crate) fn missed(report: &Report<'_>, gates: &GateArgs) -> Vec<String> {
    if gates.max_cost_p95.is_none() && gates.max_throttled_requests_share.is_none() {
        return Vec::new();
    }
    let cheapest = report.cheapest();
    let currency = report.scenario.currency;
    let mut missed = Vec::new();
    for leader in &report.judgement.leaders {
        let headline = Headline::new(report, leader.plan, cheapest);
        let name = report.scenario.supply.plans.get(leader.plan).map_or("", |plan| plan.name.as_str());
        let cost = headline.cost_total.as_ref().map(|d| d.p95);
        if let Some(text) = over(gates.max_cost_p95, cost, |x| format!("{x:.2} {currency}")) {
            missed.push(format!("--max-cost-p95: the P95 of a month under `{name}` is {text}"));
        }
        let share = headline.requests_throttled_share.as_ref().map(|d| d.mean);
        if let Some(text) = over(gates.max_throttled_requests_share.map(|share| share.0), share, |x| format!("{:.4}%", x * 100.0)) {
            missed.push(format!("--max-throttled-requests-share: the share under `{name}` is {text}"));
        }
    }
    missed
}

/// Tells how far a value lies above its gate. A value that does not exist (a share of no requests) is above none.
fn over(gate: Option<f64>, value: Option<f64>, show: impl Fn(f64) -> String) -> Option<String> {
    let (gate, value) = (gate?, value?);
    (value > gate).then(|| format!("{}, {} above the {} allowed", show(value), show(value - gate), show(gate)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_is_missed_above_it_only() {
        let show = |x: f64| x.to_string();
        assert_eq!(over(Some(10.0), Some(12.5), show).as_deref(), Some("12.5, 2.5 above the 10 allowed"));
        assert_eq!(over(Some(10.0), Some(10.0), show), None);
        assert_eq!(over(None, Some(10.0), show), None);
        assert_eq!(over(Some(10.0), None, show), None);
    }
}
