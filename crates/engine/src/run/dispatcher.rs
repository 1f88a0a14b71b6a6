//! The dispatcher runs a test: it sends commands to the workers, handles their reports and the clock, and informs the
//! audience.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use flashcrowd_metrics::{Builtin, Interval, Shard};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until};

use super::apart::{Begin, Ended, Gate, Whole};
use super::audience::Audience;
use super::message::{Command, Report};
use super::observer::{RunEvent, Warning};
use super::samples::SampleBatch;
use super::test::{RunResult, RunStage, StageError, TestConfig};
use super::work::scenario_tags;
use super::worker::GRACE;
use crate::abort::AbortReason;
use crate::executor::{Needs, scenario_seed};
use crate::state::Control;
use crate::vu::BoxError;

const SECOND: Duration = Duration::from_secs(1);

/// How long a worker has for its own clean-up, on top of the grace of its virtual users.
const MARGIN: Duration = Duration::from_secs(1);

/// How long a worker is waited for whose thread a call of the script keeps busy.
const BUSY: Duration = Duration::from_secs(60);

/// A second that a pause has cut shorter than this is no interval of its own.
const SHORTEST: Duration = Duration::from_millis(500);

/// The shortest time between two reports of initialized virtual users.
const INIT_TOLD: Duration = Duration::from_millis(100);

/// All that a run waits for.
enum Event {
    Report(usize, Report),
    Samples(SampleBatch),
    Tick,
    Aborted(AbortReason),
    Overdue,
}

/// How a phase of the run that lasts too long ends.
#[derive(Clone, Copy)]
enum Limit {
    /// The front end sees to it.
    None,
    /// After an abort it has the grace.
    Abort,
    /// As after an abort, and in any case by this time.
    By(Instant),
    /// The same, but workers that are busy by then are waited for, unless the test was aborted.
    Patient(Instant),
}

/// The state of a worker.
struct WorkerState {
    commands: UnboundedSender<Command>,
    /// How many of its reports of the current phase are still to come: none or one.
    busy: bool,
    /// Its samples were asked for and have not come.
    asked: bool,
    gone: bool,
    finished: bool,
}

/// The workers, as the dispatcher knows them.
pub(super) struct Workers {
    all: Vec<WorkerState>,
    reports: UnboundedReceiver<(usize, Report)>,
}

impl Workers {
    pub(super) fn new(
        commands: Vec<UnboundedSender<Command>>,
        reports: UnboundedReceiver<(usize, Report)>,
    ) -> Self {
        let state =
            |commands| WorkerState { commands, busy: false, asked: false, gone: false, finished: false };
        Self { all: commands.into_iter().map(state).collect(), reports }
    }

    /// The numbers of those for which that holds.
    fn which(&self, holds: impl Fn(&WorkerState) -> bool) -> Vec<usize> {
        (0..self.all.len()).filter(|&worker| holds(&self.all[worker])).collect()
    }
}

/// The intervals that samples of workers belong to.
#[derive(Default)]
struct Gathered {
    /// How long the run had lasted when samples were last asked for: the end of their interval.
    asked: Duration,
    /// Whether scenarios run: what comes in is load, and no part of setup or teardown.
    is_load: bool,
    /// The last samples of workers that have ended; they belong to the last interval, not to one that is still owed.
    rest: Vec<(usize, Interval)>,
}

/// Runs one test.
pub(super) struct Dispatcher<'a> {
    test: Arc<TestConfig>,
    control: Arc<Control>,
    whole: Whole<'a>,
    workers: Workers,
    gathered: Gathered,
    clock: Option<tokio::time::Interval>,
    needs: Needs,
    init_told: (u64, Instant),
    errors: Vec<StageError>,
    /// When scenarios ran.
    load: Option<Range<Duration>>,
}

