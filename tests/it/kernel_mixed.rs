//! The fast path against the reference where the mix of prompts and answers varies from hour to hour.

use crate::kernel::{Dice, Worst, bits, compare, random, resolve};
use std::path::Path;
use tokentide::scenario;
use tokentide::simulation::{Isa, Kernel, Scope};

/// In hours that differ in nothing but their tokens, no cell is told from the next.
#[test]
fn what_cells_cannot_tell_goes_to_the_reference() {
    let with = |sizes: &str, hours: u32| {
        let text = random_split(1);
        let lines = text.lines().map(|line| match line.split_once(" = ") {
            Some(("tokens", _)) => format!("tokens = {{ {sizes} }}\n"),
            Some(("flat", _)) => format!("flat = {{ months = 1, hours_per_month = {hours} }}\n"),
            _ => format!("{line}\n"),
        });
        Kernel::new(&resolve(&lines.collect::<String>()), 11, Scope::All).map(|_| ()).unwrap_err()
    };
    let (fixed, varied) = (
        "input = { mean = 800, cv = 0 }, output = { mean = 200, cv = 0 }",
        "input = { mean = 800, cv = 1 }, output = { mean = 200, cv = 1 }",
    );
    assert!(with(fixed, 730).contains("hardly vary"));
    assert!(with(varied, 24).contains("so few hours"));
}

/// A scenario like those of the steady mixes, with input and output apart and caches. Of even seeds, hours hold about as few requests as
/// can be moment-matched.
fn random_split(seed: u64) -> String {
    let mut dice = Dice(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) | 1);
    let (mut text, mut mean) = (String::new(), 0.0);
    for line in random(seed).lines() {
        let line = match line.split_once(" = ") {
            Some(("level", level)) => {
                mean = level.split(['"', 'M']).nth(1).unwrap().parse::<f64>().unwrap() * 1e6;
                line.to_owned()
            }
            // Fewer hours than these are not taken.
            Some(("flat", _)) => {
                let hours = line.rsplit('=').next().unwrap().trim_end_matches([' ', '}']).trim().parse::<usize>().unwrap();
                if hours < 500 { line.replace(&format!("= {hours} }}"), &format!("= {} }}", 500 + hours)) } else { line.to_owned() }
            }
            // Without chance in counts and sizes the mix is steady.
            Some(("requests", law)) => format!("requests = {}", law.replace("none", "poisson")),
            Some(("tokens", _)) => format!("tokens = {}", tokens(if seed.is_multiple_of(2) { mean / 450.0 } else { 0.0 }, &mut dice)),
            Some(("price", prices)) => {
                let prices = prices.trim_end_matches(" }");
                format!("price = {prices}, cache_read = \"0.3 USD/1M tokens\", cache_write = \"3.75 USD/1M tokens\" }}")
            }
            Some(("weights", weights)) => format!("weights = {}, cache_read = 0.1, cache_write = 1.25 }}", weights.trim_end_matches(" }")),
            Some(("quota", quota)) => format!("quota = {}, cache_read = 0, cache_write = 1 }} }}", quota.trim_end_matches(" } }")),
            _ => line.to_owned(),
        };
        text += &line;
        text.push('\n');
    }
    text
}

/// Sizes of so many tokens a request in all, or of any number.
fn tokens(all: f64, dice: &mut Dice) -> String {
    let law = |dice: &mut Dice, mean: f64| match dice.pick(&["p95", "gamma", "sigma"]) {
        "p95" => format!("{{ mean = {mean:.1}, p95 = {:.1} }}", mean * dice.between(1.5, 3.2)),
        "gamma" => format!("{{ mean = {mean:.1}, cv = {:.2}, law = \"gamma\" }}", dice.between(0.2, 1.5)),
        _ => format!("{{ mean = {mean:.1}, sigma = {:.2} }}", dice.between(0.2, 1.1)),
    };
    let (prompt, answer) = (dice.between(500.0, 4000.0), dice.between(50.0, 900.0));
    let scale = if all > 0.0 { all / (prompt + answer) } else { 1.0 };
    let (prompt, answer) = (scale * prompt, scale * answer);
    let cap = if dice.chance(0.5) { format!(", max_tokens = {:.0}", answer * dice.between(1.5, 5.0)) } else { String::new() };
    let (cached, written, correlation) = (dice.between(0.0, 0.5), dice.between(0.0, 0.3), dice.between(-0.4, 0.8));
    let (input, output) = (law(dice, prompt), law(dice, answer));
    format!(
        "{{ input = {input}, output = {output}, correlation = {correlation:.2}{cap}, cached_share = {cached:.2}, \
         cache_write_share = {written:.2} }}"
    )
}

#[test]
fn every_replication_is_that_of_the_reference() {
    let (mut worst, mut served) = (Worst::default(), 0);
    for seed in 0..24 {
        let text = random_split(seed);
        if let Err(why) = Kernel::new(&resolve(&text), 11, Scope::All) {
            assert!(why.contains("few requests"), "{why}");
            continue;
        }
        served += 1;
        worst.take(compare(&text, 64 * seed, 2), seed);
    }
    assert!(served >= 18, "{served}");
    worst.assert_within();
}

#[test]
fn instructions_change_no_bit() {
    for scenario in [resolve(&random_split(1)), resolve(&random_split(4)), resolve(&random_split(26))] {
        let of = |isa| bits(&Kernel::new(&scenario, 2, Scope::All).unwrap().with_isa(isa));
        let baseline = of(Isa::Baseline);
        assert!(baseline.len() > 1000);
        for isa in Isa::available() {
            assert!(of(isa) == baseline, "{isa} differs from the baseline");
        }
    }
}

/// The shipped chat of prompts and answers, two units and up, is served fast.
#[test]
fn the_support_copilot_is_served() {
    let scenario = scenario::load(Path::new("workloads/support-copilot.toml"), &[]).unwrap().scenario;
    assert!(Kernel::new(&scenario, 1, Scope::All).is_ok());
    for (what, difference) in compare(include_str!("../../workloads/support-copilot.toml"), 640, 4) {
        assert!(difference <= 1.0, "{what} {difference}");
    }
}

/// What a mix that varies has no fast path for, and what is said.
#[test]
fn conditions_are_told() {
    let text = include_str!("../../workloads/support-copilot.toml");
    for (from, to, said) in [
        ("max_tokens = 4096", "max_tokens = 4096, drift = { input_sd = 0.1, half_life = \"48h\" }", "mean mix of token classes changes"),
        (
            "1.46M tokens/h\", p10 = \"1.32M tokens/h\", p90 = \"1.605M",
            "14.6k tokens/h\", p10 = \"13.2k tokens/h\", p90 = \"16.05k",
            "few requests",
        ),
        ("quota = { rate", "quota = { requests = \"60 requests/min\", rate", "limits two things"),
    ] {
        let why = Kernel::new(&resolve(&text.replacen(from, to, 1)), 1, Scope::All).unwrap_err();
        assert!(why.contains(said), "{why}");
    }
}
