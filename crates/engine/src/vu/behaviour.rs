//! A behaviour is what virtual users do; a front end implements these traits, the engine calls them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use flashcrowd_metrics::{Shard, TagSet};
use futures_util::future::LocalBoxFuture;
use tokio::time::Instant;

use crate::state::Control;

/// Any error a front end reports; its text is for the user.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What a test's virtual users do. One for a run, shared by all workers.
pub trait Behaviour: Send + Sync + 'static {
    /// Called once on every worker thread, before its first virtual user.
    fn on_worker(self: Arc<Self>, worker: Rc<WorkerContext>) -> Rc<dyn VuFactory>;
}

/// Makes the virtual users of one worker thread, and runs what runs once.
pub trait VuFactory {
    /// Initializes a virtual user.
    fn init(&self, ids: VuIds) -> LocalBoxFuture<'_, Result<Box<dyn Vu>, BoxError>>;

    /// Runs the setup stage, where there is one; called on one worker only. Its result is kept by the behaviour for all workers. After an
    /// abort, which it has to notice by itself, it is given up if it does not end within some seconds.
    fn setup(&self) -> LocalBoxFuture<'_, Result<(), BoxError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// Runs the teardown stage, where there is one; called on one worker only, after an abort as well. Its time is the front end's to limit.
    fn teardown(&self) -> LocalBoxFuture<'_, Result<(), BoxError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// A virtual user: one behaviour's state, one iteration at a time.
pub trait Vu {
    /// From now on iterations are those of this scenario.
    fn activate(&mut self, scenario: &Rc<ActiveScenario>);

    /// Gets an iteration ready; [`Vu::poll`] drives it until it answers.
    fn start(&mut self, iteration: Iteration);

    /// Drives the iteration. Asked again only after `start`, once it has answered.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Outcome>;

    /// Ends the running iteration as soon as possible; it must still be polled until it answers.
    fn interrupt(&mut self);

    /// The tags of the samples of the iteration as a whole: run, scenario and VU tags.
    fn tags(&self) -> TagSet;

    /// How long it waits before its next iteration where it loops, since its target cannot be reached: asked once after
    /// each iteration, and not a part of it.
    fn back_off(&mut self) -> Duration {
        Duration::ZERO
    }
}

/// The numbers of a virtual user, from one; zero for the temporary ones of setup and teardown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VuIds {
    /// Unique within this process.
    pub in_instance: u64,
    /// Unique within the test, over all execution segments.
    pub in_test: u64,
}

/// One run of a virtual user's behaviour.
#[derive(Clone, Copy, Debug)]
pub struct Iteration {
    /// Counted from zero over the scenario in this process.
    pub in_instance: u64,
    /// Counted from zero over the scenario in the whole test, over all execution segments.
    pub in_test: u64,
    /// Counted from zero over this virtual user in this scenario.
    pub in_scenario: u64,
    /// How long after it was due it starts; zero where virtual users loop beside such iterations, and none in tests in
    /// which iterations are not due at any time. It is part of the response time of the iteration's first request.
    pub lag: Option<Duration>,
    /// What is drawn at random in it is drawn by this, so that it can be run again; none where that does not matter.
    pub seed: Option<u64>,
}

/// How an iteration ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It ran to its end.
    Finished,
    /// It ran to an error of its own, which was reported.
    Failed,
    /// It was ended by [`Vu::interrupt`] or by an abort of the test.
    Interrupted,
    /// It ended itself and the test. As in k6 it is interrupted, and an iteration in the metrics nevertheless.
    Aborted,
    /// Its behaviour played virtual users in it, and counted what they did in [`crate::Played`]; it is none itself.
    Played,
}

/// A scenario while it runs, as virtual users see it.
#[derive(Debug)]
pub struct ActiveScenario {
    /// Its position in the test.
    pub index: usize,
    /// Its name.
    pub name: Arc<str>,
    /// The executor's name, such as `ramping-vus`.
    pub executor: &'static str,
    /// The exported function to run.
    pub exec: Arc<str>,
    /// Its environment, over the test's.
    pub env: BTreeMap<String, String>,
    /// Its tags: run tags, then the scenario's own, then `scenario`.
    pub tags: TagSet,
    /// When it started on the monotonic clock.
    pub started: Instant,
    /// How long it lasts at most without graceful stop; `None` where that is not known.
    pub length: Option<Duration>,
}

/// What virtual users need of the worker thread they live on.
pub struct WorkerContext {
    /// Counted from zero.
    pub index: usize,
    /// Where samples go.
    pub shard: Rc<RefCell<Shard>>,
    /// The whole run.
    pub control: Arc<Control>,
}
