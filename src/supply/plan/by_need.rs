//! Further ways where throttling is limited: what costs the least in the mean week says nothing of the hours that it leaves to other offers.
//!
//! What is throttled are hours of which too much is left to a quota, first the one of which the most is. The shortest windows that hold all of the
//! mean week's hours down to some level are those that leave no such hour outside, so these are looked at beside the windows that pay; and
//! of every number of units at once the ways of which none that costs less leaves as little of any hour. What is left is that of a week as much
//! busier as lists of units reach, because it is in busy weeks and minutes that throttling happens.

use super::open::REACH;
use super::ways::{Way, alike, every, part};
use super::week::{NONE, Week, windows};
use crate::horizon::HOURS_PER_WEEK;
use crate::supply::schedule::Window;

/// Windows that are looked at.
const WINDOWS: usize = 12;
/// Ways for each number of units at once.
const EACH: usize = 3;
/// Ways in all, and what they make at most together with what else is swept.
const MOST: usize = 100;
const MOST_PLANS: usize = 2_000;
/// Numbers of units of each axis that take part, the first at which ways are few enough; of two axes, few from the start.
const NUMBERS: [usize; 9] = [32, 24, 16, 12, 8, 6, 5, 4, 3];
const NUMBERS_OF_TWO: usize = 12;

/// How many ways there are at most of each number of units at once, for a message.
pub(super) const AT_MOST: usize = EACH;

/// What is looked at beside ways that are `known`, in their windows and in others, which stand behind them; `beside` is how many plans each way
/// makes together with what else is swept.
pub(super) fn by_need(all: &[Vec<f64>], known: (&[Way], &[Window]), week: &Week, beside: usize) -> (Vec<Way>, Vec<Window>) {
    let mut windows = known.1.to_vec();
    windows.extend(busy_windows(week).into_iter().filter(|window| !known.1.contains(window)));
    let most = MOST.min(MOST_PLANS / beside.max(1));
    let mut found = Vec::new();
    for numbers in NUMBERS.into_iter().filter(|&numbers| all.len() < 2 || numbers <= NUMBERS_OF_TWO) {
        let numbers = part(all, week, numbers);
        let mut ways = every(&numbers, &windows, week);
        let alike = alike(&mut ways, numbers.len(), week);
        found = alike.flat_map(|alike| thinned(&front(alike, known.0, &windows, week), EACH)).collect();
        if found.len() <= most {
            break;
        }
    }
    (found, windows)
}

/// Of ways that buy as many units at once, in the order of what they cost, those that leave less of any hour than every cheaper one, known ones
/// among these, and cost less than so many units all week long.
fn front(alike: &[Way], known: &[Way], windows: &[Window], week: &Week) -> Vec<Way> {
    let left = |way: &Way| week.most_left(REACH, way.always, way.more, windows[way.window]);
    let all_week = week.cost(alike[0].at_once, NONE, windows[alike[0].window]);
    let known = known.iter().filter(|way| way.buys_as_many(&alike[0]));
    let mut seen: Vec<(f64, f64)> = known.map(|way| (way.cost, left(way))).collect();
    let mut front = Vec::new();
    for way in alike.iter().take_while(|way| way.cost < all_week * (1.0 - 1e-9)) {
        let left = left(way);
        if seen.iter().all(|(cost, other)| *cost > way.cost || *other > left * (1.0 + 1e-9)) {
            seen.push((way.cost, left));
            front.push(*way);
        }
    }
    front
}

/// The shortest windows that hold all of the mean week's hours down to some level of what they cost on demand, from the busiest on; not all week.
fn busy_windows(week: &Week) -> Vec<Window> {
    let bill: Vec<f64> = (0..HOURS_PER_WEEK).map(|hour| week.left(hour, NONE, NONE)).collect();
    let mut levels: Vec<f64> = bill.iter().copied().filter(|bill| *bill > 0.0).collect();
    levels.sort_by(|a, b| b.total_cmp(a));
    levels.dedup_by(|next, level| *next >= *level * (1.0 - 1e-9));
    let hours = |window: &Window| window.schedule().bits();
    let mut all: Vec<(u32, [u64; 3], Window)> =
        windows().map(|window| (hours(&window).iter().map(|bits| bits.count_ones()).sum(), hours(&window), window)).collect();
    all.sort_by_key(|(count, ..)| *count);
    let shortest = |level: f64| {
        let mut busy = [0_u64; 3];
        (0..HOURS_PER_WEEK).filter(|&hour| bill[hour] >= level * (1.0 - 1e-9)).for_each(|hour| busy[hour / 64] |= 1 << (hour % 64));
        let holds = |hours: &[u64; 3]| hours.iter().zip(busy).all(|(hours, busy)| busy & !hours == 0);
        all.iter().find(|(_, hours, _)| holds(hours)).filter(|(count, ..)| (*count as usize) < HOURS_PER_WEEK).map(|(.., window)| *window)
    };
    let mut found: Vec<Window> = levels.into_iter().map_while(shortest).collect();
    found.dedup();
    thinned(&found, WINDOWS)
}

/// So many of these, spread evenly, the last among them.
fn thinned<T: Copy>(all: &[T], most: usize) -> Vec<T> {
    let count = all.len().min(most);
    (1..=count).map(|i| all[i * all.len() / count - 1]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::supply::plan::week::tests::week_of;

    /// Two units' work on weekdays from 9 to 17, one and a half in the hours beside, half a unit's at other times.
    fn week() -> Week {
        let [busy, beside] = ["weekdays 9-17", "weekdays 8-18"].map(|text| text.parse::<Window>().unwrap().schedule());
        week_of(|hour| if busy.holds(hour) { 2.0 } else { 0.5 + f64::from(u8::from(beside.holds(hour))) }, 6.0, 4.0)
    }

    #[test]
    fn a_wider_window_leaves_less_of_the_hours_beside() {
        let [busy, beside] = ["weekdays 9-17", "weekdays 8-18"].map(|text| text.parse::<Window>().unwrap());
        assert_eq!(busy_windows(&week()), [busy, beside]);
        // One all week and one in the window: 168 × 4 + 40 × 6 and 10 × 10 × 0.5 for the hours beside, or 168 × 4 + 50 × 6 without. Of a week
        // 1.6 times as busy, 14 is left of an hour beside and 12 of a busy one. Two in a window leave no less and cost more; one in a
        // window costs more than one all week long, which leaves no more.
        let lists = [vec![0.0, 1.0, 2.0]];
        let (ways, windows) = by_need(&lists, (&[], &[]), &week(), 1);
        let told = |ways: &[Way], windows: &[Window]| -> Vec<(f64, f64, Window, f64)> {
            ways.iter().map(|way| (way.always[0], way.more[0], windows[way.window], way.cost)).collect()
        };
        assert_eq!(told(&ways, &windows), [(1.0, 1.0, busy, 962.0), (1.0, 1.0, beside, 972.0)]);
        // What is looked at anyway is not looked at twice.
        let (ways, windows) = by_need(&lists, (&ways[..1], &[busy]), &week(), 1);
        assert_eq!(told(&ways, &windows), [(1.0, 1.0, beside, 972.0)]);
    }

    #[test]
    fn a_few_of_many_are_spread_and_end_with_the_last() {
        assert_eq!(thinned(&[1, 2, 3, 4, 5, 6], 3), [2, 4, 6]);
        assert_eq!(thinned(&[1, 2], 3), [1, 2]);
        assert!(thinned::<u8>(&[], 3).is_empty());
    }
}
