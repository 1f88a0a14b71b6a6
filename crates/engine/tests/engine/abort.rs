//! Ends before the time: aborts, errors, thresholds, virtual users that do not answer.

use std::sync::Arc;

use flashcrowd_engine::{AbortReason, Control, RunStage, ThresholdSpec, Watchers, run_here};
use flashcrowd_metrics::{Builtin, SinkKey, Threshold};
use serde_json::json;
use tokio::task::LocalSet;

use crate::fake::{Fake, Watch, go, ms, taking, test};

#[tokio::test(start_paused = true)]
async fn an_abort_interrupts_all_and_runs_teardown() {
    let fake = Fake { abort_at: Some(3), ..taking(1000) };
    let ran = go(test(json!({"a": {"executor": "constant-vus", "vus": 2, "duration": "60s"}})), fake).await;
    assert_eq!(ran.result.abort, Some(AbortReason::Script("enough".into())));
    assert_eq!((ran.counts(0), ran.result.elapsed), ((2, 2, 0), ms(1000)));
    assert_eq!(*ran.fake.stages.lock().unwrap(), ["setup", "teardown"]);
    assert_eq!(*ran.fake.alive.lock().unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_abort_drops_nothing_and_starts_nothing_later() {
    let fake = Fake { abort_at: Some(1), ..taking(1000) };
    let scenarios = json!({
        "a": {"executor": "shared-iterations", "vus": 2, "iterations": 9},
        "b": {"executor": "constant-vus", "duration": "1s", "startTime": "5s"},
    });
    let ran = go(test(scenarios), fake).await;
    assert_eq!((ran.counts(0), ran.counts(1)), ((0, 2, 0), (0, 0, 0)));
}

#[tokio::test(start_paused = true)]
async fn a_stuck_virtual_user_is_given_up() {
    let fake = Fake { stuck: true, ..taking(60_000) };
    let scenario = json!({"executor": "constant-vus", "vus": 2, "duration": "1s", "gracefulStop": "1s"});
    let ran = go(test(json!({"a": scenario})), fake).await;
    assert_eq!(ran.result.elapsed, ms(7000));
    assert!(ran.watch.events.iter().any(|event| event.contains("2 VUs of scenario a did not answer")));
    assert_eq!(*ran.fake.alive.lock().unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_error_of_initialization_ends_the_run() {
    let fake = Fake { broken: Some(2), ..taking(10) };
    let ran = go(test(json!({"a": {"executor": "constant-vus", "vus": 3, "duration": "1s"}})), fake).await;
    assert_eq!(ran.result.abort, Some(AbortReason::Error("broken".into())));
    assert_eq!(ran.result.errors[0].stage, RunStage::Init);
    assert!(ran.fake.stages.lock().unwrap().is_empty());
    assert!(ran.starts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_abort_during_setup_leads_to_teardown_unless_setup_never_ends() {
    for (setup_takes, stages) in [(ms(3000), vec!["setup", "teardown"]), (ms(60_000), vec![])] {
        let control = Arc::new(Control::new());
        let fake = Arc::new(Fake { setup_takes, ..taking(100) });
        let config = test(json!({"a": {"executor": "constant-vus", "duration": "5s"}}));
        let local = LocalSet::new();
        let mut watch = Watch::default();
        let run = run_here(config, fake.clone(), control.clone(), Watchers::none().observer(&mut watch));
        let abort = async {
            tokio::time::sleep(ms(500)).await;
            control.abort(AbortReason::Signal);
        };
        let (result, ()) = local.run_until(async { tokio::join!(run, abort) }).await;
        assert_eq!(result.abort, Some(AbortReason::Signal));
        assert_eq!(*fake.stages.lock().unwrap(), stages);
        assert!(fake.starts.lock().unwrap().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_reached_its_aim_lets_iterations_end() {
    let scenarios = json!({
        "loop": {"executor": "constant-vus", "vus": 2, "duration": "60s"},
        "rate": {"executor": "constant-arrival-rate", "rate": 1, "duration": "60s", "preAllocatedVUs": 3},
    });
    // An iteration of a second comes to its end; one of a minute has no more than the grace, 5 s; and a virtual user
    // that does not even answer then is given up after as long.
    let ended = [
        (taking(1000), (6, 0, 0), (3, 0, 0), 3000),
        (taking(60_000), (0, 2, 0), (0, 3, 0), 7500),
        (Fake { stuck: true, ..taking(60_000) }, (0, 2, 0), (0, 3, 0), 12_500),
    ];
    for (fake, looped, arrived, elapsed) in ended {
        let (control, fake) = (Arc::new(Control::new()), Arc::new(fake));
        let mut watch = Watch::default();
        let run = run_here(
            test(scenarios.clone()),
            fake.clone(),
            control.clone(),
            Watchers::none().observer(&mut watch),
        );
        let reached = async {
            tokio::time::sleep(ms(2500)).await;
            control.abort(AbortReason::Reached("the breaking point".into()));
        };
        let (result, ()) = LocalSet::new().run_until(async { tokio::join!(run, reached) }).await;
        assert_eq!(result.abort, Some(AbortReason::Reached("the breaking point".into())));
        let counts = |at: usize| {
            let iterations = result.scenarios[at].iterations;
            (iterations.completed, iterations.interrupted, iterations.dropped)
        };
        assert_eq!((counts(0), counts(1), result.elapsed), (looped, arrived, ms(elapsed)));
        assert_eq!(*fake.stages.lock().unwrap(), ["setup", "teardown"]);
        assert_eq!(*fake.alive.lock().unwrap(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_threshold_ends_the_run_after_its_delay() {
    let mut config = test(json!({"a": {"executor": "constant-vus", "duration": "60s"}}));
    let mut threshold = Threshold::parse("count<3").unwrap();
    threshold.abort_on_fail = true;
    threshold.delay_abort = ms(3500);
    let metric = "iterations".to_owned();
    let key = SinkKey::Metric(Builtin::ITERATIONS);
    config.thresholds.push(ThresholdSpec { metric: metric.clone(), key, thresholds: vec![threshold] });
    let missing = Threshold::parse("count>0").unwrap();
    let key = SinkKey::Metric(Builtin::HTTP_REQS);
    config.thresholds.push(ThresholdSpec { metric: "http_reqs".into(), key, thresholds: vec![missing] });
    let ran = go(config, taking(300)).await;
    assert_eq!(ran.result.abort, Some(AbortReason::Threshold(vec![metric])));
    assert_eq!(ran.result.elapsed, ms(4000));
    let passed: Vec<bool> = ran.result.thresholds.iter().map(|result| result.passed).collect();
    assert_eq!(passed, [false, false], "what has no samples is judged at the end");
}
