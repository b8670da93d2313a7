//! What several plans, rows and spans share is summarised once, and no figure can tell.

use crate::validation::support::{resolve, simulate};
use std::path::Path;
use tokentide::decision::{Judgement, judge};
use tokentide::report::{Headline, Headlines, Provenance, Report, ReportFile, notes};
use tokentide::scenario::Scenario;
use tokentide::simulation::{Run, RunSpec, run};
use tokentide::statistics::{Distribution, STREAM_ERROR, STREAM_ZERO, Sampling, Summariser};
use tokentide::tally::{
    Bounded, BoundedColumns, Columns, KEPT_BYTES, KEPT_REPLICATIONS, Metric, Outcome, PAIRED_REPLICATIONS, Recipe, Replication, Row,
    SideBySide, Span, Tally,
};

/// Two pools, one of two workloads; terms, cases that differ in nothing (no batch, throttled nowhere), idle units, shares of nothing.
const SCENARIO: &str = r#"
name = "shared figures"
horizon = { flat = { months = 4, hours_per_month = 8 } }
[[offer]]
name = "od"
kind = "on-demand"
price = { input = "3 USD/1M tokens", output = "15 USD/1M tokens" }
quota = { rate = "40k tokens/min", weights = { input = 1, output = 1 } }
[[offer]]
name = "u"
kind = "provisioned"
capacity = "20k tokens/min"
weights = { input = 1, output = 1 }
terms = { "none" = "4 USD/unit-hour", "1 month" = "3 USD/unit-hour" }
[[workload]]
name = "chat"
kind = "chat"
level = { mean = "1M tokens/h", p10 = "0.8M tokens/h", p90 = "1.25M tokens/h" }
tokens = { mean = 2000, output_share = 0.2 }
[[workload]]
name = "agents"
kind = "agents"
level = { mean = "0.6M tokens/h", p10 = "0.4M tokens/h", p90 = "0.85M tokens/h" }
tokens = { mean = 6000, output_share = 0.15 }
[[workload]]
name = "rare"
demand = { law = "poisson", mean = "0.02 tokens/h" }
[[plan]]
name = "all on-demand"
route = { chat = ["od"], agents = ["od"], rare = ["od"] }
[[plan]]
name = "committed"
route = { chat = ["u", "od"], agents = ["u", "od"], rare = ["od"] }
sweep = { units = { u = "0..=4" }, term = { u = ["none", "1 month"] } }
"#;

#[test]
fn shared_figures_are_those_of_each_column_on_its_own() {
    let ran = simulate(SCENARIO, 3_000, 5);
    let (scenario, outcome) = (&ran.scenario, &ran.outcome);
    let mut recipes: Vec<Recipe> = Vec::new();
    let mut places = 0;
    for plan in 0..scenario.supply.plans.len() {
        for (row, _) in outcome.rows(scenario, plan) {
            for span in [Span::Month(0), Span::Month(3), Span::Quarter(0), Span::Quarter(1), Span::Horizon] {
                for recipe in Metric::ALL.iter().filter_map(|&metric| outcome.recipe(scenario, plan, row, span, metric)) {
                    places += 1;
                    for recipe in [recipe.clone(), recipe.over(4.0)] {
                        if !recipes.contains(&recipe) {
                            recipes.push(recipe);
                        }
                    }
                }
            }
        }
    }
    let groups = Outcome::by_root(&recipes);
    assert!(recipes.len() < places && groups.len() * 2 < recipes.len(), "{places} {} {}", recipes.len(), groups.len());
    let mut summariser = Summariser::default();
    let (mut constant, mut empty) = (0, 0);
    for group in &groups {
        let together: Vec<&Recipe> = group.iter().map(|&index| &recipes[index]).collect();
        for (recipe, shared) in together.iter().zip(outcome.distributions(&together, &mut summariser)) {
            let alone = Distribution::from_samples(&mut outcome.make(recipe));
            assert_eq!(shared, alone, "{recipe:?}");
            constant += usize::from(recipe.as_constant().is_some());
            empty += usize::from(shared.is_none_or(|d| d.n < 3_000));
        }
    }
    assert!(constant > 0 && empty > 0, "{constant} {empty}");
}

