//! Reading stocks.

use flashcrowd_plan::{Body, Json, Slot, StockAudit, TestPlan, read_stocks};
use http::header;
use serde_json::json;
use tokio::task::LocalSet;

use crate::plans::{each, get, http, json_path, parts, plan, post, s, save, t};
use crate::server::{Reply, Server};

async fn read(plan: &TestPlan) -> Vec<Result<f64, String>> {
    LocalSet::new().run_until(read_stocks(plan, &http())).await
}

fn audit(paths: &[&str], value: Option<&str>) -> StockAudit {
    let reads = paths.iter().map(|path| get(path)).collect();
    StockAudit { name: "stock".into(), reads, value: value.map(json_path) }
}

fn server() -> Server {
    Server::start(|seen| match seen.path.as_str() {
        "/1" => Reply::ok(r#"{"stock": 40}"#),
        "/2" => Reply::ok(r#"{"stock": "2.5"}"#),
        "/number" => Reply::ok(" 17\n"),
        "/null" => Reply::ok(r#"{"stock": null}"#),
        "/empty" => Reply::ok(""),
        "/nan" => Reply::ok("NaN"),
        "/page" => Reply::ok(format!("<html>{}", "x".repeat(100))),
        "/login" => Reply::ok(r#"{"token": "t"}"#),
        "/mine" if seen.headers.get("authorization").is_some_and(|value| value == "Bearer t") => {
            Reply::ok("5")
        }
        "/mine" => Reply::status(401),
        _ => Reply::status(500),
    })
}

#[tokio::test]
async fn stocks_are_added_up_and_problems_are_named() {
    let server = server();
    let mut plan = plan(&server.host, each(1, 1), vec![(get("/1"), 1.0)]);
    plan.on_start = vec![get("/not-needed")];
    plan.audits = vec![
        audit(&["/1", "/2", "/1"], Some("$.stock")),
        audit(&["/number"], None),
        audit(&[], None),
        audit(&["/1", "/broken"], Some("$.stock")),
        audit(&["/null"], Some("$.stock")),
        audit(&["/1"], Some("$.left")),
        audit(&["/1"], None),
        audit(&["/empty"], Some("$.stock")),
        audit(&["/nan"], None),
        audit(&["/page"], None),
        audit(&["http://127.0.0.1:1/"], None),
    ];
    let stocks: Vec<String> = read(&plan)
        .await
        .into_iter()
        .map(|stock| stock.map_or_else(|problem| problem, |stock| stock.to_string()))
        .collect();
    insta::assert_snapshot!(stocks.join("\n"), @r#"
    82.5
    17
    0
    GET /broken: status 500
    GET /null: $.stock is not a number but null
    GET /1: $.left is not in {"stock":40}
    GET /1: the body is not a number but {"stock": 40}: say where the number is, as in value: $.stock
    GET /empty: the body is not JSON but empty
    GET /nan: the body is not a number but NaN: say where the number is, as in value: $.stock
    GET /page: the body is not a number but <html>xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...: say where the number is, as in value: $.stock
    GET http://127.0.0.1:1/: dial: connection refused
    "#);
    assert!(server.to("/not-needed").is_empty());
}

#[tokio::test]
async fn the_log_in_comes_first_where_its_token_is_needed() {
    let server = server();
    let mut plan = plan(&server.host, each(1, 1), vec![(get("/1"), 1.0)]);
    let mut login = post("/login", Body::Json(Json::Plain(json!({"user": 1}))));
    login.saves = vec![save(0, "token", "$.token")];
    plan.on_start = vec![login];
    plan.saved = 1;
    plan.headers = vec![(header::AUTHORIZATION, parts([t("Bearer "), s(Slot::Saved(0))]))];
    plan.audits = vec![audit(&["/mine", "/mine"], None), audit(&["/1"], Some("$.stock"))];
    assert_eq!(read(&plan).await, [Ok(10.0), Ok(40.0)]);
    assert_eq!(server.to("/login").len(), 1);

    plan.on_start[0].saves = vec![save(0, "token", "$.access")];
    let problem = Err("on_start: POST /login: its answer is not as the plan has it".to_owned());
    assert_eq!(read(&plan).await, [problem.clone(), problem]);
    plan.on_start[0].path = crate::plans::text("/broken");
    assert_eq!(read(&plan).await[0], Err("on_start: POST /login: status 500".to_owned()));
}
