//! A lane is one scenario on one worker: it starts the scenario's virtual users, and ends them.
//!
//! Its life: wait for the start time; let the executor run until no further iteration may start; stop all virtual
//! users, which have the graceful stop to end their iterations; kill those that have not, which have [`GRACE`] to
//! answer; give up those that do not. An abort goes straight to killing, unless the run has found what it was looking
//! for: then iterations have their graceful stop, but [`GRACE`] at most.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use flashcrowd_metrics::Builtin;
use futures_util::future::LocalBoxFuture;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::spawn_local;
use tokio::time::{Instant, timeout};

use super::arrival::{Growth, PeerMessage, SharedScenario};
use super::due::{Due, Number};
use super::live_vu::{LiveVu, let_others};
use super::observer::Warning;
use super::slot::Slot;
use super::tasks::{Deadlines, Tasks};
use super::worker::{GRACE, Worker};
use crate::config::ScenarioConfig;
use crate::executor::{Allowance, Lane, Loop, LoopingVu, Told, scenario_seed};
use crate::segment::Share;
use crate::state::{Counts, ScenarioTime};
use crate::vu::{ActiveScenario, BoxError, Outcome};

/// How long a scenario waits for virtual users that another one has yet to give back.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long after its end a scenario waits for workers that are late with their last iterations.
const LATENESS: Duration = Duration::from_secs(1);

/// One scenario on one worker.
pub(super) struct WorkerLane {
    /// This worker's part of the virtual users.
    share: Share,
    worker: Rc<Worker>,
    config: ScenarioConfig,
    active: Rc<ActiveScenario>,
    shared: Arc<SharedScenario>,
    messages: Cell<Option<UnboundedReceiver<PeerMessage>>>,
    /// How local iteration numbers become those of the process and of the test.
    numbering: RefCell<Share>,
    next_number: Cell<u64>,
    stock: Cell<u64>,
    tasks: Tasks,
    idle: RefCell<VecDeque<Rc<Slot>>>,
    deadlines: Deadlines,
}

impl Lane for Rc<WorkerLane> {
    fn share(&self) -> &Share {
        &self.share
    }

    fn sleep_until(&self, at: Duration) -> LocalBoxFuture<'_, ()> {
        Box::pin(self.wait_until(at))
    }

    fn outlasts(&self, at: Duration) -> LocalBoxFuture<'_, bool> {
        Box::pin(async move {
            tokio::select! {
                biased;
                () = self.tasks.ended() => false,
                () = self.wait_until(at) => true,
            }
        })
    }

    fn let_others(&self) -> LocalBoxFuture<'_, ()> {
        Box::pin(let_others())
    }

    fn number_by(&self, vus: u64) {
        self.numbering.replace(self.share.in_proportion_to(vus));
    }

    fn open_stock(&self, vus: u64, iterations: u64) {
        let instance = self.worker.instance.in_proportion_to(vus);
        self.stock.set(instance.scale(iterations));
        self.numbering.replace(instance);
    }

    fn drop_stock(&self) {
        self.drop_iterations(self.shared.empty(self.stock.get()));
    }

    fn start_vus(&self, vus: u64, what: Loop) -> LocalBoxFuture<'_, ()> {
        Box::pin(async move {
            self.take_vus(vus, |vu| drop(self.spawn_loop(vu, what, false))).await;
        })
    }

    fn start_vu(&self, what: Loop) -> LocalBoxFuture<'_, Option<Box<dyn LoopingVu>>> {
        Box::pin(async move {
            let vu = self.worker.take_vu(Instant::now() + PATIENCE).await;
            self.warn_of_missing(u64::from(vu.is_none()));
            Some(self.started(vu?, what, false))
        })
    }

    fn start_unplanned_vu(&self, what: Loop) -> LocalBoxFuture<'_, Option<Box<dyn LoopingVu>>> {
        Box::pin(async move {
            let growing = self.worker.begin_growing();
            let vu = self.worker.unplanned_vu().await;
            drop(growing);
            let vu = vu.map_err(|error| self.warn_of_failed(&error)).ok()?;
            self.counts().grown.fetch_add(1, Relaxed);
            Some(self.started(vu, what, true))
        })
    }

    fn seed(&self) -> u64 {
        scenario_seed(self.worker.pacing.seed, self.active.index)
    }

    fn iterations_of(&self, allowance: &Allowance) -> Share {
        allowance.iterations(&self.worker.instance, self.worker.workers, self.worker.index())
    }

    fn arrive<'a>(
        &'a self,
        allowance: &'a Allowance,
        share: &'a Share,
        dues: Box<dyn Iterator<Item = Duration> + 'a>,
    ) -> LocalBoxFuture<'a, ()> {
        Box::pin(self.serve(allowance, share, self.pace(dues)))
    }

    fn arrive_as_told<'a>(
        &'a self,
        allowance: &'a Allowance,
        share: &'a Share,
        next: Box<dyn FnMut() -> Told + 'a>,
    ) -> LocalBoxFuture<'a, ()> {
        Box::pin(self.serve(allowance, share, self.pace_as_told(next)))
    }
}

