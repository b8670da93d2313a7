//! What cases do alike at their first offer: the same room in the same hours passes on the same, whatever comes after it.

use super::state::GroupState;
use super::tile::{Course, List};
use crate::supply::Supply;
use crate::supply::minute::MANY;
use crate::supply::offer::MAX_AXES;
use crate::supply::pool::PoolGroup;

/// First offers of the groups of a work that several cases have alike in the month at hand.
#[derive(Clone, Debug, Default)]
pub(super) struct Stems {
    /// By group that serves hours together: its index, and by case its stem among those kept.
    groups: Vec<(usize, Vec<Option<usize>>)>,
    kept: Vec<Kept>,
    number: usize,
}

/// What an offer left of the hours of a tile; not known before the first of its cases is served.
#[derive(Clone, Debug)]
struct Kept {
    known: bool,
    limit: List,
    passed: List,
    shift: List,
}

impl Stems {
    /// Looks for first offers alike in a month that has begun.
    pub(super) fn begin(&mut self, supply: &Supply, groups: &[usize], states: &[GroupState]) {
        self.groups.clear();
        self.number = 0;
        let first = |index: usize, case: usize| &states[index].capacities[case * states[index].slots..][..MAX_AXES];
        for &index in groups.iter().filter(|&&index| states[index].tiled) {
            let group = &supply.groups[index];
            let mut stems = vec![None; group.cases.len()];
            for (other, others) in self.groups.iter_mut().filter(|(other, _)| alike(group, &supply.groups[*other])) {
                for (case, stem) in stems.iter_mut().enumerate().filter(|(_, stem)| stem.is_none()) {
                    let twin = (0..others.len()).find(|&twin| first(*other, twin) == first(index, case));
                    *stem = twin.map(|twin| {
                        *others[twin].get_or_insert_with(|| {
                            self.number += 1;
                            self.number - 1
                        })
                    });
                }
            }
            self.groups.push((index, stems));
        }
        if self.kept.len() < self.number {
            let none = [0.0; MANY];
            self.kept.resize(self.number, Kept { known: false, limit: none, passed: none, shift: none });
        }
    }

    /// Goes on to other hours.
    pub(super) fn forget(&mut self) {
        self.kept.iter_mut().for_each(|kept| kept.known = false);
    }

    /// The stem of a case of a group, where another has the same.
    pub(super) fn of(&self, group: usize, case: usize) -> Option<usize> {
        let (_, stems) = self.groups.iter().find(|(index, _)| *index == group)?;
        stems.get(case).copied().flatten()
    }

    /// Goes as far as the first case of a stem came; `false` where this is the first.
    pub(super) fn take(&self, stem: usize, course: &mut Course) -> bool {
        let Kept { known, limit, passed, shift } = &self.kept[stem];
        if *known {
            (course.limit, course.passed, course.shift) = (*limit, *passed, *shift);
        }
        *known
    }

    /// Keeps how far the first case of a stem came.
    pub(super) fn keep(&mut self, stem: usize, course: &Course) {
        self.kept[stem] = Kept { known: true, limit: course.limit, passed: course.passed, shift: course.shift };
    }
}

/// Whether what the first offers of two groups pass on is told by their room alone, and each has a second one.
fn alike(one: &PoolGroup, other: &PoolGroup) -> bool {
    let (Some(first), Some(second)) = (one.nodes.first(), other.nodes.first()) else { return false };
    let goes_on = one.nodes.len() > 1 && other.nodes.len() > 1;
    goes_on && first.axes == second.axes && first.weights == second.weights && first.overflow == second.overflow
}
