//! What becomes of answers: checks, kept values, sales, errors.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use flashcrowd_metrics::Builtin;
use flashcrowd_plan::{
    Body, Call, Found, Json, Pick, PlanBehaviour, Rule, Save, Slot, Sold, StockAudit, Values,
};
use http::{HeaderName, Method};
use regex::Regex;
use serde_json::{Value, json};

use crate::plans::{call, check, data, each, get, go, json_path, parts, plan, post, s, save, t, text};
use crate::server::{Reply, Server};

#[tokio::test]
async fn checks_are_counted_under_their_names() {
    let server = Server::start(|seen| match seen.path.as_str() {
        "/item" => Reply::ok(r#"{"id": 7, "name": "lamp", "tags": ["a", "b"], "price": 2.0}"#),
        "/text" => Reply::ok("all is well").after(Duration::from_millis(60)),
        _ => Reply::status(404),
    });
    let path = |path: &str, value: Option<Value>| Rule::Json(json_path(path), value.map(Json::Plain));
    let with = |path: &str, rules: Vec<(&str, Rule)>| Call {
        checks: rules.into_iter().map(|(name, rule)| check(&format!("{path} {name}"), rule)).collect(),
        ..get(path)
    };
    let common = || {
        vec![
            ("status", Rule::Status(vec![200..=200, 301..=304])),
            ("contains", Rule::Contains(parts([t("na"), s(Slot::Data(0))]))),
            ("matches", Rule::Matches(Regex::new("(?i)WELL$|lam.").unwrap())),
            ("id", path("$.id", Some(json!(7)))),
            ("id drawn", Rule::Json(json_path("$.id"), Some(Json::Value(Slot::Range(7..=7))))),
            ("id as text", path("$.id", Some(json!("7")))),
            ("whole price", path("$.price", Some(json!(2)))),
            ("tags", path("$.tags[*]", Some(json!("a")))),
            ("no stock", path("$.stock", None)),
            ("name", path("$.name", None)),
            ("quick", Rule::Within(Duration::from_millis(50))),
        ]
    };
    let tasks = ["/item", "/text", "/missing"].map(|path| (with(path, common()), 1.0));
    let mut plan = plan(&server.host, each(2, 30), tasks.into());
    let rows = Values::Rows { rows: [json!("me")].into(), pick: Pick::Random };
    plan.data = vec![data("x", rows)];
    let ran = go(plan, 2).await;
    let asked = |path| server.to(path).len() as u64;
    let passing = [
        ("/item", &["status", "contains", "matches", "id", "id drawn", "whole price", "name", "quick"][..]),
        ("/text", &["status", "matches"]),
        ("/missing", &["quick"]),
    ];
    let mut all = 0.0;
    for (path, passing) in passing {
        assert!(asked(path) > 3);
        for (name, _) in common() {
            let passes = passing.contains(&name);
            let expected = if passes { (asked(path), 0) } else { (0, asked(path)) };
            assert_eq!(ran.check(&format!("{path} {name}")), expected, "{path} {name}");
            all += expected.0 as f64;
        }
    }
    assert_eq!(ran.sum(Builtin::CHECKS), all);
}

#[tokio::test]
async fn a_status_that_a_check_allows_is_no_failure() {
    let server = Server::start(|_| Reply::status(409));
    let allowing = |path: &str, status| Call {
        checks: vec![check(path, Rule::Status(vec![200..=200, status..=status]))],
        ..get(path)
    };
    let tasks = vec![(allowing("/sold-out", 409), 1.0), (allowing("/other", 404), 1.0), (get("/bare"), 1.0)];
    let ran = go(plan(&server.host, each(2, 30), tasks), 1).await;
    let failures = server.to("/other").len() + server.to("/bare").len();
    assert!(failures > 10 && server.to("/sold-out").len() > 5);
    assert_eq!(ran.sum(Builtin::HTTP_REQ_FAILED), failures as f64);
}

#[tokio::test]
async fn values_are_kept_of_bodies_and_headers() {
    let server = Server::start(|seen| match seen.path.as_str() {
        "/cart" => Reply::ok(r#"{"cart": {"id": 12}}"#).header("X-Token", "t 1"),
        _ => Reply::ok("no JSON"),
    });
    let mut cart = get("/cart");
    let header = Found::Header(HeaderName::from_static("x-token"));
    cart.saves = vec![save(0, "cart", "$.cart.id"), Save { slot: 1, name: "token".into(), from: header }];
    let body = Json::Object(vec![("cart".into(), Json::Value(Slot::Saved(0)))]);
    let mut pay = post("/pay", Body::Json(body));
    pay.headers = vec![(HeaderName::from_static("x-token"), parts([s(Slot::Saved(1))]))];
    pay.saves = vec![save(0, "receipt", "$.receipt")];
    let mut plan = plan(&server.host, each(2, 20), vec![(cart, 1.0), (pay, 1.0)]);
    plan.saved = 2;
    let ran = go(plan, 1).await;
    let pays = server.to("/pay");
    assert!(pays.len() > 5);
    for seen in &pays {
        // What is not found leaves what was kept before.
        assert_eq!((seen.body.as_str(), seen.headers["x-token"].as_str()), (r#"{"cart":12}"#, "t 1"));
    }
    assert_eq!(ran.check("POST /pay: saves receipt"), (0, pays.len() as u64));
}

#[tokio::test]
async fn what_is_sold_is_what_the_server_sold() {
    let (stock, sold) = (AtomicI64::new(500), Arc::new([(); 3].map(|()| AtomicI64::new(0))));
    let counts = sold.clone();
    let server = Server::start(move |seen| {
        let kind = ["/one", "/some", "/told"].iter().position(|path| *path == seen.path).unwrap();
        let asked: Option<Value> = serde_json::from_str(&seen.body).ok();
        let wanted = asked.map_or(1, |body| body["quantity"].as_i64().unwrap());
        if stock.fetch_sub(wanted, Ordering::Relaxed) < wanted {
            stock.fetch_add(wanted, Ordering::Relaxed);
            return Reply { status: 409, ..Reply::ok(json!({"sold": wanted}).to_string()) };
        }
        counts[kind].fetch_add(wanted, Ordering::Relaxed);
        Reply::ok(json!({"sold": wanted}).to_string())
    });
    let quantity = || Body::Json(Json::Object(vec![("quantity".into(), Json::Value(Slot::Range(1..=3)))]));
    let sells = |call: Call, sold: Vec<(usize, Sold)>| (Call { sells: sold, ..call }, 1.0);
    let tasks = vec![
        sells(post("/one", Body::None), vec![(0, Sold::Fixed(1.0)), (1, Sold::Fixed(1.0))]),
        sells(post("/some", quantity()), vec![(0, Sold::Asked(json_path("$.quantity")))]),
        sells(post("/told", quantity()), vec![(0, Sold::Answered(json_path("$.sold")))]),
    ];
    let mut plan = plan(&server.host, each(5, 100), tasks);
    let audit = |name: &str| StockAudit { name: name.into(), reads: vec![], value: None };
    plan.audits = vec![audit("stock"), audit("single ones")];
    let ran = go(plan, 2).await;
    let [one, some, told] = [0, 1, 2].map(|kind| sold[kind].load(Ordering::Relaxed) as f64);
    assert!(one > 50.0 && some > 50.0 && told > 50.0, "{one} {some} {told}");
    assert!((498.0..=500.0).contains(&(one + some + told)));
    assert_eq!(ran.counter(&PlanBehaviour::sold_metric("stock")), one + some + told);
    assert_eq!(ran.counter(&PlanBehaviour::sold_metric("single ones")), one);
    assert_eq!(ran.check("POST /told: sells stock").1, 0);
}

#[tokio::test]
async fn what_was_sold_but_cannot_be_told_is_a_failed_check() {
    let server = Server::start(|_| Reply::ok("sold out? no!"));
    let mut task = post("/buy", Body::None);
    task.sells = vec![(0, Sold::Answered(json_path("$.sold")))];
    let mut plan = plan(&server.host, each(1, 3), vec![(task, 1.0)]);
    plan.audits = vec![StockAudit { name: "stock".into(), reads: vec![], value: None }];
    let ran = go(plan, 1).await;
    assert_eq!(ran.check("POST /buy: sells stock"), (0, 3));
    assert_eq!(ran.counter("sold_stock"), 0.0);
}

#[tokio::test]
async fn errors_are_samples_and_end_nothing() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = Server::start(|_| Reply::ok("").after(Duration::from_secs(30)));
    let mut slow = get(&format!("{}/slow", server.host));
    slow.timeout = Duration::from_millis(50);
    slow.checks = vec![check("no answer passes", Rule::Within(Duration::from_secs(9)))];
    let mut header = get("/header");
    header.headers = vec![(HeaderName::from_static("x-a"), text("a\nb"))];
    let url = call(Method::GET, parts([t("http://a b/"), s(Slot::Vu)]));
    let tasks = vec![(get("/refused"), 1.0), (slow, 1.0), (header, 1.0), (url, 1.0)];
    let ran = go(plan(&format!("http://{closed}"), each(2, 40), tasks), 2).await;
    assert_eq!((ran.sum(Builtin::ITERATIONS), ran.requests()), (80.0, 80));
    assert_eq!(ran.sum(Builtin::HTTP_REQ_FAILED), 80.0);
    let codes: Vec<_> = ran.rows().into_keys().collect();
    let row = |code, name| {
        format!("error_code={code} expected_response=false group= name=GET {name} run=r scenario=a status=0")
    };
    let slow = format!("{}/slow", server.host);
    assert_eq!(
        codes,
        [row(1000, "/header"), row(1020, "http://a b/{}"), row(1050, &slow), row(1212, "/refused")]
    );
    assert_eq!(ran.check("no answer passes"), (0, server.seen().len() as u64));
}

#[tokio::test]
async fn every_hop_of_a_redirect_is_counted() {
    let server = Server::start(|seen| match seen.path.as_str() {
        "/old" => Reply::status(302).header("Location", "/new"),
        _ => Reply::ok("here"),
    });
    let mut task = get("/old");
    task.checks = vec![check("arrives", Rule::Contains(text("here")))];
    let ran = go(plan(&server.host, each(1, 5), vec![(task, 1.0)]), 1).await;
    assert_eq!((server.seen().len(), ran.requests()), (10, 10));
    assert_eq!(ran.rows().len(), 2);
    assert_eq!(ran.check("arrives"), (5, 0));
}
