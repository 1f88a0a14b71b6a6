//! `--traces-output` against a receiver that decodes what comes, and a target that sees `traceparent`.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value;
use opentelemetry_proto::tonic::trace::v1::Span;

use super::otlp::{Manners, Taken, over_grpc, over_http};
use crate::run::{Outcome, Run};
use crate::target::{Target, answer};

/// Requests one after the other, at once, and along a redirect; one that writes its own header.
const SCRIPT: &str = "
import http from 'k6/http';
export const options = { vus: 2, iterations: 10 };
export default function () {
    http.get(`${__ENV.T}/a`);
    http.batch([`${__ENV.T}/b`, ['POST', `${__ENV.T}/c`, 'x']]);
    http.get(`${__ENV.T}/moved`);
    http.get(`${__ENV.T}/own`, { headers: { traceparent: '00-1-2-01' } });
}";

/// The path of each request, and its header.
type Seen = Arc<Mutex<Vec<(String, String)>>>;

/// A target that keeps them.
fn target() -> (Target, Seen) {
    let seen = Seen::default();
    let kept = Arc::clone(&seen);
    let target = Target::answering(move |request| {
        let header = request.header("Traceparent").unwrap_or_default().to_owned();
        kept.lock().unwrap().push((request.path().to_owned(), header));
        match request.path() {
            "/moved" => answer(302, &[("Location", "/missing")], ""),
            "/missing" => answer(404, &[], ""),
            _ => answer(200, &[], ""),
        }
    });
    (target, seen)
}

fn run(target: &Target, traces: &str) -> Outcome {
    let run = Run::new().script(SCRIPT).arg("-e").arg(&format!("T={}", target.url()));
    run.args("--record rec --traces-output").arg(traces).go()
}

fn spans(taken: &Taken) -> Vec<Span> {
    let all = taken.decoded::<ExportTraceServiceRequest>().into_iter();
    let resources = all.flat_map(|request| request.resource_spans);
    resources.flat_map(|one| one.scope_spans).flat_map(|one| one.spans).collect()
}

