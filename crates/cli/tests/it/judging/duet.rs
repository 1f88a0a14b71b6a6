//! Duets against servers of known latency: the answer, its exit code and its record.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::run::{Outcome, Run};
use crate::target::Target;

const SCRIPT: &str = "
import http from 'k6/http';
import { sleep } from 'k6';
export default function () {
  http.get(`${__ENV.BASE_URL}/products/${1 + Math.floor(Math.random() * 3)}`, { tags: { name: 'product' } });
  sleep(0.02);
}";

const PLAN: &str = "
name: pair
steps:
  - rate: 40/s
    duration: 20s
data:
  order: {sequence: 1000}
requests:
  - GET /orders/{order}?of={1..1000000}
expected:
  - response_time_p99: < 1ms
";

fn ok(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// A server that takes so many milliseconds.
fn taking(millis: u64) -> Target {
    Target::answering(move |_| {
        std::thread::sleep(Duration::from_millis(millis));
        ok("{}")
    })
}

fn duet(a: &str, b: &str, flags: &str) -> Run {
    Run::of(&format!("duet s.js -q --record r --a {a} --b {b} {flags}")).file("s.js", SCRIPT)
}

fn expectation(outcome: &Outcome) -> Value {
    let result = outcome.json("r/result.json");
    assert_eq!(result["expectations"].as_array().map(Vec::len), Some(1), "{result:#}");
    result["expectations"][0].clone()
}

#[test]
fn a_slower_variant_is_found_and_recorded() {
    let (a, b) = (taking(10), taking(20));
    let outcome =
        duet(&a.url(), &b.url(), "-u 4 -d 150s --seed 7").start().end_within(Duration::from_secs(200));
    assert_eq!(outcome.code, Some(99), "{outcome:?}");
    let result = outcome.json("r/result.json");
    let duet = &result["duet"];
    assert_eq!(
        (duet["answer"].as_str(), duet["rules"]["seed"].as_str()),
        (Some("slower"), Some("7")),
        "{duet:#}"
    );
    // It is decided as soon as it may be, which is later where the machine is busy.
    assert!((40.0..160.0).contains(&result["seconds"].as_f64().unwrap()), "{}", result["seconds"]);
    let times = &duet["times"];
    let (lower, difference, upper) = (&times["lower"], &times["difference"], &times["upper"]);
    assert!(lower.as_f64().unwrap() > 0.02 && upper.as_f64() > difference.as_f64(), "{times}");
    assert!((0.3..1.3).contains(&difference.as_f64().unwrap()), "{times}");
    assert_eq!(duet["requests"][0]["name"], "product");
    // Both sides were asked for the same, and the record has them apart.
    assert_eq!(a.requests(), b.requests());
    let rows: Vec<&Value> =
        result["rows"].as_array().unwrap().iter().filter(|row| row["view"] == "variants").collect();
    assert!(
        ["a", "b"].iter().all(|variant| rows.iter().any(|row| row["tags"]["variant"] == **variant)),
        "{rows:?}"
    );
    assert!(outcome.stdout.contains("A p50") && outcome.stdout.contains("slower than A"), "{outcome:?}");
    let report = outcome.then("report r --format html -o report.html").go();
    assert_eq!(report.code, Some(0), "{report:?}");
    let page = report.read("report.html");
    assert!(page.contains("Times of B, relative to A") && page.contains("A and B side by side"));
}

#[test]
fn a_plan_runs_at_both_with_the_same_data() {
    let seen = [(); 2].map(|()| std::sync::Arc::new(std::sync::Mutex::new(Vec::new())));
    let server = |at: usize| {
        let seen = seen[at].clone();
        Target::answering(move |request| {
            seen.lock().unwrap().push(request.head.lines().next().unwrap_or_default().to_owned());
            ok("{}")
        })
    };
    let (a, b) = (server(0), server(1));
    let run =
        Run::of(&format!("duet p.yaml -q --record r -d 3s --workers 2 --a {} --b {}", a.url(), b.url()));
    let outcome = run.file("p.yaml", PLAN).go();
    // Three seconds tell nothing, and what is not told does not pass.
    assert_eq!(
        (expectation(&outcome)["result"].as_str(), outcome.code),
        (Some("not measured"), Some(99)),
        "{outcome:?}"
    );
    assert_eq!(outcome.json("r/result.json")["duet"]["obstacle"], "too-short");
    let [mut one, mut other] = seen.map(|seen| seen.lock().unwrap().clone());
    one.sort();
    other.sort();
    assert!(one.len() > 50, "{}", one.len());
    let same = one.iter().filter(|line| other.binary_search(line).is_ok()).count();
    // Those of the last moment may have been cut short on one side.
    assert!(same + 10 >= one.len().max(other.len()), "{same} of {} and {}", one.len(), other.len());
    one.dedup();
    assert!(one.len() > 50, "the data differ from one iteration to the next");
}

#[test]
fn a_dead_variant_ends_it_early_and_never_passes() {
    let (alive, dead) = (taking(1), Target::nobody());
    for (a, b, answer, words) in [
        (alive.url(), dead.clone(), "fails-more", "B fails more often"),
        (dead.clone(), alive.url(), "unknown", "no request to A succeeded"),
        (dead.clone(), dead.clone(), "unknown", "neither at A nor at B"),
    ] {
        let outcome = duet(&a, &b, "-u 4 -d 50s").go();
        assert_ne!(outcome.code, Some(0), "{outcome:?}");
        let result = outcome.json("r/result.json");
        assert_eq!(result["duet"]["answer"], answer, "{outcome:?}");
        assert!(outcome.stdout.contains(words), "{words}: {outcome:?}");
        assert!(result["seconds"].as_f64().unwrap() < 30.0, "{}", result["seconds"]);
    }
}

#[test]
fn failures_on_one_side_are_no_speed() {
    let count = AtomicU64::new(0);
    let refusing = Target::answering(move |_| match count.fetch_add(1, Ordering::SeqCst) % 2 {
        0 => b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n".to_vec(),
        _ => {
            std::thread::sleep(Duration::from_millis(5));
            ok("{}")
        }
    });
    let outcome = duet(&taking(5).url(), &refusing.url(), "-u 4 -d 1m").go();
    assert_eq!(
        (outcome.code, outcome.json("r/result.json")["duet"]["answer"].as_str()),
        (Some(99), Some("fails-more"))
    );
}

#[test]
fn everything_that_is_wrong_is_told_before_the_first_request() {
    let target = taking(0);
    let outcome =
        duet("localhost", "http://b.test/?x", "--margin none --alpha 2 --seed -1 --host http://c.test").go();
    assert_eq!(outcome.code, Some(104), "{outcome:?}");
    for flag in ["--a is", "--b is", "--margin is", "--alpha is", "--seed is", "--host has no place"] {
        assert!(outcome.stderr.contains(flag), "{flag}: {outcome:?}");
    }
    let fixed = "import http from 'k6/http'; export default () => { http.get('http://shop.test:81/x'); };";
    let run = |flags: &str| {
        let urls = format!("--a {0} --b {0}", target.url());
        Run::of(&format!("duet s.js -q --record r {urls} {flags}")).file("s.js", fixed).go()
    };
    let outcome = run("");
    assert_eq!(outcome.code, Some(104), "{outcome:?}");
    assert!(
        outcome.stderr.contains("does not read __ENV.BASE_URL")
            && outcome.stderr.contains("http://shop.test:81")
    );
    assert_eq!(target.requests(), 0);
    // With its origin replaced it runs, and says that both are one.
    let outcome = run("--from http://shop.test:81 -d 2s");
    assert!(outcome.stderr.contains("the same address") && target.requests() > 10, "{outcome:?}");
    assert_eq!(outcome.json("r/result.json")["duet"]["obstacle"], "too-short");
}
