//! A steady target never changes: what is found in a run against it, and what promise fails, is false.
//!
//! The same five kinds of targets as in `bench/steady`, simulated.

use flashcrowd_record::{Expected, Mark, Record, Severity};

use crate::evidence::Evidence;
use crate::judge::judge;
use crate::simulator::{Answer, Load, Service, Simulation, Station};

const RUNS: u64 = 40;

const EXPECTED: [(&str, &str); 5] = [
    ("error_rate", "0%"),
    ("system_recovery_time", "< 3s"),
    ("no_system_crash", "true"),
    ("performance_degradation", "< 10%"),
    ("error_rate_stable", "true"),
];

/// A run of that kind, and of that many seconds, that becomes slower over them by a part.
fn run(kind: &str, seconds: f64, slower: f64, seed: u64) -> Record {
    let phase = 17.0 * (seed as f64 * 0.618).fract();
    let (servers, service) = match kind {
        "queue" => (4, Service::Exponential(20.0)),
        "endpoint" => (usize::MAX, Service::LogNormal { median: 10.0, sigma: 0.3 }),
        _ => (usize::MAX, Service::Fixed(20.0)),
    };
    let load = if kind == "queue" { Load::Rate(120.0) } else { Load::Users(15) };
    let mut simulation = Simulation::of(&[(seconds, load)], 150.0, Station { servers, service }).seed(seed);
    if kind == "endpoint" {
        simulation = simulation.with_reads(0.1, Service::LogNormal { median: 150.0, sigma: 0.3 });
    }
    let kind = kind.to_owned();
    let simulation = simulation.fate(move |at, answer, _| {
        let swing = match kind.as_str() {
            "swing" => 1.0 + 0.3 * (std::f64::consts::TAU * (at + phase) / 17.0).sin(),
            _ => 1.0,
        };
        let job = if kind == "cron" && (at + phase) % 10.0 < 0.3 { 100.0 } else { 0.0 };
        Answer { ms: (answer.ms * swing + job) * (1.0 + slower * at / seconds), ..answer }
    });
    let mut record = simulation.run();
    let expected = EXPECTED.map(|(name, target)| Expected { name: name.into(), target: target.into() });
    record.run.expected = expected.into();
    record
}

const KINDS: [&str; 5] = ["fixed", "queue", "swing", "cron", "endpoint"];

#[test]
fn nothing_is_found_in_steady_runs_and_no_promise_fails() {
    let (mut findings, mut failed, mut unknown) = (Vec::new(), Vec::new(), 0);
    for kind in KINDS {
        for seed in 0..RUNS {
            let record = run(kind, 45.0, 0.0, seed);
            let judgement = judge(&Evidence::from(&record));
            let bad = judgement.findings.into_iter().find(|finding| finding.severity >= Severity::Warning);
            findings.extend(bad.map(|finding| (kind, seed, finding.evidence)));
            let marked = |mark: Mark| judgement.expectations.iter().find(move |one| one.result == mark);
            failed.extend(
                marked(Mark::Fail).or(marked(Mark::Warn)).map(|one| (kind, seed, one.evidence.clone())),
            );
            unknown += i32::from(marked(Mark::NotMeasured).is_some());
        }
    }
    let runs = KINDS.len() * RUNS as usize;
    assert!(findings.len() * 50 <= runs, "{} of {runs}: {findings:#?}", findings.len());
    assert!(failed.len() * 50 <= runs, "{} of {runs}: {failed:#?}", failed.len());
    assert!(unknown * 5 <= runs as i32, "{unknown} of {runs} could not be told");
}

#[test]
fn a_target_that_becomes_slower_by_a_fifth_does_not_pass() {
    for kind in ["fixed", "cron", "endpoint"] {
        let marks: Vec<Mark> = (0..20)
            .map(|seed| {
                let record = run(kind, 180.0, 0.25, seed);
                let judgement = judge(&Evidence::from(&record));
                judgement
                    .expectations
                    .iter()
                    .find(|one| one.name == "performance_degradation")
                    .unwrap()
                    .result
            })
            .collect();
        let failed = marks.iter().filter(|mark| **mark == Mark::Fail).count();
        assert!(failed >= 19 && !marks.contains(&Mark::Pass), "{kind}: {marks:?}");
    }
}
