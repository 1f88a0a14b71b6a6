//! A pause is a time in which a run stands still: no iteration starts, and no schedule goes on.
//!
//! | what happens     | off                  | on                                               |
//! |------------------|----------------------|--------------------------------------------------|
//! | begin            | on                   | -                                                |
//! | end              | -                    | off; what it took is held time                   |
//! | scenarios begin  | time is held from now on, whenever it is on                              |
//! | scenarios end    | no more time is held; what the one that is on took is held time          |
//!
//! Iterations that have begun go on, and so do setup and teardown: their time is not held.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// Whether a run stands still, and for how long it has.
#[derive(Debug, Default)]
pub(crate) struct Pause {
    on: watch::Sender<bool>,
    /// The same for those that ask often.
    is_on: AtomicBool,
    /// What pauses that are over took, in nanoseconds.
    held: AtomicU64,
    /// That of pauses before scenarios began.
    held_before: AtomicU64,
    times: Mutex<Times>,
}

#[derive(Debug, Default)]
struct Times {
    /// Whether time is held.
    holds: bool,
    /// Since when time is held.
    since: Option<Instant>,
}

impl Pause {
    /// Lets the run stand still; false if it does already.
    pub(crate) fn begin(&self) -> bool {
        let mut times = self.times();
        let begins = !self.is_on.swap(true, Ordering::AcqRel);
        if begins && times.holds {
            times.since = Some(Instant::now());
        }
        drop(times);
        self.on.send_replace(true);
        begins
    }

    /// Lets the run go on; false if it does already.
    pub(crate) fn end(&self) -> bool {
        let mut times = self.times();
        self.settle(&mut times);
        // Correctness: what was held is counted before anybody goes on by it.
        let ends = self.is_on.swap(false, Ordering::AcqRel);
        drop(times);
        self.on.send_replace(false);
        ends
    }

    /// Whether the run stands still; costs one atomic load.
    pub(crate) fn is_on(&self) -> bool {
        self.is_on.load(Ordering::Acquire)
    }

    /// Waits until the run goes on.
    pub(crate) async fn over(&self) {
        if self.is_on() {
            let mut changes = self.on.subscribe();
            // The sender lives as long as this.
            let _ = changes.wait_for(|on| !on).await;
        }
    }

    /// From now on time is held.
    pub(crate) fn hold(&self) {
        let mut times = self.times();
        times.holds = true;
        if self.is_on() {
            times.since = Some(Instant::now());
        }
    }

    /// The scenarios begin: what was held by now is no part of their time.
    pub(crate) fn mark_base(&self) {
        self.held_before.store(self.held.load(Ordering::Acquire), Ordering::Release);
    }

    /// No more time is held.
    pub(crate) fn release(&self) {
        let mut times = self.times();
        self.settle(&mut times);
        times.holds = false;
    }

    /// How long the run has stood still.
    pub(crate) fn held(&self) -> Duration {
        let times = self.times();
        let now = times.since.map_or(Duration::ZERO, |since| since.elapsed());
        Duration::from_nanos(self.held.load(Ordering::Acquire)) + now
    }

    /// How long pauses took that are over and began after the scenarios; costs two atomic loads.
    pub(crate) fn held_since_base(&self) -> Duration {
        let (all, before) = (self.held.load(Ordering::Acquire), self.held_before.load(Ordering::Acquire));
        Duration::from_nanos(all.saturating_sub(before))
    }

    /// How long the run has stood still since the scenarios began, the pause that is on included.
    pub(crate) fn held_by_now(&self) -> Duration {
        self.held().saturating_sub(Duration::from_nanos(self.held_before.load(Ordering::Acquire)))
    }

    fn settle(&self, times: &mut Times) {
        if let Some(since) = times.since.take() {
            let took = u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX);
            self.held.fetch_add(took, Ordering::AcqRel);
        }
    }

    fn times(&self) -> MutexGuard<'_, Times> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn only_time_between_the_first_and_the_last_iteration_is_held() {
        let pause = Pause::default();
        assert!(pause.begin() && !pause.begin() && pause.is_on());
        advance(SECOND).await;
        assert_eq!(pause.held(), Duration::ZERO, "setup goes on");
        pause.hold();
        advance(2 * SECOND).await;
        assert!(pause.end() && !pause.end());
        pause.mark_base();
        assert_eq!((pause.held(), pause.held_since_base()), (2 * SECOND, Duration::ZERO));
        advance(SECOND).await;
        pause.begin();
        advance(3 * SECOND).await;
        assert_eq!((pause.held(), pause.held_by_now()), (5 * SECOND, 3 * SECOND));
        assert_eq!(pause.held_since_base(), Duration::ZERO, "it is not over");
        pause.release();
        advance(SECOND).await;
        pause.end();
        assert_eq!((pause.held(), pause.held_since_base()), (5 * SECOND, 3 * SECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn those_that_wait_go_on_when_it_is_over() {
        let pause = std::sync::Arc::new(Pause::default());
        pause.over().await;
        pause.begin();
        let other = pause.clone();
        tokio::spawn(async move {
            tokio::time::sleep(SECOND).await;
            other.end();
        });
        let began = Instant::now();
        pause.over().await;
        assert_eq!(began.elapsed(), SECOND);
    }
}