fn value(span: &Span, name: &str) -> Option<any_value::Value> {
    span.attributes.iter().find(|one| one.key == name)?.value.as_ref()?.value.clone()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn an_iteration_is_a_trace_whose_requests_carry_their_spans() {
    let (http, over_http) = over_http(Manners::default());
    let (over_grpc, address) = over_grpc(Manners::default());
    for (traces, taken, path) in [
        (
            format!("otel=http://{address}"),
            over_grpc,
            "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        ),
        (format!("otel={},proto=http,header.X-Scope=s3cret-scope", http.url()), over_http, "/v1/traces"),
    ] {
        let (target, seen) = target();
        let outcome = run(&target, &traces);
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        assert!(taken.all().iter().all(|(at, _, _)| at == path));
        let found = spans(&taken);
        let (roots, requests): (Vec<&Span>, Vec<&Span>) =
            found.iter().partition(|span| span.parent_span_id.is_empty());
        assert_eq!((roots.len(), requests.len()), (10, 50), "{traces}");
        assert!(roots.iter().all(|root| root.name == "iteration" && root.kind == 1));
        let traces: HashMap<&[u8], &Span> = roots.iter().map(|root| (&root.trace_id[..], *root)).collect();
        let ids: HashSet<&[u8]> = found.iter().map(|span| &span.span_id[..]).collect();
        assert_eq!((traces.len(), ids.len()), (10, 60));
        let seen = seen.lock().unwrap();
        for span in requests {
            let root = traces[&span.trace_id[..]];
            assert_eq!(span.parent_span_id, root.span_id);
            assert!(span.start_time_unix_nano >= root.start_time_unix_nano);
            assert!(span.end_time_unix_nano <= root.end_time_unix_nano && span.kind == 3);
            let Some(any_value::Value::StringValue(url)) = value(span, "url.full") else {
                panic!("{span:?}")
            };
            let header = format!("00-{}-{}-01", hex(&span.trace_id), hex(&span.span_id));
            let path = url.strip_prefix(&target.url()).unwrap().to_owned();
            assert!(seen.contains(&(path.clone(), header)), "{path}");
            let failed = path == "/missing";
            assert_eq!(span.status.as_ref().unwrap().code, if failed { 2 } else { 0 }, "{span:?}");
            let status = any_value::Value::IntValue(match path.as_str() {
                "/missing" => 404,
                "/moved" => 302,
                _ => 200,
            });
            assert_eq!(value(span, "http.response.status_code"), Some(status));
        }
        assert_eq!(seen.len(), 60);
        assert!(seen.iter().filter(|(path, _)| path == "/own").all(|(_, header)| header == "00-1-2-01"));
    }
}

#[test]
fn an_iteration_of_a_plan_is_a_trace_too() {
    let (taken, address) = over_grpc(Manners::default());
    let (target, seen) = target();
    let plan =
        "name: trace\nsteps:\n  - users: 2\n    duration: 1s\nwait: 10ms\nrequests:\n  - GET /a: 100%\n";
    let outcome = Run::of("run plan.yaml --host")
        .arg(&target.url())
        .file("plan.yaml", plan)
        .args("--observe off --traces-output")
        .arg(&format!("otel=http://{address}"))
        .go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let found = spans(&taken);
    let roots: HashSet<&[u8]> =
        found.iter().filter(|span| span.name == "iteration").map(|root| &root.span_id[..]).collect();
    let requests: Vec<&Span> = found.iter().filter(|span| span.name == "GET").collect();
    assert_eq!(requests.len(), seen.lock().unwrap().len());
    // What was interrupted at the end has no end.
    let whole = requests.iter().filter(|span| roots.contains(&span.parent_span_id[..])).count();
    assert!(whole > 10 && whole + 2 >= requests.len(), "{whole} of {}", requests.len());
}

#[test]
fn without_the_flag_requests_carry_nothing() {
    let (target, seen) = target();
    let outcome = run(&target, "none");
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(seen.lock().unwrap().iter().all(|(path, header)| header.is_empty() || path == "/own"));
}

#[test]
fn spans_that_are_not_taken_are_counted_and_the_load_is_not_slowed() {
    let (target, _) = target();
    let gone = run(&target, &format!("otel={},header.authorization=Bearer t0ken-77", Target::nobody()));
    assert_eq!(gone.code, Some(255), "{gone:?}");
    assert!(gone.stderr.contains("60 samples were not delivered: "), "{gone:?}");
    assert!(!gone.stderr.contains("t0ken-77") && !gone.read("rec/run.json").contains("t0ken-77"), "{gone:?}");
    let (taken, address) = over_grpc(Manners { delay: Duration::from_millis(1500), ..Manners::default() });
    let script = "import http from 'k6/http'; export const options = { scenarios: { s: { rate: 100,
        executor: 'constant-arrival-rate', duration: '3s', preAllocatedVUs: 5 } } };
        export default function () { http.get(__ENV.T); }";
    let slow = Run::new()
        .script(script)
        .arg("-e")
        .arg(&format!("T={}", target.url()))
        .args("--record rec --traces-output")
        .arg(&format!("otel=http://{address}"))
        .go();
    assert_eq!(slow.code, Some(0), "{slow:?}");
    let results = slow.json("rec/result.json");
    let metrics = results["metrics"].as_array().unwrap();
    let iterations =
        metrics.iter().find(|one| one["name"] == "iterations").unwrap()["samples"].as_u64().unwrap();
    assert!((299..=301).contains(&iterations), "{iterations}");
    assert_eq!(spans(&taken).len() as u64, 2 * iterations);
    let wrong = run(&target, "zipkin");
    assert_eq!(wrong.code, Some(104), "{wrong:?}");
    assert!(wrong.stderr.contains("--traces-output zipkin: there is no such output of traces"), "{wrong:?}");
}
