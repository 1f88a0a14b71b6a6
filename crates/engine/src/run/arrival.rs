//! Arrival is how iterations that are due find idle virtual users: on their own worker first, then on any other.
//!
//! All workers' virtual users of a scenario act as one pool. Each worker keeps the queue of its idle ones, longest
//! waiting first, and a count of permits, one for each. A worker that needs one takes a permit first: by one
//! compare-and-swap on its own worker, without contention as long as there is one; else on another worker,
//! which is then sent the iteration. A permit taken is a virtual user that cannot vanish.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::due::Due;

/// What a worker is sent by others.
#[derive(Debug)]
pub(super) enum PeerMessage {
    /// An iteration, for which a permit was taken.
    Due(Due),
    /// Initialize one more virtual user.
    Grow,
    /// No worker will send anything more.
    Over,
}

/// What all workers share of one scenario.
#[derive(Debug)]
pub(super) struct SharedScenario {
    workers: Vec<WorkerSide>,
    /// Iterations that were taken from the stock of shared-iterations.
    taken: AtomicU64,
    /// How many more virtual users may be initialized.
    growth: AtomicU64,
    /// One virtual user at a time is initialized.
    growing: AtomicBool,
    warned: AtomicBool,
    /// Workers that may still have iterations due.
    pacing: AtomicUsize,
}

/// One worker's side.
#[derive(Debug)]
#[repr(align(128))]
struct WorkerSide {
    permits: AtomicUsize,
    vus: AtomicU64,
    messages: UnboundedSender<PeerMessage>,
}

impl SharedScenario {
    /// For that many workers, with the receiving ends of their messages; `growth` more virtual users may be initialized.
    pub(super) fn new(workers: usize, growth: u64) -> (Self, Vec<UnboundedReceiver<PeerMessage>>) {
        let (sides, receivers) = (0..workers)
            .map(|_| {
                let (messages, receiver) = unbounded_channel();
                (WorkerSide { permits: AtomicUsize::new(0), vus: AtomicU64::new(0), messages }, receiver)
            })
            .unzip();
        let shared = Self {
            workers: sides,
            taken: AtomicU64::new(0),
            growth: AtomicU64::new(growth),
            growing: AtomicBool::new(false),
            warned: AtomicBool::new(false),
            pacing: AtomicUsize::new(workers),
        };
        (shared, receivers)
    }

    /// Takes the next iteration of a stock.
    pub(super) fn take(&self, stock: u64) -> Option<u64> {
        // Correctness: looking first keeps the count from running away while many find the stock empty.
        let open = self.taken.load(Ordering::Relaxed) < stock;
        open.then(|| self.taken.fetch_add(1, Ordering::Relaxed)).filter(|&index| index < stock)
    }

    /// Takes all that is left of a stock, and says how much that was.
    pub(super) fn empty(&self, stock: u64) -> u64 {
        stock.saturating_sub(self.taken.swap(stock, Ordering::Relaxed))
    }

    /// A worker has one more idle virtual user.
    pub(super) fn release(&self, worker: usize) {
        self.workers[worker].permits.fetch_add(1, Ordering::Release);
    }

    /// Takes a permit on a worker.
    pub(super) fn claim(&self, worker: usize) -> bool {
        let permits = &self.workers[worker].permits;
        permits.fetch_update(Ordering::Acquire, Ordering::Relaxed, |idle| idle.checked_sub(1)).is_ok()
    }

    /// Sends an iteration to the first other worker with an idle virtual user.
    pub(super) fn send_elsewhere(&self, worker: usize, due: Due) -> bool {
        let count = self.workers.len();
        let mut others = (1..count).map(|step| (worker + step) % count);
        let found = others.find(|&other| self.claim(other));
        found.is_some_and(|other| self.workers[other].messages.send(PeerMessage::Due(due)).is_ok())
    }

    /// Asks the worker with the fewest virtual users for one more, unless one is on its way or none is allowed.
    pub(super) fn grow(&self) -> Growth {
        if self.growing.swap(true, Ordering::AcqRel) {
            return Growth::UnderWay;
        }
        if self.growth.load(Ordering::Relaxed) == 0 {
            self.growing.store(false, Ordering::Release);
            return Growth::Exhausted { first: !self.warned.swap(true, Ordering::Relaxed) };
        }
        self.growth.fetch_sub(1, Ordering::Relaxed);
        let smallest = self.workers.iter().min_by_key(|side| side.vus.load(Ordering::Relaxed));
        if smallest.is_none_or(|side| side.messages.send(PeerMessage::Grow).is_err()) {
            self.grown();
        }
        Growth::UnderWay
    }

    /// The virtual user that was asked for is there, or never will be.
    pub(super) fn grown(&self) {
        self.growing.store(false, Ordering::Release);
    }

    /// A worker has that many more virtual users.
    pub(super) fn add_vus(&self, worker: usize, vus: u64) {
        self.workers[worker].vus.fetch_add(vus, Ordering::Relaxed);
    }

    /// The virtual users of all workers.
    pub(super) fn vus(&self) -> u64 {
        self.workers.iter().map(|side| side.vus.load(Ordering::Relaxed)).sum()
    }

    /// A worker has no iteration due any more; the last one notifies all.
    pub(super) fn done_pacing(&self) {
        if self.pacing.fetch_sub(1, Ordering::AcqRel) == 1 {
            for side in &self.workers {
                // A worker that has ended without waiting, as after an abort, needs no telling.
                let _ = side.messages.send(PeerMessage::Over);
            }
        }
    }
}

/// What came of asking for one more virtual user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Growth {
    /// It will come, or one asked for before will.
    UnderWay,
    /// No more may be initialized; `first` the first time this is said.
    Exhausted {
        /// Whether this is the first time.
        first: bool,
    },
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::due::Number;
    use super::*;

    #[test]
    fn a_stock_is_given_out_once() {
        let (shared, _) = SharedScenario::new(1, 0);
        assert_eq!((shared.take(3), shared.take(3)), (Some(0), Some(1)));
        assert_eq!((shared.empty(3), shared.take(3), shared.empty(3)), (1, None, 0));
    }

    #[test]
    fn growth_is_one_at_a_time_and_ends() {
        let (shared, mut receivers) = SharedScenario::new(2, 2);
        shared.add_vus(0, 1);
        assert_eq!((shared.grow(), shared.grow()), (Growth::UnderWay, Growth::UnderWay));
        assert!(matches!(receivers[1].try_recv(), Ok(PeerMessage::Grow)), "the smaller worker grows");
        assert!(receivers[0].try_recv().is_err() && receivers[1].try_recv().is_err());
        shared.grown();
        assert_eq!(shared.grow(), Growth::UnderWay);
        shared.grown();
        assert_eq!(shared.grow(), Growth::Exhausted { first: true });
        assert_eq!(shared.grow(), Growth::Exhausted { first: false });
    }

    #[test]
    fn permits_cannot_be_taken_twice() {
        let (shared, mut receivers) = SharedScenario::new(3, 0);
        shared.release(2);
        let due = Due { at: Duration::ZERO, number: Number { in_instance: 0, in_test: 0 } };
        assert!(!shared.claim(0));
        assert!(shared.send_elsewhere(0, due));
        assert!(!shared.send_elsewhere(0, due));
        assert!(matches!(receivers[2].try_recv(), Ok(PeerMessage::Due(_))));
    }
}
