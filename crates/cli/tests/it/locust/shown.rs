//! What is shown and kept of a Locust file's run: no secrets, no control characters, and all requests.

use std::time::Duration;

use super::Python;
use crate::target::{Target, answer};

/// A server of tokens that takes its time.
fn shop() -> Target {
    Target::answering(|_| {
        std::thread::sleep(Duration::from_millis(100));
        answer(200, &[("Content-Type", "application/json")], r#"{"token": "CANARY_served_1"}"#)
    })
}

const FILE: &str = "import os
from locust import HttpUser, constant, task

class Buyer(HttpUser):
    wait_time = constant(0.1)

    def on_start(self):
        self.token = self.client.post('/login').json()['token']

    @task
    def buy(self):
        known = os.environ['API_TOKEN']
        self.client.get('/x?access_token=' + self.token)
        self.client.get('/y', name='of ' + known)
        with self.client.get('/z', catch_response=True) as answer:
            answer.failure('no ' + known)
        raise ValueError('bad ' + known)
";

#[test]
fn tables_files_and_records_have_no_secrets_and_all_requests() {
    let Some(python) = Python::get() else { return };
    let target = shop();
    let run = python.run(
        FILE,
        "-u 3 -r 3 -t 3s --csv out --csv-full-history --html out.html --json-file out --record rec",
    );
    let outcome = run.env("API_TOKEN", "CANARY_known").args(&format!("--host {}", target.url())).go();
    let names = outcome.files(".").into_iter().filter(|name| name.starts_with("out"));
    let kept = outcome.files("rec").into_iter().map(|name| format!("rec/{name}"));
    for name in names.chain(kept) {
        let text = outcome.read(&name);
        assert!(!text.contains("CANARY"), "{name}: {text}");
    }
    // Requests that nobody waited for any more are counted in the record as well.
    let results = outcome.json("rec/result.json");
    let count = |name: &str| {
        let metric = results["metrics"].as_array().unwrap().iter().find(|metric| metric["name"] == name);
        metric.map_or(0, |metric| metric["stats"]["count"].as_f64().unwrap() as u64)
    };
    let (counted, interrupted) = (count("http_reqs"), count("http_reqs_interrupted"));
    assert!(
        counted > 0 && counted + interrupted == target.requests(),
        "{counted} {interrupted}: {outcome:?}"
    );
}

#[test]
fn the_log_commands_no_terminal() {
    let Some(python) = Python::get() else { return };
    let file = "from locust import HttpUser, constant, task

class Broken(HttpUser):
    wait_time = constant(0.5)

    @task
    def all(self):
        raise ValueError('\\x1b]0;owned\\x07')
";
    let outcome = python.run(file, "-t 2s --host http://127.0.0.1:1").go_on_terminal();
    assert!(outcome.stdout.contains("␛]0;owned␇"), "{outcome:?}");
    assert!(!outcome.stdout.contains("\x1b]0;owned"), "{outcome:?}");
}

#[test]
fn open_files_that_are_used_up_are_this_machines_fault() {
    let Some(python) = Python::get() else { return };
    let target = shop();
    let file = "from locust import HttpUser, constant, task

class Buyer(HttpUser):
    wait_time = constant(0.1)

    @task
    def buy(self):
        self.client.get('/x')
";
    let run = python.run(file, "-u 120 -r 120 -t 4s --record rec").args(&format!("--host {}", target.url()));
    let outcome = run.through("sh", &["-c", "ulimit -n 100 && exec \"$0\" \"$@\""]).go();
    let results = outcome.json("rec/result.json");
    assert_eq!(results["verdict_reason"]["cause"], "generator-limited", "{outcome:?}");
}
