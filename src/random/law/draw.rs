//! Draws whose consumption varies, by `rand_distr`: gamma, Poisson, negative binomial and Student's t.
//!
//! Parameters are those of a valid [`Law`](super::Law); outside them the draw is not a number, which no later step can overlook.

use rand_distr::{Distribution, Gamma, Poisson, StudentT};

use crate::random::stream::Stream;

/// A gamma draw; shape and scale above 0. For hot paths whose parameters change from hour to hour.
pub fn draw_gamma(shape: f64, scale: f64, stream: &mut Stream) -> f64 {
    Gamma::new(shape, scale).map_or(f64::NAN, |law| law.sample(stream))
}

/// Gamma draws; shape and scale above 0.
pub fn fill_gamma(shape: f64, scale: f64, stream: &mut Stream, draws: &mut [f64]) {
    match Gamma::new(shape, scale) {
        Ok(law) => draws.iter_mut().for_each(|draw| *draw = law.sample(stream)),
        Err(_) => draws.fill(f64::NAN),
    }
}

/// A Poisson count; mean from 0 to 1e15. A mean of 0 takes no draw.
pub fn draw_poisson(mean: f64, stream: &mut Stream) -> f64 {
    if mean == 0.0 {
        return 0.0;
    }
    Poisson::new(mean).map_or(f64::NAN, |law| law.sample(stream))
}

/// A negative binomial count: Poisson with a gamma mean. Mean from 0 to 1e15, shape above 0. A mean of 0 takes no draw.
pub fn draw_negative_binomial(mean: f64, shape: f64, stream: &mut Stream) -> f64 {
    if mean == 0.0 {
        return 0.0;
    }
    let rate = draw_gamma(shape, mean / shape, stream);
    draw_poisson(rate, stream)
}

/// Student's t; degrees of freedom above 0.
pub(super) fn draw_student(df: f64, stream: &mut Stream) -> f64 {
    StudentT::new(df).map_or(f64::NAN, |law| law.sample(stream))
}
