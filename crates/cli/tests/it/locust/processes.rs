//! Several Python processes: who is who, what they say to each other, that users are shared out, and what a lost one costs.

use super::{Python, interrupted};
use crate::target::{Target, answer};

const FILE: &str = r###"
import os
from locust import HttpUser, LoadTestShape, constant, events, task
from locust.exception import StopUser
from locust.runners import LocalRunner, MasterRunner, WorkerRunner

accounts = []

def accounts_came(environment, msg, **_):
    accounts.extend(msg.data)
    environment.runner.send_message("thanks", len(msg.data))

@events.init.add_listener
def init(environment, **_):
    runner = environment.runner
    print("kind", type(runner).__name__, runner.worker_index, runner.state)
    if isinstance(runner, MasterRunner):
        runner.register_message("thanks", lambda environment, msg, **_: print("thanked by", environment.runner.worker_indexes[msg.node_id], msg.data))
    if isinstance(runner, WorkerRunner):
        runner.register_message("accounts", accounts_came)

@events.test_start.add_listener
def start(environment, **_):
    runner = environment.runner
    if isinstance(runner, MasterRunner):
        for number, client in enumerate(runner.clients):
            runner.send_message("accounts", [f"a{number}", f"b{number}"], client)

@events.report_to_master.add_listener
def report(client_id, data):
    data["left"] = len(accounts)

@events.worker_report.add_listener
def reported(client_id, data):
    print("left", data["left"], "of", data["user_count"])

@events.quitting.add_listener
def quitting(environment, **_):
    if isinstance(environment.runner, MasterRunner):
        print("total", environment.stats.total.num_requests, environment.runner.user_count, [one["msg"] for one in environment.runner.exceptions.values()])

class Buyer(HttpUser):
    wait_time = constant(0.2)
    def on_start(self):
        self.account = accounts.pop()
        print("took", self.account, self.environment.runner.worker_index)
    @task
    def buy(self):
        self.client.get("/buy", headers={"Account": self.account})
        if os.environ.get("DIES") == str(self.environment.runner.worker_index) and not accounts:
            os._exit(9)
    @task
    def bug(self):
        raise KeyError("price")
"###;

#[test]
fn each_process_has_its_own_state_and_all_are_counted_together() {
    let Some(python) = Python::get() else { return };
    let target = Target::answering(|_| answer(200, &[], "ok"));
    let line = format!("--processes 2 -u 4 -r 4 -t 3s --csv out --host {}", target.url());
    let outcome = python.run(FILE, &line).go();
    let said = &outcome.stdout;
    for line in [
        "kind MasterRunner -1 ready",
        "kind WorkerRunner 0 ready",
        "kind WorkerRunner 1 ready",
        "thanked by 0 2",
        "thanked by 1 2",
        "took a0 0",
        "took b0 0",
        "took a1 1",
        "took b1 1",
        "left 0 of",
    ] {
        assert!(said.contains(line), "{line}: {outcome:?}");
    }
    assert!(outcome.stderr.contains("each with its own state of modules"), "{outcome:?}");
    let stats = outcome.read("out_stats.csv");
    let counted = target.requests() - interrupted(&outcome);
    let total = format!(",Aggregated,{counted},0,");
    assert!(stats.contains(&total) && counted >= 8, "{total}: {stats}");
    assert!(said.contains(&format!("total {} 0 [\"'price'\"]", counted)), "{outcome:?}");
    // The same exception in both is one.
    let exceptions = outcome.read("out_exceptions.csv");
    assert_eq!(exceptions.matches("'price'").count(), 1, "{exceptions}");
    assert!(exceptions.contains("process 1") && exceptions.contains("process 2"), "{exceptions}");
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
}

#[test]
fn a_process_that_dies_ends_the_run_and_its_share_is_told() {
    let Some(python) = Python::get() else { return };
    let target = Target::answering(|_| answer(200, &[], "ok"));
    let line = format!("--processes 2 -u 4 -r 100 -t 30s --host {}", target.url());
    let outcome = python.run(FILE, &line).env("DIES", "1").go();
    assert!(outcome.stderr.contains("2 of 4 users (50 %) are lost"), "{outcome:?}");
    assert!(outcome.stderr.contains("exit code 9"), "{outcome:?}");
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
}

#[test]
fn a_shape_is_asked_once_and_its_users_are_shared_out() {
    let Some(python) = Python::get() else { return };
    let file = "from locust import LoadTestShape, User, constant, task\n\
                class U(User):\n    wait_time = constant(9)\n    def on_start(self):\n        print('in', self.environment.runner.worker_index)\n    \
                @task\n    def t(self):\n        pass\n\
                class Wave(LoadTestShape):\n    def tick(self):\n        print('tick', self.get_current_user_count())\n        \
                return (6, 100) if self.get_run_time() < 2.5 else None\n";
    let outcome = python.run(file, "--processes -1 -u 1").go();
    let cores = std::thread::available_parallelism().unwrap().get();
    if cores > 1 {
        let of = |number: usize| outcome.stdout.matches(&format!("in {number}\n")).count();
        assert_eq!((0..cores).map(of).sum::<usize>(), 6, "{outcome:?}");
        assert!((0..cores).map(of).all(|users| users.abs_diff(6 / cores) <= 1), "{outcome:?}");
    }
    assert!(outcome.stdout.contains("tick 6") && outcome.stdout.matches("tick ").count() <= 4, "{outcome:?}");
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
}
