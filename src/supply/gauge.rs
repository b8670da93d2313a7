//! What so many minutes of some hours stay below: rates at which quotas must stand.

use super::dispatch::Flow;
use super::minute::{MinuteLaw, MinuteRow};
use super::peak::crossing;

/// Hours whose slopes and kinks agree in sign, exponent and so many bits of their mantissa stand together: about 1 % apart.
const BITS: u32 = 6;

/// Hours of one pool, and how much comes in their minutes.
#[derive(Debug)]
pub struct Gauge<'a> {
    law: &'a MinuteLaw,
    /// Hours with one term, as they came.
    hours: Vec<Single>,
    /// Hours with one term that stand together, with the law of their minutes.
    alike: Vec<(Single, MinuteRow<'a>)>,
    /// Hours with several terms.
    several: Vec<(Vec<(f64, f64)>, MinuteRow<'a>)>,
    /// The most that any hour's terms come to for each 1 of the factor: where a search begins.
    largest: f64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Single {
    key: (u64, u64),
    number: f64,
    slope: f64,
    kink: f64,
    variance: f64,
}

impl<'a> Gauge<'a> {
    /// Of no hours yet. `law` is the pool's.
    #[must_use]
    pub fn new(law: &'a MinuteLaw) -> Self {
        Self { law, hours: Vec::new(), alike: Vec::new(), several: Vec::new(), largest: 0.0 }
    }

    /// Forgets all hours.
    pub fn clear(&mut self) {
        self.hours.clear();
        self.alike.clear();
        self.several.clear();
        self.largest = 0.0;
    }

    /// Adds an hour.
    pub fn add(&mut self, flow: &Flow) {
        let slopes: f64 = flow.terms.iter().map(|(slope, _)| slope).sum();
        self.largest = self.largest.max(slopes);
        match flow.terms[..] {
            [] => {}
            [(slope, kink)] => {
                let bits = |x: f64| x.to_bits() >> (f64::MANTISSA_DIGITS - 1 - BITS);
                self.hours.push(Single { key: (bits(slope), bits(kink)), number: 1.0, slope, kink, variance: flow.variance });
            }
            _ => self.several.push((flow.terms.clone(), self.law.at(flow.variance))),
        }
    }

    /// Puts the hours that were added together, before any question.
    pub fn close(&mut self) {
        self.hours.sort_by_key(|hour| hour.key);
        for together in self.hours.chunk_by(|a, b| a.key == b.key) {
            let number = together.len() as f64;
            let mean = |what: fn(&Single) -> f64| together.iter().map(what).sum::<f64>() / number;
            let (slope, kink, variance) = (mean(|hour| hour.slope), mean(|hour| hour.kink), mean(|hour| hour.variance));
            self.alike.push((Single { number, slope, kink, variance, ..together[0] }, self.law.at(variance)));
        }
    }

    /// The expected hours, counted in minutes, in which more than `rate` a minute comes.
    #[must_use]
    pub fn over(&self, rate: f64) -> f64 {
        let alike: f64 = self.alike.iter().map(|(hour, row)| hour.number * beyond(row, hour.kink + rate / hour.slope)).sum();
        let several: f64 = self.several.iter().map(|(terms, row)| beyond(row, reached(terms, rate))).sum();
        alike + several
    }

    /// The rate that so many hours (> 0), counted in minutes, are above; 0 where not even so many have anything.
    #[must_use]
    pub fn rate(&self, hours: f64) -> f64 {
        let counted = self.over(0.0);
        if counted > hours && hours > 0.0 { crossing(hours, counted, self.largest, |rate| self.over(rate)) } else { 0.0 }
    }
}

/// The chance that the factor is above m.
fn beyond(row: &MinuteRow<'_>, m: f64) -> f64 {
    // Of a factor that is never 0 all minutes are above it.
    if m > 0.0 { row.exceedance(m) } else { 1.0 }
}

/// The factor at which terms come to `rate`.
fn reached(terms: &[(f64, f64)], rate: f64) -> f64 {
    let (mut slope, mut load, mut at) = (0.0, 0.0, terms.first().map_or(0.0, |(_, kink)| *kink));
    for &(more, kink) in terms {
        let here = load + slope * (kink - at);
        if here > rate {
            break;
        }
        (load, at) = (here, kink);
        slope += more;
    }
    if slope > 0.0 { at + (rate - load) / slope } else { f64::INFINITY }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::supply::{Margin, exact_exceedance};

    fn flow(terms: &[(f64, f64)], variance: f64) -> Flow {
        Flow { variance, terms: terms.to_vec() }
    }

    #[test]
    fn equal_hours_have_the_quantile_of_one_minute_beyond_the_kink() {
        let law = MinuteLaw::constant(Margin::Gamma, 0.0, 0.25);
        for kink in [0.0, 0.8, 1.3] {
            let mut gauge = Gauge::new(&law);
            (0..730).for_each(|_| gauge.add(&flow(&[(2000.0, kink)], 0.25)));
            gauge.close();
            let rate = gauge.rate(0.73);
            let share = exact_exceedance(Margin::Gamma, 0.25, kink + rate / 2000.0);
            assert!((share - 0.001).abs() < 1e-7, "{kink}: {rate} {share}");
            assert!((gauge.over(rate) - 0.73).abs() < 1e-5);
        }
    }

    /// 100 a minute in each hour of ten, none in the others; half of one and all beyond 1.5 of another.
    #[test]
    fn without_variance_it_is_the_hours_own_percentile() {
        let law = MinuteLaw::constant(Margin::Gamma, 0.0, 0.0);
        let mut gauge = Gauge::new(&law);
        (0..10).for_each(|_| gauge.add(&flow(&[(100.0, 0.0)], 0.0)));
        gauge.add(&flow(&[], 0.0));
        gauge.add(&flow(&[(100.0, 1.5)], 0.0));
        gauge.add(&flow(&[(400.0, 0.5)], 0.0));
        gauge.add(&flow(&[(100.0, 0.25), (300.0, 0.75)], 0.0));
        gauge.close();
        // 200 and 75 + 75 in the two hours that are not alike.
        for (hours, want) in [(0.5, 200.0), (1.5, 150.0), (5.0, 100.0), (11.5, 100.0), (12.5, 0.0)] {
            assert!((gauge.rate(hours) - want).abs() <= 2e-6 * want, "{hours}: {}", gauge.rate(hours));
        }
        assert!((gauge.over(120.0) - 2.0).abs() < 1e-12);
    }
}
