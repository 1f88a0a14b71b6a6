//! Module `k6/metrics`: metrics of a script's own.

use crate::harness::{Script, check};

const HEAD: &str = "import { Counter, Gauge, Rate, Trend } from 'k6/metrics';
const counter = new Counter('my_counter'), gauge = new Gauge('my_gauge'), rate = new Rate('my_rate'), trend = new Trend('my_trend', true);
const thrown = (f) => { try { return ['returned', f()]; } catch (e) { return `${e.name}: ${e.message}`; } };";

#[test]
fn each_kind_keeps_what_it_is_for() {
    let body = "for (const value of [1, 5, 3]) { counter.add(value); gauge.add(value); trend.add(value); } rate.add(true); rate.add(0); rate.add(1);";
    let ran = Script::of_body(HEAD, body).run();
    assert_eq!(ran.sum("my_counter"), 9.0);
    assert_eq!(ran.stat("my_gauge", "value"), Some(3.0));
    assert_eq!((ran.stat("my_rate", "rate"), ran.sum("my_rate")), (Some(2.0 / 3.0), 2.0));
    let trend = ["min", "max", "avg", "med"].map(|stat| ran.stat("my_trend", stat));
    assert_eq!(trend, [Some(1.0), Some(5.0), Some(3.0), Some(3.0)]);
    assert!(ran.stat("my_counter", "rate") > Some(0.0));
}

#[test]
fn what_is_a_value() {
    let body = "console.log([2, true, false, '1.5'].map((value) => counter.add(value)));";
    let ran = Script::of_body(HEAD, body).run();
    assert_eq!((ran.text().as_str(), ran.sum("my_counter")), ("[ true, true, true, true ]", 4.5));
    let no_value = |shown: &str| {
        format!("'{shown}' is an invalid value for metric 'my_counter', a number or a boolean is expected")
    };
    for (value, shown) in
        [("", "undefined"), ("null", "null"), ("NaN", "NaN"), ("'x'", "x"), ("{}", "[object Object]")]
    {
        let body = format!("console.log(thrown(() => counter.add({value})));");
        let ran = Script::of_body(HEAD, &body).run();
        assert_eq!(ran.said, [no_value(shown).as_str(), "[ 'returned', false ]"], "{value}");
        assert_eq!(ran.sum("my_counter"), 0.0);
        let ran = Script::of_body(HEAD, &body).flags(serde_json::json!({ "throw": true })).run();
        assert_eq!(ran.said, [format!("TypeError: {}", no_value(shown))], "{value}");
    }
}

#[test]
fn samples_have_tags() {
    let options = "export const options = { thresholds: { my_counter: ['count==111'], 'my_counter{page:home}': ['count==100'], 'my_counter{n:2}': ['count==10'],
      'my_counter{scenario:default}': ['count==111'] } };";
    let body = "counter.add(1); counter.add(10, { n: 2, yes: true }); counter.add(100, { page: 'home' });";
    let ran = Script::of_body(&format!("{HEAD}{options}"), body).run();
    assert_eq!((ran.crossed(), ran.text().as_str()), (vec![], ""));
    check(
        HEAD,
        &[
            (
                "console.log(thrown(() => counter.add(1, { a: {} })));",
                "TypeError: tag 'a' must be a string, a number or a boolean",
            ),
            ("console.log(thrown(() => counter.add(1, 'a')));", "[ 'returned', true ]"),
            (
                "console.log(counter.add(1, null), counter.add(1, {}), counter.add(1, { a: '\\ud800' }));",
                "true true true",
            ),
        ],
    );
}

#[test]
fn a_metric_is_one_however_often_it_is_made() {
    let ran = Script::of_body(
        &format!("{HEAD} const again = new Counter('my_counter');"),
        "counter.add(1); again.add(2);",
    )
    .run();
    assert_eq!(ran.sum("my_counter"), 3.0);
    check(
        HEAD,
        &[
            (
                "console.log(counter.name, counter instanceof Counter, counter instanceof Gauge, Trend.name);",
                "my_counter true false Trend",
            ),
            (
                "console.log(Object.keys(counter), JSON.stringify(counter));",
                "[ 'name' ] {\"name\":\"my_counter\"}",
            ),
            (
                "console.log(thrown(() => new Counter('late')));",
                "Error: metrics must be declared in the init context",
            ),
        ],
    );
}

#[test]
fn what_cannot_be_a_metric_is_refused() {
    for (made, expected) in [
        ("new Counter('a')", "a"),
        ("new Counter('1st')", "1st"),
        ("new Counter('a b')", "a b"),
        ("new Counter()", "''"),
        (
            "new Gauge('my_counter')",
            "metric 'my_counter' already exists as a counter metric and cannot also be a gauge metric",
        ),
        ("new Trend('my_trend')", "my_trend"),
        ("counter.add(1)", "cannot add samples to a metric in the init context"),
    ] {
        let error = Script::new(format!("{HEAD} {made}; export default () => {{}};")).load().err();
        let error = error.unwrap_or_else(|| panic!("{made} was taken"));
        assert!(error.starts_with("Error: ") && error.contains(expected), "{made}: {error}");
    }
}

#[test]
fn metrics_of_a_script_can_have_thresholds() {
    let script = |name: &str| {
        format!(
            "{HEAD} export const options = {{ thresholds: {{ '{name}': ['count>0'] }} }}; export default () => {{}};"
        )
    };
    assert!(Script::new(script("my_counter")).load().is_ok());
    let error = Script::new(script("my_cuonter")).load().err().unwrap();
    assert!(error.contains("my_cuonter") && error.contains("my_counter"), "{error}");
    let error = Script::new(script("my_gauge")).load().err().unwrap();
    assert!(error.contains("my_gauge"), "{error}");
}
