//! Every request that left is counted: what the target has seen is what the run says.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use crate::run::{Outcome, Run, Signal, wait_until};
use crate::target::{Request, Target, answer};

/// A metric of a run that kept a record in `rec`, zero where it has none.
pub fn metric(outcome: &Outcome, name: &str, stat: &str) -> u64 {
    let results = outcome.json("rec/result.json");
    let metrics = results["metrics"].as_array().unwrap();
    let found = metrics.iter().find(|metric| metric["name"] == name);
    found.map_or(0, |metric| metric["stats"][stat].as_f64().unwrap() as u64)
}

/// A target that answers after 200 ms.
fn slow() -> Target {
    Target::answering(|_| {
        std::thread::sleep(Duration::from_millis(200));
        answer(200, &[], "ok")
    })
}

/// Compares what the target has seen with what the run has counted; some requests were under way at the end.
fn check_sum(target: &Target, outcome: &Outcome, case: &str) {
    check_sum_besides(0, target, outcome, case);
}

/// Besides so many requests that are no part of the test.
fn check_sum_besides(others: u64, target: &Target, outcome: &Outcome, case: &str) {
    let counted = metric(outcome, "http_reqs", "count");
    let interrupted = metric(outcome, "http_reqs_interrupted", "count");
    let sum = counted + interrupted;
    wait_until(&format!("{case}: {} of {counted} + {interrupted}", target.requests()), || {
        target.requests() == sum + others
    });
    assert!(counted > 0 && interrupted > 0, "{case}: {counted} {interrupted} {outcome:?}");
    assert!(outcome.stdout.contains("http_reqs_interrupted"), "{case}: {outcome:?}");
}

const CASES: [(&str, &str); 7] = [
    ("gracefulStop", "executor: 'constant-vus', vus: 8, duration: '1s', gracefulStop: '0s'"),
    (
        "gracefulRampDown",
        "executor: 'ramping-vus', startVUs: 8, stages: [{ duration: '1s', target: 0 }, { duration: '500ms', target: 0 }], gracefulRampDown: '0s'",
    ),
    (
        "maxDuration",
        "executor: 'shared-iterations', vus: 8, iterations: 100000, maxDuration: '1s', gracefulStop: '0s'",
    ),
    (
        "arrivals",
        "executor: 'constant-arrival-rate', rate: 50, duration: '1s', preAllocatedVUs: 50, gracefulStop: '0s'",
    ),
    ("batch", "executor: 'constant-vus', vus: 2, duration: '1s', gracefulStop: '0s', exec: 'batch'"),
    ("async", "executor: 'constant-vus', vus: 2, duration: '1s', gracefulStop: '0s', exec: 'async'"),
    ("abort", "executor: 'constant-vus', vus: 8, duration: '20s', exec: 'abort'"),
];

fn script(scenario: &str, thresholds: &str) -> String {
    format!(
        "import http from 'k6/http'; import exec from 'k6/execution';
         export const options = {{ scenarios: {{ s: {{ {scenario} }} }}, thresholds: {{ {thresholds} }} }};
         export default function () {{ http.get(__ENV.URL); }}
         export function batch() {{ http.batch(Array(6).fill(__ENV.URL)); }}
         export function abort() {{ if (__ITER === 3 && __VU === 1) exec.test.abort('enough'); http.get(__ENV.URL); }}
         export function async() {{
             for (let i = 0; i < 5; i++) http.asyncRequest('GET', __ENV.URL);
             if (__ITER % 3 === 0) throw new Error('x');
         }}"
    )
}

fn run(script: &str, target: &Target) -> Run {
    Run::new().script(script).args("-q --record rec").env("URL", &target.url())
}

#[test]
fn requests_under_way_are_counted_however_their_iteration_is_ended() {
    for (case, scenario) in CASES {
        let target = slow();
        check_sum(&target, &run(&script(scenario, ""), &target).go(), case);
    }
    let target = slow();
    let abort = "iterations: [{ threshold: 'count<20', abortOnFail: true }]";
    let outcome = run(&script("executor: 'constant-vus', vus: 8, duration: '20s'", abort), &target).go();
    assert_eq!(outcome.code, Some(99), "{outcome:?}");
    check_sum(&target, &outcome, "abortOnFail");
}

#[test]
fn requests_under_way_are_counted_when_a_signal_ends_the_run() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let target = slow();
        let started = run(&script("executor: 'constant-vus', vus: 8, duration: '20s'", ""), &target).start();
        wait_until("some requests", || target.requests() > 20);
        started.signal(signal);
        let outcome = started.end();
        assert_eq!(outcome.code, Some(105), "{outcome:?}");
        check_sum(&target, &outcome, "signal");
    }
}

