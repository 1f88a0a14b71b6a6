//! What the load generator is at fault for is said to be its own, and never the target's.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::counts::metric;
use crate::run::{Outcome, Run, Signal, wait_until};
use crate::target::{Target, answer};

fn quick() -> Target {
    Target::answering(|_| answer(200, &[], "ok"))
}

/// The ids of what was found.
fn findings(outcome: &Outcome) -> Vec<String> {
    let results = outcome.json("rec/result.json");
    let found = results["findings"].as_array().unwrap();
    found.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

/// A run whose verdict is that it is not measurable, for this cause, with this finding first, and none about the target.
fn check_not_measurable(outcome: &Outcome, cause: &str, finding: &str) {
    const OF_TARGET: [&str; 6] =
        ["outage", "dropped-iterations", "error-onset", "breaking-point", "unstable-tail", "pool-saturation"];
    assert_eq!(outcome.code, Some(120), "{outcome:?}");
    assert!(outcome.stdout.contains("NOT MEASURABLE"), "{outcome:?}");
    let results = outcome.json("rec/result.json");
    assert_eq!(results["verdict"], "not measurable");
    assert_eq!(results["verdict_reason"]["cause"], cause, "{outcome:?}");
    let found = findings(outcome);
    assert_eq!(found.first().map(String::as_str), Some(finding), "{found:?}");
    assert!(!found.iter().any(|id| OF_TARGET.contains(&id.as_str())), "{found:?}");
    let report = outcome.then("report rec").go();
    assert!(report.stdout.contains("Not measurable"), "{report:?}");
    assert_eq!(outcome.then("report rec --exit-code -o x.md").go().code, Some(120));
}

const MANY_CONNECTIONS: &str = "import http from 'k6/http';
    export const options = { vus: 80, duration: '2s', noConnectionReuse: true, thresholds: { http_req_failed: ['rate<0.01'] } };
    export default function () { http.get(__ENV.URL); }";

#[test]
fn open_files_that_are_used_up_are_this_machines_fault() {
    let target = quick();
    let run = Run::new().script(MANY_CONNECTIONS).args("-q --record rec").env("URL", &target.url());
    let outcome = limited(run, "-n 64");
    check_not_measurable(&outcome, "generator-limited", "generator-limit");
    assert!(
        outcome.stdout.contains("ulimit -n 4096") && outcome.stdout.contains("It is 64 now"),
        "{outcome:?}"
    );
    assert!(metric(&outcome, "http_reqs_not_sent", "count") > 0);
}

#[test]
fn local_ports_that_are_used_up_are_this_machines_fault() {
    let script = "import http from 'k6/http';
        export const options = { vus: 8, duration: '2s', noConnectionReuse: true, thresholds: { http_req_duration: ['p(95)<500'] } };
        export default function () { http.get('http://127.0.0.1:18999/'); }";
    let run = Run::new().script(script).args("-q --record rec");
    // A network of its own, with a target in it and hardly any ports; only root can make one.
    let Some(outcome) = in_own_network(run, "20000 20031") else { return };
    check_not_measurable(&outcome, "generator-limited", "generator-limit");
    assert!(
        outcome.stdout.contains("ip_local_port_range") && outcome.stdout.contains("20000 to 20031"),
        "{outcome:?}"
    );
}

/// Arrivals at 100/s for some seconds, beside something else.
fn arrivals(seconds: u64, beside: &str, threshold: &str) -> String {
    format!(
        "import http from 'k6/http';
         export const options = {{ thresholds: {{ {threshold} }}, scenarios: {{
           a: {{ executor: 'constant-arrival-rate', rate: 100, duration: '{seconds}s', preAllocatedVUs: 20, exec: 'a', gracefulStop: '1s' }},
           {beside} }} }};
         export function a() {{ http.get(__ENV.URL); }}
         export function hog() {{ const n = +__ENV.SIZE; 'x'.repeat(n).indexOf('x'.repeat(n / 2) + 'y'); }}"
    )
}

const TIMES: &str = "http_req_duration: ['p(95)<200']";

#[test]
fn a_stopped_process_is_no_slow_target() {
    let target = quick();
    let started =
        Run::new().script(&arrivals(6, "", TIMES)).args("-q --record rec").env("URL", &target.url()).start();
    wait_until("some requests", || target.requests() > 100);
    started.signal(Signal::STOP);
    std::thread::sleep(Duration::from_secs(3));
    started.signal(Signal::CONT);
    let outcome = started.end();
    check_not_measurable(&outcome, "generator-late", "generator-late");
    assert!(outcome.stdout.contains("stopped"), "{outcome:?}");
    let counted = metric(&outcome, "iterations", "count") + metric(&outcome, "dropped_iterations", "count");
    assert_eq!(counted, 600, "{outcome:?}");
}

#[test]
fn a_script_that_blocks_its_thread_loses_nothing() {
    let hog = "hog: { executor: 'per-vu-iterations', vus: 1, iterations: 1, startTime: '2s', maxDuration: '1s', gracefulStop: '0s', exec: 'hog' }";
    let target = quick();
    let run = Run::new().script(&arrivals(3, hog, TIMES)).args("-q --record rec --workers 2");
    // Until after the run gives up virtual users that do not answer.
    let outcome = run.env("URL", &target.url()).env("SIZE", "200000").go();
    let results = outcome.json("rec/result.json");
    let scenario = &results["scenarios"][0];
    let of = |name: &str| scenario[name].as_u64().unwrap();
    assert_eq!(of("completed") + of("dropped") + of("interrupted"), 300, "{outcome:?}");
    assert_eq!(metric(&outcome, "dropped_iterations", "count"), of("dropped"));
    let sent = metric(&outcome, "http_reqs", "count") + metric(&outcome, "http_reqs_interrupted", "count");
    assert_eq!(sent, target.requests(), "{outcome:?}");
    assert!(!outcome.stderr.contains("given up"), "{outcome:?}");
    check_not_measurable(&outcome, "generator-late", "generator-late");
}

#[test]
fn without_a_promise_of_times_a_late_generator_is_a_finding() {
    let hog = "hog: { executor: 'per-vu-iterations', vus: 1, iterations: 1, startTime: '2s', maxDuration: '1s', gracefulStop: '0s', exec: 'hog' }";
    let target = quick();
    let run = Run::new()
        .script(&arrivals(6, hog, "http_req_failed: ['rate<0.5']"))
        .args("-q --record rec --workers 1");
    let outcome = run.env("URL", &target.url()).env("SIZE", "100000").go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(findings(&outcome).contains(&"generator-late".to_owned()), "{outcome:?}");
    assert_eq!(outcome.json("rec/result.json")["verdict"], Value::from("warn"));
}

/// Runs it with a limit of the shell's `ulimit`, hard and soft.
fn limited(run: Run, limit: &str) -> Outcome {
    run.through("sh", &["-c", &format!("ulimit {limit} && exec \"$0\" \"$@\"")]).go()
}

/// Runs it in a network of its own, beside a target on port 18999, with this range of local ports. Nothing where that
/// cannot be made.
fn in_own_network(run: Run, ports: &str) -> Option<Outcome> {
    let made = Command::new("unshare").args(["-n", "true"]).status();
    if !made.is_ok_and(|status| status.success()) {
        return None;
    }
    let script = format!(
        "ip link set lo up; echo {ports} > /proc/sys/net/ipv4/ip_local_port_range; \
         python3 -c \"$TARGET\" & sleep 1; \"$0\" \"$@\"; code=$?; kill %1; exit $code"
    );
    Some(run.env("TARGET", TARGET).through("unshare", &["-n", "bash", "-c", &script]).go())
}

/// A target that closes each connection after its answer, which keeps the port in use for a while.
const TARGET: &str = "
import socketserver
class H(socketserver.StreamRequestHandler):
    def handle(self):
        while self.rfile.readline().strip(): pass
        self.wfile.write(b'HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok')
        self.rfile.read()
class S(socketserver.ThreadingTCPServer):
    allow_reuse_address = True; daemon_threads = True; request_queue_size = 64
S(('127.0.0.1', 18999), H).serve_forever()
";
