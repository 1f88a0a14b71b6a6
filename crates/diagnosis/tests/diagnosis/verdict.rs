//! The verdict, and the steps it rests on.

use flashcrowd_record::{
    Cause, MetricResult, Outcome, Results, Row, RunState, ScenarioResult, Stats, ThresholdResult, Verdict,
};

use crate::made::Made;

fn calm() -> Made {
    Made::new().users(20, 0.0, 30.0)
}

/// A calm run whose results were changed.
fn changed(change: impl FnOnce(&mut Results)) -> Made {
    calm().results(change)
}

fn cause(made: &Made) -> Cause {
    let judgement = made.judge();
    let reason = judgement.reason.unwrap();
    assert_eq!(judgement.verdict, reason.cause.verdict());
    assert!(!reason.text.is_empty(), "{reason:?}");
    reason.cause
}

fn metric(name: &str, kind: &str, stats: Stats, samples: u64, thresholds: &[(&str, bool)]) -> MetricResult {
    let text = format!(
        r#"{{"name":"{name}","kind":"{kind}","contains":"default","parent":null,"stats":{{}},
            "samples":{samples},"thresholds":[]}}"#
    );
    let mut metric: MetricResult = serde_json::from_str(&text).unwrap();
    metric.stats = stats;
    metric.thresholds = thresholds
        .iter()
        .map(|(source, ok)| ThresholdResult { source: (*source).into(), ok: *ok, value: None })
        .collect();
    metric
}

/// Requests with that status, or with that error code where it is 0, of which so many failed.
fn requests(results: &mut Results, count: f64, failed: f64, status: &str, code: &str) {
    let tags =
        [("status", status), ("error_code", code), ("name", "GET /"), ("method", "GET"), ("group", "")];
    let row = |metric: &str, kind: &str, stats: Stats| {
        let text = format!(
            r#"{{"view":"requests","tags":{{}},"metric":"{metric}","kind":"{kind}","contains":"default","stats":{{}},"samples":1}}"#
        );
        let mut row: Row = serde_json::from_str(&text).unwrap();
        row.tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        row.stats = stats;
        row
    };
    results.rows.push(row("http_reqs", "counter", [("count", count)].into()));
    results.rows.push(row("http_req_failed", "rate", [("passes", failed), ("fails", count - failed)].into()));
    let all: f64 =
        results.rows.iter().filter(|row| row.metric == "http_reqs").map(|row| row.stats.value("count")).sum();
    results.metrics.retain(|metric| metric.name != "http_reqs");
    results.metrics.push(metric("http_reqs", "counter", [("count", all)].into(), all as u64, &[]));
}

fn scenario(completed: u64, failed: u64, dropped: u64) -> ScenarioResult {
    ScenarioResult { name: "buy".into(), completed, failed, interrupted: 0, dropped }
}

#[test]
fn what_was_promised_decides() {
    for (made, expected) in [
        (calm(), Cause::NothingPromised),
        (calm().expect("tps", "> 100"), Cause::Held),
        // Missed by 5 %: the mark says that it was narrow, the verdict that it was missed.
        (calm().expect("tps", "> 210"), Cause::ExpectationMissed),
        (calm().expect("lock_contention", "< 30%"), Cause::NotMeasured),
        (calm().expect("tps", "> 100").expect("lock_contention", "< 30%"), Cause::NotMeasured),
        (calm().expect("tps", "> 210").expect("tps", "> 999"), Cause::ExpectationMissed),
        (calm().expect("tps", "> 100").cut(), Cause::Killed),
    ] {
        assert_eq!(cause(&made), expected);
    }
    let narrow = calm().expect("tps", "> 210").judge();
    let text = narrow.reason.unwrap().text;
    assert!(
        text.starts_with("Missed its target, if narrowly: tps was ") && text.ends_with(", expected > 210."),
        "{text}"
    );
}

