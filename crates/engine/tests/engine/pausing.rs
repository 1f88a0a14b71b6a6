//! Pauses: no iteration starts, schedules stand still, and what was measured is what would have been without them.

use std::sync::Arc;

use flashcrowd_engine::{AbortReason, Control};
use flashcrowd_metrics::{Builtin, Stat};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::fake::{Fake, go, go_steered, ms, taking, test};

/// Pauses after that many milliseconds, for that many.
async fn pause(control: Arc<Control>, after: u64, length: u64) {
    sleep(ms(after)).await;
    assert!(control.pause());
    sleep(ms(length)).await;
    assert!(control.resume());
}

/// What starts with a pause of five seconds after 1,205 ms is what starts without, five seconds later.
async fn shifts(scenario: Value, takes: u64) {
    let scenarios = json!({ "a": scenario });
    let plain = go(test(scenarios.clone()), taking(takes)).await;
    let paused =
        go_steered(test(scenarios.clone()), taking(takes), |control| pause(control, 1205, 5000)).await;
    let shifted = plain.starts().into_iter().map(|at| if at > 1205 { at + 5000 } else { at });
    assert_eq!(paused.starts(), shifted.collect::<Vec<_>>(), "{scenarios}");
    assert_eq!(paused.counts(0), plain.counts(0), "{scenarios}");
    assert_eq!(
        (paused.result.elapsed, paused.result.paused),
        (plain.result.elapsed, ms(5000)),
        "{scenarios}"
    );
    assert!(plain.result.paused.is_zero());
    let lag = |ran: &crate::fake::Ran| {
        ran.result.totals.metric(Builtin::ITERATION_LAG).and_then(|lag| lag.stat(Stat::Max, 1.0))
    };
    assert_eq!(lag(&paused), lag(&plain), "{scenarios}");
    let ends = |ran: &crate::fake::Ran| ran.watch.ticks.iter().map(|tick| tick.0).collect::<Vec<_>>();
    assert_eq!(ends(&paused), ends(&plain), "no interval is of a pause: {scenarios}");
}

#[tokio::test(start_paused = true)]
async fn every_executor_goes_on_where_it_stood() {
    for (scenario, takes) in [
        (
            json!({ "executor": "constant-arrival-rate", "rate": 10, "duration": "4s", "preAllocatedVUs": 3 }),
            50,
        ),
        (
            json!({ "executor": "constant-arrival-rate", "rate": 10, "duration": "4s", "preAllocatedVUs": 3,
                 "arrivals": "poisson" }),
            20,
        ),
        (
            json!({ "executor": "ramping-arrival-rate", "startRate": 2, "preAllocatedVUs": 5,
                 "stages": [{ "duration": "4s", "target": 20 }] }),
            50,
        ),
        (
            json!({ "executor": "ramping-vus", "startVUs": 0, "gracefulStop": "0s",
                 "stages": [{ "duration": "4s", "target": 4 }, { "duration": "1s", "target": 0 }] }),
            200_000,
        ),
    ] {
        shifts(scenario, takes).await;
    }
}

#[tokio::test(start_paused = true)]
async fn iterations_that_have_begun_go_on_and_looping_users_start_no_other() {
    let scenario = json!({ "executor": "constant-vus", "vus": 2, "duration": "3s" });
    let ran =
        go_steered(test(json!({ "a": scenario })), taking(500), |control| pause(control, 1205, 5000)).await;
    // 1,205 ms of the time are over, and 1,795 ms are left.
    assert_eq!(ran.starts(), [0, 0, 500, 500, 1000, 1000, 6205, 6205, 6705, 6705, 7205, 7205, 7705, 7705]);
    assert_eq!((ran.counts(0), ran.result.elapsed), ((14, 0, 0), ms(3205)));
    let scenario = json!({ "executor": "per-vu-iterations", "vus": 1, "iterations": 4, "maxDuration": "2s" });
    let ran =
        go_steered(test(json!({ "a": scenario })), taking(600), |control| pause(control, 1000, 60_000)).await;
    assert_eq!(ran.starts(), [0, 600, 61_000, 61_600]);
    assert_eq!(ran.counts(0), (4, 0, 0), "maxDuration stands still, too");
}

