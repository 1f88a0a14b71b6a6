//! What networks and clocks do to a run over several machines: it is the run of one process, or says what is missing.

use std::process::Command;
use std::time::{Duration, Instant};

use super::agents::long;
use super::nats::Nats;
use super::relay::Relay;
use super::{all_iterations, iterations, script, seen, shop};
use crate::peers::{done, unless_in_ci};
use crate::run::{Outcome, Run, Started};

fn agent(url: &str, number: usize) -> Run {
    Run::of(&format!("agent --bus {url} --run-name test --name machine-{number} --log-format raw"))
}

/// The test of all of these, over these agents: its result, and how the agents ended.
fn lead(nats: &Nats, agents: Vec<Started>, target: &str) -> (Outcome, Vec<Outcome>) {
    let line = format!("--agents {} --bus {} --run-name test --record rec", agents.len(), nats.url);
    let outcome = Run::new().script(&script(target)).args(&line).start().end_within(Duration::from_secs(50));
    let agents = agents.into_iter().map(|one| one.end_within(Duration::from_secs(10))).collect();
    (outcome, agents)
}

/// Every iteration ran once, at its time, and was counted.
fn check_all(outcome: &Outcome, agents: &[Outcome]) {
    assert_eq!(outcome.code, Some(0), "{outcome:?} {agents:?}");
    assert!(agents.iter().all(|agent| agent.code == Some(0)), "{agents:?}");
    assert_eq!(iterations(agents.iter().flat_map(|agent| agent.stderr.lines())), all_iterations());
    for scenario in outcome.json("rec/result.json")["scenarios"].as_array().unwrap() {
        assert_eq!((&scenario["dropped"], &scenario["interrupted"]), (&0.into(), &0.into()), "{scenario}");
    }
}

#[test]
fn clocks_that_are_half_a_minute_off_change_nothing() {
    let there = done(Command::new("faketime").args(["-f", "+1s", "true"]));
    let there = there.map_err(|why| format!("faketime is missing (Debian package faketime): {why}"));
    let Some(()) = unless_in_ci(there) else { return };
    let Some(nats) = Nats::start() else { return };
    let shop = shop();
    let off = |number, by: &str| agent(&nats.url, number).through("faketime", &["-f", by]).start();
    let agents = vec![off(1, "+30s"), off(2, "-30s"), agent(&nats.url, 3).start()];
    let (outcome, agents) = lead(&nats, agents, &shop.url());
    check_all(&outcome, &agents);
    assert_eq!(seen(&shop), 201);
}

#[test]
fn an_agent_that_is_cut_off_is_lost_and_ends_its_load() {
    let Some(nats) = Nats::start() else { return };
    let relay = Relay::to(nats.server.port, Duration::ZERO);
    let shop = shop();
    let cut_off = agent(&format!("nats://{}", relay.address), 1).start();
    let near = agent(&nats.url, 2).start();
    let line = format!("--agents 2 --bus {} --run-name test --record rec", nats.url);
    let run =
        Run::new().script(&long(&shop.url(), "")).args(&line).args("--on-loss continue -d 14s -u 6").start();
    run.wait_for_lines("rec/timeline.jsonl", 2);
    relay.cut();
    let since = Instant::now();
    // It makes no load that nobody counts, for longer than its lease.
    let cut_off = cut_off.end_within(Duration::from_secs(10));
    assert_eq!(cut_off.code, Some(255), "{cut_off:?}");
    assert!(cut_off.stderr.contains("the lead was not heard of for 5 s"), "{cut_off:?}");
    run.err_line("machine-1: lost (not heard of for 5 s)");
    assert!(since.elapsed() < Duration::from_secs(10), "{:?}", since.elapsed());
    let outcome = run.end_within(Duration::from_secs(30));
    assert_eq!(outcome.code, Some(120), "{outcome:?}");
    let results = outcome.json("rec/result.json");
    assert_eq!(results["generator"]["lost_agents"][0]["name"], "machine-1");
    assert_eq!(results["generator"]["lost_agents"].as_array().unwrap().len(), 1);
    assert_eq!(near.end_within(Duration::from_secs(10)).code, Some(0));
}
