//! What stands in for placeholders.

use std::collections::{BTreeMap, BTreeSet};

use flashcrowd_plan::{Body, Json, Pick, Slot, Template, Values};
use http::{HeaderName, Method, header};
use serde_json::{Value, json};

use crate::plans::{call, data, each, get, go, parts, plan, post, s, t, text};
use crate::server::Server;

/// The paths that so many users with so many iterations each ask for.
async fn paths(path: Template, values: Vec<Values>, vus: u64, iterations: u64) -> Vec<String> {
    let server = Server::plain();
    let mut plan = plan(&server.host, each(vus, iterations), vec![(call(Method::GET, path), 1.0)]);
    plan.data = values.into_iter().map(|values| data("x", values)).collect();
    let ran = go(plan, 2).await;
    let paths: Vec<String> = server.seen().into_iter().map(|seen| seen.path).collect();
    assert_eq!(paths.len(), ran.requests());
    assert_eq!(paths.len() as u64, vus * iterations);
    paths
}

fn rows(values: Value, pick: Pick) -> Values {
    let Value::Array(rows) = values else { panic!("rows are a list") };
    Values::Rows { rows: rows.into(), pick }
}

#[tokio::test]
async fn ranges_and_choices_are_drawn_each_time_they_are_met() {
    let choice = Slot::Choice(["red".to_owned(), "blue".to_owned()].into());
    let slots = [Slot::Range(1..=3), choice, Slot::Range(-2..=-1), Slot::Range(1..=3)];
    let path = parts(slots.into_iter().flat_map(|slot| [t("/"), s(slot)]));
    let seen: BTreeSet<String> = paths(path, vec![], 2, 500).await.into_iter().collect();
    let mut all = BTreeSet::new();
    for (first, last) in (1..=3).flat_map(|first| (1..=3).map(move |last| (first, last))) {
        for (color, negative) in [("red", -1), ("red", -2), ("blue", -1), ("blue", -2)] {
            all.insert(format!("/{first}/{color}/{negative}/{last}"));
        }
    }
    assert_eq!(seen, all);
}

#[tokio::test]
async fn a_sequence_gives_each_number_once_over_all_workers() {
    let path = parts([t("/"), s(Slot::Data(0)), t("/"), s(Slot::Data(0))]);
    let seen = paths(path, vec![Values::Sequence { start: 10, step: 5 }], 7, 100).await;
    let seen: BTreeSet<String> = seen.into_iter().collect();
    let all = (0..700).map(|n| format!("/{0}/{0}", 10 + 5 * n)).collect::<BTreeSet<_>>();
    assert_eq!(seen, all);
}

#[tokio::test]
async fn rows_in_turn_come_equally_often_and_begin_again() {
    let values = rows(json!(["a", "b", "c"]), Pick::Sequence);
    let seen = paths(parts([t("/"), s(Slot::Data(0))]), vec![values], 3, 100).await;
    let mut counts = BTreeMap::<String, usize>::new();
    seen.into_iter().for_each(|path| *counts.entry(path).or_default() += 1);
    assert_eq!(counts.into_values().collect::<Vec<_>>(), [100, 100, 100]);
}

#[tokio::test]
async fn a_user_has_its_own_row_and_number() {
    let values = rows(json!([{"n": "one"}, {"n": "two"}, {"n": "three"}]), Pick::User);
    let path = parts([t("/"), s(Slot::Vu), t("/"), s(Slot::Column(0, "n".into()))]);
    let seen: BTreeSet<String> = paths(path, vec![values], 4, 25).await.into_iter().collect();
    assert_eq!(seen, ["/1/one", "/2/two", "/3/three", "/4/one"].map(str::to_owned).into());
}

#[tokio::test]
async fn iterations_have_their_numbers() {
    let seen: BTreeSet<String> =
        paths(parts([t("/"), s(Slot::Iteration)]), vec![], 4, 25).await.into_iter().collect();
    assert_eq!(seen, (0..100).map(|n| format!("/{n}")).collect());
}

