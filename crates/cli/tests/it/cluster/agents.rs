//! A run whose load several agents of this machine make.

use super::{all_iterations, iterations, script, seen, shop};
use crate::run::{Run, Signal, wait_until};

/// A script that runs so long that it has to be ended, with setup and teardown.
pub fn long(target: &str, options: &str) -> String {
    format!(
        "import http from 'k6/http';
        import exec from 'k6/execution';
        import {{ sleep }} from 'k6';
        export const options = {{
            scenarios: {{ all: {{ executor: 'constant-vus', vus: 6, duration: '20s', gracefulStop: '1s' }} }},
            {options}
        }};
        export function setup() {{
            console.log('setup');
            return {{ answer: 42, list: ['x', null], url: http.get('{target}/v1/products/1').url }};
        }}
        export default function (data) {{
            if (data.answer !== 42 || data.list[0] !== 'x' || data.list[1] !== null) exec.test.abort('other data');
            if (__ENV.ENOUGH && exec.scenario.iterationInTest >= Number(__ENV.ENOUGH)) exec.test.abort('enough');
            http.get(data.url);
            sleep(0.05);
        }}
        export function teardown(data) {{ console.log('teardown ' + JSON.stringify(data.list)); }}"
    )
}

#[test]
fn agents_make_the_iterations_of_one_process() {
    let shop = shop();
    let run = Run::new().script(&script(&shop.url())).args("--agents 4 --record rec --log-format raw");
    let outcome = run.go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(iterations(outcome.stderr.lines()), all_iterations());
    assert!(outcome.stderr.contains("4 agents began within "), "{outcome:?}");
    assert!(outcome.stdout.contains("✓ 'count==201'"), "{outcome:?}");
    let results = outcome.json("rec/result.json");
    let scenarios = results["scenarios"].as_array().unwrap();
    let completed: Vec<_> = scenarios.iter().map(|one| (&one["completed"], &one["dropped"])).collect();
    assert_eq!(completed, [(&100.into(), &0.into()), (&101.into(), &0.into())]);
    assert_eq!(results["verdict"], "pass");
    let times = results["metrics"].as_array().unwrap();
    let times = times.iter().find(|metric| metric["name"] == "http_req_duration").unwrap();
    assert_eq!(times["samples"], 201);
    let vus = results["metrics"].as_array().unwrap().iter().find(|metric| metric["name"] == "vus_max");
    assert_eq!(vus.unwrap()["stats"]["max"], 57.0, "the virtual users of all agents together");
    assert_eq!(seen(&shop), 201);
}

#[test]
fn setup_runs_once_and_all_agents_have_its_data() {
    let shop = shop();
    let script = long(&shop.url(), "thresholds: { http_reqs: ['count>0'] },");
    let run = Run::new().script(&script).args("-d 2s -u 6 --agents 3").talk_only().args("--record rec");
    let outcome = run.go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let said: Vec<&str> =
        outcome.stdout.lines().filter(|line| line.contains("setup") || line.contains("teardown")).collect();
    assert_eq!(said, ["setup", r#"teardown ["x",null]"#]);
    let results = outcome.json("rec/result.json");
    let requests = results["metrics"].as_array().unwrap().iter().find(|metric| metric["name"] == "http_reqs");
    assert_eq!(requests.unwrap()["stats"]["count"], seen(&shop) as f64);
    assert_eq!(results["setup_data"]["answer"], 42);
}

#[test]
fn thresholds_look_at_all_agents_together() {
    let shop = shop();
    // No agent makes that many by itself.
    let options = "thresholds: { http_reqs: [{ threshold: 'count<150', abortOnFail: true }] },";
    let run = Run::new().script(&long(&shop.url(), options)).args("--agents 3 -q --record rec");
    let outcome = run.start().end_within(std::time::Duration::from_secs(15));
    assert_eq!(outcome.code, Some(99), "{outcome:?}");
    assert!(outcome.stderr.contains("teardown"), "{outcome:?}");
    let results = outcome.json("rec/result.json");
    assert_eq!((&results["verdict"], &results["outcome"]["state"]), (&"fail".into(), &"aborted".into()));
}

#[test]
fn an_agent_may_end_the_run() {
    let shop = shop();
    let run = Run::new().script(&long(&shop.url(), "")).args("--agents 3 -q -e ENOUGH=60");
    let outcome = run.start().end_within(std::time::Duration::from_secs(15));
    assert_eq!(outcome.code, Some(108), "{outcome:?}");
    assert!(outcome.stderr.contains("test aborted: enough"), "{outcome:?}");
}

#[test]
fn a_signal_ends_all_agents_in_order() {
    let shop = shop();
    let run = Run::new().script(&long(&shop.url(), "")).args("--agents 3 -q --record rec").start();
    run.wait_for_lines("rec/timeline.jsonl", 2);
    let agents = run.children();
    assert_eq!(agents.len(), 3);
    run.signal(Signal::INT);
    let outcome = run.end_within(std::time::Duration::from_secs(15));
    assert_eq!(outcome.code, Some(105), "{outcome:?}");
    assert!(outcome.stderr.contains("teardown"), "{outcome:?}");
    let results = outcome.json("rec/result.json");
    let count = |name: &str| {
        let metrics = results["metrics"].as_array().unwrap();
        let found = metrics.iter().find(|metric| metric["name"] == name);
        found.map_or(0, |metric| metric["stats"]["count"].as_f64().unwrap() as u64)
    };
    let counted = count("http_reqs") + count("http_reqs_interrupted");
    wait_until("the shop's last requests", || seen(&shop) == counted);
    assert!(agents.iter().all(|pid| !std::path::Path::new(&format!("/proc/{pid}")).exists()));
}

#[test]
fn what_agents_cannot_run_is_refused() {
    let script = "export const options = { rps: 2 }; export default function () {}";
    for (args, expected) in [
        ("--agents 3", "rps: 2 is less than one request per second for each of 3 agents"),
        ("--agents 2 --execution-segment 0:1/2", "--execution-segment: agents have a part of the test each"),
        ("--agents 2 --out json=x.json", "--out: raw samples stay with the agents that measure them"),
        ("--agents 2 --part-out x.part", "--part-out: agents tell what they measure"),
    ] {
        let outcome = Run::new().script(script).args(args).go();
        assert_eq!(outcome.code, Some(104), "{outcome:?}");
        assert!(outcome.stderr.contains(expected), "{outcome:?}");
    }
    let throws = "if (__ENV.FLASHCROWD_BUS_SECRET) throw new Error('here'); export default function () {}";
    let outcome = Run::new().script(throws).args("--agents 2").go();
    assert_eq!(outcome.code, Some(107), "{outcome:?}");
    assert!(outcome.stderr.contains("agent-") && outcome.stderr.contains("Error: here"), "{outcome:?}");
}
