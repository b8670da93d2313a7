//! What must hold of every replication and of every plan's rows; what does not is told as text.

use super::limits;
use super::watch::{Hours, Seen};
use tokentide::scenario::Scenario;
use tokentide::supply::{MAX_AXES, Node, Part, Plan, PoolGroup, ServiceTotals};
use tokentide::tally::{Metric, Outcome, Row, Span};

/// What the share that overflows is known to, in pools of several workloads: 1e-4 of the demand.
pub(super) const ACCURACY: f64 = 1e-4;

/// Problems, each with its place.
pub(super) type Problems = Vec<String>;

fn near(a: f64, b: f64, slack: f64) -> bool {
    (a - b).abs() <= slack
}

/// Whether hours of a pool are walked: clients come back, a bucket, or windows of several lengths.
pub(super) fn is_walked(scenario: &Scenario, group: &PoolGroup) -> bool {
    let limited = || group.nodes.iter().filter(|node| node.per_unit[..node.axes].iter().any(|(low, _)| low.is_finite()));
    let retries = group.members.iter().any(|member| member.waits.is_none() && scenario.supply.workloads[member.workload].retry.is_some());
    let mut windows = limited().flat_map(|node| [Some(node.metering.window), node.request_window]).flatten();
    let first = windows.next();
    limited().any(|node| node.metering.steady)
        || !windows.all(|window| Some(window) == first)
        || (retries && (first.is_some() || group.nodes.iter().any(|node| node.fails)))
}

/// Everything about one replication.
pub(super) fn replication(scenario: &Scenario, seen: &Seen, problems: &mut Problems) {
    for (index, group) in scenario.supply.groups.iter().enumerate() {
        for case in 0..group.cases.len() {
            buckets(scenario, seen, (index, case), problems);
            signs(scenario, seen, (index, case), problems);
            sink(scenario, seen, (index, case), problems);
            limits::quotas(scenario, seen, (index, case), problems);
        }
        more_units(scenario, seen, index, problems);
    }
    for plan in 0..scenario.supply.plans.len() {
        bought(scenario, seen, plan, problems);
    }
}

/// Every token of every month ends in one bucket.
fn buckets(scenario: &Scenario, seen: &Seen, (index, case): (usize, usize), problems: &mut Problems) {
    let supply = &scenario.supply;
    let group = &supply.groups[index];
    let walked = is_walked(scenario, group);
    for month in 0..scenario.horizon.months() {
        let at = supply.service_index(index, case, month);
        let service = &seen.totals.services[at];
        let asked: f64 = group.workloads.iter().map(|&w| seen.asked[w][month].0).sum();
        let requests: f64 = group.workloads.iter().map(|&w| seen.asked[w][month].1).sum();
        let demand = &seen.totals.demand[supply.demand_index(index, month)];
        let queue = seen.totals.queues.get(at).copied().unwrap_or_default();
        let ended = service.tokens_on_demand
            + service.tokens_provisioned
            + service.tokens_batch
            + service.tokens_throttled
            + service.tokens_late
            + queue.tokens_waiting;
        let slack = 1e-9 * asked + 1e-6;
        if !near(asked, ended, slack) {
            problems.push(format!("{} case {case} month {month}: {asked} asked for, {ended} ended", group.name));
        }
        if !near(demand.tokens.total(), asked, slack) || !near(demand.requests, requests, 1e-9 * requests) {
            problems.push(format!("{} month {month}: the pool's demand is {demand:?}, not {asked} in {requests}", group.name));
        }
        let lost = service.requests_throttled + queue.requests_late;
        // What fails is as drawn, and a drawn hour may have more requests than the hour.
        if !walked && lost > requests * (1.0 + 1e-9) + 1e-6 {
            problems.push(format!("{} case {case} month {month}: {lost} of {requests} requests lost", group.name));
        }
    }
}

