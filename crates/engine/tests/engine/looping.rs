//! Executors whose virtual users loop: constant-vus, per-vu-iterations, shared-iterations.

use flashcrowd_metrics::Builtin;
use serde_json::json;

use crate::fake::{Fake, go, ms, taking, test};

#[tokio::test(start_paused = true)]
async fn constant_vus_loop_until_the_end_and_may_finish() {
    let ran =
        go(test(json!({"a": {"executor": "constant-vus", "vus": 2, "duration": "3s"}})), taking(1200)).await;
    assert_eq!(ran.starts(), [0, 0, 1200, 1200, 2400, 2400]);
    assert_eq!(ran.counts(0), (6, 0, 0));
    assert_eq!(ran.result.elapsed, ms(3600));
    assert_eq!(ran.sum(Builtin::ITERATIONS), 6.0);
    assert_eq!(ran.sum(Builtin::ITERATION_DURATION), 6.0);
    assert_eq!(*ran.fake.alive.lock().unwrap(), 0);
    assert_eq!(*ran.fake.stages.lock().unwrap(), ["setup", "teardown"]);
}

#[tokio::test(start_paused = true)]
async fn graceful_stop_cuts_long_iterations() {
    let scenario = json!({"executor": "constant-vus", "vus": 2, "duration": "3s", "gracefulStop": "500ms"});
    let ran = go(test(json!({"a": scenario})), taking(2000)).await;
    assert_eq!(ran.starts(), [0, 0, 2000, 2000]);
    assert_eq!(ran.counts(0), (2, 2, 0));
    assert_eq!(ran.result.elapsed, ms(3500));
    assert_eq!(ran.sum(Builtin::ITERATIONS), 2.0);
}

#[tokio::test(start_paused = true)]
async fn per_vu_iterations_drop_what_max_duration_leaves() {
    let scenario = json!({"executor": "per-vu-iterations", "vus": 2, "iterations": 5, "maxDuration": "3s", "gracefulStop": "0s"});
    let ran = go(test(json!({"a": scenario})), taking(1250)).await;
    assert_eq!(ran.starts(), [0, 0, 1250, 1250, 2500, 2500]);
    assert_eq!(ran.counts(0), (4, 2, 4));
    assert_eq!(ran.sum(Builtin::DROPPED_ITERATIONS), 4.0);
}

#[tokio::test(start_paused = true)]
async fn per_vu_iterations_end_early() {
    let scenario = json!({"executor": "per-vu-iterations", "vus": 3, "iterations": 2});
    let ran = go(test(json!({"a": scenario})), taking(100)).await;
    assert_eq!(ran.starts(), [0, 0, 0, 100, 100, 100]);
    assert_eq!((ran.counts(0), ran.result.elapsed), ((6, 0, 0), ms(200)));
    let mut numbers: Vec<u64> = ran.fake.starts.lock().unwrap().iter().map(|start| start.in_test).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [0, 1, 2, 3, 4, 5]);
}

#[tokio::test(start_paused = true)]
async fn shared_iterations_are_a_common_stock() {
    let scenario = json!({"executor": "shared-iterations", "vus": 3, "iterations": 7});
    let ran = go(test(json!({"a": scenario})), taking(100)).await;
    assert_eq!(ran.starts(), [0, 0, 0, 100, 100, 100, 200]);
    assert_eq!((ran.counts(0), ran.result.elapsed), ((7, 0, 0), ms(300)));
    assert!((ran.result.scenarios[0].progress - 1.0).abs() < 1e-9);
}

#[tokio::test(start_paused = true)]
async fn shared_iterations_drop_what_max_duration_leaves() {
    let scenario = json!({"executor": "shared-iterations", "vus": 2, "iterations": 10, "maxDuration": "1s"});
    let ran = go(test(json!({"a": scenario})), taking(400)).await;
    assert_eq!(ran.starts(), [0, 0, 400, 400, 800, 800]);
    assert_eq!(ran.counts(0), (6, 0, 4));
    assert_eq!(ran.sum(Builtin::DROPPED_ITERATIONS), 4.0);
}

#[tokio::test(start_paused = true)]
async fn scenarios_start_in_time_and_inherit_virtual_users() {
    let scenarios = json!({
        "first": {"executor": "per-vu-iterations", "vus": 2, "iterations": 2, "maxDuration": "2s", "gracefulStop": "0s"},
        "second": {"executor": "per-vu-iterations", "vus": 2, "iterations": 1, "startTime": "2s"},
    });
    let fake = Fake { setup_takes: ms(700), ..taking(100) };
    let ran = go(test(scenarios), fake).await;
    assert_eq!(ran.starts_of(|start| start.scenario == "second"), [0, 0]);
    assert_eq!(ran.result.elapsed, ms(700 + 2000 + 100));
    let starts = ran.fake.starts.lock().unwrap();
    let mut vus: Vec<u64> = starts.iter().filter(|s| s.scenario == "second").map(|s| s.vu.in_test).collect();
    vus.sort_unstable();
    assert_eq!(vus, [1, 2]);
    assert!(starts.iter().filter(|start| start.scenario == "second").all(|start| start.in_scenario == 0));
}

#[tokio::test(start_paused = true)]
async fn the_shortest_iteration_is_padded_outside_its_duration() {
    let mut config = test(json!({"a": {"executor": "per-vu-iterations", "iterations": 3}}));
    config.min_iteration_duration = ms(250);
    let ran = go(config, taking(100)).await;
    assert_eq!(ran.starts(), [0, 250, 500]);
    let durations = ran.result.totals.metric(Builtin::ITERATION_DURATION).unwrap();
    assert_eq!(durations.stat(flashcrowd_metrics::Stat::Max, 1.0), Some(100.0));
}

#[tokio::test(start_paused = true)]
async fn snapshots_come_every_second_and_lose_nothing() {
    let ran =
        go(test(json!({"a": {"executor": "constant-vus", "vus": 2, "duration": "2500ms"}})), taking(250))
            .await;
    let seconds: Vec<u64> = ran.watch.ticks.iter().map(|tick| tick.0.as_millis() as u64).collect();
    assert_eq!(seconds, [1000, 2000, 2500]);
    assert_eq!((ran.watch.ticks[0].1, ran.watch.ticks[0].2), (2, 2));
    assert_eq!(ran.watch.ticks[2].3, 20.0);
    assert_eq!(ran.sum(Builtin::VUS), 2.0);
}
