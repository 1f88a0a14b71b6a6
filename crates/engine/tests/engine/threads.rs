//! Whole runs on real threads.

use std::collections::BTreeSet;
use std::sync::Arc;

use flashcrowd_engine::{Control, Watchers, run};
use serde_json::{Value, json};

use crate::fake::{Fake, Ran, Watch, test};

async fn threads(workers: usize, scenarios: Value, fake: Fake) -> Ran {
    let mut config = test(scenarios);
    config.workers = workers;
    let (fake, mut watch) = (Arc::new(fake), Watch::default());
    let result =
        run(config, fake.clone(), Arc::new(Control::new()), Watchers::none().observer(&mut watch)).await;
    Ran { fake, result, watch }
}

fn all_numbers(ran: &Ran) -> Vec<u64> {
    let mut numbers: Vec<u64> = ran.fake.starts.lock().unwrap().iter().map(|start| start.in_test).collect();
    numbers.sort_unstable();
    numbers
}

#[tokio::test]
async fn one_and_three_workers_count_the_same() {
    for workers in [1, 3] {
        let scenarios = json!({"a": {"executor": "shared-iterations", "vus": 5, "iterations": 1000}});
        let ran = threads(workers, scenarios, Fake::default()).await;
        assert_eq!(ran.counts(0), (1000, 0, 0));
        assert_eq!(all_numbers(&ran), (0..1000).collect::<Vec<_>>());

        let scenarios = json!({"a": {"executor": "per-vu-iterations", "vus": 7, "iterations": 50}});
        let ran = threads(workers, scenarios, Fake::default()).await;
        assert_eq!(ran.counts(0), (350, 0, 0));
        assert_eq!(all_numbers(&ran), (0..350).collect::<Vec<_>>());
        let vus: BTreeSet<u64> =
            ran.fake.starts.lock().unwrap().iter().map(|start| start.vu.in_test).collect();
        assert_eq!(vus, (1..=7).collect());
        assert_eq!(*ran.fake.alive.lock().unwrap(), 0);
    }
}

#[tokio::test]
async fn workers_without_virtual_users_leave_the_stock_alone() {
    let scenarios = json!({"a": {"executor": "shared-iterations", "vus": 1, "iterations": 100}});
    assert_eq!(threads(3, scenarios, Fake::default()).await.counts(0), (100, 0, 0));
}

#[tokio::test]
async fn looping_and_ramping_run_on_all_workers() {
    let scenarios = json!({
        "a": {"executor": "constant-vus", "vus": 4, "duration": "1s"},
        "b": {"executor": "ramping-vus", "startVUs": 0, "stages": [{"duration": "1s", "target": 4}]},
        "c": {"executor": "ramping-arrival-rate", "stages": [{"duration": "1s", "target": 100}], "preAllocatedVUs": 4},
    });
    let mut counts = Vec::new();
    for workers in [1, 3] {
        let fake = Fake { takes: crate::fake::ms(600), ..Fake::default() };
        let ran = threads(workers, scenarios.clone(), fake).await;
        counts.push((ran.counts(0), ran.counts(1)));
        let (completed, interrupted, dropped) = ran.counts(2);
        assert_eq!((completed + dropped, interrupted), (50, 0));
        assert_eq!(ran.result.scenarios.iter().map(|scenario| scenario.vus_active).sum::<u64>(), 0);
    }
    assert_eq!(counts[0], ((8, 0, 0), (5, 0, 0)));
    assert_eq!(counts[0], counts[1]);
}

#[tokio::test]
async fn arrivals_are_those_of_one_pool() {
    for (workers, vus) in [(1, 8), (3, 8), (3, 1)] {
        let scenarios = json!({"a": {
            "executor": "constant-arrival-rate", "rate": 250, "duration": "1s", "preAllocatedVUs": vus
        }});
        let ran = threads(workers, scenarios, Fake::default()).await;
        assert_eq!(ran.counts(0), (250, 0, 0), "{workers} workers, {vus} VUs");
        assert_eq!(all_numbers(&ran), (0..250).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn an_iteration_goes_to_whoever_is_idle() {
    // Both workers have one VU and every other iteration, and each iteration takes nearly two periods.
    let scenarios = json!({"a": {
        "executor": "constant-arrival-rate", "rate": 10, "duration": "1s", "preAllocatedVUs": 0, "maxVUs": 4
    }});
    let fake = Fake { takes: crate::fake::ms(150), ..Fake::default() };
    let ran = threads(2, scenarios, fake).await;
    let (completed, interrupted, dropped) = ran.counts(0);
    assert_eq!(completed + interrupted + dropped, 10);
    assert!(dropped <= 4, "{dropped}");
}
