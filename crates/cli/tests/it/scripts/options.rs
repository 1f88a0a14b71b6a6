//! Options come from four places, the later over the earlier: config file, script, environment, flags.

use std::collections::BTreeSet;

use crate::run::{Run, said_by};
use crate::target::mirror;

/// Says which options are in force.
const TELL: &str = "import exec from 'k6/execution';
    export default function () {
      if (exec.scenario.iterationInTest > 0) return;
      const o = exec.test.options; const s = o.scenarios[exec.scenario.name];
      console.log(exec.scenario.name, s.executor, s.vus ?? s.startVUs, s.iterations ?? s.duration ?? 'stages', o.rps);
    }";

#[test]
fn the_later_place_wins() {
    let script = format!("{TELL} export const options = {{ vus: 2, iterations: 20, rps: 1002 }};");
    let config = r#"{ "vus": 1, "iterations": 10, "rps": 1001 }"#;
    let run = |script: &str| Run::new().script(script).file("c.json", config);
    assert_eq!(said_by(run(TELL).args("-c c.json")), "default shared-iterations 1 10 1001\n");
    assert_eq!(said_by(run(&script).args("-c c.json")), "default shared-iterations 2 20 1002\n");
    let env = || run(&script).env("K6_VUS", "3").env("K6_ITERATIONS", "30").env("K6_RPS", "1003");
    assert_eq!(said_by(env()), "default shared-iterations 3 30 1003\n");
    assert_eq!(said_by(env().env("FLASHCROWD_RPS", "1004")), "default shared-iterations 3 30 1004\n");
    assert_eq!(
        said_by(env().env("FLASHCROWD_RPS", "1004").args("--rps 1005 -u 4 -i 40")),
        "default shared-iterations 4 40 1005\n"
    );
}

#[test]
fn shortcuts_become_a_scenario() {
    for (args, expected) in [
        ("", "default per-vu-iterations 1 1 null"),
        ("-u 3", "default shared-iterations 3 3 null"),
        ("-u 2 -i 4", "default shared-iterations 2 4 null"),
        ("-u 2 -d 1s", "default constant-vus 2 1s null"),
        ("-s 100ms:2 -s 100ms:0", "default ramping-vus 1 stages null"),
        ("-u 2 -s 100ms:2", "default ramping-vus 2 stages null"),
        ("-d 1s -i 2", "default shared-iterations 1 2 null"),
    ] {
        assert_eq!(said_by(Run::new().script(TELL).args(args)).lines().last(), Some(expected), "{args}");
    }
}

#[test]
fn a_shortcut_deletes_the_scenarios_and_says_so() {
    let script = format!(
        "{TELL} export const options = {{ scenarios: {{ own: {{ executor: 'per-vu-iterations', vus: 2 }} }} }};"
    );
    assert_eq!(said_by(Run::new().script(&script)), "own per-vu-iterations 2 1 null\n");
    for args in ["-i 2", "-d 1s", "-s 100ms:1", "-u 2"] {
        let text = said_by(Run::new().script(&script).args(args));
        let (warning, rest) = text.split_once('\n').unwrap();
        assert!(warning.contains("scenarios") && rest.starts_with("default "), "{args}: {text}");
    }
}

#[test]
fn run_wide_tags_are_on_every_sample() {
    let target = mirror();
    let script = "import http from 'k6/http'; export const options = { tags: { a: 'script' }, thresholds: {
        'http_reqs{a:script}': ['count==0'], 'http_reqs{b:flag}': ['count==1'], 'iterations{b:flag}': ['count==1'], 'http_reqs{url:x}': ['count==0'] } };
        export default function () { http.get(__ENV.T, { tags: { name: 'x' } }); }";
    let outcome = Run::new()
        .script(script)
        .env("T", &target.url())
        .talk_only()
        .args("--tag b=flag --system-tags status,method")
        .go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
}

#[test]
fn halves_of_a_test_add_up() {
    let script = "import exec from 'k6/execution';
        export const options = { scenarios: {
          each: { executor: 'per-vu-iterations', vus: 3, iterations: 4 },
          shared: { executor: 'shared-iterations', vus: 3, iterations: 17 },
          rate: { executor: 'constant-arrival-rate', rate: 50, duration: '1s', preAllocatedVUs: 51 } } };
        export default function () { console.log(exec.scenario.name, exec.scenario.iterationInTest); }";
    for cuts in ["0,1/2,1", "0,1/3,2/3,1"] {
        let bounds: Vec<_> = cuts.split(',').collect();
        let mut seen = BTreeSet::new();
        let mut lines = 0;
        for pair in bounds.windows(2) {
            let args =
                format!("--execution-segment {}:{} --execution-segment-sequence {cuts}", pair[0], pair[1]);
            let text = said_by(Run::new().script(script).args(&args));
            lines += text.lines().count();
            seen.extend(text.lines().map(str::to_owned));
        }
        let count = |name: &str| seen.iter().filter(|line| line.starts_with(name)).count();
        assert_eq!((seen.len(), count("each"), count("shared")), (lines, 12, 17), "{cuts}: {seen:?}");
        assert!((50..=51).contains(&count("rate")), "{cuts}: {seen:?}");
    }
}