impl<'a> Dispatcher<'a> {
    pub(super) fn new(
        test: Arc<TestConfig>,
        control: Arc<Control>,
        audience: Audience<'a>,
        shard: Shard,
        workers: Workers,
    ) -> Self {
        Self {
            whole: Whole::over(test.clone(), control.clone(), audience, shard),
            test,
            control,
            workers,
            gathered: Gathered::default(),
            clock: None,
            needs: Needs::default(),
            init_told: (0, Instant::now()),
            errors: Vec::new(),
            load: None,
        }
    }

    /// Runs the test from the first virtual user to the last threshold; `needs` is what all workers need together. With a
    /// gate, everything after the first virtual users waits for it.
    pub(super) async fn run(mut self, needs: Needs, gate: Option<Gate<'_>>) -> RunResult {
        self.needs = needs;
        self.tell(&RunEvent::Initializing { done: 0, total: needs.planned });
        self.everyone(|| Command::Init, Limit::Abort).await;
        self.stand_still().await;
        let begin = self.pass(gate).await;
        let started = self.control.mark_started(begin.map(|begin| begin.started));
        self.tell(&RunEvent::Started(started));
        let seconds = (Instant::now() - started).as_secs() + 1;
        let mut clock = interval_at(started + SECOND * u32::try_from(seconds).unwrap_or(1), SECOND);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.clock = Some(clock);
        if self.may_go_on() && self.set_up().await {
            if self.may_go_on() {
                self.run_scenarios(begin.map(|begin| begin.base)).await;
            }
            if !self.test.no_teardown {
                self.tell(&RunEvent::Teardown);
                self.first_worker(Command::Teardown, Limit::None).await;
            }
        }
        self.finish().await
    }

    /// Waits until all parts of the run begin together; aborts the run where they do not.
    async fn pass(&mut self, gate: Option<Gate<'_>>) -> Option<Begin> {
        let gate = gate.filter(|_| self.may_go_on())?;
        let begin = tokio::select! {
            begin = gate => begin,
            _ = self.control.abortion() => None,
        };
        if begin.is_none() {
            self.control.abort(AbortReason::Error("the run did not begin".to_owned()));
        }
        begin
    }

    /// Runs setup; false if it failed, or was given up after an abort: then there is nothing to tear down.
    async fn set_up(&mut self) -> bool {
        if self.test.no_setup {
            return true;
        }
        self.tell(&RunEvent::Setup);
        self.first_worker(Command::Setup, Limit::Abort).await && self.errors.is_empty()
    }

    /// Waits while the run is paused, unless it is aborted.
    async fn stand_still(&mut self) {
        let control = self.control.clone();
        let mut over = std::pin::pin!(async {
            tokio::select! {
                () = control.pauses().over() => {}
                _ = control.abortion() => {}
            }
        });
        loop {
            tokio::select! {
                () = &mut over => return,
                Some((worker, report)) = self.workers.reports.recv() => self.on_report(worker, report),
            }
        }
    }

    /// Runs the scenarios, from the moment on that all parts of the run have agreed on.
    async fn run_scenarios(&mut self, agreed: Option<Instant>) {
        self.control.pauses().hold();
        self.stand_still().await;
        self.control.pauses().mark_base();
        let base = agreed.unwrap_or_else(Instant::now);
        self.control.board().expect("the board is opened before the run").set_base(base);
        self.gathered.is_load = true;
        let began = self.control.elapsed().max(self.control.since_start(base));
        self.tell(&RunEvent::Running(self.needs));
        let over = base.checked_add(self.needs.end + GRACE + MARGIN);
        let limit = over.map_or(Limit::Abort, Limit::Patient);
        self.everyone(|| Command::Start(base), limit).await;
        self.control.pauses().release();
        self.gathered.is_load = false;
        self.load = Some(began..self.control.elapsed());
    }

    /// Ends the workers and judges the run.
    async fn finish(mut self) -> RunResult {
        self.control.mark_ended();
        self.clock = None;
        self.everyone(|| Command::Finish, Limit::By(Instant::now() + GRACE + MARGIN)).await;
        let lost = self.give_up_stuck();
        self.look_at_owed();
        for (worker, interval) in std::mem::take(&mut self.gathered.rest) {
            self.whole.take_in(worker, interval, false);
        }
        let elapsed = self.control.elapsed();
        self.whole.finish(Ended { elapsed, load: self.load, lost_workers: lost, errors: self.errors })
    }