/// A virtual user that was started to loop, with its lane.
struct StartedVu {
    lane: Rc<WorkerLane>,
    slot: Rc<Slot>,
}

impl LoopingVu for StartedVu {
    fn resume(&self) -> bool {
        self.slot.resume()
    }

    fn stop_by(&self, deadline: Duration) {
        self.slot.stop();
        self.lane.deadlines.add(deadline, &self.slot);
    }
}

/// Tells a lane that a task is over, however it ended.
struct TaskGuard {
    lane: Rc<WorkerLane>,
    slot: Rc<Slot>,
    at_work: Cell<bool>,
    /// Whether its virtual user was not planned.
    unplanned: bool,
}

impl TaskGuard {
    fn new(lane: &Rc<WorkerLane>, slot: &Rc<Slot>) -> Self {
        Self { lane: lane.clone(), slot: slot.clone(), at_work: Cell::new(false), unplanned: false }
    }

    /// Counts the virtual user as active, or no longer.
    fn set_at_work(&self, at_work: bool) {
        let active = &self.lane.counts().active;
        match (self.at_work.replace(at_work), at_work) {
            (false, true) => active.fetch_add(1, Relaxed),
            (true, false) => active.fetch_sub(1, Relaxed),
            _ => return,
        };
    }
}

impl Drop for TaskGuard {
    fn drop(&mut self) {
        self.set_at_work(false);
        self.lane.tasks.end(&self.slot);
    }
}

impl WorkerLane {
    pub(super) fn new(
        worker: Rc<Worker>,
        config: ScenarioConfig,
        active: ActiveScenario,
        shared: Arc<SharedScenario>,
        messages: UnboundedReceiver<PeerMessage>,
    ) -> Self {
        let share = worker.share.clone();
        Self {
            numbering: RefCell::new(share.clone()),
            share,
            worker,
            config,
            active: Rc::new(active),
            shared,
            messages: Cell::new(Some(messages)),
            next_number: Cell::new(0),
            stock: Cell::new(0),
            tasks: Tasks::default(),
            idle: RefCell::default(),
            deadlines: Deadlines::default(),
        }
    }

