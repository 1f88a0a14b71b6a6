//! Every kind of expectation on runs in which it holds, in which it does not, and in which nobody can say.

use flashcrowd_diagnosis::{Expectation, expectation_text};
use flashcrowd_record::{Contains, ExpectationResult, Kind, Mark, MetricResult};
use flashcrowd_text::Lang;

use crate::made::{Made, Second};

fn check(made: Made, name: &str, target: &str, mark: Mark, value: Option<(f64, f64)>) -> ExpectationResult {
    let found = made.judged(name, target);
    assert_eq!(found.result, mark, "{found:?}");
    match value {
        Some((value, tolerance)) => {
            assert!(found.value.is_some_and(|found| (found - value).abs() <= tolerance), "{found:?}");
        }
        None => assert_eq!(found.value, None, "{found:?}"),
    }
    assert!(!found.evidence.is_empty() && found.evidence == expectation_text(Lang::En, &found), "{found:?}");
    assert_ne!(expectation_text(Lang::Ko, &found), found.evidence, "{found:?}");
    found
}

#[test]
fn response_times_leave_ramps_out() {
    let slow_ramp = |second: &mut Second| second.p50 = if second.at < 10.0 { 900.0 } else { 20.0 };
    let made = || Made::new().phase(50, 10.0, 30.0, slow_ramp);
    check(made(), "response_time_p50", "< 30ms", Mark::Pass, Some((20.0, 0.5)));
    check(made(), "response_time_p99", "< 30ms", Mark::Warn, Some((30.0, 0.5)));
    check(made(), "response_time_p99", "< 10ms", Mark::Fail, Some((30.0, 0.5)));
    check(made(), "response_time_avg", "< 25ms", Mark::Pass, Some((20.0, 0.5)));
    check(made(), "response_time_max", "< 100ms", Mark::Pass, Some((40.0, 0.5)));
    check(made(), "response_time_min", "< 100ms", Mark::Pass, Some((10.0, 0.5)));
    let seen = check(made(), "response_time_p95", "< 30ms", Mark::Pass, Some((26.0, 0.5)));
    assert!(seen.evidence.ends_with(" requests in 30 s of steps, without ramps"), "{seen:?}");
    let seen = check(made(), "tps", "> 400", Mark::Pass, Some((500.0, 5.0)));
    assert!(seen.evidence.ends_with(" in 30 s of steps, without ramps"), "{seen:?}");
    let level = || Made::new().users(50, 0.0, 30.0);
    let seen = check(level(), "response_time_p95", "< 30ms", Mark::Pass, Some((26.0, 0.5)));
    assert!(seen.evidence.ends_with(" requests in 30 s"), "{seen:?}");
    let seen = check(level(), "tps", "> 400", Mark::Pass, Some((500.0, 5.0)));
    assert!(seen.evidence.ends_with(" in 30 s"), "{seen:?}");
    let late = check(made(), "response_time_p99[step 2]", "< 1s", Mark::NotMeasured, None);
    assert_eq!(late.evidence, "not measured: the test has 1 steps; step 2 does not exist");
}

#[test]
fn one_request_is_judged_by_its_own_rows() {
    let made = || Made::new().phase(50, 0.0, 30.0, |second| second.failed = 5.0);
    let name = |what: &str| format!("{what}{{POST /purchase/1}}");
    check(made(), &name("response_time_p99"), "< 40ms", Mark::Pass, Some((30.5, 2.0)));
    check(made(), &name("error_rate"), "< 5%", Mark::Pass, Some((1.0, 0.05)));
    check(made(), &name("tps"), "> 450", Mark::Pass, Some((500.0, 10.0)));
    let unknown = check(made(), "tps{GET /}", "> 1", Mark::NotMeasured, None);
    assert_eq!(unknown.evidence, "not measured: no request is named 'GET /'; known: POST /purchase/1");
}