    /// Says which workers are busy and waited for.
    fn tell_busy(&mut self) {
        for worker in self.workers.which(|worker| worker.busy) {
            self.tell(&RunEvent::Warning(Warning::BusyWorker(worker)));
        }
    }

    /// Gives up the workers that have not ended: what was due on them and is in no count was dropped. Returns how many.
    fn give_up_stuck(&mut self) -> u64 {
        let stuck = self.workers.which(|worker| !worker.finished);
        for &worker in &stuck {
            self.tell(&RunEvent::Warning(Warning::StuckWorker(worker)));
            if self.load.is_some() && !self.control.is_aborted() {
                self.drop_rest(worker);
            }
        }
        stuck.len() as u64
    }

    fn drop_rest(&mut self, worker: usize) {
        let board = self.control.board().expect("the board is opened before the run");
        for (index, scenario) in self.test.scenarios.iter().enumerate() {
            let seed = scenario_seed(self.test.seed, index);
            let due = scenario.executor.inner().due(&self.test.share, (worker, self.test.workers), seed);
            let missing = due.saturating_sub(board.worker(worker).scenarios[index].accounted());
            if missing > 0 {
                board.worker(worker).scenarios[index].dropped.fetch_add(missing, Relaxed);
                let tags = scenario_tags(&self.test, index);
                self.whole.shard.sample(Builtin::DROPPED_ITERATIONS, &tags, missing as f64);
            }
        }
    }

    /// Whether the next stage of the run may begin.
    fn may_go_on(&self) -> bool {
        self.errors.is_empty() && !self.control.is_aborted()
    }

    /// Commands all workers, and waits until each has reported.
    async fn everyone(&mut self, command: impl Fn() -> Command, limit: Limit) {
        for worker in &mut self.workers.all {
            worker.busy = !worker.gone && worker.commands.send(command()).is_ok();
        }
        self.wait(limit).await;
    }

    /// Commands the first worker, and waits until it has reported; false if it did not within the limit.
    async fn first_worker(&mut self, command: Command, limit: Limit) -> bool {
        let first = &mut self.workers.all[0];
        first.busy = !first.gone && first.commands.send(command).is_ok();
        self.wait(limit).await
    }

    /// Handles events until no worker is busy, or until the limit; then false.
    async fn wait(&mut self, limit: Limit) -> bool {
        let mut in_time = true;
        let mut deadline = match limit {
            Limit::By(deadline) | Limit::Patient(deadline) => Some(deadline),
            Limit::Abort | Limit::None => None,
        };
        let mut heed_abort = !matches!(limit, Limit::None);
        let mut is_patient = matches!(limit, Limit::Patient(_));
        let mut credited = (Duration::ZERO, Duration::ZERO);
        while self.workers.all.iter().any(|worker| worker.busy) {
            match self.next_event(heed_abort, deadline).await {
                Event::Report(worker, report) => self.on_report(worker, report),
                Event::Samples(batch) => self.whole.audience.hand_over(batch),
                Event::Tick => self.on_tick(),
                Event::Overdue if is_patient && self.stood_still(&mut credited) => {
                    deadline = deadline.map(|deadline| deadline.max(Instant::now()) + credited.1);
                }
                Event::Overdue if std::mem::take(&mut is_patient) => {
                    self.tell_busy();
                    deadline = Some(Instant::now() + BUSY);
                }
                Event::Aborted(reason) => {
                    (heed_abort, is_patient) = (false, false);
                    let stop = if reason.is_graceful() { GRACE } else { Duration::ZERO };
                    let last = Instant::now() + stop + GRACE + MARGIN;
                    deadline = Some(deadline.map_or(last, |deadline| deadline.min(last)));
                }
                Event::Overdue => {
                    in_time = false;
                    self.workers.all.iter_mut().for_each(|worker| worker.busy = false);
                }
            }
        }
        in_time
    }