    /// Runs the scenario on this worker, to the end of its last virtual user.
    pub(super) async fn run(self: Rc<Self>) {
        let aborted = tokio::select! {
            biased;
            reason = self.worker.control().abortion() => Some(reason),
            () = self.live() => None,
            () = self.keep_deadlines() => None,
        };
        self.counts().stopping.store(true, Relaxed);
        if aborted.is_some_and(|reason| reason.is_graceful()) {
            self.tasks.each(Slot::stop);
            // Those that are late are killed.
            let _ = timeout(self.config.graceful_stop.min(GRACE), self.tasks.ended()).await;
        }
        self.tasks.each(Slot::kill);
        if timeout(GRACE, self.tasks.ended()).await.is_err() {
            self.worker
                .warn(Warning::StuckVus { scenario: self.config.name.clone(), vus: self.tasks.running() });
            self.counts().interrupted.fetch_add(self.tasks.running(), Relaxed);
            self.tasks.each(Slot::give_up);
        }
        self.counts().done.store(true, Relaxed);
    }

    async fn live(self: &Rc<Self>) {
        if !self.config.has_work(&self.worker.instance) {
            return;
        }
        self.wait_until(Duration::ZERO).await;
        self.config.executor.inner().run(self).await;
        self.counts().stopping.store(true, Relaxed);
        self.tasks.each(Slot::stop);
        let limit = self.config.executor.length().saturating_add(self.config.graceful_stop);
        // Those that are late are killed by the caller.
        tokio::select! {
            biased;
            () = self.tasks.ended() => {}
            () = self.wait_until(limit) => {}
        }
    }

    /// Takes virtual users out of the worker's buffer, and returns how many there were.
    async fn take_vus(&self, vus: u64, mut start: impl FnMut(LiveVu)) -> u64 {
        let patience = Instant::now() + PATIENCE;
        let mut missing = 0;
        for _ in 0..vus {
            match self.worker.take_vu(patience).await {
                Some(vu) => start(vu),
                None => missing += 1,
            }
        }
        self.warn_of_missing(missing);
        vus - missing
    }

    /// Has virtual users serve what arrives, from this worker's pace and from others.
    async fn serve(self: &Rc<Self>, allowance: &Allowance, share: &Share, pace: impl Future<Output = ()>) {
        self.numbering.replace(share.clone());
        let planned = self.share.scale(allowance.pre_allocated_vus);
        let vus = self.take_vus(planned, |vu| self.spawn_server(vu, false)).await;
        self.shared.add_vus(self.worker.index(), vus);
        tokio::join!(pace, self.serve_messages());
    }

    async fn pace_as_told(&self, mut next: impl FnMut() -> Told) {
        loop {
            match next() {
                Told::Due(at) => {
                    self.wait_until(at).await;
                    self.dispatch(at).await;
                }
                Told::Wait(until) => self.wait_until(until).await,
                Told::Over => break,
            }
        }
        self.shared.done_pacing();
    }

    async fn pace(&self, mut dues: impl Iterator<Item = Duration>) {
        let mut now = Instant::now();
        while let Some(at) = dues.next() {
            if self.at(at) > now || self.worker.control().is_paused() {
                self.wait_until(at).await;
                now = Instant::now();
            }
            if now > self.at(self.lateness()) {
                // The thread stood still beyond the end: what is left comes too late to be this load.
                self.drop_iterations(1 + dues.count() as u64);
                break;
            }
            self.dispatch(at).await;
        }
        self.shared.done_pacing();
    }

    /// From when on no iteration is started, however late the thread is.
    fn lateness(&self) -> Duration {
        self.config.executor.length().saturating_add(LATENESS)
    }

    /// Finds an idle virtual user for an iteration, or drops it.
    async fn dispatch(&self, at: Duration) {
        let due = Due { at, number: self.number(self.next_number.get()) };
        let mut found = self.place(due);
        if !found {
            // The timer wakes in steps of a millisecond: of several iterations due in one step, earlier ones may be
            // done as soon as they are let.
            let_others().await;
            found = self.place(due);
        }
        if found {
            self.next_number.set(self.next_number.get() + 1);
            return;
        }
        self.drop_iterations(1);
        if self.shared.grow() == (Growth::Exhausted { first: true }) {
            let (scenario, vus) = (self.config.name.clone(), self.shared.vus());
            self.worker.warn(Warning::InsufficientVus { scenario, vus });
        }
    }

