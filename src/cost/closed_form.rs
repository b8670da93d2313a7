//! Answers that need no simulation: break-even points, the best quantity under a known law, and the cost of a reservation.

use crate::random::special::{normal_cdf, normal_density, normal_quantile, normal_sf};
use crate::units::ByClass;

/// Where units begin to cost less than the same tokens on demand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BreakEven {
    /// Share of the units' capacity that must be used; above 1 units never pay.
    pub utilisation: f64,
    /// Tokens of all classes per hour at that utilisation, whatever can be served.
    pub tokens_per_hour: f64,
    /// Requests per hour at that utilisation.
    pub requests_per_hour: f64,
}

/// The break-even of units that cost `price_per_hour` in all and serve `capacity_per_hour` weighted tokens an hour in all.
///
/// `request` holds the mean tokens of a request, `prices` the currency per token on demand and `weights` what the units count. The
/// utilisation is the units' price over the on-demand cost of all the tokens that they can serve in an hour. `None` unless the capacity is
/// above zero and a request has both a price and a weight.
#[must_use]
pub fn break_even(
    price_per_hour: f64,
    capacity_per_hour: f64,
    request: &ByClass,
    prices: &ByClass,
    weights: &ByClass,
) -> Option<BreakEven> {
    let cost = request.dot(prices);
    let weight = request.dot(weights);
    if !(price_per_hour >= 0.0 && capacity_per_hour > 0.0 && cost > 0.0 && weight > 0.0) {
        return None;
    }
    let requests_per_hour = price_per_hour / cost;
    Some(BreakEven {
        utilisation: requests_per_hour * weight / capacity_per_hour,
        tokens_per_hour: requests_per_hour * request.total(),
        requests_per_hour,
    })
}

/// Hours at which two plans with a fee and a price per hour cost the same (Wang, Li and Liang 2013); `None` where they never do.
#[must_use]
pub fn two_plan_hours(fee: f64, price: f64, other_fee: f64, other_price: f64) -> Option<f64> {
    let hours = (fee - other_fee) / (other_price - price);
    (hours >= 0.0 && hours.is_finite()).then_some(hours)
}

/// Cost of a reservation held over all of `demand` (units per hour): `reserved` units at `unit_price` an hour, used or not, and what
/// exceeds them at `overflow_price`.
#[must_use]
pub fn reservation_cost(demand: &[f64], reserved: f64, unit_price: f64, overflow_price: f64) -> f64 {
    let overflow: f64 = demand.iter().map(|units| (units - reserved).max(0.0)).sum();
    demand.len() as f64 * reserved * unit_price + overflow * overflow_price
}

/// The critical fractile of a newsvendor who buys at `cost`, sells at `price` and gets `salvage` for what is left:
/// (price − cost) / (price − salvage). `None` unless salvage ≤ cost ≤ price and salvage < price.
///
/// For capacity, `price` is a token's price on demand, `cost` what a unit-hour costs for each token it can serve and `salvage` 0.
#[must_use]
pub fn newsvendor_fractile(cost: f64, price: f64, salvage: f64) -> Option<f64> {
    (salvage <= cost && cost <= price && salvage < price).then(|| (price - cost) / (price - salvage))
}

/// A law of demand for which quantity and overflow are known in closed form.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DemandLaw {
    /// Normal.
    Normal {
        /// The mean.
        mean: f64,
        /// The standard deviation, > 0.
        sd: f64,
    },
    /// Lognormal.
    LogNormal {
        /// The mean, > 0.
        mean: f64,
        /// The coefficient of variation, > 0.
        cv: f64,
    },
    /// Exponential.
    Exponential {
        /// The mean, > 0.
        mean: f64,
    },
    /// Uniform.
    Uniform {
        /// The smallest value.
        low: f64,
        /// The largest, above `low`.
        high: f64,
    },
}

impl DemandLaw {
    /// The quantity that demand stays below with probability `fractile`, in (0, 1): the best one to buy at that critical fractile.
    #[must_use]
    pub fn quantity(&self, fractile: f64) -> f64 {
        match *self {
            Self::Normal { mean, sd } => mean + sd * normal_quantile(fractile),
            Self::LogNormal { mean, cv } => {
                let (mu, sigma) = log_parameters(mean, cv);
                libm::exp(mu + sigma * normal_quantile(fractile))
            }
            Self::Exponential { mean } => -mean * libm::log1p(-fractile),
            Self::Uniform { low, high } => low + (high - low) * fractile,
        }
    }

