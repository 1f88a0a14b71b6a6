//! The control of a run is the run as all threads see it: counts that scripts can ask for, and the ways to end it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::pause::Pause;
use super::{Board, Elsewhere, Played, ScenarioProgress, Stalls};
use crate::abort::AbortReason;
use crate::executor::{RATE_AHEAD, RateError, Scale};

/// The run as all threads see it. Make one, share it with the front end, and give it to [`crate::run()`].
#[derive(Debug, Default)]
pub struct Control {
    abort: watch::Sender<Option<AbortReason>>,
    aborted: AtomicBool,
    failed: OnceLock<String>,
    started: OnceLock<Instant>,
    ended: OnceLock<Instant>,
    board: OnceLock<Board>,
    played: Played,
    elsewhere: OnceLock<Mutex<Elsewhere>>,
    pause: Pause,
}

impl Control {
    /// The control of a run that has not begun.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the test, for most reasons without graceful stop; teardown still runs. The first reason stays, and says so
    /// by `true`.
    pub fn abort(&self, reason: AbortReason) -> bool {
        self.abort.send_if_modified(|current| {
            let first = current.is_none();
            current.get_or_insert(reason);
            // Correctness: set before anybody is woken, so that whoever learns of the abort also sees it here.
            self.aborted.store(true, Ordering::Release);
            first
        })
    }

    /// Why the test was aborted, if it was.
    pub fn aborted(&self) -> Option<AbortReason> {
        self.abort.borrow().clone()
    }

    /// Whether the test was aborted; costs one atomic load.
    pub fn is_aborted(&self) -> bool {
        self.aborted.load(Ordering::Acquire)
    }

    /// Waits until the test is aborted.
    pub async fn abortion(&self) -> AbortReason {
        let mut changes = self.abort.subscribe();
        let reason = changes.wait_for(Option::is_some).await;
        match reason.as_deref() {
            Ok(Some(reason)) => reason.clone(),
            _ => std::future::pending().await,
        }
    }

    /// Lets no further iteration start, and all schedules stand still; those that have begun go on. False if it is so
    /// already.
    pub fn pause(&self) -> bool {
        self.pause.begin()
    }

    /// Lets the test go on after a pause; false if it is not paused.
    pub fn resume(&self) -> bool {
        self.pause.end()
    }

    /// Whether the test is paused; costs one atomic load.
    pub fn is_paused(&self) -> bool {
        self.pause.is_on()
    }

    /// How long the load has stood still in pauses.
    pub fn paused_for(&self) -> Duration {
        self.pause.held()
    }

    /// How many virtual users loop in a scenario whose number is set from outside; none where there is no such scenario.
    pub fn scale(&self) -> Option<&Scale> {
        self.board.get().and_then(Board::scale)
    }

    /// At how many iterations a second those of the scenario start whose rate is set from outside; none where there is no
    /// such scenario.
    pub fn rate(&self) -> Option<f64> {
        let (scenario, executor) = self.board.get()?.with_set_rate()?;
        executor.rate(self.scenario(scenario)?.elapsed.saturating_add(RATE_AHEAD))
    }

    /// Sets that rate.
    pub fn set_rate(&self, rate: f64) -> Result<(), RateError> {
        let (scenario, executor) =
            self.board.get().and_then(Board::with_set_rate).ok_or(RateError::NoScenario)?;
        let now = self.scenario(scenario).map_or(Duration::ZERO, |progress| progress.elapsed);
        executor.set_rate(now, rate)
    }

    /// Marks the test as failed without ending it; the first message stays.
    pub fn mark_failed(&self, message: impl Into<String>) {
        // A second failure changes nothing: the first message is the one reported.
        let _ = self.failed.set(message.into());
    }

    /// The message the test was marked as failed with.
    pub fn failure(&self) -> Option<&str> {
        self.failed.get().map(String::as_str)
    }

    /// When the test started: after virtual users were initialized, before setup.
    pub fn started(&self) -> Option<Instant> {
        self.started.get().copied()
    }

    /// How long the test has been running: since before setup, up to after teardown, without pauses.
    pub fn elapsed(&self) -> Duration {
        if let Some(elapsed) = self.elsewhere(|there| there.elapsed).flatten() {
            return elapsed;
        }
        let Some(started) = self.started() else { return Duration::ZERO };
        let now = self.ended.get().copied().unwrap_or_else(Instant::now);
        now.saturating_duration_since(started).saturating_sub(self.pause.held())
    }

    /// Whether the test is over, all but its judgement.
    pub fn has_ended(&self) -> bool {
        self.ended.get().is_some()
    }

    /// Active virtual users: executing iterations, or assigned to a scenario that loops.
    pub fn vus_active(&self) -> u64 {
        let here = || self.played.users().unwrap_or_else(|| self.board.get().map_or(0, Board::vus_active));
        self.elsewhere(|there| there.vus_active).unwrap_or_else(here)
    }

    /// Virtual users that are initialized.
    pub fn vus_initialized(&self) -> u64 {
        let board = || self.board.get().map_or(0, Board::vus_initialized);
        let here = || self.played.most_users().unwrap_or_else(board);
        self.elsewhere(|there| there.vus_initialized).unwrap_or_else(here)
    }

