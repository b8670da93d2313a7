//! One row: the functions of the capacity at one variance, as cubic Hermite pieces with exact slopes.
//!
//! A capacity R is read at y = 1 + 2 (R − 1) / √V from 1 on, and at y = 1 + 2 (1/R − 1) / √(V / (1 + V)) below, with 2ᵏ equal pieces to
//! every octave of y: fine around the mean, even in the logarithm far out, and found from the bits of y without a logarithm.

#![allow(clippy::inline_always, reason = "compiled for the instruction set of whoever reads many at a time")]

use super::Margin;
use super::exact::point;
use std::ops::{Add, Mul};

/// Pieces per octave of a row of the grid, as a power of two.
pub(super) const COARSE: u32 = 5;
/// Pieces per octave of a row that stands alone, as a power of two.
pub(super) const FINE: u32 = 7;
/// A row ends where all three functions are below this: a hundredth of what is promised of them.
const NOTHING: f64 = 1e-10;
/// Octaves of y above the mean, at most.
const UPPER_OCTAVES: usize = 40;
/// Octaves of y below the mean, at most: down to about 1e-3 of the mean, and on by a power law.
const LOWER_OCTAVES: usize = 10;
/// Last z of the rule over the standard normal behind f: 1e-18 of the probability is beyond.
const LAST_Z: f64 = 9.0;

/// What turns a capacity into a position: the factors on R − 1 and on 1/R − 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scales {
    pieces_log2: u32,
    upper: f64,
    lower: f64,
}

impl Scales {
    /// The factors at variance `v`; 0 at no variance, where no row is read.
    #[inline]
    pub(super) fn new(v: f64, pieces_log2: u32) -> Self {
        let (upper, lower) = if v > 0.0 { (2.0 / v.sqrt(), 2.0 * ((1.0 + v) / v).sqrt()) } else { (0.0, 0.0) };
        Self { pieces_log2, upper, lower }
    }

    /// Factors that are known.
    #[inline(always)]
    pub(super) fn known(upper: f64, lower: f64, pieces_log2: u32) -> Self {
        Self { pieces_log2, upper, lower }
    }

    /// That on one side of the mean.
    #[inline(always)]
    pub(super) fn of(self, below: bool) -> f64 {
        if below { self.lower } else { self.upper }
    }

    /// The y of a node.
    fn node(self, index: usize) -> f64 {
        f64::from_bits((index as u64 + (1023 << self.pieces_log2)) << (52 - self.pieces_log2))
    }
}

/// The capacity at which a y above the mean is read, and a hair more, as the way back from y is not exact; `upper` is the factor on R − 1.
#[inline(always)]
pub(super) fn end(y: f64, upper: f64) -> f64 {
    (1.0 + (y - 1.0) / upper) * (1.0 + 1e-12)
}

/// The y above the mean from which on nothing is read in any of some rows.
#[inline(always)]
pub(super) fn last<T>(rows: &[&Row<T>]) -> f64 {
    rows.iter().fold(1.0, |last, row| if row.upper_end > last { row.upper_end } else { last })
}

/// A number as rows keep it: `f32` on the grid, where joining rows costs 1e-5 anyway, `f64` in a row that stands alone.
pub(super) trait Digits: Copy + Default + Add<Output = Self> + Mul<Output = Self> + 'static {
    /// What is read beyond the last node above the mean.
    const NOTHING: &'static [Node<Self>; 2];

    fn from_f64(x: f64) -> Self;
}

impl Digits for f32 {
    const NOTHING: &'static [Node<Self>; 2] = &[Node { values: [0.0; 4], slopes: [0.0; 4] }; 2];

    #[inline]
    fn from_f64(x: f64) -> Self {
        x as f32
    }
}

impl Digits for f64 {
    const NOTHING: &'static [Node<Self>; 2] = &[Node { values: [0.0; 4], slopes: [0.0; 4] }; 2];

    #[inline]
    fn from_f64(x: f64) -> Self {
        x
    }
}

/// A capacity's piece and its four Hermite weights, the same for every row that is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Position<T> {
    below: bool,
    r: f64,
    piece: usize,
    weights: [T; 4],
}

