//! Random scenarios as text: every law of hours and minutes, one workload or two that share units, with and without a quota.

use proptest::prelude::*;
use std::fmt::Write;

/// Units of both swept plans, equidistant.
const UNITS: &str = "0..=4 step 0.5";

/// Prices of a scenario.
#[derive(Clone, Debug)]
pub(super) struct Prices {
    /// Currency per token of each class: input, cache read, output.
    pub(super) token: [f64; 3],
    /// Currency per unit-hour.
    pub(super) unit: f64,
}

impl Default for Prices {
    fn default() -> Self {
        Self { token: [1.0, 0.1, 5.0], unit: 50.0 }
    }
}

impl Prices {
    /// Raises one of the four.
    pub(super) fn raise(&mut self, which: usize, factor: f64) {
        match self.token.get_mut(which) {
            Some(price) => *price *= factor,
            None => self.unit *= factor,
        }
    }

    /// The highest price of a token.
    pub(super) fn dearest(&self) -> f64 {
        self.token.iter().copied().fold(0.0, f64::max)
    }
}

/// Where a workload's hours come from.
#[derive(Clone, Copy, Debug)]
enum Hours {
    /// A law, by its number, with its spread and autocorrelation.
    Plain { law: usize, spread: f64, rho: f64 },
    /// Level, shape, noise, requests and sizes.
    Modelled { sigma: f64, noise: f64, size: f64, cached: f64 },
}

/// How minutes spread.
#[derive(Clone, Copy, Debug)]
enum Minutes {
    Off,
    /// A total coefficient of variation.
    Total(f64, bool),
    /// Arrivals and a burstiness that changes from hour to hour.
    Parts(f64, f64),
}

/// One random scenario. Rates are tokens an hour.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    months: u32,
    hours_per_month: u32,
    level: f64,
    hours: Hours,
    minutes: Minutes,
    /// A second workload on the same units, relative to the first.
    second: Option<f64>,
    /// Weighted tokens that one unit serves an hour.
    pub(super) capacity: f64,
    pub(super) output_weight: f64,
    /// Weighted tokens an hour that on-demand takes.
    pub(super) quota: Option<f64>,
    pub(super) prices: Prices,
}

fn hours() -> impl Strategy<Value = Hours> {
    prop_oneof![
        (0..6_usize, 0.05..0.9_f64, prop_oneof![Just(0.0), -0.5..0.95_f64]).prop_map(|(law, spread, rho)| Hours::Plain {
            law,
            spread,
            rho
        }),
        (0.0..0.6_f64, 0.0..0.6_f64, 10.0..5000.0_f64, 0.0..0.9_f64).prop_map(|(sigma, noise, size, cached)| Hours::Modelled {
            sigma,
            noise,
            size,
            cached
        }),
    ]
}

fn minutes() -> impl Strategy<Value = Minutes> {
    prop_oneof![
        Just(Minutes::Off),
        (0.01..2.0_f64, any::<bool>()).prop_map(|(cv, gamma)| Minutes::Total(cv, gamma)),
        (0.0..1.0_f64, 0.0..0.8_f64).prop_map(|(c, burstiness)| Minutes::Parts(c, burstiness)),
    ]
}

/// Random settings.
pub(super) fn settings() -> impl Strategy<Value = Setting> {
    let calendar = (1..3_u32, 1..40_u32);
    let demand = (1e3..1e7_f64, hours(), minutes(), proptest::option::of(0.1..2.0_f64));
    let supply = (0.05..1.5_f64, prop_oneof![Just(1.0), 0.0..6.0_f64], proptest::option::of(0.1..3.0_f64));
    let prices = (0.1..10.0_f64, 0.01..1.0_f64, 0.1..10.0_f64, 0.0..2.0_f64);
    (calendar, demand, supply, prices).prop_map(|(calendar, demand, supply, prices)| {
        let (level, hours, minutes, second) = demand;
        let (capacity, output_weight, quota) = supply;
        let (input, cached, output, unit) = prices;
        Setting {
            months: calendar.0,
            hours_per_month: calendar.1,
            level,
            hours,
            minutes,
            second,
            capacity: capacity * level,
            output_weight,
            quota: quota.map(|quota| quota * level),
            prices: Prices { token: [input, input * cached, output], unit: unit * input * capacity * level },
        }
    })
}

impl Setting {
    /// One unit serves a constant demand of 100, of which on-demand takes 40.
    pub(super) fn plain_constant() -> Self {
        Self {
            months: 1,
            hours_per_month: 1,
            level: 100.0,
            hours: Hours::Plain { law: 0, spread: 0.5, rho: 0.0 },
            minutes: Minutes::Off,
            second: None,
            capacity: 100.0,
            output_weight: 1.0,
            quota: Some(40.0),
            prices: Prices::default(),
        }
    }

    /// Hours of the whole horizon.
    pub(super) fn hours(&self) -> f64 {
        f64::from(self.months * self.hours_per_month)
    }

    /// What the engine promises of a share that overflows, relative to the demand: rows for one stated variance are within 1e-8, others
    /// within 1e-4. Several workloads never share a stated variance.
    pub(super) fn accuracy(&self) -> f64 {
        match self.minutes {
            Minutes::Off => 1e-12,
            Minutes::Total(..) if self.second.is_none() => 1e-8,
            _ => 1e-4,
        }
    }

