//! Comparisons of simulated runs: of the same target, of one that became slower, of other loads.

use std::f64::consts::TAU;

use fastrand::Rng;
use flashcrowd_record::Record;

use super::*;
use crate::simulator::{Answer as Response, Load, Service, Simulation, Station, normal};

const SERVICE: Service = Service::LogNormal { median: 30.0, sigma: 0.5 };

/// Kinds of targets that are steady, each in its way.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Target {
    Fixed,
    Queue,
    Swings,
    Drift,
    Cron,
    OneSlow,
}

const TARGETS: [Target; 6] =
    [Target::Fixed, Target::Queue, Target::Swings, Target::Drift, Target::Cron, Target::OneSlow];

/// A run of a target that is slower or faster as a whole by chance, with that standard deviation.
fn run(target: Target, seconds: f64, seed: u64, between: f64, slower: f64) -> Record {
    let mut rng = Rng::with_seed(seed ^ 0x5eed);
    let factor = slower * (between * normal(&mut rng)).exp();
    let free = |service| Station { servers: usize::MAX, service };
    let users = [(seconds, Load::Users(12))];
    let simulation = match target {
        Target::Fixed => Simulation::of(&users, 60.0, free(Service::Fixed(30.0))),
        Target::Queue => Simulation::of(
            &[(seconds, Load::Rate(140.0))],
            60.0,
            Station { servers: 4, service: Service::Exponential(20.0 * factor) },
        ),
        Target::OneSlow => {
            Simulation::of(&users, 60.0, free(Service::Fixed(200.0))).with_reads(9.0, Service::Fixed(20.0))
        }
        Target::Swings | Target::Drift | Target::Cron => Simulation::of(&users, 60.0, free(SERVICE)),
    };
    let (phase, period) = (TAU * rng.f64(), 5.0 + 25.0 * rng.f64());
    let drift = drift(&mut rng, seconds as usize + 1, 0.15, 8.0);
    let moved = move |at: f64, response: Response, _: &mut Rng| {
        let moved = match target {
            Target::Swings => 1.0 + 0.3 * (TAU * at / period + phase).sin(),
            Target::Drift => drift[(at as usize).min(drift.len() - 1)].exp(),
            Target::Cron if (at + phase) % 10.0 < 0.5 => 3.0,
            _ => 1.0,
        };
        // A queue has its factor in the service already.
        let whole = if target == Target::Queue { 1.0 } else { factor };
        Response { ms: response.ms * moved * whole, ..response }
    };
    simulation.seed(seed).fate(moved).run()
}

/// A walk that returns to its mean: its standard deviation, and after how many seconds it has forgotten where it was.
fn drift(rng: &mut Rng, length: usize, deviation: f64, memory: f64) -> Vec<f64> {
    let keeps = (-1.0 / memory).exp();
    let mut at = deviation * normal(rng);
    let step = |_| {
        at = keeps * at + deviation * (1.0 - keeps * keeps).sqrt() * normal(rng);
        at
    };
    (0..length).map(step).collect()
}

fn change<'a>(comparison: &'a Comparison, name: &str) -> &'a Change {
    comparison.changes.iter().find(|change| change.name == name).unwrap()
}

/// What was called worse.
fn alarms(comparison: &Comparison) -> Vec<String> {
    let figures = comparison.figures().filter(|(_, change)| change.answer == Answer::Worse);
    let outcomes = comparison.outcomes.iter().filter(|outcome| outcome.answer == Answer::Worse);
    figures
        .map(|(step, change)| format!("{} {}: {:?}", step.unwrap_or_default(), change.name, change.interval))
        .chain(outcomes.map(|outcome| format!("{outcome:?}")))
        .collect()
}

fn steady(seed: u64) -> Record {
    run(Target::Fixed, 60.0, seed, 0.0, 1.0)
}

/// How many of so many pairs of restarted runs end in that conclusion.
fn count(
    conclusion: Conclusion,
    pairs: u64,
    [before, after]: [&dyn Fn(u64) -> Record; 2],
) -> (usize, Vec<Vec<String>>) {
    let comparisons = (0..pairs).map(|seed| compare(&before(seed), &after(seed + 10_000)));
    let found: Vec<Comparison> = comparisons.filter(|one| one.conclusion == conclusion).collect();
    (found.len(), found.iter().map(alarms).collect())
}