#[test]
fn plans_that_differ_in_the_term_share_what_the_term_does_not_change() {
    let ran = simulate(SCENARIO, 300, 5);
    let (scenario, outcome) = (&ran.scenario, &ran.outcome);
    let terms = [ran.plan("committed/units=2/term=none"), ran.plan("committed/units=2/term=1 month")];
    let of = |metric| terms.map(|plan| outcome.recipe(scenario, plan, Row::All, Span::Horizon, metric).unwrap());
    let [one, other] = of(Metric::TokensThrottled);
    assert_eq!(one, other);
    let [one, other] = of(Metric::CostTotal);
    assert!(one != other && one.root() == other.root());
}

/// More than have their samples kept, and no multiple of what is digested at a time.
/// Where replications hang together every figure has the errors that the scrambles tell, with the controls of its span.
#[test]
fn figures_of_scrambles_have_their_errors_and_the_controls_of_their_spans() {
    let scenario = resolve(&format!("sampling = \"sobol\"\n{SCENARIO}"), Path::new(""));
    let spec = RunSpec { replications: Some(3_000), seed: Some(5), ..RunSpec::default() };
    let outcome = run(&scenario, &spec, &Columns).unwrap().summary;
    let mut summariser = Summariser::default();
    let (mut compared, mut narrower) = (0, 0);
    for plan in 0..scenario.supply.plans.len() {
        for (row, label) in outcome.rows(&scenario, plan) {
            for span in [Span::Month(0), Span::Month(3), Span::Quarter(0), Span::Quarter(1), Span::Horizon] {
                for metric in Metric::ALL {
                    let Some(recipe) = outcome.recipe(&scenario, plan, row, span, metric) else { continue };
                    let column = outcome.make(&recipe);
                    let alone = summariser.summarise_by(&column, outcome.method(span));
                    let what = format!("{plan} {label} {span:?} {metric:?}");
                    let figure = outcome.distribution(&recipe);
                    assert_eq!(figure, alone, "{what}");
                    let Some(figure) = figure else { continue };
                    compared += 1;
                    let plain = Distribution::from_samples(&mut column.clone()).unwrap();
                    assert_eq!((figure.n, figure.p50, figure.cvar95), (plain.n, plain.p50, plain.cvar95), "{what}");
                    narrower += i32::from(figure.mean_se.zip(plain.mean_se).is_some_and(|(mine, theirs)| mine < 0.5 * theirs));
                }
            }
        }
        let objective = outcome.objective(&scenario, plan);
        assert_eq!(outcome.mean(&objective), outcome.method(Span::Horizon).mean(&outcome.make(&objective)));
    }
    assert!(compared > 500 && narrower > 100, "{narrower} of {compared}");
}

#[test]
fn a_long_run_of_scrambles_tells_their_errors_without_controls() {
    let mut scenario = limited();
    scenario.sampling = Sampling::Sobol;
    let (kept, streamed) = (long(&scenario, 2, &Columns).summary, long(&scenario, 2, &streaming()).summary);
    assert!(kept.controls(Span::Horizon).is_some() && streamed.controls(Span::Horizon).is_none());
    let mut summariser = Summariser::sampled(Sampling::Sobol);
    let near = |a: Option<f64>, b: Option<f64>, within: f64| (a.unwrap() - b.unwrap()).abs() <= within * b.unwrap();
    for plan in 0..scenario.supply.plans.len() {
        let recipe = |outcome: &Outcome| outcome.recipe(&scenario, plan, Row::All, Span::Horizon, Metric::CostTotal).unwrap();
        let truth = summariser.summarise(&kept.make(&recipe(&kept))).unwrap();
        let given = streamed.distribution(&recipe(&streamed)).unwrap();
        assert!(near(given.mean_se, truth.mean_se, 1e-6), "{given:?} {truth:?}");
        // The shares are counted at the percentiles of the first replications, and each end goes on to that of its bin.
        let holds = |given: Option<(f64, f64)>, truth: Option<(f64, f64)>| {
            let ((low, high), (from, to)) = (given.unwrap(), truth.unwrap());
            0.5 * (to - from) < high - low && high - low < 1.5 * (to - from) + 2.0 * STREAM_ERROR * high
        };
        assert!(holds(given.p50_interval, truth.p50_interval), "{given:?} {truth:?}");
        assert!(holds(given.p95_interval, truth.p95_interval), "{given:?} {truth:?}");
        let objective = streamed.objective(&scenario, plan);
        assert!(near(streamed.mean(&objective).standard_error, Sampling::Sobol.mean(&kept.make(&objective)).standard_error, 1e-6));
    }
    for (truth, given) in judge(&scenario, &kept).standings.iter().zip(&judge(&scenario, &streamed).standings) {
        let (truth, given) = (truth.months_kept.interval(0.95).unwrap(), given.months_kept.interval(0.95).unwrap());
        assert!((truth.0 - given.0).abs() + (truth.1 - given.1).abs() < 1e-9, "{truth:?} {given:?}");
    }
}

