//! Arrival is how iterations that are due find idle virtual users: on their own worker first, then on any other.
//!
//! All workers' virtual users of a scenario act as one pool. Each worker keeps the queue of its idle ones, longest
//! waiting first, and a count of permits, one for each. Who wants an idle virtual user takes a permit first: by one
//! compare-and-swap on the own worker, which nobody contends for as long as there is one; else on another worker,
//! which is then sent the iteration. A permit taken is a virtual user that cannot vanish.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::live_vu::Number;

/// An iteration that is due.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due {
    /// When, counted from the scenario's start.
    pub(super) at: Duration,
    pub(super) number: Number,
}

/// What a worker is sent by others.
#[derive(Debug)]
pub(super) enum Mail {
    /// An iteration, for which a permit was taken.
    Due(Due),
    /// Initialise one more virtual user.
    Grow,
    /// No worker will send anything more.
    Over,
}

/// What all workers share of one scenario.
#[derive(Debug)]
pub(super) struct Common {
    sides: Vec<Side>,
    /// Iterations that were taken from the stock of shared-iterations.
    taken: AtomicU64,
    /// How many more virtual users may be initialised.
    growth: AtomicU64,
    /// One virtual user at a time is initialised.
    growing: AtomicBool,
    warned: AtomicBool,
    /// Workers that may still have iterations due.
    pacing: AtomicUsize,
}

/// One worker's side.
#[derive(Debug)]
#[repr(align(128))]
struct Side {
    permits: AtomicUsize,
    vus: AtomicU64,
    mail: UnboundedSender<Mail>,
}

impl Common {
    /// For that many workers, with the receiving ends of their mail; `growth` more virtual users may be initialised.
    pub(super) fn new(workers: usize, growth: u64) -> (Self, Vec<UnboundedReceiver<Mail>>) {
        let (sides, mails) = (0..workers)
            .map(|_| {
                let (mail, receiver) = unbounded_channel();
                (Side { permits: AtomicUsize::new(0), vus: AtomicU64::new(0), mail }, receiver)
            })
            .unzip();
        let common = Self {
            sides,
            taken: AtomicU64::new(0),
            growth: AtomicU64::new(growth),
            growing: AtomicBool::new(false),
            warned: AtomicBool::new(false),
            pacing: AtomicUsize::new(workers),
        };
        (common, mails)
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
        self.sides[worker].permits.fetch_add(1, Ordering::Release);
    }

    /// Takes a permit on a worker.
    pub(super) fn claim(&self, worker: usize) -> bool {
        let permits = &self.sides[worker].permits;
        permits.fetch_update(Ordering::Acquire, Ordering::Relaxed, |idle| idle.checked_sub(1)).is_ok()
    }

    /// Sends an iteration to the first other worker with an idle virtual user.
    pub(super) fn send_elsewhere(&self, worker: usize, due: Due) -> bool {
        let workers = self.sides.len();
        let mut others = (1..workers).map(|step| (worker + step) % workers);
        let found = others.find(|&other| self.claim(other));
        found.is_some_and(|other| self.sides[other].mail.send(Mail::Due(due)).is_ok())
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
        let smallest = self.sides.iter().min_by_key(|side| side.vus.load(Ordering::Relaxed));
        if smallest.is_none_or(|side| side.mail.send(Mail::Grow).is_err()) {
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
        self.sides[worker].vus.fetch_add(vus, Ordering::Relaxed);
    }

    /// The virtual users of all workers.
    pub(super) fn vus(&self) -> u64 {
        self.sides.iter().map(|side| side.vus.load(Ordering::Relaxed)).sum()
    }

    /// A worker has no iteration due any more; the last one to say so tells all.
    pub(super) fn done_pacing(&self) {
        if self.pacing.fetch_sub(1, Ordering::AcqRel) == 1 {
            for side in &self.sides {
                // A worker that has ended without waiting, as after an abort, needs no telling.
                let _ = side.mail.send(Mail::Over);
            }
        }
    }
}

/// What came of asking for one more virtual user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Growth {
    /// It will come, or one asked for before will.
    UnderWay,
    /// No more may be initialised; `first` the first time this is said.
    Exhausted {
        /// Whether nobody was told before.
        first: bool,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stock_is_given_out_once() {
        let (common, _) = Common::new(1, 0);
        assert_eq!((common.take(3), common.take(3)), (Some(0), Some(1)));
        assert_eq!((common.empty(3), common.take(3), common.empty(3)), (1, None, 0));
    }

    #[test]
    fn growth_is_one_at_a_time_and_ends() {
        let (common, mut mails) = Common::new(2, 2);
        common.add_vus(0, 1);
        assert_eq!((common.grow(), common.grow()), (Growth::UnderWay, Growth::UnderWay));
        assert!(matches!(mails[1].try_recv(), Ok(Mail::Grow)), "the smaller worker grows");
        assert!(mails[0].try_recv().is_err() && mails[1].try_recv().is_err());
        common.grown();
        assert_eq!(common.grow(), Growth::UnderWay);
        common.grown();
        assert_eq!(common.grow(), Growth::Exhausted { first: true });
        assert_eq!(common.grow(), Growth::Exhausted { first: false });
    }

    #[test]
    fn permits_cannot_be_taken_twice() {
        let (common, mut mails) = Common::new(3, 0);
        common.release(2);
        let due = Due { at: Duration::ZERO, number: Number { in_instance: 0, in_test: 0 } };
        assert!(!common.claim(0));
        assert!(common.send_elsewhere(0, due));
        assert!(!common.send_elsewhere(0, due));
        assert!(matches!(mails[2].try_recv(), Ok(Mail::Due(_))));
    }
}
