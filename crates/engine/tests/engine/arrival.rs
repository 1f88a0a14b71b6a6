//! The arrival-rate executors on a paused clock.

use flashcrowd_metrics::{Builtin, Stat};
use serde_json::json;

use crate::fake::{Fake, go, ms, taking, test};

#[tokio::test(start_paused = true)]
async fn constant_arrivals_begin_at_once() {
    let scenario =
        json!({"executor": "constant-arrival-rate", "rate": 10, "duration": "3s", "preAllocatedVUs": 2});
    let ran = go(test(json!({"a": scenario})), taking(50)).await;
    assert_eq!(ran.starts(), (0..30).map(|k| k * 100).collect::<Vec<_>>());
    assert_eq!(ran.counts(0), (30, 0, 0));
    assert_eq!(ran.watch.rates[0], Some(10.0));
    let vus: Vec<u64> =
        ran.fake.starts.lock().unwrap().iter().map(|start| start.vu.in_test).take(4).collect();
    assert_eq!(vus, [1, 2, 1, 2], "the longest idle first");
    let lag = ran.result.totals.metric(Builtin::ITERATION_LAG).unwrap();
    assert_eq!((lag.samples(), lag.stat(Stat::Max, 1.0)), (30, Some(0.0)));
    assert_eq!(ran.result.elapsed, ms(3000));
}

#[tokio::test(start_paused = true)]
async fn ramping_arrivals_follow_the_area() {
    let scenario = json!({
        "executor": "ramping-arrival-rate", "stages": [{"duration": "3s", "target": 10}], "preAllocatedVUs": 5
    });
    let ran = go(test(json!({"a": scenario})), taking(1)).await;
    // The timer wakes at whole milliseconds after the moment.
    assert_eq!(ran.starts()[..3], [775, 1096, 1342]);
    assert_eq!(ran.counts(0), (15, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn busy_vus_mean_dropped_iterations() {
    let scenario =
        json!({"executor": "constant-arrival-rate", "rate": 2, "duration": "3s", "preAllocatedVUs": 1});
    let ran = go(test(json!({"a": scenario})), taking(1100)).await;
    assert_eq!(ran.starts(), [0, 1500]);
    assert_eq!(ran.counts(0), (2, 0, 4));
    assert_eq!(ran.sum(Builtin::DROPPED_ITERATIONS), 4.0);
    let warnings = ran.watch.events.iter().filter(|event| event.contains("insufficient VUs")).count();
    assert_eq!(warnings, 1);
    let numbers: Vec<u64> = ran.fake.starts.lock().unwrap().iter().map(|start| start.in_test).collect();
    assert_eq!(numbers, [0, 1], "dropped iterations have no number");
}

#[tokio::test(start_paused = true)]
async fn unplanned_vus_come_one_at_a_time() {
    let scenario = json!({
        "executor": "constant-arrival-rate", "rate": 10, "duration": "1s", "preAllocatedVUs": 0, "maxVUs": 2
    });
    let fake = Fake { init_takes: ms(150), ..taking(5000) };
    let ran = go(test(json!({"a": scenario})), fake).await;
    // Asked for at 0 and there at 150; asked for at 300 and there at 450.
    assert_eq!(ran.starts(), [200, 500]);
    assert_eq!(ran.counts(0), (2, 0, 8));
    assert_eq!(ran.result.scenarios[0].vus_max, 2);
    assert_eq!(ran.watch.ticks[0].2, 2);
    let ids: Vec<u64> = ran.fake.starts.lock().unwrap().iter().map(|start| start.vu.in_instance).collect();
    assert_eq!(ids, [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn graceful_stop_applies_to_arrivals() {
    let scenario = json!({
        "executor": "constant-arrival-rate", "rate": 1, "duration": "2s", "preAllocatedVUs": 2, "gracefulStop": "1s"
    });
    let ran = go(test(json!({"a": scenario})), taking(2500)).await;
    assert_eq!((ran.counts(0), ran.result.elapsed), ((1, 1, 0), ms(3000)));
}

#[tokio::test(start_paused = true)]
async fn unplanned_vus_of_one_scenario_serve_the_next() {
    let arrivals = |start: &str| {
        json!({
            "executor": "constant-arrival-rate", "rate": 10, "duration": "1s", "gracefulStop": "0s", "startTime": start,
            "preAllocatedVUs": 0, "maxVUs": 1
        })
    };
    let ran = go(test(json!({"a": arrivals("0s"), "b": arrivals("2s")})), taking(10)).await;
    assert_eq!((ran.counts(0), ran.counts(1)), ((9, 0, 1), (9, 0, 1)));
    assert!(ran.fake.starts.lock().unwrap().iter().all(|start| start.vu.in_test == 1));
}

#[tokio::test(start_paused = true)]
async fn a_vu_that_cannot_be_added_is_told() {
    let scenario = json!({
        "executor": "constant-arrival-rate", "rate": 10, "duration": "1s", "preAllocatedVUs": 0, "maxVUs": 2
    });
    let fake = Fake { broken: Some(1), ..taking(10) };
    let ran = go(test(json!({"a": scenario})), fake).await;
    assert_eq!(ran.counts(0), (8, 0, 2));
    assert!(ran.watch.events.iter().any(|event| event.contains("could not be initialized: broken")));
}
