//! Limits other than tokens by the minute: of requests, over windows, and by what requests hold; and what reservations leave to the hourly price.

use crate::capacity::is_peak;
use crate::entry::Entry;
use crate::support::{Hour, Ran, cents, flat};
use tokentide::supply::{Hold, OfferKind, Quota};
use tokentide::tally::{Metric, Row, Span};
use tokentide::units::ByClass;

/// A share below it is the rounding of a rate, not a token.
const NOTHING: f64 = 1e-12;

/// An on-demand offer at 1 USD for every token with a quota, and a plan that uses it alone.
fn offer(quota: &str) -> String {
    format!(
        "[[offer]]\nname = \"on-demand\"\nkind = \"on-demand\"\n\
         price = {{ input = \"1 USD/token\", output = \"1 USD/token\", cache_read = \"1 USD/token\", cache_write = \"1 USD/token\" }}\n\
         quota = {{ {quota} }}\n[[plan]]\nname = \"on-demand\"\nroute = {{ w = [\"on-demand\"] }}\n"
    )
}

/// The quota that a scenario made of it.
fn quota(ran: &Ran) -> Quota {
    match &ran.scenario.supply.offers[0].kind {
        OfferKind::OnDemand(offer) => offer.quota.unwrap(),
        other => panic!("{other:?} has no quota"),
    }
}

/// Azure: requests a minute that are looked at by the second. One more in a second is refused.
pub(crate) fn rpm_subwindow(entry: &Entry) {
    let (limit, window) = (entry.input("rpm_limit"), entry.input("evaluation_window_seconds"));
    let rest = offer(&format!("rate = \"1T tokens/min\", requests = \"{limit} requests/min\", request_window = \"{window}s\""));
    let windows = 60.0 / window;
    let serve = |per_window: f64| Hour::of(windows * per_window, [10.0, 0.0, 0.0, 10.0]).serve(&flat(1), "interactive", &rest);
    let enough = serve(entry.expected("max_requests_per_window"));
    let requests = quota(&enough).requests.unwrap();
    entry.exactly("max_requests_per_window", requests.per_hour * f64::from(requests.window) / 3600.0);
    assert!(enough.only("on-demand", Metric::RequestsThrottledShare) < NOTHING);
    let most = entry.expected("max_requests_per_window");
    let refused = serve(most + 1.0).only("on-demand", Metric::RequestsThrottledShare);
    assert!((refused - 1.0 / (most + 1.0)).abs() < 1e-9, "{refused}");
}

/// Vertex: the tokens of a window of units, beyond which there is nothing.
pub(crate) fn window_quota(entry: &Entry) {
    let (units, rate, window) = (entry.input("gsu"), entry.input("tokens_per_sec_per_gsu"), entry.input("window_seconds"));
    let rest = format!(
        "[[offer]]\nname = \"gsu\"\nkind = \"provisioned\"\ncapacity = \"{rate} tokens/s\"\nterms = {{ \"none\" = \"1 USD/unit-hour\" }}\n\
         window = [{{ units = {units}, window = \"{window}s\" }}, {{ units = {}, window = \"1s\" }}]\n\
         [[plan]]\nname = \"gsu\"\nroute = {{ w = [\"gsu\"] }}\nunits = {{ gsu = {units} }}\n",
        units + 1.0
    );
    // One request in a window takes all of it.
    let serve = |tokens: f64| Hour::of(60.0 / window, [tokens, 0.0, 0.0, 0.0]).serve(&flat(1), "interactive", &rest);
    let whole = entry.expected("window_token_quota");
    let full = serve(whole);
    let node = &full.scenario.supply.groups[0].nodes[0];
    entry.exactly("window_token_quota", units * node.per_unit[0].0 * f64::from(node.metering.window) / 3600.0);
    assert!(full.only("gsu", Metric::ThrottledShare) < NOTHING);
    assert!((full.only("gsu", Metric::Utilisation) - 1.0).abs() < NOTHING);
    let over = serve(1.25 * whole).only("gsu", Metric::ThrottledShare);
    assert!((over - 0.2).abs() < NOTHING, "{over}");
}

/// One request a minute whose answer of `output` tokens takes `seconds`, under Bedrock's quota: the run, and what the request holds.
fn holding(entry: &Entry, rate: f64, [input, output]: [f64; 2], seconds: f64) -> (Ran, f64) {
    let (most, speed) = (entry.input("max_tokens"), 3600.0 * output / seconds);
    let rest = offer(&format!(
        "rate = \"{rate} tokens/min\", weights = {{ input = 1, cache_read = 0, cache_write = 1, output = 5 }}, \
         hold = {{ speed = \"{speed} tokens/h\", first_token = \"1 s\", unset_max_tokens = {most} }}"
    ));
    let ran = Hour::of(1.0, [input, 0.0, 0.0, output]).serve(&flat(1), "interactive", &rest);
    let quota = quota(&ran);
    let hold: Hold = quota.metering.hold.unwrap();
    let held = hold.held(&ByClass { input, output, ..ByClass::ZERO }, &quota.weights, hold.max_tokens(None).unwrap());
    (ran, held)
}

