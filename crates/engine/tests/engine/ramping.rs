//! ramping-vus on a paused clock.

use serde_json::{Value, json};

use crate::fake::{Ran, go, ms, taking, test};

async fn ramp(start: u64, stages: Value, more: Value, takes: u64) -> Ran {
    let mut scenario = json!({"executor": "ramping-vus", "startVUs": start, "stages": stages});
    for (key, value) in more.as_object().unwrap() {
        scenario[key] = value.clone();
    }
    go(test(json!({"a": scenario})), taking(takes)).await
}

/// When each virtual user's first iteration started.
fn first_starts(ran: &Ran) -> Vec<u64> {
    ran.starts_of(|start| start.in_scenario == 0)
}

#[tokio::test(start_paused = true)]
async fn up_from_nothing() {
    let ran = ramp(0, json!([{"duration": "5s", "target": 5}]), json!({}), 300).await;
    assert_eq!(first_starts(&ran), [1000, 2000, 3000, 4000, 5000]);
}

#[tokio::test(start_paused = true)]
async fn down_to_nothing_the_last_first() {
    let ran = ramp(5, json!([{"duration": "5s", "target": 0}]), json!({}), 990).await;
    let last_start = |vu: u64| ran.starts_of(|start| start.vu.in_test == vu).pop().unwrap() / 990;
    assert_eq!((1..=5).map(last_start).collect::<Vec<_>>(), [5, 4, 3, 2, 1]);
    assert_eq!(ran.counts(0).1, 0);
}

#[tokio::test(start_paused = true)]
async fn stages_without_length_jump_and_equal_targets_hold() {
    let stages = json!([
        {"duration": "0s", "target": 3}, {"duration": "2s", "target": 3}, {"duration": "0s", "target": 1},
        {"duration": "1s", "target": 1}
    ]);
    let ran = ramp(0, stages, json!({}), 900).await;
    assert_eq!(first_starts(&ran), [0, 0, 0]);
    assert_eq!(ran.starts(), [0, 0, 0, 900, 900, 900, 1800, 1800, 1800, 2700]);
    assert_eq!(ran.result.elapsed, ms(3600));
}

#[tokio::test(start_paused = true)]
async fn ramp_down_has_its_grace_and_no_more() {
    let stages = json!([{"duration": "1s", "target": 1}, {"duration": "0s", "target": 0}, {"duration": "10s", "target": 0}]);
    let ran = ramp(1, stages, json!({"gracefulRampDown": "2s"}), 60_000).await;
    assert_eq!((ran.counts(0), ran.result.elapsed), ((0, 1, 0), ms(11_000)));
    let ticks: Vec<u64> = ran.watch.ticks.iter().map(|tick| tick.1).take(4).collect();
    assert_eq!(ticks[1..], [1, 0, 0], "the VU is at work until its grace is over at 3 s");
}

#[tokio::test(start_paused = true)]
async fn graceful_stop_cuts_the_ramp_downs_grace() {
    let stages = json!([{"duration": "2s", "target": 0}]);
    let ran = ramp(1, stages, json!({"gracefulRampDown": "30s", "gracefulStop": "1s"}), 60_000).await;
    assert_eq!((ran.counts(0), ran.result.elapsed), ((0, 1, 0), ms(3000)));
}

#[tokio::test(start_paused = true)]
async fn the_ramp_downs_grace_ends_within_the_graceful_stop() {
    let stages = json!([{"duration": "2s", "target": 0}]);
    let ran = ramp(1, stages, json!({"gracefulRampDown": "1s", "gracefulStop": "30s"}), 60_000).await;
    assert_eq!((ran.counts(0), ran.result.elapsed), ((0, 1, 0), ms(3000)));
}

#[tokio::test(start_paused = true)]
async fn a_vu_that_ramps_down_goes_on_when_the_curve_rises() {
    let stages = json!([
        {"duration": "1s", "target": 2}, {"duration": "0s", "target": 1}, {"duration": "1s", "target": 1},
        {"duration": "0s", "target": 2}, {"duration": "3s", "target": 2}
    ]);
    let ran = ramp(2, stages, json!({"gracefulRampDown": "1500ms"}), 2200).await;
    assert_eq!(ran.starts(), [0, 0, 2200, 2200, 4400, 4400]);
    assert_eq!(ran.counts(0), (6, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_vu_that_ramped_down_comes_back_from_the_buffer() {
    let stages = json!([
        {"duration": "1s", "target": 1}, {"duration": "0s", "target": 0}, {"duration": "1s", "target": 0},
        {"duration": "0s", "target": 1}, {"duration": "1s", "target": 1}
    ]);
    let ran = ramp(1, stages, json!({}), 700).await;
    assert_eq!(ran.starts(), [0, 700, 2000, 2700]);
    assert_eq!(ran.starts_of(|start| start.in_scenario == 3), [2700]);
}