#[test]
fn restarted_runs_are_no_regression() {
    for target in TARGETS {
        // As much as between machines where none is slower than another.
        let again = |seed| run(target, 60.0, seed, 0.005, 1.0);
        let (wrong, alarms) = count(Conclusion::Regression, 40, [&again, &again]);
        let most = if target == Target::Drift { 2 } else { 0 };
        assert!(wrong <= most, "{target:?}: {alarms:#?}");
    }
}

#[test]
fn runs_on_machines_that_differ_are_rarely_a_regression() {
    for target in [Target::Fixed, Target::OneSlow] {
        // By the normal distribution two of a hundred are expected.
        let again = |seed| run(target, 30.0, seed + 200, 0.027, 1.0);
        let (wrong, alarms) = count(Conclusion::Regression, 100, [&again, &again]);
        assert!(wrong <= 4, "{target:?}: {alarms:#?}");
    }
}

#[test]
fn a_tenth_more_is_found() {
    for target in [Target::Fixed, Target::OneSlow] {
        let (before, after) =
            (|seed| run(target, 60.0, seed, 0.004, 1.0), |seed| run(target, 60.0, seed, 0.004, 1.1));
        let (found, _) = count(Conclusion::Regression, 20, [&before, &after]);
        assert!(found >= 19, "{target:?}: {found}");
        let comparison = compare(&after(1), &before(2));
        assert_eq!(change(&comparison, "http_req_duration med").answer, Answer::Better);
        assert_eq!(comparison.conclusion, Conclusion::NoRegression);
    }
}

/// A run whose target was on the generator's machine, which was not started anew since.
fn on_one_machine(mut record: Record) -> Record {
    record.run.host.boot = Some("c0ffee".to_owned());
    record.run.target = Some("http://127.0.0.1:8080".to_owned());
    record
}

#[test]
fn a_tenth_more_on_one_machine_is_found_whatever_the_target_does() {
    for (target, least) in
        [(Target::Fixed, 20), (Target::OneSlow, 20), (Target::Swings, 18), (Target::Queue, 12)]
    {
        let of =
            |seconds, slower| move |seed| on_one_machine(run(target, seconds, seed + 300, 0.004, slower));
        let (found, _) = count(Conclusion::Regression, 20, [&of(60.0, 1.0), &of(60.0, 1.1)]);
        assert!(found >= least, "{target:?}: {found}");
        let (wrong, alarms) = count(Conclusion::Regression, 40, [&of(30.0, 1.0), &of(30.0, 1.0)]);
        assert!(wrong <= 1, "{target:?}: {alarms:#?}");
    }
    // It takes both: another machine, or a target elsewhere, is a run of its own.
    let [before, after] = [1.0, 1.1].map(|slower| on_one_machine(run(Target::Fixed, 60.0, 1, 0.0, slower)));
    let bound = |before: &Record, after: &Record| {
        let comparison = compare(before, after);
        change(&comparison, "http_req_duration med").interval.unwrap().low
    };
    let here = bound(&before, &after);
    for change in [
        |run: &mut Record| run.run.host.boot = Some("d0d0".to_owned()),
        |run: &mut Record| run.run.target = Some("http://shop.test".to_owned()),
    ] {
        let mut elsewhere = after.clone();
        change(&mut elsewhere);
        assert!(bound(&before, &elsewhere) < here - 0.03);
    }
}

#[test]
fn a_target_that_swings_is_told_from_one_that_is_much_slower() {
    for target in [Target::Queue, Target::Swings, Target::Cron, Target::Drift] {
        // A queue that is twice as slow grows without end.
        let slower = match target {
            Target::Queue => 1.35,
            Target::Drift => 3.0,
            _ => 2.0,
        };
        let (before, after) =
            (|seed| run(target, 60.0, seed, 0.01, 1.0), |seed| run(target, 60.0, seed, 0.01, slower));
        let (found, _) = count(Conclusion::Regression, 10, [&before, &after]);
        assert!(found >= 9, "{target:?}: {found}");
    }
}

#[test]
fn a_record_does_not_differ_from_itself() {
    for target in TARGETS {
        let record = run(target, 40.0, 5, 0.0, 1.0);
        let comparison = compare(&record, &record);
        for (_, change) in comparison.figures() {
            assert!(matches!(change.answer, Answer::Same | Answer::Unknown), "{target:?} {change:#?}");
            assert!(change.interval.is_none_or(|interval| !interval.excludes_zero()), "{change:#?}");
            assert!(change.relative.is_none_or(|relative| relative.abs() < 1e-9), "{change:#?}");
        }
        assert!(comparison.outcomes.iter().all(|outcome| outcome.answer == Answer::Same));
        assert_ne!(comparison.conclusion, Conclusion::Regression);
    }
}