const LONG: u64 = PAIRED_REPLICATIONS + 1_500;

/// The scenario with limits that some plans keep and others do not.
fn limited() -> Scenario {
    let limits = "horizon = { flat = { months = 4, hours_per_month = 8 } }\n[limits]\nthrottled_requests_share = \"2%\"\nin_share_of_months = \"40%\"\n";
    let text = SCENARIO.replace("horizon = { flat = { months = 4, hours_per_month = 8 } }\n", limits);
    resolve(&text, Path::new(""))
}

fn long<T: Tally>(scenario: &Scenario, threads: usize, tally: &T) -> Run<T::Summary> {
    let spec = RunSpec { replications: Some(LONG), threads: Some(threads), ..RunSpec::default() };
    run(scenario, &spec, tally).unwrap()
}

fn streaming() -> BoundedColumns {
    BoundedColumns::keeping(256)
}

fn within(given: f64, truth: f64, what: &str) {
    assert!((given - truth).abs() <= STREAM_ERROR * truth.abs() + STREAM_ZERO, "{what}: {given} is not {truth}");
}

#[test]
fn a_run_too_long_to_keep_tells_the_same_within_the_error_it_states() {
    let scenario = limited();
    let (kept, streamed) = (long(&scenario, 2, &Columns).summary, long(&scenario, 2, &streaming()).summary);
    assert!(kept.keeps_all() && !streamed.keeps_all());
    assert_eq!((kept.replications() as u64, streamed.replications() as u64), (LONG, PAIRED_REPLICATIONS));
    let mut compared = 0;
    for plan in 0..scenario.supply.plans.len() {
        for (row, label) in kept.rows(&scenario, plan) {
            for span in [Span::Month(1), Span::Quarter(0), Span::Quarter(1), Span::Horizon] {
                for metric in Metric::ALL {
                    if matches!(span, Span::Quarter(_)) && !Metric::MONTHLY.contains(&metric) {
                        continue;
                    }
                    let of = |outcome: &Outcome| {
                        let recipe = outcome.recipe(&scenario, plan, row, span, metric)?;
                        outcome.distribution(&recipe)
                    };
                    let what = format!("{plan} {label} {span:?} {metric:?}");
                    let (Some(truth), Some(given)) = (of(&kept), of(&streamed)) else {
                        assert_eq!(of(&kept), of(&streamed), "{what}");
                        continue;
                    };
                    compared += 1;
                    assert_eq!((given.n, given.min, given.max), (truth.n, truth.min, truth.max), "{what}");
                    let size = truth.mean.abs() + truth.sd.unwrap_or(0.0);
                    assert!((given.mean - truth.mean).abs() <= 1e-12 * size, "{what}: {} {}", given.mean, truth.mean);
                    let percentiles = |d: &Distribution| [d.p05, d.p50, d.p99, if metric.has_tail() { d.cvar95 } else { 0.0 }];
                    for (index, (given, truth)) in percentiles(&given).into_iter().zip(percentiles(&truth)).enumerate() {
                        within(given, truth, &format!("{what} {index}"));
                    }
                }
            }
        }
    }
    assert!(compared > 500, "{compared}");

    let (truth, given) = (judge(&scenario, &kept), judge(&scenario, &streamed));
    assert_eq!(truth.leaders, given.leaders);
    assert!(truth.standings.iter().any(|standing| standing.keeps_limits) && truth.standings.iter().any(|standing| !standing.keeps_limits));
    for (truth, given) in truth.standings.iter().zip(&given.standings) {
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(1e-9);
        assert!(near(truth.objective.point, given.objective.point) && near(truth.excess, given.excess), "{truth:?} {given:?}");
        assert!(near(truth.months_kept.estimate().point, given.months_kept.estimate().point));
        let of = |standing: &tokentide::decision::PlanStanding| (standing.keeps_limits, standing.within_error, standing.objective.n);
        assert_eq!(of(truth), of(given));
        assert_eq!(truth.months_kept.observations(), given.months_kept.observations());
    }
}

