//! Ways of buying units all week long and more of them in a window: those that are looked at, by what they come to in the mean week.

use super::week::{Units, Week};
use crate::supply::offer::MAX_AXES;
use crate::supply::schedule::Window;

/// Numbers of units that take part where the list has more: of an offer with one axis, and of each axis of two, the first at which ways are
/// few enough.
const NUMBERS: [&[usize]; MAX_AXES] = [&[32], &[16, 14, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3]];
/// Ways to buy for one pool of which all are looked at, of an offer with one axis and with two.
const ALL: [usize; MAX_AXES] = [48, 200];
/// Of more, how many for each number of units at once.
pub(super) const WAYS: usize = 2;
/// Of an offer with two axes, what its ways make at most together with what else is swept, unless that alone is many.
const MOST_PLANS: usize = 4_000;

/// So many units all week long and so many in a window.
#[derive(Clone, Copy)]
pub(super) struct Way {
    pub(super) always: Units,
    pub(super) more: Units,
    /// Both together, to ten digits, so that 0.1 + 0.2 is 0.3.
    pub(super) at_once: Units,
    pub(super) window: usize,
    /// What the mean week comes to. `[currency]`
    pub(super) cost: f64,
}

impl Way {
    /// Whether as many units are there at once.
    pub(super) fn buys_as_many(&self, other: &Self) -> bool {
        self.at_once.map(f64::to_bits) == other.at_once.map(f64::to_bits)
    }
}

/// What is looked at, of which numbers of units by axis.
pub(super) struct LookedAt {
    pub(super) numbers: Vec<Vec<f64>>,
    pub(super) windows: Vec<Window>,
    pub(super) ways: Vec<Way>,
    /// How many ways there are.
    pub(super) all: usize,
}

/// The windows and ways of these numbers of units; `beside` is how many plans each way makes together with what else is swept.
pub(super) fn looked_at(all_numbers: &[Vec<f64>], listed: &[Window], week: &Week, beside: usize) -> LookedAt {
    let tried = NUMBERS[all_numbers.len() - 1];
    let windows: Vec<Window> = match listed {
        [] => week.windows(&part(all_numbers, week, tried[0])).into_iter().map(|(window, _)| window).collect(),
        _ => listed.to_vec(),
    };
    let most = ALL[1].min(MOST_PLANS / beside.max(1));
    let mut found = LookedAt { numbers: Vec::new(), windows, ways: Vec::new(), all: 0 };
    for &numbers in tried {
        found.numbers = part(all_numbers, week, numbers);
        (found.ways, found.all) = ways(&found.numbers, &found.windows, week);
        if found.ways.len() <= most {
            break;
        }
    }
    found
}

/// So many numbers of each axis at most.
pub(super) fn part(all: &[Vec<f64>], week: &Week, many: usize) -> Vec<Vec<f64>> {
    all.iter().zip(week.busiest()).map(|(list, busiest)| taking_part(list, 2.0 * busiest, many)).collect()
}

/// The numbers of a sorted list that take part: all of a short one; of a long one so `many`, spread evenly over those up to `most`, and the
/// last, which bounds what is bought at once.
fn taking_part(units: &[f64], most: f64, many: usize) -> Vec<f64> {
    if units.len() <= many {
        return units.to_vec();
    }
    let within = units.partition_point(|&number| number <= most).max(many - 1);
    let mut part: Vec<f64> = (0..many - 1).map(|i| units[i * (within - 1) / (many - 2)]).collect();
    part.extend(units.last());
    part.dedup();
    part
}

/// The ways that are looked at, and how many there are.
fn ways(numbers: &[Vec<f64>], windows: &[Window], week: &Week) -> (Vec<Way>, usize) {
    let mut ways = every(numbers, windows, week);
    let all = ways.len();
    if all <= ALL[numbers.len() - 1] {
        return (ways, all);
    }
    (alike(&mut ways, numbers.len(), week).flat_map(|alike| alike.iter().take(WAYS).copied()).collect(), all)
}

/// Every way.
pub(super) fn every(numbers: &[Vec<f64>], windows: &[Window], week: &Week) -> Vec<Way> {
    let units = combined(numbers);
    let most = units.last().copied().unwrap_or_default();
    let mut ways: Vec<Way> = Vec::new();
    for (window, &hours) in windows.iter().enumerate() {
        for &more in units.iter().filter(|more| more.iter().any(|&units| units > 0.0)) {
            for &always in &units {
                let at_once: Units = std::array::from_fn(|axis| rounded(always[axis] + more[axis]));
                if (0..MAX_AXES).all(|axis| at_once[axis] <= most[axis] * (1.0 + 1e-9)) {
                    ways.push(Way { always, more, at_once, window, cost: week.cost(always, more, hours) });
                }
            }
        }
    }
    ways
}

/// The ways that buy as many units at once, in the order of what they cost. On two axes, of pairs at once of which neither could be fewer for
/// the same work.
pub(super) fn alike<'w>(ways: &'w mut [Way], axes: usize, week: &Week) -> impl Iterator<Item = &'w [Way]> {
    let order = |a: &Units, b: &Units| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1]));
    ways.sort_by(|a, b| order(&a.at_once, &b.at_once).then(a.cost.total_cmp(&b.cost)));
    let sums = (0..axes).map(|axis| {
        let mut sums: Vec<f64> = ways.iter().map(|way| way.at_once[axis]).collect();
        sums.sort_by(f64::total_cmp);
        sums.dedup();
        sums
    });
    let sums: Vec<Vec<f64>> = sums.collect();
    let idle = move |units: Units, axis: usize, sums: &[f64]| {
        let mut fewer = units;
        let below = sums.partition_point(|&sum| sum < units[axis]);
        below > 0 && {
            fewer[axis] = sums[below - 1];
            week.serves_as_much(fewer, units)
        }
    };
    let none_idle = move |units: Units| axes < 2 || !sums.iter().enumerate().any(|(axis, sums)| idle(units, axis, sums));
    ways.chunk_by(Way::buys_as_many).filter(move |alike| none_idle(alike[0].at_once))
}

fn rounded(units: f64) -> f64 {
    format!("{units:.9e}").parse().unwrap_or(units)
}

/// Each number of one axis with each of the other, the most of each last.
fn combined(numbers: &[Vec<f64>]) -> Vec<Units> {
    match numbers {
        [one] => one.iter().map(|&units| [units, 0.0]).collect(),
        [input, output] => input.iter().flat_map(|&input| output.iter().map(move |&output| [input, output])).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_numbers_of_a_long_list_take_part() {
        let part_of = |list: &[f64], most| taking_part(list, most, 32);
        let short: Vec<f64> = (0..32).map(f64::from).collect();
        assert_eq!(part_of(&short, 4.0), short);
        let long = |last: u32| (0..=last).map(f64::from).collect::<Vec<f64>>();
        let part = part_of(&long(9000), 60.0);
        assert_eq!((part.len(), part[0], part[30], part[31]), (32, 0.0, 60.0, 9000.0));
        assert!(part.windows(2).take(30).all(|pair| pair[1] - pair[0] == 2.0));
        // Where hardly any of the list is needed, its first numbers.
        assert_eq!(part_of(&long(9000), 1.0)[..31], long(30)[..]);
        assert_eq!(part_of(&long(9000), 1e9)[30..], [9000.0]);
    }
}
