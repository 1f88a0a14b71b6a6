//! Calls that are interrupted: what left is counted, also when the run is cut short.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use crate::dynamodb::practice::Practice;
use crate::dynamodb::prime_day::{bare, begun};
use crate::run::{Outcome, Signal, wait_until};
use crate::target::{Request, Target};

/// The requests of a record that were counted, and those that were interrupted.
fn counts(outcome: &Outcome, record: &str) -> (u64, u64) {
    let results = outcome.json(&format!("{record}/result.json"));
    let count = |name: &str| {
        let metric = results["metrics"].as_array().unwrap().iter().find(|metric| metric["name"] == name);
        metric.map_or(0, |metric| metric["stats"]["count"].as_f64().unwrap() as u64)
    };
    (count("http_reqs"), count("http_reqs_interrupted"))
}

fn sum((counted, interrupted): (u64, u64)) -> u64 {
    counted + interrupted
}

/// The practice endpoint behind one that lets calls of the load wait, and counts them once they are there.
fn slow(practice: &Practice) -> (Target, Arc<AtomicU64>) {
    let (address, seen) =
        (practice.url.trim_start_matches("http://").to_owned(), Arc::<AtomicU64>::default());
    let counting = seen.clone();
    let target = Target::answering(move |request| {
        let is_of_load = ["GetItem", "Query", "Scan", "TransactWriteItems"]
            .iter()
            .any(|operation| request.head.contains(&format!("DynamoDB_20120810.{operation}\r")));
        // Customers are looked up before the run begins.
        let body = String::from_utf8_lossy(&request.body);
        if is_of_load && !body.contains("\"TableName\":\"Customers\"") {
            counting.fetch_add(1, SeqCst);
            std::thread::sleep(Duration::from_millis(300));
        }
        forward(&address, request)
    });
    (target, seen)
}

/// What a server says to a request.
fn forward(address: &str, request: &Request) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(format!("{}Connection: close\r\n\r\n", request.head).as_bytes()).unwrap();
    stream.write_all(&request.body).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

#[test]
fn calls_that_a_signal_interrupts_are_counted() {
    let practice = Practice::start("--dynamodb-latency 0");
    let made = practice.run("dynamodb setup").go();
    assert_eq!(made.code, Some(0), "{made:?}");
    let (endpoint, seen) = slow(&practice);
    let at = |line: &str| bare(line).arg("--endpoint-url").arg(&endpoint.url());
    // What is asked before the run is no part of it: as much each time.
    let outcome = at("dynamodb --workers 4 --duration 2s --out-dir first").go();
    let before = seen.swap(0, SeqCst) - sum(counts(&outcome, "first"));

    let started = begun(at("dynamodb --full --yes --out-dir out"));
    started.signal(Signal::INT);
    let outcome = started.end();
    assert_eq!(outcome.code, Some(105), "{outcome:?}");
    let counted = counts(&outcome, "out");
    assert!(counted.0 > 0 && counted.1 > 0, "{counted:?}");
    wait_until("all that left has arrived", || seen.load(SeqCst) >= sum(counted) + before);
    assert_eq!(seen.load(SeqCst), sum(counted) + before, "{counted:?} {before}");
    // Orders whose answer did not come are neither accepted nor refused.
    assert!(outcome.stdout.contains("outcome unknown"), "{outcome:?}");

    // The second signal ends it at once, with a record that can be read.
    let started = begun(at("dynamodb --full --yes --out-dir out"));
    started.signal(Signal::INT);
    started.signal(Signal::TERM);
    let outcome = started.end_within(Duration::from_secs(1));
    assert_eq!(outcome.code, Some(105), "{outcome:?}");
    let report = outcome.then("report out").go();
    assert!(report.code == Some(0) && report.stdout.contains("FAIL"), "{report:?}");
}
