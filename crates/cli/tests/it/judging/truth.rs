//! Promises and findings against servers whose truth is known.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::run::{Outcome, Run};
use crate::target::{Target, answer};

fn run(target: &Target, plan: &str) -> Outcome {
    Run::of("run plan.yaml -q --record r --host").arg(&target.url()).file("plan.yaml", plan).go()
}

fn expectation(outcome: &Outcome, name: &str) -> Value {
    let result = outcome.json("r/result.json");
    let expectations = result["expectations"].as_array().unwrap();
    expectations
        .iter()
        .find(|one| one["name"] == name)
        .unwrap_or_else(|| panic!("{name}: {result:#}"))
        .clone()
}

fn finding(outcome: &Outcome, id: &str) -> Option<Value> {
    let result = outcome.json("r/result.json");
    result["findings"].as_array().unwrap().iter().find(|one| one["id"] == id).cloned()
}

/// A server that tells these metrics, by the seconds since it began, and answers all else with `ok`.
fn telling(metrics: impl Fn(f64, i64) -> String + Send + Sync + 'static) -> Target {
    let (began, readings) = (Instant::now(), AtomicI64::new(0));
    Target::answering(move |request| match request.path() {
        "/metrics" => {
            let reading = readings.fetch_add(1, Ordering::SeqCst);
            answer(200, &[], metrics(began.elapsed().as_secs_f64(), reading))
        }
        _ => {
            sleep(Duration::from_millis(50));
            answer(200, &[], "ok")
        }
    })
}

#[test]
fn waiting_for_locks_breaks_a_promise_without_a_refusal() {
    // Four users of whom three wait at a time, as 378 acquired locks that were waited for for 161 s, and none refused.
    let target = telling(|at, _| {
        format!(
            "# TYPE lock_acquired_total counter\nlock_acquired_total {}\n\
             # TYPE lock_failed_total counter\nlock_failed_total 0\n\
             # TYPE lock_wait_seconds histogram\nlock_wait_seconds_sum {}\nlock_wait_seconds_count {}\n",
            7.0 * at,
            3.0 * at,
            7.0 * at
        )
    });
    let outcome = run(
        &target,
        "name: locks
steps: [{users: 4, duration: 4s, requests: [GET /: 100%]}]
expected: [lock_contention: < 30%]
",
    );
    let found = expectation(&outcome, "lock_contention");
    assert_eq!((&found["result"], outcome.code), (&Value::from("fail"), Some(99)), "{found:#}");
    assert!(found["value"].as_f64().unwrap() > 50.0, "{found:#}");
}

#[test]
fn two_healthy_instances_behind_one_address_are_no_restart() {
    let target = telling(|at, reading| {
        let (start, memory, cpu) =
            if reading % 2 == 0 { (1.7e9, 80e6, 900.0) } else { (1.7e9 + 4000.0, 310e6, 20.0) };
        format!(
            "process_start_time_seconds {start}\nprocess_resident_memory_bytes {memory}\n\
             process_cpu_seconds_total {}\n",
            cpu + 0.1 * at
        )
    });
    let outcome = run(
        &target,
        "name: instances
steps: [{users: 2, duration: 5s, requests: [GET /: 100%]}]
expected: [no_system_crash: true]
",
    );
    let found = expectation(&outcome, "no_system_crash");
    assert_eq!((&found["result"], outcome.code), (&Value::from("pass"), Some(0)), "{found:#}");
    assert_eq!(outcome.json("r/result.json")["findings"].as_array().unwrap().len(), 0);
}

