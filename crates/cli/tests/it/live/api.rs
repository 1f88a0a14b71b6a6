//! k6's REST API: what it tells is what the summary says, and a run that is paused measures what it would have measured.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Served, script, shop};
use crate::run::{Run, Signal, wait_until};

const STEADY: &str =
    r#"{ steady: { executor: "constant-arrival-rate", rate: 50, duration: "4s", preAllocatedVUs: 10 } }"#;

#[test]
fn a_paused_run_starts_nothing_and_measures_what_it_would_have_measured() {
    let target = shop();
    let run = Run::new()
        .script(&script(&target, STEADY))
        .args("--address 127.0.0.1:0 --paused --record rec --summary-export s.json");
    let run = Served::of(run, "api ");
    let waiting = run.wait("a run that waits", |status| status["status"] == 4);
    assert_eq!(
        (&waiting["paused"], &waiting["running"], &waiting["stopped"]),
        (&json!(true), &json!(false), &json!(false))
    );
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(target.requests(), 0, "nothing is sent before it begins");
    assert_eq!(run.patch(&json!({ "paused": false })).0, 200);
    wait_until("the load", || target.requests() > 150);
    assert_eq!(run.status()["status"], 7);
    let (status, paused) = run.patch(&json!({ "paused": true }));
    assert_eq!((status, &paused["data"]["attributes"]["paused"]), (200, &json!(true)));
    std::thread::sleep(Duration::from_millis(500));
    let held = target.requests();
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!(target.requests(), held, "no iteration starts in a pause");
    run.patch(&json!({ "paused": false }));
    let outcome = run.started.end();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let summary = outcome.json("s.json");
    let requests = &summary["metrics"]["http_reqs"];
    assert_eq!(
        (&requests["count"], summary["metrics"]["iterations"]["count"].as_u64()),
        (&json!(400), Some(200))
    );
    assert_eq!(requests["count"], target.requests(), "what the target counted");
    let rate = requests["rate"].as_f64().unwrap();
    assert!((90.0..=102.0).contains(&rate), "{rate}: pauses are no part of the time");
    let result = outcome.json("rec/result.json");
    let paused = result["outcome"]["paused_seconds"].as_f64().unwrap();
    assert!((2.9..=6.0).contains(&paused), "{paused}");
    assert!(result["warnings"].to_string().contains("the run was paused for"), "{}", result["warnings"]);
    assert_eq!(result["scenarios"][0]["dropped"], 0);
    let lines = outcome.read("rec/timeline.jsonl");
    for line in lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let (interval, requests) =
            (line["interval"].as_f64().unwrap(), line["metrics"]["http_reqs"]["sum"].as_f64());
        let rate = requests.unwrap_or_default() / interval.max(0.2);
        assert!(rate < 140.0, "a second that a pause has cut has no peak: {line}");
    }
}

