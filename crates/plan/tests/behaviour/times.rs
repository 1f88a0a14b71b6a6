//! When users think, and when they are interrupted.

use std::sync::Arc;
use std::time::Duration;

use flashcrowd_engine::{AbortReason, Control, parse_scenarios};
use flashcrowd_metrics::Builtin;
use flashcrowd_plan::Mix;
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::plans::{each, get, go, go_with, plan};
use crate::server::{Reply, Server};

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[tokio::test]
async fn users_think_after_each_task() {
    let server = Server::plain();
    let mut plan = plan(&server.host, each(3, 4), vec![(get("/"), 1.0)]);
    plan.wait = ms(100)..=ms(200);
    let begun = Instant::now();
    let ran = go(plan, 1).await;
    let took = begun.elapsed();
    assert!((400..4000).contains(&took.as_millis()), "{took:?}");
    assert_eq!(ran.requests(), 12);
    let mean = ran.result.totals.metric(Builtin::ITERATION_DURATION).unwrap();
    let mean = mean.stat(flashcrowd_metrics::Stat::Avg, 1.0).unwrap();
    // The mean of twelve values that are spread evenly over 100 to 200 ms, and a little for the requests.
    assert!((105.0..400.0).contains(&mean), "{mean}");
}

#[tokio::test]
async fn nobody_thinks_where_iterations_start_by_the_clock() {
    let server = Server::plain();
    let executor =
        json!({"executor": "constant-arrival-rate", "rate": 50, "duration": "1s", "preAllocatedVUs": 2});
    let mut plan = plan(&server.host, executor, vec![(get("/"), 1.0)]);
    plan.wait = ms(10_000)..=ms(10_000);
    let begun = Instant::now();
    let ran = go(plan, 1).await;
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    let dropped = ran.sum(Builtin::DROPPED_ITERATIONS);
    assert_eq!(ran.requests() as f64 + dropped, 50.0);
    assert!(dropped <= 2.0, "{dropped} dropped");
}

/// Aborts a run once that many requests have come; how long it then took, and how many iterations were interrupted.
async fn aborted(plan: flashcrowd_plan::TestPlan, server: &Server, requests: usize) -> (Duration, u64) {
    let control = Arc::new(Control::new());
    let (other, before) = (control.clone(), server.seen().len());
    let abort = async {
        while server.seen().len() < before + requests {
            sleep(ms(1)).await;
        }
        // Those that are answered go on to think meanwhile.
        sleep(ms(100)).await;
        other.abort(AbortReason::Signal);
        Instant::now()
    };
    let (ran, asked) = tokio::join!(go_with(plan, 2, control), abort);
    let ended = Instant::now();
    (ended - asked, ran.result.scenarios[0].iterations.interrupted)
}

#[tokio::test]
async fn an_interrupted_user_ends_its_thinking_and_its_request() {
    let executor = json!({"executor": "constant-vus", "vus": 5, "duration": "1m"});
    let server = Server::start(|seen| match seen.path.as_str() {
        "/slow" => Reply::ok("").after(ms(60_000)),
        _ => Reply::ok(""),
    });
    let mut thinking = plan(&server.host, executor.clone(), vec![(get("/"), 1.0)]);
    thinking.wait = ms(60_000)..=ms(60_000);
    let mut starting = plan(&server.host, executor.clone(), vec![(get("/"), 1.0)]);
    starting.on_start = vec![get("/slow")];
    let asking = plan(&server.host, executor, vec![(get("/slow"), 1.0)]);
    for plan in [thinking, starting, asking] {
        let (took, interrupted) = aborted(plan, &server, 5).await;
        assert!(took < ms(10_000), "{took:?}");
        assert_eq!(interrupted, 5);
    }
}

#[tokio::test]
async fn an_interrupted_user_goes_on_in_the_next_scenario_without_another_start() {
    let server = Server::start(|seen| match seen.path.as_str() {
        "/slow" => Reply::ok("").after(ms(60_000)),
        _ => Reply::ok(""),
    });
    let mut plan = plan(&server.host, each(1, 1), vec![(get("/slow"), 1.0), (get("/fast"), 1.0)]);
    plan.scenarios = parse_scenarios(&json!({
        "first": {"executor": "constant-vus", "vus": 3, "duration": "1s", "gracefulStop": "0s"},
        "second": {"executor": "per-vu-iterations", "vus": 3, "iterations": 4, "startTime": "1s"},
    }))
    .unwrap();
    let mix = |scenario, task| Mix { scenario, from: Duration::ZERO, tasks: vec![(task, 1.0)] };
    plan.mixes = vec![mix(0, 0), mix(1, 1)];
    plan.on_start = vec![get("/start")];
    let ran = go(plan, 1).await;
    assert_eq!(ran.result.scenarios[0].iterations.interrupted, 3);
    assert_eq!(ran.result.scenarios[1].iterations.completed, 12);
    assert_eq!(["/start", "/slow", "/fast"].map(|path| server.to(path).len()), [3, 3, 12]);
    let second = "expected_response=true group= name=GET /fast run=r scenario=second status=200";
    assert_eq!(ran.rows()[second], 12.0);
    assert!(ran.sum(Builtin::DATA_SENT) > 0.0);
}