impl<T: Digits> Position<T> {
    #[inline]
    pub(super) fn new(scales: Scales, r: f64) -> Self {
        let below = r < 1.0;
        let (piece, weights) = place(r, scales.of(below), scales.pieces_log2);
        Self { below, r, piece: piece as usize, weights: weights.map(T::from_f64) }
    }

    /// Of what [`place`] found.
    #[inline(always)]
    pub(super) fn found(r: f64, piece: u64, weights: [T; 4]) -> Self {
        Self { below: r < 1.0, r, piece: piece as usize, weights }
    }

    /// The nodes on either side of it, of all those on its side of the mean; nothing beyond the last one.
    #[inline(always)]
    fn among<'n>(&self, nodes: &'n [Node<T>]) -> &'n [Node<T>; 2] {
        nodes.get(self.piece..).and_then(<[_]>::first_chunk).unwrap_or(T::NOTHING)
    }

    /// Whether it lies beyond the last of the nodes on its side of the mean.
    #[inline(always)]
    pub(super) fn is_beyond(&self, nodes: &[Node<T>]) -> bool {
        self.piece + 1 >= nodes.len()
    }
}

/// The piece of a capacity on rows whose scale on its side is given, and its Hermite weights there.
#[inline(always)]
pub(super) fn place(r: f64, scale: f64, log2: u32) -> (u64, [f64; 4]) {
    let y = 1.0 + (if r < 1.0 { 1.0 / r } else { r } - 1.0) * scale;
    let bits = y.to_bits();
    // Anything but a finite y of at least 1 gives a piece far beyond the end of every row.
    let piece = (bits >> (52 - log2)).wrapping_sub(1023 << log2);
    // The lower bits as a fraction of the piece, and the piece's width, a power of two.
    let t = f64::from_bits((bits << log2) & ((1 << 52) - 1) | 1.0_f64.to_bits()) - 1.0;
    let width = f64::from_bits((bits & (0x7ff << 52)).wrapping_sub(u64::from(log2) << 52));
    let s = 1.0 - t;
    (piece, [s * s * (1.0 + 2.0 * t), t * s * s * width, t * t * (1.0 + 2.0 * s), -t * t * s * width])
}

/// Values of the three functions at one node, and their slopes in y; the fourth is none, so that all are read at a time and a node
/// does not lie across two cache lines.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(32))]
pub(super) struct Node<T> {
    values: [T; 4],
    slopes: [T; 4],
}

impl Node<f64> {
    fn keep<T: Digits>(&self) -> Node<T> {
        Node { values: self.values.map(T::from_f64), slopes: self.slopes.map(T::from_f64) }
    }
}

/// The functions at one variance: above the mean G, P and H; below it E\[(R − m)+\], 1 − P and 1 − H, which are small there.
#[derive(Debug)]
pub(super) struct Row<T> {
    /// Above and below the mean.
    sides: [Vec<Node<T>>; 2],
    /// Above the mean, the y from which on nothing is read.
    pub(super) upper_end: f64,
    /// The capacity at which `lower` ends.
    lower_end: f64,
    /// Values there, and their elasticities R f'(R) / f(R).
    lower_last: [(f64, f64); 4],
}