    /// Demand, capacity, quota and the unit's price times `k`; requests stay as many, and so all draws.
    pub(super) fn scaled(&self, k: f64) -> Self {
        let hours = match self.hours {
            Hours::Modelled { sigma, noise, size, cached } => Hours::Modelled { sigma, noise, size: k * size, cached },
            plain @ Hours::Plain { .. } => plain,
        };
        Self {
            level: k * self.level,
            hours,
            capacity: k * self.capacity,
            quota: self.quota.map(|quota| k * quota),
            prices: Prices { unit: k * self.prices.unit, ..self.prices.clone() },
            ..self.clone()
        }
    }

    /// The scenario file.
    pub(super) fn text(&self) -> String {
        let Self { months, hours_per_month, capacity, output_weight, .. } = self;
        let [input, cached, output] = self.prices.token;
        let weights = format!("{{ input = 1, cache_read = 1, cache_write = 1, output = {output_weight} }}");
        let quota = self.quota.map_or(String::new(), |quota| format!("quota = {{ rate = \"{quota} tokens/h\", weights = {weights} }}\n"));
        let mut text = format!(
            "name = \"random\"\n[horizon]\nflat = {{ months = {months}, hours_per_month = {hours_per_month} }}\n\
             [[offer]]\nname = \"on-demand\"\nkind = \"on-demand\"\n\
             price = {{ input = \"{input} USD/token\", cache_read = \"{cached} USD/token\", output = \"{output} USD/token\" }}\n{quota}\
             [[offer]]\nname = \"units\"\nkind = \"provisioned\"\ncapacity = \"{capacity} tokens/h\"\nweights = {weights}\n\
             increment = \"any\"\nterms = {{ \"none\" = \"{} USD/unit-hour\" }}\n",
            self.prices.unit
        );
        let mut names = vec!["w"];
        text += &self.workload("w", self.level, self.hours);
        if let Some(share) = self.second {
            names.push("v");
            // The other sort of demand, so that both meet in one pool.
            let hours = match self.hours {
                Hours::Plain { spread, .. } => Hours::Modelled { sigma: spread, noise: 0.2, size: self.level / 1000.0, cached: 0.0 },
                Hours::Modelled { noise, .. } => Hours::Plain { law: 4, spread: 0.1 + noise, rho: 0.0 },
            };
            text += &self.workload("v", share * self.level, hours);
        }
        for (plan, route) in [("spill", "[\"units\", \"on-demand\"]"), ("throttle", "[\"units\"]"), ("all on-demand", "[\"on-demand\"]")] {
            let routes: Vec<String> = names.iter().map(|name| format!("{name} = {route}")).collect();
            let _ = writeln!(text, "[[plan]]\nname = \"{plan}\"\nroute = {{ {} }}", routes.join(", "));
            if plan != "all on-demand" {
                let _ = writeln!(text, "sweep = {{ units = {{ units = \"{UNITS}\" }} }}");
            }
        }
        text
    }

    fn workload(&self, name: &str, level: f64, hours: Hours) -> String {
        let demand = match hours {
            Hours::Plain { law, spread, rho } => {
                let law = match law {
                    0 => format!("law = \"constant\", value = \"{level} tokens/h\""),
                    1 => format!(
                        "law = \"uniform\", low = \"{} tokens/h\", high = \"{} tokens/h\"",
                        (1.0 - spread) * level,
                        (1.0 + spread) * level
                    ),
                    2 => format!("law = \"normal\", mean = \"{level} tokens/h\", sd = \"{} tokens/h\"", spread * level),
                    3 => format!("law = \"lognormal\", mean = \"{level} tokens/h\", cv = {spread}"),
                    4 => format!("law = \"gamma\", mean = \"{level} tokens/h\", cv = {spread}"),
                    _ => format!("law = \"exponential\", mean = \"{level} tokens/h\""),
                };
                // With tokens a request, so that scale leaves the number of requests alone.
                let size = level / 500.0;
                format!("demand = {{ {law}, autocorrelation = {rho} }}\ntokens = {{ mean = {size}, cv = 0.8, output_share = \"20%\" }}")
            }
            Hours::Modelled { sigma, noise, size, cached } => format!(
                "level = {{ mean = \"{level} tokens/h\", sigma = {sigma}, walk = \"off\" }}\n\
                 shape = {{ kind = \"steady-daytime\", peak = 14, width = 4, night = 0.25, weekend = 0.6 }}\n\
                 noise = {{ fast = {{ sd = {noise}, half_life = \"2h\" }} }}\n\
                 tokens = {{ input = {{ mean = {size}, cv = 1 }}, output = {{ mean = {}, cv = 0.5 }}, cached_share = {cached} }}",
                0.3 * size
            ),
        };
        let minute = match self.minutes {
            Minutes::Off => "\"off\"".to_owned(),
            Minutes::Total(cv, gamma) => format!("{{ cv = {cv}, margin = \"{}\" }}", if gamma { "gamma" } else { "lognormal" }),
            Minutes::Parts(c, burstiness) => format!("{{ floor = 2, c = {c}, burstiness_sd = {burstiness} }}"),
        };
        format!("[[workload]]\nname = \"{name}\"\nclass = \"interactive\"\n{demand}\nminute = {minute}\n")
    }
}
