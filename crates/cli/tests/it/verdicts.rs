//! Nothing passes that did not hold: the word and the exit code of runs, for scripts and plans, against targets that are
//! dead, refuse, fail or do as they should.

use std::time::{Duration, Instant};

use flashcrowd_record::{Cause, Verdict};
use serde_json::Value;

use crate::run::{Outcome, Run, Signal};
use crate::target::{Target, answer};

/// What came of a run: its exit code, its verdict and what decided it.
fn came_to(outcome: &Outcome) -> (i32, String, String) {
    let result = outcome.json("r/result.json");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let code = outcome.code.unwrap();
    assert_eq!(result["outcome"]["exit_code"], code, "{result:#}");
    (code, text(&result["verdict"]), text(&result["verdict_reason"]["cause"]))
}

/// How a run of a plan with these fields begins, at this host and with a record.
fn plan(host: &str, fields: &str) -> Run {
    let text = format!("name: Opening\nrequests:\n  - GET /products/1\n{fields}\n");
    Run::of("run plan.yaml --record r --host").arg(host).file("plan.yaml", text)
}

fn script(body: &str) -> Run {
    let script = format!("import http from 'k6/http'; import {{ check }} from 'k6'; {body}");
    Run::new().args("--record r").script(&script)
}

/// A target that gives the same status to all.
fn always(status: u16) -> Target {
    Target::answering(move |_| answer(status, &[], "{}"))
}

/// What a run printed, with single spaces in place of the line breaks that fit it to the width.
fn unwrapped(outcome: &Outcome) -> String {
    outcome.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn requests(result: &Value) -> f64 {
    let metrics = result["metrics"].as_array().unwrap();
    let requests = metrics.iter().find(|metric| metric["name"] == "http_reqs");
    requests.map_or(0.0, |requests| requests["stats"]["count"].as_f64().unwrap())
}

#[test]
fn the_table_in_the_documentation_and_in_the_help_is_that_of_the_code() {
    let docs = include_str!("../../../../docs/verdicts.md");
    let (_, table) = docs.split_once("| what came of the run | verdict | exit code |\n").unwrap();
    let written: Vec<&str> = table.lines().skip(1).take_while(|line| line.starts_with('|')).collect();
    let word = |verdict| match verdict {
        Verdict::Pass => "PASS",
        Verdict::NotJudged => "NOT JUDGED",
        Verdict::Warn => "WARNING",
        Verdict::NotMeasurable => "NOT MEASURABLE",
        Verdict::Fail => "FAIL",
    };
    let row = |row: &flashcrowd_record::CauseRow| {
        let code = row.exit_code.map_or("-".to_owned(), |code| code.to_string());
        format!("| {} | {} | {code} |", row.when, word(row.verdict))
    };
    let expected: Vec<String> = Cause::TABLE.iter().map(row).collect();
    assert_eq!(written, expected);
    let help = |line: &str| {
        let help = Run::of(line).go().stdout;
        help.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let (run, prime_day) = (help("run --help"), help("dynamodb --help"));
    let mut of_prime_day = 0;
    for row in Cause::TABLE {
        let Some(code) = row.exit_code else { continue };
        let line = format!("{} {code} {}", word(row.verdict), row.when.replace('`', ""));
        assert!(run.contains(&line), "{line}: {run}");
        of_prime_day += usize::from(prime_day.contains(&line));
    }
    assert!(of_prime_day >= 7, "{prime_day}");
}

#[test]
fn a_plan_against_a_port_that_nobody_listens_on_fails_and_knocks_softly() {
    let fields = "steps:\n  - users: 50\n    duration: 3s\nexpected:\n  - response_time_p99: < 500ms";
    let outcome = plan(&Target::nobody(), fields).go();
    assert_eq!(came_to(&outcome), (99, "fail".into(), "nothing-answered".into()), "{outcome:?}");
    let result = outcome.json("r/result.json");
    // Fifty users who wait up to a second, where there were 265,088 requests.
    assert!((50.0..3000.0).contains(&requests(&result)), "{}", requests(&result));
    let remedy = result["findings"][0]["remedy"].as_str().unwrap();
    assert!(remedy.starts_with("Nobody listens there: ") && !remedy.contains("backlog"), "{remedy}");
    let start = "Nothing was served: none of ";
    let (_, shown) = outcome.stdout.split_once("Verdict  ✗ FAIL\n").unwrap();
    assert!(shown.trim_start().starts_with(start), "{shown}");
    assert!(outcome.stderr.contains("nothing was served: none of "), "{}", outcome.stderr);
    for (line, first) in [
        ("report r", "Verdict  ✗ FAIL\n  Nothing was served: none of "),
        ("report r --format md", "**Fail**: Nothing was served: none of "),
        ("report r --format html", "class=\"answer\">Nothing was served: none of "),
        ("report r --format junit", "message=\"Nothing was served: none of "),
        ("report r --lang ko", "처리된 요청이 없습니다. 요청 "),
    ] {
        let report = outcome.then(line).go().stdout;
        assert!(report.contains(first), "{line}: {report}");
    }
    let judged = outcome.then("report r --exit-code -o report.txt").go();
    assert!(judged.code == Some(99) && judged.stderr.contains("the verdict is fail: Nothing"), "{judged:?}");
}

#[test]
fn a_dead_target_ends_a_run_early_unless_it_is_told_not_to() {
    let body = format!(
        "export const options = {{ scenarios: {{ s: {{ executor: 'constant-arrival-rate', rate: 50, duration: '10m',
           preAllocatedVUs: 5 }} }} }};
         export default function () {{ http.get('{}/products/1'); }}",
        Target::nobody()
    );
    let started = Instant::now();
    let outcome = script(&body).go();
    assert!(started.elapsed() < Duration::from_secs(50), "{:?}", started.elapsed());
    assert_eq!(came_to(&outcome), (99, "fail".into(), "nothing-answered".into()), "{outcome:?}");
    assert_eq!(outcome.json("r/result.json")["outcome"]["state"], "aborted");
    let line = "the run ends early: no request was answered in 5 s (1212 connection refused); --no-fail-fast lets it go on";
    assert!(outcome.stderr.contains(line), "{}", outcome.stderr);

    let fields = "steps:\n  - users: 2\n    duration: 8s";
    let outcome = plan(&Target::nobody(), fields).args("--no-fail-fast").go();
    assert_eq!(came_to(&outcome), (99, "fail".into(), "nothing-answered".into()), "{outcome:?}");
    assert_eq!(outcome.json("r/result.json")["outcome"]["state"], "finished");
}