#[test]
fn how_it_ended_decides_first() {
    let ended = |state, exit_code| {
        changed(|results| {
            let planned_seconds = Some(120.0);
            let reason = Some("why".into());
            results.outcome = Outcome { state, exit_code, planned_seconds, reason, ..Outcome::default() };
        })
    };
    for (state, exit_code, expected) in [
        (RunState::Interrupted, 105, Cause::Interrupted),
        (RunState::Failed, 107, Cause::ScriptFailed),
        (RunState::Aborted, 107, Cause::ScriptFailed),
        (RunState::Failed, 100, Cause::SetupTimeout),
        (RunState::Failed, 101, Cause::TeardownTimeout),
        (RunState::Aborted, 108, Cause::TestAborted),
        (RunState::Finished, 110, Cause::MarkedFailed),
        (RunState::Aborted, 0, Cause::EndedEarly),
        (RunState::Cut, -1, Cause::Killed),
        (RunState::Finished, 0, Cause::Held),
    ] {
        assert_eq!(cause(&ended(state, exit_code).expect("tps", "> 100")), expected, "{state:?} {exit_code}");
    }
    assert_eq!(
        ended(RunState::Interrupted, 105).judge().reason.unwrap().text,
        "Interrupted after 30 s of 2 min (25%): a test that was cut short cannot pass."
    );
}

#[test]
fn nothing_that_served_nothing_passes() {
    let with = |count, failed, status: &'static str, code: &'static str| {
        changed(move |results| requests(results, count, failed, status, code)).expect("tps", "> 100")
    };
    for (made, expected) in [
        // A port that nobody listens on, a host that is not known, a handshake that fails.
        (with(265_088.0, 265_088.0, "0", "1212"), Cause::NothingAnswered),
        (with(125.0, 125.0, "0", "1101"), Cause::NothingAnswered),
        (with(10.0, 10.0, "0", "1310"), Cause::NothingAnswered),
        // Nobody counts failures, and nothing was answered all the same.
        (with(10.0, 0.0, "0", "1212"), Cause::NothingAnswered),
        // Every log-in is refused; errors throughout.
        (with(500.0, 500.0, "401", "1401"), Cause::NothingServed),
        (with(1000.0, 991.0, "500", "1500"), Cause::NothingServed),
        (with(1000.0, 990.0, "500", "1500"), Cause::Held),
        // Sold out; a failure that a check allows.
        (with(1000.0, 1000.0, "409", "1409"), Cause::Held),
        (with(1000.0, 0.0, "404", "1404"), Cause::Held),
        // The test says itself how many errors it expects.
        (
            with(10.0, 10.0, "500", "1500").results(|results| {
                let stats = [("passes", 10.0), ("fails", 0.0)].into();
                results.metrics.push(metric("http_req_failed", "rate", stats, 10, &[("rate>0.9", true)]));
            }),
            Cause::Held,
        ),
    ] {
        assert_eq!(cause(&made), expected);
    }
    assert_eq!(
        with(265_088.0, 265_088.0, "0", "1212").judge().reason.unwrap().text,
        "Nothing was served: none of 265,088 requests was answered (1212 connection refused). Nobody listens there: \
         check whether the target is started, and whether host and port are right."
    );
}

