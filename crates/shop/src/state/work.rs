//! Work is the time that a request spends in the shop: as long as was asked for, however late timers are.
//!
//! Timers have a resolution of a millisecond and round up. A lock of 20 ms that is held for as long as a timer takes
//! serves 46 requests a second instead of 50. So each piece of work begins when it was due to begin, that is, when it was
//! asked for or when the one before it was due to end, whichever is later, and is over when its own time has passed since
//! then. What a timer is late by is made up for by the next in the queue.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// The most that is made up for: after a longer stall, such as a stopped process, the shop has lost its time.
const MOST_MADE_UP: Duration = Duration::from_millis(100);

/// A piece of work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Work {
    done: Instant,
}

impl Work {
    /// Work that begins at that time.
    pub(crate) fn since(begin: Instant) -> Self {
        Self { done: begin }
    }

    /// Spends some time, without touching a timer if there is nothing to wait for.
    pub(crate) async fn spend(&mut self, time: Duration) {
        if time.is_zero() {
            return;
        }
        self.done += time;
        sleep_until(self.done).await;
    }

    /// When it was due to be done; now, if that is yet to come because its request went away.
    pub(crate) fn done(self) -> Instant {
        self.done.min(Instant::now())
    }
}

/// When work begins that was asked for at one time, and for which there was room at another.
pub(crate) fn begin(due: Instant, room: Option<Instant>) -> Instant {
    let begin = room.map_or(due, |room| due.max(room));
    Instant::now().checked_sub(MOST_MADE_UP).map_or(begin, |earliest| begin.max(earliest))
}
