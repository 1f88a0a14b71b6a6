//! A fault is something that goes wrong on purpose: answers of 500, and pauses in which nobody is answered.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// The faults that are switched on.
#[derive(Debug)]
pub(crate) struct Faults {
    error_rate: f64,
    opened: Instant,
    /// The end of the pause in nanoseconds after `opened`; 0 if there never was one.
    paused_until: AtomicU64,
}

impl Faults {
    pub(crate) fn new(error_rate: f64) -> Self {
        Self { error_rate, opened: Instant::now(), paused_until: AtomicU64::default() }
    }

    /// Stops answering for this long from now; 0 ends a pause.
    pub(crate) fn pause_for(&self, time: Duration) {
        let until = self.opened.elapsed().saturating_add(time).as_nanos();
        self.paused_until.store(u64::try_from(until).unwrap_or(u64::MAX), Relaxed);
    }

    /// Waits until the pause ends; returns at once, without looking at the clock, if there never was one.
    ///
    /// A pause that is shortened meanwhile does not wake those who wait for the old end.
    pub(crate) async fn pause(&self) {
        let until = self.paused_until.load(Relaxed);
        if until == 0 {
            return;
        }
        let until = self.opened + Duration::from_nanos(until);
        if until > Instant::now() {
            sleep_until(until).await;
        }
    }

    /// Draws whether the next request fails.
    pub(crate) fn strikes(&self) -> bool {
        self.error_rate > 0.0 && fastrand::f64() < self.error_rate
    }
}
