//! Quotas of requests against requests drawn one by one.

use crate::demand::{MinuteModel, SizeSpread};
use crate::horizon::Horizon;
use crate::random::law::{draw_gamma, draw_poisson};
use crate::random::stream::{Purpose, Stream, StreamKey};
use crate::supply::fixture::{dispatched, steady, supply, workload};
use crate::supply::{Margin, ServiceTotals, WorkloadFacts};

/// Requests of 10 tokens, Poisson, whose sizes are gamma with this squared coefficient of variation.
fn poisson(size_cv2: f64) -> WorkloadFacts {
    let minute = MinuteModel { margin: Margin::Gamma, burstiness_sd: 0.0, constant: None, floor: 1.0, c_squared: 0.0 };
    WorkloadFacts { minute, size_spread: SizeSpread::together(size_cv2), ..workload("w", Margin::Gamma, 0.0) }
}

/// An offer with a quota, and a plan that uses it after so many units.
fn text(units: f64, quota: &str) -> String {
    format!(
        "[[offer]]\nname = 'u'\nkind = 'provisioned'\ncapacity = '1 tokens/min'\nincrement = 'any'\nterms = {{ none = '1 USD/unit-hour' }}\n\
         [[offer]]\nname = 'od'\nkind = 'on-demand'\nprice = {{ input = '2 USD/token', output = '2 USD/token' }}\nquota = {{ {quota} }}\n\
         [[plan]]\nname = 'p'\nroute = {{ w = ['u', 'od'] }}\nunits = {{ u = {units} }}\n"
    )
}

/// One hour of so many requests a minute.
fn served(units: f64, quota: &str, per_minute: f64, facts: WorkloadFacts) -> ServiceTotals {
    let supply = supply(&text(units, quota), &[facts], Horizon::flat(1, 1).unwrap());
    let totals = dispatched(&supply, &steady(1, &[600.0 * per_minute]));
    totals.services[supply.service_index(0, 0, 0)]
}

/// What a minute may take, and who comes is served one by one: units and tokens as a flow, requests in their windows.
struct Limits {
    units: f64,
    tokens: f64,
    requests: f64,
    /// Windows of a minute in which `requests` hold.
    parts: usize,
}

impl Limits {
    /// The share of the tokens that is refused, and its standard error.
    fn refused(&self, per_minute: f64, size_cv2: f64, minutes: usize) -> (f64, f64) {
        let mut stream = StreamKey::new(3, Purpose::Minutes, "requests").replication(0);
        let (mut sum, mut square) = (0.0, 0.0);
        for _ in 0..minutes {
            let lost = self.minute(per_minute, size_cv2, &mut stream) / (10.0 * per_minute);
            sum += lost;
            square += lost * lost;
        }
        let n = minutes as f64;
        (sum / n, ((square / n - sum * sum / (n * n)) / n).sqrt())
    }

    /// Tokens of one minute that are refused.
    fn minute(&self, per_minute: f64, size_cv2: f64, stream: &mut Stream) -> f64 {
        let (mut units, mut tokens, mut lost) = (self.units, self.tokens, 0.0);
        for _ in 0..self.parts {
            let mut requests = self.requests / self.parts as f64;
            for _ in 0..draw_poisson(per_minute / self.parts as f64, stream) as usize {
                let size = if size_cv2 > 0.0 { draw_gamma(1.0 / size_cv2, 10.0 * size_cv2, stream) } else { 10.0 };
                let rest = size - size.min(units);
                units -= size - rest;
                // What a request leaves for the quota is a part of a request there.
                let taken = rest.min(tokens).min(requests * size);
                tokens -= taken;
                requests -= taken / size;
                lost += rest - taken;
            }
        }
        lost
    }
}

/// How a case is off, as `requests.rs` says it.
enum Off {
    /// By at most this share.
    Within(f64),
    /// Too much is refused, up to this multiple of it.
    TooMuch(f64),
}

/// Requests a minute, squared CV of sizes, then in means of a minute: units, tokens and requests of the quota; windows of a minute in which
/// those hold.
type Case = (f64, f64, f64, f64, f64, usize, Off);

