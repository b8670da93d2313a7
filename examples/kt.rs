//! timing
use std::time::Instant;
use tokentide::simulation::*;
fn cpu() -> f64 {
    let s = std::fs::read_to_string("/proc/self/schedstat").unwrap();
    s.split_whitespace().next().unwrap().parse::<f64>().unwrap() * 1e-9
}
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let scenario = tokentide::scenario::load(std::path::Path::new(&a[1]), &[]).unwrap().scenario;
    let n: u64 = a[2].parse().unwrap();
    let scope = if a.get(3).map(String::as_str) == Some("spend") { Scope::Spend } else { Scope::All };
    for isa in Isa::available() {
        let kernel = Kernel::new(&scenario, 1, scope).unwrap().with_isa(isa);
        let mut w = KernelWorker::new(&kernel);
        let mut sum = 0.0;
        let mut go = |from: u64, n: u64| {
            for b in 0..n / 64 {
                w.block(from + b * 64, 64, |r| {
                    sum += r.service.services[1].cost_on_demand;
                });
            }
        };
        let t = Instant::now();
        go(0, 640);
        let warm = t.elapsed();
        let mut best = f64::MAX; for _ in 0..9 { let t = cpu(); go(0, n); best = best.min(cpu() - t); }
        let wh = (n / 64 * 64) as f64 * (scenario.horizon.hours() * scenario.demand.workloads.len()) as f64;
        println!("{isa}: warm {warm:?}, {:.3} ns/wh  {sum}", best * 1e9 / wh);
    }
}