#[test]
fn totals_count_everything_that_failed_and_nothing_else() {
    let made = || {
        Made::new().phase(10, 5.0, 5.0, |second| {
            second.failed = if second.at < 5.0 { 10.0 } else { 0.0 };
            second.checks = 9.0;
            second.dropped = 1.0;
        })
    };
    check(made(), "error_rate", "0%", Mark::Fail, Some((5.0, 0.1)));
    check(made(), "tps", "> 100", Mark::Warn, Some((99.5, 2.0)));
    check(made(), "checks", "> 85%", Mark::Pass, Some((90.0, 1e-9)));
    check(made(), "dropped", "0", Mark::Fail, Some((10.0, 0.0)));
    check(made(), "dropped", "< 2%", Mark::Pass, Some((1.0, 0.05)));
    check(made(), "users", "10", Mark::Pass, Some((10.0, 0.0)));
    check(Made::new(), "error_rate", "< 1%", Mark::NotMeasured, None);
    check(Made::new(), "concurrency", "1", Mark::NotMeasured, None);
}

#[test]
fn a_spike_is_over_when_latency_and_errors_are_back() {
    let spike = |calm: f64| {
        Made::new().users(10, 0.0, 30.0).phase(1000, 5.0, 60.0, |second| second.p50 = 400.0).phase(
            10,
            0.0,
            30.0,
            move |second| {
                if second.at < 95.0 + calm {
                    (second.p50, second.failed) = (300.0, 50.0);
                }
            },
        )
    };
    check(spike(0.0), "system_recovery_time", "< 10s", Mark::Pass, Some((0.0, 0.0)));
    check(spike(6.0), "system_recovery_time", "< 10s", Mark::Pass, Some((6.0, 0.0)));
    check(spike(11.0), "system_recovery_time", "< 10s", Mark::Warn, Some((11.0, 0.0)));
    check(spike(20.0).offset(0.6), "system_recovery_time", "< 10s", Mark::Fail, Some((20.0, 0.0)));
    // What was not over within the time observed is no number to compare with a longer promise.
    let early = check(spike(99.0), "system_recovery_time", "< 60s", Mark::NotMeasured, None);
    assert_eq!(early.note, "not-yet");
    let never = check(spike(99.0), "system_recovery_time", "< 20s", Mark::Fail, Some((30.0, 0.0)));
    assert!(
        never.evidence.starts_with("not recovered: within 30 s after the spike's end at second 95"),
        "{never:?}"
    );
    let alone = Made::new().users(1000, 0.0, 20.0).users(10, 0.0, 12.0);
    let alone = check(alone, "system_recovery_time", "< 10s", Mark::Pass, Some((0.0, 0.0)));
    assert_eq!(alone.note, "recovered-to-own");
}

/// Ten users for a minute, without good answers from one moment to another.
fn outage(from: f64, to: f64, offset: f64, fails: bool) -> Made {
    Made::new().offset(offset).phase(20, 0.0, 60.0, move |second| {
        let lost = (second.at + 1.0).min(to) - second.at.max(from);
        if lost > 0.0 {
            let good = second.requests * (1.0 - lost);
            second.failed = if fails { (second.requests - good).round() } else { 0.0 };
            second.requests = (good + second.failed).round();
            second.status = 0;
        }
    })
}

#[test]
fn an_outage_lasts_from_its_first_second_to_its_last() {
    for (from, offset, fails) in [
        (20.0, 0.0, true),
        (20.3, 0.0, true),
        (20.0, 0.5, true),
        (20.0, 0.0, false),
        (20.6, 0.0, false),
        (30.0, 0.35, false),
    ] {
        let made = outage(from, from + 3.0, offset, fails);
        check(made, "system_recovery_time", "< 2s", Mark::Fail, Some((3.0, 0.3)));
    }
    check(outage(20.0, 21.0, 0.0, true), "system_recovery_time", "< 2s", Mark::Pass, Some((1.0, 0.2)));
    let end =
        check(outage(50.0, 99.0, 0.0, true), "system_recovery_time", "< 5s", Mark::Fail, Some((10.0, 0.2)));
    assert_eq!(end.note, "outage-to-end");
    let early =
        check(outage(57.0, 99.0, 0.0, true), "system_recovery_time", "< 10s", Mark::NotMeasured, None);
    assert_eq!(early.note, "outage-not-over");
    let calm = Made::new().users(20, 0.0, 30.0);
    check(calm, "system_recovery_time", "< 2s", Mark::Pass, Some((0.0, 0.0)));
}

