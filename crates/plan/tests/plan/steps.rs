//! Steps become scenarios whose phases are the steps.

use std::time::Duration;

use flashcrowd_engine::{Arrivals, ExecutorConfig, ScenarioConfig, phases};

use crate::fixture::plan;

/// Start, settled, end in seconds; users or rate.
type Row = (f64, f64, f64, f64);

fn check(steps: &str, expected: &[Row]) {
    let plan = plan(&format!("host: http://h\nrequests: [GET /]\nsteps:\n{steps}"));
    let found: Vec<Row> = phases(&plan.scenarios)
        .iter()
        .map(|phase| {
            let load = phase.users.map(|users| users as f64).or(phase.rate).unwrap();
            (phase.start.as_secs_f64(), phase.settled.as_secs_f64(), phase.end.as_secs_f64(), load)
        })
        .collect();
    assert_eq!(found, expected, "{steps}");
}

#[test]
fn ramps_are_the_first_part_of_steps() {
    check(
        "
  - {users: 100, duration: 120s, ramp_up: 30s}
  - {users: 500, duration: 120s, ramp_up: 30s}
  - {users: 1000, duration: 300s, ramp_up: 60s}
",
        &[(0.0, 30.0, 120.0, 100.0), (120.0, 150.0, 240.0, 500.0), (240.0, 300.0, 540.0, 1000.0)],
    );
}

#[test]
fn steps_without_a_ramp_jump_up_and_down() {
    check(
        "
  - {users: 10, duration: 30}
  - {users: 1000, duration: 1m, ramp_up: 5s}
  - {users: 10, duration: 30s}
",
        &[(0.0, 0.0, 30.0, 10.0), (30.0, 35.0, 90.0, 1000.0), (90.0, 90.0, 120.0, 10.0)],
    );
}

#[test]
fn steps_with_the_same_users_are_phases_of_their_own() {
    check(
        "
  - {users: 10, duration: 30s}
  - {users: 10, duration: 30s, ramp_up: 10s}
  - {users: 20, duration: 10s, ramp_up: 10s}
  - {users: 20, duration: 30s}
",
        &[
            (0.0, 0.0, 30.0, 10.0),
            (30.0, 30.0, 60.0, 10.0),
            (60.0, 60.0, 70.0, 20.0),
            (70.0, 70.0, 100.0, 20.0),
        ],
    );
}

#[test]
fn staircases_end_on_the_last_stair() {
    check(
        "  - {start_users: 100, increment: 100, increment_interval: 60s, max_users: 350}",
        &[
            (0.0, 0.0, 60.0, 100.0),
            (60.0, 60.0, 120.0, 200.0),
            (120.0, 120.0, 180.0, 300.0),
            (180.0, 180.0, 240.0, 350.0),
        ],
    );
    check(
        "  - {start_users: 5, increment: 1, increment_interval: 1s, max_users: 5}",
        &[(0.0, 0.0, 1.0, 5.0)],
    );
    check(
        "  - {start_rate: 100/m, rate_increment: 1/s, increment_interval: 10s, max_rate: 3.5/s}",
        &[(0.0, 0.0, 10.0, 100.0 / 60.0), (10.0, 10.0, 20.0, 160.0 / 60.0), (20.0, 20.0, 30.0, 3.5)],
    );
}

#[test]
fn rates_and_users_follow_each_other() {
    check(
        "
  - {users: 10, duration: 10s}
  - {rate: 200/s, duration: 20s, ramp_up: 5s}
  - {rate: 0.5, duration: 10s}
  - {users: 3, duration: 10s, ramp_up: 10s}
",
        &[
            (0.0, 0.0, 10.0, 10.0),
            (10.0, 15.0, 30.0, 200.0),
            (30.0, 30.0, 40.0, 0.5),
            (40.0, 40.0, 50.0, 3.0),
        ],
    );
    let plan = plan(
        "host: http://h\nrequests: [GET /]\nsteps: [{users: 1, duration: 1s}, {rate: 1, duration: 1s}, {users: 2, duration: 1s}]",
    );
    let names: Vec<_> = plan.scenarios.iter().map(|scenario| scenario.name.as_str()).collect();
    assert_eq!(names, ["users", "rate", "users_2"]);
}

