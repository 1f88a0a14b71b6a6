//! What is wrong is said before anything is sent: one clear message each, and k6's exit code.

use crate::run::Run;
use crate::target::mirror;

/// Runs a script that would ask the target, if only it were run; answers the exit code and the messages.
fn refused(script: &str, args: &str) -> (Option<i32>, String) {
    let target = mirror();
    let outcome =
        Run::new().script(script).args(args).env("T", &target.url()).args("-q --log-format raw").go();
    assert_eq!((target.connections(), outcome.stdout.as_str()), (0, ""), "{outcome:?}");
    (outcome.code, outcome.stderr.trim_end().to_owned())
}

/// A script that is fine but for its options.
fn with_options(options: &str) -> String {
    format!(
        "import http from 'k6/http';\nexport const options = {options};\nexport default function () {{ http.get(__ENV.T); }}\n"
    )
}

fn check_options(table: &[(&str, &str)]) {
    for (options, expected) in table {
        assert_eq!(refused(&with_options(options), ""), (Some(104), (*expected).to_owned()), "{options}");
    }
}

#[test]
fn scripts_that_cannot_be_read() {
    let fine = "export default function () {}";
    for (script, code, expected) in [
        (
            "import http from 'k6/http';\nexport default function () {\n  let x = ;\n}",
            107,
            "SyntaxError: unexpected token in expression: ';'\n\tat file://<folder>/script.js:3:11",
        ),
        (
            "throw new Error('at once');\nexport default () => {};",
            107,
            "Error: at once\n\tat <anonymous> (file://<folder>/script.js:1:11)",
        ),
        ("const x = 1;", 255, "no exported functions in script: write export default function () { ... }"),
        (
            "export const x = 1;",
            255,
            "no exported functions in script: write export default function () { ... }",
        ),
        ("", 255, "no exported functions in script: write export default function () { ... }"),
    ] {
        assert_eq!(refused(script, ""), (Some(code), expected.to_owned()), "{script}");
    }
    for (import, expected) in [
        (
            "k6/browser",
            "module 'k6/browser' is not supported: no browser is driven; load the same pages and APIs with k6/http",
        ),
        (
            "k6/x/sql",
            "module 'k6/x/sql' is not supported: k6's extensions are programs in Go; this program has none",
        ),
        ("lodash", "cannot import 'lodash': write './lodash' for a local file; packages are not looked up"),
        (
            "http://jslib.k6.io/x.js",
            "cannot import 'http://jslib.k6.io/x.js': write https://, or download the file; http:// is for this machine alone",
        ),
        ("./none.js", "cannot read '<folder>/none.js': no such file"),
        ("./a.ts", "cannot read '<folder>/a.ts': no such file"),
    ] {
        let (code, text) = refused(&format!("import x from '{import}'; {fine}"), "");
        assert_eq!((code, text.lines().next()), (Some(107), Some(expected)), "{import}");
        let (code, text) = refused(&format!("require('{import}'); {fine}"), "");
        assert_eq!(
            (code, text.lines().next()),
            (Some(107), Some(format!("Error: {expected}").as_str())),
            "{import}"
        );
    }
}

#[test]
fn a_mistake_in_an_imported_file_is_found_there() {
    let outcome = Run::new()
        .script("import './lib/a.js'; export default () => {};")
        .file("lib/a.js", "\n\nexport const = 1;")
        .args("-q --log-format raw")
        .go();
    assert_eq!(outcome.code, Some(107));
    assert!(outcome.stderr.contains("lib/a.js:3:"), "{outcome:?}");
}

#[test]
fn files_that_are_not_there() {
    for (line, expected) in [
        ("run none.js", "cannot run 'none.js': no such file"),
        ("run plan.yaml", "cannot run 'plan.yaml': no such file"),
        ("run .", "cannot run '.': it is a folder, give the script in it"),
        ("inspect none.js", "cannot run 'none.js': no such file"),
    ] {
        let outcome = Run::of(line).args("--log-format raw").go();
        assert_eq!((outcome.code, outcome.stderr.trim_end()), (Some(255), expected), "{line}");
    }
}

#[test]
fn scenarios() {
    let one = |fields: &str| format!("{{ scenarios: {{ peak: {{ {fields} }} }} }}");
    for (fields, expected) in [
        ("executor: 'constant-vu', duration: '1s'", "unknown executor 'constant-vu'"),
        ("vus: 1", "executor"),
        ("executor: 'constant-vus', duration: '-1s'", "duration"),
        ("executor: 'constant-vus'", "duration"),
        ("executor: 'constant-vus', duration: '1s', vus: -1", "vus"),
        ("executor: 'constant-vus', duration: '1s', vuz: 1", "vuz"),
        ("executor: 'constant-vus', duration: '1s', startTime: '-1s'", "startTime"),
        ("executor: 'constant-vus', duration: '1s', gracefulStop: 'soon'", "gracefulStop"),
        (
            "executor: 'constant-vus', duration: '1s', exec: 'missing'",
            "function 'missing' not found in exports",
        ),
        ("executor: 'constant-vus', duration: '1s', exec: ''", "exec"),
        ("executor: 'ramping-vus', stages: []", "stages"),
        ("executor: 'ramping-vus', stages: [{ duration: '1s' }]", "target"),
        ("executor: 'constant-arrival-rate', rate: 0, duration: '1s', preAllocatedVUs: 1", "rate"),
        ("executor: 'constant-arrival-rate', rate: 5, duration: '1s'", "preAllocatedVUs"),
        (
            "executor: 'constant-arrival-rate', rate: 5, duration: '1s', preAllocatedVUs: 5, maxVUs: 2",
            "maxVUs",
        ),
        ("executor: 'shared-iterations', vus: 5, iterations: 2", "iterations"),
        ("executor: 'per-vu-iterations', maxDuration: '10ms'", "maxDuration"),
    ] {
        let (code, text) = refused(&with_options(&one(fields)), "");
        assert_eq!(code, Some(104), "{fields}: {text}");
        assert!(
            text.starts_with("scenarios.peak") && text.contains(expected) && text.lines().count() == 1,
            "{fields}: {text}"
        );
    }
    let (code, text) =
        refused(&with_options("{ scenarios: { 'a b': { executor: 'shared-iterations' } } }"), "");
    assert!(code == Some(104) && text.contains("a b"), "{text}");
}

