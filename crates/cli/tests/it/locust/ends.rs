//! Ends of Locust runs: what is counted at the end, exit codes, and a Python process that does not behave.

use super::{Python, refused_by};
use crate::run::Signal;
use crate::target::{Target, answer};

const MODES: &str = r###"
import os, sys, time
from locust import HttpUser, User, constant, events, task
from locust.exception import StopTest, StopUser
MODE = os.environ["MODE"]
if MODE == "import":
    import no_such_module
@events.init.add_listener
def init(environment, **_):
    assert MODE != "init"
@events.test_start.add_listener
def start(environment, **_):
    assert MODE != "listener"
@events.quitting.add_listener
def quitting(environment, **_):
    print("## total", environment.stats.total.num_requests, environment.stats.total.num_failures)
    if MODE == "own code":
        environment.process_exit_code = 7
class Buyer(HttpUser):
    wait_time = constant(0.1)
    @task
    def buy(self):
        if MODE in ("failure", "failing", "own code"): self.client.get("/missing")
        if MODE == "bug": raise KeyError("price")
        if MODE == "stop test": raise StopTest("enough")
        if MODE == "quit": self.environment.runner.quit()
        if MODE == "sys.exit": sys.exit(5)
        if MODE == "os._exit": os._exit(6)
        if MODE == "loop":
            while True: pass
        self.client.get("/")
        if MODE not in ("busy", "failing", "hang"): raise StopUser()
    def on_stop(self):
        while MODE == "hang":
            try: time.sleep(100)
            except BaseException: pass
"###;

#[test]
fn exit_codes_are_those_of_the_table() {
    let Some(python) = Python::get() else { return };
    let target = Target::answering(|request| match request.path() {
        "/missing" => answer(404, &[], ""),
        _ => answer(200, &[], "ok"),
    });
    let host = format!("--host {}", target.url());
    let cases = [
        ("clean", "-t 1s", 0, "## total 1 0"),
        ("failure", "-t 1s", 1, "## total 2 1"),
        ("failure", "-t 1s --exit-code-on-error 42", 42, ""),
        ("own code", "-t 1s", 7, ""),
        ("bug", "-t 1s", 1, "'price'"),
        ("listener", "-t 1s", 2, ""),
        ("init", "-t 1s", 1, ""),
        ("import", "-t 1s", 1, ""),
        ("stop test", "-t 30s", 1, ""),
        ("quit", "-t 30s", 0, ""),
        ("clean", "-t soon", 2, ""),
        ("clean", "-t 1s NoSuchUser", 1, ""),
        ("clean", "-t 1s --expect nonsense", 104, ""),
        ("failure", "-t 1s --exit-code-on-error 0", 0, ""),
    ];
    std::thread::scope(|scope| {
        for (mode, line, code, said) in cases {
            let run = python.run(MODES, line).env("MODE", mode).args(&host);
            scope.spawn(move || {
                let outcome = run.go();
                assert_eq!(outcome.code, Some(code), "{mode} {line}: {outcome:?}");
                assert!(outcome.stdout.contains(said), "{mode} {line}: {outcome:?}");
            });
        }
    });
    let expected =
        python.run(MODES, "-t 1s --expect").env("MODE", "failing").arg("error_rate: < 1%").args(&host).go();
    assert_eq!(expected.code, Some(99), "{expected:?}");
    let kept =
        python.run(MODES, "-t 2s --expect").env("MODE", "busy").arg("error_rate: < 1%").args(&host).go();
    assert_eq!(kept.code, Some(0), "{kept:?}");
    let plan = "name: a\nsteps:\n  - users: 1\n    duration: 1s\nexpected:\n  - error_rate: < 1%\n  - response_time_p99: < 60s\n";
    for (mode, code) in [("failing", 99), ("busy", 0)] {
        let run = python.run(MODES, "-t 1s --expect plan.yaml").env("MODE", mode).file("plan.yaml", plan);
        let judged = run.args(&host).go();
        assert_eq!(judged.code, Some(code), "{judged:?}");
        assert!(judged.stdout.contains("P99 response time"), "{judged:?}");
    }
    for (file, text, said) in [
        ("none.yaml", None, "none.yaml"),
        ("empty.yaml", Some("name: a\nsteps:\n  - users: 1\n    duration: 1s\n"), "nothing is expected here"),
    ] {
        let run = python.run(MODES, "-t 1s --expect").env("MODE", "clean").arg(file);
        let run = text.into_iter().fold(run, |run, text| run.file(file, text));
        let refused = run.args(&host).go();
        assert!(refused.stderr.contains(said) && refused.code != Some(0), "{refused:?}");
    }
    let idle = "from locust import HttpUser, constant, task\nclass U(HttpUser):\n    wait_time = constant(0.1)\n    @task\n    def t(self):\n        pass\n";
    let idle = python.run(idle, "-t 1s --csv out").args(&host).go();
    assert!(idle.stderr.contains("nothing was requested") && idle.code == Some(0), "{idle:?}");
    assert!(idle.read("out_stats.csv").contains(",Aggregated,0,0,"), "{idle:?}");
    let nowhere = python.run(MODES, "-t 20s").env("MODE", "clean").go();
    assert_eq!(nowhere.code, Some(2), "no host is no success: {nowhere:?}");
}

