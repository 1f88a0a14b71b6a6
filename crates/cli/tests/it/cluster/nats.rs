//! A run whose agents are joined by a NATS server, Debian's.

use std::time::Duration;

use super::agents::long;
use super::{script, seen, shop};
use crate::peers::Debian;
use crate::run::{Run, Started, wait_until};

pub struct Nats {
    pub server: Debian,
    pub url: String,
    _store: tempfile::TempDir,
}

impl Nats {
    pub fn start() -> Option<Self> {
        let store = tempfile::tempdir().unwrap();
        let server = Debian::start("nats-server", "nats-server", |command, port| {
            command.args(["-a", "127.0.0.1", "-p", &port.to_string(), "-js", "-sd"]).arg(store.path());
        })?;
        let url = format!("nats://127.0.0.1:{}", server.port);
        Some(Self { server, url, _store: store })
    }

    fn agents(&self, count: usize) -> Vec<Started> {
        let agent = |number: usize| {
            let line = format!("agent --bus {} --run-name test --name machine-{number}", self.url);
            Run::of(&line).start()
        };
        (1..=count).map(agent).collect()
    }
}

#[test]
fn agents_of_a_bus_get_the_test_and_run_all_of_it() {
    let Some(nats) = Nats::start() else { return };
    let shop = shop();
    let agents = nats.agents(3);
    let script = script(&shop.url()).replacen(
        "const mine",
        "import { two } from './lib/two.js'; if (two !== 2) throw new Error(`two is ${two}`);\n const mine",
        1,
    );
    let run = Run::new().script(&script).file("lib/two.js", "export const two = 2;");
    let line = format!("--agents 3 --bus {} --run-name test --record rec", nats.url);
    let outcome = run.args(&line).start().end_within(Duration::from_secs(40));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.stderr.contains("3 agents began within "), "{outcome:?}");
    assert_eq!(outcome.json("rec/result.json")["verdict"], "pass");
    assert_eq!(seen(&shop), 201);
    for agent in agents {
        let agent = agent.end_within(Duration::from_secs(10));
        assert_eq!(agent.code, Some(0), "{agent:?}");
    }
}

#[test]
fn a_bus_that_is_killed_ends_the_run_by_its_name() {
    let Some(mut nats) = Nats::start() else { return };
    let shop = shop();
    let agents = nats.agents(2);
    let line = format!("--agents 2 --bus {} --run-name test --record rec -q", nats.url);
    let run = Run::new().script(&long(&shop.url(), "")).args(&line).start();
    run.wait_for_lines("rec/timeline.jsonl", 2);
    nats.server.kill();
    let outcome = run.end_within(Duration::from_secs(20));
    assert_eq!(outcome.code, Some(120), "{outcome:?}");
    let results = outcome.json("rec/result.json");
    assert_eq!(results["verdict_reason"]["cause"], "agent-lost");
    assert!(outcome.stderr.contains("lost (the bus was lost): 50% of the load is missing"), "{outcome:?}");
    assert!(outcome.stderr.contains("teardown"), "{outcome:?}");
    let before = seen(&shop);
    for agent in agents {
        agent.end_within(Duration::from_secs(15));
    }
    wait_until("no request more", || seen(&shop) >= before);
}

#[test]
fn what_is_wrong_with_a_bus_is_said_before_the_run() {
    let shop = shop();
    let script = script(&shop.url());
    for (args, code, expected) in [
        ("--agents 2 --bus nats://127.0.0.1:1", 255, "cannot reach the bus nats://127.0.0.1:1: "),
        ("--agents 2 --bus http://127.0.0.1:1", 104, "--bus: write nats://HOST:PORT, tls://HOST:PORT"),
        ("--agents 2 --bus nats://x --run-name a.b", 104, "--run-name is 'a.b': use 1 to 64 letters"),
        (
            "--agents 2 --bus nats://x -e API_TOKEN=abc",
            104,
            "--env API_TOKEN: a secret would lie on the bus: set the variable for each agent",
        ),
    ] {
        let outcome = Run::new().script(&script).args(args).go();
        assert_eq!(outcome.code, Some(code), "{outcome:?}");
        assert!(outcome.stderr.contains(expected), "{outcome:?}");
        assert!(!outcome.stderr.contains("abc"), "{outcome:?}");
    }
    assert_eq!(seen(&shop), 0);
}