    /// E\[(D − q)+\], the expected demand beyond a quantity.
    #[must_use]
    pub fn overflow(&self, quantity: f64) -> f64 {
        match *self {
            Self::Normal { mean, sd } => {
                let z = (quantity - mean) / sd;
                sd * (normal_density(z) - z * normal_sf(z))
            }
            Self::LogNormal { mean, .. } if quantity <= 0.0 => mean - quantity,
            Self::LogNormal { mean, cv } => {
                let (mu, sigma) = log_parameters(mean, cv);
                let d = (mu - libm::log(quantity)) / sigma;
                mean * normal_cdf(d + sigma) - quantity * normal_cdf(d)
            }
            Self::Exponential { mean } => mean * libm::exp(-quantity.max(0.0) / mean) - quantity.min(0.0),
            Self::Uniform { low, high } => {
                let above = (high - quantity).clamp(0.0, high - low);
                above * above / (2.0 * (high - low)) + (low - quantity).max(0.0)
            }
        }
    }

    /// P(D > q).
    #[must_use]
    pub fn exceedance(&self, quantity: f64) -> f64 {
        match *self {
            Self::Normal { mean, sd } => normal_sf((quantity - mean) / sd),
            Self::LogNormal { .. } if quantity <= 0.0 => 1.0,
            Self::LogNormal { mean, cv } => {
                let (mu, sigma) = log_parameters(mean, cv);
                normal_sf((libm::log(quantity) - mu) / sigma)
            }
            Self::Exponential { mean } => libm::exp(-quantity.max(0.0) / mean),
            Self::Uniform { low, high } => ((high - quantity) / (high - low)).clamp(0.0, 1.0),
        }
    }

    /// Expected cost of a period with `quantity` reserved at `cost` each, used or not, and the rest at `price`.
    #[must_use]
    pub fn expected_cost(&self, quantity: f64, cost: f64, price: f64) -> f64 {
        quantity * cost + price * self.overflow(quantity)
    }
}

