//! What users do before their first task.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use flashcrowd_plan::{Body, Check, Data, Json, Rule, Slot, TestPlan, Values};
use http::header;
use serde_json::{Value, json};

use crate::plans::{check, each, get, go, parts, plan, post, s, save, t};
use crate::server::{Reply, Seen, Server};

/// A plan whose users log in with a number of their own, and send the token with everything.
fn with_login(host: &str, executor: Value, checks: Vec<Check>) -> TestPlan {
    let body = Json::Object(vec![("user".into(), Json::Value(Slot::Data(0)))]);
    let mut login = post("/login", Body::Json(body));
    login.checks = checks;
    login.saves = vec![save(0, "token", "$.token")];
    let mut plan = plan(host, executor, vec![(get("/buy"), 1.0)]);
    plan.on_start = vec![login, get("/welcome")];
    plan.saved = 1;
    plan.data = vec![Data { name: "user".into(), values: Values::Sequence { start: 1, step: 1 } }];
    plan.headers = vec![(header::AUTHORIZATION, parts([t("Bearer "), s(Slot::Saved(0))]))];
    plan
}

fn token(seen: &Seen) -> Reply {
    let user: Value = serde_json::from_str(&seen.body).unwrap();
    let user = &user["user"];
    Reply::ok(json!({"token": format!("t{user}")}).to_string()).header("Set-Cookie", format!("user={user}"))
}

#[tokio::test]
async fn a_user_logs_in_once_and_sends_its_token_from_then_on() {
    let server = Server::start(|seen| match seen.path.as_str() {
        "/login" => token(seen),
        _ => Reply::ok(""),
    });
    let ran = go(with_login(&server.host, each(6, 20), vec![]), 2).await;
    let logins = server.to("/login");
    assert_eq!(logins.len(), 6);
    assert!(logins.iter().all(|seen| !seen.headers.contains_key("authorization")));
    assert_eq!(server.to("/welcome").len(), 6);
    let buys = server.to("/buy");
    assert_eq!(buys.len(), 120);
    for user in 1..=6 {
        let token = format!("Bearer t{user}");
        let of: Vec<_> = buys.iter().filter(|seen| seen.headers["authorization"] == token).collect();
        assert_eq!(of.len(), 20, "{token}");
        assert!(of.iter().all(|seen| seen.headers["cookie"] == format!("user={user}")));
    }
    assert_eq!(ran.requests(), 132);
    assert_eq!(ran.start_check("on_start: POST /login"), (6, 0));
    assert_eq!(ran.start_check("on_start: GET /welcome"), (6, 0));
    let rows = ran.rows();
    let row =
        |group, name| format!("expected_response=true group={group} name={name} run=r scenario=a status=200");
    assert_eq!(rows[&row("::on_start", "POST /login")], 6.0);
    assert_eq!(rows[&row("::on_start", "GET /welcome")], 6.0);
    assert_eq!(rows[&row("", "GET /buy")], 120.0);
}

/// Runs two users whose first two log-ins fail like this.
async fn failing(checks: Vec<Check>, first: impl Fn(&Seen) -> Reply + Send + Sync + 'static) {
    let logins = AtomicU64::new(0);
    let server = Server::start(move |seen| match seen.path.as_str() {
        "/login" if logins.fetch_add(1, Ordering::Relaxed) < 2 => first(seen),
        "/login" => token(seen),
        _ => Reply::ok(""),
    });
    let ran = go(with_login(&server.host, each(2, 3), checks), 1).await;
    let logins = server.to("/login");
    assert_eq!(logins.len(), 4);
    let pause = logins[2].at - logins[0].at;
    assert!((950..2000).contains(&pause.as_millis()), "{pause:?}");
    assert_eq!(ran.start_check("on_start: POST /login"), (2, 2));
    assert_eq!(ran.start_check("on_start: GET /welcome"), (2, 0));
    // The first iteration of each user was spent on the log-in that failed.
    assert_eq!(server.to("/buy").len(), 4);
    assert!(server.to("/buy").iter().all(|seen| seen.headers.contains_key("authorization")));
    assert_eq!(ran.requests(), server.seen().len());
}

#[tokio::test]
async fn a_log_in_with_a_bad_status_is_tried_again() {
    failing(vec![], |_| Reply::status(500)).await;
}

#[tokio::test]
async fn a_log_in_without_a_token_is_tried_again() {
    failing(vec![], |_| Reply::ok(r#"{"token": null}"#)).await;
    failing(vec![], |_| Reply::ok("welcome")).await;
}

#[tokio::test]
async fn a_log_in_that_fails_a_check_is_tried_again() {
    let checks = vec![check("created", Rule::Status(vec![200..=200]))];
    failing(checks, |seen| Reply { status: 202, ..token(seen) }).await;
}

#[tokio::test]
async fn a_status_that_a_check_allows_is_no_failure() {
    let server = Server::start(|seen| match seen.path.as_str() {
        "/login" => Reply { status: 409, ..token(seen) },
        _ => Reply::ok(""),
    });
    let checks = vec![check("created", Rule::Status(vec![201..=201, 409..=409]))];
    let ran = go(with_login(&server.host, each(1, 5), checks), 1).await;
    assert_eq!(server.to("/login").len(), 1);
    assert_eq!(server.to("/buy").len(), 5);
    assert_eq!(ran.start_check("created"), (1, 0));
}

#[tokio::test]
async fn a_value_is_the_same_throughout_the_start_and_another_one_later() {
    let server = Server::start(|seen| match seen.path.as_str() {
        "/login" => token(seen),
        _ => Reply::ok(""),
    });
    let mut plan = with_login(&server.host, each(3, 2), vec![]);
    plan.on_start[1].path = parts([t("/welcome/"), s(Slot::Data(0))]);
    plan.tasks[0].path = parts([t("/buy/"), s(Slot::Data(0))]);
    plan.wait = Duration::from_millis(1)..=Duration::from_millis(2);
    go(plan, 2).await;
    for login in server.to("/login") {
        let user: Value = serde_json::from_str(&login.body).unwrap();
        let user = &user["user"];
        assert_eq!(server.to(&format!("/welcome/{user}")).len(), 1);
        assert_eq!(server.to(&format!("/buy/{user}")).len(), 0);
    }
}
