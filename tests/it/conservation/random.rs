//! Random scenarios as text, with every mechanism of demand, offers and plans, and what each of them has.

use super::parts::{Draw, Mode, offers, workload};
use std::collections::BTreeSet;
use std::fmt::Write;

/// A scenario and the mechanisms in it.
pub(super) struct Random {
    pub(super) number: u64,
    pub(super) text: String,
    pub(super) has: BTreeSet<&'static str>,
}

/// Hours of the days in which something may be bought or used.
const HOURS: [&str; 3] =
    ["{ from = 20, until = 6 }", "{ days = 'weekdays', from = 8, until = 18 }", "{ days = 'weekends', from = 22, until = 4 }"];

/// Scenario `number` of those that a seed makes.
pub(super) fn random(seed: u64, number: u64) -> Random {
    let mut draw = Draw::new(seed, number);
    let mode = *draw.pick(&[Mode::Plain, Mode::Plain, Mode::Walked, Mode::Walked, Mode::Held, Mode::Counted, Mode::Daily, Mode::Wild]);
    let months = 1 + draw.below(3);
    let mut text = "name = 'conservation'\n".to_owned();
    let calendar = draw.chance(if mode == Mode::Plain { 0.15 } else { 0.04 });
    if calendar {
        draw.mark("calendar");
        let months = months.min(2);
        let _ = writeln!(text, "[horizon]\nstart = 2027-{:02}-15\nmonths = {months}\ntime_zone = 'America/New_York'", 2 + draw.below(3));
    } else {
        // Walks take most of the time.
        let hours = 24 + draw.below(if mode == Mode::Plain { 120 } else { 40 });
        let _ = writeln!(text, "[horizon]\nflat = {{ months = {months}, hours_per_month = {hours} }}");
    }
    let months = if calendar { months.min(2) } else { months };
    let workloads: Vec<Work> = (0..=draw.below(4)).map(|index| workload(&mut draw, mode, index, calendar)).collect();
    let plans = 1 + draw.below(3);
    let mut used = BTreeSet::new();
    let mut of_plans = String::new();
    for number in 0..plans {
        of_plans += &plan(&mut draw, mode, number, months, &workloads, &mut used);
    }
    if used.contains("flex") {
        used.insert("od");
    }
    text += &offers(&mut draw, mode, months, &used);
    workloads.iter().for_each(|workload| text += &workload.text);
    text += &of_plans;
    Random { number, text, has: draw.has }
}

/// A workload as plans see it.
pub(super) struct Work {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) deferrable: bool,
    pub(super) queue: bool,
    /// Whether a part of it can wait.
    pub(super) parted: bool,
}

/// The offers that each workload goes through, for one plan.
fn routes(draw: &mut Draw, mode: Mode, workloads: &[Work]) -> Vec<(String, Vec<&'static str>)> {
    // All along one chain, each with units of its own before a shared quota, or in pools of their own.
    let topology = if mode == Mode::Plain || mode == Mode::Wild { draw.below(3) } else { *draw.pick(&[0, 0, 2]) };
    let bases: [&[&str]; 7] = [&["u", "od"], &["r", "od"], &["u", "r", "od"], &["od"], &["u"], &["od", "u"], &["u", "od", "other"]];
    let sharing: [&[&str]; 4] = [&["u", "od", "flex"], &["od", "u", "flex"], &["flex", "od"], &["od", "flex", "other"]];
    let shares = matches!(mode, Mode::Counted | Mode::Daily) && draw.chance(0.5) || mode == Mode::Wild && draw.chance(0.1);
    let base = if shares { *draw.pick(&sharing) } else { *draw.pick(&bases) };
    let second: [&[&str]; 3] = [&["v", "second"], &["second"], &["v"]];
    let apart = *draw.pick(&second);
    let mut routes = Vec::new();
    for (index, work) in workloads.iter().enumerate() {
        let own: Vec<&'static str> = match topology {
            0 => base.to_vec(),
            1 => [&["u", "od"][..], &["v", "od"], &["od"], &["u", "od"]][index].to_vec(),
            _ if index == 0 => base.to_vec(),
            _ => apart.to_vec(),
        };
        // What waits may join the route of the others anywhere.
        let mut waits = own.clone();
        if (work.queue || mode == Mode::Wild) && draw.chance(0.3) {
            waits.drain(..draw.below(waits.len() as u64) as usize);
        }
        if draw.chance(0.4) {
            draw.mark("batch");
            waits.insert(0, "batch");
            if draw.chance(0.2) {
                waits.truncate(1);
            }
        }
        if work.deferrable {
            routes.push((work.name.clone(), waits));
            continue;
        }
        routes.push((work.name.clone(), own));
        if work.parted && draw.chance(0.7) {
            routes.push((format!("{}.deferrable", work.name), waits));
        }
    }
    if topology == 1 && workloads.len() > 1 {
        draw.mark("network");
    }
    routes
}

