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

/// Twelve hours a day of four units at 1 USD, paid in multiples of sixteen: four hours a day in which nothing exists, all of them idle cost.
/// In multiples of a day, what would be paid of the next run is not paid twice.
#[test]
fn runs_of_scheduled_hours_are_rounded_up() {
    for (billed_in, paid) in [("1h", 12.0), ("5h", 15.0), ("16h", 16.0), ("24h", 24.0), ("36h", 24.0)] {
        let text = flat_months(2, 168)
            + &format!("[[offer]]\nname = 'u'\nkind = 'provisioned'\ncapacity = '100 tokens/h'\nbilled_in = '{billed_in}'\n")
            + "terms = { none = '1 USD/unit-hour' }\n"
            + &plain("law = 'constant', value = '400 tokens/h'", "'off'")
            + &plan("scheduled", &["u"])
            + "purchase = [{ offer = 'u', units = 4, term = 'none', schedule = { from = 0, until = 12 } }]\n";
        let ran = simulate(&text, 1, 1);
        for month in 0..2 {
            let of = |metric| ran.month("scheduled", month, metric)[0];
            close("cost", of(Metric::CostTotal), 7.0 * 4.0 * paid);
            close("idle", of(Metric::CostProvisionedIdle), 7.0 * 4.0 * (paid - 12.0));
            close("utilisation", of(Metric::Utilisation), 1.0);
        }
    }
}

/// The text of stranding by hand: 300 of 1 000 tokens an hour are served by three units at 1 USD, where they are worth 2 USD a token on
/// demand before a cut.
fn stranded(cuts: &str, plan_keys: &str) -> String {
    flat_months(3, 10)
        + "[[offer]]\nname = 'od'\nkind = 'on-demand'\nprice = { input = '5000 USD/1M tokens' }\n"
        + cuts
        + "[[offer]]\nname = 'u'\nkind = 'provisioned'\ncapacity = '100 tokens/h'\n\
           terms = { none = '0.6 USD/unit-hour', '1 month' = '0.4 USD/unit-hour', '3 months' = '0.3 USD/unit-hour' }\n"
        + &plain("law = 'constant', value = '1k tokens/h'", "'off'")
        + &plan("p", &["u", "od"])
        + plan_keys
}

/// 100 tokens are worth 0.5 USD and cost 0.3: nothing is stranded until a cut of half makes them worth 0.25, and another 0.125.
#[test]
fn a_price_cut_strands_what_was_committed() {
    let cuts = "price_cuts = [{ month = 2, cut = '50%' }, { month = 3, cut = '50%', probability = '40%' }]\n";
    let ran = simulate(&stranded(cuts, "units = { u = 3 }\nterm = { u = '3 months' }\n"), 2000, 1);
    let [first, second, third] = [0, 1, 2].map(|month| ran.month("p", month, Metric::Stranded));
    assert!(first.iter().all(|&x| x == 0.0), "{:?}", first[0]);
    assert!(second.iter().all(|x| (x - 30.0 * 0.05).abs() < 1e-9), "{:?}", second[0]);
    let (cut, kept): (Vec<f64>, Vec<f64>) = third.iter().partition(|&&x| (x - 30.0 * 0.175).abs() < 1e-9);
    assert!(kept.iter().all(|x| (x - 30.0 * 0.05).abs() < 1e-9));
    // 800 of 2000 with a standard error of 22.
    assert!((cut.len() as f64 - 800.0).abs() < 4.5 * 22.0, "{}", cut.len());
    let whole = ran.column("p", Metric::Stranded);
    (0..2000).for_each(|r| close("the sum of months", whole[r], second[r] + third[r]));
    let by_quarter = ran.outcome.column(&ran.scenario, ran.plan("p"), Row::Pool(0), Span::Quarter(0), Metric::Stranded).unwrap();
    assert_eq!(by_quarter, whole);
    // On demand is cheaper from then on: 700 tokens of it, at 5 000, 2 500 and 1 250 or 2 500 USD a million.
    close("on demand", ran.month("p", 0, Metric::CostOnDemand)[0], 35.0);
    close("on demand", ran.month("p", 1, Metric::CostOnDemand)[0], 17.5);
}

