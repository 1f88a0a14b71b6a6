//! The state of one virtual user, which the host functions of its script work on.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::Duration;

use flashcrowd_dynamodb::Client as DynamodbClient;
use flashcrowd_engine::{ActiveScenario, Iteration, VuIds, WorkerContext};
use flashcrowd_http::{Client, Jar, SampleCache, WorkerClient};
use flashcrowd_metrics::{Builtin, CheckId, GroupId, MetricId, SeriesId, TagSet, Tree};
use hashbrown::HashMap;
use rquickjs::Ctx;

use crate::event_loop::EventLoop;
use crate::expected::Expected;
use crate::modules::dynamodb::Meters;
use crate::program::Program;
use crate::quickjs::fiber;
use crate::quickjs::vm;
use crate::settings::Settings;
use crate::wall;
use flashcrowd_test::{Level, Message, Source};

/// What a virtual user is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Running the script's top level.
    Init,
    /// Running `setup`.
    Setup,
    /// Running `teardown`.
    Teardown,
    /// Running `handleSummary`.
    Summary,
    /// Running iterations of a scenario.
    Iteration,
}

/// What the virtual users of one thread share.
pub struct Worker {
    /// The engine's side of it.
    pub context: Rc<WorkerContext>,
    /// The HTTP client's side of it.
    pub http: Rc<WorkerClient>,
    /// Where HTTP samples go, by their tags.
    pub samples: RefCell<SampleCache>,
    /// Where samples of DynamoDB go, by the tags of virtual users.
    pub meters: Meters,
    /// Whether it was said that a cookie jar is full.
    pub told_cookies: Cell<bool>,
    /// Tag sets seen before, so that equal ones are one.
    tags: RefCell<HashMap<TagSet, TagSet>>,
    checks: RefCell<HashMap<(CheckId, TagSet), SeriesId>>,
}

/// How many tag sets a worker keeps to make equal ones one.
const KEPT: usize = 4096;

impl Worker {
    /// What the engine and the client have for this thread.
    pub fn new(context: Rc<WorkerContext>, http: Rc<WorkerClient>) -> Self {
        Self {
            context,
            http,
            samples: RefCell::default(),
            meters: Meters::default(),
            told_cookies: Cell::new(false),
            tags: RefCell::default(),
            checks: RefCell::default(),
        }
    }

    fn one_of(&self, tags: TagSet) -> TagSet {
        let mut known = self.tags.borrow_mut();
        if let Some(same) = known.get(&tags) {
            return same.clone();
        }
        if known.len() < KEPT {
            known.insert(tags.clone(), tags.clone());
        }
        tags
    }
}

/// One virtual user.
pub struct VuState {
    /// The script.
    pub program: Arc<Program>,
    /// Its thread; none while the script is only being loaded.
    pub worker: Option<Rc<Worker>>,
    /// Its numbers.
    pub ids: VuIds,
    /// Its connections; none while the script is only being loaded.
    pub client: Option<Client>,
    /// Its cookies.
    pub jar: RefCell<Rc<RefCell<Jar>>>,
    /// What it is doing.
    pub phase: Cell<Phase>,
    /// The scenario it works for.
    pub scenario: RefCell<Option<Rc<ActiveScenario>>>,
    /// The iteration it is in.
    pub iteration: Cell<Option<Iteration>>,
    /// Whether it has asked for the end of the test.
    pub has_aborted: Cell<bool>,
    /// Iterations it has begun.
    pub begun: Cell<u64>,
    /// Timers, promises and requests under way.
    pub events: EventLoop,
    /// Bytes since the last sample of them.
    pub sent: Cell<u64>,
    /// Bytes since the last sample of them.
    pub received: Cell<u64>,
    /// Answers that count as expected; see `http.setResponseCallback`.
    pub expected: RefCell<Rc<Expected>>,
    clients: RefCell<Vec<Weak<DynamodbClient>>>,
    group: Cell<GroupId>,
    base_tags: RefCell<TagSet>,
    tags: RefCell<TagSet>,
    interrupted: Cell<bool>,
}

thread_local! {
    static CURRENT: RefCell<Option<Rc<VuState>>> = const { RefCell::new(None) };
}

/// Runs `f` with this virtual user as the current one of the thread.
pub fn enter<T>(vu: &Rc<VuState>, f: impl FnOnce() -> T) -> T {
    let before = CURRENT.replace(Some(vu.clone()));
    let result = f();
    CURRENT.set(before);
    result
}

/// The virtual user whose script is running.
///
/// # Panics
/// When none is: host functions are called by scripts alone.
pub fn current() -> Rc<VuState> {
    CURRENT.with_borrow(|vu| vu.clone()).expect("host functions are called by a virtual user's script")
}

/// The virtual user whose script is running, if one is.
pub fn try_current() -> Option<Rc<VuState>> {
    CURRENT.with_borrow(Clone::clone)
}

/// Looks at the virtual user whose script is running.
pub fn with<T>(f: impl FnOnce(&VuState) -> T) -> T {
    f(&current())
}

impl VuState {
    /// A virtual user that has not done anything.
    pub fn new(program: Arc<Program>, worker: Option<Rc<Worker>>, ids: VuIds) -> Self {
        let client = worker.as_ref().map(|worker| Client::new(worker.http.clone(), ids.in_instance));
        Self {
            program,
            worker,
            ids,
            client,
            jar: RefCell::new(Rc::new(RefCell::new(Jar::new(wall::now())))),
            phase: Cell::new(Phase::Init),
            scenario: RefCell::default(),
            iteration: Cell::new(None),
            has_aborted: Cell::new(false),
            begun: Cell::new(0),
            events: EventLoop::default(),
            sent: Cell::new(0),
            received: Cell::new(0),
            expected: RefCell::default(),
            clients: RefCell::default(),
            group: Cell::new(GroupId::ROOT),
            base_tags: RefCell::new(TagSet::empty()),
            tags: RefCell::new(TagSet::empty()),
            interrupted: Cell::new(false),
        }
    }