fn plan(draw: &mut Draw, mode: Mode, number: u64, months: u64, workloads: &[Work], used: &mut BTreeSet<&'static str>) -> String {
    let routes = routes(draw, mode, workloads);
    let here: BTreeSet<&'static str> = routes.iter().flat_map(|(_, route)| route.iter().copied()).collect();
    used.extend(&here);
    let written: Vec<String> = routes.iter().map(|(name, route)| format!("\"{name}\" = {route:?}")).collect();
    let mut text = format!("[[plan]]\nname = 'p{number}'\nroute = {{ {} }}\n", written.join(", "));
    let (mut units, mut terms, mut swept, mut more) = (Vec::new(), Vec::new(), Vec::new(), String::new());
    for name in here.iter().filter(|name| ["u", "v", "r"].contains(name)) {
        let amount = |draw: &mut Draw| match *name {
            "r" => format!("{{ input = {}, output = {} }}", 10 * draw.below(30), 10 * draw.below(10)),
            _ => format!("{}", draw.below(9)),
        };
        match draw.below(6) {
            0 => {
                units.push(format!("{name} = {}", amount(draw)));
                terms.push(format!("{name} = '{}'", term(draw)));
            }
            1 | 2 => {
                let list = if *name == "r" { "{ input = '0, 100', output = [0, 40] }" } else { "[0, 2, 5]" };
                swept.push(format!("{name} = {list}"));
                terms.push(format!("{name} = '{}'", term(draw)));
            }
            3 => {
                draw.mark("ladder");
                for _ in 0..=draw.below(3) {
                    let _ = writeln!(more, "[[plan.purchase]]\noffer = '{name}'\nunits = {}\nterm = '{}'", amount(draw), term(draw));
                    let _ = writeln!(more, "start_month = {}", 1 + draw.below(months));
                    if draw.chance(0.5) {
                        draw.mark("renewal");
                        let _ = writeln!(more, "renewal = '{}'", draw.pick(&["renew", "end", "hourly"]));
                    }
                }
            }
            4 => {
                draw.mark("schedule");
                units.push(format!("{name} = {}", amount(draw)));
                terms.push(format!("{name} = '{}'", if draw.chance(0.5) { "none" } else { term(draw) }));
                let schedule = draw.pick(&HOURS);
                let _ =
                    writeln!(more, "[[plan.purchase]]\noffer = '{name}'\nunits = {}\nterm = 'none'\nschedule = {schedule}", amount(draw));
            }
            _ => {
                draw.mark("reservation");
                units.push(format!("{name} = {}", amount(draw)));
                terms.push(format!("{name} = 'none'"));
                if draw.chance(0.4) {
                    let _ = writeln!(
                        more,
                        "[[plan.purchase]]\noffer = '{name}'\nunits = {}\nterm = 'none'\nschedule = {}",
                        amount(draw),
                        draw.pick(&HOURS)
                    );
                }
                for _ in 0..=draw.below(2) {
                    let term = *draw.pick(&["1 week", "2 weeks", "1 month", "3 months"]);
                    let _ = writeln!(
                        more,
                        "[[plan.reservation]]\noffer = '{name}'\nunits = {}\nterm = '{term}'\nstart_month = {}\nrenewal = '{}'",
                        amount(draw),
                        1 + draw.below(months),
                        draw.pick(&["renew", "end"])
                    );
                }
            }
        }
    }
    for (key, list) in [("units", &units), ("term", &terms)] {
        if !list.is_empty() {
            let _ = writeln!(text, "{key} = {{ {} }}", list.join(", "));
        }
    }
    if !swept.is_empty() {
        let _ = writeln!(text, "sweep = {{ units = {{ {} }} }}", swept.join(", "));
    }
    let queues = workloads.iter().any(|work| work.queue && work.deferrable);
    if queues && draw.chance(0.4) {
        let queued = |name: &str| workloads.iter().any(|work| work.name == name && work.queue && work.deferrable);
        let waits = routes.iter().filter(|(name, _)| queued(name)).flat_map(|(_, route)| route).find(|name| **name != "batch");
        if let Some(offer) = waits {
            draw.mark("hours");
            let _ = writeln!(text, "hours = {{ {offer} = {} }}", draw.pick(&HOURS));
        }
    }
    text + &more
}

fn term(draw: &mut Draw) -> &'static str {
    let term = *draw.pick(&["none", "1 week", "2 weeks", "1 month", "3 months"]);
    if term.contains("week") {
        draw.mark("weeks");
    }
    term
}