#[test]
fn a_long_run_tells_the_spend_of_asked_plans_exactly() {
    let scenario = limited();
    let tally = streaming().with_exact_spend(vec![1]);
    let (kept, streamed) = (long(&scenario, 2, &Columns).summary, long(&scenario, 7, &tally).summary);
    assert!(!streamed.keeps_all());
    let of = |outcome: &Outcome, plan| {
        let recipe = outcome.recipe(&scenario, plan, Row::All, Span::Horizon, Metric::CostTotal).unwrap();
        outcome.distribution(&recipe).unwrap()
    };
    assert_eq!(of(&kept, 1), of(&streamed, 1));
    assert_ne!(of(&kept, 0).p95_interval, of(&streamed, 0).p95_interval);
    assert_eq!(tally.bytes(&scenario, 1_000_000) - streaming().bytes(&scenario, 1_000_000), 8_000_000);
}

/// What the report writes and says, whole.
fn told(scenario: &Scenario, run: &Run<Outcome>) -> String {
    let judgement: Judgement = judge(scenario, &run.summary);
    let provenance = Provenance::new(scenario, run);
    let (flips, held) = (Vec::new(), Vec::new());
    let report = Report {
        scenario,
        outcome: &run.summary,
        judgement: &judgement,
        flips: &flips,
        held: &held,
        rare: None,
        provenance: &provenance,
        threads: Some(2),
        headlines: &Headlines::default(),
    };
    let mut text = String::new();
    let mut put = |_, piece: &str| {
        text.push_str(piece);
        Ok(())
    };
    report.write(&ReportFile::of_run(false), &mut put).unwrap();
    let error = report.write(&ReportFile::of_run(true), &mut put).unwrap_err();
    assert!(error.to_string().contains("not kept"), "{error}");
    // What rests on the first replications says so.
    let paired = Headline::new(&report, 1, 1).against_baseline.unwrap();
    assert_eq!((paired.n, run.replications), (PAIRED_REPLICATIONS, LONG));
    assert!(notes(&report)[0].contains("the first 8192 are kept"));
    assert!(!notes(&report)[0].contains("  "), "{}", notes(&report)[0]);
    text
}

#[test]
fn threads_do_not_change_a_byte_of_a_long_run() {
    let scenario = limited();
    let one = told(&scenario, &long(&scenario, 1, &streaming()));
    assert!(one.len() > 100_000);
    for threads in [2, 7] {
        assert!(told(&scenario, &long(&scenario, threads, &streaming())) == one, "{threads} threads");
    }
}

/// Tells the bytes that the summaries take, and how many samples were ever held at a time.
struct Weighed;

impl Tally for Weighed {
    type Partial = Bounded;
    type Summary = usize;

    fn partial(&self, scenario: &Scenario, replications: usize) -> Bounded {
        streaming().partial(scenario, replications)
    }

    fn record(&self, partial: &mut Bounded, replication: &Replication<'_>) {
        streaming().record(partial, replication);
    }

    fn merge(&self, earlier: &mut Bounded, later: Bounded) {
        streaming().merge(earlier, later);
    }

    fn digests(&self, scenario: &Scenario, replications: u64) -> bool {
        streaming().digests(scenario, replications)
    }

    fn digest(&self, whole: &mut Bounded, side_by_side: &SideBySide<'_>) {
        streaming().digest(whole, side_by_side);
    }

    fn summarise(&self, _: &Scenario, whole: Bounded) -> usize {
        match whole {
            Bounded::Kept(_) => 0,
            Bounded::Streamed(streamed) => streamed.bytes(),
        }
    }
}

#[test]
fn memory_does_not_grow_with_the_replications() {
    let scenario = limited();
    let bytes = |replications| {
        let spec = RunSpec { replications: Some(replications), ..RunSpec::default() };
        run(&scenario, &spec, &Weighed).unwrap().summary
    };
    let (short, long) = (bytes(5_000), bytes(20_000));
    // Four times as many samples reach a little further out.
    assert!(short > 0 && long < short + short / 4, "{short} {long}");
    let tally = BoundedColumns::default();
    let most = KEPT_BYTES / Columns.bytes(&scenario, 1);
    assert!(most > KEPT_REPLICATIONS && tally.bytes(&scenario, most) == Columns.bytes(&scenario, most));
    assert_eq!(tally.bytes(&scenario, most + 1), tally.bytes(&scenario, 1_000_000_000));
    assert!(Columns.bytes(&scenario, 1_000_000_000) > 100 * tally.bytes(&scenario, 1_000_000_000));
}