#[test]
fn nothing_recovers_to_what_never_was() {
    let half = |second: &mut Second| second.failed = second.requests / 2.0;
    let look = |made: Made, mark, value, note: &str| {
        let found = check(made, "system_recovery_time", "< 15s", mark, value);
        assert_eq!(found.note, note, "{found:?}");
    };
    let sick = Made::new().phase(20, 0.0, 60.0, half);
    look(sick, Mark::NotMeasured, None, "no-health");
    let sick = Made::new().phase(10, 0.0, 20.0, half).phase(100, 0.0, 20.0, half).phase(10, 0.0, 20.0, half);
    look(sick, Mark::Fail, Some((20.0, 0.0)), "never-healthy");
    let sick = Made::new().phase(100, 0.0, 20.0, half).phase(10, 0.0, 20.0, half);
    look(sick, Mark::Fail, Some((20.0, 0.0)), "sick-from-the-first");
    let healed = Made::new().phase(10, 0.0, 20.0, half).phase(100, 0.0, 20.0, half).users(10, 0.0, 20.0);
    look(healed, Mark::Pass, Some((0.0, 0.0)), "recovered-to-own");
    // Most of the run is in error, but not from the first second on.
    let dies = Made::new().phase(20, 0.0, 60.0, |second| {
        if second.at >= 10.0 {
            half(second)
        }
    });
    look(dies, Mark::Fail, Some((50.0, 2.5)), "outage-to-end");
}

#[test]
fn a_crash_is_more_than_a_few_errors() {
    let crash = |made: Made, mark, note: &str| {
        let found = check(made, "no_system_crash", "true", mark, None);
        assert_eq!(found.note, note, "{found:?}");
    };
    crash(Made::new().users(20, 0.0, 30.0), Mark::Pass, "answered");
    crash(outage(20.0, 22.0, 0.0, true), Mark::Pass, "answered");
    crash(outage(20.0, 24.0, 0.0, true), Mark::Fail, "stopped");
    crash(outage(20.0, 24.0, 0.0, false), Mark::Fail, "stopped");
    crash(outage(58.0, 99.0, 0.0, true), Mark::Fail, "dead-at-end");
    crash(Made::new().phase(20, 0.0, 30.0, |second| second.failed = 100.0), Mark::Pass, "answered");
    // Refusals are answers.
    let refused = |second: &mut Second| (second.failed, second.status) = (second.requests, 409);
    crash(Made::new().phase(20, 0.0, 30.0, refused), Mark::Pass, "answered");
    let restarted = |second: &mut Second| {
        second.target = vec![("process_start_time_seconds", if second.at < 12.0 { 5e8 } else { 5e8 + 77.0 })];
    };
    crash(Made::new().phase(20, 0.0, 30.0, restarted), Mark::Fail, "restarted");
    crash(Made::new(), Mark::NotMeasured, "no-request");
    // Somebody who asks once in a while is not answered all the time.
    let rare = |second: &mut Second| second.requests = if second.at % 7.0 == 0.0 { 1.0 } else { 0.0 };
    crash(Made::new().phase(1, 0.0, 60.0, rare), Mark::Pass, "answered");
}

