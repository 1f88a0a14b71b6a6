//! Starting a run: on worker threads, or on the caller's thread.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio::runtime;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::{LocalSet, spawn_local};

use super::arrival::{Common, Mail};
use super::audience::Audience;
use super::dispatcher::{Dispatcher, Workers};
use super::samples::shards;
use super::thresholds::AbortOnFail;
use super::watchers::Watchers;
use super::worker::{Blueprint, Line, work};
use super::{RunResult, TestConfig};
use crate::behaviour::{AbortReason, Behaviour};
use crate::board::Board;
use crate::config::needs;
use crate::control::Control;
use crate::executor::Needs;

/// Runs a test on worker threads of its own; the caller's thread only dispatches. Ends when the test has ended.
pub async fn run(
    test: TestConfig,
    behaviour: Arc<dyn Behaviour>,
    control: Arc<Control>,
    watchers: Watchers<'_>,
) -> RunResult {
    let (dispatcher, blueprints, needs) = prepare(test, behaviour, &control, watchers);
    for blueprint in blueprints {
        let name = format!("worker-{}", blueprint.line.worker);
        let thread = std::thread::Builder::new().name(name).spawn(move || carry(blueprint));
        if let Err(error) = thread {
            // The blueprint's line reports that the worker is gone, which ends the run.
            control.abort(AbortReason::Error(format!("cannot start a worker thread: {error}")));
        }
    }
    dispatcher.run(needs).await
}

/// Runs a test with one worker on the caller's thread, inside a [`LocalSet`], on the caller's clock.
pub async fn run_here(
    mut test: TestConfig,
    behaviour: Arc<dyn Behaviour>,
    control: Arc<Control>,
    watchers: Watchers<'_>,
) -> RunResult {
    test.workers = 1;
    let (dispatcher, blueprints, needs) = prepare(test, behaviour, &control, watchers);
    for blueprint in blueprints {
        spawn_local(work(blueprint));
    }
    dispatcher.run(needs).await
}

/// What a worker thread does.
fn carry(blueprint: Blueprint) {
    match runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => LocalSet::new().block_on(&runtime, work(blueprint)),
        Err(error) => {
            let text = format!("cannot start a worker's runtime: {error}");
            blueprint.control.abort(AbortReason::Error(text));
        }
    }
}

fn prepare<'a>(
    mut test: TestConfig,
    behaviour: Arc<dyn Behaviour>,
    control: &Arc<Control>,
    watchers: Watchers<'a>,
) -> (Dispatcher<'a>, Vec<Blueprint>, Needs) {
    test.workers = test.workers.max(1);
    let test = Arc::new(test);
    let parts = test.share.split(test.workers);
    let planned: Vec<u64> = parts.iter().map(|share| needs(&test.scenarios, share).planned).collect();
    let needs = Needs { planned: planned.iter().sum(), ..needs(&test.scenarios, &test.share) };
    control.open(Board::new(&test.scenarios, &test.share, test.workers));
    let (reporter, reports) = unbounded_channel();
    let last_vu = Arc::new(AtomicU64::new(needs.planned));
    let mut commands = Vec::new();
    let wanted = watchers.observers.iter().any(|observer| observer.wants_samples());
    let limit = wanted.then_some(watchers.max_queued);
    let (mut shards, queues) = shards(test.workers + 1, &test.plan, control, limit);
    let own_shard = shards.pop().expect("there is one shard more than workers");
    let parts = commons(&test).into_iter().zip(vu_numbers(&planned)).zip(shards).enumerate();
    let blueprints = parts.map(|(worker, ((scenarios, vus), shard))| {
        let (sender, receiver) = unbounded_channel();
        commands.push(sender);
        Blueprint {
            test: test.clone(),
            behaviour: behaviour.clone(),
            control: control.clone(),
            scenarios,
            vus,
            shard,
            last_vu: last_vu.clone(),
            commands: receiver,
            line: Line { worker, reports: reporter.clone() },
        }
    });
    let blueprints = blueprints.collect();
    let audience = Audience::new(watchers, AbortOnFail(test.clone()), queues);
    let workers = Workers::new(commands, reports);
    let dispatcher = Dispatcher::new(test, control.clone(), audience, own_shard, workers);
    (dispatcher, blueprints, needs)
}

/// For each worker what it shares with the others, scenario by scenario.
fn commons(test: &TestConfig) -> Vec<Vec<(Arc<Common>, UnboundedReceiver<Mail>)>> {
    let mut workers: Vec<Vec<_>> = (0..test.workers).map(|_| Vec::new()).collect();
    for scenario in &test.scenarios {
        let needs = scenario.executor.needs(&test.share, scenario.graceful_stop);
        let growth = needs.iter().map(|need| need.unplanned).max().unwrap_or_default();
        let (common, mails) = Common::new(test.workers, growth);
        let common = Arc::new(common);
        for (worker, mail) in workers.iter_mut().zip(mails) {
            worker.push((common.clone(), mail));
        }
    }
    workers
}

/// Numbers virtual users from one without gaps, in turns over the workers.
fn vu_numbers(planned: &[u64]) -> Vec<Vec<u64>> {
    let mut numbers = vec![Vec::new(); planned.len()];
    let mut last = 0;
    for round in 0..planned.iter().copied().max().unwrap_or_default() {
        for (worker, _) in planned.iter().enumerate().filter(|(_, planned)| **planned > round) {
            last += 1;
            numbers[worker].push(last);
        }
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn virtual_users_are_numbered_without_gaps() {
        assert_eq!(vu_numbers(&[3, 1, 2]), [vec![1, 4, 6], vec![2], vec![3, 5]]);
        assert!(vu_numbers(&[0, 0]).iter().all(Vec::is_empty));
    }
}
