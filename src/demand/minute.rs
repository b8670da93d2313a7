//! Demand of the minutes within an hour: how far they spread around the hour's mean.
//!
//! The variance of a minute's demand relative to its mean is V = φ / μ + c², with μ the hour's requests a minute and φ the index of
//! dispersion of arrivals (1 for Poisson) plus the squared coefficient of variation of a request's tokens, in the weights of the offer that
//! counts them; a burstiness factor of mean 1 that varies from hour to hour multiplies it, and is integrated out by the supply side.

use super::check::{LOG_SD, is_log_sd, number_or};
use super::kind::Kind;
use crate::spec::{At, Field, OffOr, Reader};
use crate::{spec_table, spec_words};

spec_words! {
    /// The law of a minute's demand.
    pub enum Margin {
        /// Gamma.
        "gamma" => Gamma,
        /// Lognormal.
        "lognormal" => LogNormal,
    }
}

spec_table! {
    /// Minutes within the hour: a total coefficient of variation, or its parts.
    pub struct MinuteSpec {
        /// Total coefficient of variation of a minute's demand; replaces the parts.
        optional cv: f64,
        /// Index of dispersion of the arrivals, 1 for Poisson arrivals.
        optional floor: f64,
        /// The part that does not average out with volume, as a coefficient of variation.
        optional c: f64,
        /// Standard deviation of the logarithm of the hour's burstiness.
        optional burstiness_sd: f64,
        /// The law of a minute's demand: "gamma" or "lognormal".
        optional margin: Margin,
    }
}

/// How minutes spread within an hour.
#[derive(Clone, Debug, PartialEq)]
pub struct MinuteModel {
    /// The law of a minute's demand given the hour.
    pub margin: Margin,
    /// Standard deviation of the logarithm of the burstiness factor, whose mean is 1; >= 0.
    pub burstiness_sd: f64,
    /// The squared coefficient of variation of every hour's minutes where the file states it; `Some(0.0)` when the model is off.
    pub constant: Option<f64>,
    /// Index of dispersion of the arrivals.
    pub floor: f64,
    /// Squared coefficient of variation that does not average out.
    pub c_squared: f64,
}

impl MinuteModel {
    /// Every minute of an hour has the hour's mean.
    pub const OFF: Self = Self { margin: Margin::Gamma, burstiness_sd: 0.0, constant: Some(0.0), floor: 1.0, c_squared: 0.0 };