#[test]
fn a_rare_request_has_one_percentile_wherever_it_is_asked_for() {
    let asked = AtomicI64::new(0);
    let target = Target::answering(move |request| {
        if request.path() == "/rare" {
            // Every tenth takes 300 ms, the others 5 ms.
            let slow = asked.fetch_add(1, Ordering::SeqCst) % 10 == 4;
            sleep(Duration::from_millis(if slow { 300 } else { 5 }));
        }
        answer(if asked.load(Ordering::SeqCst) % 3 == 0 { 404 } else { 200 }, &[], "ok")
    });
    let outcome = run(
        &target,
        "name: rare
wait: 0.05s
steps: [{users: 4, duration: 5s, requests: [GET /: 90%, GET /rare: 10%]}]
expected:
  - response_time_p95{GET /rare}: < 200ms
",
    );
    let found = expectation(&outcome, "response_time_p95{GET /rare}");
    let result = outcome.json("r/result.json");
    let rows = result["rows"].as_array().unwrap();
    let is_rare = |row: &&Value| {
        row["view"] == "by_request"
            && row["tags"]["name"].as_str().is_some_and(|name| name.ends_with("/rare"))
    };
    let row = rows.iter().find(is_rare).unwrap_or_else(|| panic!("{rows:#?}"));
    assert_eq!(found["value"], row["stats"]["p(95)"], "{found:#} {row:#}");
    assert_eq!((&found["result"], &found["note"]), (&Value::from("fail"), &Value::from("response-time")));
    assert!(row["stats"]["count"].as_f64().unwrap() >= 10.0, "{row:#}");
}

#[test]
fn recovery_from_a_spike_is_as_long_as_the_target_was_slow() {
    let began = Mutex::new(None::<Instant>);
    let target = Target::answering(move |request| {
        if request.path() == "/item" {
            let at = began.lock().unwrap().get_or_insert_with(Instant::now).elapsed().as_secs_f64();
            // The spike lasts from second 5 to second 8.
            sleep(Duration::from_millis(if (8.0..12.0).contains(&at) { 300 } else { 10 }));
        }
        answer(200, &[], "ok")
    });
    let outcome = run(
        &target,
        "name: spike
wait: 0.05s
steps:
  - {users: 4, duration: 5s}
  - {users: 12, duration: 3s}
  - {users: 4, duration: 11s}
requests: [GET /item: 100%]
expected: [system_recovery_time: < 7s]
",
    );
    let found = expectation(&outcome, "system_recovery_time");
    let seconds = found["value"].as_f64().unwrap_or_else(|| panic!("{found:#}"));
    assert!((2.5..=5.5).contains(&seconds) && found["result"] == "pass", "{found:#}");
}

/// A sale from a stock of a thousand by a shop that answers every fourth purchase wrongly.
fn sale(wrong: u16) -> Outcome {
    let (stock, purchases) = (AtomicI64::new(1000), AtomicI64::new(0));
    let target = Target::answering(move |request| {
        if request.path() == "/inventory" {
            return answer(200, &[], format!("{{\"stock\": {}}}", stock.load(Ordering::SeqCst)));
        }
        let is_wrong = purchases.fetch_add(1, Ordering::SeqCst) % 4 == 3;
        if !is_wrong || wrong == 500 {
            stock.fetch_sub(1, Ordering::SeqCst);
        }
        answer(if is_wrong { wrong } else { 200 }, &[], "{}")
    });
    run(
        &target,
        "name: sale
wait: 0.05s
steps: [{users: 2, duration: 2s, requests: [{name: buy, method: POST, path: /purchase}]}]
audit: {stock: {read: GET /inventory, value: $.stock, sells: {buy: 1}}}
expected: [stock_accuracy: 100%]
",
    )
}

#[test]
fn an_error_after_the_stock_was_taken_and_a_success_without_taking_are_told_apart() {
    let outcome = sale(500);
    let found = expectation(&outcome, "stock_accuracy");
    assert_eq!((&found["result"], &found["note"]), (&Value::from("fail"), &Value::from("stock-unanswered")));
    // The responses to the last ones may have come after the end of the test.
    let figure = |name: &str| found["figures"][name].as_f64().unwrap();
    let cut_off = figure("off") - figure("unconfirmed");
    assert!(figure("unconfirmed") > 3.0 && (0.0..=2.0).contains(&cut_off), "{found:#}");
    let finding_of = finding(&outcome, "oversold").unwrap();
    assert_eq!(finding_of["figures"]["lost"], found["figures"]["off"], "{finding_of:#}");

    let outcome = sale(200);
    let found = expectation(&outcome, "stock_accuracy");
    assert_eq!((&found["result"], &found["note"]), (&Value::from("fail"), &Value::from("stock-not-taken")));
    let finding_of = finding(&outcome, "oversold").unwrap();
    assert_eq!(finding_of["figures"]["not_taken"], found["figures"]["off"], "{finding_of:#}");
}
