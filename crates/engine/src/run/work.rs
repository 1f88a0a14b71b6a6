//! The work of a worker: it carries out the dispatcher's commands, from the first virtual user to the last samples.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use flashcrowd_metrics::{Shard, TagSet, names};
use futures_util::future::join_all;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::spawn_local;
use tokio::time::Instant;

use super::arrival::{PeerMessage, SharedScenario};
use super::lane::WorkerLane;
use super::message::{Command, Report, Reporter};
use super::test::TestConfig;
use super::worker::Worker;
use crate::state::Control;
use crate::vu::{ActiveScenario, Behaviour, WorkerContext};

/// What a worker needs to start; can be sent to its thread.
pub(super) struct WorkerParts {
    pub(super) test: Arc<TestConfig>,
    pub(super) behaviour: Arc<dyn Behaviour>,
    pub(super) control: Arc<Control>,
    /// What it shares with the other workers, scenario by scenario, and what the others send it there.
    pub(super) scenarios: Vec<(Arc<SharedScenario>, UnboundedReceiver<PeerMessage>)>,
    /// The numbers of its planned virtual users.
    pub(super) vus: Vec<u64>,
    pub(super) shard: Shard,
    /// The number of the last virtual user of all.
    pub(super) last_vu: Arc<AtomicU64>,
    pub(super) commands: UnboundedReceiver<Command>,
    pub(super) reporter: Reporter,
}

/// Carries out commands until the end; runs inside a `LocalSet`.
pub(super) async fn work(parts: WorkerParts) {
    let WorkerParts { test, behaviour, control, scenarios, vus, shard, last_vu, mut commands, reporter } =
        parts;
    let context =
        Rc::new(WorkerContext { index: reporter.worker, shard: Rc::new(RefCell::new(shard)), control });
    let factory = behaviour.on_worker(context.clone());
    let worker = Rc::new(Worker::new(&test, context, factory, last_vu, reporter));
    let (mut scenarios, mut vus) = (Some(scenarios), vus);
    while let Some(command) = commands.recv().await {
        match command {
            Command::Init => worker.clone().spawn_init(std::mem::take(&mut vus)),
            Command::Setup => worker.clone().spawn_setup(),
            Command::Start(base) => {
                start_scenarios(&worker, &test, base, scenarios.take().unwrap_or_default())
            }
            Command::Take => worker.report(Report::Taken(worker.take())),
            Command::Teardown => worker.clone().spawn_teardown(),
            Command::Finish => break,
        }
    }
    worker.finish().await;
}

/// Starts a lane for each scenario, and reports when all are over.
fn start_scenarios(
    worker: &Rc<Worker>,
    test: &TestConfig,
    base: Instant,
    scenarios: Vec<(Arc<SharedScenario>, UnboundedReceiver<PeerMessage>)>,
) {
    let lanes =
        test.scenarios.iter().zip(scenarios).enumerate().map(|(index, (config, (shared, messages)))| {
            let active = active_scenario(test, index, base);
            let lane = Rc::new(WorkerLane::new(worker.clone(), config.clone(), active, shared, messages));
            spawn_local(lane.run())
        });
    let lanes: Vec<_> = lanes.collect();
    let worker = worker.clone();
    spawn_local(async move {
        // A lane that panicked is over as well; its virtual users went with it.
        tokio::select! {
            biased;
            () = worker.notice_stalls() => {}
            _ = join_all(lanes) => {}
        }
        worker.report(Report::Rest(worker.take()));
        worker.report(Report::ScenariosDone);
    });
}

fn active_scenario(test: &TestConfig, index: usize, base: Instant) -> ActiveScenario {
    let config = &test.scenarios[index];
    ActiveScenario {
        index,
        name: config.name.as_str().into(),
        executor: config.executor.name(),
        exec: config.exec.as_str().into(),
        env: config.env.clone(),
        tags: scenario_tags(test, index),
        started: base + config.start_time,
        length: Some(config.executor.length()),
    }
}

/// The tags of a scenario's samples: run tags, then its own, then its name.
pub(super) fn scenario_tags(test: &TestConfig, index: usize) -> TagSet {
    let config = &test.scenarios[index];
    let mut tags = test.run_tags.clone();
    for (key, value) in &config.tags {
        tags = tags.with(key.as_str(), value.as_str());
    }
    if test.tag_scenarios {
        tags = tags.with(names::tag::SCENARIO, config.name.as_str());
    }
    tags
}
