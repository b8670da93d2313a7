//! The probability that nothing is throttled all month, as a logarithm without a logarithm an hour.

/// The product of 1 − H over hours: of the small H and of the large ones apart, so that neither loses digits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clear {
    log: f64,
    /// 1 less the product over hours of small H: exact while it is itself small.
    over: f64,
    /// The product over hours of large H.
    rest: f64,
}

impl Default for Clear {
    fn default() -> Self {
        Self { log: 0.0, over: 0.0, rest: 1.0 }
    }
}

impl Clear {
    /// Counts an hour that has some minute over with this probability.
    #[inline]
    pub(super) fn add(&mut self, hour_over: f64) {
        if hour_over < 0.25 {
            self.over += hour_over * (1.0 - self.over);
            if self.over > 0.5 {
                self.log += libm::log1p(-self.over);
                self.over = 0.0;
            }
        } else {
            self.rest *= 1.0 - hour_over;
            // Far from the smallest normal number, even after an hour of H = 1 − 2⁻⁵³. A product of 0 stays for good.
            if self.rest < 1e-250 && self.rest > 0.0 {
                self.log += libm::log(self.rest);
                self.rest = 1.0;
            }
        }
    }

    /// The logarithm of the probability, −∞ when an hour was sure to be throttled; the next month begins.
    pub(super) fn take(&mut self) -> f64 {
        let log = self.log + libm::log1p(-self.over) + libm::log(self.rest);
        *self = Self::default();
        log
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the sum of logarithms, for hours of every size of H.
    #[test]
    fn is_the_sum_of_logarithms() {
        let mixed: Vec<f64> = (0..700).map(|i| libm::exp(-f64::from(i % 37))).map(|x: f64| x.min(1.0 - 1e-12)).collect();
        for hours in [vec![1e-12; 700], vec![1e-3; 5000], vec![0.3; 3000], vec![1.0 - f64::EPSILON; 300], mixed, vec![]] {
            let mut clear = Clear::default();
            hours.iter().for_each(|&over| clear.add(over));
            let want: f64 = hours.iter().map(|&over| libm::log1p(-over)).sum();
            let got = clear.take();
            assert!((got - want).abs() <= 1e-12 * want.abs(), "{got} {want}");
            assert_eq!(clear.take().to_bits(), 0.0_f64.to_bits());
        }
        let mut clear = Clear::default();
        [0.1, 1.0, 0.5, 1e-9].into_iter().for_each(|over| clear.add(over));
        assert!(clear.take() < f64::MIN);
    }
}
