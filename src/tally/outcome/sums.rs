//! Sums of base columns, with what is known of these: columns that hold the same are one, and what no replication changes is a number.

use super::Outcome;
use crate::tally::recipe::{Bits, Borne, Recipe};

impl Outcome {
    /// Sum of columns.
    pub(super) fn sum(&self, columns: impl Iterator<Item = usize>) -> Recipe {
        let columns: Vec<usize> = columns.map(|column| self.alike.first(column)).collect();
        let constants: Option<Vec<f64>> = columns.iter().map(|&column| self.alike.constant(column)).collect();
        match constants {
            Some(constants) => Recipe::constant(constants.into_iter().fold(0.0, |sum, x| sum + x)),
            None => Recipe::sum(columns),
        }
    }

    /// Sum of columns, each times its price.
    pub(in crate::tally) fn priced(&self, terms: Vec<(usize, Bits)>) -> Recipe {
        Recipe::priced(terms.into_iter().map(|(column, price)| (self.alike.first(column), price)).collect())
    }

    /// Sum of parts of the idle units.
    pub(in crate::tally) fn borne(&self, mut terms: Vec<Borne>) -> Recipe {
        for term in &mut terms {
            (term.used, term.share) = (self.alike.first(term.used), self.alike.first(term.share));
        }
        Recipe::borne(terms)
    }
}
