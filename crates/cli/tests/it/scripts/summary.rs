//! The end of a test is a summary: as text, as JSON, as the script wants it, and as a record.

use crate::run::{Outcome, Run};
use crate::target::mirror;

/// A test with two scenarios, groups, checks, thresholds, errors and metrics of its own, over in a moment.
const SCRIPT: &str = "import http from 'k6/http'; import { check, group } from 'k6'; import { Trend, Counter } from 'k6/metrics';
    const t = new Trend('my_time', true), c = new Counter('my_count');
    export const options = {
      scenarios: { buy: { executor: 'per-vu-iterations', vus: 2, iterations: 2, exec: 'buy' }, look: { executor: 'shared-iterations', iterations: 3, exec: 'look' } },
      thresholds: { http_req_duration: ['p(95)<5000'], 'http_reqs{scenario:buy}': ['count==4'], my_count: ['count>100'] } };
    export function setup() { return { token: 'x' }; }
    export function buy() { group('pay', () => { check(http.get(__ENV.T), { paid: (r) => r.status === 200, cheap: () => __ITER > 0 }); }); t.add(70000); }
    export function look() { http.get(`${__ENV.T}/status/404`); c.add(2); }";

fn summary(args: &str) -> Outcome {
    let target = mirror();
    Run::new().script(SCRIPT).env("T", &target.url()).args("-q --workers 1").args(args).go()
}

#[test]
fn every_mode_has_its_lines() {
    let always = [
        "http_req_duration",
        "{ expected_response:true }",
        "http_req_failed",
        "42.85% 3 out of 7",
        "http_reqs",
        "iterations",
        "iteration_duration",
        "data_received",
        "data_sent",
        "my_time",
        "my_count",
        "✓ paid",
        "✗ cheap",
        "↳  50% — ✓ 2 / ✗ 2",
        "avg=1m10s",
    ];
    for (mode, also, never) in [
        (
            "compact",
            &[
                "█ THRESHOLDS",
                "✓ 'p(95)<5000' p(95)=",
                "✗ 'count>100' count=6",
                "{scenario:buy}",
                "█ TOTAL RESULTS",
                "checks_total.......: 8",
                "checks_succeeded...: 75.00% 6 out of 8",
                "HTTP",
                "EXECUTION",
                "NETWORK",
                "CUSTOM",
            ][..],
            &["http_req_blocked", "█ SCENARIO"][..],
        ),
        (
            "full",
            &[
                "█ THRESHOLDS",
                "http_req_blocked",
                "http_req_connecting",
                "http_req_sending",
                "http_req_waiting",
                "http_req_receiving",
                "http_req_tls_handshaking",
                "↳ GROUP: pay",
                "█ SCENARIO: buy",
                "█ SCENARIO: look",
            ],
            &["group_duration", "█ GROUP"],
        ),
        (
            "legacy",
            &["█ pay", "http_req_blocked", "✓ http_req_duration", "✗ my_count", "checks"],
            &["█ THRESHOLDS"],
        ),
    ] {
        let outcome = summary(&format!("--summary-mode {mode}"));
        assert_eq!(outcome.code, Some(99), "{outcome:?}");
        for line in always.iter().chain(also) {
            assert!(outcome.stdout.contains(line), "{mode} lacks {line}: {}", outcome.stdout);
        }
        for line in never {
            assert!(!outcome.stdout.contains(line), "{mode} has {line}: {}", outcome.stdout);
        }
        assert!(
            !outcome.stdout.contains('\u{1b}') && !outcome.stderr.contains('\u{1b}'),
            "no colours in a pipe"
        );
    }
    for args in ["--summary-mode disabled", "--no-summary"] {
        assert_eq!(summary(args).stdout, "");
    }
}

#[test]
fn columns_and_units_can_be_chosen() {
    let text = summary("--summary-trend-stats med,p(99.9),count --summary-time-unit s").stdout;
    assert!(text.contains("med=70.00s p(99.9)=70.00s count=4") && !text.contains("avg="), "{text}");
    let text = summary("--summary-trend-stats max --summary-time-unit us").stdout;
    assert!(text.contains("max=70000000.00µs"), "{text}");
}

#[test]
fn the_export_has_k6s_shape() {
    let outcome = summary("--summary-export s.json --no-summary");
    let json = outcome.json("s.json");
    assert!(outcome.read("s.json").starts_with("{\n    \""));
    let metrics = &json["metrics"];
    assert_eq!(
        metrics["my_count"],
        serde_json::json!({ "count": 6, "rate": metrics["my_count"]["rate"], "thresholds": { "count>100": true } })
    );
    assert_eq!(metrics["http_req_duration"]["thresholds"]["p(95)<5000"], false);
    assert_eq!(
        (&metrics["http_req_failed"]["passes"], &metrics["http_reqs{scenario:buy}"]["count"]),
        (&3.into(), &4.into())
    );
    assert_eq!(json["root_group"]["groups"]["pay"]["checks"]["cheap"]["fails"], 2);
    assert_eq!(json["setup_data"]["token"], "x");
}

