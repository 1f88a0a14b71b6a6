//! Agents and leads that are lost: each has its name, within its time.

use std::time::Duration;

use rustix::process::{Pid, kill_process};

use super::agents::long;
use super::{seen, shop};
use crate::run::{Outcome, Run, Signal, Started, wait_until};

/// An agent may be silent for five seconds.
const LEASE: Duration = Duration::from_secs(5);

fn started(args: &str) -> (Started, flashcrowd_shop::RunningShop) {
    let shop = shop();
    let options = "thresholds: { http_req_failed: ['rate<1'] },";
    let run = Run::new().script(&long(&shop.url(), options)).args("--agents 4 -q --record rec").args(args);
    let run = run.start();
    run.wait_for_lines("rec/timeline.jsonl", 2);
    (run, shop)
}

fn hit(pid: i32, signal: Signal) {
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
}

/// The run says that an agent is lost, and how, and has no verdict on the target.
fn check_lost(outcome: &Outcome, how: &str) {
    assert_eq!(outcome.code, Some(120), "{outcome:?}");
    let results = outcome.json("rec/result.json");
    assert_eq!(results["verdict"], "not measurable");
    assert_eq!(results["verdict_reason"]["cause"], "agent-lost");
    let lost = results["generator"]["lost_agents"].as_array().unwrap();
    assert_eq!((lost.len(), &lost[0]["share"]), (1, &0.25.into()), "{lost:?}");
    let name = lost[0]["name"].as_str().unwrap();
    assert!(name.starts_with("agent-") && lost[0]["why"].as_str().unwrap().contains(how), "{lost:?}");
    let said = format!(
        "{name}: lost ({}): 25% of the load is missing from second ",
        lost[0]["why"].as_str().unwrap()
    );
    assert!(outcome.stderr.contains(&said), "{said}: {outcome:?}");
    assert!(outcome.stdout.contains("NOT MEASURABLE"), "{outcome:?}");
}

#[test]
fn a_killed_agent_ends_the_run() {
    let (run, shop) = started("");
    hit(run.children()[1], Signal::KILL);
    let outcome = run.end_within(Duration::from_secs(10));
    check_lost(&outcome, "its process was ended by signal 9");
    assert!(outcome.stderr.contains("teardown"), "{outcome:?}");
    assert!(seen(&shop) > 0);
}

#[test]
fn a_run_may_go_on_without_an_agent() {
    let (run, _shop) = started("--on-loss continue -d 6s -u 8");
    hit(run.children()[0], Signal::KILL);
    let outcome = run.end_within(Duration::from_secs(20));
    check_lost(&outcome, "its process was ended by signal 9");
    let seconds = outcome.json("rec/result.json")["seconds"].as_f64().unwrap();
    assert!(seconds >= 6.0, "{seconds}");
}

#[test]
fn an_agent_that_stands_still_is_lost_and_stays_so() {
    let (run, _shop) = started("--on-loss continue -d 12s -u 8");
    let agent = run.children()[0];
    hit(agent, Signal::STOP);
    run.err_line("lost (not heard of for 5 s)");
    hit(agent, Signal::CONT);
    let outcome = run.end_within(Duration::from_secs(25));
    check_lost(&outcome, "not heard of for 5 s");
}

#[test]
fn agents_end_when_their_lead_is_gone() {
    let (run, _shop) = started("");
    let agents = run.children();
    run.signal(Signal::KILL);
    let is_gone = |pid: &i32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.is_empty() || stat.contains(") Z ")
    };
    let asked = std::time::Instant::now();
    wait_until("the end of all agents", || agents.iter().all(is_gone));
    assert!(asked.elapsed() < LEASE * 2, "{:?}", asked.elapsed());
}
