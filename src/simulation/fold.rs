//! Folding partials in the order of their batches, whatever the order in which they are done.

use std::collections::BTreeMap;

/// What is folded so far, and the batches that wait for one before them.
#[derive(Debug)]
pub(super) struct Fold<P> {
    /// Replications folded.
    complete: u64,
    whole: P,
    /// The batch that is folded next.
    next: u64,
    /// By batch: its size and partial. Batches are begun in order, so few wait.
    waiting: BTreeMap<u64, (u64, P)>,
}

impl<P> Fold<P> {
    /// Begins with an empty partial.
    pub(super) fn new(whole: P) -> Self {
        Self { complete: 0, whole, next: 0, waiting: BTreeMap::new() }
    }

    /// Takes a batch of so many replications, and folds it and those that waited for it, in order.
    pub(super) fn take(&mut self, batch: u64, size: u64, partial: P, merge: impl Fn(&mut P, P)) {
        self.waiting.insert(batch, (size, partial));
        while let Some((size, partial)) = self.waiting.remove(&self.next) {
            self.next += 1;
            self.complete += size;
            merge(&mut self.whole, partial);
        }
    }

    /// What is folded so far.
    pub(super) fn whole(&mut self) -> &mut P {
        &mut self.whole
    }

    /// Replications before the first batch that is missing, and what they fold to.
    pub(super) fn finish(self) -> (u64, P) {
        (self.complete, self.whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(order: &[u64]) -> (u64, Vec<u64>) {
        let mut fold = Fold::new(Vec::new());
        for &batch in order {
            fold.take(batch, 10 + batch, vec![batch], |earlier: &mut Vec<u64>, later| earlier.extend(later));
        }
        fold.finish()
    }

    #[test]
    fn batches_are_folded_in_their_order_up_to_the_first_gap() {
        assert_eq!(fold(&[2, 0, 3, 1]), (46, vec![0, 1, 2, 3]));
        assert_eq!(fold(&[0, 1, 3, 4]), (21, vec![0, 1]));
        assert_eq!(fold(&[1]), (0, Vec::new()));
    }
}
