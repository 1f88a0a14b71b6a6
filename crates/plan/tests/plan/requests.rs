//! Requests in all of their forms.

use std::time::Duration;

use flashcrowd_plan::{Body, Found, Json, Part, Rule, Sold, Template};
use http::Method;
use serde_json::json;

use crate::fixture::small;

fn text(template: &Template) -> String {
    let part = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Slot(slot) => format!("<{slot:?}>"),
    };
    template.parts.iter().map(part).collect()
}

#[test]
fn a_line_is_a_method_a_path_and_a_weight() {
    let plan = small(
        "
requests:
  - GET /inventory/1: 50%
  - post /purchase/1: 30%
  - /health: 15.5%
  - GET http://other:1/x: 4.5%
",
    );
    let calls: Vec<_> =
        plan.tasks.iter().map(|call| (call.name.as_str(), &call.method, text(&call.path))).collect();
    assert_eq!(
        calls,
        [
            ("GET /inventory/1", &Method::GET, "/inventory/1".to_owned()),
            ("POST /purchase/1", &Method::POST, "/purchase/1".to_owned()),
            ("GET /health", &Method::GET, "/health".to_owned()),
            ("GET http://other:1/x", &Method::GET, "http://other:1/x".to_owned()),
        ]
    );
    assert_eq!(plan.mixes[0].tasks, [(0, 50.0), (1, 30.0), (2, 15.5), (3, 4.5)]);
    assert_eq!(plan.tasks[0].timeout, Duration::from_secs(30));
}

#[test]
fn requests_are_a_list_or_an_object_and_the_same_twice_is_one() {
    for (requests, expected) in [
        ("requests: {GET /a: 3, /b: 1}", vec![(0, 3.0), (1, 1.0)]),
        ("requests: [GET /a, GET /b]", vec![(0, 1.0), (1, 1.0)]),
        ("requests: [GET /a: 1, /a: 2]", vec![(0, 3.0)]),
        ("requests: [GET /a: 33.3%, GET /b: 33.3%, GET /c: 33.3%]", vec![(0, 33.3), (1, 33.3), (2, 33.3)]),
    ] {
        assert_eq!(small(requests).mixes[0].tasks, expected, "{requests}");
    }
}

#[test]
fn tasks_are_all_asked_for_unless_requests_say_which() {
    let tasks = "
tasks:
  browse: GET /inventory/1
  buy: {weight: 3, method: POST, path: /purchase/1, json: {quantity: 1}}
  login: POST /login
";
    let all = small(tasks);
    assert_eq!(all.mixes[0].tasks, [(0, 1.0), (1, 3.0), (2, 1.0)]);
    let names: Vec<_> = all.tasks.iter().map(|call| call.name.as_str()).collect();
    assert_eq!(names, ["browse", "buy", "login"]);
    let some = small(&format!("{tasks}requests:\n  - buy: 70%\n  - browse: 30%\n"));
    assert_eq!(some.mixes[0].tasks, [(1, 70.0), (0, 30.0)]);
    let own = small(&format!("{tasks}requests: [buy, browse, GET /health]\n"));
    assert_eq!(own.mixes[0].tasks, [(1, 3.0), (0, 1.0), (3, 1.0)]);
}

