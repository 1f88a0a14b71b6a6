//! A worker is a thread that runs virtual users: it keeps those that no scenario has, and initializes further ones.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use flashcrowd_metrics::Interval;
use tokio::sync::Notify;
use tokio::task::spawn_local;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::live_vu::{LiveVu, let_others};
use super::message::{Report, Reporter};
use super::observer::Warning;
use super::test::TestConfig;
use crate::segment::Share;
use crate::state::{Board, Control, Counts};
use crate::vu::{BoxError, VuFactory, VuIds, WorkerContext};

/// How long an interrupted virtual user may take to answer.
pub(super) const GRACE: Duration = Duration::from_secs(5);

/// How often a worker looks whether it stood still, and from how long on it did: less is no more than a busy machine.
const BEAT: Duration = Duration::from_millis(200);
const STALL: Duration = Duration::from_millis(250);

/// A worker on its thread.
pub(super) struct Worker {
    pub(super) context: Rc<WorkerContext>,
    /// This process's part of the test.
    pub(super) instance: Share,
    /// This worker's part of that.
    pub(super) share: Share,
    pub(super) workers: usize,
    pub(super) pacing: Pacing,
    factory: Rc<dyn VuFactory>,
    reporter: Reporter,
    last_vu: Arc<AtomicU64>,
    buffer: Buffer,
    growing: Cell<usize>,
    grown: Notify,
}

/// When iterations of a test start, as far as it is the same for all scenarios.
#[derive(Clone, Copy)]
pub(super) struct Pacing {
    /// How long an iteration takes at least.
    pub(super) shortest: Duration,
    /// What random arrivals are drawn with.
    pub(super) seed: u64,
    /// Whether the test has iterations that are due at a time.
    pub(super) has_dues: bool,
}

impl Pacing {
    fn of(test: &TestConfig) -> Self {
        let has_dues = test.scenarios.iter().any(|scenario| scenario.executor.arrivals().is_some());
        Self { shortest: test.min_iteration_duration, seed: test.seed, has_dues }
    }
}

/// The virtual users that no scenario has at the moment.
#[derive(Default)]
struct Buffer {
    /// Longest waiting first.
    vus: RefCell<VecDeque<LiveVu>>,
    /// How many of them were not planned, so that any scenario may take them.
    spare: Cell<u64>,
    given_back: Notify,
}

/// A virtual user is being initialized while scenarios run.
pub(super) struct Growing(Rc<Worker>);

impl Drop for Growing {
    fn drop(&mut self) {
        self.0.growing.set(self.0.growing.get() - 1);
        self.0.grown.notify_one();
    }
}

impl Worker {
    pub(super) fn new(
        test: &TestConfig,
        context: Rc<WorkerContext>,
        factory: Rc<dyn VuFactory>,
        last_vu: Arc<AtomicU64>,
        reporter: Reporter,
    ) -> Self {
        Self {
            factory,
            context,
            instance: test.share.clone(),
            share: test.share.split(test.workers)[reporter.worker].clone(),
            workers: test.workers,
            pacing: Pacing::of(test),
            reporter,
            last_vu,
            buffer: Buffer::default(),
            growing: Cell::new(0),
            grown: Notify::new(),
        }
    }

    pub(super) fn index(&self) -> usize {
        self.reporter.worker
    }

    pub(super) fn control(&self) -> &Arc<Control> {
        &self.context.control
    }

    pub(super) fn report(&self, report: Report) {
        self.reporter.report(report);
    }

    pub(super) fn warn(&self, warning: Warning) {
        self.reporter.report(Report::Warning(warning));
    }

    pub(super) fn counts(&self, scenario: usize) -> &Counts {
        &self.board().worker(self.index()).scenarios[scenario]
    }

    /// Takes a virtual user out of the buffer; waits for one until `patience` ends.
    pub(super) async fn take_vu(&self, patience: Instant) -> Option<LiveVu> {
        loop {
            if let Some(vu) = self.buffer.vus.borrow_mut().pop_front() {
                return Some(vu);
            }
            timeout_at(patience, self.buffer.given_back.notified()).await.ok()?;
        }
    }

    /// Puts a virtual user into the buffer.
    pub(super) fn give_back(&self, vu: LiveVu, unplanned: bool) {
        self.buffer.vus.borrow_mut().push_back(vu);
        self.buffer.spare.set(self.buffer.spare.get() + u64::from(unplanned));
        self.buffer.given_back.notify_one();
    }

    /// A virtual user beyond the planned ones: one that another scenario was given so, or else a new one.
    pub(super) async fn unplanned_vu(&self) -> Result<LiveVu, BoxError> {
        if self.buffer.spare.get() > 0 {
            self.buffer.spare.set(self.buffer.spare.get() - 1);
            if let Some(vu) = self.buffer.vus.borrow_mut().pop_front() {
                return Ok(vu);
            }
        }
        self.init_vu(self.last_vu.fetch_add(1, Relaxed) + 1).await
    }

    /// Lets the worker wait for a virtual user that is being initialized before it ends.
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
            self.buffer.vus.borrow_mut().push_back(vu);
            self.reporter.report(Report::Initialized);
            let_others().await;
        }
        Ok(())
    }

    pub(super) fn spawn_init(self: Rc<Self>, numbers: Vec<u64>) {
        spawn_local(async move { self.reporter.report(Report::InitDone(self.init_planned(numbers).await)) });
    }

    pub(super) fn spawn_setup(self: Rc<Self>) {
        spawn_local(async move {
            let done = self.factory.setup().await;
            self.reporter.report(Report::Rest(self.take()));
            self.reporter.report(Report::SetupDone(done));
        });
    }

    pub(super) fn spawn_teardown(self: Rc<Self>) {
        spawn_local(async move { self.reporter.report(Report::TeardownDone(self.factory.teardown().await)) });
    }

    /// Notes how long the thread stands still; never ends.
    pub(super) async fn notice_stalls(&self) {
        let counts = self.board().worker(self.index());
        loop {
            let since = Instant::now();
            sleep(BEAT).await;
            let late = since.elapsed().saturating_sub(BEAT);
            if late >= STALL {
                let late = u64::try_from(late.as_nanos()).unwrap_or(u64::MAX);
                counts.stalled.fetch_add(late, Relaxed);
                counts.longest_stall.fetch_max(late, Relaxed);
            }
        }
    }

    pub(super) fn take(&self) -> Interval {
        self.context.shard.borrow_mut().take()
    }

    pub(super) async fn finish(&self) {
        let grown = async {
            while self.growing.get() > 0 {
                self.grown.notified().await;
            }
        };
        // A front end that does not even end its initialization is left behind.
        let _ = timeout(GRACE, grown).await;
        // First: to drop tens of thousands of virtual users takes seconds, and no sample comes of it.
        self.reporter.report(Report::Finished(self.take()));
        self.buffer.vus.borrow_mut().clear();
    }

    fn board(&self) -> &Board {
        self.control().board().expect("the board is opened before any worker is made")
    }
}
