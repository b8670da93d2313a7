//! Requests in flight against those let in one by one, and by hand.

use super::*;
use crate::random::law::Law;
use crate::random::stream::{Purpose, StreamKey};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Erlang's own table: 10 places at a load of 5 erlangs lose 0.01838, 20 at 15 lose 0.04559; by the recursion for whole numbers.
#[test]
fn erlangs_formula() {
    for (places, load) in [(1.0, 0.5), (10.0, 5.0), (20.0, 15.0), (5.0, 60.0), (300.0, 280.0)] {
        let mut inverse = 1.0;
        let mut j = 1.0;
        while j <= places {
            inverse = 1.0 + inverse * j / load;
            j += 1.0;
        }
        assert!((erlang(places, load) * inverse - 1.0).abs() < 1e-9, "{places} {load}: {}", erlang(places, load));
    }
    assert!((erlang(10.0, 5.0) - 0.018_38).abs() < 5e-6);
    assert!(erlang(100.0, 5000.0) > 0.97 && erlang(0.0, 3.0) == 1.0 && erlang(1e4, 3.0) == 0.0);
}

fn flight(rate: f64, [settled, held]: [f64; 2], lasts: f64) -> Flight {
    Flight { rate, lasts, settled, held, ..Flight::default() }
}

/// By hand: 1 a second of 2 000 settled and 5 096 held for 5 s meet 132 000 after 53.26 s; in the 6.74 s left, 3.94 are let in.
#[test]
fn without_chance() {
    let steady = flight(1.0, [2000.0, 5096.0], 5.0);
    let left: f64 = 60.0 - (132_000.0 - 25_480.0) / 2000.0;
    let k = 2000.0 / (5096.0 * 5.0);
    let wanted = (left - (1.0 - 2000.0 / 5096.0) * (1.0 - libm::exp(-k * left)) / k) / 60.0;
    assert!((steady.refused(132_000.0, 60.0, false) - wanted).abs() < 1e-12 && (0.04..0.07).contains(&wanted), "{wanted}");
    assert_eq!(steady.refused(145_480.0, 60.0, false), 0.0);
    // Nothing held: what does not fit; and what ends with more than it held lets nobody in.
    assert!((flight(1.0, [2000.0, 0.0], 5.0).refused(60_000.0, 60.0, false) - 0.5).abs() < 1e-12);
    assert!((flight(1.0, [3000.0, 2000.0], 5.0).refused(100_000.0, 60.0, false) - (60.0 - 30.0) / 60.0).abs() < 1e-12);
    // Ten hours each, two and a half at a time, whatever settles.
    let long = flight(1.0 / 60.0, [48_005.0, 80_000.0], 36_000.0);
    let running = (1.0 - long.refused(200_000.0, 60.0, false)) * 600.0;
    assert!((running / 2.5 - 1.0).abs() < 1e-3, "{running}");
    // Buckets: in the long run what settles fits, and never more runs than fit.
    assert!((flight(1.0, [2000.0, 100.0], 1.0).refused(60_000.0, 60.0, true) - 0.5).abs() < 1e-12);
    assert!((flight(1.0, [1.0, 50_000.0], 10.0).refused(100_000.0, 60.0, true) - 0.8).abs() < 1e-12);
}

/// Requests let in one by one under a quota of a minute: Poisson arrivals, gamma sizes with these CVs, times by output. The share refused and
/// its standard error over hours.
fn one_by_one(
    rate: f64,
    input: (f64, f64),
    output: (f64, f64),
    most: f64,
    (first, speed): (f64, f64),
    quota: f64,
    hours: u64,
) -> (f64, f64) {
    let law = |(mean, cv): (f64, f64)| Law::gamma_by_mean_cv(mean, cv).unwrap();
    let (inputs, outputs) = (law(input), law(output));
    let shares: Vec<f64> = (0..hours)
        .map(|hour| {
            let mut stream = StreamKey::new(11, Purpose::Sizes, "flight").replication(hour);
            let mut running: BinaryHeap<Reverse<(u64, u64, u64)>> = BinaryHeap::new();
            let (mut time, mut held, mut used, mut minute, mut all, mut refused) = (0.0_f64, 0.0, 0.0, 0.0_f64, 0.0, 0.0);
            loop {
                time -= libm::log(1.0 - stream.uniform()) / rate;
                if time > 3600.0 {
                    return refused / all;
                }
                while let Some(&Reverse((end, hold, settles))) = running.peek().filter(|next| f64::from_bits(next.0.0) <= time) {
                    running.pop();
                    let of_minute = (f64::from_bits(end) / 60.0).floor();
                    if of_minute > minute {
                        (minute, used) = (of_minute, 0.0);
                    }
                    held -= f64::from_bits(hold);
                    used += f64::from_bits(settles);
                }
                if (time / 60.0).floor() > minute {
                    (minute, used) = ((time / 60.0).floor(), 0.0);
                }
                let (prompt, answer) = (inputs.sample(&mut stream), outputs.sample(&mut stream).min(most));
                let hold = prompt + most;
                all += 1.0;
                if used + held + hold <= quota {
                    held += hold;
                    let end = time + first + answer / speed;
                    running.push(Reverse((end.to_bits(), hold.to_bits(), (prompt + 5.0 * answer).to_bits())));
                } else {
                    refused += 1.0;
                }
            }
        })
        .collect();
    let mean = shares.iter().sum::<f64>() / hours as f64;
    let variance = shares.iter().map(|share| (share - mean) * (share - mean)).sum::<f64>() / (hours - 1) as f64;
    (mean, (variance / hours as f64).sqrt())
}

/// Where requests run for a sixteenth of a minute and hold far more than they use, near the limit and beyond: within a tenth.
#[test]
fn requests_let_in_one_by_one() {
    for (rate, most, quota, hours) in
        [(800.0, 64e3, 0.9, 8), (800.0, 64e3, 1.0, 8), (800.0, 64e3, 1.1, 24), (50.0, 64e3, 1.25, 100), (50.0, 64e3, 2.0, 200)]
    {
        let (rate, lasts) = (rate / 60.0, 0.8 + 200.0 / 70.0);
        let (settled, held) = (2000.0, 1000.0 + most);
        let quota = quota * rate * (60.0 * settled + lasts * held);
        let (got, error) = one_by_one(rate, (1000.0, 1.0), (200.0, 0.8), most, (0.8, 70.0), quota, hours);
        // A request's prompt has a CV of 1, its output of 0.8.
        let cv2 = (1e6 + 640_000.0) / 4e6;
        let spread = Flight { spread_settled: 1.0 + cv2, spread_held: 1.0 + 1e6 / (held * held), ..flight(rate, [settled, held], lasts) };
        let told = spread.refused(quota, 60.0, false);
        assert!((told - got).abs() <= 4.0 * error + 0.1 * got, "{rate} {quota}: {told}, not {got} ± {error}");
    }
}