#[test]
fn a_request_in_full_says_everything() {
    let plan = small(
        r#"
timeout: 3s
requests:
  - name: buy
    weight: 70%
    path: /purchase/{1..10}
    headers: {X-Shop: black}
    json: {quantity: 2, tags: [a, "{vu}"], note: "user {vu}", nothing: null}
    timeout: 2s
    checks:
      - status: [200, 409, 3xx]
      - body_contains: ok
        body_matches: ^\{.*\}$
      - json: {$.stock: 5, "$.name": "{vu}"}
        json_exists: [$.stock, /sold]
      - response_time: < 500ms
    save: {order: $.orderId, place: {header: Location}, first: /items/0}
  - POST /form:
      weight: 20%
      form: {name: a b, token: "{order}"}
  - PUT /text: {weight: 10%, body: "{{\"a\": {vu}}}", headers: {Content-Type: text/plain}}
"#,
    );
    let [buy, form, text_call] = &plan.tasks[..] else { panic!() };
    assert_eq!((buy.name.as_str(), &buy.method, buy.timeout), ("buy", &Method::POST, Duration::from_secs(2)));
    let Body::Json(Json::Object(fields)) = &buy.body else { panic!("{:?}", buy.body) };
    assert!(matches!(&fields[0].1, Json::Plain(value) if *value == json!(2)));
    assert!(matches!(&fields[1].1, Json::List(items) if matches!(items[1], Json::Value(_))));
    assert!(
        matches!(&fields[2].1, Json::Text(_))
            && matches!(&fields[3].1, Json::Plain(value) if value.is_null())
    );
    let names: Vec<_> = buy.checks.iter().map(|check| check.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "buy: status is 200 or 409 or 3xx",
            "buy: body contains 'ok'",
            "buy: body matches '^\\{.*\\}$'",
            "buy: $.stock is 5",
            "buy: $.name is '{vu}'",
            "buy: $.stock exists",
            "buy: /sold exists",
            "buy: response time is below 500ms",
        ]
    );
    assert!(
        matches!(&buy.checks[0].rule, Rule::Status(ranges) if *ranges == [200..=200, 409..=409, 300..=399])
    );
    let kept: Vec<_> = buy.saves.iter().map(|save| (save.slot, save.name.as_str())).collect();
    assert_eq!((kept, plan.saved), (vec![(0, "order"), (1, "place"), (2, "first")], 3));
    assert!(matches!(&buy.saves[1].from, Found::Header(name) if name == "location"));
    let Body::Text(sent) = &form.body else { panic!() };
    assert_eq!((form.name.as_str(), text(sent).as_str()), ("POST /form", "name=a+b&token=<Saved(0)>"));
    assert_eq!(text(&form.headers[0].1), "application/x-www-form-urlencoded");
    let Body::Text(sent) = &text_call.body else { panic!() };
    assert_eq!((&text_call.method, text(sent).as_str()), (&Method::PUT, "{\"a\": <Vu>}"));
    assert_eq!(plan.tasks[1].timeout, Duration::from_secs(3));
}

#[test]
fn users_log_in_and_keep_what_they_get() {
    let plan = small(
        r#"
headers: {Authorization: "Bearer {token}", Accept: application/json}
on_start:
  - POST /login:
      json: {username: user_{1..10000}, password: password123}
      save: {token: $.access_token}
  - GET /me
requests: [GET /]
"#,
    );
    let names: Vec<_> = plan.on_start.iter().map(|call| call.name.as_str()).collect();
    assert_eq!((names, plan.tasks.len()), (vec!["POST /login", "GET /me"], 1));
    assert_eq!(text(&plan.headers[0].1), "Bearer <Saved(0)>");
    assert_eq!(plan.mixes[0].tasks, [(0, 1.0)]);
}

#[test]
fn an_audit_reads_each_and_knows_what_is_sold() {
    let plan = small(
        "
data: {product: 1..3, color: [red, blue]}
tasks:
  buy: {method: POST, path: '/purchase/{product}', json: {quantity: '{1..3}'}}
  gift: {method: POST, path: /gift, sells: {stock: 1}}
requests: [buy, gift, POST /order]
audit:
  stock:
    read: [GET /inventory/{product}, '/extra/{red|blue}/{1..2}']
    value: $.stock
    sells: {buy: quantity, POST /order: $.sold}
",
    );
    let audit = &plan.audits[0];
    let names: Vec<_> = audit.reads.iter().map(|call| call.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "GET /inventory/1",
            "GET /inventory/2",
            "GET /inventory/3",
            "GET /extra/red/1",
            "GET /extra/red/2",
            "GET /extra/blue/1",
            "GET /extra/blue/2",
        ]
    );
    assert_eq!(audit.value.as_ref().unwrap().to_string(), "$.stock");
    let sold = |at: usize| plan.tasks[at].sells.iter().map(|(_, sold)| sold.clone()).next().unwrap();
    assert!(matches!(sold(0), Sold::Asked(path) if path.to_string() == "$['quantity']"));
    assert!(matches!(sold(1), Sold::Fixed(1.0)));
    assert!(matches!(sold(2), Sold::Answered(_)));
}
