//! What throttles and what would help: the reasons add up, everything is a number, and threads change nothing.

use super::checks::Problems;
use tokentide::decision::{Explanation, explain};
use tokentide::scenario::Scenario;
use tokentide::simulation::RunSpec;
use tokentide::statistics::Estimate;

/// Explains the first plan of a scenario.
pub(super) fn adds_up(scenario: &Scenario, problems: &mut Problems) {
    let [one, two] = [1, 2].map(|threads| {
        let spec = RunSpec { replications: Some(2), threads: Some(threads), ..RunSpec::default() };
        explain(scenario, 0, &spec).map_err(|error| error.to_string())
    });
    match (&one, &two) {
        (Ok(one), Ok(two)) => {
            if format!("{one:?}") != format!("{two:?}") {
                problems.push("explain differs with two threads".to_owned());
            }
            numbers(one, problems);
        }
        _ => problems.push(format!("explain fails: {:?} {:?}", one.err(), two.err())),
    }
}

fn numbers(told: &Explanation, problems: &mut Problems) {
    let sum: f64 = told.reasons.iter().map(|(_, estimate)| estimate.point).sum();
    if !((sum - told.throttled.point).abs() <= 1e-9 * told.reasons.iter().map(|(_, e)| e.point.abs()).sum::<f64>() + 1e-6) {
        problems.push(format!("reasons add up to {sum} of {:?}: {:?}", told.throttled, told.reasons));
    }
    let remedies = told.remedies.iter().flat_map(|remedy| [Some(remedy.removed), remedy.throttled_share]);
    let all = told.reasons.iter().map(|(_, estimate)| Some(*estimate)).chain(remedies);
    let all = all.chain([told.throttled_share, Some(told.throttled), Some(told.hours), told.attempts]).flatten();
    for Estimate { point, .. } in all.filter(|estimate| !estimate.point.is_finite()) {
        problems.push(format!("explain says {point}: {told:?}"));
    }
    let shares = told.remedies.iter().map(|remedy| remedy.removed.point);
    for share in shares.filter(|share| *share > 1.0 + 1e-9) {
        problems.push(format!("{share} of what is throttled is removed: {:?}", told.remedies));
    }
}