impl<T: Digits> Row<T> {
    pub(super) fn new(margin: Margin, sigma_f: f64, windows: u32, variance: f64, pieces_log2: u32) -> Self {
        let mixture = mixture(sigma_f, variance);
        let scales = Scales::new(variance, pieces_log2);
        let negligible = |node: &Node<f64>| node.values.iter().all(|&value| value < NOTHING);
        let mut upper: Vec<Node<f64>> = Vec::new();
        while upper.len() < UPPER_OCTAVES << pieces_log2 && !upper.last().is_some_and(negligible) {
            let r = 1.0 + (scales.node(upper.len()) - 1.0) / scales.upper;
            upper.push(above(margin, &mixture, windows, r, 1.0 / scales.upper));
        }
        let mut lower: Vec<Node<f64>> = Vec::new();
        let mut lower_end = 1.0;
        while lower.len() < LOWER_OCTAVES << pieces_log2 && !lower.last().is_some_and(negligible) {
            lower_end = 1.0 / (1.0 + (scales.node(lower.len()) - 1.0) / scales.lower);
            lower.push(below(margin, &mixture, windows, lower_end, -lower_end * lower_end / scales.lower));
        }
        // dy/dR is −lower / R².
        let elasticity = |value: f64, slope: f64| if value > 0.0 { -slope * scales.lower / (lower_end * value) } else { 0.0 };
        // A row that ends because nothing is left goes on with nothing.
        let last = lower.last().copied().filter(|node| !negligible(node)).unwrap_or_default();
        let lower_last = [0, 1, 2, 3].map(|which| (last.values[which], elasticity(last.values[which], last.slopes[which])));
        let upper_end = scales.node(upper.len() - 1);
        let keep = |nodes: Vec<Node<f64>>| nodes.iter().map(Node::keep).collect();
        Self { upper_end, sides: [keep(upper), keep(lower)], lower_end, lower_last }
    }

    /// All nodes above the mean or below it.
    #[inline(always)]
    pub(super) fn side(&self, below: bool) -> &[Node<T>] {
        &self.sides[usize::from(below)]
    }

    /// Whether a position lies below the last node.
    #[inline(always)]
    fn is_near_zero(&self, at: &Position<T>) -> bool {
        at.below && at.is_beyond(&self.sides[1])
    }

    /// Below the last node: on by the power law that meets it in value and slope, which is how a gamma law begins.
    fn near_zero(&self, r: f64, which: usize) -> T {
        let (value, elasticity) = self.lower_last[which];
        if value == 0.0 {
            return T::default();
        }
        T::from_f64(value * libm::pow(r.max(0.0) / self.lower_end, elasticity))
    }
}

/// Function `WHICH` from rows of these weights.
#[inline(always)]
pub(super) fn join<T: Digits, const N: usize, const WHICH: usize>(rows: [&Row<T>; N], weights: [T; N], at: &Position<T>) -> T {
    if is_near_zero(rows, at) {
        return join_near_zero(rows, weights, at, WHICH);
    }
    let [w0, w1, w2, w3] = at.weights;
    let mut sum = T::default();
    for (row, weight) in rows.into_iter().zip(weights) {
        let [a, b] = at.among(row.side(at.below));
        sum = sum + weight * ((w0 * a.values[WHICH] + w1 * a.slopes[WHICH]) + (w2 * b.values[WHICH] + w3 * b.slopes[WHICH]));
    }
    sum
}

/// All functions from rows of these weights.
#[inline(always)]
pub(super) fn join_all<T: Digits, const N: usize>(rows: [&Row<T>; N], weights: [T; N], at: &Position<T>) -> [T; 4] {
    if is_near_zero(rows, at) { all_near_zero(rows, weights, at) } else { join_inside(rows.map(|row| row.side(at.below)), weights, at) }
}

/// Whether any of the rows is read below its last node.
#[inline(always)]
fn is_near_zero<T: Digits, const N: usize>(rows: [&Row<T>; N], at: &Position<T>) -> bool {
    rows.iter().any(|row| row.is_near_zero(at))
}

/// All functions where no row is read below its last node, from the rows' nodes on the position's side of the mean.
#[inline(always)]
pub(super) fn join_inside<T: Digits, const N: usize>(sides: [&[Node<T>]; N], weights: [T; N], at: &Position<T>) -> [T; 4] {
    let [w0, w1, w2, w3] = at.weights;
    let mut sum = [T::default(); 4];
    // Plain loops: closures over arrays are at times called, one by one.
    for (nodes, weight) in sides.into_iter().zip(weights) {
        let [a, b] = at.among(nodes);
        for (i, sum) in sum.iter_mut().enumerate() {
            *sum = *sum + weight * ((w0 * a.values[i] + w1 * a.slopes[i]) + (w2 * b.values[i] + w3 * b.slopes[i]));
        }
    }
    sum
}

/// All functions where a row is read below its last node.
#[cold]
pub(super) fn all_near_zero<T: Digits, const N: usize>(rows: [&Row<T>; N], weights: [T; N], at: &Position<T>) -> [T; 4] {
    [0, 1, 2, 3].map(|i| join_near_zero(rows, weights, at, i))
}