#[test]
fn against_requests_one_by_one() {
    use Off::{TooMuch, Within};
    let (alone, both) = (|| Within(0.15), || Within(0.1));
    let cases: [Case; 22] = [
        (60.0, 0.0, 0.0, 9.0, 1.0, 1, alone()),
        (60.0, 0.0, 0.0, 9.0, 1.2, 1, alone()),
        (60.0, 1.0, 0.0, 9.0, 0.8, 1, alone()),
        (60.0, 1.0, 0.0, 9.0, 1.0, 1, alone()),
        (60.0, 1.0, 0.0, 9.0, 1.2, 1, alone()),
        (60.0, 4.0, 0.0, 9.0, 1.2, 1, alone()),
        (600.0, 4.0, 0.0, 9.0, 1.05, 1, alone()),
        // Ten in a second are few for a gamma law.
        (600.0, 1.0, 0.0, 9.0, 1.05, 60, Within(0.1)),
        (600.0, 1.0, 0.0, 9.0, 1.5, 60, Within(0.3)),
        // Both limits at once.
        (60.0, 1.0, 0.0, 1.0, 1.0, 1, both()),
        (60.0, 1.0, 0.0, 0.9, 0.95, 1, both()),
        (60.0, 1.0, 0.0, 1.2, 1.1, 1, both()),
        (60.0, 1.0, 0.0, 1.2, 1.2, 1, both()),
        (60.0, 4.0, 0.0, 1.2, 1.2, 1, both()),
        (60.0, 4.0, 0.0, 1.4, 1.2, 1, both()),
        (600.0, 4.0, 0.0, 1.1, 1.05, 1, both()),
        // Behind units, by the minute and by the second.
        (60.0, 1.0, 0.8, 9.0, 0.3, 1, TooMuch(1.4)),
        (60.0, 1.0, 0.5, 9.0, 0.7, 1, TooMuch(2.3)),
        (600.0, 1.0, 0.5, 0.6, 0.55, 1, TooMuch(1.8)),
        (600.0, 1.0, 0.8, 9.0, 0.25, 60, Within(0.05)),
        (600.0, 1.0, 0.8, 9.0, 0.4, 6, Within(0.05)),
        (600.0, 1.0, 0.0, 1.0, 1.3, 60, Within(0.1)),
    ];
    for (per_minute, cv2, units, tokens, requests, parts, off) in cases {
        let mean = 10.0 * per_minute;
        let limits = Limits { units: units * mean, tokens: tokens * mean, requests: requests * per_minute, parts };
        let (drawn, se) = limits.refused(per_minute, cv2, 2_000_000 / per_minute as usize);
        let (rate, window) = (tokens * mean, 60 / parts);
        let quota = format!("rate = '{rate} tokens/min', requests = '{} requests/min', request_window = '{window}s'", limits.requests);
        let service = served(units * mean, &quota, per_minute, poisson(cv2));
        let all = service.tokens_on_demand + service.tokens_provisioned + service.tokens_throttled;
        assert!((all / (60.0 * mean) - 1.0).abs() < 1e-9);
        let got = service.tokens_throttled / all;
        let (low, high) = match off {
            Within(share) => (1.0 - share, 1.0 + share),
            TooMuch(share) => (1.0, share),
        };
        let fits = got >= low * drawn - 4.0 * se && got <= high * drawn + 4.0 * se;
        assert!(fits, "{per_minute} {cv2} {units} {tokens} {requests} /{parts}: {got}, drawn {drawn} ± {se}");
    }
}

/// Whatever the sizes, requests alone are refused as tokens are of requests that are all alike.
#[test]
fn requests_spread_as_if_all_were_alike() {
    for limit in [30.0, 55.0, 60.0, 66.0, 80.0] {
        let tokens = served(0.0, &format!("rate = '{} tokens/min'", 10.0 * limit), 60.0, poisson(0.0));
        for cv2 in [0.0, 1.0, 4.0] {
            let quota = format!("rate = '1M tokens/min', requests = '{limit} requests/min'");
            let requests = served(0.0, &quota, 60.0, poisson(cv2));
            let (got, want) = (requests.tokens_throttled, tokens.tokens_throttled);
            // The rows of both variances are within 1e-4 of their law.
            assert!((got - want).abs() <= 3e-4 * want, "{limit} {cv2}: {got} is not {want}");
        }
    }
}

/// Without bursts both limits are arithmetic, and the smaller holds: 600 requests an hour of 10 tokens.
#[test]
fn the_smaller_limit_holds() {
    for (tokens, requests, served_share) in [(6000.0, 600.0, 1.0), (3000.0, 600.0, 0.5), (6000.0, 150.0, 0.25), (1500.0, 300.0, 0.25)] {
        for window in ["60s", "10s", "1s"] {
            let quota = format!("rate = '{tokens} tokens/h', requests = '{requests} requests/h', request_window = '{window}'");
            let facts = WorkloadFacts { minute: MinuteModel::OFF, ..workload("w", Margin::Gamma, 0.0) };
            let service = served(0.0, &quota, 10.0, facts);
            let got = service.tokens_on_demand / 6000.0;
            assert!((got - served_share).abs() < 1e-9, "{tokens} {requests} {window}: {got}");
            assert!((service.requests_throttled - 600.0 * (1.0 - served_share)).abs() < 1e-6);
        }
    }
}
