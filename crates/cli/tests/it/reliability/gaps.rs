//! Observed servers that are killed while a test runs: it goes on, and its reports tell of the gap.

use serde_json::Value;

use crate::contention::{Peer, mariadb, redis};
use crate::peers::Debian;
use crate::run::{Outcome, Run};
use crate::target::{Target, answer};

const SCRIPT: &str = "
import http from 'k6/http';
export const options = { vus: 2, duration: '7s', thresholds: { http_req_failed: ['rate<0.01'] } };
export default function () { http.get(__ENV.BASE_URL); }";

/// Observes a server for a few seconds, kills it, and lets the test run to its end.
fn run_through(observed: &str, server: &mut Debian, series: &str) {
    let target = Target::answering(|_| answer(200, &[], "ok"));
    let started = Run::of("run script.js -q --record r --observe")
        .arg(observed)
        .env("BASE_URL", &target.url())
        .file("script.js", SCRIPT)
        .start();
    started.wait_for_lines("r/timeline.jsonl", 3);
    server.kill();
    let outcome = started.end();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let seconds = timeline(&outcome);
    let is_there = |line: &Value| {
        line["target"].as_object().is_some_and(|target| target.keys().any(|name| name.starts_with(series)))
    };
    assert!(is_there(&seconds[1]), "{}", seconds[1]);
    let (last, requests) = (seconds.last().unwrap(), "http_reqs");
    assert!(seconds.len() >= 7 && !is_there(last), "{last}");
    assert!(seconds[5]["metrics"][requests]["sum"].as_f64().unwrap() > 0.0, "the load went on");
    for format in ["html", "text", "md"] {
        let report = outcome.then(&format!("report r --format {format}")).go();
        assert!(report.stdout.split_whitespace().collect::<Vec<_>>().join(" ").contains("stopped answering"));
    }
}

fn timeline(outcome: &Outcome) -> Vec<Value> {
    outcome.read("r/timeline.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_redis_that_is_killed_is_a_gap() {
    let Some(Peer { url, mut server, .. }) = redis() else { return };
    run_through(&url, &mut server, "redis_");
}

#[test]
fn a_mariadb_that_is_killed_is_a_gap() {
    let Some(Peer { url, mut server, .. }) = mariadb() else { return };
    run_through(&url, &mut server, "mysql_");
}

#[test]
fn a_prometheus_that_is_killed_is_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("settings.yml"), "global: {scrape_interval: 1s}").unwrap();
    let server = Debian::start("prometheus", "prometheus", |command, port| {
        command.current_dir(folder.path()).args(["--config.file=settings.yml", "--storage.tsdb.path=data"]);
        command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
    });
    let Some(mut server) = server else { return };
    let url = format!("promql:http://127.0.0.1:{}?answer=vector(42)", server.port);
    run_through(&url, &mut server, "answer");
}