    /// Whether the run stood still longer than was allowed for, or still does; how long in all, and how long more.
    fn stood_still(&self, (credited, more): &mut (Duration, Duration)) -> bool {
        if self.control.is_paused() {
            *more = SECOND;
            return true;
        }
        let held = self.control.pauses().held_by_now();
        *more = held.saturating_sub(*credited);
        *credited = held;
        !more.is_zero()
    }

    async fn next_event(&mut self, heed_abort: bool, deadline: Option<Instant>) -> Event {
        let (clock, control) = (&mut self.clock, &self.control);
        let tick = async {
            match clock {
                Some(clock) => clock.tick().await,
                None => std::future::pending().await,
            }
        };
        let overdue = async {
            match deadline {
                Some(deadline) => sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            Some((worker, report)) = self.workers.reports.recv() => Event::Report(worker, report),
            batch = self.whole.audience.next_samples() => Event::Samples(batch),
            _ = tick => Event::Tick,
            reason = control.abortion(), if heed_abort => Event::Aborted(reason),
            () = overdue => Event::Overdue,
        }
    }

    fn on_report(&mut self, worker: usize, report: Report) {
        match report {
            Report::Initialized => self.tell_initialized(),
            Report::InitDone(result) => self.on_done(worker, RunStage::Init, result),
            Report::SetupDone(result) => self.on_done(worker, RunStage::Setup, result),
            Report::TeardownDone(result) => self.on_done(worker, RunStage::Teardown, result),
            Report::ScenariosDone => self.workers.all[worker].busy = false,
            Report::Warning(warning) => self.tell(&RunEvent::Warning(warning)),
            Report::Taken(interval) => self.on_samples(worker, interval),
            Report::Rest(interval) => self.absorb(worker, interval),
            Report::Finished(interval) => {
                self.workers.all[worker].finished = true;
                self.gathered.rest.push((worker, interval));
            }
            Report::Gone => self.on_gone(worker),
        }
    }

    fn on_done(&mut self, worker: usize, stage: RunStage, result: Result<(), BoxError>) {
        self.workers.all[worker].busy = false;
        if let Err(source) = result {
            if stage != RunStage::Teardown {
                self.control.abort(AbortReason::Error(source.to_string()));
            }
            self.errors.push(StageError { stage, source });
        }
    }

    fn on_gone(&mut self, worker: usize) {
        let state = &mut self.workers.all[worker];
        (state.gone, state.busy) = (true, false);
        if !state.finished {
            self.control.abort(AbortReason::Error(format!("worker {worker} ended unexpectedly")));
        }
        if std::mem::take(&mut self.workers.all[worker].asked) {
            self.look_when_all_answered();
        }
    }

    fn on_samples(&mut self, worker: usize, interval: Interval) {
        self.absorb(worker, interval);
        if std::mem::take(&mut self.workers.all[worker].asked) {
            self.look_when_all_answered();
        }
    }

    /// A second has passed: counts virtual users, and asks all workers for their samples. Those that still owe the last
    /// ones are not waited for a second time.
    fn on_tick(&mut self) {
        let passed = self.control.elapsed().saturating_sub(self.whole.shown);
        if !self.control.paused_for().is_zero() && passed < SHORTEST {
            // A pause has cut this second short; what is left of it goes with the next one.
            return;
        }
        self.look_at_owed();
        self.gathered.asked = self.control.elapsed();
        self.whole.sample_vus();
        for worker in self.workers.all.iter_mut().filter(|worker| !worker.gone && !worker.asked) {
            worker.asked = worker.commands.send(Command::Take).is_ok();
        }
        self.look_when_all_answered();
    }

    /// Looks at the samples that have come if others are still to come.
    fn look_at_owed(&mut self) {
        if self.workers.all.iter().any(|worker| worker.asked) {
            self.look();
        }
    }

    fn look_when_all_answered(&mut self) {
        if !self.workers.all.iter().any(|worker| worker.asked) {
            self.look();
        }
    }

    /// Looks at the samples that have come: thresholds, audience.
    fn look(&mut self) {
        self.whole.tick(self.gathered.asked, self.gathered.is_load);
    }

    fn absorb(&mut self, worker: usize, interval: Interval) {
        self.whole.take_in(worker, interval, self.gathered.is_load);
    }

    fn tell_initialized(&mut self) {
        let (done, told) = (self.init_told.0 + 1, self.init_told.1);
        self.init_told.0 = done;
        let total = self.needs.planned;
        if done == total || told.elapsed() >= INIT_TOLD {
            self.init_told.1 = Instant::now();
            self.tell(&RunEvent::Initializing { done, total });
        }
    }

    fn tell(&mut self, event: &RunEvent) {
        self.whole.tell(event);
    }
}

#[cfg(test)]
mod tests {
    use flashcrowd_metrics::{Plan, Registry, Sink, SinkKey, Stat, TagSet};
    use tokio::sync::mpsc::unbounded_channel;
    use tokio::time::sleep;

