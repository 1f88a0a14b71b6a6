//! A plan's steps as scenarios of the engine: a curve of users or of a rate for each run of steps of a kind.

use std::time::Duration;

use flashcrowd_engine::executor::{Allowance, Arrivals, RampingArrivalRate, RampingVus};
use flashcrowd_engine::{ExecutorConfig, ScenarioConfig, Stage};

use super::step::{Load, Rate, Stair, Step, lcm};
use crate::model::Mix;

/// For how long the iterations of a rate may pile up unless the plan says how many users there may be.
const PILED_UP: f64 = 10.0;

/// The virtual users that a rate may have at least and at most, unless the plan says so.
const ALLOWED: (f64, f64) = (50.0, 20_000.0);

/// The longest time unit of a rate, in seconds; a rate that is whole in none is rounded.
const LONGEST_UNIT: u64 = 3_600_000;

/// Scenarios that come one after the other, and what is asked for when.
pub(super) fn scenarios(
    steps: &[Step],
    mix: &[(usize, f64)],
    grace: Duration,
) -> (Vec<ScenarioConfig>, Vec<Mix>) {
    let (mut scenarios, mut mixes): (Vec<ScenarioConfig>, Vec<Mix>) = (Vec::new(), Vec::new());
    let mut start = Duration::ZERO;
    for group in steps.chunk_by(|one, other| arrivals(one) == arrivals(other)) {
        let scenario = scenarios.len();
        let executor = if group.first().is_some_and(is_rate) { rates(group) } else { users(group, grace) };
        let kind = if group.first().is_some_and(is_rate) { "rate" } else { "users" };
        let same_kind = scenarios.iter().filter(|other| other.name.split('_').next() == Some(kind)).count();
        let name = if same_kind == 0 { kind.to_owned() } else { format!("{kind}_{}", same_kind + 1) };
        let length = executor.length();
        let config = ScenarioConfig::new(&name, executor);
        scenarios.push(ScenarioConfig { start_time: start, graceful_stop: grace, ..config });
        start = start.saturating_add(length);
        let mut from = Duration::ZERO;
        for step in group {
            let tasks = step.mix.as_deref().unwrap_or(mix);
            let last = mixes.last().filter(|last| last.scenario == scenario);
            if last.is_none_or(|last| last.tasks != tasks) {
                mixes.push(Mix { scenario, from, tasks: tasks.to_vec() });
            }
            from = step
                .stairs
                .iter()
                .fold(from, |sum, stair| sum.saturating_add(stair.ramp).saturating_add(stair.hold));
        }
    }
    (scenarios, mixes)
}

fn is_rate(step: &Step) -> bool {
    step.stairs.iter().any(|stair| matches!(stair.load, Load::Rate(_)))
}

/// How the requests of a rate are spread in time: like those of a crowd, unless the plan says so. None without a rate.
fn arrivals(step: &Step) -> Option<Arrivals> {
    is_rate(step).then(|| step.arrivals.unwrap_or(Arrivals::Poisson))
}

/// Users whose requests may end when the curve falls: they are people who wait, and how long they wait counts.
fn users(group: &[Step], grace: Duration) -> ExecutorConfig {
    let stairs = group.iter().flat_map(|step| &step.stairs);
    let stages = stages(stairs, |load| match load {
        Load::Users(users) => users,
        Load::Rate(_) => 0,
    });
    ExecutorConfig::RampingVus(RampingVus { graceful_ramp_down: grace, ..RampingVus::new(0, stages) })
}

fn rates(group: &[Step]) -> ExecutorConfig {
    let rate = |load| match load {
        Load::Rate(rate) => rate,
        Load::Users(_) => Rate { count: 0, seconds: 1 },
    };
    let all: Vec<Rate> = group.iter().flat_map(|step| &step.stairs).map(|stair| rate(stair.load)).collect();
    let unit =
        all.iter().map(|rate| rate.seconds).fold(1, |unit, seconds| lcm(unit, seconds).min(LONGEST_UNIT));
    let in_unit = |rate: Rate| {
        let exact = u128::from(rate.count) * u128::from(unit);
        u64::try_from((exact + u128::from(rate.seconds) / 2) / u128::from(rate.seconds)).unwrap_or(u64::MAX)
    };
    let arrivals = group.first().and_then(arrivals).unwrap_or_default();
    let stairs = group.iter().flat_map(|step| &step.stairs);
    let highest = all.iter().map(|rate| rate.per_second()).fold(0.0, f64::max);
    ExecutorConfig::RampingArrivalRate(RampingArrivalRate {
        start_rate: 0,
        time_unit: Duration::from_secs(unit),
        stages: stages(stairs, |load| in_unit(rate(load))),
        arrivals,
        allowance: allowance(highest, arrivals, group.iter().filter_map(|step| step.most_users).max()),
    })
}

/// Users for the highest rate: a second's worth from the start, more when nobody is idle. Of random arrivals, a second
/// can have more than the mean: as many as five standard deviations, and five bursts.
fn allowance(per_second: f64, arrivals: Arrivals, most: Option<u64>) -> Allowance {
    const DEVIATIONS: f64 = 5.0;
    let (least, highest) = ALLOWED;
    let burst = match arrivals {
        Arrivals::Even => 0.0,
        Arrivals::Poisson => 1.0,
        Arrivals::Bursts(mean) => mean as f64,
    };
    let above = DEVIATIONS * ((per_second * arrivals.dispersion()).sqrt() + burst);
    let a_second = (per_second + above).clamp(1.0, highest).ceil() as u64;
    let most = most.unwrap_or(a_second.max((per_second * PILED_UP).clamp(least, highest).ceil() as u64));
    Allowance { pre_allocated_vus: a_second.min(most), max_vus: most }
}

/// A ramp and a hold for each stair, in the form in which the engine finds the phases again: where nothing
/// changes, or changes at once, a stage without length stands before what holds it.
fn stages<'s>(stairs: impl Iterator<Item = &'s Stair>, target: impl Fn(Load) -> u64) -> Vec<Stage> {
    let (mut stages, mut level) = (Vec::new(), 0);
    for stair in stairs {
        let target = target(stair.load);
        let jumps = stair.ramp.is_zero() || target == level;
        if jumps {
            stages.push(Stage { duration: Duration::ZERO, target });
            stages.push(Stage { duration: stair.ramp.saturating_add(stair.hold), target });
        } else {
            stages.push(Stage { duration: stair.ramp, target });
            if !stair.hold.is_zero() {
                stages.push(Stage { duration: stair.hold, target });
            }
        }
        level = target;
    }
    stages
}
