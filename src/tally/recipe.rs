//! How a metric's column is made of base columns: described first, made after. Equal recipes give equal bits, so what several plans, rows or
//! spans have in common is made once.

mod fill;
mod step;

use super::columns::ColumnStore;
use std::ops::Range;
use step::Step;

/// A float that is compared and hashed by its bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Bits(u64);

impl Bits {
    fn get(self) -> f64 {
        f64::from_bits(self.0)
    }
}

impl From<f64> for Bits {
    fn from(value: f64) -> Self {
        Self(value.to_bits())
    }
}

/// How a column is made. Columns are named by their place in the store; every sum runs in the order given and begins at 0.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Recipe {
    node: Node,
    /// From and up to which month it tells, where that matters: whose tokens may control its mean.
    months: Option<(usize, usize)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Node {
    /// The same in every replication.
    Constant(Bits),
    /// Σ x
    Sum(Vec<usize>),
    /// Σ x × price
    Priced(Vec<(usize, Bits)>),
    /// Σ max(bound − x, 0)
    Short(Vec<(usize, Bits)>),
    /// Σ (price × (hours − used) + lost) × share
    Borne(Vec<Borne>),
    /// The largest x that is a number, and no less than this where it is a number.
    Largest(Bits, Vec<usize>),
    /// By how much the worst of several columns is above its bound; 0 where none is.
    Worst(Vec<(Node, Bits)>),
    /// How many of several columns are 0.
    Zeros(Vec<Node>),
    /// Of two columns, value by value.
    Pair(Pair, Box<Node>, Box<Node>),
    /// Of a column and a number.
    Step(Step, Box<Node>),
}

/// The idle part of an axis in a month that one member bears.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Borne {
    /// Column of the pool's used unit-hours, and of the member's share.
    pub(super) used: usize,
    pub(super) share: usize,
    pub(super) price: Bits,
    pub(super) hours: Bits,
    pub(super) lost: Bits,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Pair {
    Plus,
    Minus,
    /// What the first is above the second, else 0.
    Above,
    /// A share; of nothing, it is not a number.
    Ratio,
}

impl Pair {
    fn of(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Plus => a + b,
            Self::Minus => a - b,
            Self::Above => (a - b).max(0.0),
            Self::Ratio => ratio(a, b),
        }
    }
}

/// A share; of nothing, it is not a number.
fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { f64::NAN }
}

impl Recipe {
    fn of(node: Node) -> Self {
        Self { node, months: None }
    }

    /// The same, telling of these months. A constant tells of none.
    pub(super) fn over_months(self, months: &Range<usize>) -> Self {
        if self.as_constant().is_some() { self } else { Self { months: Some((months.start, months.end)), ..self } }
    }

    /// The months whose tokens may control its mean, where there are any.
    pub(super) fn months(&self) -> Option<Range<usize>> {
        self.months.map(|(from, to)| from..to)
    }

    /// The same value in every replication.
    pub(super) fn constant(value: f64) -> Self {
        Self::of(Node::Constant(value.into()))
    }

    pub(super) fn sum(columns: impl IntoIterator<Item = usize>) -> Self {
        let columns: Vec<usize> = columns.into_iter().collect();
        if columns.is_empty() { Self::constant(0.0) } else { Self::of(Node::Sum(columns)) }
    }

    /// Σ x × price
    pub(super) fn priced(terms: Vec<(usize, Bits)>) -> Self {
        match *terms {
            [] => Self::constant(0.0),
            [(column, price)] => Self::sum([column]).step(Step::Times(price)),
            _ => Self::of(Node::Priced(terms)),
        }
    }

    /// Σ max(bound − x, 0)
    pub(super) fn short(terms: Vec<(usize, Bits)>) -> Self {
        match *terms {
            [] => Self::constant(0.0),
            [(column, bound)] => Self::sum([column]).step(Step::Below(bound)),
            _ => Self::of(Node::Short(terms)),
        }
    }

    pub(super) fn borne(terms: Vec<Borne>) -> Self {
        if terms.is_empty() { Self::constant(0.0) } else { Self::of(Node::Borne(terms)) }
    }

    pub(super) fn largest(least: f64, columns: Vec<usize>) -> Self {
        Self::of(Node::Largest(least.into(), columns))
    }

    /// By how much the worst of several columns is above its bound; what is not a number is above none.
    pub(super) fn worst(columns: Vec<(Self, f64)>) -> Self {
        if columns.is_empty() {
            return Self::constant(0.0);
        }
        Self::of(Node::Worst(columns.into_iter().map(|(column, bound)| (column.node, bound.into())).collect()))
    }

    /// How many of several columns are 0.
    pub(super) fn zeros(columns: &[Self]) -> Self {
        let constants: Option<Vec<f64>> = columns.iter().map(Self::as_constant).collect();
        match constants {
            Some(constants) => Self::constant(constants.iter().filter(|x| **x == 0.0).count() as f64),
            None => Self::of(Node::Zeros(columns.iter().map(|column| column.node.clone()).collect())),
        }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        match (self.as_constant(), other.as_constant()) {
            (Some(a), Some(b)) => Self::constant(a + b),
            (None, Some(b)) => self.step(Step::Plus(b.into())),
            (Some(a), None) => other.step(Step::Plus(a.into())),
            (None, None) => self.pair(Pair::Plus, other),
        }
    }