    fn place(&self, due: Due) -> bool {
        let mine = self.worker.index();
        if self.shared.claim(mine) {
            self.hand_over(due);
            return true;
        }
        self.shared.send_elsewhere(mine, due)
    }

    /// Starts an iteration a permit was taken for.
    fn hand_over(&self, due: Due) {
        let longest_idle = self.idle.borrow_mut().pop_front();
        if !longest_idle.is_some_and(|slot| slot.hand_over(due)) {
            self.drop_iterations(1);
        }
    }

    async fn serve_messages(self: &Rc<Self>) {
        let Some(mut messages) = self.messages.take() else { return };
        let serving = async {
            loop {
                match messages.recv().await {
                    Some(PeerMessage::Due(due)) => self.hand_over(due),
                    Some(PeerMessage::Grow) => self.grow(),
                    Some(PeerMessage::Over) | None => return,
                }
            }
        };
        tokio::select! {
            biased;
            () = serving => return,
            () = self.wait_until(self.lateness()) => {}
        }
        // Workers that are later than that are stuck; the last iterations they sent are dropped.
        messages.close();
        while let Ok(message) = messages.try_recv() {
            self.drop_iterations(u64::from(matches!(message, PeerMessage::Due(_))));
        }
    }

    /// Initializes one more virtual user in the background.
    fn grow(self: &Rc<Self>) {
        let lane = self.clone();
        let growing = self.worker.begin_growing();
        spawn_local(async move {
            match lane.worker.unplanned_vu().await {
                Ok(vu) if lane.counts().stopping.load(Relaxed) => lane.worker.give_back(vu, true),
                Ok(vu) => {
                    lane.counts().grown.fetch_add(1, Relaxed);
                    lane.shared.add_vus(lane.worker.index(), 1);
                    lane.spawn_server(vu, true);
                }
                Err(error) => lane.warn_of_failed(&error),
            }
            lane.shared.grown();
            drop(growing);
        });
    }

    fn started(self: &Rc<Self>, vu: LiveVu, what: Loop, unplanned: bool) -> Box<dyn LoopingVu> {
        Box::new(StartedVu { lane: self.clone(), slot: self.spawn_loop(vu, what, unplanned) })
    }

    fn spawn_loop(self: &Rc<Self>, vu: LiveVu, what: Loop, unplanned: bool) -> Rc<Slot> {
        let slot = self.tasks.add();
        let mut guard = TaskGuard::new(self, &slot);
        guard.unplanned = unplanned;
        guard.set_at_work(true);
        let task = spawn_local(keep_looping(guard, vu, what));
        slot.set_task(task.abort_handle());
        slot
    }

    fn spawn_server(self: &Rc<Self>, vu: LiveVu, unplanned: bool) {
        let slot = self.tasks.add();
        self.wait_in_line(&slot);
        let task = spawn_local(keep_serving(TaskGuard::new(self, &slot), vu, unplanned));
        slot.set_task(task.abort_handle());
    }

    fn wait_in_line(&self, slot: &Rc<Slot>) {
        self.idle.borrow_mut().push_back(slot.clone());
        self.shared.release(self.worker.index());
    }

    async fn iterate(&self, vu: &mut LiveVu, slot: &Slot, number: Number, due: Option<Duration>) {
        let (worker, counts) = (&self.worker, self.counts());
        let due = due.map(|due| self.at(due));
        let outcome = vu.iterate(&worker.context, slot, number, due, worker.pacing).await;
        match outcome {
            Outcome::Finished | Outcome::Failed => counts.completed.fetch_add(1, Relaxed),
            Outcome::Interrupted | Outcome::Aborted => counts.interrupted.fetch_add(1, Relaxed),
            Outcome::Played => 0,
        };
        if outcome == Outcome::Failed {
            counts.failed.fetch_add(1, Relaxed);
        }
    }