/// Steps of more and more users on a target that serves 400 requests a second; users do not think.
fn staircase(top: u64, beyond: impl Fn(&mut Second)) -> Made {
    (1..=top / 10).fold(Made::new(), |made, step| {
        made.phase(step * 10, 0.0, 10.0, |second| {
            second.requests = (second.users * 10.0).min(400.0);
            second.p50 = second.users / second.requests * 1e3;
            if second.users > 40.0 {
                beyond(second);
            }
        })
    })
}

#[test]
fn the_breaking_point_is_found_or_said_to_be_out_of_reach() {
    let broke =
        check(staircase(80, |_| {}), "identify_breaking_point", "true", Mark::Pass, Some((40.0, 1.0)));
    assert!(broke.evidence.contains("from step 5, throughput no longer grew (latency rose)"), "{broke:?}");
    check(staircase(80, |_| {}), "breaking_point", "> 30", Mark::Pass, Some((40.0, 1.0)));
    check(staircase(80, |_| {}), "breaking_point", "> 100", Mark::Fail, Some((40.0, 1.0)));
    let held = check(staircase(40, |_| {}), "identify_breaking_point", "true", Mark::Warn, Some((40.0, 0.0)));
    assert_eq!(held.evidence, "held up to 40 users: where it breaks takes a larger load");
    check(staircase(40, |_| {}), "breaking_point", "> 30", Mark::Pass, Some((40.0, 0.0)));
    check(staircase(40, |_| {}), "breaking_point", "> 50", Mark::NotMeasured, None);
    check(Made::new().users(10, 0.0, 20.0), "identify_breaking_point", "true", Mark::NotMeasured, None);
}

#[test]
fn degradation_is_graceful_while_it_is_bounded() {
    let check = |made: Made, mark| check(made, "graceful_degradation", "true", mark, None);
    check(staircase(80, |_| {}), Mark::Pass);
    check(staircase(40, |_| {}), Mark::Pass);
    check(staircase(80, |second| second.requests = 200.0), Mark::Fail);
    // One disturbed step is no collapse, two are, and so is the last.
    let slow = |users: &'static [f64]| {
        staircase(100, |second| second.requests = if users.contains(&second.users) { 200.0 } else { 400.0 })
    };
    check(slow(&[60.0]), Mark::Pass);
    check(slow(&[50.0, 80.0]), Mark::Pass);
    check(slow(&[70.0, 80.0]), Mark::Fail);
    check(slow(&[100.0]), Mark::Fail);
    check(staircase(80, |second| second.failed = 60.0), Mark::Fail);
    check(staircase(80, |second| second.p50 = 20_000.0), Mark::Fail);
    check(Made::new().users(10, 0.0, 20.0), Mark::NotMeasured);
}

#[test]
fn slow_changes_are_seen_over_a_soak() {
    let memory = |rate: f64| {
        Made::new().phase(50, 10.0, 290.0, move |second| {
            second.target = vec![("process_resident_memory_bytes", 15e6 + rate * second.at)];
        })
    };
    check(memory(1e6), "memory_leak", "false", Mark::Fail, None);
    check(memory(1e3), "memory_leak", "false", Mark::Pass, None);
    check(Made::new().users(50, 0.0, 300.0), "memory_leak", "false", Mark::NotMeasured, None);
    check(Made::new().users(50, 0.0, 20.0), "memory_leak", "false", Mark::NotMeasured, None);
    let slower =
        |by: f64| Made::new().phase(50, 0.0, 300.0, move |second| second.p50 *= 1.0 + by * second.at / 300.0);
    check(slower(0.0), "performance_degradation", "< 10%", Mark::Pass, Some((0.0, 1.0)));
    check(slower(0.5), "performance_degradation", "< 10%", Mark::Fail, Some((43.0, 5.0)));
    let failing =
        |by: f64| Made::new().phase(50, 0.0, 300.0, move |second| second.failed = (by * second.at).round());
    check(failing(0.0), "error_rate_stable", "true", Mark::Pass, None);
    check(failing(0.2), "error_rate_stable", "true", Mark::Fail, None);
}

