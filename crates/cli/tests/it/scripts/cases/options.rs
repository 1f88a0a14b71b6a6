//! Options are taken as k6 takes them.

use serde_json::Value;

use crate::run::{Run, said};

/// What a script's options make: the exit code, and the number of iterations.
fn ran(options: &str, rest: &str) -> (Option<i32>, Value, String) {
    let script = format!("import {{ sleep }} from 'k6'; export const options = {options}; {rest}");
    let outcome = Run::new().script(&script).talk_only().args("--summary-export s.json").go();
    let iterations = match outcome.path("s.json").exists() {
        true => outcome.json("s.json")["metrics"]["iterations"]["count"].clone(),
        false => Value::Null,
    };
    (outcome.code, iterations, outcome.stdout)
}

#[test]
fn options_are_read_without_regard_to_case() {
    let empty = "export default function () {}";
    for (options, code, iterations) in [
        ("{ VUs: 2, Iterations: 4, Thresholds: { iterations: ['count<4'] } }", 99, 4),
        ("{ VUS: '2', ITERATIONS: '4' }", 0, 4),
        (
            "{ scenarios: { a: { Executor: 'shared-iterations', VUs: 2, Iterations: 3, MaxDuration: '5s', GRACEFULSTOP: '1s' } } }",
            0,
            3,
        ),
        (
            "{ iterations: 4, thresholds: { iterations: [{ Threshold: 'count<4', abortonfail: false, DelayAbortEval: '1s' }] } }",
            99,
            4,
        ),
        (
            "{ iterations: 1, DNS: { TTL: '1m', Select: 'first', policy: 'any', cache: 1 }, TlsVersion: { MIN: 'tls1.2', from: 1 } }",
            0,
            1,
        ),
    ] {
        let (found, count, text) = ran(options, empty);
        assert_eq!((found, count), (Some(code), iterations.into()), "{options}: {text}");
    }
    let (code, count, text) = ran(
        "{ scenarios: { sale: { executor: 'constant-arrival-rate', rate: 5, timeUnit: '1s', duration: '1s', preAllocatedVus: 5, maxVus: 10 } } }",
        empty,
    );
    assert!(code == Some(0) && count.as_u64().is_some_and(|count| (5..=6).contains(&count)), "{text}");
    let (code, _, text) =
        ran("{ scenarios: { a: { executor: 'constant-vus', duration: '1s', vuss: 1 } } }", empty);
    assert!(
        code == Some(104) && text.contains("scenarios.a.vuss"),
        "unknown fields of scenarios are wrong: {text}"
    );
}

#[test]
fn members_that_mean_nothing_and_stages_without_a_duration_are_warnings() {
    let (code, _, text) = ran(
        "{ stages: [{ duration: '300ms', target: 2, iterations: 1 }, { target: 5 }] }",
        "export default function () { sleep(0.05); }",
    );
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("stages[0].iterations") && text.contains("stages[1] has no duration"), "{text}");
    let (code, _, text) = ran("{ stages: [{ duration: '1s' }] }", "export default function () {}");
    assert!(code == Some(104) && text.contains("stages[0].target"), "{text}");
    let (code, _, text) = ran(
        "{ iterations: 1, thresholds: { iterations: [{ threshold: 'count>0', abort: true }] } }",
        "export default function () {}",
    );
    assert!(code == Some(0) && text.contains("thresholds.iterations[0].abort has no effect"), "{text}");
}

#[test]
fn vus_beside_scenarios_replace_them() {
    let script = "export const options = { vus: 3, scenarios: { a: { executor: 'shared-iterations', vus: 1, iterations: 1, exec: 'go' } } };
        export function go() { console.log('scenario'); } export default function () { console.log('default'); }";
    let text = said(script);
    assert!(
        text.contains("vus: 3 replaces all scenarios") && text.ends_with("default\ndefault\ndefault\n"),
        "{text}"
    );
}

#[test]
fn ramps_that_end_at_zero_are_over_with_their_stages() {
    let max = |scenario: &str| {
        let script = format!(
            "export const options = {{ scenarios: {{ a: {scenario} }} }}; export default function () {{}}"
        );
        let text = Run::of("inspect --execution-requirements script.js").script(&script).go().stdout;
        let json: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"));
        json["totalDuration"].as_str().unwrap().to_owned()
    };
    let ramp = |down: &str, stop: &str, last: u32| {
        max(&format!(
            "{{ executor: 'ramping-vus', startVUs: 0, gracefulRampDown: '{down}', gracefulStop: '{stop}',
               stages: [{{ duration: '1s', target: 2 }}, {{ duration: '1s', target: {last} }}] }}"
        ))
    };
    assert_eq!(ramp("0s", "30s", 0), "2s");
    assert_eq!(ramp("5s", "30s", 0), "7s");
    assert_eq!(ramp("30s", "5s", 0), "7s");
    assert_eq!(ramp("0s", "30s", 1), "32s");
    assert_eq!(max("{ executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '4s' }"), "5s");
}
