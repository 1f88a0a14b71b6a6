//! Fixtures are synthetic records: what a target of known size would have answered, second by second, with a judgement
//! made by hand.

mod judged;
mod scene;
mod timeline;

use flashcrowd_record::{Expected, Phase, Record};
use flashcrowd_report::Report;

use scene::{Moment, Scene};

/// A staircase from 100 to 700 users against a pool of 20 connections at 50 ms: it serves 400 requests a second at
/// most, breaks at 450 users, and gives errors from 600 users on.
pub fn stress() -> Record {
    stress_scene().record(Some(judged::stress))
}

/// The same run, killed after 140 seconds.
pub fn killed() -> Record {
    let mut record = stress_scene().record(None);
    record.timeline.retain(|line| line.t <= 140.0);
    record.histograms.clear();
    record
}

/// Ten users, a thousand within five seconds for a minute, ten again; itself again after four seconds.
pub fn spike() -> Record {
    let scene = Scene {
        name: "Flash Sale Spike Test",
        source: "spike.yaml",
        phases: phases(&[(0.0, 0.0, 30.0, 10), (30.0, 35.0, 95.0, 1000), (95.0, 95.0, 125.0, 10)]),
        expected: expected(&[("system_recovery_time", "< 10s"), ("no_system_crash", "true")]),
        think: 1.0,
        pool: Some(20.0),
        behave: |t, users| {
            let draining = (95.0..99.0).contains(&t);
            let median = if draining { 1400.0 - (t - 95.0) * 330.0 } else { queued(users, 600.0, 24.0) };
            let errors = if users > 600.0 { 0.021 } else { 0.0 };
            Moment { median, spread: 0.16, errors, error: ("503", "1503") }
        },
    };
    scene.record(Some(judged::spike))
}

/// One user for a minute; all is well.
pub fn baseline() -> Record {
    let scene = Scene {
        name: "Baseline Performance Test",
        source: "baseline.yaml",
        phases: phases(&[(0.0, 0.0, 60.0, 1)]),
        expected: expected(&[("response_time_p99", "< 50ms"), ("error_rate", "0%")]),
        think: 0.05,
        pool: Some(20.0),
        behave: |_, _| Moment { median: 12.0, spread: 0.12, errors: 0.0, error: ("500", "1500") },
    };
    scene.record(Some(judged::baseline))
}

/// A k6 script: orders behind one lock. The fastest takes 11 ms, the mean 11 seconds; nothing fails. It has no phases
/// and nothing is expected, but there are thresholds.
pub fn orders() -> Record {
    let scene = Scene {
        name: "orders.js",
        source: "orders.js",
        phases: Vec::new(),
        expected: Vec::new(),
        think: 1.0,
        pool: None,
        behave: |t, _| Moment {
            median: 11.5 + (t * 230.0).min(19_000.0),
            spread: 0.02,
            errors: 0.0,
            error: ("500", "1500"),
        },
    };
    scene.record(Some(judged::orders))
}

/// All that a report is made of, for a record.
pub fn report(record: Record) -> Report {
    Report::of(record)
}

fn stress_scene() -> Scene {
    let steps: Vec<_> = (0..13_u32)
        .map(|step| {
            let start = f64::from(step) * 20.0;
            (start, start, start + 20.0, u64::from(100 + 50 * step))
        })
        .collect();
    Scene {
        name: "System Breaking Point Test",
        source: "stress.yaml",
        phases: phases(&steps),
        expected: expected(&[
            ("tps", "> 100"),
            ("response_time_p99", "< 500ms"),
            ("error_rate", "< 1%"),
            ("identify_breaking_point", "true"),
            ("graceful_degradation", "true"),
            ("stock_accuracy", "100%"),
            ("memory_leak", "false"),
        ]),
        think: 1.0,
        pool: Some(20.0),
        behave: |_, users| Moment {
            median: queued(users, 400.0, 50.0),
            spread: 0.08,
            errors: if users < 600.0 { 0.0 } else { (users - 550.0) / 5000.0 },
            error: ("503", "1503"),
        },
    }
}

/// How long users who think for a second wait, in milliseconds, where so many requests a second are served.
fn queued(users: f64, capacity: f64, service: f64) -> f64 {
    (users / capacity * 1000.0 - 1000.0).max(service)
}

fn phases(parts: &[(f64, f64, f64, u64)]) -> Vec<Phase> {
    let phase = |&(start, settled, end, users): &(f64, f64, f64, u64)| Phase {
        scenario: "shoppers".into(),
        start,
        settled,
        end,
        users: Some(users),
        rate: None,
        ramp_from: None,
    };
    parts.iter().map(phase).collect()
}

fn expected(pairs: &[(&str, &str)]) -> Vec<Expected> {
    pairs.iter().map(|&(name, target)| Expected { name: name.into(), target: target.into() }).collect()
}

#[test]
fn the_records_hold_together() {
    for record in [stress(), spike(), baseline(), orders()] {
        let results = record.results.as_ref().unwrap();
        let requests: f64 = record.timeline.iter().filter_map(|line| line.stat("http_reqs", "sum")).sum();
        assert_eq!(results.metric("http_reqs").unwrap().stats.value("count"), requests);
        let durations: u64 =
            record.timeline.iter().flat_map(|line| &line.durations).map(|(_, count)| count).sum();
        assert_eq!(durations as f64, requests);
        let kept: u64 = record.histograms["http_req_duration"].iter().map(|(_, count)| count).sum();
        assert_eq!(kept as f64, requests);
        assert!(results.judgement().is_some());
        assert_eq!(Report::of(record.clone()).judgement, results.judgement().unwrap());
    }
    let killed = killed();
    assert!(killed.results.is_none() && killed.timeline.len() == 140);
    assert_eq!(report(killed).record.run.test.name, "System Breaking Point Test");
}