#[test]
fn thresholds_decide_the_exit_code() {
    let script = "import { Rate } from 'k6/metrics'; const r = new Rate('my_r');
        export const options = { thresholds: { my_r: ['rate>0.9'], iterations: ['count>=1'] } }; export default () => r.add(0);";
    let outcome = Run::new().script(script).talk_only().go();
    assert_eq!(
        (outcome.code, outcome.stdout.as_str()),
        (Some(99), "thresholds on metrics 'my_r' have been crossed\n")
    );
    for run in [Run::new().args("--no-thresholds"), Run::new().env("K6_NO_THRESHOLDS", "true")] {
        assert_eq!(run.script(script).talk_only().go().code, Some(0));
    }
    for (name, code) in [
        ("my_never: []", 0),
        ("my_never: ['count>0']", 99),
        // Without samples they hold, as in k6, unless nothing was measured that was promised.
        ("my_none: ['rate>0.5']", 99),
        ("my_time: ['p(95)<5']", 99),
        ("my_none: ['rate>0.5'], my_time: ['p(95)<5'], iterations: ['count==1']", 0),
    ] {
        let script = format!(
            "import {{ Counter, Rate, Trend }} from 'k6/metrics'; new Counter('my_never'); new Rate('my_none'); new Trend('my_time');
             export const options = {{ thresholds: {{ {name} }} }}; export default () => {{}};"
        );
        assert_eq!(Run::new().script(&script).talk_only().go().code, Some(code), "{name}");
    }
}

#[test]
fn a_threshold_may_end_the_test() {
    let script = |more: &str| {
        format!(
            "import {{ Counter }} from 'k6/metrics'; import {{ sleep }} from 'k6'; const c = new Counter('my_c');
             export const options = {{ vus: 2, duration: '20s', thresholds: {{ my_c: [{{ threshold: 'count<3', abortOnFail: true {more} }}] }} }};
             export default () => {{ c.add(1); sleep(0.1); }}; export function teardown() {{ console.log('teardown'); }}"
        )
    };
    let started = std::time::Instant::now();
    let outcome = Run::new().script(&script("")).talk_only().go();
    assert!(started.elapsed().as_secs() < 10, "{outcome:?}");
    assert_eq!((outcome.code, outcome.stdout.contains("teardown\n")), (Some(99), true), "{outcome:?}");
}

#[test]
fn inspect_tells_the_resolved_options() {
    let script = "export const options = { vus: 3, duration: '1m30s', thresholds: { http_reqs: ['count>1'] } }; export default () => {};";
    let outcome = Run::of("inspect script.js").script(script).go();
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""));
    let json: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    let scenario = &json["scenarios"]["default"];
    assert_eq!(
        (&scenario["executor"], &scenario["vus"], &scenario["duration"]),
        (&"constant-vus".into(), &3.into(), &"1m30s".into())
    );
    assert_eq!(json["thresholds"]["http_reqs"][0], "count>1");
}

#[test]
fn the_script_may_come_from_standard_input() {
    let run = Run::of("run -").file("lib.js", "export const x = 'lib';");
    let text = said_by(run.stdin("import { x } from './lib.js'; export default () => console.log(x);"));
    assert_eq!(text, "lib\n");
}

#[test]
fn arrivals_without_a_user_are_dropped_and_told() {
    let script = "import { sleep } from 'k6'; export const options = {
          scenarios: { rush: { executor: 'constant-arrival-rate', rate: 40, duration: '1s', preAllocatedVUs: 1, maxVUs: 3, tags: { own: 'x' } } },
          thresholds: { 'dropped_iterations{own:x}': ['count>20'], vus_max: ['value==3'] } };
        export default () => sleep(0.5);";
    let outcome = Run::new().script(script).talk_only().args("--summary-export s.json").go();
    assert_eq!(
        (outcome.code, outcome.stdout.matches("insufficient VUs").count()),
        (Some(0), 1),
        "{outcome:?}"
    );
    let metrics = &outcome.json("s.json")["metrics"];
    let count = |name: &str| metrics[name]["count"].as_u64().unwrap();
    assert!((40..=41).contains(&(count("iterations") + count("dropped_iterations"))), "{metrics}");
}

#[test]
fn an_iteration_may_have_a_least_duration() {
    let script = "export const options = { iterations: 3, minIterationDuration: '500ms', thresholds: { iteration_duration: ['max<450'] } };
        import exec from 'k6/execution'; export default () => {}; export function teardown() { console.log(exec.instance.currentTestRunDuration >= 1000); }";
    let outcome = Run::new().script(script).talk_only().go();
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(0), "true\n"), "{outcome:?}");
}