    use super::super::observer::{Observer, Tick};
    use super::super::samples::shards;
    use super::super::thresholds::AbortOnFail;
    use super::super::watchers::Watchers;
    use super::*;
    use crate::state::Board;

    /// A worker that has a sample every 10 ms.
    #[derive(Clone, Copy, Default)]
    struct Fake {
        /// How long its samples are on their way.
        late: Duration,
        /// How long it takes to end.
        ends: Duration,
        /// It never answers.
        stuck: bool,
    }

    impl Fake {
        async fn work(
            self,
            worker: usize,
            length: Duration,
            (plan, control): (Arc<Plan>, Arc<Control>),
            mut commands: UnboundedReceiver<Command>,
            reports: UnboundedSender<(usize, Report)>,
        ) {
            let mut shard = Shard::new(plan);
            let vus = &control.board().unwrap().worker(worker).initialized;
            vus.store(1, Relaxed);
            let report = move |after: Duration, report: Report| {
                let reports = reports.clone();
                tokio::spawn(async move {
                    sleep(after).await;
                    // The dispatcher does not wait for one that is stuck.
                    let _ = reports.send((worker, report));
                });
            };
            let mut samples = interval_at(Instant::now() + SECOND * 3600, ms(10));
            while let Some(command) = tokio::select! {
                command = commands.recv() => command.map(Some),
                _ = samples.tick() => Some(None),
            } {
                match command {
                    None => shard.sample(Builtin::ITERATIONS, &TagSet::empty(), 1.0),
                    Some(Command::Init) => report(Duration::ZERO, Report::InitDone(Ok(()))),
                    Some(Command::Setup) => report(Duration::ZERO, Report::SetupDone(Ok(()))),
                    Some(Command::Teardown) => report(Duration::ZERO, Report::TeardownDone(Ok(()))),
                    Some(Command::Start(base)) => {
                        samples = interval_at(base + ms(8), ms(10));
                        report(length, Report::ScenariosDone);
                    }
                    Some(Command::Take | Command::Finish) if self.stuck => {}
                    Some(Command::Take) => report(self.late, Report::Taken(shard.take())),
                    Some(Command::Finish) => {
                        vus.store(0, Relaxed);
                        report(self.late + self.ends, Report::Finished(shard.take()));
                        report(self.late + self.ends + ms(1), Report::Gone);
                        break;
                    }
                }
            }
        }
    }

    /// What a tick told.
    #[derive(Debug, PartialEq)]
    struct Told {
        elapsed: Duration,
        interval: Duration,
        samples: f64,
        last: bool,
    }

    #[derive(Default)]
    struct Watch(Vec<Told>);

