//! Plans against the practice shop: every promise is judged, and every verdict can be checked on the shop's side.

use std::time::Duration;

use flashcrowd_shop::{Latency, Lock, RunningShop, Shop, ShopConfig};
use serde_json::Value;

use crate::run::{Outcome, Run};

/// Requests for plans that have none.
const BASE: &str = "name: base
steps:
  - users: 1
    duration: 1s
    requests:
      - GET /inventory/1: 50%
      - POST /purchase/1: 50%
expected:
  - response_time_p99: < 5s
  - error_rate: 0%
";

fn shop(config: ShopConfig) -> RunningShop {
    Shop::spawn_threads(config, 1).unwrap()
}

/// Runs a plan with a base plan beside it, and keeps the record in `r`.
fn run(shop: &RunningShop, plan: &str) -> Outcome {
    Run::of("run plan.yaml -q --base base.yaml --record r --host")
        .arg(&shop.url())
        .file("plan.yaml", plan)
        .file("base.yaml", BASE)
        .go()
}

fn expectation<'a>(result: &'a Value, name: &str) -> &'a Value {
    let expectations = result["expectations"].as_array().unwrap();
    expectations.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("{name}: {result:#}"))
}

fn finding<'a>(result: &'a Value, id: &str) -> Option<&'a Value> {
    result["findings"].as_array().unwrap().iter().find(|one| one["id"] == id)
}

fn check(outcome: &Outcome, marks: &[(&str, &str)]) -> Value {
    let result = outcome.json("r/result.json");
    let expectations = result["expectations"].as_array().unwrap();
    let found: Vec<_> = expectations
        .iter()
        .map(|one| (one["name"].as_str().unwrap(), one["result"].as_str().unwrap()))
        .collect();
    assert_eq!(found, marks, "{outcome:?}\n{:#}", result["expectations"]);
    result
}

#[test]
fn a_baseline_is_judged_and_both_sides_count_the_same() {
    let shop = shop(ShopConfig::fast());
    let outcome = run(&shop, BASE);
    let result = check(&outcome, &[("response_time_p99", "pass"), ("error_rate", "pass")]);
    assert_eq!((outcome.code, result["verdict"].as_str()), (Some(0), Some("pass")), "{outcome:?}");
    let metrics = result["metrics"].as_array().unwrap();
    let requests = metrics.iter().find(|metric| metric["name"] == "http_reqs").unwrap();
    assert_eq!(requests["stats"]["count"].as_u64(), Some(shop.handle().stats().requests_total()));
}

#[test]
fn a_load_in_steps_is_judged_step_by_step() {
    let plan = "name: Black Friday Load Test
description: 점진적 부하 증가
steps:
  - users: 2
    duration: 3s
    ramp_up: 1s
  - users: 6
    duration: 4s
    ramp_up: 1s
expected:
  - tps: > 100
  - response_time_p99: < 5s
  - error_rate: < 1%
";
    let outcome = run(&shop(ShopConfig::fast()), plan);
    let result = check(&outcome, &[("tps", "pass"), ("response_time_p99", "pass"), ("error_rate", "pass")]);
    let users: Vec<_> =
        result["steps"].as_array().unwrap().iter().map(|step| step["users"].as_u64().unwrap()).collect();
    assert_eq!((users, outcome.code), (vec![2, 6], Some(0)));
}