    /// The number of the next iteration of a looping virtual user, if there is one.
    fn next(&self, what: &mut Loop) -> Option<Number> {
        match what {
            Loop::Forever => {}
            Loop::Times(left) => *left = left.checked_sub(1)?,
            Loop::Stock => return self.shared.take(self.stock.get()).map(|index| self.number(index)),
        }
        let local = self.next_number.get();
        self.next_number.set(local + 1);
        Some(self.number(local))
    }

    fn number(&self, local: u64) -> Number {
        let share = self.numbering.borrow();
        Number {
            in_instance: share.outer_index(local).unwrap_or(local),
            in_test: share.global_index(local).unwrap_or(local),
        }
    }

    fn drop_iterations(&self, dropped: u64) {
        if dropped > 0 && !self.worker.control().is_aborted() {
            self.counts().dropped.fetch_add(dropped, Relaxed);
            let mut shard = self.worker.context.shard.borrow_mut();
            shard.sample(Builtin::DROPPED_ITERATIONS, &self.active.tags, dropped as f64);
        }
    }

    /// Interrupts virtual users that ramp down for too long; never ends.
    async fn keep_deadlines(&self) {
        loop {
            let (at, slot, mark) = self.deadlines.next().await;
            self.wait_until(at).await;
            slot.kill_unless_resumed(mark);
        }
    }

    fn warn_of_missing(&self, missing: u64) {
        if missing > 0 {
            self.worker.warn(Warning::MissingVus { scenario: self.config.name.clone(), missing });
        }
    }

    fn counts(&self) -> &Counts {
        self.worker.counts(self.active.index)
    }

    fn warn_of_failed(&self, error: &BoxError) {
        self.worker.warn(Warning::Init { scenario: self.config.name.clone(), error: error.to_string() });
    }

    async fn wait_until(&self, at: Duration) {
        self.time().wait_until(at).await;
    }

    fn at(&self, at: Duration) -> Instant {
        self.time().at(at)
    }

    fn time(&self) -> ScenarioTime<'_> {
        ScenarioTime { started: self.active.started, pauses: self.worker.control().pauses() }
    }
}

/// The task of a virtual user that loops.
async fn keep_looping(guard: TaskGuard, mut vu: LiveVu, mut what: Loop) {
    let TaskGuard { lane, slot, .. } = &guard;
    vu.activate(&lane.active);
    while slot.is_running() {
        if lane.worker.control().is_paused() {
            Box::pin(slot.rest(lane.worker.control())).await;
            continue;
        }
        let Some(number) = lane.next(&mut what) else { break };
        lane.iterate(&mut vu, slot, number, None).await;
        vu.back_off(slot).await;
        if !vu.has_waited() {
            // Iterations that never wait would starve the thread's other tasks.
            let_others().await;
        }
    }
    if let Loop::Times(left) = what {
        lane.drop_iterations(left);
    }
    lane.worker.give_back(vu, guard.unplanned);
}

/// The task of a virtual user that serves iterations as they arrive.
async fn keep_serving(guard: TaskGuard, mut vu: LiveVu, unplanned: bool) {
    let TaskGuard { lane, slot, .. } = &guard;
    vu.activate(&lane.active);
    while let Some(due) = poll_fn(|cx| slot.poll_due(cx)).await {
        guard.set_at_work(true);
        lane.iterate(&mut vu, slot, due.number, Some(due.at)).await;
        guard.set_at_work(false);
        lane.wait_in_line(slot);
    }
    lane.worker.give_back(vu, unplanned);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_small() {
        fn size<A, B, C, F>(_: fn(A, B, C) -> F) -> usize {
            size_of::<F>()
        }
        let sizes = [size(keep_looping), size(keep_serving), size_of::<Slot>()];
        assert!(sizes[0] <= 512 && sizes[1] <= 512 && sizes[2] <= 128, "{sizes:?}");
    }
}
