//! A worker is a thread that carries virtual users; it does what the dispatcher commands, and reports.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use flashcrowd_metrics::{Interval, Shard, names};
use futures_util::future::join_all;
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::task::spawn_local;
use tokio::time::{Instant, timeout, timeout_at};

use super::arrival::{Common, Mail};
use super::lane::{GRACE, Lane};
use super::live_vu::{LiveVu, let_others};
use super::observer::Warning;
use super::test::TestConfig;
use crate::behaviour::{ActiveScenario, Behaviour, BoxError, VuFactory, VuIds, WorkerContext};
use crate::board::{Board, Counts};
use crate::control::Control;
use crate::segment::Share;

/// What the dispatcher wants.
#[derive(Debug)]
pub(super) enum Command {
    /// Initialise the planned virtual users.
    Init,
    /// Run setup.
    Setup,
    /// Run the scenarios; their time begins at that moment.
    Start(Instant),
    /// Hand over the samples.
    Take,
    /// Run teardown.
    Teardown,
    /// Drop all virtual users, hand over the last samples, and end.
    Finish,
}

/// What a worker says.
#[derive(Debug)]
pub(super) enum Report {
    /// One more virtual user is initialised.
    Initialized,
    /// All planned virtual users are initialised, or one could not be.
    InitDone(Result<(), BoxError>),
    /// Setup is over.
    SetupDone(Result<(), BoxError>),
    /// All scenarios are over.
    ScenariosDone,
    /// The samples since the last time.
    Taken(Interval),
    /// Teardown is over.
    TeardownDone(Result<(), BoxError>),
    /// Something the user should know.
    Warning(Warning),
    /// The worker has ended in order, with its last samples.
    Finished(Interval),
    /// The worker has ended, in order or not.
    Gone,
}

/// A worker's line to the dispatcher; says so when the worker ends.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) worker: usize,
    pub(super) reports: UnboundedSender<(usize, Report)>,
}

impl Line {
    fn report(&self, report: Report) {
        // The dispatcher only stops listening to a worker it has given up.
        let _ = self.reports.send((self.worker, report));
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.report(Report::Gone);
    }
}

/// What a worker is made of; it can be sent to its thread.
pub(super) struct Blueprint {
    pub(super) test: Arc<TestConfig>,
    pub(super) behaviour: Arc<dyn Behaviour>,
    pub(super) control: Arc<Control>,
    /// What it shares with the other workers, scenario by scenario, and its mail there.
    pub(super) scenarios: Vec<(Arc<Common>, UnboundedReceiver<Mail>)>,
    /// The numbers of its planned virtual users.
    pub(super) vus: Vec<u64>,
    pub(super) shard: Shard,
    /// The number of the last virtual user of all.
    pub(super) last_vu: Arc<AtomicU64>,
    pub(super) commands: UnboundedReceiver<Command>,
    pub(super) line: Line,
}

/// A worker on its thread.
pub(super) struct Worker {
    pub(super) context: Rc<WorkerContext>,
    /// This process's part of the test.
    pub(super) instance: Share,
    /// This worker's part of that.
    pub(super) share: Share,
    pub(super) workers: usize,
    pub(super) min_iteration_duration: Duration,
    factory: Rc<dyn VuFactory>,
    line: Line,
    last_vu: Arc<AtomicU64>,
    /// Virtual users no scenario has, longest waiting first.
    buffer: RefCell<VecDeque<LiveVu>>,
    /// How many of them were not planned, and are nobody's reserve.
    spare: Cell<u64>,
    given_back: Notify,
    growing: Cell<usize>,
    grown: Notify,
}

/// A virtual user is being initialised while scenarios run.
pub(super) struct Growing(Rc<Worker>);

impl Drop for Growing {
    fn drop(&mut self) {
        self.0.growing.set(self.0.growing.get() - 1);
        self.0.grown.notify_one();
    }
}

/// Does what is commanded until the end; runs inside a `LocalSet`.
pub(super) async fn work(blueprint: Blueprint) {
    let Blueprint { test, behaviour, control, scenarios, vus, shard, last_vu, mut commands, line } =
        blueprint;
    let context = Rc::new(WorkerContext { index: line.worker, shard: RefCell::new(shard), control });
    let worker = Rc::new(Worker {
        factory: behaviour.on_worker(context.clone()),
        context,
        instance: test.share.clone(),
        share: test.share.split(test.workers)[line.worker].clone(),
        workers: test.workers,
        min_iteration_duration: test.min_iteration_duration,
        line,
        last_vu,
        buffer: RefCell::default(),
        spare: Cell::new(0),
        given_back: Notify::new(),
        growing: Cell::new(0),
        grown: Notify::new(),
    });
    let (mut scenarios, mut vus) = (Some(scenarios), vus);
    while let Some(command) = commands.recv().await {
        match command {
            Command::Init => worker.clone().spawn_init(std::mem::take(&mut vus)),
            Command::Setup => worker.clone().spawn_setup(),
            Command::Start(base) => worker.start(&test, base, scenarios.take().unwrap_or_default()),
            Command::Take => worker.line.report(Report::Taken(worker.take())),
            Command::Teardown => worker.clone().spawn_teardown(),
            Command::Finish => break,
        }
    }
    worker.finish().await;
}