#[test]
fn failures_that_a_threshold_asks_for_are_foreseen() {
    let refused = |results: &mut Results| requests(results, 10.0, 10.0, "0", "1212");
    let broken = |results: &mut Results| requests(results, 10.0, 10.0, "0", "1701");
    let with = |made: Made, name: &'static str, threshold: &'static str, ok: bool| {
        made.results(move |results| {
            let kind = if name.starts_with("http_req_failed") { "rate" } else { "counter" };
            let stats = [("count", 10.0), ("passes", 10.0)].into();
            results.metrics.push(metric(name, kind, stats, 10, &[(threshold, ok)]));
        })
    };
    for (name, threshold, ok, expected) in [
        ("http_reqs{error_code:1212}", "count==10", true, Cause::Held),
        ("http_reqs{error_code:1212}", "count>0", true, Cause::Held),
        ("http_reqs{status:0}", "count>0", true, Cause::Held),
        ("http_reqs{expected_response:false}", "count>9", true, Cause::Held),
        ("http_reqs{kind:own,error_code:1212}", "count>9", true, Cause::Held),
        ("http_req_failed", "rate>0.9", true, Cause::Held),
        ("http_req_failed{method:GET}", "rate==1", true, Cause::Held),
        // Not any threshold: these hold as well of a target that works, or of another failure.
        ("http_reqs{name:GET /}", "count>0", true, Cause::NothingAnswered),
        ("http_reqs{error_code:1212}", "count>=0", true, Cause::NothingAnswered),
        ("http_reqs{error_code:1212}", "count>99", false, Cause::NothingAnswered),
        ("http_reqs{error_code:1101}", "count>0", true, Cause::NothingAnswered),
        ("http_req_failed", "rate<=1", true, Cause::NothingAnswered),
        ("http_req_failed{method:POST}", "rate==1", true, Cause::NothingAnswered),
    ] {
        assert_eq!(cause(&with(changed(refused), name, threshold, ok)), expected, "{name}: {threshold}");
    }
    // What was not foreseen is judged.
    let both = || changed(refused).results(broken);
    assert_eq!(cause(&with(both(), "http_reqs{error_code:1701}", "count>0", true)), Cause::NothingAnswered);
    assert_eq!(cause(&with(both(), "http_reqs{status:0}", "count>0", true)), Cause::Held);
    // A plan says it by an expectation.
    for (target, expected) in [("> 90%", Cause::Held), ("<= 100%", Cause::NothingAnswered)] {
        let all_fail = Made::new().phase(20, 0.0, 30.0, |second| {
            (second.failed, second.status) = (second.requests, 0);
        });
        assert_eq!(cause(&all_fail.results(refused).expect("error_rate", target)), expected, "{target}");
    }
}

#[test]
fn a_response_that_is_too_large_to_be_kept_was_served() {
    let made = |kept: f64| {
        changed(move |results| {
            requests(results, 6.0, 6.0, "0", "1000");
            results.metrics.push(metric("http_reqs_not_kept", "counter", [("count", kept)].into(), 1, &[]));
        })
    };
    assert_eq!(cause(&made(6.0)), Cause::Found);
    assert_eq!(cause(&made(0.0)), Cause::NothingAnswered);
}

#[test]
fn requests_of_setup_are_no_service() {
    let made = changed(|results| {
        requests(results, 100.0, 100.0, "500", "1500");
        requests(results, 50.0, 0.0, "200", "");
        let at = results.rows.len() - 2;
        for row in &mut results.rows[at..] {
            row.tags.insert("group".into(), "::setup".into());
        }
    });
    assert_eq!(cause(&made), Cause::NothingServed);
}

#[test]
fn iterations_that_all_failed_or_never_ran_fail() {
    for (scenarios, expected) in [
        (vec![scenario(883_036, 883_036, 0)], Cause::IterationsFailed),
        (vec![scenario(5, 4, 0)], Cause::NothingPromised),
        (vec![scenario(5, 0, 0), scenario(3, 3, 0)], Cause::IterationsFailed),
        (vec![scenario(0, 0, 12)], Cause::NothingRan),
        (vec![scenario(0, 0, 0)], Cause::NothingRan),
        (vec![scenario(0, 0, 0), scenario(1, 0, 0)], Cause::NothingPromised),
        (vec![], Cause::NothingPromised),
    ] {
        assert_eq!(cause(&changed(|results| results.scenarios = scenarios)), expected);
    }
    let part = changed(|results| {
        results.scenarios = vec![scenario(0, 0, 0)];
        results.options = serde_json::json!({"executionSegment": "0:1/4"});
    });
    assert_eq!(cause(&part), Cause::NothingPromised);
}

