//! Making the columns that recipes describe: a few replications at a time, so that what is between two steps stays in the nearest cache.

use super::{Node, Pair, ratio};
use crate::tally::columns::ColumnStore;

/// Replications made at a time.
const AT_A_TIME: usize = 512;

/// Makes the values of a column from replication `from` on.
pub(super) fn fill(node: &Node, store: &ColumnStore, from: usize, values: &mut [f64]) {
    let mut spare = Vec::new();
    for (index, part) in values.chunks_mut(AT_A_TIME).enumerate() {
        fill_part(node, store, from + index * AT_A_TIME, part, &mut spare);
    }
}

/// Makes a few values; `spare` keeps memory for what is between two steps.
fn fill_part(node: &Node, store: &ColumnStore, from: usize, values: &mut [f64], spare: &mut Vec<Vec<f64>>) {
    let replications = from..from + values.len();
    let part = |column: usize| store.column(column).get(replications.clone()).unwrap_or_default();
    match node {
        Node::Constant(value) => values.fill(value.get()),
        Node::Sum(columns) => {
            // The first three in one pass, begun at 0 as every sum.
            let rest = match columns[..] {
                [a, b, c, ref rest @ ..] => {
                    let columns = part(a).iter().zip(part(b)).zip(part(c));
                    values.iter_mut().zip(columns).for_each(|(sum, ((a, b), c))| *sum = 0.0 + a + b + c);
                    rest
                }
                [a, b] => {
                    values.iter_mut().zip(part(a).iter().zip(part(b))).for_each(|(sum, (a, b))| *sum = 0.0 + a + b);
                    &[]
                }
                [a] => {
                    values.iter_mut().zip(part(a)).for_each(|(sum, a)| *sum = 0.0 + a);
                    &[]
                }
                [] => {
                    values.fill(0.0);
                    &[]
                }
            };
            for &column in rest {
                values.iter_mut().zip(part(column)).for_each(|(sum, x)| *sum += x);
            }
        }
        Node::Priced(terms) => {
            values.fill(0.0);
            for &(column, price) in terms {
                let (x, price) = (part(column), price.get());
                values.iter_mut().zip(x).for_each(|(sum, x)| *sum += x * price);
            }
        }
        Node::Short(terms) => {
            values.fill(0.0);
            for &(column, bound) in terms {
                let (x, bound) = (part(column), bound.get());
                values.iter_mut().zip(x).for_each(|(sum, x)| *sum += (bound - x).max(0.0));
            }
        }
        Node::Borne(terms) => {
            values.fill(0.0);
            for term in terms {
                let (used, share) = (part(term.used), part(term.share));
                let (price, hours, lost) = (term.price.get(), term.hours.get(), term.lost.get());
                let pairs = used.iter().zip(share);
                values.iter_mut().zip(pairs).for_each(|(sum, (used, share))| *sum += (price * (hours - used) + lost) * share);
            }
        }
        Node::Largest(least, columns) => {
            values.fill(least.get());
            for &column in columns {
                let x = part(column);
                // `max` keeps the number where one side is not a number.
                values.iter_mut().zip(x).for_each(|(largest, &x)| *largest = largest.max(x));
            }
        }
        Node::Worst(columns) => {
            values.fill(0.0);
            for (column, bound) in columns {
                let bound = bound.get();
                let other = fill_other(column, store, from, values.len(), spare);
                values.iter_mut().zip(&other).for_each(|(worst, &x)| *worst = worst.max(x - bound));
                spare.push(other);
            }
        }
        Node::Zeros(columns) => {
            values.fill(0.0);
            for column in columns {
                let other = fill_other(column, store, from, values.len(), spare);
                values.iter_mut().zip(&other).for_each(|(zeros, &x)| *zeros += f64::from(u8::from(x == 0.0)));
                spare.push(other);
            }
        }
        Node::Pair(pair, a, b) => {
            fill_part(a, store, from, values, spare);
            let other = fill_other(b, store, from, values.len(), spare);
            let pairs = values.iter_mut().zip(&other);
            match pair {
                Pair::Plus => pairs.for_each(|(a, b)| *a += b),
                Pair::Minus => pairs.for_each(|(a, b)| *a -= b),
                Pair::Above => pairs.for_each(|(a, b)| *a = (*a - b).max(0.0)),
                Pair::Ratio => pairs.for_each(|(a, b)| *a = ratio(*a, *b)),
            }
            spare.push(other);
        }
        Node::Step(step, inner) => {
            fill_part(inner, store, from, values, spare);
            step.apply_to(values);
        }
    }
}

/// The same in memory of its own.
fn fill_other(node: &Node, store: &ColumnStore, from: usize, number: usize, spare: &mut Vec<Vec<f64>>) -> Vec<f64> {
    let mut other = spare.pop().unwrap_or_default();
    other.resize(number, 0.0);
    fill_part(node, store, from, &mut other, spare);
    other
}
