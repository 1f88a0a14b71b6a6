//! Starting a run: on worker threads, or on the caller's thread.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use flashcrowd_metrics::Shard;
use tokio::runtime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{LocalSet, spawn_local};

use super::apart::Gate;
use super::arrival::{PeerMessage, SharedScenario};
use super::audience::Audience;
use super::dispatcher::{Dispatcher, Workers};
use super::message::{Command, Report, Reporter};
use super::samples::{self, SampleQueues};
use super::thresholds::AbortOnFail;
use super::watchers::Watchers;
use super::work::{WorkerParts, work};
use super::{RunResult, TestConfig};
use crate::abort::AbortReason;
use crate::config::needs;
use crate::executor::Needs;
use crate::state::{Board, Control};
use crate::vu::Behaviour;

/// Runs a test on worker threads of its own; the caller's thread only dispatches. Ends when the test has ended.
pub async fn run(
    test: TestConfig,
    behaviour: Arc<dyn Behaviour>,
    control: Arc<Control>,
    watchers: Watchers<'_>,
) -> RunResult {
    run_behind(test, behaviour, control, watchers, None).await
}

/// The same; once its virtual users are ready, it waits for the gate.
pub async fn run_behind(
    test: TestConfig,
    behaviour: Arc<dyn Behaviour>,
    control: Arc<Control>,
    watchers: Watchers<'_>,
    gate: Option<Gate<'_>>,
) -> RunResult {
    let (dispatcher, workers, needs) = prepare(test, behaviour, &control, watchers);
    for worker in workers {
        let name = format!("worker-{}", worker.reporter.worker);
        let thread = std::thread::Builder::new().name(name).spawn(move || work_on_thread(worker));
        if let Err(error) = thread {
            // The reporter was dropped with the worker and so has said that it is gone, which ends the run.
            control.abort(AbortReason::Error(format!("cannot start a worker thread: {error}")));
        }
    }
    dispatcher.run(needs, gate).await
}

/// Runs a test with one worker on the caller's thread, inside a [`LocalSet`], on the caller's clock.
pub async fn run_here(
    test: TestConfig,
    behaviour: Arc<dyn Behaviour>,
    control: Arc<Control>,
    watchers: Watchers<'_>,
) -> RunResult {
    run_here_behind(test, behaviour, control, watchers, None).await
}

/// The same; once its virtual users are ready, it waits for the gate.
pub async fn run_here_behind(
    mut test: TestConfig,
    behaviour: Arc<dyn Behaviour>,
    control: Arc<Control>,
    watchers: Watchers<'_>,
    gate: Option<Gate<'_>>,
) -> RunResult {
    test.workers = 1;
    let (dispatcher, workers, needs) = prepare(test, behaviour, &control, watchers);
    for worker in workers {
        spawn_local(work(worker));
    }
    dispatcher.run(needs, gate).await
}

/// What a worker thread does.
pub(super) fn work_on_thread(parts: WorkerParts) {
    match runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => LocalSet::new().block_on(&runtime, work(parts)),
        Err(error) => {
            let text = format!("cannot start a worker's runtime: {error}");
            parts.control.abort(AbortReason::Error(text));
        }
    }
}

/// Workers that are ready to start, and the ends of their channels.
pub(super) struct Prepared {
    pub(super) parts: Vec<WorkerParts>,
    pub(super) commands: Vec<UnboundedSender<Command>>,
    pub(super) reports: UnboundedReceiver<(usize, Report)>,
    /// The dispatcher's own shard, and the raw samples of all.
    own: (Shard, SampleQueues),
    needs: Needs,
}

fn prepare<'a>(
    mut test: TestConfig,
    behaviour: Arc<dyn Behaviour>,
    control: &Arc<Control>,
    watchers: Watchers<'a>,
) -> (Dispatcher<'a>, Vec<WorkerParts>, Needs) {
    test.workers = test.workers.max(1);
    let test = Arc::new(test);
    let wanted = watchers.observers.iter().any(|observer| observer.wants_samples());
    let limit = wanted.then_some(watchers.max_queued);
    let Prepared { parts, commands, reports, own: (shard, queues), needs } =
        prepare_workers(test.clone(), behaviour, control, limit);
    let audience = Audience::new(watchers, AbortOnFail(test.clone()), queues);
    let known = Workers::new(commands, reports);
    (Dispatcher::new(test, control.clone(), audience, shard, known), parts, needs)
}

/// Makes the workers of a test; raw samples are queued if a `limit` is given.
pub(super) fn prepare_workers(
    test: Arc<TestConfig>,
    behaviour: Arc<dyn Behaviour>,
    control: &Arc<Control>,
    limit: Option<usize>,
) -> Prepared {
    let shares = test.share.split(test.workers);
    let planned: Vec<u64> = shares.iter().map(|share| needs(&test.scenarios, share).planned).collect();
    let needs = Needs { planned: planned.iter().sum(), ..needs(&test.scenarios, &test.share) };
    control.open(Board::new(&test.scenarios, &test.share, test.workers));
    let (reporter, reports) = unbounded_channel();
    let last_vu = Arc::new(AtomicU64::new(needs.planned));
    let mut commands = Vec::new();
    let (mut shards, queues) = samples::shards(test.workers + 1, &test.plan, control, limit);
    let own_shard = shards.pop().expect("there is one shard more than workers");
    let parts = shared_scenarios(&test).into_iter().zip(vu_numbers(&planned)).zip(shards).enumerate();
    let workers = parts.map(|(worker, ((scenarios, vus), shard))| {
        let (sender, receiver) = unbounded_channel();
        commands.push(sender);
        WorkerParts {
            test: test.clone(),
            behaviour: behaviour.clone(),
            control: control.clone(),
            scenarios,
            vus,
            shard,
            last_vu: last_vu.clone(),
            commands: receiver,
            reporter: Reporter { worker, reports: reporter.clone() },
        }
    });
    let parts = workers.collect();
    Prepared { parts, commands, reports, own: (own_shard, queues), needs }
}

/// For each worker what it shares with the others, scenario by scenario.
fn shared_scenarios(test: &TestConfig) -> Vec<Vec<(Arc<SharedScenario>, UnboundedReceiver<PeerMessage>)>> {
    let mut workers: Vec<Vec<_>> = (0..test.workers).map(|_| Vec::new()).collect();
    for scenario in &test.scenarios {
        let needs = scenario.executor.needs(&test.share, scenario.graceful_stop);
        let growth = needs.iter().map(|need| need.unplanned).max().unwrap_or_default();
        let (shared, receivers) = SharedScenario::new(test.workers, growth);
        let shared = Arc::new(shared);
        for (worker, receiver) in workers.iter_mut().zip(receivers) {
            worker.push((shared.clone(), receiver));
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
