//! Steps and breaking points against shops whose capacity is known, and documents that tell them by their own numbers.

use std::time::Duration;

use flashcrowd_record::Record;
use flashcrowd_report::Report;
use flashcrowd_shop::{Latency, Lock, RunningShop, Shop, ShopConfig};
use serde_json::Value;

use crate::numbers;
use crate::run::{Outcome, Run};

fn shop(config: ShopConfig) -> RunningShop {
    Shop::spawn_threads(config, 1).unwrap()
}

/// A shop that sells one item after the other.
fn one_at_a_time(each: Duration) -> RunningShop {
    let write = Latency::Fixed(each);
    shop(ShopConfig { lock: Lock::Mutex, write, db_pool: 0, ..ShopConfig::fast() })
}

fn run(shop: &RunningShop, plan: &str) -> Outcome {
    Run::of("run plan.yaml -q --record r --host").arg(&shop.url()).file("plan.yaml", plan).go()
}

/// The result of a run, after the numbers in its documents were read back.
fn result(outcome: &Outcome) -> Value {
    numbers::check(&Report::of(Record::read(outcome.path("r")).unwrap()));
    outcome.json("r/result.json")
}

fn finding<'a>(result: &'a Value, id: &str) -> Option<&'a Value> {
    result["findings"].as_array().unwrap().iter().find(|one| one["id"] == id)
}

#[test]
fn a_log_in_breaks_no_shop_without_a_limit() {
    let plan = "name: log-in
on_start:
  - POST /login: {json: {username: u, password: p}, save: {token: $.access_token}}
steps:
  - {start_rate: 10/s, rate_increment: 10/s, increment_interval: 3s, max_rate: 50/s}
requests: [GET /inventory/1]
expected:
  - identify_breaking_point: true
";
    let outcome = run(&shop(ShopConfig::fast()), plan);
    let result = result(&outcome);
    assert_eq!(result["breaking_point"], Value::Null, "{:#}", result["steps"]);
    // The log-ins were there: the first steps made more requests than iterations.
    let first = &result["steps"][0];
    assert!(first["tps"].as_f64() > first["iteration_rate"].as_f64(), "{first:#}");
}

/// A worker of 12.5 ms serves 80/s. It stands still for 0.8 s at the end of the first step.
#[test]
fn one_pause_is_not_where_it_breaks() {
    let shop = one_at_a_time(Duration::from_micros(12_500));
    let plan = "name: pause
steps:
  - {start_rate: 30/s, rate_increment: 20/s, increment_interval: 4s, max_rate: 130/s, max_users: 300}
requests: [{POST /purchase/1: {json: {quantity: 1}}}]
expected:
  - breaking_point: '> 60'
stop_at_breaking_point: true
";
    let run = Run::of("run plan.yaml -q --record r --host").arg(&shop.url()).file("plan.yaml", plan).start();
    run.wait_for_lines("r/timeline.jsonl", 3);
    shop.handle().pause_for(Duration::from_millis(800));
    let outcome = run.end();
    let result = result(&outcome);
    let load = result["breaking_point"]["load"].as_f64().unwrap_or_default();
    assert!((64.0..=90.0).contains(&load), "{load} {:#} {outcome:?}", result["steps"]);
}

/// A pool of 4 connections that are busy for 200 ms: 4 users, 20 requests/s.
#[test]
fn what_the_search_found_is_what_is_judged() {
    let read = Latency::Fixed(Duration::from_millis(200));
    let shop = shop(ShopConfig { read, db_pool: 4, ..ShopConfig::fast() });
    let plan = "name: stress
steps:
  - {start_users: 1, increment: 1, increment_interval: 2s, max_users: 16}
requests: [GET /inventory/1]
expected:
  - identify_breaking_point: true
stop_at_breaking_point: true
";
    let outcome = run(&shop, plan);
    let result = result(&outcome);
    let (point, reason) = (&result["breaking_point"], result["outcome"]["reason"].as_str().unwrap());
    let load = point["load"].as_f64().unwrap();
    assert!((3.0..=6.0).contains(&load), "{load} {:#}", result["steps"]);
    assert!(reason.contains(&format!(" at {load:.0} user")), "{reason} {point:#}");
    // Steps that the search cut off are no steps.
    let (stopped, steps) =
        (result["outcome"]["stopped_at"].as_f64().unwrap(), result["steps"].as_array().unwrap());
    assert_eq!(steps.len() as f64, (stopped / 2.0).floor(), "{result:#}");
    assert_eq!(result["expectations"][0]["result"], "pass");
}

#[test]
fn a_ramp_is_no_step_of_the_load_that_it_leads_to() {
    let shop = shop(ShopConfig::fast());
    let script = "import http from 'k6/http';
            import { sleep } from 'k6';
            export const options = { stages: [
                { duration: '2s', target: 2 }, { duration: '2s', target: 6 }, { duration: '1s', target: 6 },
                { duration: '1s', target: 0 },
            ] };
            export default function () { http.get(`${__ENV.BASE_URL}/inventory/1`); sleep(0.1); }";
    let run = Run::of("run ramp.js -q --record r -e").arg(&format!("BASE_URL={}", shop.url()));
    let outcome = run.file("ramp.js", script).go();
    let result = result(&outcome);
    let steps: Vec<_> = result["steps"].as_array().unwrap().iter().collect();
    let loads: Vec<_> =
        steps.iter().map(|step| (step["ramp_from"].as_f64(), step["users"].as_u64())).collect();
    assert_eq!(loads, [(Some(1.0), Some(2)), (None, Some(6))], "{result:#}");
    let report = outcome.then("report r").go();
    assert!(report.stdout.contains("VU 1→2") && !report.stdout.contains("VU 0"), "{report:?}");
}

/// A lock of 20 ms serves 50/s of the 150/s that are due.
#[test]
fn behind_a_lock_no_more_users_are_asked_for() {
    let shop = one_at_a_time(Duration::from_millis(20));
    let plan = "name: rush
steps:
  - {rate: 20/s, duration: 4s}
  - {rate: 150/s, duration: 9s, max_users: 60}
requests: [{POST /purchase/1: {json: {quantity: 1}}}]
";
    let outcome = run(&shop, plan);
    let result = result(&outcome);
    let dropped = finding(&result, "dropped-iterations").unwrap_or_else(|| panic!("{result:#}"));
    assert_eq!(
        (dropped["labels"]["cause"].as_str(), dropped["figures"].get("needed")),
        (Some("target"), None)
    );
    let report = outcome.then("report r").go();
    assert!(!report.stdout.contains("maxVUs") && !report.stdout.contains("raise max"), "{report:?}");
    let bottleneck = report.stdout.lines().find(|line| line.starts_with("  Bottleneck")).unwrap();
    assert!(!bottleneck.contains("dropped"), "{report:?}");
}

#[test]
fn errors_that_keep_the_promise_are_no_alarm() {
    let shop = shop(ShopConfig { error_rate: 0.005, ..ShopConfig::fast() });
    let plan = "name: errors
wait: 10ms
steps:
  - {users: 8, duration: 8s}
requests: [GET /inventory/1]
expected:
  - error_rate: < 1%
";
    let outcome = run(&shop, plan);
    let result = result(&outcome);
    assert_eq!(result["expectations"][0]["result"], "pass", "{result:#}");
    let severity = finding(&result, "error-onset").map(|found| found["severity"].as_str().unwrap());
    assert!(severity.is_none_or(|severity| severity == "info"), "{result:#}");
}
