//! Prompts and answers of an hour in every lane, as `totals::matched` draws them.

#![allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use crate::demand::Workload;
use crate::demand::requests::Counts;
use crate::demand::tokens::Form;
use crate::random::lanes::{LANES, Lanes, inverse_root, larger};

/// Requests below which nothing is left of an hour's tokens: keeps what is divided by them within single precision.
const FEWEST: f64 = 1e-6;

/// How prompts and answers spread around what is expected of them.
///
/// With r one over the expected tokens, the variances (over 9, as the cube has them) are v = first r + overdispersion and the covariance
/// is alike. The answers' normal is what the prompts' tells of it and a rest, whose variance is det / v of the prompts: written out, as
/// the difference of two nearly equal numbers would lose its digits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    /// Shares of prompts and answers in what is expected.
    shares: [f32; 2],
    /// Of prompts, of answers, and of both together.
    first: [f32; 3],
    overdispersion: f32,
    /// The determinant of the covariances: (det₀ r + det₁) r.
    determinant: [f32; 2],
    /// The least tokens with a spread.
    least: f32,
}

impl Pair {
    /// `None` where input and output are not apart or have no chance in them.
    pub(super) fn new(workload: &Workload) -> Option<Self> {
        let sizes = &workload.sizes;
        let (Form::Split { input, output, joint, .. }, Counts::Random { overdispersion }) = (&sizes.form, workload.counts) else {
            return None;
        };
        let mean = sizes.mean();
        let [x, y, both] = [1.0 + input.cv2, 1.0 + output.cv2, *joint].map(|square| square * mean / 9.0);
        let over = overdispersion / 9.0;
        Some(Self {
            shares: [input.mean / mean, output.mean / mean].map(|share| share as f32),
            first: [x, y, both].map(|first| first as f32),
            overdispersion: over as f32,
            determinant: [(x * y - both * both).max(0.0), (x + y - 2.0 * both).max(0.0) * over].map(|part| part as f32),
            least: (FEWEST * mean) as f32,
        })
    }

    /// Makes prompts of what is expected of an hour, and answers of their own normals; `counts` are the hour's count and size normals.
    #[inline(always)]
    pub(super) fn apply(&self, counts: &Lanes<f32>, prompts: &mut Lanes<f32>, answers: &mut Lanes<f32>) {
        let ([x, y, both], over, [det, det_over]) = (self.first, self.overdispersion, self.determinant);
        let cube = |root: f32| {
            let root = larger(root, 0.0);
            root * root * root
        };
        for i in 0..LANES {
            let (expected, z, own) = (prompts[i], counts[i], answers[i]);
            let r = 1.0 / larger(expected, self.least);
            let (vx, vy, vxy) = (x * r + over, y * r + over, both * r + over);
            let inverse = inverse_root(vx);
            let rest = larger((det * r + det_over) * r * (inverse * inverse), 1e-30);
            prompts[i] = self.shares[0] * expected * cube(1.0 - vx + vx * inverse * z);
            answers[i] = self.shares[1] * expected * cube(1.0 - vy + vxy * inverse * z + rest * inverse_root(rest) * own);
        }
    }
}
