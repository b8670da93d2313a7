//! Laws of a month's bill: hours that add up, hours that depend on each other, and a level that nobody knows.

use super::support::{
    Ran, SEEDS, agrees, cvar95, flat, flat_months, mean, on_demand, percentile, plain, plan, probability, sd, simulate, sweep, swept,
};
use statrs::distribution::{Continuous, Gamma, LogNormal, Normal};
use tokentide::statistics::{Moments, Paired, regret};
use tokentide::tally::Metric;

/// C3: 730 hours of Gamma(4, 25) at 0.01 a token are exactly a Gamma(2920, .25).
#[test]
fn c3_the_exact_bill() {
    let hours = plain("law = \"gamma\", mean = \"100 tokens/h\", shape = 4", "\"off\"");
    let text = [flat(730), on_demand("0.01 USD/token"), hours, plan("all on-demand", &["on-demand"])].concat();
    let law = Gamma::new(2920.0, 4.0).unwrap();
    for seed in SEEDS {
        let bill = simulate(&text, 6_000, seed).column("all on-demand", Metric::CostTotal);
        mean("the bill", &bill, 730.0);
        sd("the bill", &bill, 13.509_256_09);
        for (p, truth) in [(0.05, 707.922_284_9), (0.5, 729.916_668_4), (0.95, 752.361_967_1), (0.99, 761.794_400_8)] {
            percentile("the bill", &bill, p, truth, law.pdf(truth));
        }
        cvar95("the bill", &bill, 758.147_837_1);
    }
}

/// C4: the mean of a month barely notices autocorrelation, its percentiles do.
#[test]
fn c4_autocorrelation() {
    for (rho, spread, p95) in [("0", 540.370_243, 73_888.829_95), ("0.9", 2_340.085_469, 76_849.098_07)] {
        let law = format!("law = \"normal\", mean = \"100 tokens/h\", sd = \"20 tokens/h\", autocorrelation = {rho}");
        let text = [flat(730), on_demand("1 USD/token"), plain(&law, "\"off\""), plan("all on-demand", &["on-demand"])].concat();
        let law = Normal::new(73_000.0, spread).unwrap();
        for seed in SEEDS {
            let ran = simulate(&text, 5_500, seed);
            for metric in [Metric::CostTotal, Metric::TokensDemand] {
                let month = ran.column("all on-demand", metric);
                let what = format!("{metric:?} at autocorrelation {rho}");
                mean(&what, &month, 73_000.0);
                sd(&what, &month, spread);
                percentile(&what, &month, 0.95, p95, law.pdf(p95));
            }
        }
    }
}

/// A month of on-demand spend with median 730 and a lognormal level, beside a flat price of 800.
fn level_risk(hours: u32) -> String {
    let (tokens, price) = (730_000.0 / f64::from(hours), 800.0 / f64::from(hours));
    [
        flat(hours),
        on_demand("0.001 USD/token"),
        format!(
            "[[offer]]\nname = \"units\"\nkind = \"provisioned\"\ncapacity = \"1e9 tokens/h\"\n\
             terms = {{ \"none\" = \"{price} USD/unit-hour\" }}\n"
        ),
        format!(
            "[[workload]]\nname = \"w\"\nclass = \"interactive\"\nlevel = {{ median = \"{tokens} tokens/h\", sigma = 0.3, walk = \"off\" }}\n\
             shape = {{ kind = \"flat\" }}\nrequests = \"none\"\ntokens = {{ mean = 1000, cv = 1, output_share = \"0%\" }}\n\
             minute = \"off\"\n"
        ),
        plan("all on-demand", &["on-demand"]),
        sweep("flat", &["units"], &[1.0]),
    ]
    .concat()
}

fn check_level_risk(ran: &Ran) {
    let bill = ran.column("all on-demand", Metric::CostTotal);
    let flat = ran.column(&swept("flat", 1.0), Metric::CostTotal);
    let law = LogNormal::new(libm::log(730.0), 0.3).unwrap();
    mean("the bill", &bill, 763.600_337_7);
    sd("the bill", &bill, 234.332_364_4);
    percentile("the bill", &bill, 0.95, 1_195.716_208, law.pdf(1_195.716_208));
    cvar95("the bill", &bill, 1_364.343_876);
    assert!(flat.iter().all(|x| (x - 800.0).abs() < 1e-9), "{}", flat[0]);
    assert!(ran.column(&swept("flat", 1.0), Metric::TokensThrottled).iter().all(|&x| x == 0.0));
    probability("the flat price is cheaper", flat.iter().zip(&bill).map(|(flat, bill)| flat < bill), 0.380_097_785_5);
    let paired = Paired::of(&flat, &bill).unwrap();
    let share = paired.probability_less.estimate();
    agrees("P(flat cheaper)", share.point, share.standard_error.unwrap(), 0.380_097_785_5);
    let regrets = regret(&[&flat, &bill]).unwrap();
    for (regret, truth) in regrets.iter().zip([112.530_216_5, 76.130_554_3]) {
        agrees("expected regret", regret.expected.point, regret.expected.standard_error.unwrap(), truth);
    }
}

/// C5: a flat price against a level that is drawn once a replication.
#[test]
fn c5_level_risk() {
    for seed in SEEDS {
        check_level_risk(&simulate(&level_risk(10), 50_000, seed));
    }
}

/// One draw holds for the whole month, however many hours it has.
#[test]
fn c5_the_level_holds_for_the_whole_month() {
    let (short, long) = (simulate(&level_risk(10), 200, 1), simulate(&level_risk(730), 200, 1));
    let (short, long) = (short.column("all on-demand", Metric::CostTotal), long.column("all on-demand", Metric::CostTotal));
    for (short, long) in short.iter().zip(&long) {
        assert!((short / long - 1.0).abs() < 1e-9, "{short} against {long}");
    }
}

/// Geometric Brownian growth: month m has mean e^(drift m) and the log-variance σ² m.
#[test]
fn growth_by_month() {
    let (drift, volatility) = (0.03_f64, 0.1_f64);
    let text = [
        flat_months(6, 10),
        on_demand("0.001 USD/token"),
        format!(
            "[[workload]]\nname = \"w\"\nclass = \"interactive\"\nlevel = {{ mean = \"100k tokens/h\", walk = \"off\" }}\n\
             growth = {{ drift = \"{}%/month\", volatility = \"{}%/month\" }}\n\
             shape = {{ kind = \"flat\" }}\nrequests = \"none\"\ntokens = {{ mean = 1000, cv = 1, output_share = \"0%\" }}\n\
             minute = \"off\"\n",
            100.0 * drift,
            100.0 * volatility
        ),
        plan("all on-demand", &["on-demand"]),
    ]
    .concat();
    for seed in SEEDS {
        let ran = simulate(&text, 20_000, seed);
        for month in 0..6_u8 {
            let bill = ran.month("all on-demand", month.into(), Metric::CostTotal);
            let m = f64::from(month) + 1.0;
            let truth = 1000.0 * libm::exp(drift * m);
            mean(&format!("month {m}"), &bill, truth);
            sd(&format!("month {m}"), &bill, truth * libm::expm1(volatility * volatility * m).sqrt());
        }
        let total = ran.column("all on-demand", Metric::CostTotal);
        let months: f64 = (0..6).map(|m| Moments::from_slice(&ran.month("all on-demand", m, Metric::CostTotal)).mean()).sum();
        assert!((Moments::from_slice(&total).mean() / months - 1.0).abs() < 1e-12);
    }
}
