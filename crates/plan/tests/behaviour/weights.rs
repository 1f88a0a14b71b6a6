//! Which task comes how often, and under which name it is counted.

use std::time::Duration;

use flashcrowd_metrics::Builtin;
use flashcrowd_plan::{Data, Mix, Slot, Values};
use http::Method;
use serde_json::json;

use crate::plans::{call, each, get, go, parts, plan, s, t};
use crate::server::{Reply, Server};

#[tokio::test]
async fn tasks_come_by_their_weights_and_every_request_is_counted() {
    let server = Server::plain();
    let tasks = vec![(get("/a"), 50.0), (get("/b"), 30.0), (get("/c"), 20.0), (get("/d"), 0.0)];
    let ran = go(plan(&server.host, each(4, 1000), tasks), 2).await;
    assert_eq!(server.seen().len(), 4000);
    assert_eq!(ran.requests(), 4000);
    assert_eq!(ran.sum(Builtin::ITERATIONS), 4000.0);
    for (path, share) in [("/a", 0.5), ("/b", 0.3), ("/c", 0.2), ("/d", 0.0_f64)] {
        let seen = server.to(path).len() as f64;
        // Five standard deviations of a binomial distribution.
        let (expected, deviation) = (4000.0 * share, (4000.0 * share * (1.0 - share)).sqrt());
        assert!((seen - expected).abs() <= 5.0 * deviation, "{path}: {seen}");
    }
}

#[tokio::test]
async fn requests_go_under_their_name_as_written_with_the_tags_of_their_run() {
    let server = Server::start(|seen| match seen.path.ends_with('9') {
        true => Reply::status(503),
        false => Reply::ok("x".repeat(100)),
    });
    let task = call(Method::GET, parts([t("/items/"), s(Slot::Data(0))]));
    let mut plan = plan(&server.host, each(1, 100), vec![(task, 1.0)]);
    plan.data = vec![Data { name: "n".into(), values: Values::Sequence { start: 0, step: 1 } }];
    let ran = go(plan, 1).await;
    let rows: Vec<_> = ran.rows().into_iter().collect();
    let row = |rest: &str| format!("{rest} run=r scenario=a status=");
    assert_eq!(
        rows,
        [
            (row("error_code=1503 expected_response=false group= name=GET /items/{}") + "503", 10.0),
            (row("expected_response=true group= name=GET /items/{}") + "200", 90.0),
        ]
    );
    assert_eq!(ran.sum(Builtin::HTTP_REQ_FAILED), 10.0);
    assert_eq!(ran.sum(Builtin::HTTP_REQ_DURATION), 100.0);
    let received = ran.sum(Builtin::DATA_RECEIVED);
    assert!((9000.0..20_000.0).contains(&received), "{received}");
    assert!(ran.sum(Builtin::DATA_SENT) > 3000.0);
}

#[tokio::test]
async fn mixes_change_with_time() {
    let server = Server::plain();
    let executor = json!({"executor": "constant-vus", "vus": 1, "duration": "2s"});
    let mut plan = plan(&server.host, executor, vec![(get("/early"), 1.0), (get("/late"), 1.0)]);
    let mix = |from, task| Mix { scenario: 0, from: Duration::from_millis(from), tasks: vec![(task, 1.0)] };
    plan.mixes = vec![mix(0, 0), mix(1000, 1)];
    plan.wait = Duration::from_millis(10)..=Duration::from_millis(10);
    go(plan, 1).await;
    let seen = server.seen();
    let paths: Vec<&str> = seen.iter().map(|seen| seen.path.as_str()).collect();
    let early = paths.iter().take_while(|path| **path == "/early").count();
    assert!(paths[early..].iter().all(|path| *path == "/late"), "{paths:?}");
    let change = seen[early].at - seen[0].at;
    assert!((950..1900).contains(&change.as_millis()), "{change:?}");
    assert!(early > 20 && paths.len() - early > 20, "{early} of {}", paths.len());
}

#[tokio::test]
async fn a_task_waits_until_its_user_has_what_it_needs() {
    let server = Server::start(|seen| match seen.path.as_str() {
        "/orders" => Reply::ok(r#"{"id": 42}"#),
        _ => Reply::ok(""),
    });
    let mut order = get("/orders");
    order.saves.push(crate::plans::save(0, "order", "$.id"));
    let show = call(Method::GET, parts([t("/orders/"), s(Slot::Saved(0))]));
    let mut plan = plan(&server.host, each(20, 5), vec![(order, 1.0), (show, 1.0)]);
    plan.saved = 1;
    let ran = go(plan, 2).await;
    let (orders, shows) = (server.to("/orders").len(), server.to("/orders/42").len());
    assert_eq!(orders + shows, 100);
    assert!(shows > 10, "{shows}");
    assert_eq!(ran.check("GET /orders: saves order"), (orders as u64, 0));
}
