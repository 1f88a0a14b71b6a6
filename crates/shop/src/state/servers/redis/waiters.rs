//! Waiters are the requests that wait for a lock in Redis to be given back; one of each lock is woken at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Who waits for which lock.
#[derive(Debug, Default)]
pub(super) struct Waiters(Mutex<HashMap<String, Line>>);

#[derive(Debug, Default)]
struct Line {
    waiting: usize,
    freed: Arc<Notify>,
}

/// One who waits, until dropped.
pub(super) struct Waiting<'a> {
    waiters: &'a Waiters,
    name: &'a str,
    freed: Arc<Notify>,
}

impl Waiters {
    pub(super) fn join<'a>(&'a self, name: &'a str) -> Waiting<'a> {
        let mut lines = self.lines();
        let line = lines.entry(name.to_owned()).or_default();
        line.waiting += 1;
        Waiting { waiters: self, name, freed: Arc::clone(&line.freed) }
    }

    /// The lock was given back: wakes the one that has waited for longest, or the next to wait.
    pub(super) fn wake(&self, name: &str) {
        if let Some(line) = self.lines().get(name) {
            line.freed.notify_one();
        }
    }

    /// Something may have been missed: wakes everybody.
    pub(super) fn wake_all(&self) {
        for line in self.lines().values() {
            line.freed.notify_waiters();
        }
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<String, Line>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting<'_> {
    /// Waits until the lock was given back.
    pub(super) async fn freed(&self) {
        self.freed.notified().await;
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut lines = self.waiters.lines();
        if let Some(line) = lines.get_mut(self.name) {
            line.waiting -= 1;
            if line.waiting == 0 {
                lines.remove(self.name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_is_woken_at_a_time_and_nobody_is_forgotten() {
        let waiters = Waiters::default();
        waiters.wake("a");
        let (first, second) = (waiters.join("a"), waiters.join("a"));
        let (one, other) = (first.freed(), second.freed());
        let (mut one, mut other) = (Box::pin(one), Box::pin(other));
        assert!(
            futures_util::poll!(one.as_mut()).is_pending()
                && futures_util::poll!(other.as_mut()).is_pending()
        );
        waiters.wake("a");
        assert!(
            futures_util::poll!(one.as_mut()).is_ready() && futures_util::poll!(other.as_mut()).is_pending()
        );
        waiters.wake_all();
        assert!(futures_util::poll!(other.as_mut()).is_ready());
        // Given back between the last try and waiting.
        waiters.wake("a");
        first.freed().await;
        drop((one, other));
        drop((first, second));
        assert!(waiters.lines().is_empty());
    }
}