/// Only what binds is stranded: a month's term that goes on by the hour, units without a term, a reservation that is not deployed.
#[test]
fn what_binds_is_stranded() {
    let cuts = "price_cuts = [{ month = 2, cut = '80%' }]\n";
    let by_month = |keys: &str| {
        let ran = simulate(&stranded(cuts, keys), 1, 1);
        [0, 1, 2].map(|month| ran.month("p", month, Metric::Stranded)[0])
    };
    let check =
        |keys: &str, wanted: [f64; 3]| by_month(keys).into_iter().zip(wanted).for_each(|(given, wanted)| close(keys, given, wanted));
    // 100 tokens are worth 0.1 USD after the cut.
    check("units = { u = 3 }\nterm = { u = '1 month' }\n", [0.0, 30.0 * 0.3, 30.0 * 0.3]);
    check("purchase = [{ offer = 'u', units = 3, term = '1 month', renewal = 'hourly', start_month = 2 }]\n", [0.0, 30.0 * 0.3, 0.0]);
    check("units = { u = 3 }\nterm = { u = 'none' }\n", [0.0; 3]);
    // Of twelve units ten serve all there is: 12 × 0.3 for what is worth 5 USD, then 1 USD.
    check("units = { u = 12 }\nterm = { u = '3 months' }\n", [0.0, 26.0, 26.0]);
    // One is deployed where three are reserved: 0.9 USD for what is worth 0.5, then 0.1.
    check("units = { u = 1 }\nterm = { u = 'none' }\nreservation = [{ offer = 'u', units = 3, term = '3 months' }]\n", [4.0, 8.0, 8.0]);
    // What the units without a term serve counts for the committed one first: 0.3 USD for what is worth 1 USD, then 0.2.
    check("units = { u = 1 }\nterm = { u = '3 months' }\npurchase = [{ offer = 'u', units = 1, term = 'none' }]\n", [0.0, 1.0, 1.0]);
    check("units = { u = 0 }\nterm = { u = 'none' }\n", [0.0; 3]);
}

/// A migration that takes all traffic away in month 2, or a launch that comes a month late, strands all that is bound for then.
#[test]
fn what_moves_or_comes_late_strands() {
    let text = |events: &str| {
        stranded("", "units = { u = 3 }\nterm = { u = '3 months' }\n")
            .replace("minute = 'off'\n", &format!("minute = 'off'\nevents = [{events}]\n"))
    };
    let gone = "{ at_month = 2, factor = 0, probability = '30%' }";
    let ran = simulate(&text(gone), 2000, 3);
    let second = ran.month("p", 1, Metric::Stranded);
    let lost = second.iter().filter(|&&x| (x - 9.0).abs() < 1e-9).count();
    assert_eq!(lost + second.iter().filter(|&&x| x == 0.0).count(), 2000);
    assert!((lost as f64 - 600.0).abs() < 4.5 * 20.5, "{lost}");
    let late = simulate(&text("{ at_hour = 0, until_month = 2, factor = 0, slip = { probability = 1, length = '10h' } }"), 1, 1);
    let months = [0, 1, 2].map(|month| late.month("p", month, Metric::Stranded)[0]);
    [9.0, 9.0, 0.0].into_iter().zip(months).for_each(|(wanted, given)| close("a late launch", given, wanted));
}

/// Without an on-demand offer nothing tells what units were worth, so nothing is said where they bind.
#[test]
fn stranding_without_a_price_is_empty() {
    let text = stranded("", "units = { u = 3 }\nterm = { u = '3 months' }\n")
        .replace("['u', 'od']", "['u']")
        .replace("[\"u\", \"od\"]", "[\"u\"]");
    let ran = simulate(&text, 1, 1);
    assert!(ran.outcome.column(&ran.scenario, 0, Row::All, Span::Horizon, Metric::Stranded).is_none());
}
