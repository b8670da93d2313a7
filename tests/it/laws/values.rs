//! Pinned draws of every law, and the parameters no law may have.

use tokentide::random::law::{Law, LawError};

use super::stream;

/// The first draws of one stream per law: a change here is a value-breaking change.
#[test]
fn draws_are_pinned() {
    let pins: [(&str, Result<Law, LawError>, [f64; 3]); 11] = [
        ("uniform", Law::uniform(0.0, 1.0), [0.771_873_321_392_636_9, 0.847_416_218_449_632_4, 0.521_810_149_943_591_5]),
        ("normal", Law::normal(0.0, 1.0), [-1.331_968_775_457_805, -1.160_474_132_288_615_6, -1.687_945_217_999_047_7]),
        ("lognormal", Law::lognormal(0.0, 1.0), [1.137_256_607_326_152_3, 15.436_816_163_446_014, 1.223_606_045_629_859_9]),
        ("gamma", Law::gamma(4.0, 25.0), [87.740_476_980_238_68, 120.768_600_650_378_93, 60.147_016_766_222_83]),
        ("small gamma", Law::gamma(0.5, 1.0), [2.226_297_426_329_602_5, 0.043_900_397_729_038_91, 2.771_078_510_578_608]),
        ("exponential", Law::exponential(1.0), [0.505_840_363_267_552_6, 0.479_586_609_515_540_1, 2.214_828_918_750_846_3]),
        ("poisson", Law::poisson(50.0), [51.0, 46.0, 45.0]),
        ("pareto", Law::pareto(1.0, 1.5, Some(100.0)), [2.771_075_245_107_632_6, 2.435_791_757_006_716, 1.361_981_060_466_990_2]),
        ("student", Law::student_t(4.0, 0.2, 2.3), [-0.632_248_698_905_786_9, -0.196_535_724_901_488_9, 0.085_115_675_596_456_8]),
        ("negative binomial", Law::negative_binomial(20.0, 3.0), [21.0, 31.0, 13.0]),
        ("geometric", Law::geometric(5.0), [1.0, 11.0, 1.0]),
    ];
    for (name, law, want) in pins {
        let (law, mut stream) = (law.unwrap(), stream(name));
        for want in want {
            let got = law.sample(&mut stream);
            assert!((got - want).abs() <= 1e-13 * want.abs(), "{name}: {got:?} is not {want:?}");
        }
    }
}

#[test]
fn bad_parameters_are_refused() {
    type Make = fn(f64) -> Result<Law, LawError>;
    let never: [f64; 3] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    let finite: [Make; 6] = [
        Law::constant,
        |x| Law::uniform(x, 1.0),
        |x| Law::uniform(1.0, x),
        |x| Law::normal(x, 1.0),
        |x| Law::lognormal(x, 1.0),
        |x| Law::quantiles(vec![(0.0, x), (1.0, 1.0)]),
    ];
    let at_least_0: [Make; 6] = [
        |x| Law::normal(1.0, x),
        |x| Law::lognormal(1.0, x),
        |x| Law::lognormal_by_mean(1.0, x),
        |x| Law::lognormal_by_median(1.0, x),
        Law::poisson,
        |x| Law::negative_binomial(x, 1.0),
    ];
    let above_0: [Make; 18] = [
        |x| Law::lognormal_by_mean(x, 1.0),
        |x| Law::lognormal_by_median(x, 1.0),
        |x| Law::lognormal_by_mean_p95(x, 1.0),
        |x| Law::lognormal_by_mean_p95(1.0, x),
        |x| Law::lognormal_by_p10_p90(x, 1.0),
        |x| Law::lognormal_by_p10_p90(1.0, x),
        |x| Law::gamma(x, 1.0),
        |x| Law::gamma(1.0, x),
        |x| Law::gamma_by_mean_cv(x, 1.0),
        |x| Law::gamma_by_mean_cv(1.0, x),
        Law::exponential,
        |x| Law::pareto(x, 3.0, None),
        |x| Law::pareto(1.0, x, Some(9.0)),
        |x| Law::student_t(x, 1.0, 1.0),
        |x| Law::student_t(1.0, x, 1.0),
        |x| Law::student_t(1.0, 1.0, x),
        |x| Law::negative_binomial(1.0, x),
        Law::geometric,
    ];
    for x in never {
        for make in finite.iter().chain(&at_least_0).chain(&above_0) {
            assert!(make(x).is_err(), "{x} was taken: {:?}", make(x));
        }
        assert!(Law::pareto(1.0, 1.5, Some(x)).is_err());
        assert!(Law::quantiles(vec![(x, 0.0), (1.0, 1.0)]).is_err() && Law::quantiles(vec![(0.0, 0.0), (x, 1.0)]).is_err());
    }
    for make in at_least_0.iter().chain(&above_0) {
        assert!(make(-1e-9).is_err());
    }
    for make in above_0 {
        assert!(make(0.0).is_err());
    }
    assert!(Law::uniform(1.0, 1.0).is_err() && Law::uniform(f64::MIN, f64::MAX).is_err());
    assert!(Law::pareto(1.0, 2.0, None).is_err() && Law::pareto(1.0, 2.0, Some(1.0)).is_err());
    assert!(Law::geometric(0.99).is_err() && Law::poisson(1e16).is_err() && Law::lognormal(800.0, 1.0).is_err());
    assert!(Law::quantiles(vec![]).is_err() && Law::quantiles(vec![(0.0, 1.0)]).is_err());
    assert!(Law::quantiles(vec![(0.0, 1.0), (0.9, 2.0)]).is_err() && Law::quantiles(vec![(0.1, 1.0), (1.0, 2.0)]).is_err());
}