impl Worker {
    pub(super) fn index(&self) -> usize {
        self.line.worker
    }

    pub(super) fn control(&self) -> &Arc<Control> {
        &self.context.control
    }

    pub(super) fn warn(&self, warning: Warning) {
        self.line.report(Report::Warning(warning));
    }

    pub(super) fn counts(&self, scenario: usize) -> &Counts {
        &self.board().worker(self.index()).scenarios[scenario]
    }

    /// Takes a virtual user out of the buffer; waits for one until `patience` ends.
    pub(super) async fn take_vu(&self, patience: Instant) -> Option<LiveVu> {
        loop {
            if let Some(vu) = self.buffer.borrow_mut().pop_front() {
                return Some(vu);
            }
            timeout_at(patience, self.given_back.notified()).await.ok()?;
        }
    }

    /// Puts a virtual user into the buffer.
    pub(super) fn give_back(&self, vu: LiveVu, unplanned: bool) {
        self.buffer.borrow_mut().push_back(vu);
        self.spare.set(self.spare.get() + u64::from(unplanned));
        self.given_back.notify_one();
    }

    /// A virtual user beyond the planned ones: one that another scenario was given so, or else a new one.
    pub(super) async fn unplanned_vu(&self) -> Result<LiveVu, BoxError> {
        if self.spare.get() > 0 {
            self.spare.set(self.spare.get() - 1);
            if let Some(vu) = self.buffer.borrow_mut().pop_front() {
                return Ok(vu);
            }
        }
        self.init_vu(self.last_vu.fetch_add(1, Relaxed) + 1).await
    }

    /// Lets the worker wait for a virtual user that is being initialised before it ends.
    pub(super) fn begin_growing(self: &Rc<Self>) -> Growing {
        self.growing.set(self.growing.get() + 1);
        Growing(self.clone())
    }

    async fn init_vu(&self, number: u64) -> Result<LiveVu, BoxError> {
        let in_test = self.instance.global_index(number - 1).map_or(number, |index| index + 1);
        let vu = self.factory.init(VuIds { in_instance: number, in_test }).await?;
        self.board().worker(self.index()).initialized.fetch_add(1, Relaxed);
        Ok(LiveVu::new(vu))
    }

    async fn init_planned(&self, numbers: Vec<u64>) -> Result<(), BoxError> {
        for number in numbers {
            if self.control().is_aborted() {
                break;
            }
            let vu = self.init_vu(number).await?;
            self.buffer.borrow_mut().push_back(vu);
            self.line.report(Report::Initialized);
            let_others().await;
        }
        Ok(())
    }

    fn spawn_init(self: Rc<Self>, numbers: Vec<u64>) {
        spawn_local(async move { self.line.report(Report::InitDone(self.init_planned(numbers).await)) });
    }

    fn spawn_setup(self: Rc<Self>) {
        spawn_local(async move { self.line.report(Report::SetupDone(self.factory.setup().await)) });
    }

    fn spawn_teardown(self: Rc<Self>) {
        spawn_local(async move { self.line.report(Report::TeardownDone(self.factory.teardown().await)) });
    }

    fn start(
        self: &Rc<Self>,
        test: &TestConfig,
        base: Instant,
        scenarios: Vec<(Arc<Common>, UnboundedReceiver<Mail>)>,
    ) {
        let lanes =
            test.scenarios.iter().zip(scenarios).enumerate().map(|(index, (config, (common, mail)))| {
                let active = active_scenario(test, index, base);
                let lane = Rc::new(Lane::new(self.clone(), config.clone(), active, common, mail));
                spawn_local(lane.run())
            });
        let lanes: Vec<_> = lanes.collect();
        let worker = self.clone();
        spawn_local(async move {
            // A lane that panicked is over as well; its virtual users went with it.
            drop(join_all(lanes).await);
            worker.line.report(Report::ScenariosDone);
        });
    }

    fn take(&self) -> Interval {
        self.context.shard.borrow_mut().take()
    }

    async fn finish(&self) {
        let grown = async {
            while self.growing.get() > 0 {
                self.grown.notified().await;
            }
        };
        // A front end that does not even end its initialisation is left behind.
        let _ = timeout(GRACE, grown).await;
        self.buffer.borrow_mut().clear();
        self.line.report(Report::Finished(self.take()));
    }

    fn board(&self) -> &Board {
        self.control().board().expect("the board is opened before any worker is made")
    }
}

fn active_scenario(test: &TestConfig, index: usize, base: Instant) -> ActiveScenario {
    let config = &test.scenarios[index];
    let mut tags = test.run_tags.clone();
    for (key, value) in &config.tags {
        tags = tags.with(key.as_str(), value.as_str());
    }
    if test.tag_scenarios {
        tags = tags.with(names::tag::SCENARIO, config.name.as_str());
    }
    ActiveScenario {
        index,
        name: config.name.as_str().into(),
        executor: config.executor.name(),
        exec: config.exec.as_str().into(),
        env: config.env.clone(),
        tags,
        started: base + config.start_time,
        length: Some(config.executor.length()),
    }
}