#[test]
fn unknown_hosts_and_failed_handshakes_are_named() {
    let fields = "steps:\n  - users: 1\n    duration: 1s";
    // It speaks no TLS, and hangs up.
    let plain = always(200);
    let silent = plain.url().replace("http:", "https:");
    for (host, words) in [
        ("http://no-such-host.invalid", "The host name is not known"),
        (silent.as_str(), "answered (1000 no answer)"),
    ] {
        let outcome = plan(host, fields).go();
        assert_eq!(came_to(&outcome), (99, "fail".into(), "nothing-answered".into()), "{outcome:?}");
        assert!(unwrapped(&outcome).contains(words), "{}", outcome.stdout);
        assert!(requests(&outcome.json("r/result.json")) < 100.0, "{}", outcome.stdout);
    }
}

#[test]
fn a_target_that_refuses_everybody_has_served_nothing() {
    let log_in = "on_start:\n  - POST /login\nsteps:\n  - users: 4\n    duration: 2s\nexpected:\n  - response_time_p99: < 500ms";
    let outcome = plan(&always(401).url(), log_in).go();
    assert_eq!(came_to(&outcome), (99, "fail".into(), "nothing-served".into()), "{outcome:?}");
    assert!(unwrapped(&outcome).contains("check the log-in and the token"), "{}", outcome.stdout);

    // The first request of the log-in succeeds, the second never does: no user ever did what the test is about.
    let target =
        Target::answering(|request| answer(if request.path() == "/form" { 200 } else { 401 }, &[], "{}"));
    let log_in = log_in.replace("  - POST /login", "  - GET /form\n  - POST /login");
    let outcome = plan(&target.url(), &log_in).go();
    assert_eq!(came_to(&outcome), (99, "fail".into(), "iterations-failed".into()), "{outcome:?}");

    for (status, expected) in [
        (500, (99, "fail", "nothing-served")),
        (404, (99, "fail", "nothing-served")),
        (409, (0, "not judged", "nothing-promised")),
    ] {
        let body = format!(
            "export const options = {{ vus: 2, iterations: 20 }};
             export default function () {{ http.get('{}/'); }}",
            always(status).url()
        );
        let (code, verdict, cause) = came_to(&script(&body).go());
        assert_eq!((code, verdict.as_str(), cause.as_str()), expected, "{status}");
    }
}

#[test]
fn a_script_whose_every_iteration_throws_fails_in_a_few_lines() {
    for body in [
        "export default function () { throw new Error('no'); }",
        "export default async function () { throw new Error('no'); }",
        "export default async function () { await Promise.reject(new Error('no')); }",
        "export default async function () { Promise.reject(new Error('no')); }",
    ] {
        let outcome = script(&format!("export const options = {{ vus: 2, duration: '1s' }}; {body}")).go();
        assert_eq!(came_to(&outcome), (99, "fail".into(), "iterations-failed".into()), "{body} {outcome:?}");
        let lines: Vec<&str> =
            outcome.stderr.lines().filter(|line| line.contains("source=stacktrace")).collect();
        assert!((2..=4).contains(&lines.len()), "{}", outcome.stderr);
        assert!(!lines[0].contains("count="), "{}", lines[0]);
        let result = outcome.json("r/result.json");
        let failed = format!("count={}", result["scenarios"][0]["failed"]);
        assert!(lines.last().unwrap().ends_with(&failed), "{failed}: {lines:?}");
    }
}

