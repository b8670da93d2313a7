//! The table of a run: at most eight plans, the ones a reader would ask for.

use super::headline::cheaper;
use super::{Headline, Report, words};
use crate::decision::{Leader, spreadsheet_plan};
use crate::simulation::ordered_map;
use crate::statistics::Regret;
use comfy_table::{CellAlignment, ContentLineStyle, LineStyle, Table, TableStyle};

/// Rows that are shown; all plans are in the files.
const ROWS: usize = 8;

/// Where the column of lateness stands, when there is one.
const LATENESS: usize = 10;

/// No lines but the one below the header: what stands in columns needs no more.
pub(super) const STYLE: TableStyle = TableStyle::new()
    .header_lines(ContentLineStyle::none())
    .header_separator(LineStyle::none().fill('─'))
    .content_lines(ContentLineStyle::none());

/// The table. The first column says what a plan is there for.
#[must_use]
pub fn table(report: &Report<'_>) -> String {
    let cheapest = report.cheapest();
    let currency = report.scenario.currency.code();
    let mut table = Table::new();
    table.load_style(STYLE);
    let waits = report.scenario.supply.waits();
    let mut header = vec![
        String::new(),
        "plan".to_owned(),
        "units".to_owned(),
        "term".to_owned(),
        format!("{currency} a month"),
        "P5–P95".to_owned(),
        "saving".to_owned(),
        "P(saves)".to_owned(),
        "regret\n(P95)".to_owned(),
        "requests\nthrottled".to_owned(),
        "P(limits\nkept)".to_owned(),
        "idle\nspend".to_owned(),
        "still\ncommitted".to_owned(),
    ];
    if waits {
        header.insert(LATENESS, "jobs\nlate".to_owned());
    }
    table.set_header(header);
    let chosen = chosen(report);
    let figures = |(plan, _): &(usize, String)| (Headline::new(report, *plan, cheapest), report.regret(*plan));
    let figures = ordered_map(report.threads, &chosen, figures).unwrap_or_else(|_| chosen.iter().map(figures).collect());
    for ((_, role), (headline, regret)) in chosen.into_iter().zip(figures) {
        table.add_row(row(report, &headline, regret, role));
    }
    for column in table.column_iter_mut().skip(4) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}

fn row(report: &Report<'_>, headline: &Headline, regret: Option<Regret>, role: String) -> Vec<String> {
    let Some(plan) = report.scenario.supply.plans.get(headline.plan) else { return Vec::new() };
    let dash = words::dash;
    // A swept plan's name repeats its units and term, which have columns of their own.
    let name = if plan.units.is_some() && plan.term.is_some() { &plan.base } else { &plan.name };
    let limited = report.scenario.limits.any();
    let saving = headline.saving.as_ref().filter(|_| headline.against_baseline.is_some());
    let mut row = vec![
        role,
        name.clone(),
        plan.units.clone().unwrap_or_else(dash),
        plan.term.clone().unwrap_or_else(dash),
        words::mean(headline.cost_total.as_ref()),
        words::range(headline.cost_total.as_ref()),
        words::mean(saving),
        headline.against_baseline.as_ref().map_or_else(dash, |paired| words::frequency(&cheaper(paired))),
        regret.as_ref().map_or_else(dash, regretted),
        words::mean_share(headline.requests_throttled_share.as_ref()),
        if limited { words::frequency_of_months(&headline.standing.months_kept) } else { dash() },
        words::mean(headline.cost_provisioned_idle.as_ref()),
        words::mean(headline.committed_after_horizon.as_ref()),
    ];
    if report.scenario.supply.waits() {
        row.insert(LATENESS, words::mean_frequency(headline.deadline_missed.as_ref()));
    }
    row
}

/// The mean, and P95 in brackets where that differs.
fn regretted(regret: &Regret) -> String {
    // What is added up in another order leaves a trace of what it differs by.
    let p95 = if regret.p95.abs() <= words::ROUNDING * regret.expected.point.abs() { 0.0 } else { regret.p95 };
    let (mean, high) = (words::amount(&regret.expected), words::rounded(p95, p95));
    if mean == high { mean } else { format!("{mean} ({high})") }
}

/// The plans shown and why: the baseline, the spreadsheet's answer, the best of each term, the runners-up. A plan that is several of
/// these has one row.
fn chosen(report: &Report<'_>) -> Vec<(usize, String)> {
    let judgement = report.judgement;
    let mut wanted = vec![(report.scenario.baseline, "baseline".to_owned())];
    wanted.extend(spreadsheet_plan(report.scenario).map(|plan| (plan, "spreadsheet".to_owned())));
    for leader in &judgement.best_per_term {
        let winner = judgement.recommended().is_some_and(|recommended| recommended.plan == leader.plan);
        let what = match (leader.qualified, winner) {
            (true, true) => "best",
            (true, false) => "best of term",
            (false, true) => "least bad",
            (false, false) => "least bad of term",
        };
        wanted.push((leader.plan, what.to_owned()));
    }
    let leaders = || judgement.leaders.iter();
    // Without commitments there is no term to be the best of.
    let best = |leader: &Leader| if leader.qualified { "best" } else { "least bad" }.to_owned();
    wanted.extend(judgement.recommended().map(|leader| (leader.plan, best(leader))));
    wanted.extend(leaders().filter_map(|leader| Some((leader.runner_up?, "runner-up".to_owned()))));
    if report.scenario.supply.waits() {
        // Cost against lateness is a choice that no ranking makes, so the other plans fill the rows.
        wanted.extend((0..report.scenario.supply.plans.len()).map(|plan| (plan, String::new())));
    }
    let mut rows: Vec<(usize, String)> = Vec::new();
    for (plan, role) in wanted {
        match rows.iter_mut().find(|(shown, _)| *shown == plan) {
            Some(_) if role.is_empty() => {}
            Some((_, roles)) if !roles.contains(&role) => *roles = format!("{roles}, {role}"),
            Some(_) => {}
            None => rows.push((plan, role)),
        }
    }
    rows.truncate(ROWS);
    rows
}