#[test]
fn a_script_may_make_the_summary() {
    let run = |handle: &str| {
        let target = mirror();
        let script = format!("{SCRIPT} export function handleSummary(data) {{ {handle} }}");
        Run::new().script(&script).env("T", &target.url()).args("-q --log-format raw").go()
    };
    let outcome = run(
        "return { stdout: `${data.metrics.http_reqs.values.count} ${data.metrics.my_time.values['p(90)']} ${data.root_group.groups.find((g) => g.path === '::pay').checks[0].passes} ${data.setup_data.token} ${data.state.isStdOutTTY}\\n`,
          stderr: 'to stderr\\n', 'out/deep.json': JSON.stringify(data.metrics.my_count), 'bytes.bin': new Uint8Array([65, 66]).buffer };",
    );
    assert_eq!(outcome.stdout, "7 70000 4 x false\n");
    assert!(outcome.stderr.contains("to stderr\n"), "{outcome:?}");
    assert_eq!(outcome.read("bytes.bin"), "AB");
    assert!(outcome.stderr.contains("cannot write 'out/deep.json'"), "{outcome:?}");
    for (handle, said) in
        [("", ""), ("throw new Error('no summary');", "Error: no summary"), ("return null;", "")]
    {
        let outcome = run(handle);
        assert!(
            outcome.code == Some(99)
                && outcome.stdout.contains("█ TOTAL RESULTS")
                && outcome.stderr.contains(said),
            "{handle}: {outcome:?}"
        );
    }
    let outcome = run("return { 'only.txt': 'x' };");
    assert_eq!((outcome.stdout.as_str(), outcome.read("only.txt").as_str()), ("", "x"));
}

#[test]
fn without_quiet_there_is_a_header_and_progress() {
    let script = "import { sleep } from 'k6'; export const options = { vus: 2, duration: '2s' }; export default () => sleep(0.2);";
    let outcome = Run::new().script(script).go();
    for line in [
        "execution: local",
        "script: script.js",
        "scenarios: (100.00%) 1 scenario, 2 max VUs, 32s max duration (incl. graceful stop):",
        "* default: 2 looping VUs for 2s (gracefulStop: 30s)",
    ] {
        assert!(outcome.stdout.contains(line), "{line}: {outcome:?}");
    }
    let progress = outcome.stderr + &outcome.stdout;
    assert!(progress.contains("running (01.0s)") && progress.contains("2/2 VUs"), "{progress}");
    assert!(progress.contains("default ✓ [ 100% ]") && !progress.contains('\u{1b}'), "{progress}");
    let outcome = Run::new().script(script).args("-q -d 1s").go();
    assert!(
        outcome.stderr.is_empty() && outcome.stdout.trim_start().starts_with("█ TOTAL RESULTS"),
        "{outcome:?}"
    );
}

#[test]
fn a_record_tells_everything_but_secrets() {
    let target = mirror();
    let script = format!(
        "{SCRIPT} // sent with __ENV.AUTH_TOKEN\nexport function teardown() {{ http.get(__ENV.T, {{ headers: {{ Authorization: `Bearer ${{__ENV.AUTH_TOKEN}}` }} }}); }}"
    );
    let outcome = Run::new()
        .script(&script)
        .env("T", &target.url())
        .env("SYSTEM_PASSWORD", "hunter2hunter2")
        .args("--record rec -v -e AUTH_TOKEN=very-secret-token -e BOOTH_ID=7 --http-debug")
        .go();
    assert_eq!(outcome.code, Some(99), "{outcome:?}");
    let (run, result) = (outcome.json("rec/run.json"), outcome.json("rec/result.json"));
    assert_eq!((&run["test"]["source"], &run["env"]["BOOTH_ID"]), (&"script.js".into(), &"7".into()));
    assert!(run["sources"][0]["text"].as_str().unwrap().contains("export function buy"));
    assert_eq!(
        (&result["outcome"]["exit_code"], &result["outcome"]["state"]),
        (&99.into(), &"finished".into())
    );
    let reqs =
        result["metrics"].as_array().unwrap().iter().find(|metric| metric["name"] == "http_reqs").unwrap();
    assert_eq!(reqs["stats"]["count"], 8);
    let lines: Vec<serde_json::Value> =
        outcome.read("rec/timeline.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let sum: f64 = lines.iter().filter_map(|line| line["metrics"]["http_reqs"]["sum"].as_f64()).sum();
    assert_eq!(sum, 8.0);
    for name in outcome.files("rec") {
        let text = outcome.read(&format!("rec/{name}"));
        assert!(!text.contains("very-secret-token") && !text.contains("hunter2hunter2"), "{name}: {text}");
    }
    assert!(outcome.stderr.contains("Authorization: ***"), "requests are shown: {outcome:?}");
    assert!(!(outcome.stdout + &outcome.stderr).contains("very-secret-token"));
}

/// Whether a text has colours in it; escapes that move the cursor are none.
fn is_coloured(text: &str) -> bool {
    let escapes = text.split("\u{1b}[").skip(1);
    let mut ends = escapes.filter_map(|escape| escape.chars().find(|c| !c.is_ascii_digit() && *c != ';'));
    ends.any(|end| end == 'm')
}

#[test]
fn colours_are_for_terminals() {
    let script = |run: Run| run.script("export default () => console.log('said');");
    let terminal = script(Run::new()).go_on_terminal();
    assert!(terminal.code == Some(0) && terminal.stdout.contains("TOTAL RESULTS"), "{terminal:?}");
    assert!(is_coloured(&terminal.stdout), "{terminal:?}");
    for run in [
        || Run::new().args("--no-color"),
        || Run::new().env("NO_COLOR", "1"),
        || Run::new().env("K6_NO_COLOR", "true"),
    ] {
        let plain = script(run()).go_on_terminal();
        assert!(plain.code == Some(0) && plain.stdout.contains("TOTAL RESULTS"), "{plain:?}");
        assert!(!is_coloured(&plain.stdout), "{plain:?}");
    }
    let piped = script(Run::new()).go();
    assert!(piped.code == Some(0) && !(piped.stdout + &piped.stderr).contains('\u{1b}'));
}