/// One function where a row is read below its last node.
#[cold]
fn join_near_zero<T: Digits, const N: usize>(rows: [&Row<T>; N], weights: [T; N], at: &Position<T>, which: usize) -> T {
    let [w0, w1, w2, w3] = at.weights;
    rows.into_iter().zip(weights).fold(T::default(), |sum, (row, weight)| {
        let [a, b] = at.among(row.side(at.below));
        let inside = (w0 * a.values[which] + w1 * a.slopes[which]) + (w2 * b.values[which] + w3 * b.slopes[which]);
        sum + weight * if row.is_near_zero(at) { row.near_zero(at.r, which) } else { inside }
    })
}

/// The variances that burstiness makes of one, with their probabilities: a trapezoidal rule in the normal z behind ln f.
///
/// Under a normal density its error on analytic functions falls faster than any power of the spacing, and it stays as good in the
/// tails, where a Gauss–Hermite rule thins out. Where G > 1e-6, its relative error
/// was 3e-8 at most for `sigma_f` of 0.5 and 1, V from 1e-6 to 200 and both margins, against a third of the spacing.
fn mixture(sigma_f: f64, variance: f64) -> Vec<(f64, f64)> {
    if sigma_f <= 0.0 {
        return vec![(variance, 1.0)];
    }
    let spacing = (0.3 / sigma_f).clamp(0.1, 0.75);
    let last = (LAST_Z / spacing).ceil() as i32;
    let z = |k: i32| spacing * f64::from(k);
    let density = |k| libm::exp(-0.5 * z(k) * z(k));
    let total: f64 = (-last..=last).map(density).sum();
    let burstiness = |k| libm::exp(sigma_f * (z(k) - 0.5 * sigma_f));
    (-last..=last).map(|k| (variance * burstiness(k), density(k) / total)).collect()
}

/// Overflow, exceedance and the hour's exceedance, with their slopes per `dr` of R.
fn above(margin: Margin, mixture: &[(f64, f64)], windows: u32, r: f64, dr: f64) -> Node<f64> {
    let mut sum = Node::default();
    for &(variance, weight) in mixture {
        let point = point(margin, variance, r, false);
        let tail = point.tail;
        let others = power(1.0 - tail, windows - 1);
        let n = f64::from(windows);
        // 1 − (1 − p)ⁿ, and its first terms where that would cancel: the next is n³ p³ / 6.
        let hour = if n * tail > 6e-5 { 1.0 - others * (1.0 - tail) } else { n * tail * (1.0 - 0.5 * (n - 1.0) * tail) };
        let hour = (hour, -n * others * point.density);
        add(&mut sum, weight, dr, [(point.excess, -tail), (tail, -point.density), hour]);
    }
    sum
}

/// The same below the mean: E\[(R − m)+\], P(m ≤ R), and the probability that all windows of the hour are at most R.
fn below(margin: Margin, mixture: &[(f64, f64)], windows: u32, r: f64, dr: f64) -> Node<f64> {
    let mut sum = Node::default();
    for &(variance, weight) in mixture {
        let point = point(margin, variance, r, true);
        let others = power(point.tail, windows - 1);
        let all = (others * point.tail, f64::from(windows) * others * point.density);
        add(&mut sum, weight, dr, [(point.excess, point.tail), (point.tail, point.density), all]);
    }
    sum
}

fn add(sum: &mut Node<f64>, weight: f64, dr: f64, terms: [(f64, f64); 3]) {
    for ((to_value, to_slope), (value, slope)) in sum.values.iter_mut().zip(&mut sum.slopes).zip(terms) {
        *to_value += weight * value;
        *to_slope += weight * slope * dr;
    }
}

/// A power by products.
fn power(base: f64, exponent: u32) -> f64 {
    let (mut power, mut square, mut rest) = (1.0, base, exponent);
    while rest > 0 {
        if rest & 1 == 1 {
            power *= square;
        }
        square *= square;
        rest >>= 1;
    }
    power
}