#[test]
fn exchanged_records_have_exchanged_answers() {
    for target in TARGETS {
        let (one, other) = (run(target, 40.0, 5, 0.0, 1.0), run(target, 40.0, 6, 0.0, 1.6));
        let (there, back) = (compare(&one, &other), compare(&other, &one));
        for ((_, there), (_, back)) in there.figures().zip(back.figures()) {
            assert_eq!(there.name, back.name);
            let (Some(to), Some(fro)) = (there.interval, back.interval) else { continue };
            assert_eq!(to.excludes_zero(), fro.excludes_zero(), "{there:#?} {back:#?}");
            if to.scale == Scale::Relative {
                let ends = [to.low.ln_1p() + fro.high.ln_1p(), to.high.ln_1p() + fro.low.ln_1p()];
                assert!(ends.iter().all(|end| end.abs() < 1e-6), "{there:#?} {back:#?}");
            }
        }
    }
}

/// Steps of twelve loads, five seconds each, on a pool of so many connections that are busy for 50 ms.
fn staircase(pool: usize, seed: u64) -> Record {
    let steps: Vec<(f64, Load)> = (1..=12).map(|step| (5.0, Load::Users(4 * step))).collect();
    let station = Station { servers: pool, service: Service::LogNormal { median: 50.0, sigma: 0.02 } };
    Simulation::of(&steps, 1.0, station).seed(seed).run()
}

#[test]
fn a_larger_pool_is_better_and_a_smaller_one_a_regression() {
    let (small, large) = (staircase(20, 1), staircase(40, 2));
    let better = compare(&small, &large);
    assert_eq!(better.conclusion, Conclusion::NoRegression, "{:#?}", alarms(&better));
    let doubled = better.steps.iter().filter(|step| {
        let tps = step.changes.iter().find(|change| change.name == "tps").unwrap();
        tps.answer == Answer::Better
    });
    assert!(doubled.count() >= 6, "{:#?}", better.steps);
    // Where both pools are large enough nothing differs.
    let light = better.steps.iter().find(|step| step.name == "VU 8").unwrap();
    assert!(light.changes.iter().all(|change| matches!(change.answer, Answer::Same | Answer::Unknown)));
    let point = better.outcomes.iter().find(|outcome| outcome.subject == Subject::BreakingPoint).unwrap();
    assert_eq!(point.answer, Answer::Better, "{point:?}");

    let worse = compare(&large, &small);
    assert_eq!(worse.conclusion, Conclusion::Regression);
    let point = worse.outcomes.iter().find(|outcome| outcome.subject == Subject::BreakingPoint).unwrap();
    assert_eq!(point.answer, Answer::Worse, "{point:?}");
}

#[test]
fn only_the_same_load_is_compared() {
    let station = Station { servers: usize::MAX, service: SERVICE };
    let steps = |loads: &[usize]| loads.iter().map(|users| (20.0, Load::Users(*users))).collect::<Vec<_>>();
    let before = Simulation::of(&steps(&[5, 20, 60]), 60.0, station).seed(1).run();
    // From 60 users on it is slow, and a fifth of the requests fail.
    let after = Simulation::of(&steps(&[5, 60, 90]), 60.0, station)
        .seed(2)
        .fate(|at, response, rng| match at {
            at if at > 20.0 => Response {
                status: if rng.f64() < 0.2 { 500 } else { 200 },
                ms: response.ms * 2.0,
                ..response
            },
            _ => response,
        })
        .run();
    let comparison = compare(&before, &after);
    let names: Vec<&str> = comparison.steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(names, ["VU 5", "VU 60"]);
    let is_worse = |step: &StepChange| {
        step.changes.iter().map(|change| change.answer == Answer::Worse).collect::<Vec<_>>()
    };
    assert!(is_worse(&comparison.steps[0]).iter().all(|worse| !worse), "{comparison:#?}");
    assert!(is_worse(&comparison.steps[1]).iter().all(|worse| *worse), "{comparison:#?}");
    let errors = change(&comparison, "http_req_failed");
    assert!(errors.answer == Answer::Worse && errors.is_absolute(), "{errors:#?}");
    assert_eq!(change(&comparison, "POST /purchase/1 error rate").answer, Answer::Worse);

    let other = Simulation::of(&steps(&[300]), 60.0, station).seed(3).run();
    let comparison = compare(&before, &other);
    assert!(comparison.changes.is_empty() && comparison.steps.is_empty());
    assert_eq!(comparison.conclusion, Conclusion::NotJudged);
}