#[test]
fn a_rate_has_ten_seconds_worth_of_users_unless_it_says_so() {
    let most = |rate: &str| {
        let plan = plan(&format!("host: http://h\nrequests: [GET /]\nsteps: [{{{rate}, duration: 1s}}]"));
        let ExecutorConfig::RampingArrivalRate(executor) = &plan.scenarios[0].executor else { panic!() };
        (executor.allowance.pre_allocated_vus, executor.allowance.max_vus)
    };
    assert_eq!(most("rate: 200/s, arrivals: even"), (200, 2000));
    assert_eq!(most("rate: 1/m, arrivals: even"), (1, 50));
    assert_eq!(most("rate: 100000/s"), (20_000, 20_000));
    assert_eq!(most("rate: 200/s, max_users: 7"), (7, 7));
    // A second of random arrivals can have five standard deviations more than the mean, and five bursts.
    assert_eq!(most("rate: 200/s"), (276, 2000));
    assert_eq!(most("rate: 1/s"), (11, 50));
    assert_eq!(most("rate: 1/s, arrivals: bursts of 8"), (61, 61));
    assert_eq!(most("rate: 10/s, arrivals: bursts of 8"), (112, 112));
}

#[test]
fn arrivals_are_random_unless_a_plan_says_otherwise() {
    let arrivals = |fields: &str, steps: &str| -> Vec<_> {
        let plan = plan(&format!("host: http://h\nrequests: [GET /]\n{fields}\nsteps: [{steps}]"));
        let of = |scenario: &ScenarioConfig| (scenario.name.clone(), scenario.executor.arrivals());
        plan.scenarios.iter().map(of).collect()
    };
    let rate = |arrivals| ("rate".to_owned(), Some(arrivals));
    let steps = "{rate: 5, duration: 1s}, {rate: 9, duration: 1s}";
    assert_eq!(arrivals("", steps), [rate(Arrivals::Poisson)]);
    assert_eq!(arrivals("arrivals: even", steps), [rate(Arrivals::Even)]);
    assert_eq!(arrivals("arrivals: bursts of 20", steps), [rate(Arrivals::Bursts(20))]);
    assert_eq!(arrivals("", "{users: 5, duration: 1s}"), [("users".to_owned(), None)]);
    let mixed = "{rate: 5, duration: 1s, arrivals: even}, {rate: 9, duration: 1s}, {users: 5, duration: 1s}";
    let second = ("rate_2".to_owned(), Some(Arrivals::Poisson));
    assert_eq!(arrivals("", mixed), [rate(Arrivals::Even), second, ("users".to_owned(), None)]);
    let steps = "host: http://h\nrequests: [GET /]\nsteps: [{rate: 5, duration: 1s}]\n";
    assert_eq!((plan(steps).seed, plan(&format!("{steps}seed: 42")).seed), (None, Some(42)));
}

#[test]
fn running_requests_may_end_or_time_out() {
    let plan = plan(
        "
host: http://h
timeout: 5s
tasks: {slow: {path: /slow, timeout: 20s}}
steps: [{users: 10, duration: 10s}]
",
    );
    let ExecutorConfig::RampingVus(executor) = &plan.scenarios[0].executor else { panic!() };
    let grace = Duration::from_secs(21);
    assert_eq!((plan.scenarios[0].graceful_stop, executor.graceful_ramp_down), (grace, grace));
}

#[test]
fn steps_can_have_requests_of_their_own() {
    let plan = plan(
        "
host: http://h
requests: [GET /a: 1, GET /b: 3]
steps:
  - {users: 1, duration: 10s}
  - {users: 2, duration: 10s}
  - users: 2
    duration: 10s
    requests: [GET /b: 50%, GET /c: 50%]
  - {rate: 2, duration: 10s}
",
    );
    let names: Vec<_> = plan.tasks.iter().map(|call| call.name.as_str()).collect();
    assert_eq!(names, ["GET /a", "GET /b", "GET /c"]);
    let mixes: Vec<_> =
        plan.mixes.iter().map(|mix| (mix.scenario, mix.from.as_secs(), mix.tasks.clone())).collect();
    let common = vec![(0, 1.0), (1, 3.0)];
    assert_eq!(mixes, [(0, 0, common.clone()), (0, 20, vec![(1, 50.0), (2, 50.0)]), (1, 0, common)]);
    assert_eq!(plan.mix(0, Duration::from_secs(25)).unwrap().tasks, [(1, 50.0), (2, 50.0)]);
}