/// Nothing is negative or not a number, and nothing is over what there is.
fn signs(scenario: &Scenario, seen: &Seen, (index, case): (usize, usize), problems: &mut Problems) {
    let supply = &scenario.supply;
    let group = &supply.groups[index];
    for month in 0..scenario.horizon.months() {
        let at = supply.service_index(index, case, month);
        let s = &seen.totals.services[at];
        let queue = seen.totals.queues.get(at).copied().unwrap_or_default();
        let hours = scenario.horizon.month_range(month).len() as f64;
        let slots = group.nodes.len() * MAX_AXES;
        let values = [
            s.cost_on_demand,
            s.cost_batch,
            s.tokens_on_demand,
            s.tokens_provisioned,
            s.value_provisioned,
            s.tokens_batch,
            s.tokens_throttled,
            s.tokens_late,
            s.requests_throttled,
            s.throttled_minutes,
            s.throttled_hours,
            s.requests_refused,
            s.seconds_waited,
            s.wait_p95,
            s.refined_hours,
            -s.log_clear,
            queue.requests_late,
            queue.tokens_late_one_hour_more,
            queue.tokens_waiting,
            queue.windows,
            queue.windows_missed,
        ];
        let used = &seen.totals.used[supply.used_index(index, case, month)..][..slots];
        if !values.iter().chain(used).all(|&x| x >= 0.0) {
            problems.push(format!("{} case {case} month {month}: {s:?} {queue:?} {used:?}", group.name));
        }
        let rounding = 1.0 + 1e-9;
        let within = [
            (s.throttled_hours, hours),
            (s.throttled_minutes, 60.0 * s.throttled_hours),
            (s.refined_hours, hours),
            (s.requests_throttled, s.requests_refused),
            (queue.tokens_late_one_hour_more, s.tokens_late),
            (queue.windows_missed, queue.windows),
        ];
        for (number, (a, b)) in within.into_iter().enumerate() {
            if a > b * rounding + 1e-9 {
                problems.push(format!("{} case {case} month {month}: order {number}: {a} is above {b}", group.name));
            }
        }
        if s.tokens_throttled > 1e-3 && !(s.requests_throttled > 0.0) && seen.has_requests(group, month) {
            problems.push(format!("{} case {case} month {month}: tokens throttled without requests: {s:?}", group.name));
        }
    }
    // Work that waits may be paid in another month than it came in.
    let whole = |of: fn(&ServiceTotals) -> f64| {
        let services = (0..scenario.horizon.months()).map(|month| &seen.totals.services[supply.service_index(index, case, month)]);
        services.map(of).sum::<f64>()
    };
    if whole(|s| s.tokens_on_demand) > 1.0 && !(whole(|s| s.cost_on_demand) > 0.0) {
        problems.push(format!("{} case {case}: served for nothing", group.name));
    }
    members(scenario, seen, (index, case), problems);
}

/// Members of a pool of several add up to it.
fn members(scenario: &Scenario, seen: &Seen, (index, case): (usize, usize), problems: &mut Problems) {
    let supply = &scenario.supply;
    let (count, slots) = (supply.members(index), supply.groups[index].nodes.len() * MAX_AXES);
    if count == 0 {
        return;
    }
    for month in 0..scenario.horizon.months() {
        let pool = &seen.totals.services[supply.service_index(index, case, month)];
        let demand = seen.totals.demand[supply.demand_index(index, month)].tokens.total();
        let of = &seen.totals.members[supply.member_index(index, case, month)..][..count];
        let batch = &seen.totals.member_months[supply.member_month_index(index, month)..][..count];
        let sums = [
            ("throttled", of.iter().map(|m| m.tokens_throttled).sum::<f64>(), pool.tokens_throttled),
            ("by units", of.iter().map(|m| m.tokens_provisioned).sum(), pool.tokens_provisioned),
            ("on demand", of.iter().map(|m| m.cost_on_demand).sum(), pool.cost_on_demand),
            ("batch", batch.iter().map(|m| m.tokens_batch).sum(), pool.tokens_batch),
            ("paid for batch", batch.iter().map(|m| m.cost_batch).sum(), pool.cost_batch),
        ];
        for (what, sum, whole) in sums {
            if !near(sum, whole, 1e-9 * demand) {
                problems.push(format!("pool {index} case {case} month {month}: members {what} {sum}, the pool {whole}"));
            }
        }
        let (first, own) = (supply.used_index(index, case, month), supply.member_used_index(index, case, month));
        let idle = supply.member_idle_index(index, month);
        for slot in 0..slots {
            let sum = |of: &[f64], start: usize| (0..count).map(|member| of[start + member * slots + slot]).sum::<f64>();
            let (used, pool) = (sum(&seen.totals.members_used, own), seen.totals.used[first + slot]);
            let node = &supply.groups[index].nodes[slot / MAX_AXES];
            let bears = f64::from(u8::from(node.provisioned && slot % MAX_AXES < node.axes));
            if !near(used, pool, 1e-9 * demand) || !near(sum(&seen.totals.members_idle, idle), bears, 1e-9) {
                problems.push(format!("pool {index} case {case} month {month} slot {slot}: members used {used}, the pool {pool}"));
            }
        }
    }
}

