//! What is done to each value of a column alone.

use super::Bits;

/// What is done to each value of a column. These keep the order of the values or turn it round, so a column that is sorted stays so, but for
/// rounding in [`Self::Chance`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Step {
    Plus(Bits),
    /// The number less x.
    From(Bits),
    Times(Bits),
    Over(Bits),
    /// What x is below the number, else 0.
    Below(Bits),
    /// 1 − eˣ
    Chance,
}

impl Step {
    pub(super) fn apply(self, x: f64) -> f64 {
        match self {
            Self::Plus(number) => x + number.get(),
            Self::From(number) => number.get() - x,
            Self::Times(number) => x * number.get(),
            Self::Over(number) => x / number.get(),
            Self::Below(number) => (number.get() - x).max(0.0),
            Self::Chance => -libm::expm1(x),
        }
    }

    pub(super) fn apply_to(self, values: &mut [f64]) {
        // One loop for each step, so that the compiler makes vectors of them.
        match self {
            Self::Plus(number) => values.iter_mut().for_each(|x| *x += number.get()),
            Self::From(number) => values.iter_mut().for_each(|x| *x = number.get() - *x),
            Self::Times(number) => values.iter_mut().for_each(|x| *x *= number.get()),
            Self::Over(number) => values.iter_mut().for_each(|x| *x /= number.get()),
            Self::Below(_) | Self::Chance => values.iter_mut().for_each(|x| *x = self.apply(*x)),
        }
    }

    /// The same of values that stay as they are.
    pub(super) fn apply_into(self, from: &[f64], values: &mut Vec<f64>) {
        values.clear();
        match self {
            Self::Plus(number) => values.extend(from.iter().map(|x| x + number.get())),
            Self::From(number) => values.extend(from.iter().map(|x| number.get() - x)),
            Self::Times(number) => values.extend(from.iter().map(|x| x * number.get())),
            Self::Over(number) => values.extend(from.iter().map(|x| x / number.get())),
            Self::Below(_) | Self::Chance => values.extend(from.iter().map(|x| self.apply(*x))),
        }
    }
}
