//! Placeholders, where their values come from, and single values.

use std::time::Duration;

use flashcrowd_plan::{Body, Json, Part, Pick, Slot, TargetMetrics, TestPlan, Values};
use serde_json::json;

use crate::fixture::{Folder, small};

fn slots(plan: &TestPlan) -> Vec<Slot> {
    let parts = plan.tasks.iter().flat_map(|call| &call.path.parts);
    let slot = |part: &Part| match part {
        Part::Slot(slot) => Some(slot.clone()),
        Part::Text(_) => None,
    };
    parts.filter_map(slot).collect()
}

#[test]
fn placeholders_stand_for_data_ranges_choices_and_the_user() {
    let plan = small(
        "
data: {product: 1..10, color: [red, blue], 상품: 1..2}
requests:
  - GET /{product}/{color}/{상품}/{-5..10}/{red|blue}/{vu}/{iteration}/{{x}}
",
    );
    assert_eq!(
        slots(&plan),
        [
            Slot::Data(0),
            Slot::Data(1),
            Slot::Data(2),
            Slot::Range(-5..=10),
            Slot::Choice(["red".to_owned(), "blue".to_owned()].into()),
            Slot::Vu,
            Slot::Iteration,
        ]
    );
    let last = plan.tasks[0].path.parts.last().unwrap();
    assert_eq!(last, &Part::Text("/{x}".to_owned()));
}

#[test]
fn data_comes_from_ranges_lists_files_and_sequences() {
    let folder = Folder::new()
        .file("data/users.csv", "name,age\nkim,30\n\"lee, jr\",31\n")
        .file("items.json", "[{\"id\": 7}, {\"id\": 8, \"tag\": \"x\"}]")
        .file(
            "plan.yaml",
            "
host: http://h
data:
  user: {file: data/users.csv, pick: user}
  item: {file: items.json, pick: sequence}
  size: {values: [1, two, 3.5]}
  id: {sequence: 100, step: 2}
requests: ['GET /{user.name}/{user.age}/{item.tag}/{size}/{id}']
steps: [{users: 1, duration: 1s}]
",
        );
    let plan = folder.read().unwrap().remove(0);
    let rows = |at: usize| match &plan.data[at].values {
        Values::Rows { rows, pick } => (json!(rows.to_vec()), *pick),
        other => panic!("{other:?}"),
    };
    assert_eq!(rows(0), (json!([{"name": "kim", "age": 30}, {"name": "lee, jr", "age": 31}]), Pick::User));
    assert_eq!(rows(1), (json!([{"id": 7}, {"id": 8, "tag": "x"}]), Pick::Sequence));
    assert_eq!(rows(2), (json!([1, "two", 3.5]), Pick::Random));
    assert!(matches!(plan.data[3].values, Values::Sequence { start: 100, step: 2 }));
    let column = |at, name: &str| Slot::Column(at, name.to_owned());
    assert_eq!(
        slots(&plan),
        [column(0, "name"), column(0, "age"), column(1, "tag"), Slot::Data(2), Slot::Data(3)]
    );
}

#[test]
fn a_placeholder_without_quotes_is_one_and_keeps_its_type() {
    let plan = small(
        "
data: {qty: 1..3}
requests: [POST /: {json: {quantity: {qty}, any: {1..5}, lone: {a: }, color: {red|blue}, text: 'x{qty}'}}]
",
    );
    let Body::Json(Json::Object(fields)) = &plan.tasks[0].body else { panic!() };
    assert!(matches!(&fields[0].1, Json::Value(Slot::Data(0))));
    assert!(matches!(&fields[1].1, Json::Value(Slot::Range(_))));
    assert!(matches!(&fields[2].1, Json::Plain(value) if *value == json!({"a": null})));
    assert!(matches!(&fields[3].1, Json::Value(Slot::Choice(_))));
    assert!(matches!(&fields[4].1, Json::Text(_)));
}

#[test]
fn variables_of_the_environment_are_filled_in() {
    let folder = Folder::new().env("HOST", "http://shop:1").env("USERS", "7").env("KEY", "a{b}").file(
        "plan.yaml",
        "
host: ${HOST}/api
headers: {X-Key: '${KEY}', X-Literal: '$${KEY} $5'}
requests: [POST /: {json: {n: '${USERS}'}}]
steps:
  - users: ${USERS}
    duration: 1s
",
    );
    let plan = folder.read().unwrap().remove(0);
    assert_eq!(plan.host, "http://shop:1/api");
    let value = |at: usize| plan.headers[at].1.parts.clone();
    assert_eq!(value(0), [Part::Text("a{b}".to_owned())]);
    assert_eq!(value(1), [Part::Text("${KEY} $5".to_owned())]);
    assert_eq!(flashcrowd_engine::phases(&plan.scenarios)[0].users, Some(7));
    let Body::Json(Json::Plain(body)) = &plan.tasks[0].body else { panic!() };
    assert_eq!(*body, json!({"n": "7"}));
}

#[test]
fn the_rest_is_read_and_has_defaults() {
    let plan = small("requests: [GET /]");
    assert_eq!((plan.name.as_str(), plan.description.as_str()), ("plan", ""));
    assert_eq!(plan.wait, Duration::ZERO..=Duration::ZERO);
    assert_eq!((plan.metrics, plan.stop_at_breaking_point), (TargetMetrics::Auto, false));
    let plan = small(
        "
name: 블랙프라이데이
description: 한글 설명
wait: 0.1s-0.5s
target: {metrics: 'http://h:9/metrics'}
stop_at_breaking_point: true
requests: [GET /]
",
    );
    assert_eq!((plan.name.as_str(), plan.description.as_str()), ("블랙프라이데이", "한글 설명"));
    assert_eq!(plan.wait, Duration::from_millis(100)..=Duration::from_millis(500));
    assert_eq!(plan.metrics, TargetMetrics::At(vec!["http://h:9/metrics".to_owned()]));
    assert!(plan.stop_at_breaking_point);
    assert_eq!(small("requests: [GET /]\ntarget: {metrics: off}").metrics, TargetMetrics::Off);
}

#[test]
fn charts_are_one_series_or_several() {
    let read = |charts: &str| small(&format!("requests: [GET /]\ntarget: {{charts: {charts}}}")).charts;
    assert_eq!(read("inventory_stock_current"), ["inventory_stock_current"]);
    assert_eq!(read(r#"[a, 'b{item="1"}']"#), ["a", r#"b{item="1"}"#]);
    assert_eq!(small("requests: [GET /]").charts, Vec::<String>::new());
}

#[test]
fn the_targets_metrics_are_at_any_number_of_urls() {
    let read = |metrics: &str| small(&format!("requests: [GET /]\ntarget: {{metrics: {metrics}}}")).metrics;
    let at = |urls: &[&str]| TargetMetrics::At(urls.iter().map(|url| (*url).to_owned()).collect());
    for (written, expected) in [
        ("auto", TargetMetrics::Auto),
        ("off", TargetMetrics::Off),
        ("false", TargetMetrics::Off),
        ("'http://h:9/metrics'", at(&["http://h:9/metrics"])),
        ("['http://h:9/metrics']", at(&["http://h:9/metrics"])),
        ("['http://h:9/metrics', 'HTTPS://db:1/m']", at(&["http://h:9/metrics", "HTTPS://db:1/m"])),
    ] {
        assert_eq!(read(written), expected, "{written}");
    }
}