    pub(super) fn minus(self, other: Self) -> Self {
        match (self.as_constant(), other.as_constant()) {
            (Some(a), Some(b)) => Self::constant(a - b),
            (None, Some(b)) => self.step(Step::Plus((-b).into())),
            (Some(a), None) => other.step(Step::From(a.into())),
            (None, None) => self.pair(Pair::Minus, other),
        }
    }

    /// What this is above the other, else 0.
    pub(super) fn above(self, other: Self) -> Self {
        self.pair(Pair::Above, other)
    }

    /// The share that this is of the other; not a number where that is 0.
    pub(super) fn ratio(self, whole: Self) -> Self {
        match (self.as_constant(), whole.as_constant()) {
            (Some(a), Some(b)) => Self::constant(ratio(a, b)),
            (None, Some(b)) if b > 0.0 => self.over(b),
            _ => self.pair(Pair::Ratio, whole),
        }
    }

    pub(super) fn times(self, factor: f64) -> Self {
        self.step(Step::Times(factor.into()))
    }

    /// Each value divided by a number: a month's mean of a horizon's total, say.
    #[must_use]
    pub fn over(self, divisor: f64) -> Self {
        // Of one month the mean is the month itself.
        if divisor.to_bits() == 1.0_f64.to_bits() { self } else { self.step(Step::Over(divisor.into())) }
    }

    /// 1 − eˣ of logs of the chance that nothing happens.
    pub(super) fn chance(self) -> Self {
        self.step(Step::Chance)
    }

    fn step(self, step: Step) -> Self {
        match self.as_constant() {
            Some(value) => Self::constant(step.apply(value)),
            None => Self { node: Node::Step(step, Box::new(self.node)), months: self.months },
        }
    }

    fn pair(self, pair: Pair, other: Self) -> Self {
        match (self.as_constant(), other.as_constant()) {
            (Some(a), Some(b)) => Self::constant(pair.of(a, b)),
            _ => Self::of(Node::Pair(pair, Box::new(self.node), Box::new(other.node))),
        }
    }

    /// The value, where it is the same in every replication.
    #[must_use]
    pub fn as_constant(&self) -> Option<f64> {
        if let Node::Constant(value) = self.node { Some(value.get()) } else { None }
    }

    /// The recipe without its last steps, those that keep order or turn it round: recipes with the same root need one sort. An exponential ends
    /// them: to take it of a sorted column too would take longer than to sort what it gives.
    #[must_use]
    pub fn root(&self) -> Self {
        Self { node: self.steps().1.clone(), months: self.months }
    }

    /// The steps after the root, the last first, and the root.
    fn steps(&self) -> (Vec<Step>, &Node) {
        let mut steps = Vec::new();
        let mut node = &self.node;
        while let Node::Step(step, inner) = node
            && *step != Step::Chance
        {
            steps.push(*step);
            node = inner;
        }
        (steps, node)
    }