fn log_parameters(mean: f64, cv: f64) -> (f64, f64) {
    let variance = libm::log1p(cv * cv);
    (libm::log(mean) - 0.5 * variance, variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `wanted` as printed in VALIDATION.md: within half of its last digit.
    fn printed(given: f64, wanted: &str) {
        let places = wanted.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        let wanted: f64 = wanted.parse().unwrap();
        assert!((given - wanted).abs() <= 0.500_001 * libm::pow(10.0, -(places as f64)), "{given} is not {wanted}");
    }

    #[test]
    fn v1_reservation_table() {
        let demand = [17400, 19900, 19000, 18400, 18900, 19800, 23900, 31800, 39700, 35700, 29600, 22700].map(f64::from);
        let cost = |reserved: f64| reservation_cost(&demand, reserved, (5.07991 + 3.825) / 25_000.0, 0.000_772);
        printed(cost(0.0), "229.1296");
        for (reserved, wanted) in [
            (15_000.0, "154.28"),
            (17_000.0, "144.31"),
            (18_000.0, "139.78"),
            (19_000.0, "136.10"),
            (20_000.0, "134.43"),
            (21_000.0, "134.07"),
            (22_000.0, "133.72"),
            (23_000.0, "133.59"),
            (24_000.0, "134.08"),
            (25_000.0, "135.27"),
            (30_000.0, "141.51"),
            (35_000.0, "153.77"),
        ] {
            printed(cost(reserved), wanted);
        }
        printed(cost(22_700.0), "133.466299");
        printed(100.0 * (1.0 - cost(23_000.0) / cost(0.0)), "41.696");
        assert!(demand.iter().all(|&reserved| cost(reserved) >= cost(22_700.0)));
    }

    #[test]
    fn v4_two_plans() {
        let hours = two_plan_hours(69.0, 0.039, 0.0, 0.08).unwrap();
        printed(hours, "1682.9268");
        printed(100.0 * hours / 8760.0, "19.21149");
        printed(two_plan_hours(138.0, 0.078, 0.0, 0.16).unwrap(), "1682.9268");
        assert_eq!(two_plan_hours(69.0, 0.08, 0.0, 0.08), None);
        assert_eq!(two_plan_hours(69.0, 0.09, 0.0, 0.08), None);
    }

    #[test]
    fn v5_newsvendor() {
        let fractile = newsvendor_fractile(10.0, 15.0, 3.0).unwrap();
        assert!((fractile - 5.0 / 12.0).abs() < 1e-15);
        printed(DemandLaw::Normal { mean: 10_000.0, sd: 2000.0 }.quantity(fractile), "9579.1432");
        assert_eq!(newsvendor_fractile(16.0, 15.0, 3.0), None);
        assert_eq!(newsvendor_fractile(f64::NAN, 15.0, 3.0), None);
    }

    #[test]
    fn v6_break_even() {
        let prices = ByClass { input: 0.25e-6, output: 1.25e-6, ..ByClass::ZERO };
        let share = |input: f64, output: f64, per_minute: f64| {
            let request = ByClass { input, output, ..ByClass::ZERO };
            100.0 * break_even(5.0, 60.0 * per_minute, &request, &prices, &ByClass::ONE).unwrap().utilisation
        };
        printed(share(1000.0, 500.0, 300_000.0), "47.62");
        printed(share(3000.0, 300.0, 300_000.0), "81.48");
        printed(share(1000.0, 500.0, 100_000.0), "142.86");
        let at = break_even(5.0, 18e6, &ByClass { input: 1000.0, output: 500.0, ..ByClass::ZERO }, &prices, &ByClass::ONE).unwrap();
        assert!(
            (at.tokens_per_hour - at.utilisation * 18e6).abs() < 1e-6 && (at.requests_per_hour * 1500.0 - at.tokens_per_hour).abs() < 1e-6
        );
        assert_eq!(break_even(5.0, 0.0, &ByClass::ONE, &prices, &ByClass::ONE), None);
        assert_eq!(break_even(5.0, 1.0, &ByClass::ZERO, &prices, &ByClass::ONE), None);
    }

    /// Token prices per hour of one thousand tokens a minute, from aws-rsv-04: the one-month price is the on-demand price of a full unit.
    #[test]
    fn reserved_units_at_list_price_break_even_when_full() {
        let prices = ByClass { input: 3e-6, output: 15e-6, ..ByClass::ZERO };
        for (price, class) in [(0.18, ByClass { input: 1.0, ..ByClass::ZERO }), (0.90, ByClass { output: 1.0, ..ByClass::ZERO })] {
            let one_month = break_even(price, 60_000.0, &class, &prices, &class).unwrap().utilisation;
            assert!((one_month - 1.0).abs() < 1e-12, "{one_month}");
            let three_months = break_even(0.9 * price, 60_000.0, &class, &prices, &class).unwrap().utilisation;
            assert!((three_months - 0.9).abs() < 1e-12, "{three_months}");
        }
    }

    #[test]
    fn c1_and_c2_best_quantities() {
        let fractile = newsvendor_fractile(0.6, 1.0, 0.0).unwrap();
        let best = |law: DemandLaw, quantity: &str, overflow: &str, cost: &str| {
            let q = law.quantity(fractile);
            printed(q, quantity);
            printed(law.overflow(q), overflow);
            printed(law.expected_cost(q, 0.6, 1.0), cost);
        };
        let normal = DemandLaw::Normal { mean: 100.0, sd: 20.0 };
        best(normal, "94.93305794", "10.76701591", "67.72685067");
        for (q, overflow, over) in [
            (80.0, "21.66630941", ".84134475"),
            (90.0, "13.95593115", ".69146246"),
            (100.0, "7.978845608", ".5"),
            (110.0, "3.955931148", ".30853754"),
            (120.0, "1.666309412", ".15865525"),
        ] {
            printed(normal.overflow(q), overflow);
            printed(normal.exceedance(q), over);
        }
        let lognormal = DemandLaw::LogNormal { mean: 100.0, cv: 0.5 };
        best(lognormal, "79.35425919", "28.98716262", "76.59971814");
        for (q, overflow) in [(50.0, "51.03322956"), (100.0, "18.67150432"), (150.0, "6.162991102"), (200.0, "2.066459119")] {
            printed(lognormal.overflow(q), overflow);
        }
        best(DemandLaw::Exponential { mean: 100.0 }, "51.08256238", "60", "90.64953743");
        best(DemandLaw::Uniform { low: 0.0, high: 200.0 }, "80", "36", "84");
    }

    /// The slope of the overflow is minus the exceedance, for every law and on both sides of its support.
    #[test]
    fn overflow_falls_by_the_exceedance() {
        for law in [
            DemandLaw::Normal { mean: 100.0, sd: 20.0 },
            DemandLaw::LogNormal { mean: 100.0, cv: 0.5 },
            DemandLaw::Exponential { mean: 100.0 },
            DemandLaw::Uniform { low: 50.0, high: 150.0 },
        ] {
            for q in [-10.0, 20.0, 75.0, 100.0, 140.0, 200.0] {
                let slope = (law.overflow(q + 0.001) - law.overflow(q - 0.001)) / 0.002;
                assert!((slope + law.exceedance(q)).abs() < 1e-6, "{law:?} at {q}: {slope}");
            }
        }
    }
}
