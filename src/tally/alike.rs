//! Which base columns hold the same: cases of a pool that differ in nothing, and quantities that no replication changes.

use super::columns::{ColumnStore, Layout};

/// What is known of each base column beside its values.
#[derive(Clone, Debug)]
pub(super) struct Alike {
    /// The first column with the same values that was looked for among the other cases of its pool; its own place where there is none.
    first: Vec<usize>,
    /// The value, where all replications have the same; not a number where none has one.
    constant: Vec<Option<f64>>,
}

impl Alike {
    /// Nothing is known: of columns that are not there yet, or not all there.
    pub(super) fn unknown(layout: &Layout) -> Self {
        Self { first: (0..layout.columns()).collect(), constant: vec![None; layout.columns()] }
    }

    /// Looks at all columns.
    pub(super) fn of(store: &ColumnStore, layout: &Layout) -> Self {
        let constant: Vec<Option<f64>> = (0..layout.columns()).map(|column| constant(store.column(column))).collect();
        let mut first: Vec<usize> = (0..layout.columns()).collect();
        for cases in layout.cases() {
            for column in cases.first + cases.width..cases.first + cases.width * cases.number {
                let before = column - cases.width;
                let (mine, theirs) = (store.column(column), store.column(before));
                // The case before may itself be like one before it.
                if mine.iter().zip(theirs).all(|(a, b)| a.to_bits() == b.to_bits()) {
                    first[column] = first[before];
                }
            }
        }
        Self { first, constant }
    }

    /// The column that stands for this one.
    pub(super) fn first(&self, column: usize) -> usize {
        self.first[column]
    }

    /// The value of a column that is the same in every replication.
    pub(super) fn constant(&self, column: usize) -> Option<f64> {
        self.constant[column]
    }
}

fn constant(column: &[f64]) -> Option<f64> {
    let &first = column.first()?;
    let same = |x: &f64| x.to_bits() == first.to_bits() || (x.is_nan() && first.is_nan());
    column.iter().all(same).then_some(first)
}