#[test]
fn failed_requests_are_a_line_for_a_kind_with_its_number() {
    let body = format!(
        "export const options = {{ vus: 2, duration: '2s' }};
         export default function () {{
           for (let i = 0; i < 50; i += 1) {{ http.get(`{}/products/${{i}}`); }}
         }}",
        Target::nobody()
    );
    let outcome = script(&body).go();
    let lines: Vec<&str> = outcome.stderr.lines().filter(|line| line.contains("Request Failed")).collect();
    assert!((2..=4).contains(&lines.len()), "{}", outcome.stderr);
    assert!(lines[0].contains("/products/0: dial: connection refused"), "{}", lines[0]);
    let count = format!("count={}", requests(&outcome.json("r/result.json")));
    assert!(lines.last().unwrap().ends_with(&count), "{count}: {lines:?}");
}

#[test]
fn what_was_promised_decides() {
    let target = always(200);
    // Users are counted at the end of each second, and while they run.
    let steps = "steps:\n  - users: 2\n    duration: 2s";
    for (expected, came) in [
        ("", (0, "not judged", "nothing-promised")),
        ("expected:\n  - error_rate: 0%", (0, "pass", "held")),
        // Missed by nothing but the sign: the mark is warn, and it is missed.
        ("expected:\n  - concurrency: > 2", (99, "fail", "expectation-missed")),
        ("expected:\n  - error_rate: 0%\n  - memory_leak: false", (99, "fail", "not-measured")),
    ] {
        let outcome = plan(&target.url(), &format!("{steps}\n{expected}")).go();
        let (code, verdict, cause) = came_to(&outcome);
        assert_eq!((code, verdict.as_str(), cause.as_str()), came, "{expected}: {outcome:?}");
        if cause == "expectation-missed" {
            assert_eq!(outcome.json("r/result.json")["expectations"][0]["result"], "warn");
        }
    }
    for (threshold, came) in [
        ("", (0, "not judged", "nothing-promised")),
        ("http_reqs: ['count>0']", (0, "pass", "held")),
        ("http_reqs: ['count<1']", (99, "fail", "threshold-crossed")),
        ("'http_req_duration{name:typo}': ['p(95)<500']", (99, "fail", "not-measured")),
        ("http_reqs: ['count>0'], 'http_req_duration{name:typo}': ['p(95)<500']", (0, "pass", "held")),
        ("dropped_iterations: ['count<5']", (0, "pass", "held")),
    ] {
        let body = format!(
            "export const options = {{ thresholds: {{ {threshold} }} }};
             export default function () {{ http.get('{}/'); }}",
            target.url()
        );
        let outcome = script(&body).go();
        let (code, verdict, cause) = came_to(&outcome);
        assert_eq!((code, verdict.as_str(), cause.as_str()), came, "{threshold}: {outcome:?}");
    }
}

#[test]
fn scripts_without_a_record_are_judged_by_the_same_table() {
    let get = |url: &str| {
        Run::new()
            .script(&format!("import http from 'k6/http'; export default () => {{ http.get('{url}/'); }}"))
    };
    let outcome = get(&Target::nobody()).go();
    assert_eq!(outcome.code, Some(99));
    assert!(
        outcome.stdout.contains("Verdict  ✗ FAIL\n    Nothing was served: none of 1 requests"),
        "{}",
        outcome.stdout
    );
    let outcome = get(&always(200).url()).go();
    assert_eq!(outcome.code, Some(0));
    assert!(outcome.stdout.contains("Verdict  – NOT JUDGED\n    Nothing was promised"), "{}", outcome.stdout);
}

#[test]
fn an_interrupted_run_says_so_and_after_how_much() {
    let fields = "steps:\n  - users: 2\n    duration: 10m\nexpected:\n  - error_rate: 0%";
    let started = plan(&always(200).url(), fields).start();
    started.wait_for_lines("r/timeline.jsonl", 2);
    started.signal(Signal::INT);
    let outcome = started.end();
    assert_eq!(came_to(&outcome), (105, "fail".into(), "interrupted".into()), "{outcome:?}");
    let (_, shown) = outcome.stdout.split_once("Verdict  ✗ FAIL\n").unwrap();
    let reason: String = shown.split_whitespace().take(8).collect::<Vec<_>>().join(" ");
    assert!(shown.trim_start().starts_with("Interrupted after ") && reason.contains("of 10 min"), "{shown}");
}
