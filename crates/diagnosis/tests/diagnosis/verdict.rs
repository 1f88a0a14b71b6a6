//! The verdict, and the steps it rests on.

use flashcrowd_record::{Outcome, RunState, ThresholdResult, Verdict};

use crate::made::Made;

fn calm() -> Made {
    Made::new().users(20, 0.0, 30.0)
}

#[test]
fn the_worst_decides() {
    let verdict = |made: Made| made.judge().verdict;
    assert_eq!(verdict(calm()), Verdict::Pass);
    assert_eq!(verdict(calm().expect("tps", "> 100")), Verdict::Pass);
    assert_eq!(verdict(calm().expect("tps", "> 210")), Verdict::Warn);
    assert_eq!(verdict(calm().expect("lock_contention", "< 30%")), Verdict::Warn);
    assert_eq!(verdict(calm().expect("tps", "> 210").expect("tps", "> 999")), Verdict::Fail);
    assert_eq!(verdict(calm().cut()), Verdict::Fail);
    let aborted = |state| calm().results(|results| results.outcome = Outcome { state, ..Outcome::default() });
    assert_eq!(verdict(aborted(RunState::Interrupted)), Verdict::Fail);
    assert_eq!(verdict(aborted(RunState::Finished)), Verdict::Pass);
}

#[test]
fn a_threshold_that_was_crossed_fails() {
    let made = |ok| {
        calm().results(|results| {
            let text = r#"{"name":"http_reqs","kind":"counter","contains":"default","parent":null,"stats":{},
                "samples":1,"thresholds":[]}"#;
            let mut metric: flashcrowd_record::MetricResult = serde_json::from_str(text).unwrap();
            metric.thresholds.push(ThresholdResult { source: "count>1".into(), ok, value: None });
            results.metrics.push(metric);
        })
    };
    assert_eq!(made(true).judge().verdict, Verdict::Pass);
    assert_eq!(made(false).judge().verdict, Verdict::Fail);
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