    /// The column as it stands in the store, where it is one of those.
    pub(super) fn stored<'s>(&self, store: &'s ColumnStore) -> Option<&'s [f64]> {
        match &self.node {
            Node::Sum(columns) => match columns[..] {
                [column] => Some(store.column(column)),
                _ => None,
            },
            _ => None,
        }
    }

    /// Makes of values of the [root](Self::root) those of this recipe.
    pub(super) fn step_from_root(&self, root: &[f64], values: &mut Vec<f64>) {
        match self.steps().0.split_last() {
            Some((first, rest)) => {
                first.apply_into(root, values);
                rest.iter().rev().for_each(|step| step.apply_to(values));
            }
            None => {
                values.clear();
                values.extend_from_slice(root);
            }
        }
    }

    /// Makes of all values of the [root](Self::root), finite and sorted, those of this recipe, sorted: what sorting its column would give.
    /// `None` where rounding has changed the order.
    pub(super) fn of_sorted_root(&self, root: &[f64], sorted: &mut Vec<f64>) -> Option<()> {
        self.step_from_root(root, sorted);
        if sorted.first() > sorted.last() {
            sorted.reverse();
        }
        // A sorted column has no negative zeros.
        sorted.iter_mut().for_each(|x| *x += 0.0);
        let finite = sorted.first().is_some_and(|x| x.is_finite()) && sorted.last().is_some_and(|x| x.is_finite());
        // All pairs are looked at, which compiles to vectors.
        let in_order = sorted.iter().zip(sorted.get(1..)?).fold(true, |all, (x, next)| all & x.le(next));
        (finite && in_order).then_some(())
    }

    /// Makes the column, of replications `from` on, as many as `values` has room for.
    pub(super) fn make(&self, store: &ColumnStore, from: usize, values: &mut [f64]) {
        fill::fill(&self.node, store, from, values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// x, x², −x, and x where it is a number, in some order.
    fn store() -> ColumnStore {
        let mut store = ColumnStore::new(4, 3_000);
        for r in 0..3_000 {
            let x = f64::from(r * 7_919 % 3_000) / 3_000.0;
            store.push([x, x * x, -x, if r % 3 == 0 { f64::NAN } else { x }]);
        }
        store
    }

    fn made(recipe: &Recipe, store: &ColumnStore) -> Vec<f64> {
        let mut values = vec![1e9; 3_000];
        recipe.make(store, 0, &mut values);
        values
    }

    /// What a column should hold, by replication.
    type Truth<'a> = Box<dyn Fn(usize) -> f64 + 'a>;

    #[test]
    fn columns_are_what_their_recipes_say() {
        let store = store();
        let x = |r: usize| store.column(0)[r];
        let (a, b) = (Recipe::sum([0]), Recipe::sum([1, 0]));
        let cases: Vec<(Recipe, Truth<'_>)> = vec![
            (a.clone().plus(b.clone()), Box::new(|r| x(r) + (x(r) * x(r) + x(r)))),
            (a.clone().minus(b.clone()), Box::new(|r| x(r) - (x(r) * x(r) + x(r)))),
            (b.clone().above(a.clone()), Box::new(|r| ((x(r) * x(r) + x(r)) - x(r)).max(0.0))),
            (b.clone().ratio(a.clone()), Box::new(|r| if x(r) > 0.0 { (x(r) * x(r) + x(r)) / x(r) } else { f64::NAN })),
            (a.clone().ratio(Recipe::constant(4.0)), Box::new(|r| x(r) / 4.0)),
            (a.clone().ratio(Recipe::constant(0.0)), Box::new(|_| f64::NAN)),
            (Recipe::constant(2.0).minus(a.clone()).times(3.0).over(7.0), Box::new(|r| (2.0 - x(r)) * 3.0 / 7.0)),
            (Recipe::priced(vec![(0, 0.5.into()), (1, 3.0.into())]), Box::new(|r| x(r) * 0.5 + x(r) * x(r) * 3.0)),
            (Recipe::short(vec![(0, 0.5.into()), (1, 0.5.into())]), Box::new(|r| (0.5 - x(r)).max(0.0) + (0.5 - x(r) * x(r)).max(0.0))),
            (Recipe::short(vec![(0, 0.5.into())]), Box::new(|r| (0.5 - x(r)).max(0.0))),
            (Recipe::largest(f64::NAN, vec![2, 3]), Box::new(|r| store.column(3)[r].max(-x(r)))),
            (Recipe::sum([2]).chance(), Box::new(|r| -libm::expm1(-x(r)))),
        ];
        for (index, (recipe, truth)) in cases.iter().enumerate() {
            for (r, value) in made(recipe, &store).into_iter().enumerate() {
                let wanted = truth(r);
                assert!(value == wanted || (value.is_nan() && wanted.is_nan()), "case {index}, {r}: {value} is not {wanted}");
            }
        }
    }

    #[test]
    fn what_no_replication_changes_is_a_constant() {
        let three = Recipe::constant(1.0).plus(Recipe::constant(2.0));
        let all = three.clone().minus(Recipe::constant(1.0)).times(8.0).ratio(Recipe::constant(4.0)).above(Recipe::constant(1.0));
        assert_eq!((three.as_constant(), all.as_constant()), (Some(3.0), Some(3.0)));
        assert_eq!((Recipe::sum([]).as_constant(), Recipe::priced(Vec::new()).as_constant()), (Some(0.0), Some(0.0)));
        assert_eq!(three.plus(Recipe::sum([0])), Recipe::sum([0]).plus(Recipe::constant(3.0)));
        assert_eq!(Recipe::sum([0]).over(1.0), Recipe::sum([0]));
    }

    #[test]
    fn steps_of_a_sorted_root_sort_the_column() {
        let store = store();
        let root = Recipe::sum([0]);
        let mut sorted = made(&root, &store);
        sorted.sort_by(f64::total_cmp);
        let steps = |recipe: &Recipe| recipe.clone().plus(Recipe::constant(1e9)).times(-3.0).over(7.0);
        let below = Recipe::short(vec![(0, 0.4.into())]);
        let from = Recipe::constant(0.3).minus(root.clone());
        assert_eq!(steps(&root.clone().chance()).root(), root.clone().chance());
        for recipe in [root.clone(), steps(&root), steps(&from), below.clone(), steps(&below), from] {
            assert_eq!(recipe.root(), root);
            let (mut ours, mut theirs) = (Vec::new(), made(&recipe, &store));
            assert!(recipe.of_sorted_root(&sorted, &mut ours).is_some());
            theirs.iter_mut().for_each(|x| *x += 0.0);
            theirs.sort_by(f64::total_cmp);
            assert!(ours.iter().zip(&theirs).all(|(a, b)| a.to_bits() == b.to_bits()), "{recipe:?}");
        }
        assert!(root.times(f64::INFINITY).of_sorted_root(&sorted, &mut Vec::new()).is_none());
    }
}