    /// Whether every minute of an hour has the hour's mean.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.constant == Some(0.0)
    }

    /// Checks the spec. `smooth` says that the hours come without requests (plain laws, traces), so that nothing is known within them.
    pub(super) fn resolve(
        spec: Option<&Field<OffOr<MinuteSpec>>>,
        kind: Option<Kind>,
        smooth: bool,
        at: &At,
        reader: &mut Reader,
    ) -> Option<Self> {
        let Some(field) = spec else {
            if smooth && kind.is_none() {
                reader.assumed(at.key("minute"), "off", "nothing said about minutes: each has its hour's mean");
                return Some(Self::OFF);
            }
            let (floor, c, sd, reason) = defaults(kind);
            reader.assumed(at.key("minute"), format!("floor {floor}, c {c}, burstiness_sd {sd}, margin gamma"), reason);
            return Some(Self { margin: Margin::Gamma, burstiness_sd: sd, constant: None, floor, c_squared: c * c });
        };
        let spec = match &field.value {
            OffOr::Off => return Some(Self::OFF),
            OffOr::On(spec) => spec,
        };
        let at = &field.at;
        let margin = match &spec.margin {
            Some(margin) => margin.value,
            None => super::check::assumed(at, "margin", Margin::Gamma, "the default margin", reader),
        };
        if let Some(cv) = &spec.cv {
            let mut alone = true;
            for part in [&spec.floor, &spec.c, &spec.burstiness_sd] {
                alone &= super::check::exclusive(Some(cv), part.as_ref(), "either the total cv or its parts", reader);
            }
            let cv = super::check::number(cv, reader, "a coefficient of variation from 0 to 10", |x| (0.0..=10.0).contains(&x))?;
            return alone.then_some(Self { margin, burstiness_sd: 0.0, constant: Some(cv * cv), floor: 1.0, c_squared: 0.0 });
        }
        let (floor, c, sd, reason) = defaults(kind);
        let floor =
            number_or(spec.floor.as_ref(), (at, "floor"), (floor, reason), reader, "at least 1, at most 1e6", |x| (1.0..=1e6).contains(&x));
        let c = number_or(spec.c.as_ref(), (at, "c"), (c, reason), reader, "0 to 10", |x| (0.0..=10.0).contains(&x));
        let sd = number_or(spec.burstiness_sd.as_ref(), (at, "burstiness_sd"), (sd, reason), reader, LOG_SD, is_log_sd);
        let (floor, c) = (floor?, c?);
        Some(Self { margin, burstiness_sd: sd?, constant: None, floor, c_squared: c * c })
    }

    /// V of an hour with so many requests, whose weighted tokens have this squared coefficient of variation: the squared coefficient of
    /// variation, before the burstiness factor, of a window of so many seconds given the hour. No requests, no variance.
    ///
    /// What arrivals and sizes make of it grows as windows get shorter. What does not average out with volume is a minute's: the same
    /// within it, and independent from minute to minute.
    #[inline]
    #[must_use]
    pub fn variance(&self, window: f64, requests: f64, size_cv2: f64) -> f64 {
        let minutes = if window > 60.0 { 60.0 / window } else { 1.0 };
        match self.constant {
            Some(constant) => constant * minutes,
            None if requests > 0.0 => (self.floor + size_cv2) * (3600.0 / window) / requests + self.c_squared * minutes,
            None => 0.0,
        }
    }
}

/// Floor, c and log-sd of the burstiness by kind, and why.
fn defaults(kind: Option<Kind>) -> (f64, f64, f64, &'static str) {
    match kind {
        None => (1.0, 0.0, 0.0, "arrivals and sizes only: no kind of client was said"),
        Some(Kind::Chat) => (2.5, 0.05, 0.5, "measured on public traces: human chat has dispersion 1 to 4 and c .05, varying by log-sd .5"),
        Some(Kind::Api) => {
            (15.0, 0.06, 0.5, "measured on public traces: busy API clients have dispersion 5 to 25 and c .06, varying by log-sd .5")
        }
        Some(Kind::Agents) => {
            (1.0, 1.0, 0.5, "measured on public traces: one team's agents or code have c of about 1, varying by log-sd .5")
        }
        Some(Kind::Batch) => {
            (5.0, 0.06, 0.5, "a job's client paces itself: the lower end, 5, of busy API clients on public traces, and their c .06")
        }
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact values")]
mod tests {
    use super::*;

    /// 3 000 requests an hour are 50 a minute: (2.5 + 1.44) / 50 + .0025.
    #[test]
    fn variance_of_a_minute() {
        let model = MinuteModel { margin: Margin::Gamma, burstiness_sd: 0.5, constant: None, floor: 2.5, c_squared: 0.0025 };
        assert!((model.variance(60.0, 3000.0, 1.44) - (3.94 / 50.0 + 0.0025)).abs() < 1e-15);
        assert!((model.variance(1.0, 3000.0, 1.44) - (60.0 * 3.94 / 50.0 + 0.0025)).abs() < 1e-12);
        assert!((model.variance(120.0, 3000.0, 1.44) - 0.5 * (3.94 / 50.0 + 0.0025)).abs() < 1e-15);
        assert_eq!(model.variance(60.0, 0.0, 1.0), 0.0);
        assert_eq!(MinuteModel::OFF.variance(60.0, 10.0, 1.0), 0.0);
    }
}
