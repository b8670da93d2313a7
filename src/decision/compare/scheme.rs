//! How a difference is split among the changes behind it: which mixtures are served, and what each of them counts.
//!
//! With few changes each gets its Shapley value: the mean, over all orders in which the changes could have been made, of what it adds then
//! (Shapley 1953, "A value for n-person games"). That takes 2ⁿ mixtures. With more, two orders stand for all: that of the files and its
//! reverse. Every change is then seen before and after each other one, so what two of them do together is halved between them as Shapley
//! has it; what three or more do together is not. Both ways add up to the whole difference.

/// Changes that are split over all orders; with more, two orders stand for all.
const EXACT: usize = 4;

/// How a difference was split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Over all orders: exact Shapley values.
    AllOrders,
    /// Over the order of the files and its reverse.
    BothOrders,
}

/// The mixtures that are served and what each counts.
#[derive(Clone, Debug)]
pub(super) struct Scheme {
    pub(super) way: Way,
    /// Which changes each mixture takes over, ascending; none in the first, all in the last.
    pub(super) sets: Vec<Vec<usize>>,
    /// By change, the mixtures that count for it and how much.
    pub(super) weights: Vec<Vec<(usize, f64)>>,
}

impl Scheme {
    /// The scheme for so many changes.
    pub(super) fn of(changes: usize) -> Self {
        if changes <= EXACT { Self::all_orders(changes) } else { Self::both_orders(changes) }
    }

    fn all_orders(n: usize) -> Self {
        let factorial = |k: usize| (1..=k).map(|i| i as f64).product::<f64>();
        let members = |set: usize| (0..n).filter(move |change| set >> change & 1 == 1);
        let mut sets: Vec<Vec<usize>> = (0..1_usize << n).map(|set| members(set).collect()).collect();
        if n == 0 {
            // Two scenarios all the same: the first and the last.
            sets.push(Vec::new());
        }
        let weights = (0..n).map(|change| {
            let without = (0..1_usize << n).filter(move |set| set >> change & 1 == 0);
            let pair = |set: usize| {
                let size = members(set).count();
                let weight = factorial(size) * factorial(n - size - 1) / factorial(n);
                [(set | 1 << change, weight), (set, -weight)]
            };
            without.flat_map(pair).collect()
        });
        Self { way: Way::AllOrders, weights: weights.collect(), sets }
    }

    fn both_orders(n: usize) -> Self {
        // The first n + 1 sets grow from the front, those between them and the whole from the back.
        let mut sets: Vec<Vec<usize>> = (0..n).map(|taken| (0..taken).collect()).collect();
        sets.extend((1..n).map(|taken| (n - taken..n).collect()));
        sets.push((0..n).collect());
        let last = sets.len() - 1;
        let forth = |taken: usize| if taken == n { last } else { taken };
        let back = |taken: usize| match taken {
            0 => 0,
            taken if taken == n => last,
            taken => n - 1 + taken,
        };
        let of = |change: usize| {
            let after = n - 1 - change;
            vec![(forth(change + 1), 0.5), (forth(change), -0.5), (back(after + 1), 0.5), (back(after), -0.5)]
        };
        Self { way: Way::BothOrders, weights: (0..n).map(of).collect(), sets }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each change gets of a game that tells the worth of a set.
    fn parts(scheme: &Scheme, worth: impl Fn(&[usize]) -> f64) -> Vec<f64> {
        let of = |weights: &Vec<(usize, f64)>| weights.iter().map(|&(set, weight)| weight * worth(&scheme.sets[set])).sum();
        scheme.weights.iter().map(of).collect()
    }

    #[test]
    fn all_orders_are_the_mean_over_permutations() {
        // A worth without any structure, from the set's own bits.
        let worth = |set: &[usize]| f64::from(set.iter().fold(17_u32, |hash, &i| hash.wrapping_mul(31) ^ (7919 * (i as u32 + 1))) % 1000);
        let scheme = Scheme::of(3);
        let mut expected = [0.0; 3];
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let mut taken: Vec<usize> = Vec::new();
            for change in order {
                let before = worth(&taken);
                taken.push(change);
                taken.sort_unstable();
                expected[change] += (worth(&taken) - before) / 6.0;
            }
        }
        for (part, expected) in parts(&scheme, worth).iter().zip(expected) {
            assert!((part - expected).abs() < 1e-9, "{part} {expected}");
        }
    }

    #[test]
    fn both_orders_halve_what_two_do_together_and_add_up() {
        // Each is worth its number and one, and 0 with 5 another 10.
        let worth = |set: &[usize]| {
            let own: f64 = set.iter().map(|&i| i as f64 + 1.0).sum();
            own + if set.contains(&0) && set.contains(&5) { 10.0 } else { 0.0 }
        };
        let scheme = Scheme::of(6);
        assert_eq!((scheme.way, scheme.sets.len()), (Way::BothOrders, 12));
        assert_eq!(parts(&scheme, worth), [6.0, 2.0, 3.0, 4.0, 5.0, 11.0]);
    }

    #[test]
    fn the_first_set_takes_nothing_and_the_last_all() {
        for n in 0..9 {
            let scheme = Scheme::of(n);
            assert_eq!((scheme.sets[0].len(), scheme.sets.last().unwrap().len(), scheme.weights.len()), (0, n, n));
            let mut distinct = scheme.sets.clone();
            distinct.sort();
            distinct.dedup();
            assert_eq!(distinct.len() + usize::from(n == 0), scheme.sets.len(), "{n}");
        }
    }
}