    /// How long the worker that stood still most did so, while scenarios ran.
    pub fn stalls(&self) -> Stalls {
        let here = || self.board.get().map(Board::stalls).unwrap_or_default();
        self.elsewhere(|there| there.stalls).unwrap_or_else(here)
    }

    /// Iterations that ran to their end, over all scenarios.
    pub fn iterations_completed(&self) -> u64 {
        self.scenario_sum(|progress| progress.iterations.completed)
    }

    /// Iterations that were interrupted, over all scenarios.
    pub fn iterations_interrupted(&self) -> u64 {
        self.scenario_sum(|progress| progress.iterations.interrupted)
    }

    /// How far a scenario is, from 0 to 1, by its position in the test.
    pub fn progress(&self, scenario: usize) -> f64 {
        self.scenario(scenario).map_or(0.0, |progress| progress.progress)
    }

    /// Where a scenario stands, by its position in the test; `None` before the run or past the last one.
    pub fn scenario(&self, scenario: usize) -> Option<ScenarioProgress> {
        if let Some(found) = self.elsewhere(|there| there.scenarios.get(scenario).cloned()) {
            return found;
        }
        self.board
            .get()
            .and_then(|board| board.scenario(scenario, self.pause.held_by_now()))
            .map(|found| self.with_played(scenario, found))
    }

    /// Where all scenarios stand; empty before the run.
    pub fn scenarios(&self) -> Vec<ScenarioProgress> {
        if let Some(found) = self.elsewhere(|there| there.scenarios.clone()) {
            return found;
        }
        let found =
            self.board.get().map(|board| board.scenarios(self.pause.held_by_now())).unwrap_or_default();
        found.into_iter().enumerate().map(|(scenario, found)| self.with_played(scenario, found)).collect()
    }

    /// What a behaviour counts that plays the virtual users of the first scenario by itself.
    pub fn played(&self) -> &Played {
        &self.played
    }

    /// Notes where a run stands that other processes make.
    pub fn set_elsewhere(&self, there: Elsewhere) {
        *self.elsewhere.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner) = there;
    }

    /// Whether other processes make the run.
    pub fn is_elsewhere(&self) -> bool {
        self.elsewhere.get().is_some()
    }

    fn elsewhere<T>(&self, of: impl FnOnce(&Elsewhere) -> T) -> Option<T> {
        self.elsewhere.get().map(|there| of(&there.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// How long after its start that is, zero before it.
    pub fn since_start(&self, at: Instant) -> Duration {
        self.started().map_or(Duration::ZERO, |started| at.saturating_duration_since(started))
    }

    /// The scenario's own counts, or those of the behaviour that plays its virtual users.
    fn with_played(&self, scenario: usize, mut found: ScenarioProgress) -> ScenarioProgress {
        if let Some(iterations) = self.played.iterations().filter(|_| scenario == 0) {
            found.iterations = iterations;
            found.vus_active = self.played.users().unwrap_or_default();
            found.vus_max = self.played.most_users().unwrap_or_default();
        }
        found
    }

    /// The counts of the run that this controls; a control serves one run.
    pub(crate) fn open(&self, board: Board) -> &Board {
        self.board.get_or_init(|| board)
    }

    /// The counts, once the run has begun.
    pub(crate) fn board(&self) -> Option<&Board> {
        self.board.get()
    }

    /// The pauses, as those see them that heed them.
    pub(crate) fn pauses(&self) -> &Pause {
        &self.pause
    }

    /// Starts the time of the run: now, or at a moment that others agreed on.
    pub fn mark_started(&self, at: Option<Instant>) -> Instant {
        *self.started.get_or_init(|| at.unwrap_or_else(Instant::now))
    }

    /// Ends the time of the run.
    pub fn mark_ended(&self) {
        self.ended.get_or_init(Instant::now);
    }

    fn scenario_sum(&self, count: impl Fn(&ScenarioProgress) -> u64) -> u64 {
        self.scenarios().iter().map(count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_first_reason_stays() {
        let control = Control::new();
        assert!(!control.is_aborted());
        assert!(control.abort(AbortReason::Signal));
        assert!(!control.abort(AbortReason::Script("late".into())));
        assert_eq!(control.abortion().await, AbortReason::Signal);
        assert!(control.is_aborted());
        control.mark_failed("first");
        control.mark_failed("second");
        assert_eq!(control.failure(), Some("first"));
    }

    #[tokio::test(start_paused = true)]
    async fn the_clock_of_a_run_stands_still_before_and_after_it() {
        let control = Control::new();
        assert_eq!(control.elapsed(), Duration::ZERO);
        control.mark_started(None);
        tokio::time::advance(Duration::from_secs(3)).await;
        assert_eq!(control.elapsed(), Duration::from_secs(3));
        control.mark_ended();
        tokio::time::advance(Duration::from_secs(3)).await;
        assert_eq!(control.elapsed(), Duration::from_secs(3));
    }
}
