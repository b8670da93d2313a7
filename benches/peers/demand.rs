//! One month of one workload, hour after hour, with `rand` and `rand_distr`.

use super::fleet::Workload;
use rand::RngExt;
use rand::rngs::SmallRng;
use rand_distr::{Distribution, Gamma, Geometric, LogNormal, Normal, Poisson, StandardNormal};

/// How an hour's requests and tokens are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// A gamma-Poisson count, then a normal sum of sizes.
    Full,
    /// Both as one gamma-like variate: the cube of Wilson and Hilferty.
    Collapsed,
}

/// Draws the months of a workload.
#[derive(Debug)]
pub struct Months<'a> {
    workload: &'a Workload,
    form: Form,
    level: LogNormal<f64>,
    step: Normal<f64>,
    spike_length: Geometric,
    spike_size: LogNormal<f64>,
    counts: Gamma<f64>,
}

impl<'a> Months<'a> {
    pub fn new(workload: &'a Workload, form: Form) -> Self {
        let w = workload;
        Self {
            workload,
            form,
            level: LogNormal::new(-0.5 * w.level_sigma * w.level_sigma, w.level_sigma).expect("a level"),
            step: Normal::new(0.0, w.noise_sd * (1.0 - w.noise_rho * w.noise_rho).sqrt()).expect("noise"),
            spike_length: Geometric::new(1.0 / w.spike_hours).expect("a length"),
            spike_size: LogNormal::new(w.spike_size.0, w.spike_size.1).expect("a size"),
            counts: Gamma::new(w.count_shape, 1.0 / w.count_shape).expect("a shape"),
        }
    }

    /// Fills `tokens`, by hour, with one month.
    pub fn draw(&self, rng: &mut SmallRng, tokens: &mut [f64]) {
        let w = self.workload;
        let level = self.level.sample(rng);
        let offset = -0.5 * w.noise_sd * w.noise_sd;
        let mut noise = w.noise_sd * rng.sample::<f64, _>(StandardNormal);
        let mut spike = if rng.random_bool(w.spike_share()) { self.spike(rng) } else { (0, 1.0) };
        for (hour, (tokens, base)) in tokens.iter_mut().zip(&w.base).enumerate() {
            if hour > 0 {
                noise = w.noise_rho * noise + self.step.sample(rng);
                if spike.0 == 0 && rng.random_bool(w.spike_probability) {
                    spike = self.spike(rng);
                }
            }
            let mut mean = level * base * (noise + offset).exp();
            if spike.0 > 0 {
                spike.0 -= 1;
                mean *= spike.1;
            }
            *tokens = match self.form {
                Form::Full => self.full(rng, mean),
                Form::Collapsed => self.collapsed(rng, mean),
            };
        }
    }

    /// Hours and factor of a spike.
    fn spike(&self, rng: &mut SmallRng) -> (u64, f64) {
        // rand_distr counts the failures before the first success.
        (1 + self.spike_length.sample(rng), 1.0 + self.spike_size.sample(rng))
    }

    fn full(&self, rng: &mut SmallRng, mean: f64) -> f64 {
        let w = self.workload;
        let requests = self.counts.sample(rng) * mean / w.size_mean;
        let Ok(law) = Poisson::new(requests) else { return 0.0 };
        let count: f64 = law.sample(rng);
        let sizes = count + w.size_cv * count.sqrt() * rng.sample::<f64, _>(StandardNormal);
        (w.size_mean * sizes).max(0.0)
    }

    fn collapsed(&self, rng: &mut SmallRng, mean: f64) -> f64 {
        let w = self.workload;
        let v = ((1.0 + w.size_cv * w.size_cv) * w.size_mean / mean + 1.0 / w.count_shape) / 9.0;
        let root = (1.0 - v + v.sqrt() * rng.sample::<f64, _>(StandardNormal)).max(0.0);
        mean * root * root * root
    }
}
