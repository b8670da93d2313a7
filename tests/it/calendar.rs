//! Commitments over a calendar through the whole engine: quarters, weeks, reservations, and what strands them.

use crate::validation::support::{Ran, flat_months, on_demand, plain, plan, simulate};
use tokentide::tally::{Metric, Row, Span};

fn close(what: &str, given: f64, wanted: f64) {
    assert!((given - wanted).abs() <= 1e-9 * wanted.abs().max(1.0), "{what}: {given} is not {wanted}");
}

fn of(ran: &Ran, plan: &str, span: Span, metric: Metric) -> Vec<f64> {
    ran.outcome.column(&ran.scenario, ran.plan(plan), Row::All, span, metric).unwrap()
}

/// Five months from November: two quarters, of two months and of three.
#[test]
fn a_quarter_is_the_sum_of_its_months_in_every_replication() {
    let text = "name = 'quarters'\n[horizon]\nstart = 2027-11-01\nmonths = 5\n".to_owned()
        + &on_demand("3 USD/1M tokens")
        + "quota = { rate = '25k tokens/min' }\n"
        + &plain("law = 'gamma', mean = '1M tokens/h', cv = 0.8", "{ floor = 3, c = 0.05 }")
        + &plan("od", &["on-demand"]);
    let ran = simulate(&text, 40, 1);
    let quarters = [0..2, 2..5];
    assert_eq!(ran.scenario.horizon.quarters(), quarters);
    for (quarter, months) in quarters.into_iter().enumerate() {
        for metric in [Metric::CostTotal, Metric::CostOnDemand, Metric::TokensDemand, Metric::TokensThrottled, Metric::ThrottledHours] {
            let whole = of(&ran, "od", Span::Quarter(quarter), metric);
            for (r, whole) in whole.iter().enumerate() {
                let sum: f64 = months.clone().map(|month| of(&ran, "od", Span::Month(month), metric)[r]).sum();
                close(&format!("{metric:?} of replication {r}"), *whole, sum);
                assert!(*whole > 0.0);
            }
        }
        let [share, lost, asked] = [Metric::ThrottledShare, Metric::TokensThrottled, Metric::TokensDemand]
            .map(|metric| of(&ran, "od", Span::Quarter(quarter), metric));
        (0..40).for_each(|r| close("a share is one of sums", share[r], lost[r] / asked[r]));
        let peak = of(&ran, "od", Span::Quarter(quarter), Metric::PeakTokensPerMinute);
        let largest = months.map(|month| of(&ran, "od", Span::Month(month), Metric::PeakTokensPerMinute)[7]).fold(0.0, f64::max);
        assert_eq!(peak[7], largest);
    }
}

/// Two months of 168 hours of 250 tokens an hour. Five units of 100 in half the hours and one else; three reserved, of which one lapses
/// after a month and two were for a year: the sums are those of the plan's own test, with the metrics made of them.
#[test]
fn metrics_of_a_reservation() {
    let text = flat_months(2, 168)
        + "[[offer]]\nname = 'ptu'\nkind = 'provisioned'\ncapacity = '100 tokens/h'\n\
           terms = { none = '1 USD/unit-hour', '1 month' = '0.5 USD/unit-hour', '1 year' = '0.25 USD/unit-hour' }\n"
        + &plain("law = 'constant', value = '250 tokens/h'", "'off'")
        + &plan("reserved", &["ptu"])
        + "units = { ptu = 1 }\nterm = { ptu = 'none' }\n\
           purchase = [{ offer = 'ptu', units = 4, term = 'none', schedule = { from = 0, until = 12 } }]\n\
           reservation = [{ offer = 'ptu', units = 1, term = '1 month', renewal = 'end' }, { offer = 'ptu', units = 2, term = '1 year' }]\n";
    let ran = simulate(&text, 2, 1);
    let month = |month, metric| ran.month("reserved", month, metric)[0];
    // Month 1: 1 USD an hour for three, two above them in 84 hours, two of three lost in the other 84.
    close("cost", month(0, Metric::CostTotal), 168.0 + 84.0 * 2.0);
    let used = (84.0 * 2.5 + 84.0) * (168.0 + 168.0 - 56.0) / (168.0 + 84.0 * 4.0);
    close("idle", month(0, Metric::CostProvisionedIdle), 336.0 - used);
    close("utilisation", month(0, Metric::Utilisation), (84.0 * 2.5 + 84.0) / 504.0);
    // Month 2: two at 0.25, three above them in half the hours, one of two lost in the other half.
    close("cost", month(1, Metric::CostTotal), 84.0 + 84.0 * 3.0);
    let used = (84.0 * 2.5 + 84.0) * (84.0 + 252.0 - 21.0) / 504.0;
    close("idle", month(1, Metric::CostProvisionedIdle), 336.0 - used);
    close("still owed", ran.only("reserved", Metric::CommittedAfterHorizon), 10.0 * 168.0 * 0.5);
}
