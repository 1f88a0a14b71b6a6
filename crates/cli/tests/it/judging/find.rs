//! The search for the largest load, against practice shops whose capacity is known.

use std::time::Duration;

use flashcrowd_shop::{Latency, Lock, RunningShop, Shop, ShopConfig};
use serde_json::Value;

use crate::run::{Outcome, Run};

/// Purchases of one product, evenly spread.
const PURCHASES: &str = "name: purchases
arrivals: even
steps:
  - rate: 100/s
    duration: 10s
    requests:
      - POST /purchase/1
expected:
  - response_time_p95: < 250ms
  - tps: > 10
";

/// A shop that sells one item at a time, in 20 ms: 50/s.
fn mutex() -> RunningShop {
    let latency = Latency::Fixed(Duration::from_millis(20));
    let config = ShopConfig { lock: Lock::Mutex, read: latency, write: latency, ..ShopConfig::fast() };
    Shop::spawn_threads(config, 1).unwrap()
}

fn find(shop: &RunningShop, flags: &str) -> Outcome {
    Run::of("find plan.yaml --record r --host").arg(&shop.url()).args(flags).file("plan.yaml", PURCHASES).go()
}

fn trials(search: &Value) -> usize {
    search["trials"].as_array().unwrap().len()
}

#[test]
fn a_lock_of_20_ms_is_found_to_serve_up_to_50_a_second_and_the_record_tells_it() {
    let shop = mutex();
    let outcome = find(&shop, "--rate 10..200 --precision 10% --time 40s --at-least 20");
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.stdout.contains("Holds up to ") && outcome.stdout.contains("(95%: "), "{outcome:?}");
    assert!(outcome.stderr.contains("not searched for, since a trial cannot judge it: tps"), "{outcome:?}");
    let search = &outcome.json("r/result.json")["search"];
    let load = &search["load"];
    let (lower, upper) = (load["lower"].as_f64().unwrap(), load["upper"].as_f64().unwrap());
    // A busy machine makes the lock slower, never faster.
    assert!(lower > 20.0 && lower < 50.5 && upper > 25.0 && upper < 75.0, "{search:#}");
    assert!(trials(search) >= 5, "{search:#}");
    let outcome = outcome.then("report r --format html -o report.html").go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let page = outcome.read("report.html");
    assert!(page.contains("Largest load at which the promises hold"), "the section");
    assert!(page.contains("Trials: "), "the charts");
    let outcome = outcome.then("verify r").go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
}

#[test]
fn a_search_that_was_too_short_goes_on_from_its_record() {
    let shop = mutex();
    let outcome = find(&shop, "--rate 10..200 --time 10s --at-least 45/s");
    assert_eq!(outcome.code, Some(99), "it is not certain after 10 s: {outcome:?}");
    let before = trials(&outcome.json("r/result.json")["search"]);
    let line = "find plan.yaml --record again --resume r --rate 10..200 --time 12s --json --host";
    let outcome = outcome.then(line).arg(&shop.url()).go();
    let search: Value = serde_json::from_str(&outcome.stdout).unwrap_or_else(|_| panic!("{outcome:?}"));
    assert!(trials(&search) > before, "{outcome:?}");
    let known =
        search["trials"].as_array().unwrap().iter().filter(|trial| trial["start"].as_f64() < Some(0.0));
    assert_eq!(known.count(), before, "{search:#}");
    let other = "find plan.yaml --resume r --rate 10..300 --host http://127.0.0.1:9";
    let outcome = outcome.then(other).go();
    assert_eq!(outcome.code, Some(104), "{outcome:?}");
    assert!(outcome.stderr.contains("within another range"), "{outcome:?}");
}

#[test]
fn a_target_that_is_not_there_is_not_judged_and_no_success() {
    let outcome =
        Run::of("find plan.yaml --host http://127.0.0.1:9 --rate 5..50").file("plan.yaml", PURCHASES).go();
    assert_eq!(outcome.code, Some(99), "{outcome:?}");
    assert!(outcome.stdout.contains("Not judged: nothing was answered"), "{outcome:?}");
}

#[test]
fn everything_that_is_wrong_is_said_at_once_and_nothing_is_sent() {
    let line =
        "find plan.yaml --host http://127.0.0.1:9 --rate 9..3 --precision 90% --at-least fast --time soon";
    let run = Run::of(line).file("plan.yaml", PURCHASES).arg("--promise").arg("response_tme_p99: < 1s");
    let outcome = run.go();
    assert_eq!(outcome.code, Some(104), "{outcome:?}");
    for part in
        ["--rate is '9..3'", "--precision is '90%'", "--at-least is 'fast'", "--time: ", "response_time_p99"]
    {
        assert!(outcome.stderr.contains(part), "{part}: {outcome:?}");
    }
    let run = Run::of("find plan.yaml --host http://127.0.0.1:9 --scenario rte --promise").arg("tps: > 5");
    let outcome = run.file("plan.yaml", PURCHASES).go();
    assert_eq!(outcome.code, Some(104), "{outcome:?}");
    for part in ["'tps' cannot be judged at each load", "did you mean 'rate'?"] {
        assert!(outcome.stderr.contains(part), "{part}: {outcome:?}");
    }
}

#[test]
fn a_plan_says_what_is_searched_and_its_mistakes_have_places() {
    let wrong = format!("{PURCHASES}find:\n  rate: 5\n  precison: 5%\n  at_least: much\n  scenario: users\n");
    let outcome = Run::of("find plan.yaml --host http://127.0.0.1:9").file("plan.yaml", wrong).go();
    assert_eq!(outcome.code, Some(104), "{outcome:?}");
    for part in ["'5' is no range of loads", "precison", "'much' is no load", "there is no scenario 'users'"]
    {
        assert!(outcome.stderr.contains(part), "{part}: {outcome:?}");
    }
    let plan = format!("{PURCHASES}find:\n  rate: 7..70\n  time: 11s\n  promises:\n    - error_rate: < 2%\n");
    let outcome = Run::of("find plan.yaml --host http://127.0.0.1:9").file("plan.yaml", plan).go();
    assert!(outcome.stdout.contains("7 to 70 iterations/s in 11 s; error_rate < 2%"), "{outcome:?}");
}

#[test]
fn users_are_searched_with_the_script_they_have() {
    let latency = Latency::Fixed(Duration::from_millis(40));
    let config = ShopConfig { read: latency, db_pool: 2, ..ShopConfig::fast() };
    let shop = Shop::spawn_threads(config, 1).unwrap();
    let script = "import http from 'k6/http';
export const options = { vus: 4, duration: '1s', thresholds: { http_req_duration: ['p(90)<250'] } };
export default () => http.get(`${__ENV.HOST}/inventory/1`);";
    let run = Run::of("find script.js --users 1..64 --time 30s --precision 20% --record r -e").script(script);
    let outcome = run.arg(&format!("HOST={}", shop.url())).go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let search = &outcome.json("r/result.json")["search"];
    assert_eq!(search["load_is"], "users", "{search:#}");
    assert_eq!(search["promises"][0]["name"], "response_time_p90", "{search:#}");
    // By Little's law 250 ms are reached by 12 users of a pool that serves 50/s.
    let load = search["load"]["value"].as_f64().unwrap();
    assert!((5.0..=14.0).contains(&load), "{search:#}");
}
