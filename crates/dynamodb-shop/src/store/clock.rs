//! A clock tells the wall time of an instant: read off the machine once, counted on from there.

use dynoxide::storage_backend::{Clock as _, clock::SystemClock};
use tokio::time::Instant;

/// Wall time, as seconds since 1970.
#[derive(Clone, Copy, Debug)]
pub struct WallClock {
    started: Instant,
    epoch: f64,
}

impl WallClock {
    /// A clock that is right now.
    pub fn start() -> Self {
        Self::starting_at(SystemClock.now_unix_secs_f64())
    }

    /// A clock that shows `epoch` now.
    pub fn starting_at(epoch: f64) -> Self {
        Self { started: Instant::now(), epoch }
    }

    /// What it shows at an instant.
    pub fn at(&self, now: Instant) -> f64 {
        self.epoch + now.saturating_duration_since(self.started).as_secs_f64()
    }
}