#[tokio::test(start_paused = true)]
async fn a_test_that_begins_paused_waits_for_its_start() {
    let scenario =
        json!({ "executor": "constant-arrival-rate", "rate": 1, "duration": "3s", "preAllocatedVUs": 1 });
    let fake = Fake { setup_takes: ms(700), ..taking(10) };
    let ran = go_steered(test(json!({ "a": scenario })), fake, |control| async move {
        control.pause();
        sleep(ms(10_000)).await;
        assert!(control.started().is_none(), "not even setup has begun");
        control.resume();
        // During setup, which goes on; the load waits for two seconds.
        sleep(ms(100)).await;
        control.pause();
        sleep(ms(2600)).await;
        control.resume();
    })
    .await;
    assert_eq!(ran.starts(), [0, 1000, 2000]);
    assert_eq!((ran.result.elapsed, ran.result.paused), (ms(3700), ms(2000)));
}

#[tokio::test(start_paused = true)]
async fn a_pause_ends_with_an_abort() {
    for before in [0, 1500] {
        let scenario = json!({ "executor": "constant-vus", "vus": 2, "duration": "3s" });
        let ran = go_steered(test(json!({ "a": scenario })), taking(100), |control| async move {
            sleep(ms(before)).await;
            control.pause();
            sleep(ms(5000)).await;
            control.abort(AbortReason::Stopped);
        })
        .await;
        assert_eq!(ran.result.abort, Some(AbortReason::Stopped));
        assert_eq!(ran.counts(0).0, before / 100 * 2, "paused after {before} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn users_are_scaled_from_outside() {
    let scenario = json!({ "executor": "externally-controlled", "vus": 1, "maxVUs": 3, "duration": "5s", "gracefulStop": "0s" });
    let ran = go_steered(test(json!({ "a": scenario })), taking(1000), |control| async move {
        sleep(ms(1500)).await;
        let scale = control.scale().unwrap();
        scale.set(Some(3), None).unwrap();
        sleep(ms(1000)).await;
        scale.set(Some(5), Some(5)).unwrap();
        sleep(ms(1000)).await;
        scale.set(Some(0), None).unwrap();
    })
    .await;
    assert_eq!(
        ran.starts(),
        [0, 1000, 1500, 1500, 2000, 2500, 2500, 2500, 2500, 3000, 3500, 3500, 3500, 3500]
    );
    assert_eq!(ran.result.elapsed, ms(5000));
    assert_eq!(ran.watch.ticks.last().unwrap().2, 5, "two that were not planned");
    let endless = json!({ "executor": "externally-controlled", "vus": 1, "maxVUs": 1, "duration": "0" });
    let ran = go_steered(test(json!({ "a": endless })), taking(1000), |control| async move {
        sleep(ms(90_500)).await;
        control.abort(AbortReason::Stopped);
    })
    .await;
    assert_eq!(ran.counts(0), (90, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_rate_is_set_from_outside_and_stands_still_in_a_pause() {
    let executor = "externally-controlled-arrival-rate";
    let scenario = json!({ "executor": executor, "rate": 10, "duration": "3s", "preAllocatedVUs": 2 });
    let ran = go_steered(test(json!({ "a": scenario })), taking(1), |control| async move {
        sleep(ms(1005)).await;
        assert_eq!(control.rate(), Some(10.0));
        control.pause();
        sleep(ms(4000)).await;
        control.resume();
        sleep(ms(500)).await;
        control.set_rate(100.0).unwrap();
        assert_eq!(control.rate(), Some(100.0));
        assert!(control.set_rate(f64::NAN).is_err() && control.set_rate(-1.0).is_err());
        sleep(ms(500)).await;
        control.set_rate(0.0).unwrap();
        sleep(ms(500)).await;
        control.set_rate(10.0).unwrap();
    })
    .await;
    let starts = ran.starts();
    assert_eq!(starts[..10], [100, 200, 300, 400, 500, 600, 700, 800, 900, 1000]);
    // Ten a second up to 1.535 s of its own time, a hundred for half a second, none for as long, then ten again.
    let area = 15.35 + 50.0 + 0.465 * 10.0;
    assert_eq!(starts.len(), area as usize, "{starts:?}");
    assert_eq!(ran.counts(0), (area as u64, 0, 0), "none is dropped");
    let endless =
        json!({ "executor": executor, "rate": 60, "timeUnit": "1m", "duration": "0", "preAllocatedVUs": 1 });
    let ran = go_steered(test(json!({ "a": endless })), taking(1), |control| async move {
        sleep(ms(90_500)).await;
        control.abort(AbortReason::Stopped);
    })
    .await;
    assert_eq!(ran.counts(0).0, 90);
}