#[test]
fn a_python_that_dies_hangs_or_spins_ends_the_run_in_time_and_is_named() {
    let Some(python) = Python::get() else { return };
    let target = Target::answering(|_| answer(200, &[], "ok"));
    let cases = [
        ("sys.exit", "2 users (100 %) are lost"),
        ("os._exit", "2 users (100 %) are lost"),
        ("hang", "users did not end in time"),
        ("loop", "locustfile.py:30 in buy"),
    ];
    std::thread::scope(|scope| {
        for (mode, said) in cases {
            let run = python.run(MODES, "-u 2 -r 2 -t 3s -s 1").env("MODE", mode);
            let run = run.args(&format!("--host {}", target.url()));
            scope.spawn(move || {
                let outcome = run.go();
                assert_eq!(outcome.code, Some(2), "{mode}: {outcome:?}");
                // Of a process that ends at once, one user may have been gone.
                let said = if mode == "os._exit" || mode == "sys.exit" { "are lost" } else { said };
                assert!(outcome.stderr.contains(said), "{mode}: {outcome:?}");
            });
        }
    });
}

#[test]
fn what_is_on_its_way_at_the_end_is_interrupted_and_on_stop_is_counted() {
    let Some(python) = Python::get() else { return };
    let target = Target::answering(|request| {
        if request.path() == "/slow" {
            std::thread::sleep(std::time::Duration::from_secs(3));
        }
        answer(200, &[], "ok")
    });
    let file = "from locust import HttpUser, constant, task\n\
                class Slow(HttpUser):\n    wait_time = constant(0)\n    @task\n    def slow(self):\n        self.client.get('/slow')\n        print('finished')\n    \
                def on_stop(self):\n        self.client.post('/bye')\n";
    let host = format!("--host {} --csv out -u 3 -r 3", target.url());
    let cut = python.run(file, "-t 1s").args(&host).go();
    assert!(cut.read("out_stats.csv").contains(",Aggregated,3,0,"), "{cut:?}");
    assert!(cut.stderr.contains("3 requests were interrupted"), "{cut:?}");
    let whole = python.run(file, "-t 1s -s 9").args(&host).go();
    assert!(whole.read("out_stats.csv").contains(",Aggregated,6,0,"), "{whole:?}");
    assert!(
        !whole.stderr.contains("interrupted") && whole.stdout.matches("finished").count() == 3,
        "{whole:?}"
    );
    let signalled = python.run(file, "-t 60s").args(&host).start();
    crate::run::wait_until("the users are there", || target.requests() >= 15);
    signalled.signal(Signal::INT);
    let signalled = signalled.end();
    assert_eq!(signalled.code, Some(0), "{signalled:?}");
    assert!(signalled.read("out_stats.csv").contains("POST,/bye,3,0,"), "{signalled:?}");
}