#[test]
fn steady_runs_raise_few_false_alarms() {
    let mut alarms = 0;
    for seed in 0..40 {
        let judgement = Made::new()
            .seed(seed)
            .phase(20, 0.0, 120.0, |second| {
                let mut rng = fastrand::Rng::with_seed(seed * 1000 + second.at as u64);
                second.p50 *= 1.0 + 0.2 * (rng.f64() - 0.5);
                second.failed = f64::from(u8::from(rng.f64() < 0.1));
                second.target = vec![("process_resident_memory_bytes", 40e6 + 2e6 * rng.f64())];
            })
            .expect("memory_leak", "false")
            .expect("performance_degradation", "< 10%")
            .expect("error_rate_stable", "true")
            .expect("no_system_crash", "true")
            .expect("system_recovery_time", "< 2s")
            .judge();
        alarms += judgement.expectations.iter().filter(|found| found.result != Mark::Pass).count();
    }
    assert!(alarms <= 2, "{alarms} of 200");
}

#[test]
fn stock_and_locks_are_counted() {
    let made = || Made::new().users(10, 0.0, 10.0);
    check(made().audit(100.0, 100.0, 0.0), "stock_accuracy", "100%", Mark::Pass, Some((100.0, 0.0)));
    let over =
        check(made().audit(100.0, 130.0, 0.0), "stock_accuracy", "100%", Mark::Fail, Some((76.9, 0.1)));
    assert_eq!(over.evidence, "stock: oversold by 30: 100 in stock, 130 sold, 0 left");
    check(made(), "stock_accuracy", "100%", Mark::NotMeasured, None);
    check(made().cut(), "stock_accuracy", "100%", Mark::NotMeasured, None);
    let locks = |second: &mut Second| {
        second.target = vec![
            ("lock_acquired_total", 1000.0 + 90.0 * second.at),
            ("lock_contended_total", 40.0 * second.at),
            ("lock_failed_total", 10.0 * second.at),
        ];
    };
    check(Made::new().phase(9, 0.0, 20.0, locks), "lock_contention", "< 30%", Mark::Fail, Some((40.0, 0.1)));
    // The last ones still wait: contended, and not acquired yet.
    let waiting = |second: &mut Second| {
        second.target =
            vec![("lock_acquired_total", 100.0 * second.at), ("lock_contended_total", 102.0 * second.at)];
    };
    let all = Made::new().phase(9, 0.0, 20.0, waiting);
    let all = check(all, "lock_contention", "< 30%", Mark::Fail, Some((100.0, 0.0)));
    assert_eq!(all.evidence, "1,938 of 1,938 lock requests found the lock held by another request");
    check(made(), "lock_contention", "< 30%", Mark::NotMeasured, None);
}

#[test]
fn waiting_for_locks_is_contention_too() {
    let locks = |acquired: f64, failed: f64, waited: Option<f64>| {
        Made::new().phase(1, 0.0, 20.0, move |second| {
            second.p50 = 900.0;
            let part = second.at / 19.0;
            second.target =
                vec![("lock_acquired_total", acquired * part), ("lock_failed_total", failed * part)];
            second.target.extend(waited.map(|waited| ("lock_wait_seconds_sum", waited * part)));
        })
    };
    // 200 requests of 0.9 s.
    let found =
        check(locks(378.0, 0.0, Some(161.0)), "lock_contention", "< 30%", Mark::Fail, Some((89.0, 2.0)));
    assert!(found.evidence.starts_with("requests waited 161 s for locks, of 18"), "{found:?}");
    assert!(found.evidence.ends_with("of 378 lock requests, 0 failed"), "{found:?}");
    check(locks(378.0, 0.0, Some(1.8)), "lock_contention", "< 30%", Mark::Pass, Some((1.0, 0.1)));
    check(locks(100.0, 100.0, Some(1.8)), "lock_contention", "< 30%", Mark::Fail, Some((50.0, 0.1)));
    // Nobody knows who waited: refusals break the promise, their absence does not keep it.
    check(locks(378.0, 0.0, None), "lock_contention", "< 30%", Mark::NotMeasured, None);
    check(locks(100.0, 100.0, None), "lock_contention", "< 30%", Mark::Fail, Some((50.0, 0.1)));
}

