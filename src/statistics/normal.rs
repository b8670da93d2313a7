//! The normal law and Student's t: the multipliers that turn a standard error into an interval.

use super::distribution::CONFIDENCE;
use super::sampling::SCRAMBLES;
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_PI_2, PI};
use std::sync::OnceLock;

use as241::{CENTRE_DENOMINATOR, CENTRE_NUMERATOR, FAR_DENOMINATOR, FAR_NUMERATOR, MIDDLE_DENOMINATOR, MIDDLE_NUMERATOR};

/// From this many degrees of freedom on, the expansion of Student's quantile in 1/ν is exact to about 1e-10.
const EXPANSION_FROM: u64 = 200;

/// Level and degrees of freedom of Student's multiplier of intervals of scrambles.
const USUAL: (f64, u64) = (0.5 * (1.0 + CONFIDENCE), SCRAMBLES as u64 - 1);

/// P(Z ≤ `x`) of the standard normal law, in `[0, 1]`; accurate in relative terms in the lower tail.
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * FRAC_1_SQRT_2)
}

/// The `p` quantile of the standard normal law; −∞ and ∞ at 0 and 1, NaN outside `[0, 1]`.
///
/// Relative error about 1e-16 (Wichura 1988, algorithm AS 241, routine PPND16[^as241]).
///
/// [^as241]: M. J. Wichura, "The percentage points of the normal distribution", Applied Statistics 37 (1988), 477-484, doi:10.2307/2347330.
pub fn normal_quantile(p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    let centred = p - 0.5;
    if centred.abs() <= 0.425 {
        let r = 0.180_625 - centred * centred;
        return centred * polynomial(&CENTRE_NUMERATOR, r) / polynomial(&CENTRE_DENOMINATOR, r);
    }
    let smaller = if centred < 0.0 { p } else { 1.0 - p };
    if smaller <= 0.0 {
        return if centred < 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    let r = (-libm::log(smaller)).sqrt();
    let magnitude = if r <= 5.0 {
        polynomial(&MIDDLE_NUMERATOR, r - 1.6) / polynomial(&MIDDLE_DENOMINATOR, r - 1.6)
    } else {
        polynomial(&FAR_NUMERATOR, r - 5.0) / polynomial(&FAR_DENOMINATOR, r - 5.0)
    };
    if centred < 0.0 { -magnitude } else { magnitude }
}

/// The `p` quantile of Student's t with `degrees` degrees of freedom; NaN for 0 degrees or `p` outside `[0, 1]`.
///
/// Relative error below 1e-8 for `p` in `[1e-4, 1 - 1e-4]`. Few degrees: bisection on the finite series for whole degrees (Abramowitz
/// and Stegun 26.7.3, 26.7.4); many: the expansion in 1/ν (Abramowitz and Stegun 26.7.5).
pub fn student_t_quantile(p: f64, degrees: u64) -> f64 {
    if degrees == 0 || !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    let z = normal_quantile(p);
    if z.is_infinite() {
        return z;
    }
    if degrees >= EXPANSION_FROM {
        return student_expansion(z, degrees as f64);
    }
    // Every interval of scrambles asks for the same one.
    if p.to_bits() == USUAL.0.to_bits() && degrees == USUAL.1 {
        static KNOWN: OnceLock<f64> = OnceLock::new();
        return *KNOWN.get_or_init(|| student_by_halving(p, degrees));
    }
    student_by_halving(p, degrees)
}

/// Quantile for few degrees, by bisection.
fn student_by_halving(p: f64, degrees: u64) -> f64 {
    let two_sided = (2.0 * p - 1.0).abs();
    let (mut low, mut high) = (0.0, FRAC_PI_2);
    // 64 halvings exhaust the 53 bits of an angle below π/2.
    for _ in 0..64 {
        let middle = 0.5 * (low + high);
        if student_two_sided(middle, degrees) < two_sided {
            low = middle;
        } else {
            high = middle;
        }
    }
    let magnitude = libm::tan(0.5 * (low + high)) * (degrees as f64).sqrt();
    if p < 0.5 { -magnitude } else { magnitude }
}

/// P(|T| ≤ √ν tan θ) for whole ν.
fn student_two_sided(theta: f64, degrees: u64) -> f64 {
    let (sin, cos) = (libm::sin(theta), libm::cos(theta));
    let odd = degrees % 2 == 1;
    // The factors run 2/3, 4/5, ... for odd and 1/2, 3/4, ... for even degrees.
    let (mut term, mut numerator) = if odd { (cos, 2.0) } else { (1.0, 1.0) };
    let mut series = 0.0;
    for _ in 0..degrees / 2 {
        series += term;
        term *= cos * cos * numerator / (numerator + 1.0);
        numerator += 2.0;
    }
    if odd { (theta + sin * series) * 2.0 / PI } else { sin * series }
}

fn student_expansion(z: f64, degrees: f64) -> f64 {
    let square = z * z;
    let orders = [
        1.0,
        (square + 1.0) / 4.0,
        polynomial(&[3.0, 16.0, 5.0], square) / 96.0,
        polynomial(&[-15.0, 17.0, 19.0, 3.0], square) / 384.0,
        polynomial(&[-945.0, -1920.0, 1482.0, 776.0, 79.0], square) / 92_160.0,
    ];
    z * polynomial(&orders, 1.0 / degrees)
}

/// Horner's scheme, lowest order first.
fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, &c| sum * x + c)
}

