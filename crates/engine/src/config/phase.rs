//! A phase is a part of a test with a single load: a number of virtual users, or a rate of iterations.
//!
//! What a run is judged by, step by step, comes out of the scenarios alone: a stage that ramps and the stage that
//! holds what was reached are one phase, which is settled when the ramp is over. A ramp that nothing holds is a phase
//! of its own, settled from its start, since there is no better part of it; it says which load it started from. Stages
//! that lead to no load at all, or stay there, are no phases: nothing is measured of a load that goes away.

use std::time::Duration;

use super::ScenarioConfig;
use crate::executor::Stage;

/// A part of a test with one load.
#[derive(Clone, Debug, PartialEq)]
pub struct Phase {
    /// The scenario's name; several of one load each are named together.
    pub scenario: String,
    /// When it begins, counted from the end of setup.
    pub start: Duration,
    /// From when on the load is what was ordered.
    pub settled: Duration,
    /// When it ends.
    pub end: Duration,
    /// How many virtual users there are when it is settled; none where iterations start at a rate.
    pub users: Option<u64>,
    /// How many iterations start a second when it is settled; none where virtual users loop.
    pub rate: Option<f64>,
    /// The load that a ramp starts from which nothing holds: users, or iterations a second. None for any other phase.
    pub ramp_from: Option<f64>,
}

/// The phases of a test in the order of their start; none where scenarios run at the same time, so that no part of
/// the run has one load. Those that begin and end together and keep their loads, all of users or all of rates, have one.
pub fn phases(scenarios: &[ScenarioConfig]) -> Vec<Phase> {
    if let Some(phase) = together(scenarios) {
        return vec![phase];
    }
    let mut ordered: Vec<&ScenarioConfig> = scenarios.iter().collect();
    ordered.sort_by_key(|scenario| scenario.start_time);
    let overlap = ordered
        .windows(2)
        .any(|pair| pair[0].start_time.saturating_add(pair[0].executor.length()) > pair[1].start_time);
    if overlap { Vec::new() } else { ordered.into_iter().flat_map(of).collect() }
}

/// The phase of several scenarios that are one load.
fn together(scenarios: &[ScenarioConfig]) -> Option<Phase> {
    let keeps = |scenario: &ScenarioConfig| scenario.executor.load().is_some_and(|load| load.is_constant());
    let phases: Vec<Phase> = scenarios.iter().flat_map(of).collect();
    let (first, others) = phases.split_first().filter(|_| scenarios.iter().all(keeps))?;
    let alike = |other: &Phase| {
        (other.start, other.end) == (first.start, first.end) && other.users.is_some() == first.users.is_some()
    };
    (!others.is_empty() && others.iter().all(alike)).then(|| Phase {
        scenario: phases.iter().map(|phase| phase.scenario.as_str()).collect::<Vec<_>>().join(", "),
        users: phases.iter().map(|phase| phase.users).sum(),
        rate: phases.iter().map(|phase| phase.rate).sum(),
        ..first.clone()
    })
}

fn of(scenario: &ScenarioConfig) -> Vec<Phase> {
    // How long iterations that are counted take is not known before.
    let Some(load) = scenario.executor.load() else { return Vec::new() };
    let phase = |Staged { phase, from, target, .. }| match load.time_unit {
        None => Phase { users: Some(target), ramp_from: from.map(|from| from as f64), ..phase },
        Some(time_unit) => Phase {
            rate: Some(per_second(target, time_unit)),
            ramp_from: from.map(|from| per_second(from, time_unit)),
            ..phase
        },
    };
    staged(scenario, load.from, &load.stages).into_iter().map(phase).collect()
}

/// A phase of a curve, whatever its load is counted in.
struct Staged {
    phase: Phase,
    /// The load it starts from, as long as nothing holds what it leads to.
    from: Option<u64>,
    target: u64,
}

fn per_second(rate: u64, time_unit: Duration) -> f64 {
    rate as f64 / time_unit.as_secs_f64()
}