    impl Observer for Watch {
        fn on_tick(&mut self, tick: &Tick<'_>) {
            let sink = tick.totals.interval(&SinkKey::Metric(Builtin::ITERATIONS));
            let samples = count(sink);
            let Tick { elapsed, interval, last, .. } = *tick;
            self.0.push(Told { elapsed, interval, samples, last });
        }
    }

    fn count(sink: Option<&Sink>) -> f64 {
        sink.and_then(|sink| sink.stat(Stat::Count, 1.0)).unwrap_or_default()
    }

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    async fn run(length: Duration, fakes: &[Fake]) -> (RunResult, Vec<Told>) {
        let plan = Arc::new(Plan::new(Registry::new()));
        let mut test = TestConfig::new(Vec::new(), plan.clone());
        test.workers = fakes.len();
        let (control, mut watch) = (Arc::new(Control::new()), Watch::default());
        control.open(Board::new(&test.scenarios, &test.share, test.workers));
        let (reporter, reports) = unbounded_channel();
        let mut commands = Vec::new();
        for (worker, fake) in fakes.iter().enumerate() {
            let (sender, receiver) = unbounded_channel();
            commands.push(sender);
            tokio::spawn(fake.work(
                worker,
                length,
                (plan.clone(), control.clone()),
                receiver,
                reporter.clone(),
            ));
        }
        let test = Arc::new(test);
        let (mut shards, queues) = shards(1, &plan, &control, None);
        let audience =
            Audience::new(Watchers::none().observer(&mut watch), AbortOnFail(test.clone()), queues);
        let workers = Workers::new(commands, reports);
        let dispatcher = Dispatcher::new(test, control, audience, shards.remove(0), workers);
        let result = dispatcher.run(Needs { end: length, ..Needs::default() }, None).await;
        (result, watch.0)
    }

    #[tokio::test(start_paused = true)]
    async fn the_span_of_every_interval_is_that_of_its_samples() {
        let quick = Fake::default();
        let late = |late| Fake { late: ms(late), ..quick };
        let slow = Fake { ends: ms(3500), ..quick };
        let stuck = Fake { stuck: true, ..quick };
        // How long the load is, and how many of the workers answer.
        for (length, fakes, answer) in [
            (2302, vec![quick, quick], 2),
            (2002, vec![late(5)], 1),
            (2002, vec![quick, late(5)], 2),
            (2302, vec![quick, late(500)], 2),
            (2302, vec![slow], 1),
            (2302, vec![quick, slow], 2),
            (2302, vec![quick, stuck], 1),
            (502, vec![late(5)], 1),
        ] {
            let (result, told) = run(ms(length), &fakes).await;
            let case = format!("{length} ms, {answer} of {}: {told:?}", fakes.len());
            assert_eq!(result.elapsed, ms(length), "{case}");
            assert_eq!(told.len() as u64, length / 1000 + 1, "{case}");
            let mut end = Duration::ZERO;
            for (at, tick) in told.iter().enumerate() {
                end += tick.interval;
                assert_eq!(tick.elapsed, end, "{case}");
                assert_eq!(tick.last, at + 1 == told.len(), "{case}");
                let due = answer * (tick.interval.as_millis() / 10) as u64;
                assert_eq!(tick.samples, due as f64, "{case}");
            }
            assert_eq!(end, result.elapsed, "{case}");
            let all = count(result.totals.metric(Builtin::ITERATIONS));
            assert_eq!(told.iter().map(|tick| tick.samples).sum::<f64>(), all, "{case}");
        }
    }
    #[tokio::test(start_paused = true)]
    async fn virtual_users_are_counted_when_the_second_ends_whenever_the_samples_come() {
        let late = Fake { late: ms(5), ..Fake::default() };
        let (result, _) = run(ms(2002), &[late, late]).await;
        let vus = result.totals.metric(Builtin::VUS_MAX).unwrap();
        let of = |stat| vus.stat(stat, 1.0);
        assert_eq!((of(Stat::Min), of(Stat::Max)), (Some(2.0), Some(2.0)));
    }
}