#[test]
fn two_instances_behind_one_address_are_judged_apart() {
    let made = |leak: f64| {
        Made::new().phase(10, 0.0, 200.0, move |second| {
            let (start, memory) = match second.at as u64 % 3 {
                0 => (1_700_000_000.0, 90e6 + leak * second.at),
                _ => (1_700_009_000.0, 260e6),
            };
            second.target =
                vec![("process_start_time_seconds", start), ("process_resident_memory_bytes", memory)];
        })
    };
    check(made(0.0), "no_system_crash", "true", Mark::Pass, None);
    let steady = check(made(0.0), "memory_leak", "false", Mark::Pass, None);
    assert_eq!(steady.note, "no-leak");
    let leak = check(made(0.5e6), "memory_leak", "false", Mark::Fail, None);
    assert!((leak.figures["per_minute"] - 30.0).abs() < 1.0, "{leak:?}");
}

#[test]
fn everything_works_on_a_run_that_was_cut_and_on_nothing_at_all() {
    for made in [Made::new().cut(), Made::new().users(5, 1.0, 2.0).cut(), staircase(60, |_| {}).cut()] {
        let made = Expectation::table().iter().fold(made, |made, kind| made.expect(kind.name, kind.example));
        let judgement = made.judge();
        assert_eq!(judgement.expectations.len(), Expectation::table().len());
        for found in judgement.expectations {
            assert!(!found.evidence.is_empty(), "{found:?}");
            assert!(
                found.result != Mark::NotMeasured || found.evidence.starts_with("not measured"),
                "{found:?}"
            );
        }
    }
}

#[test]
fn what_this_version_cannot_read_is_not_measured() {
    let found = check(Made::new().users(5, 0.0, 5.0), "happiness", "> 9", Mark::NotMeasured, None);
    assert!(found.evidence.starts_with("not measured: 'happiness' is not an expectation"), "{found:?}");
    let later = ExpectationResult { note: "of a later version".into(), ..found };
    assert_eq!(expectation_text(Lang::Ko, &later), later.evidence);
}

#[test]
fn requests_without_an_answer_are_neither_quick_nor_served() {
    let refused = |second: &mut Second| {
        (second.failed, second.status, second.p50) = (second.requests, 0, 0.01);
    };
    let down = || Made::new().phase(20, 0.0, 30.0, refused);
    let time = down().judged("response_time_p99", "< 500ms");
    assert_eq!((time.result, time.note.as_str()), (Mark::NotMeasured, "no-answers"), "{time:?}");
    check(down(), "tps", "> 10", Mark::Fail, Some((0.0, 0.0)));
    let half = |second: &mut Second| (second.failed, second.status) = (second.requests / 4.0, 0);
    check(Made::new().phase(20, 0.0, 30.0, half), "tps", "> 10", Mark::Pass, Some((150.0, 3.0)));
}

#[test]
fn a_percentile_of_all_requests_is_that_of_the_summary() {
    let summary = |count: f64| MetricResult {
        name: "http_req_duration".into(),
        kind: Kind::Trend,
        contains: Contains::Time,
        parent: None,
        stats: [("count", count), ("p(99)", 31.5)].into(),
        samples: count as u64,
        thresholds: Vec::new(),
    };
    let steady = || Made::new().users(20, 0.0, 30.0);
    let p99 = |made: Made| made.judged("response_time_p99", "< 500ms");
    let all = p99(steady()).figures["requests"];
    let with = |count| steady().results(|results| results.metrics.push(summary(count)));
    assert_eq!(p99(with(all)).value, Some(31.5));
    assert_ne!(p99(with(all + 1.0)).value, Some(31.5));
}
