//! A fault is something that goes wrong on purpose: answers of 500, outages, memory that is never given back.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use crate::config::ShopConfig;

/// How often a leak grows, in times a second.
const DRIPS: u32 = 10;

/// The faults that are switched on.
#[derive(Debug)]
pub(crate) struct Faults {
    error_rate: f64,
    opened: Instant,
    /// The end of the pause in nanoseconds after `opened`; 0 if there never was one.
    paused_until: AtomicU64,
    /// The end of the outage, likewise.
    failing_until: AtomicU64,
    /// Bytes a second.
    leak: u64,
    leaked: Mutex<Vec<Box<[u8]>>>,
}

impl Faults {
    pub(crate) fn new(config: &ShopConfig) -> Self {
        Self {
            error_rate: config.error_rate,
            opened: Instant::now(),
            paused_until: AtomicU64::default(),
            failing_until: AtomicU64::default(),
            leak: config.leak,
            leaked: Mutex::default(),
        }
    }

    /// Stops answering for this long from now; 0 ends a pause.
    pub(crate) fn pause_for(&self, time: Duration) {
        self.paused_until.store(self.end_of(time), Relaxed);
    }

    /// Answers everybody 503 for this long from now; 0 ends an outage.
    pub(crate) fn fail_for(&self, time: Duration) {
        self.failing_until.store(self.end_of(time), Relaxed);
    }

    /// Whether there is an outage.
    pub(crate) fn is_failing(&self) -> bool {
        let until = self.failing_until.load(Relaxed);
        until > 0 && self.opened.elapsed() < Duration::from_nanos(until)
    }

    fn end_of(&self, time: Duration) -> u64 {
        let until = self.opened.elapsed().saturating_add(time).as_nanos();
        u64::try_from(until).unwrap_or(u64::MAX)
    }

    /// Leaks for ever, if that was asked for.
    pub(crate) async fn leak(&self) {
        let drop = usize::try_from(self.leak / u64::from(DRIPS)).unwrap_or(usize::MAX);
        if drop == 0 {
            return std::future::pending().await;
        }
        let mut drips = interval(Duration::from_secs(1) / DRIPS);
        drips.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            drips.tick().await;
            // Written to, or the system would lend no memory for it.
            self.leaked().push(vec![1; drop].into());
        }
    }

    /// Gives back what was leaked.
    pub(crate) fn mend(&self) {
        *self.leaked() = Vec::new();
    }

    fn leaked(&self) -> std::sync::MutexGuard<'_, Vec<Box<[u8]>>> {
        self.leaked.lock().unwrap_or_else(PoisonError::into_inner)
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