#[test]
fn a_few_seconds_cannot_tell() {
    let lasting = |seconds, seed, slower| run(Target::Swings, seconds, seed, 0.0, slower);
    let comparison = compare(&lasting(3.0, 1, 1.0), &lasting(3.0, 2, 3.0));
    assert_eq!(comparison.conclusion, Conclusion::NotJudged);
    assert!(comparison.changes.iter().all(|change| change.answer != Answer::Same || change.unit == "%"));
    // Runs that are worlds apart are told apart all the same.
    let comparison = compare(&run(Target::Fixed, 8.0, 1, 0.0, 1.0), &run(Target::Fixed, 8.0, 2, 0.0, 3.0));
    assert_eq!(comparison.conclusion, Conclusion::Regression);
}

#[test]
fn further_runs_show_how_much_runs_differ() {
    let of = |between: f64, slower: f64| {
        let run = |seed, slower| run(Target::Fixed, 30.0, seed, between, slower);
        let further: Vec<Record> = (20..25).map(|seed| run(seed, 1.0)).collect();
        compare_runs(&run(1, 1.0), &run(30, slower), &further)
    };
    let quiet = of(0.002, 1.06);
    assert_eq!(quiet.runs, 6);
    let median = change(&quiet, "http_req_duration med");
    let interval = median.interval.unwrap();
    assert!(median.answer == Answer::Worse && interval.low > 0.04 && interval.high < 0.08, "{median:#?}");
    let loud = of(0.1, 1.06);
    let median = change(&loud, "http_req_duration med");
    assert!(median.answer == Answer::Unknown && median.interval.unwrap().bound() > 0.2, "{median:#?}");
    // Of one further run alone nothing can be said.
    assert_eq!(compare_runs(&steady(1), &steady(2), &[steady(3)]).runs, 1);
}

#[test]
fn runs_that_differ_like_those_before_are_no_regression() {
    let again = |seed| run(Target::Fixed, 20.0, seed, 0.06, 1.0);
    let wrong = (0..60_u64)
        .filter(|at| {
            let further: Vec<Record> = (1..4).map(|run| again(1_000 * run + at)).collect();
            let comparison = compare_runs(&again(*at), &again(at + 10_000), &further);
            comparison.conclusion == Conclusion::Regression
        })
        .count();
    assert!(wrong <= 4, "{wrong}");
}

#[test]
fn cpu_time_that_grew_is_seen() {
    let with_cpu = |cores: f64, seed| {
        let mut record = steady(seed);
        for line in &mut record.timeline {
            let used = cores * line.load.unwrap() * (1.0 + 0.01 * line.load.unwrap().sin());
            line.target.insert("process_cpu_seconds_total".to_owned(), used);
        }
        record
    };
    let comparison = compare(&with_cpu(0.5, 1), &with_cpu(0.71, 2));
    let (cores, by_request) =
        (change(&comparison, "target CPU"), change(&comparison, "target CPU per request"));
    assert!(cores.answer == Answer::Different && (cores.relative.unwrap() - 0.42).abs() < 0.01, "{cores:#?}");
    assert_eq!(by_request.answer, Answer::Worse, "{by_request:#?}");
    let idle = compare(&with_cpu(0.02, 1), &with_cpu(0.028, 2));
    let cores = change(&idle, "target CPU");
    assert!(cores.answer == Answer::Same && cores.interval.unwrap().bound() > 0.3, "{cores:#?}");
}

#[test]
fn long_records_are_compared_in_no_time() {
    let long = |seed| {
        let mut record = steady(seed);
        let minute = record.timeline.clone();
        for minutes in 1..60 {
            record.timeline.extend(minute.iter().cloned().map(|mut line| {
                let shift = 60.0 * f64::from(minutes);
                (line.t, line.load) = (line.t + shift, line.load.map(|load| load + shift));
                line
            }));
        }
        record.run.phases[0].end = 3600.0;
        record
    };
    let (before, after) = (long(1), long(2));
    assert_eq!(compare(&before, &after).conclusion, Conclusion::NoRegression);
}