#[test]
fn a_request_that_was_given_up_before_it_left_was_not_sent() {
    let Some(python) = Python::get() else { return };
    let target = Target::answering(|request| {
        if request.path() == "/slow" {
            std::thread::sleep(std::time::Duration::from_secs(3));
        }
        answer(200, &[], "ok")
    });
    // Connections to a port whose queue is full are never made; those to the target are, and the answer does not come.
    let full = socket_that_takes_nothing();
    let file = format!(
        "import gevent\nfrom locust import HttpUser, constant, task\n\
         class U(HttpUser):\n    wait_time = constant(9)\n    @task\n    def t(self):\n        \
         gevent.joinall([gevent.spawn(self.client.get, '/slow'), gevent.spawn(self.client.get, 'http://{}/')])\n",
        full.1
    );
    let outcome =
        python.run(&file, &format!("-t 1s --csv out --record rec -u 2 -r 2 --host {}", target.url())).go();
    assert_eq!((target.requests(), super::interrupted(&outcome)), (2, 2), "{outcome:?}");
    assert!(outcome.read("out_stats.csv").contains(",Aggregated,0,0,"), "{outcome:?}");
    let record = outcome.json("rec/result.json");
    let all = record["metrics"].as_array().unwrap();
    let found = all.iter().find(|metric| metric["name"] == "http_reqs_interrupted").unwrap();
    assert_eq!(found["stats"]["count"], 2.0, "{found}");
}

/// A port that listens and whose queue is full, with what keeps it so.
fn socket_that_takes_nothing() -> (Vec<socket2::Socket>, std::net::SocketAddr) {
    let listener = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    listener.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    let mut kept = vec![listener];
    for _ in 0..4 {
        let client = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        client.set_nonblocking(true).unwrap();
        let _ = client.connect(&address.into());
        kept.push(client);
    }
    (kept, address)
}

#[test]
fn without_gevent_one_line_says_what_to_install() {
    let folder = tempfile::tempdir().unwrap();
    let Some(outcome) = refused_by(folder.path()) else { return };
    let line = format!("{} -m pip install gevent requests", folder.path().join("bare/bin/python").display());
    assert!(outcome.stderr.contains(&line), "{outcome:?}");
    assert_eq!((outcome.code, outcome.stderr.lines().count()), (Some(104), 1), "{outcome:?}");
}

#[test]
fn what_is_not_built_is_refused_in_one_sentence() {
    let Some(python) = Python::get() else { return };
    let file = "from locust import User, task\nclass U(User):\n    @task\n    def t(self):\n        pass\n";
    let docs = include_str!("../../../../../docs/locust-compatibility.md");
    for (flag, name) in [
        ("--master", "--master"),
        ("--worker", "--worker"),
        ("--web-login", "--web-login"),
        ("--tls-cert a.pem", "--tls-cert"),
        ("--otel", "--otel"),
    ] {
        let outcome = python.run(file, "-t 1s").args(flag).go();
        assert_eq!(outcome.code, Some(2), "{flag}: {outcome:?}");
        assert!(outcome.stderr.contains(name) && docs.contains(name), "{flag}: {outcome:?}");
    }
    for (import, said) in [
        ("from locust.contrib.mqtt import MqttUser", "locust.contrib.mqtt is not built into flashcrowd"),
        ("from locust import HttpLocust\nclass A(HttpLocust): pass", "HttpLocust class has been renamed"),
    ] {
        let outcome = python.run(&format!("{import}\n{file}"), "-t 1s").go();
        assert_eq!(outcome.code, Some(1), "{import}: {outcome:?}");
        assert!(outcome.stderr.contains(said), "{import}: {outcome:?}");
    }
}