/// The hours that a sink is shown add up to the month, where money and work stay in their hour.
fn sink(scenario: &Scenario, seen: &Seen, (index, case): (usize, usize), problems: &mut Problems) {
    let supply = &scenario.supply;
    let group = &supply.groups[index];
    if is_walked(scenario, group) {
        return;
    }
    let months = scenario.horizon.months();
    let hours: &[Hours] = &seen.hours[index][case];
    let mut whole = (0.0, 0.0, 0.0);
    for (month, hours) in hours.iter().enumerate() {
        let s = &seen.totals.services[supply.service_index(index, case, month)];
        let used = &seen.totals.used[supply.used_index(index, case, month)..][..group.nodes.len() * MAX_AXES];
        let asked: f64 = group.workloads.iter().map(|&w| seen.asked[w][month].0).sum();
        whole.0 += asked;
        whole.1 += hours.served + hours.throttled;
        whole.2 = hours.waiting;
        let pairs = [
            ("throttled", hours.throttled, s.tokens_throttled),
            ("requests throttled", hours.requests_throttled, s.requests_throttled),
            ("on demand", hours.cost_on_demand, s.cost_on_demand),
            ("batch", hours.cost_batch, s.cost_batch),
            ("minutes", 60.0 * hours.minute_over, s.throttled_minutes),
            ("hours", hours.hour_over, s.throttled_hours),
        ];
        for (what, of_hours, of_month) in pairs {
            if !near(of_hours, of_month, 1e-9 * of_month.max(1.0)) {
                problems.push(format!("{} case {case} month {month}: {what} of hours {of_hours}, of the month {of_month}", group.name));
            }
        }
        for (of_hours, of_month) in hours.used.iter().zip(used) {
            if !near(*of_hours, *of_month, 1e-9 * of_month.max(1.0)) {
                problems.push(format!("{} case {case} month {month}: hours use {of_hours}, the month {of_month}", group.name));
            }
        }
    }
    // Served (late or not), throttled or waiting. Jobs that run out end beside the hours.
    let has_jobs = group.members.iter().any(|member| member.waits.is_some() && member.batch.is_some());
    if !has_jobs && months > 0 && !near(whole.0, whole.1 + whole.2, 1e-9 * whole.0 + 1e-6) {
        problems.push(format!("{} case {case}: {} asked for, hours show {} and {} waiting", group.name, whole.0, whole.1, whole.2));
    }
}