    /// Whether the script's top level is running.
    pub fn in_init(&self) -> bool {
        self.phase.get() == Phase::Init
    }

    /// The run's settings.
    ///
    /// # Panics
    /// While the script is only being loaded; functions that need settings refuse to run in the init context.
    pub fn settings(&self) -> &Settings {
        self.program.settings().expect("settings are there before virtual users run")
    }

    /// How late the iteration's first request is; zero for those after it, which start when they start. None in tests
    /// without due times, and outside of iterations.
    pub fn take_lag(&self) -> Option<Duration> {
        let iteration = self.iteration.get().filter(|_| self.phase.get() == Phase::Iteration)?;
        let lag = iteration.lag?;
        self.iteration.set(Some(Iteration { lag: Some(Duration::ZERO), ..iteration }));
        Some(lag)
    }

    /// Whether the iteration is to end now.
    pub fn interrupted(&self) -> bool {
        self.interrupted.get()
    }

    /// Asks the iteration to end, or takes that back.
    pub fn set_interrupted(&self, interrupted: bool) {
        self.interrupted.set(interrupted);
    }

    /// Waits on the fiber; answers an uncatchable error when the virtual user is interrupted meanwhile.
    pub fn wait<F: Future>(&self, ctx: &Ctx<'_>, future: F) -> rquickjs::Result<F::Output> {
        fiber::wait_unless(future, || self.interrupted.get())
            .ok_or_else(|| vm::uncatchable(ctx, "interrupted"))
    }

    /// The tags that every sample of this virtual user carries now.
    pub fn tags(&self) -> TagSet {
        self.tags.borrow().clone()
    }

    /// The tags without the group.
    pub fn base_tags(&self) -> TagSet {
        self.base_tags.borrow().clone()
    }

    /// Sets the tags that every sample carries, to which the group is added.
    pub fn set_base_tags(&self, tags: TagSet) {
        *self.base_tags.borrow_mut() = tags;
        self.refresh_tags();
    }

    /// The group that is running.
    pub fn group(&self) -> GroupId {
        self.group.get()
    }

    /// Enters or leaves a group.
    pub fn set_group(&self, group: GroupId) {
        if self.group.replace(group) != group {
            self.refresh_tags();
        }
    }

    fn refresh_tags(&self) {
        let Some(worker) = &self.worker else { return };
        let mut tags = self.base_tags.borrow().clone();
        if self.settings().system_tags.has("group") {
            let path = worker.context.shard.borrow().plan().tree.path(self.group.get());
            tags = tags.with("group", path);
        }
        *self.tags.borrow_mut() = worker.one_of(tags);
    }

    /// Adds a sample with this virtual user's tags, and these on top.
    pub fn sample(&self, metric: MetricId, value: f64, extra: Option<&TagSet>) {
        let Some(worker) = &self.worker else { return };
        let mut shard = worker.context.shard.borrow_mut();
        match extra {
            None => shard.sample(metric, &self.tags.borrow(), value),
            Some(extra) => shard.sample(metric, &self.tags.borrow().merged(extra), value),
        }
    }

    /// Counts the outcome of a check.
    pub fn check(&self, name: &str, passed: bool, extra: Option<&TagSet>) {
        let name = if name.len() > Tree::LONGEST_NAME { Tree::OTHER_CHECKS } else { name };
        let Some(worker) = &self.worker else { return };
        let mut shard = worker.context.shard.borrow_mut();
        let check = shard.check_id(self.group.get(), name);
        shard.count_check(check, passed);
        let tags = match extra {
            None => self.tags.borrow().clone(),
            Some(extra) => self.tags.borrow().merged(extra),
        };
        let mut known = worker.checks.borrow_mut();
        let key = (check, tags);
        let series = match known.get(&key) {
            Some(&series) => series,
            None => {
                let tagged = match self.settings().system_tags.has("check") {
                    true => key.1.with("check", name),
                    false => key.1.clone(),
                };
                let series = shard.series(Builtin::CHECKS, &tagged);
                if known.len() < KEPT {
                    known.insert(key, series);
                }
                series
            }
        };
        shard.add(series, f64::from(u8::from(passed)));
    }

    /// Remembers a client of DynamoDB for as long as it is used.
    pub fn keep(&self, client: &Rc<DynamodbClient>) {
        let mut clients = self.clients.borrow_mut();
        clients.retain(|client| client.strong_count() > 0);
        clients.push(Rc::downgrade(client));
    }

    /// Gives back the buffers of connections that wait.
    pub fn park(&self) {
        if let Some(client) = &self.client {
            client.park();
        }
        for client in self.clients.borrow().iter().filter_map(Weak::upgrade) {
            client.park();
        }
    }

    /// Turns the bytes counted so far into samples; no bytes are a sample, too, as in k6.
    pub fn flush_bytes(&self) {
        for (counter, metric) in [(&self.sent, Builtin::DATA_SENT), (&self.received, Builtin::DATA_RECEIVED)]
        {
            self.sample(metric, counter.take() as f64, None);
        }
    }

    /// Tells the user something.
    pub fn log(&self, level: Level, source: Source, text: &str) {
        let scenario = self.scenario.borrow().as_ref().map(|scenario| scenario.name.clone());
        self.program.log.log(&Message { level, source, text, scenario: scenario.as_deref() });
    }

    /// Warns the user about something the script does.
    pub fn warn(&self, text: &str) {
        self.log(Level::Warn, Source::Engine, text);
    }
}