#[test]
fn what_it_tells_when_the_run_is_over_is_what_the_summary_says() {
    let target = shop();
    let run = Run::new()
        .script(&script(&target, r#"{ few: { executor: "shared-iterations", vus: 3, iterations: 40 } }"#))
        .args("--address 127.0.0.1:0 --linger --summary-export s.json");
    let run = Served::of(run, "api ");
    run.started.err_line("lingering");
    let status = run.status();
    assert_eq!(
        (&status["status"], &status["running"], &status["tainted"]),
        (&json!(9), &json!(false), &json!(false))
    );
    let told = run.get("/v1/metrics");
    let text = std::fs::read_to_string(run.started.path("s.json")).unwrap();
    let summary: Value = serde_json::from_str(&text).unwrap();
    let metrics = told["data"].as_array().unwrap();
    assert!(metrics.len() > 10);
    for metric in metrics {
        let (name, sample) =
            (metric["id"].as_str().unwrap(), metric["attributes"]["sample"].as_object().unwrap());
        for (stat, value) in sample {
            let said = &summary["metrics"][name]
                [if metric["attributes"]["type"] == "rate" { "value" } else { stat }];
            assert_eq!(value.as_f64(), said.as_f64(), "{name}: {stat}");
        }
    }
    assert_eq!(run.get("/v1/metrics/http_reqs")["data"]["attributes"]["sample"]["count"], target.requests());
    let sub = run.get("/v1/metrics/http_req_duration%7Bname:fine%7D");
    assert_eq!(
        (&sub["data"]["attributes"]["tainted"], &sub["data"]["attributes"]["contains"]),
        (&json!(false), &json!("time"))
    );
    let groups = run.get("/v1/groups");
    let buying = groups["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|group| group["attributes"]["path"] == "::buying")
        .unwrap();
    assert_eq!(buying["attributes"]["checks"][0]["passes"], 40);
    assert_eq!(run.get(&format!("/v1/groups/{}", buying["id"].as_str().unwrap()))["data"], *buying);
    let setup = run.get("/v1/setup").to_string();
    assert!(setup.contains("setupData") && !setup.contains("s3cr3t"), "{setup}");
    for (line, status) in [
        ("GET /v1/metrics/none", 404),
        ("GET /v1/nothing", 404),
        ("POST /v1/teardown", 405),
        ("DELETE /v1/status", 405),
        ("GET /", 404),
    ] {
        let (found, _, body) = run.ask(line, "", "");
        assert_eq!(found, status, "{line}: {body}");
    }
    assert_eq!(run.ask("GET /ping", "", "").2, "ok");
    assert_eq!(
        run.ask("GET /v1/status", "Host: evil.example\r\n", "").0,
        403,
        "a name that somebody else's DNS leads here"
    );
    let (status, _, _) = run.ask("PATCH /v1/status", "Origin: http://evil.example\r\n", "{}");
    assert_eq!(status, 403, "another site's page");
    let (status, over) = run.patch(&json!({ "paused": true }));
    assert_eq!((status, over["errors"][0]["detail"].as_str()), (400, Some("the run is over")));
    run.started.signal(Signal::INT);
    let outcome = run.started.end();
    assert_eq!(outcome.code, Some(0), "the run had ended well: {outcome:?}");
}

#[test]
fn commands_scale_and_stop_a_run() {
    let target = shop();
    let users = r#"{ users: { executor: "externally-controlled", vus: 1, maxVUs: 4, duration: "0" } }"#;
    let run = Run::new().script(&script(&target, users)).args("--address 127.0.0.1:0");
    let run = Served::of(run, "api ");
    run.wait("one user", |status| status["vus"] == 1);
    let command = |line: &str| Run::of(&format!("{line} -a {}", run.address)).go();
    let scaled = command("scale --vus 3");
    assert_eq!((scaled.code, scaled.stdout.contains("vus-max: 4")), (Some(0), true), "{scaled:?}");
    run.wait("three users", |status| status["vus"] == 3);
    let refused = command("scale --vus 9");
    assert!(refused.code == Some(255) && refused.stderr.contains("9 VUs are more than the 4"), "{refused:?}");
    assert_eq!(command("scale --vus 6 --max 6").code, Some(0));
    run.wait("six users", |status| status["vus"] == 6 && status["vus-max"] == 6);
    assert!(command("pause").stdout.contains("paused: true"));
    assert!(command("status").stdout.contains("paused: true"));
    assert!(command("resume").stdout.contains("paused: false"));
    wait_until("metrics", || command("stats").stdout.contains("- name: http_reqs\n"));
    assert_eq!(run.patch(&json!({ "stopped": true })).0, 200);
    let outcome = run.started.end();
    assert_eq!(outcome.code, Some(103), "{outcome:?}");
    assert!(outcome.stderr.contains("stopped on its page or by its REST API"), "{outcome:?}");
    let nobody = Run::of("status -a 127.0.0.1:1").go();
    assert!(
        nobody.code == Some(255) && nobody.stderr.contains("no run answers at 127.0.0.1:1"),
        "{nobody:?}"
    );
}

#[test]
fn commands_set_the_rate_of_a_run() {
    let target = shop();
    let executor = "externally-controlled-arrival-rate";
    let orders = format!(
        r#"{{ orders: {{ executor: "{executor}", rate: 10, duration: "0", preAllocatedVUs: 5, maxVUs: 50 }} }}"#
    );
    let run =
        Run::new().script(&script(&target, &orders)).args("--address 127.0.0.1:0 --summary-export s.json");
    let run = Served::of(run, "api ");
    run.wait("a load", |status| status["status"] == 7 && status["rate"] == 10.0);
    let command = |line: &str| Run::of(&format!("{line} -a {}", run.address)).go();
    let refused = command("scale --rate many");
    assert!(refused.code == Some(255) && refused.stderr.contains("use a rate such as 150/s"), "{refused:?}");
    let refused = command("scale --vus 3 --rate 5");
    assert!(refused.code == Some(255) && refused.stderr.contains("externally-controlled"), "{refused:?}");
    let set = command("scale --rate 6000/m");
    assert!(set.code == Some(0) && set.stdout.contains("rate: 100"), "{set:?}");
    let before = target.requests();
    std::thread::sleep(Duration::from_secs(2));
    // Two requests an iteration: 400, where ten a second would be 40.
    let made = target.requests() - before;
    assert!((300..=440).contains(&made), "{made}");
    assert!(command("scale --rate 0").stdout.contains("rate: 0"));
    std::thread::sleep(Duration::from_millis(300));
    let before = target.requests();
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(target.requests(), before, "none is due");
    assert_eq!(run.patch(&json!({ "stopped": true })).0, 200);
    let outcome = run.started.end();
    assert_eq!(outcome.code, Some(103), "{outcome:?}");
    assert_eq!(outcome.json("s.json")["metrics"]["http_reqs"]["count"], target.requests());
}

#[test]
fn beyond_the_loopback_there_is_a_token() {
    let target = shop();
    let run = || Run::new().script(&script(&target, STEADY)).args("--paused --address 0.0.0.0:0");
    let served = Served::of(run(), "api ");
    let token = served.token.clone().unwrap();
    assert_eq!(served.ask("GET /v1/status", "", "").0, 401);
    assert_eq!(served.ask("GET /v1/status", "Authorization: Bearer no\r\n", "").0, 401);
    assert_eq!(served.ask("GET /v1/status", &format!("Authorization: Bearer {token}\r\n"), "").0, 200);
    let stopped = Run::of(&format!("status -a {} --token {token}", served.address)).go();
    assert_eq!(stopped.code, Some(0), "{stopped:?}");
    let public = Served::of(run().args("--web-token none"), "api ");
    assert_eq!(
        (public.token.as_deref(), public.ask("GET /v1/status", "Host: 10.0.0.7\r\n", "").0),
        (None, 200)
    );
}

#[test]
fn what_cannot_be_is_said_before_anything_is_sent() {
    let target = shop();
    let script = script(&target, STEADY);
    let run = |flags: &str| Run::new().script(&script).args(flags).go();
    for (flags, code, said) in [
        ("--paused", 104, "paused: nothing could resume the run: add --web, --tui or --address"),
        ("--linger", 104, "--linger: nothing is served: add --web or --address"),
        ("--address nowhere.invalid:1", 106, "--address: nowhere.invalid: this is no address"),
        ("--web=a:b:c", 104, "--web"),
    ] {
        let outcome = run(flags);
        assert!(outcome.code == Some(code) && outcome.stderr.contains(said), "{flags}: {outcome:?}");
    }
    let busy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = busy.local_addr().unwrap().port();
    let outcome = run(&format!("--address 127.0.0.1:{port}"));
    assert!(outcome.code == Some(106) && outcome.stderr.contains("cannot listen on"), "{outcome:?}");
    let outcome = run(&format!("--web=127.0.0.1:{port}"));
    assert!(outcome.code == Some(104) && outcome.stderr.contains("another port is --web=:0"), "{outcome:?}");
    assert_eq!(target.requests(), 0);
}