/// Bedrock, from the start of a request: its input and `max_tokens`, without the burndown. A minute has the part of it in which it runs.
pub(crate) fn quota_reserve(entry: &Entry) {
    let request = [entry.input("input"), entry.input("output")];
    let (answer, runs) = (9.0, 10.0);
    let (ran, held) = holding(entry, 1e9, request, answer);
    entry.exactly("reserved_at_start", held);
    let billed = ran.only("on-demand", Metric::CostTotal) / 60.0;
    cents(billed, request.iter().sum());
    entry.exactly("temporarily_held_not_used", held - billed);
    let counted = request[0] + 5.0 * request[1] + held * runs / 60.0;
    let peak = |ran: &Ran| {
        let metric = Metric::PeakQuotaTokensPerMinute;
        ran.outcome.column(&ran.scenario, ran.plan("on-demand"), Row::Pool(0), Span::Horizon, metric).unwrap()[0]
    };
    is_peak("held", peak(&ran), counted);
    // Four fifths of that are less than one request in flight on average holds; a minute then lets in what its settled tokens leave,
    // quota / settled × (1 − exp(−60 settled / (held × seconds))).
    let settled = request[0] + 5.0 * request[1];
    let let_in = |rate: f64| -rate / settled * libm::expm1(-60.0 * settled / (held * runs));
    assert!(0.8 * counted < held * runs / 60.0);
    for (rate, throttled) in [(counted, 0.0), (0.8 * counted, 1.0 - let_in(0.8 * counted))] {
        let share = holding(entry, rate, request, answer).0.only("on-demand", Metric::RequestsThrottledShare);
        assert!((share - throttled).abs() < 1e-9, "{rate}: {share}");
    }
}

/// Bedrock: how many requests run at a time under a quota that they hold. Requests that run for ten hours: what settles in a minute is
/// next to nothing, and what is served of one a minute tells how many run. They flow here, so it is two and a half.
pub(crate) fn quota_concurrency(entry: &Entry) {
    let (rate, hours) = (entry.input("tpm_quota"), 10.0);
    let (ran, held) = holding(entry, rate, [entry.input("input"), 1.0], 3600.0 * hours);
    entry.exactly("reserved_per_request", held);
    let served = 1.0 - ran.only("on-demand", Metric::RequestsThrottledShare);
    let running = served * 60.0 * hours;
    assert!((running / (rate / held) - 1.0).abs() < 2e-3, "{running}");
    entry.exactly("max_in_flight", running.floor());
}

/// Units by the hour beside a reservation: those above it are paid at the hourly price, and it is paid whatever runs.
pub(crate) fn reservation_overage(entry: &Entry) {
    let azure = entry.has("reservation_ptu");
    let (reserved, running) = if azure {
        (entry.input("reservation_ptu"), [entry.input("already_deployed_ptu"), entry.input("added_ptu")])
    } else {
        (entry.input("reserved_gpus"), [entry.input("running_gpus"), 0.0])
    };
    let (hourly, of_term, hours) = (2.0, 0.5, 100);
    let total: f64 = running.iter().sum();
    let rest = format!(
        "[[offer]]\nname = \"units\"\nkind = \"provisioned\"\ncapacity = \"1 tokens/h\"\n\
         terms = {{ \"none\" = \"{hourly} USD/unit-hour\", \"1 month\" = \"{of_term} USD/unit-hour\" }}\n\
         [[plan]]\nname = \"units\"\nroute = {{ w = [\"units\"] }}\nunits = {{ units = {} }}\nterm = {{ units = \"none\" }}\n\
         purchase = [{{ offer = \"units\", units = {}, term = \"none\" }}]\n\
         reservation = [{{ offer = \"units\", units = {reserved}, term = \"1 month\" }}]\n",
        running[0], running[1]
    );
    let demand = Hour { requests: 1.0, tokens: [total, 0.0, 0.0, 0.0] };
    let ran = demand.serve(&flat(hours), "interactive", &rest);
    // All that run serve, whoever pays for them.
    assert!(ran.only("units", Metric::ThrottledShare) < NOTHING);
    let above = (ran.only("units", Metric::CostProvisioned) / f64::from(hours) - reserved * of_term) / hourly;
    let (overage, covered) = if azure { ("hourly_overage_ptu", "covered_ptu") } else { ("on_demand_billed", "reserved_used") };
    let is = |result: &str, given: f64| assert!((given - entry.expected(result)).abs() < 1e-9, "{result}: {given}");
    is(overage, above);
    is(covered, total - above);
}
