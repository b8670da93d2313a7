//! Distributions of columns: each distinct column is made, sorted and summarised once.

use super::Outcome;
use crate::statistics::{Distribution, Estimate, Moments, SCRAMBLES, Sampling, Stream, Summariser};
use crate::tally::Recipe;
use crate::tally::bounded::Streams;
use std::collections::HashMap;

impl Outcome {
    /// The distributions of columns over the replications, in the order of the recipes; `None` of a column without a finite value.
    ///
    /// Recipes that differ in their last steps alone share a sort: hand them over together, as [`Self::by_root`] groups them. Where
    /// replications hang together, errors come from the columns in their order, with the controls of their spans.
    #[must_use]
    pub fn distributions(&self, recipes: &[&Recipe], summariser: &mut Summariser) -> Vec<Option<Distribution>> {
        let steered = self.known.sampling == Sampling::Sobol;
        // The column of a root, in the order of the replications where that matters, and sorted; the same of a recipe with that root.
        let mut last: Option<Recipe> = None;
        let [mut made, mut sorted, mut own_column, mut own] = [const { Vec::<f64>::new() }; 4];
        let mut distribution = |recipe: &Recipe| {
            // Of what does not vary no error depends on how it was sampled.
            if let Some(value) = recipe.as_constant() {
                return summariser.summarise_constant(value, self.all());
            }
            if let Some(summary) = self.streams.as_ref().and_then(|streams| streams.distribution(recipe)) {
                return summary;
            }
            let root = recipe.root();
            let stored = root.stored(&self.store);
            if last.as_ref() != Some(&root) {
                if stored.is_none() {
                    made.resize(self.replications, 0.0);
                    root.make(&self.store, 0, &mut made);
                }
                summariser.sort_into(stored.unwrap_or(&made), &mut sorted);
                last = Some(root.clone());
            }
            let column = stored.unwrap_or(&made);
            let method = self.method_of(recipe);
            if *recipe == root {
                return summariser.summarise_sorted_by(&sorted, column, method);
            }
            // A step may make a number of what is none, so only whole columns keep their order.
            if sorted.len() == column.len() && recipe.of_sorted_root(&sorted, &mut own).is_some() {
                if steered {
                    recipe.step_from_root(column, &mut own_column);
                }
                return summariser.summarise_sorted_by(&own, &own_column, method);
            }
            own.resize(self.replications, 0.0);
            recipe.make(&self.store, 0, &mut own);
            summariser.summarise_by(&own, method)
        };
        recipes.iter().map(|recipe| distribution(recipe)).collect()
    }

    /// The distribution of one column over the replications; `None` without a finite value.
    #[must_use]
    pub fn distribution(&self, recipe: &Recipe) -> Option<Distribution> {
        self.distributions(&[recipe], &mut Summariser::default()).pop().flatten()
    }

    /// The mean of a column over the replications, with its error.
    #[must_use]
    pub fn mean(&self, recipe: &Recipe) -> Estimate {
        let all = self.all() as u64;
        match (self.known.sampling, recipe.as_constant()) {
            (Sampling::Plain, _) => self.moments(recipe).estimate(),
            (Sampling::Sobol, Some(value)) => {
                Estimate { point: value, standard_error: (all > 1).then_some(0.0), n: all.min(SCRAMBLES as u64) }
            }
            (Sampling::Sobol, None) => {
                let streamed = self.streams.as_ref().and_then(|streams| streams.of(recipe, Stream::mean));
                streamed.unwrap_or_else(|| self.method_of(recipe).mean(&self.make(recipe)))
            }
        }
    }

    /// Number, mean and spread of a column over the replications.
    #[must_use]
    pub fn moments(&self, recipe: &Recipe) -> Moments {
        if let Some(value) = recipe.as_constant() {
            return Moments::constant(value, self.all() as u64);
        }
        let streamed = self.streams.as_ref().and_then(|streams| streams.of(recipe, |stream| *stream.moments()));
        streamed.unwrap_or_else(|| Moments::from_slice(&self.make(recipe)))
    }

    /// Number of all replications, kept or not.
    pub(super) fn all(&self) -> usize {
        self.streams.as_ref().map_or(self.replications, Streams::replications)
    }

    /// Groups recipes by their [root](Recipe::root): lists of their indices, in the order in which roots come first.
    #[must_use]
    pub fn by_root(recipes: &[Recipe]) -> Vec<Vec<usize>> {
        let mut places: HashMap<Recipe, usize> = HashMap::new();
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for (index, recipe) in recipes.iter().enumerate() {
            let place = *places.entry(recipe.root()).or_insert(groups.len());
            match groups.get_mut(place) {
                Some(group) => group.push(index),
                None => groups.push(vec![index]),
            }
        }
        groups
    }
}
