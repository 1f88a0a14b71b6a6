//! Arrivals at a rate: at random by a seed, and response times from when they were due.

use std::time::Duration;

use serde_json::Value;

use crate::run::{Outcome, Run, Signal};
use crate::target::Target;

const PLAN: &str = "
steps: [{rate: 40/s, duration: 1s}]
requests: [GET /]
expected: [response_time_p99: < 10s]
";

const SCRIPT: &str = "
    import http from 'k6/http';
    export const options = {scenarios: {a: {
        executor: 'constant-arrival-rate', rate: 40, duration: '1s', preAllocatedVUs: 60,
    }}};
    export default () => http.get(__ENV.URL);
";

/// A target that takes that many milliseconds for each request.
fn target(milliseconds: u64) -> Target {
    Target::answering(move |_| {
        std::thread::sleep(Duration::from_millis(milliseconds));
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_vec()
    })
}

fn plan(target: &Target, plan: &str, flags: &str) -> Run {
    Run::of("run plan.yaml --target-metrics off --record r --host")
        .arg(&target.url())
        .args(flags)
        .file("plan.yaml", plan)
}

/// How many iterations were due.
fn due(outcome: &Outcome) -> f64 {
    let results = outcome.json("r/result.json");
    let count = |name: &str| {
        let metric = results["metrics"].as_array().unwrap().iter().find(|metric| metric["name"] == name);
        metric.map_or(0.0, |metric| metric["stats"]["count"].as_f64().unwrap())
    };
    count("iterations") + count("dropped_iterations")
}

#[test]
fn a_plan_arrives_at_random_and_is_repeated_by_its_seed() {
    let target = target(0);
    let first = plan(&target, PLAN, "").go();
    let seed = first.json("r/run.json")["seed"].as_u64().expect("a seed is drawn");
    assert!(first.stdout.contains(&format!("seed: {seed}\n")), "{first:?}");
    assert!(first.stdout.contains("arrivals: poisson"), "{first:?}");
    let again = plan(&target, PLAN, &format!("--seed {seed}")).go();
    assert_eq!((due(&again), again.json("r/run.json")["seed"].as_u64()), (due(&first), Some(seed)));
    let even = plan(&target, PLAN, "--arrivals even").go();
    assert_eq!((due(&even), even.json("r/run.json").get("seed")), (40.0, None));
    let said = plan(&target, &format!("{PLAN}arrivals: even\nseed: 5\n"), "--arrivals=poisson").go();
    assert_eq!(said.json("r/run.json")["seed"], 5, "the flag goes over the plan's arrivals");
}

#[test]
fn a_script_arrives_evenly_unless_it_is_asked() {
    let target = target(0);
    let run = |flags: &str| {
        let url = format!("URL={}", target.url());
        Run::of("run --record r --target-metrics off -e")
            .arg(&url)
            .args(flags)
            .arg("s.js")
            .file("s.js", SCRIPT)
            .go()
    };
    let even = run("");
    assert_eq!((due(&even), even.json("r/run.json").get("seed")), (40.0, None), "{even:?}");
    let random = run("--arrivals poisson --seed 3");
    let info = random.json("r/run.json");
    assert_eq!(
        (&info["seed"], &info["options"]["scenarios"]["a"]["arrivals"]),
        (&3.into(), &"poisson".into())
    );
    assert!(due(&random) != 40.0, "seed 3 has another number");
    assert!(random.stdout.contains("http_req_response_time"), "{random:?}");
    let wrong = run("--arrivals poison");
    assert_eq!(wrong.code, Some(104));
    assert!(wrong.stderr.contains("--arrivals: 'poison' is no arrival process"), "{wrong:?}");
    assert!(wrong.stderr.contains("did you mean 'poisson'?"), "{wrong:?}");
}

fn expectation<'a>(result: &'a Value, name: &str) -> &'a Value {
    let expectations = result["expectations"].as_array().unwrap();
    expectations.iter().find(|one| one["name"] == name).unwrap()
}

#[test]
fn what_never_got_in_is_slower_than_everything_else() {
    // Two users of half a second each serve 4/s of 20/s.
    let outcome = plan(
        &target(500),
        "
steps: [{rate: 20/s, duration: 3s, max_users: 2}]
requests: [GET /]
expected:
  - response_time_p99: < 60m
  - response_time_p50{GET /}: < 60m
  - response_time_min: < 60m
",
        "--seed 1",
    )
    .go();
    assert_eq!(outcome.code, Some(99), "{outcome:?}");
    let result = outcome.json("r/result.json");
    for name in ["response_time_p99", "response_time_p50{GET /}"] {
        let found = expectation(&result, name);
        assert_eq!((&found["result"], &found["note"]), (&"fail".into(), &"response-time-at-least".into()));
        let evidence = found["evidence"].as_str().unwrap();
        assert!(evidence.contains("a lower bound") && evidence.contains("never started"), "{evidence}");
    }
    assert_eq!(expectation(&result, "response_time_min")["result"], "pass");
    let times = &result["response_times"];
    assert!(times["never_started"].as_f64().is_some_and(|share| share > 0.5), "{times}");
    assert_eq!(times["p99"]["at_least"], true);
    let longest = times["max"]["ms"].as_f64().unwrap();
    assert!(longest >= 500.0 && times["p99"]["ms"] == times["max"]["ms"], "{times}");
    let text = outcome.then("report r --format text").go().stdout;
    assert!(text.contains("Service time") && text.contains("Response time"), "{text}");
    assert!(text.contains("≥ ") && text.contains("never started"), "{text}");
    let html = outcome.then("report r --format html").go().stdout;
    for document in [&text, &outcome.then("report r --format md").go().stdout, &html] {
        assert!(document.contains("p95 from due") && document.contains("p99 from due"), "{document}");
    }
    let korean = outcome.then("report r --format md --lang ko").go().stdout;
    assert!(korean.contains("서비스 시간") && korean.contains("하한"), "{korean}");
    assert!(korean.contains("예정 기준 p99"), "{korean}");
}

#[test]
fn users_who_arrive_while_the_generator_stands_still_wait_from_then_on() {
    let target = target(0);
    let steps = "
steps: [{rate: 20/s, duration: 4s}]
requests: [GET /]
expected: [response_time_p90: < 10ms]
";
    let running = plan(&target, steps, "").start();
    running.wait_for_lines("r/timeline.jsonl", 1);
    running.signal(Signal::STOP);
    std::thread::sleep(Duration::from_millis(1500));
    running.signal(Signal::CONT);
    let outcome = running.end();
    let result = outcome.json("r/result.json");
    let metric = |name: &str| {
        let metrics = result["metrics"].as_array().unwrap();
        let found = metrics.iter().find(|metric| metric["name"] == name).unwrap();
        found["stats"]["p(90)"].as_f64().unwrap()
    };
    // Of 80 requests some thirty were due meanwhile, and the first of them are up to 1.5 s late.
    let (service, response) = (metric("http_req_duration"), metric("http_req_response_time"));
    assert!(response > service + 500.0, "{service} {response}");
    let judged = expectation(&result, "response_time_p90");
    assert_eq!(judged["result"], "fail");
    assert!(judged["value"].as_f64().is_some_and(|ms| ms > 500.0), "{judged}");
    assert!(judged["evidence"].as_str().unwrap().contains("from when each was due"), "{judged}");
}