/// The coefficients of AS 241, lowest order first.
#[expect(clippy::excessive_precision, reason = "as published")]
mod as241 {
    pub(super) const CENTRE_NUMERATOR: [f64; 8] = [
        3.387_132_872_796_366_608,
        1.331_416_678_917_843_774_5e2,
        1.971_590_950_306_551_442_7e3,
        1.373_169_376_550_946_112_5e4,
        4.592_195_393_154_987_145_7e4,
        6.726_577_092_700_870_085_3e4,
        3.343_057_558_358_812_810_5e4,
        2.509_080_928_730_122_672_7e3,
    ];
    pub(super) const CENTRE_DENOMINATOR: [f64; 8] = [
        1.0,
        4.231_333_070_160_091_125_2e1,
        6.871_870_074_920_579_083e2,
        5.394_196_021_424_751_107_7e3,
        2.121_379_430_158_659_586_7e4,
        3.930_789_580_009_271_061e4,
        2.872_908_573_572_194_267_4e4,
        5.226_495_278_852_854_561e3,
    ];
    pub(super) const MIDDLE_NUMERATOR: [f64; 8] = [
        1.423_437_110_749_683_577_34,
        4.630_337_846_156_545_295_9,
        5.769_497_221_460_691_405_5,
        3.647_848_324_763_204_605_04,
        1.270_458_252_452_368_382_58,
        2.417_807_251_774_506_117_7e-1,
        2.272_384_498_926_918_458_33e-2,
        7.745_450_142_783_414_076_4e-4,
    ];
    pub(super) const MIDDLE_DENOMINATOR: [f64; 8] = [
        1.0,
        2.053_191_626_637_758_821_87,
        1.676_384_830_183_803_849_4,
        6.897_673_349_851_000_045_5e-1,
        1.481_039_764_274_800_745_9e-1,
        1.519_866_656_361_645_719_66e-2,
        5.475_938_084_995_344_946e-4,
        1.050_750_071_644_416_843_24e-9,
    ];
    pub(super) const FAR_NUMERATOR: [f64; 8] = [
        6.657_904_643_501_103_777_2,
        5.463_784_911_164_114_369_9,
        1.784_826_539_917_291_335_8,
        2.965_605_718_285_048_912_3e-1,
        2.653_218_952_657_612_309_3e-2,
        1.242_660_947_388_078_438_6e-3,
        2.711_555_568_743_487_578_15e-5,
        2.010_334_399_292_288_132_65e-7,
    ];
    pub(super) const FAR_DENOMINATOR: [f64; 8] = [
        1.0,
        5.998_322_065_558_879_376_9e-1,
        1.369_298_809_227_358_053_1e-1,
        1.487_536_129_085_061_485_25e-2,
        7.868_691_311_456_132_591e-4,
        1.846_318_317_510_054_681_8e-5,
        1.421_511_758_316_445_888_7e-7,
        2.044_263_103_389_939_785_64e-15,
    ];
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the results compared are exact")]
mod tests {
    use statrs::distribution::{ContinuousCDF, StudentsT};

    use super::*;

    #[test]
    fn the_quantile_inverts_the_distribution_function() {
        for p in [1e-300, 1e-100, 1e-20, 1e-12, 1e-6, 0.001, 0.05, 0.074, 0.076, 0.3, 0.5, 0.7, 0.924, 0.926, 0.95, 0.999] {
            let back = normal_cdf(normal_quantile(p));
            // The distribution function magnifies a relative error of the quantile by about the square of the quantile.
            assert!((back / p - 1.0).abs() < 1e-12, "p = {p}: {back}");
        }
    }

    #[test]
    fn the_quantile_has_its_known_values() {
        assert!((normal_quantile(0.975) - 1.959_963_984_540_054).abs() < 1e-14);
        assert!((normal_quantile(0.95) - 1.644_853_626_951_472_2).abs() < 1e-14);
        assert_eq!(normal_quantile(0.5), 0.0);
        assert_eq!(normal_quantile(0.0), f64::NEG_INFINITY);
        assert_eq!(normal_quantile(1.0), f64::INFINITY);
        assert!(normal_quantile(-0.1).is_nan() && normal_quantile(1.1).is_nan() && normal_quantile(f64::NAN).is_nan());
    }

    #[test]
    fn students_quantile_agrees_with_an_independent_one() {
        for degrees in [1, 2, 3, 4, 5, 9, 30, 99, 198, 199, 200, 500, 9_999] {
            let reference = StudentsT::new(0.0, 1.0, degrees as f64).unwrap();
            for p in [1e-4, 0.005, 0.025, 0.3, 0.6, 0.95, 0.975, 0.999] {
                let t = student_t_quantile(p, degrees);
                assert!((reference.cdf(t) / p - 1.0).abs() < 1e-8, "p = {p}, degrees {degrees}: {t}");
            }
        }
        // Closed forms: the Cauchy law, and two degrees.
        assert!((student_t_quantile(0.975, 1) - 12.706_204_736_174_7).abs() < 1e-9);
        assert!((student_t_quantile(0.975, 2) - 4.302_652_729_749_464).abs() < 1e-10);
        assert!(student_t_quantile(0.5, 7).abs() < 1e-15);
        assert!(student_t_quantile(0.9, 0).is_nan() && student_t_quantile(f64::NAN, 3).is_nan());
    }
}