/// The phases of a curve, each with what it leads to.
fn staged(scenario: &ScenarioConfig, from: u64, stages: &[Stage]) -> Vec<Staged> {
    let mut found: Vec<Staged> = Vec::new();
    let (mut level, mut at) = (from, scenario.start_time);
    // Whether the last phase is a ramp that may still be held.
    let mut open = false;
    for stage in stages {
        let end = at.saturating_add(stage.duration);
        let holds = stage.target == level;
        if stage.duration.is_zero() || stage.target == 0 {
            open = false;
        } else if let Some(ramp) = found.last_mut().filter(|_| holds && open) {
            (ramp.phase.settled, ramp.phase.end, ramp.from) = (ramp.phase.end, end, None);
            open = false;
        } else {
            let scenario = scenario.name.clone();
            let phase =
                Phase { scenario, start: at, settled: at, end, users: None, rate: None, ramp_from: None };
            found.push(Staged { phase, from: (!holds).then_some(level), target: stage.target });
            open = !holds;
        }
        (level, at) = (stage.target, end);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::{ConstantVus, ExecutorConfig, RampingVus};

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn check(from: u64, stages: &[(u64, u64)], expected: &[(u64, u64, u64, u64)]) {
        let stages =
            stages.iter().map(|&(length, target)| Stage { duration: secs(length), target }).collect();
        let scenario =
            ScenarioConfig::new("curve", ExecutorConfig::RampingVus(RampingVus::new(from, stages)));
        let found: Vec<_> = phases(&[scenario])
            .iter()
            .map(|phase| {
                (
                    phase.start.as_secs(),
                    phase.settled.as_secs(),
                    phase.end.as_secs(),
                    phase.users.unwrap_or_default(),
                )
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_ramp_and_what_holds_it_are_one_phase() {
        check(0, &[(30, 100), (90, 100), (30, 500), (90, 500)], &[(0, 30, 120, 100), (120, 150, 240, 500)]);
    }

    #[test]
    fn jumps_take_no_time_and_ramps_that_nothing_holds_stand_alone() {
        check(
            0,
            &[(0, 10), (30, 10), (5, 1000), (55, 1000), (0, 10), (30, 10)],
            &[(0, 0, 30, 10), (30, 35, 90, 1000), (90, 90, 120, 10)],
        );
        check(1, &[(30, 10), (60, 50), (120, 100)], &[(0, 0, 30, 10), (30, 30, 90, 50), (90, 90, 210, 100)]);
        check(0, &[(10, 0), (10, 5)], &[(10, 10, 20, 5)]);
    }

    #[test]
    fn a_ramp_says_where_it_starts_and_a_cool_down_is_no_phase() {
        // The stages of a festival's queue: a ramp is not the load that it leads to.
        let stages = [(30, 10), (60, 50), (120, 100), (60, 200), (30, 0)];
        check(0, &stages, &[(0, 0, 30, 10), (30, 30, 90, 50), (90, 90, 210, 100), (210, 210, 270, 200)]);
        let stages = stages.map(|(length, target)| Stage { duration: secs(length), target });
        let scenario =
            ScenarioConfig::new("curve", ExecutorConfig::RampingVus(RampingVus::new(0, stages.to_vec())));
        let from: Vec<_> = phases(&[scenario]).iter().map(|phase| phase.ramp_from).collect();
        assert_eq!(from, [Some(0.0), Some(10.0), Some(50.0), Some(100.0)]);
        let held =
            [(5, 500), (30, 500), (10, 10)].map(|(length, target)| Stage { duration: secs(length), target });
        let scenario =
            ScenarioConfig::new("curve", ExecutorConfig::RampingVus(RampingVus::new(10, held.to_vec())));
        let from: Vec<_> = phases(&[scenario]).iter().map(|phase| phase.ramp_from).collect();
        assert_eq!(from, [None, Some(500.0)]);
    }

    #[test]
    fn scenarios_at_the_same_time_have_no_phases() {
        let one = ScenarioConfig::new(
            "one",
            ExecutorConfig::RampingVus(RampingVus::new(1, vec![Stage { duration: secs(9), target: 1 }])),
        );
        let two = ScenarioConfig { name: "two".into(), start_time: secs(8), ..one.clone() };
        let after = ScenarioConfig { start_time: secs(9), ..two.clone() };
        assert_eq!(phases(&[one.clone(), two]), []);
        assert_eq!(phases(&[after, one]).len(), 2);
    }

    #[test]
    fn scenarios_that_keep_their_loads_side_by_side_are_one() {
        let keeping = |name: &str, vus, length| {
            let executor = ConstantVus { vus, duration: secs(length) };
            ScenarioConfig::new(name, ExecutorConfig::ConstantVus(executor))
        };
        let phase = Phase {
            scenario: "looks, orders".into(),
            start: Duration::ZERO,
            settled: Duration::ZERO,
            end: secs(30),
            users: Some(5),
            rate: None,
            ramp_from: None,
        };
        assert_eq!(phases(&[keeping("looks", 3, 30), keeping("orders", 2, 30)]), [phase]);
        assert_eq!(phases(&[keeping("looks", 3, 30), keeping("orders", 2, 20)]), []);
        let ramp = RampingVus::new(0, vec![Stage { duration: secs(30), target: 1 }]);
        let ramp = ScenarioConfig::new("ramp", ExecutorConfig::RampingVus(ramp));
        assert_eq!(phases(&[ramp.clone(), ScenarioConfig { name: "other".into(), ..ramp }]), []);
    }
}