#[test]
fn requests_of_plans_and_calls_of_dynamodb_are_counted_as_well() {
    let target = slow();
    let plan = format!(
        "host: {}\ntarget: {{metrics: off}}\nrequests: [GET /]\nsteps: [{{users: 8, duration: 20s}}]\nexpected: {{error_rate: 0%}}",
        target.url()
    );
    let started = Run::of("run plan.yaml -q --record rec").file("plan.yaml", plan).start();
    wait_until("some requests", || target.requests() > 20);
    started.signal(Signal::INT);
    let outcome = started.end();
    check_sum(&target, &outcome, "plan");

    let target = slow();
    let dynamodb = "import { Client } from 'flashcrowd/dynamodb'; const db = new Client({ endpoint: __ENV.URL, attempts: 1 });
        export const options = { scenarios: { s: { executor: 'constant-vus', vus: 4, duration: '1s', gracefulStop: '0s' } } };
        export default function () { try { db.getItem({ TableName: 't', Key: { id: 'x' } }); } catch {} }";
    let outcome = run(dynamodb, &target).go();
    // The table is described once, before the first call.
    check_sum_besides(1, &target, &outcome, "dynamodb");
}

/// A target that closes its connections instead of answering every second request, and how many it has read.
fn dropping() -> (Target, Arc<AtomicU64>) {
    let seen = Arc::<AtomicU64>::default();
    let counting = seen.clone();
    let target = Target::raw(move |stream| {
        let mut reader = std::io::BufReader::new(&stream);
        for request in 0..2 {
            if Request::read(&mut reader).is_none() {
                return;
            }
            counting.fetch_add(1, SeqCst);
            if request == 0 && (&stream).write_all(&answer(200, &[], "ok")).is_err() {
                return;
            }
        }
    });
    (target, seen)
}

#[test]
fn requests_that_are_sent_again_are_counted_and_found() {
    let script = "import http from 'k6/http';
        export const options = { vus: 2, iterations: 400, thresholds: { 'http_reqs{resent:true}': ['count>100'] } };
        export default function () { http.get(__ENV.URL); }";
    let (target, seen) = dropping();
    let outcome = run(script, &target).go();
    let (requests, resent) =
        (metric(&outcome, "http_reqs", "count"), metric(&outcome, "http_reqs_resent", "count"));
    assert_eq!((requests, requests + resent), (400, seen.load(SeqCst)), "{outcome:?}");
    assert!((390..=400).contains(&resent), "{outcome:?}");
    assert!(outcome.stdout.contains("http_reqs_resent") && outcome.code == Some(0), "{outcome:?}");
    assert!(outcome.stderr.contains("requests were sent again"), "{outcome:?}");
    let found = outcome.json("rec/result.json")["findings"].clone();
    assert!(found.as_array().unwrap().iter().any(|one| one["id"] == "resent-requests"), "{found}");
}

#[test]
fn resending_can_be_switched_off() {
    let script = |options: &str| {
        format!(
            "import http from 'k6/http'; export const options = {{ vus: 2, iterations: 200, {options} }};
             export default function () {{ http.get(__ENV.URL); }}"
        )
    };
    let cases: [(&str, &str, Option<&str>); 4] = [
        ("noResend: true", "", None),
        ("", "--no-resend", None),
        ("", "", Some("K6_NO_RESEND")),
        ("", "", Some("FLASHCROWD_NO_RESEND")),
    ];
    for (options, flag, variable) in cases {
        let (target, seen) = dropping();
        let run = run(&script(options), &target).args(flag);
        let outcome = variable.into_iter().fold(run, |run, name| run.env(name, "true")).go();
        assert_eq!(seen.load(SeqCst), 200, "{options} {flag} {variable:?} {outcome:?}");
        assert!((98..=100).contains(&metric(&outcome, "http_req_failed", "passes")), "{outcome:?}");
        assert_eq!(metric(&outcome, "http_reqs_resent", "count"), 0, "{outcome:?}");
    }
    let (target, seen) = dropping();
    let plan = format!(
        "host: {}\ntarget: {{metrics: off}}\nresend: false\nrequests: [GET /]\nsteps: [{{rate: 50/s, duration: 2s}}]\narrivals: even",
        target.url()
    );
    let outcome = Run::of("run plan.yaml -q --record rec").file("plan.yaml", plan).go();
    assert_eq!(seen.load(SeqCst), metric(&outcome, "http_reqs", "count"), "{outcome:?}");
    assert!(metric(&outcome, "http_req_failed", "passes") > 0, "{outcome:?}");
}