/// No unit is used for longer than it is bought.
fn bought(scenario: &Scenario, seen: &Seen, plan: usize, problems: &mut Problems) {
    let supply = &scenario.supply;
    let plan = &supply.plans[plan];
    for pool in &plan.pools {
        let group = &supply.groups[pool.group];
        for month in 0..scenario.horizon.months() {
            let used = &seen.totals.used[supply.used_index(pool.group, pool.case, month)..];
            let demand = &seen.totals.demand[supply.demand_index(pool.group, month)].tokens;
            for (number, node) in group.nodes.iter().enumerate().filter(|(_, node)| node.provisioned) {
                let bill = plan.bill(node.offer, month, &scenario.horizon);
                for axis in 0..node.axes {
                    let (used, bought) = (used[number * MAX_AXES + axis], bill.unit_hours[axis]);
                    let burst = if node.metering.steady { bursts(plan, node, scenario)[axis] } else { 0.0 };
                    let slack = 1e-9 * bought + burst + ACCURACY * demand.dot(&node.weights[axis]) / node.per_unit[axis].0;
                    if !(used <= bought + slack) {
                        problems.push(format!("{} month {month} node {number} axis {axis}: {used} of {bought} unit-hours used", plan.name));
                    }
                }
            }
        }
    }
}

/// Unit-hours of a bucket that is full whenever units come: a window's worth of each purchase, every day of those with a schedule.
fn bursts(plan: &Plan, node: &Node, scenario: &Scenario) -> [f64; MAX_AXES] {
    let mut sum = [0.0; MAX_AXES];
    for commitment in plan.commitments_of(node.offer) {
        let times = if commitment.schedule.is_some() { 1.0 + scenario.horizon.hours() as f64 / 24.0 } else { 1.0 };
        sum.iter_mut().zip(commitment.units).for_each(|(sum, units)| *sum += times * units * f64::from(node.metering.window) / 3600.0);
    }
    sum
}

/// On the same draws, more units of everything throttle no more, where there is one chain of excess tokens of one mix and no walk.
fn more_units(scenario: &Scenario, seen: &Seen, index: usize, problems: &mut Problems) {
    use tokentide::supply::OverflowRule;
    let supply = &scenario.supply;
    let group = &supply.groups[index];
    let now: Vec<_> = group.members.iter().filter(|member| member.waits.is_none() && !member.route.is_empty()).collect();
    let one_chain =
        now.windows(2).all(|pair| pair[0].route == pair[1].route) && now.first().is_some_and(|m| m.route.len() == group.nodes.len());
    let ranked = group.workloads.iter().any(|&w| supply.workloads[w].priority.is_some());
    let whole = group.nodes.iter().any(|node| node.overflow == OverflowRule::Request);
    if !one_chain || ranked || whole || is_walked(scenario, group) || now.iter().any(|member| member.part == Part::Deferrable) {
        return;
    }
    for (a, fewer) in group.cases.iter().enumerate() {
        for (b, more) in group.cases.iter().enumerate() {
            let no_fewer = fewer.scheduled == more.scheduled && fewer.units.iter().zip(&more.units).all(|(a, b)| a <= b);
            for month in 0..if a == b || !no_fewer { 0 } else { scenario.horizon.months() } {
                let of = |case| &seen.totals.services[supply.service_index(index, case, month)];
                let asked = seen.totals.demand[supply.demand_index(index, month)].tokens.total();
                if of(b).tokens_throttled > of(a).tokens_throttled + 2.0 * ACCURACY * asked {
                    problems.push(format!("{} month {month}: cases {a} and {b} throttle {:?} and {:?}", group.name, of(a), of(b)));
                }
            }
        }
    }
}

