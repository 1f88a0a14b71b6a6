//! What is played is what a behaviour counts that plays its virtual users by itself, inside of one iteration of the engine.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use super::IterationCounts;

/// The counts of virtual users that the engine does not see; they take the place of its own once there are any.
#[derive(Debug, Default)]
pub struct Played {
    is_used: AtomicBool,
    users: AtomicU64,
    most: AtomicU64,
    completed: AtomicU64,
    failed: AtomicU64,
    interrupted: AtomicU64,
    dropped: AtomicU64,
}

impl Played {
    /// So many virtual users are active now.
    pub fn set_users(&self, users: u64) {
        self.is_used.store(true, Relaxed);
        self.users.store(users, Relaxed);
        self.most.fetch_max(users, Relaxed);
    }

    /// An iteration ran to its end, or to an error of its own.
    pub fn completed(&self, has_failed: bool) {
        self.completed.fetch_add(1, Relaxed);
        self.failed.fetch_add(u64::from(has_failed), Relaxed);
    }

    /// An iteration was interrupted.
    pub fn interrupted(&self) {
        self.interrupted.fetch_add(1, Relaxed);
    }

    /// An iteration was due and never started.
    pub fn dropped(&self) {
        self.dropped.fetch_add(1, Relaxed);
    }

    /// Active virtual users; none where nobody plays any.
    pub fn users(&self) -> Option<u64> {
        self.is_used.load(Relaxed).then(|| self.users.load(Relaxed))
    }

    /// The most there were at a time; none where nobody plays any.
    pub fn most_users(&self) -> Option<u64> {
        self.is_used.load(Relaxed).then(|| self.most.load(Relaxed))
    }

    /// Iterations by what became of them; none where nobody plays any.
    pub(super) fn iterations(&self) -> Option<IterationCounts> {
        self.is_used.load(Relaxed).then(|| IterationCounts {
            completed: self.completed.load(Relaxed),
            failed: self.failed.load(Relaxed),
            interrupted: self.interrupted.load(Relaxed),
            dropped: self.dropped.load(Relaxed),
            planned: None,
        })
    }
}
