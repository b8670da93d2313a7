//! The fast path against the reference at the corners of what it takes: few hours, hours alike, empty nights, limits far below the busiest
//! hour, noise that hardly forgets. A scenario is served within the tolerances, or refused with one of the reasons that are meant for it.

use crate::kernel::{Dice, Worst, compare, resolve};
use tokentide::simulation::{Kernel, Scope};

/// What may be said of such a scenario.
const REASONS: [&str; 5] =
    ["few requests", "little of it is served", "too few or too alike", "minutes are too even", "meet a limit all the same"];

/// A pool with units and a quota, each a random part of the mean hour down to a thousandth.
fn corner(seed: u64) -> String {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let any = |dice: &mut Dice, low: f64, high: f64| (dice.between(low.ln(), high.ln())).exp();
    let sampling = dice.pick(&["plain", "sobol"]);
    let months = dice.pick(&["1", "2", "5"]);
    let hours = any(&mut dice, 1.0, 740.0) as usize;
    let night = dice.pick(&["0", "1e-9", "1e-4", "0.01", "0.3", "1"]);
    let (width, weekend) = (dice.between(1.0, 5.0), dice.pick(&["1", "0.5", "0.001"]));
    let rho = 1.0 - any(&mut dice, 1e-7, 0.7);
    let noise = format!("noise = {{ fast = {{ sd = {:.3}, autocorrelation = {rho:.8} }} }}", any(&mut dice, 0.001, 2.5));
    let noise = if dice.chance(0.75) { noise } else { String::new() };
    let level = if dice.chance(0.5) { format!(", sigma = {:.2}", dice.between(0.05, 0.4)) } else { String::new() };
    let requests = dice.pick(&["none", "poisson"]);
    let (cv, margin) = (any(&mut dice, 0.035, 1.2), dice.pick(&["gamma", "lognormal"]));
    let (unit, quota) = (any(&mut dice, 0.001, 2.0), 1e6 / 60.0 * any(&mut dice, 0.001, 3.0));
    let overflow = dice.pick(&["minute", "request"]);
    format!(
        r#"
name = "corner"
sampling = "{sampling}"
[horizon]
flat = {{ months = {months}, hours_per_month = {hours} }}
[limits]
throttled_requests_share = "1%"
[[offer]]
name = "units"
kind = "provisioned"
capacity = "{unit:.6}M tokens/h"
weights = {{ input = 1, output = 1 }}
overflow = "{overflow}"
terms = {{ "none" = "4 USD/unit-hour" }}
[[offer]]
name = "on-demand"
kind = "on-demand"
price = {{ input = "3 USD/1M tokens", output = "15 USD/1M tokens" }}
quota = {{ rate = "{quota:.3} tokens/min", weights = {{ input = 1, output = 1 }} }}
[[workload]]
name = "w"
class = "interactive"
level = {{ mean = "1M tokens/h"{level}, walk = "off" }}
shape = {{ kind = "steady-daytime", peak = 14, width = {width:.2}, night = {night}, weekend = {weekend} }}
{noise}
requests = {{ law = "{requests}" }}
tokens = {{ mean = 200, cv = 1, law = "gamma", output_share = 0.2 }}
minute = {{ cv = {cv:.3}, margin = "{margin}" }}
[[plan]]
name = "p"
route = {{ w = ["units", "on-demand"] }}
[plan.sweep]
units = {{ units = "0, 1, 2, 5" }}
"#
    )
}

fn hold(seeds: std::ops::Range<u64>) -> (Worst, u64) {
    let (mut worst, mut served) = (Worst::default(), 0);
    for seed in seeds {
        let text = corner(seed);
        if let Err(why) = Kernel::new(&resolve(&text), 11, Scope::All) {
            assert!(REASONS.iter().any(|reason| why.contains(reason)), "seed {seed}: {why}");
            continue;
        }
        served += 1;
        worst.take(compare(&text, 64 * seed, 4), seed);
    }
    (worst, served)
}

#[test]
fn corners_are_served_as_the_reference_does_or_refused() {
    let (worst, served) = hold(0..60);
    assert!((15..=55).contains(&served), "{served}");
    worst.assert_within();
}

/// Thousands of scenarios.
#[test]
fn corners_hold_at_length() {
    let (worst, served) = hold(1000..4000);
    assert!(served > 900, "{served}");
    worst.assert_within();
}
