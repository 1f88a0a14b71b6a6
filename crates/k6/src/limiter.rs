//! A limiter spreads requests of the whole process evenly over time (`--rps`).

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

/// At most so many requests a second, none saved up.
#[derive(Debug)]
pub struct Limiter {
    gap: Duration,
    next: Mutex<Option<Instant>>,
}

impl Limiter {
    /// A limiter of so many requests a second.
    pub fn new(per_second: u32) -> Self {
        Self { gap: Duration::from_secs(1) / per_second.max(1), next: Mutex::new(None) }
    }

    /// Waits for the caller's turn.
    pub async fn wait(&self) {
        let turn = self.turn(Instant::now());
        tokio::time::sleep_until(turn).await;
    }

    fn turn(&self, now: Instant) -> Instant {
        let mut next = self.next.lock().unwrap_or_else(|e| e.into_inner());
        let turn = next.map_or(now, |next| next.max(now));
        *next = Some(turn + self.gap);
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn turns_are_a_gap_apart_and_idle_time_is_not_saved_up() {
        let limiter = Limiter::new(100);
        let start = Instant::now();
        let gap = Duration::from_millis(10);
        assert_eq!(limiter.turn(start), start);
        assert_eq!(limiter.turn(start), start + gap);
        assert_eq!(limiter.turn(start + gap * 50), start + gap * 50);
        assert_eq!(limiter.turn(start + gap * 50), start + gap * 51);
    }
}