#[test]
fn checks_that_all_failed_fail() {
    let checks = |passes: f64, fails: f64, thresholds: &'static [(&str, bool)]| {
        let stats = [("passes", passes), ("fails", fails)].into();
        changed(|results| results.metrics.push(metric("checks", "rate", stats, 1, thresholds)))
    };
    assert_eq!(cause(&checks(0.0, 7.0, &[])), Cause::ChecksFailed);
    assert_eq!(cause(&checks(1.0, 7.0, &[])), Cause::NothingPromised);
    assert_eq!(cause(&checks(0.0, 7.0, &[("rate<0.1", true)])), Cause::Held);
}

#[test]
fn thresholds_decide_where_there_is_something_to_judge_them_by() {
    let with = |kind, samples, source: &'static str, ok| {
        let thresholds = [(source, ok)];
        changed(|results| results.metrics.push(metric("own", kind, [].into(), samples, &thresholds)))
    };
    for (made, expected) in [
        (with("trend", 1, "p(95)<500", true), Cause::Held),
        (with("trend", 1, "p(95)<500", false), Cause::ThresholdCrossed),
        (with("trend", 0, "p(95)<500", true), Cause::NotMeasured),
        // A counter that has counted nothing is zero.
        (with("counter", 0, "count<5", true), Cause::Held),
        (with("counter", 0, "count>5", true), Cause::NotMeasured),
    ] {
        assert_eq!(cause(&made), expected);
    }
}

#[test]
fn a_finding_alone_is_a_warning() {
    let judgement = Made::new()
        .phase(20, 0.0, 30.0, |second| second.failed = if second.at > 10.0 { 20.0 } else { 0.0 })
        .judge();
    assert_eq!((judgement.verdict, judgement.reason.unwrap().cause), (Verdict::Warn, Cause::Found));
}

#[test]
fn steps_are_measured_in_their_settled_part() {
    let made = Made::new()
        .offset(0.4)
        .phase(10, 0.0, 10.0, |second| {
            second.target = vec![("process_cpu_seconds_total", 0.5 * (second.at + 1.0))];
        })
        .phase(40, 5.0, 20.0, |second| {
            (second.p50, second.failed) = if second.at < 15.0 { (999.0, 0.0) } else { (50.0, 40.0) };
            second.target = vec![("process_cpu_seconds_total", 5.0 + 1.5 * (second.at + 1.0 - 10.0))];
        });
    let steps = made.judge().steps;
    assert_eq!(steps.len(), 2);
    let step = &steps[1];
    assert_eq!((step.users, step.vus, step.requests), (Some(40), 40.0, (step.tps * 18.0).round() as u64));
    assert!((step.tps - 400.0).abs() < 5.0 && (step.error_rate - 0.1).abs() < 0.002, "{step:?}");
    assert!((step.p50 - 50.0).abs() < 1.0 && (step.p99 - 75.0).abs() < 1.0, "{step:?}");
    assert!(
        (step.target_cpu.unwrap() - 1.5).abs() < 1e-9 && (steps[0].target_cpu.unwrap() - 0.5).abs() < 1e-9
    );
    assert!((step.start - 17.3).abs() < 1e-9 && (step.end - 35.3).abs() < 1e-9, "{step:?}");
}

#[test]
fn a_step_that_was_not_reached_is_none_and_a_short_one_takes_what_there_is() {
    let mut made = Made::new().users(10, 0.0, 10.0).users(20, 0.0, 0.7).users(30, 0.0, 10.0);
    assert_eq!(made.judge().steps.iter().map(|step| step.vus).collect::<Vec<_>>(), [10.0, 20.0, 30.0]);
    made = made.cut_after(5);
    assert_eq!(made.judge().steps.len(), 1);
}