#[test]
fn a_spike_is_survived_and_recovered_from() {
    let plan = "name: Flash Sale Spike Test
steps:
  - users: 1
    duration: 4s
  - users: 40  # 갑자기 증가
    duration: 4s
    ramp_up: 1s
  - users: 1
    duration: 5s
expected:
  - system_recovery_time: < 10s
  - no_system_crash: true
";
    // Long beside what a busy machine makes it longer.
    let latency = Latency::Fixed(Duration::from_millis(500));
    let config = ShopConfig { read: latency, write: latency, ..ShopConfig::fast() };
    let outcome = run(&shop(config), plan);
    check(&outcome, &[("system_recovery_time", "pass"), ("no_system_crash", "pass")]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
}

#[test]
fn an_outage_is_as_long_as_it_was() {
    let shop = shop(ShopConfig { read: Latency::Fixed(Duration::from_millis(5)), ..ShopConfig::fast() });
    let plan = "name: outage
steps:
  - users: 2
    duration: 12s
    requests: [GET /inventory/1]
expected:
  - system_recovery_time: < 2s
";
    let run = Run::of("run plan.yaml -q --record r --host").arg(&shop.url()).file("plan.yaml", plan).start();
    run.wait_for_lines("r/timeline.jsonl", 5);
    shop.handle().fail_for(Duration::from_secs(3));
    let outcome = run.end();
    let result = check(&outcome, &[("system_recovery_time", "fail")]);
    let seconds = expectation(&result, "system_recovery_time")["value"].as_f64().unwrap();
    assert!((2.0..=4.0).contains(&seconds), "{seconds} s\n{result:#}");
    assert_eq!(outcome.code, Some(99));
    assert!(outcome.stderr.contains("expectations 'system_recovery_time' were not met"), "{outcome:?}");
}

/// Where a pool of 10 connections that are busy for 400 ms breaks, by Little's law: at 10 users and 25 requests a second. The
/// time is long beside what the other tests on the same processors make it longer.
#[test]
fn a_pool_breaks_where_littles_law_says() {
    let read = Latency::Fixed(Duration::from_millis(400));
    let shop = shop(ShopConfig { read, db_pool: 10, ..ShopConfig::fast() });
    let plan = "name: stress
steps:
  - start_users: 2
    increment: 2
    increment_interval: 3s
    max_users: 24
    requests: [GET /inventory/1]
expected:
  - identify_breaking_point: true
  - graceful_degradation: true
stop_at_breaking_point: true
";
    let outcome = run(&shop, plan);
    let result = check(&outcome, &[("identify_breaking_point", "pass"), ("graceful_degradation", "pass")]);
    let users = result["breaking_point"]["load"].as_f64().unwrap();
    // The load grows by two users at a time, and a busy machine blurs the edge.
    assert!((8.5..=12.0).contains(&users), "{users} users\n{result:#}");
    assert!(finding(&result, "pool-saturation").is_some() && finding(&result, "lock-contention").is_none());
    assert!(result["steps"].as_array().unwrap().len() < 12, "it stopped there: {result:#}");
    assert_eq!((outcome.code, result["outcome"]["state"].as_str()), (Some(0), Some("finished")));
}

fn sale(lock: Lock) -> (Outcome, RunningShop) {
    let write = Latency::Fixed(Duration::from_millis(10));
    let mut config = ShopConfig { lock, write, db_pool: 0, ..ShopConfig::fast() };
    config.seed.stock_of.insert(1, 300);
    let shop = shop(config);
    let plan = "name: sale
steps:
  - start_users: 5
    increment: 15
    increment_interval: 3s
    max_users: 35
tasks:
  buy:
    weight: 7
    method: POST
    path: /purchase/1
    json: {quantity: 1}
  look:
    weight: 3
    path: /inventory/1
audit:
  stock:
    read: GET /inventory/1
    value: $.stock
    sells: {buy: 1}
expected:
  - stock_accuracy: 100%
";
    (run(&shop, plan), shop)
}

#[test]
fn what_is_oversold_is_said_to_the_item() {
    let (outcome, shop) = sale(Lock::None);
    let result = check(&outcome, &[("stock_accuracy", "fail")]);
    let sold = result["audits"][0]["sold"].as_f64().unwrap();
    let by_shop = shop.handle().stats().sold[&1] as f64;
    assert_eq!(sold, by_shop);
    assert!(sold > 300.0, "{result:#}");
    let oversold = finding(&result, "oversold").unwrap();
    assert_eq!(oversold["figures"]["oversold"].as_f64(), Some(sold - 300.0), "{oversold:#}");
    let evidence = expectation(&result, "stock_accuracy")["evidence"].as_str().unwrap();
    assert!(evidence.contains("oversold by "), "{evidence}");
    assert_eq!(outcome.code, Some(99));
}

#[test]
fn a_lock_is_suspected_where_there_is_one() {
    let (outcome, _shop) = sale(Lock::Mutex);
    let result = check(&outcome, &[("stock_accuracy", "pass")]);
    assert!(finding(&result, "lock-contention").is_some(), "{:#}", result["findings"]);
    let (outcome, _shop) = sale(Lock::Atomic);
    let result = check(&outcome, &[("stock_accuracy", "pass")]);
    assert!(finding(&result, "lock-contention").is_none(), "{:#}", result["findings"]);
}

#[test]
fn several_plans_have_a_record_each() {
    let shop = shop(ShopConfig::fast());
    let plans = format!("{BASE}---\n{}", BASE.replace("name: base", "name: 두 번째"));
    let outcome = run(&shop, &plans);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(outcome.files("r"), ["base", "두-번째"]);
}

#[test]
fn a_record_is_kept_under_results_unless_told_not_to() {
    let shop = shop(ShopConfig::fast());
    let plan = |line: &str| Run::of(line).arg(&shop.url()).file("plan.yaml", BASE).go();
    let outcome = plan("run plan.yaml --host");
    let names = outcome.files("results");
    assert!(names.len() == 1 && names[0].starts_with("base-20"), "{names:?}");
    assert!(outcome.stdout.contains(&format!("flashcrowd report results/{}", names[0])), "{outcome:?}");
    let outcome = plan("run plan.yaml -q --no-record --host");
    assert_eq!((outcome.code, outcome.files(".")), (Some(0), vec!["plan.yaml".to_owned()]));
    assert!(outcome.stdout.contains("PASS") && !outcome.stdout.contains("not measured"), "{outcome:?}");
}

#[test]
fn flags_that_a_plan_has_no_use_for_are_refused() {
    let outcome = Run::of("run plan.yaml -u 5 --host http://127.0.0.1:1").file("plan.yaml", BASE).go();
    assert_eq!(outcome.code, Some(104));
    assert!(outcome.stderr.contains("--vus has no place beside a plan"), "{outcome:?}");
    let outcome = Run::new().script("export default function () {}").args("--host http://127.0.0.1:1").go();
    assert_eq!(outcome.code, Some(104));
    assert!(outcome.stderr.contains("--host is for plans (.yaml)"), "{outcome:?}");
}

#[test]
fn everything_that_is_wrong_with_a_plan_is_told_at_once() {
    let plan = "name: wrong
stepz: []
steps:
  - users: 10
    duration: 5 parsecs
    requests:
      - GET /inventory/1: 50%
      - POST /purchase/1: 40%
  - users: 10
    duration: 5s
    ramp_up: 10s
data:
  user: {file: nobody.csv}
expected:
  - response_time_q99: < 50ms
";
    let outcome = Run::of("run plan.yaml --host http://127.0.0.1:1").file("plan.yaml", plan).go();
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(104), ""), "{outcome:?}");
    for place in ["2:1", "5:15", "8:27", "11:14", "13:16", "15:5"] {
        assert!(outcome.stderr.contains(&format!("plan.yaml:{place}")), "{place}: {}", outcome.stderr);
    }
    assert!(
        outcome.stderr.contains("'steps'") && outcome.stderr.contains("'response_time_p99'"),
        "{outcome:?}"
    );
}

#[test]
fn what_a_plan_would_run_can_be_seen_before() {
    let outcome = Run::of("inspect --execution-requirements --host http://shop.test plan.yaml")
        .file("plan.yaml", BASE)
        .go();
    let shown: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(
        (shown["name"].as_str(), shown["host"].as_str(), shown["maxVUs"].as_u64()),
        (Some("base"), Some("http://shop.test"), Some(1))
    );
}
