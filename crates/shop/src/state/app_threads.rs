//! The threads of an application server: as many requests are worked on at a time, the others wait in line.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::state::database::PoolUse;

#[derive(Debug)]
pub(super) struct AppThreads {
    free: Semaphore,
    count: usize,
    waiting: AtomicUsize,
}

/// Somebody in the line, until they have a thread or go away.
struct InLine<'a>(&'a AtomicUsize);

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl AppThreads {
    pub(super) fn new(count: usize) -> Self {
        Self { free: Semaphore::new(count), count, waiting: AtomicUsize::default() }
    }

    /// Waits for a thread; first come, first served.
    pub(super) async fn take(&self) -> Option<SemaphorePermit<'_>> {
        self.waiting.fetch_add(1, Relaxed);
        let _in_line = InLine(&self.waiting);
        // It is never closed.
        self.free.acquire().await.ok()
    }

    pub(super) fn in_use(&self) -> PoolUse {
        PoolUse {
            active: self.count.saturating_sub(self.free.available_permits()),
            pending: self.waiting.load(Relaxed),
            max: self.count,
        }
    }
}