#[test]
fn the_nearest_name_is_offered() {
    check_options(&[
        (
            "{ scenarios: { s: { executor: 'constant-vu', duration: '1s' } } }",
            "scenarios.s.executor: unknown executor 'constant-vu': did you mean 'constant-vus'?",
        ),
        (
            "{ scenarios: { s: { executor: 'shared-iterations', iteration: 1 } } }",
            "scenarios.s.iteration: unknown field: did you mean 'iterations'?",
        ),
    ]);
    let outcome = Run::new()
        .script(&with_options("{ threshold: {}, iterations: 1 }"))
        .env("T", &mirror().url())
        .args("-q --log-format raw")
        .go();
    assert_eq!(
        (outcome.code, outcome.stderr.as_str()),
        (Some(0), "unknown option 'threshold' has no effect: did you mean 'thresholds'?\n")
    );
}

#[test]
fn thresholds() {
    for (threshold, expected) in [
        ("no_such_metric: ['count>1']", "no_such_metric"),
        ("http_req_duration: ['p(95)<']", "p(95)<"),
        ("http_req_duration: ['p(95) < 1 && avg < 2']", "&&"),
        ("http_req_duration: ['rate<1']", "rate"),
        ("http_reqs: ['p(95)<1']", "p(95)"),
        ("http_req_failed: ['avg<1']", "avg"),
        ("http_req_duration: ['p(101)<1']", "101"),
        ("'http_reqs{status}': ['count>1']", "status"),
        ("http_reqs: [{ threshold: 'count>1', delayAbortEval: 'soon' }]", "delayAbortEval"),
        ("http_reqs: 'count'", "count"),
    ] {
        let (code, text) = refused(&with_options(&format!("{{ thresholds: {{ {threshold} }} }}")), "");
        assert!(
            code == Some(104) && text.starts_with("thresholds.") && text.contains(expected),
            "{threshold}: {code:?} {text}"
        );
        assert_eq!(text.lines().count(), 1, "{threshold}: {text}");
    }
}

#[test]
fn every_problem_at_once() {
    let script = with_options(
        "{ rps: -1, batch: 'many', thresholds: { nothing: ['avg<1'], http_reqs: ['avg<1'] },
           scenarios: { a: { executor: 'constant-vus' }, b: { executor: 'shared-iterations', exec: 'gone', startTime: -5 } } }",
    );
    let (code, text) = refused(&script, "--duration soon");
    assert_eq!((code, text.lines().count()), (Some(104), 1), "flags come first: {text}");
    let (code, text) = refused(&script, "");
    assert_eq!(code, Some(104));
    for expected in ["rps", "batch", "scenarios.a.duration", "scenarios.b.startTime"] {
        assert_eq!(text.matches(expected).count(), 1, "{expected}: {text}");
    }
}

#[test]
fn flags_that_do_not_exist_or_make_no_sense() {
    for (args, code, expected) in [
        ("--vuz 5", 255, "unexpected argument '--vuz' found"),
        ("--vus many", 104, "--vus"),
        ("--duration=-5s", 104, "--duration"),
        ("-d 0", 104, "duration"),
        ("-i 0", 104, "iterations"),
        ("-u 5 -i 2", 104, "iterations"),
        ("-i 5 -s 1s:5", 104, "can't be used together with stages"),
        ("-s 5", 104, "--stage"),
        ("--execution-segment 2:1", 104, "--execution-segment"),
        ("--tag novalue", 104, "--tag"),
        ("-e =x", 104, "-e"),
        ("--summary-mode loud", 104, "--summary-mode is 'loud': use compact, full, legacy or disabled"),
        ("--summary-trend-stats p(200)", 104, "p(200)"),
        ("--summary-time-unit h", 104, "--summary-time-unit"),
        ("--log-output loki=x", 104, "--log-output is 'loki=x'"),
        ("--blacklist-ip 300.0.0.0/8", 104, "--blacklist-ip"),
        ("--system-tags no_such_tag", 104, "no_such_tag"),
    ] {
        let outcome = Run::new().script(&with_options("{}")).args("-q --log-format raw").args(args).go();
        assert!(outcome.code == Some(code) && outcome.stderr.contains(expected), "{args}: {outcome:?}");
        assert_eq!(outcome.stdout, "");
    }
}