#[tokio::test]
async fn a_source_gives_one_value_for_the_whole_task() {
    let server = Server::plain();
    let column = |name: &str| Slot::Column(0, name.into());
    let mut task = call(Method::POST, parts([t("/"), s(column("name"))]));
    task.headers = vec![(HeaderName::from_static("x-id"), parts([t("id "), s(column("id"))]))];
    task.body = Body::Text(parts([s(column("name")), t("="), s(column("id")), t(";"), s(column("no"))]));
    let users: Vec<Value> = (0..50).map(|n| json!({"name": format!("user{n}"), "id": n})).collect();
    let mut plan = plan(&server.host, each(2, 200), vec![(task, 1.0)]);
    plan.data = vec![data("user", rows(users.into(), Pick::Random))];
    go(plan, 2).await;
    let mut met = BTreeSet::new();
    for seen in server.seen() {
        let name = &seen.path[1..];
        let id = name.strip_prefix("user").unwrap();
        assert_eq!(seen.headers["x-id"], format!("id {id}"));
        assert_eq!(seen.body, format!("{name}={id};"));
        met.insert(name.to_owned());
    }
    assert!(met.len() > 40, "{met:?}");
}

#[tokio::test]
async fn values_in_json_keep_their_types() {
    let server = Server::plain();
    let column = |name: &str| Slot::Column(0, name.into());
    let body = Json::Object(vec![
        ("plain".into(), Json::Plain(json!({"a": [1, null, "\"x\""]}))),
        ("number".into(), Json::Value(Slot::Range(7..=7))),
        ("text \"q\"".into(), Json::Value(column("text"))),
        ("price".into(), Json::Value(column("price"))),
        ("list".into(), Json::List(vec![Json::Value(column("tags")), Json::Plain(json!(true))])),
        ("missing".into(), Json::Value(column("nothing"))),
        ("vu".into(), Json::Value(Slot::Vu)),
        (
            "mixed".into(),
            Json::Text(parts([
                t("a\\\"\n"),
                s(column("text")),
                t(" "),
                s(column("price")),
                s(column("tags")),
            ])),
        ),
    ]);
    let mut plan = plan(&server.host, each(1, 1), vec![(post("/", Body::Json(body)), 1.0)]);
    let row = json!({"text": "say \"hi\"\\\n", "price": 1.5, "tags": ["t"]});
    plan.data = vec![data("row", rows(json!([row]), Pick::Random))];
    go(plan, 1).await;
    let seen = server.seen().remove(0);
    assert_eq!(seen.headers["content-type"], "application/json");
    assert_eq!(
        serde_json::from_str::<Value>(&seen.body).unwrap(),
        json!({
            "plain": {"a": [1, null, "\"x\""]},
            "number": 7,
            "text \"q\"": "say \"hi\"\\\n",
            "price": 1.5,
            "list": [["t"], true],
            "missing": null,
            "vu": 1,
            "mixed": "a\\\"\nsay \"hi\"\\\n 1.5[\"t\"]",
        })
    );
}

#[tokio::test]
async fn headers_of_a_request_go_over_those_of_all() {
    let server = Server::plain();
    let mut task = post("/", Body::Json(Json::Plain(json!({"a": 1}))));
    task.headers = vec![
        (header::ACCEPT, text("text/plain")),
        (header::CONTENT_TYPE, parts([t("application/vnd.v"), s(Slot::Range(2..=2)), t("+json")])),
    ];
    let mut plan = plan(&server.host, each(1, 1), vec![(task, 1.0)]);
    plan.headers = vec![(header::ACCEPT, text("*/*")), (header::USER_AGENT, text("shopper"))];
    go(plan, 1).await;
    let seen = server.seen().remove(0);
    assert_eq!((seen.method.as_str(), seen.body.as_str()), ("POST", r#"{"a":1}"#));
    for (name, value) in
        [("accept", "text/plain"), ("user-agent", "shopper"), ("content-type", "application/vnd.v2+json")]
    {
        assert_eq!(seen.headers[name], value);
    }
}

#[tokio::test]
async fn a_path_may_be_a_whole_url() {
    let (server, other) = (Server::plain(), Server::plain());
    let tasks = vec![
        (get(&format!("{}/fixed", other.host)), 1.0),
        (call(Method::GET, parts([s(Slot::Data(0)), t("/drawn")])), 1.0),
    ];
    let mut plan = plan(&server.host, each(1, 60), tasks);
    plan.data = vec![data("host", rows(json!([other.host]), Pick::Random))];
    go(plan, 1).await;
    assert_eq!(server.seen().len(), 0);
    assert!(other.to("/fixed").len() > 5 && other.to("/drawn").len() > 5);
    assert_eq!(other.seen().len(), 60);
}
