//! How far one request's tokens spread, in the weights of whoever counts them.

use super::tokens::{Form, Sizes};
use crate::units::ByClass;

/// Means and squared coefficients of variation of one request's prompt and output.
///
/// An offer that counts output fivefold sees more spread than the bill where outputs vary more than prompts, and less where they vary less.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SizeSpread {
    /// Mean prompt tokens by class.
    pub prompt: ByClass,
    /// Mean output tokens.
    pub output: f64,
    /// Squared coefficient of variation of the prompt.
    pub prompt_cv2: f64,
    /// Squared coefficient of variation of the output.
    pub output_cv2: f64,
    /// Covariance of prompt and output over the product of their means.
    pub covariance: f64,
}

impl SizeSpread {
    /// Prompt and output in fixed proportion: this squared coefficient of variation, whatever the weights.
    #[must_use]
    pub fn together(cv2: f64) -> Self {
        let prompt = ByClass { output: 0.0, ..ByClass::ONE };
        Self { prompt, output: 1.0, prompt_cv2: cv2, output_cv2: cv2, covariance: cv2 }
    }

    /// Of requests with these sizes, without their drift.
    pub(super) fn of(sizes: &Sizes) -> Self {
        match &sizes.form {
            Form::Total { size, .. } => Self::together(size.cv2),
            Form::Split { input, output, joint, .. } => Self {
                prompt: sizes.classes(input.mean, 0.0),
                output: output.mean,
                prompt_cv2: input.cv2,
                output_cv2: output.cv2,
                covariance: joint - 1.0,
            },
        }
    }

    /// Squared coefficient of variation of a request's weighted tokens; 0 where the weights count none of them.
    #[must_use]
    pub fn cv2(&self, weights: &ByClass) -> f64 {
        let (prompt, output) = (self.prompt.dot(weights), self.output * weights.output);
        let mean = prompt + output;
        if !(mean > 0.0) {
            return 0.0;
        }
        let variance = prompt * prompt * self.prompt_cv2 + output * output * self.output_cv2 + 2.0 * prompt * output * self.covariance;
        (variance / (mean * mean)).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demand::testing::read;
    use crate::demand::tokens::TokensSpec;
    use crate::random::stream::{Purpose, StreamKey};

    fn sizes(text: &str) -> Sizes {
        let (spec, mut reader) = read::<TokensSpec>(text);
        Sizes::resolve(&spec, None, &mut reader).unwrap_or_else(|| panic!("{:?}", reader.finish()))
    }

    /// Against requests drawn one by one: within four standard errors, those of the ratio from its squared residuals.
    #[test]
    fn is_that_of_requests_drawn_one_by_one() {
        let weights = ByClass { input: 1.0, cache_read: 0.1, cache_write: 1.25, output: 5.0 };
        for text in [
            "input = { mean = 1000, cv = 0.2 }\noutput = { mean = 400, cv = 1.5 }\ncached_share = 0.3",
            "input = { mean = 1000, sigma = 0.9 }\noutput = { mean = 400, cv = 0.2 }\ncorrelation = 0.5\ncache_write_share = 0.5",
            "input = { mean = 500, cv = 1 }\noutput = { mean = 400, p95 = 900 }\ncorrelation = -0.4\nmax_tokens = 700",
        ] {
            let sizes = sizes(text);
            let Form::Split { input, output, correlation, .. } = &sizes.form else { panic!("{text}") };
            let mut stream = StreamKey::new(1, Purpose::Sizes, "w").replication(0);
            let requests: Vec<f64> = (0..400_000)
                .map(|_| {
                    let (a, b) = stream.normals();
                    let other = correlation * a + (1.0 - correlation * correlation).sqrt() * b;
                    sizes.classes(input.at_normal(a, 1.0), output.at_normal(other, 1.0)).dot(&weights)
                })
                .collect();
            let n = requests.len() as f64;
            let mean = requests.iter().sum::<f64>() / n;
            let want = SizeSpread::of(&sizes).cv2(&weights);
            // The delta method for E[X²] / E[X]² − 1.
            let residual = |x: f64| (x / mean).powi(2) - 1.0 - want - 2.0 * (1.0 + want) * (x / mean - 1.0);
            let got = requests.iter().map(|x| (x / mean).powi(2)).sum::<f64>() / n - 1.0;
            let se = (requests.iter().map(|&x| residual(x) * residual(x)).sum::<f64>()).sqrt() / n;
            assert!((got - want).abs() < 4.0 * se, "{text}: {got} {want} se {se}");
        }
    }

    /// A fixed proportion spreads alike in all weights, and weights that count nothing see no spread.
    #[test]
    fn of_a_fixed_proportion() {
        for weights in [ByClass::ONE, ByClass { output: 5.0, ..ByClass::ONE }, ByClass { input: 1.0, ..ByClass::ZERO }] {
            assert!((SizeSpread::together(1.7).cv2(&weights) - 1.7).abs() < 1e-15);
        }
        assert!(SizeSpread::together(1.7).cv2(&ByClass::ZERO) == 0.0);
    }
}