/// The rows of every plan: sums of their parts, the bills of their hours, and numbers wherever there is something to tell.
pub(super) fn rows(scenario: &Scenario, outcome: &Outcome, problems: &mut Problems) {
    let months = scenario.horizon.months();
    for (index, plan) in scenario.supply.plans.iter().enumerate() {
        for span in (0..months).map(Span::Month).chain([Span::Horizon]) {
            let column = |row, metric| outcome.column(scenario, index, row, span, metric);
            let of = |row, metric| column(row, metric).unwrap_or_else(|| vec![0.0; outcome.replications()]);
            let hours = match span {
                Span::Month(month) => scenario.horizon.month_range(month),
                _ => 0..scenario.horizon.hours(),
            };
            let bill: f64 = hours.map(|hour| plan.cost_of_hour(hour, &scenario.horizon)).sum();
            let rows = outcome.rows(scenario, index);
            let groups = || plan.pools.iter().map(|pool| &scenario.supply.groups[pool.group]);
            let steady = groups().flat_map(|group| &group.nodes).any(|node| node.metering.steady);
            let slack = if steady { 0.03 } else { ACCURACY } * bill + 1e-9;
            let mut tell = |row: &str, what: String| problems.push(format!("{} {span:?} {row}: {what}", plan.name));
            for (row, name) in &rows {
                numbers(&|metric| column(*row, metric), &mut |what| tell(name, what));
                let [total, idle, units] =
                    [Metric::CostTotal, Metric::CostProvisionedIdle, Metric::CostProvisioned].map(|m| column(*row, m));
                let (Some(total), Some(idle), Some(units)) = (total, idle, units) else { continue };
                let (on_demand, batch) = (of(*row, Metric::CostOnDemand), of(*row, Metric::CostBatch));
                for r in 0..outcome.replications() {
                    let parts = on_demand[r] + batch[r] + units[r];
                    if !near(total[r], parts, 1e-9 * total[r].abs() + 1e-12) {
                        tell(name, format!("costs {} and its parts {parts}", total[r]));
                    }
                    if !(idle[r] >= -slack) || idle[r] > units[r] * (1.0 + 1e-9) + 1e-9 {
                        tell(name, format!("{} idle of {}", idle[r], units[r]));
                    }
                    if *row == Row::All && !near(units[r], bill, 1e-9 * bill) {
                        tell(name, format!("units cost {} and their hours {bill}", units[r]));
                    }
                }
            }
            for metric in
                [Metric::CostTotal, Metric::CostOnDemand, Metric::CostProvisioned, Metric::CostProvisionedIdle, Metric::TokensThrottled]
            {
                for (place, pool) in plan.pools.iter().enumerate().filter(|(_, pool)| scenario.supply.members(pool.group) > 0) {
                    let whole = of(Row::Pool(place), metric);
                    let members = scenario.supply.groups[pool.group].workloads.iter().map(|&w| of(Row::Member(w), metric));
                    let sum = members.reduce(|a, b| a.iter().zip(&b).map(|(a, b)| a + b).collect()).unwrap_or_default();
                    let scale =
                        of(Row::Pool(place), if metric == Metric::TokensThrottled { Metric::TokensDemand } else { Metric::CostTotal });
                    for r in 0..whole.len() {
                        if !near(whole[r], sum[r], 1e-8 * scale[r] + 1e-9) {
                            tell("members", format!("{metric:?} {} and the pool {}", sum[r], whole[r]));
                        }
                    }
                }
            }
        }
    }
}

/// A share of nothing is not a number; everything else is one, and shares lie between 0 and 1.
fn numbers(column: &dyn Fn(Metric) -> Option<Vec<f64>>, tell: &mut dyn FnMut(String)) {
    let Some(demand) = column(Metric::TokensDemand) else { return };
    for metric in Metric::ALL {
        let Some(values) = column(metric) else { continue };
        for (&value, &demand) in values.iter().zip(&demand) {
            use Metric as M;
            let share_of_nothing = match metric {
                M::RequestsThrottledShare | M::ThrottledShare | M::Coverage => demand == 0.0,
                M::AttemptsPerRequest | M::AddedWaitMean | M::CostPerMillionTokens | M::DeadlineMissed | M::PeakQuotaTokensPerMinute => {
                    true
                }
                _ => false,
            };
            let share = matches!(metric, M::ThrottledShare | M::Coverage | M::DeadlineMissed | M::ThrottlingProbability);
            let signed = matches!(metric, M::SavingVsBaseline | M::CostProvisionedIdle);
            let good = match value {
                _ if value.is_nan() => share_of_nothing,
                _ if value.is_infinite() => metric == M::CostPerMillionTokens,
                _ if metric == M::AttemptsPerRequest => value >= 1.0 - 1e-12,
                _ if share => (-1e-9..=1.0 + 1e-9).contains(&value),
                _ => signed || value >= -1e-9,
            };
            if !good {
                tell(format!("{metric:?} is {value} where {demand} tokens are asked for"));
            }
        }
    }
}
