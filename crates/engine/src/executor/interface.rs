//! The interface between executors and the run: what an executor implements, and what a run offers it.

use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use serde_json::{Map, Value};

use super::{Allowance, Need, Stage};
use crate::problem::Problems;
use crate::segment::Share;

/// An executor: its plan, and how it runs.
pub(crate) trait Executor {
    /// Its name in scripts.
    fn name(&self) -> &'static str;

    /// Reports what is wrong with its settings.
    fn validate(&self, problems: &mut Problems);

    /// How long iterations may start, at most.
    fn length(&self) -> Duration;

    /// The virtual users a share of it needs over time, up to the end of the graceful stop.
    fn needs(&self, share: &Share, graceful_stop: Duration) -> Vec<Need>;

    /// What it does in a few words, and its further settings.
    fn describe(&self, share: &Share) -> (String, Vec<String>);

    /// How many iterations a share of it runs, where that is fixed.
    fn iterations(&self, _share: &Share) -> Option<u64> {
        None
    }

    /// How many iterations one of a share's workers is due to start, where they start at a rate that is known before;
    /// `seed` is that of the scenario's random arrivals.
    fn due(&self, _instance: &Share, _worker: (usize, usize), _seed: u64) -> u64 {
        0
    }

    /// How many iterations should start per second at a moment, over all segments.
    fn rate(&self, _at: Duration) -> Option<f64> {
        None
    }

    /// The load that it orders over time; none where that is not known before.
    fn load(&self) -> Option<Load> {
        None
    }

    /// Its settings as k6 writes them.
    fn write(&self, object: &mut Map<String, Value>);

    /// Runs one worker's share, until no further iteration may start.
    fn run<'a>(&'a self, lane: &'a dyn Lane) -> LocalBoxFuture<'a, ()>;
}

/// The load that an executor orders: a curve of virtual users, or of iterations per time unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Load {
    /// Where the curve begins.
    pub(crate) from: u64,
    /// Where it leads.
    pub(crate) stages: Vec<Stage>,
    /// The time unit of a rate; none where it counts virtual users.
    pub(crate) time_unit: Option<Duration>,
}

impl Load {
    /// One level from the beginning to the end.
    pub(crate) fn constant(level: u64, duration: Duration, time_unit: Option<Duration>) -> Self {
        Self { from: level, stages: vec![Stage { duration, target: level }], time_unit }
    }

    /// Whether it never changes.
    pub(crate) fn is_constant(&self) -> bool {
        self.stages.iter().all(|stage| stage.target == self.from)
    }
}

/// Which iterations a looping virtual user runs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Loop {
    /// One after the other.
    Forever,
    /// That many.
    Times(u64),
    /// Those of the scenario's common stock.
    Stock,
}

/// One scenario on one worker, as its executor sees it. Moments count from the scenario's start.
pub(crate) trait Lane {
    /// This worker's part of the virtual users.
    fn share(&self) -> &Share;

    /// Waits for a moment.
    fn sleep_until(&self, at: Duration) -> LocalBoxFuture<'_, ()>;

    /// Waits until all virtual users have ended, or for a moment; true if the moment came first.
    fn outlasts(&self, at: Duration) -> LocalBoxFuture<'_, bool>;

    /// Lets virtual users that were just started begin.
    fn let_others(&self) -> LocalBoxFuture<'_, ()>;

    /// Numbers iterations so that each party gets numbers in proportion to its part of these virtual users.
    fn number_by(&self, vus: u64);

    /// Opens this process's part of a stock of iterations that go with these virtual users.
    fn open_stock(&self, vus: u64, iterations: u64);

    /// Drops what is left of the stock.
    fn drop_stock(&self);

    /// Starts virtual users that loop.
    fn start_vus(&self, vus: u64, what: Loop) -> LocalBoxFuture<'_, ()>;

    /// Starts one virtual user that loops, if one is available.
    fn start_vu(&self, what: Loop) -> LocalBoxFuture<'_, Option<Box<dyn LoopingVu>>>;

    /// The same with one that was not planned, and is initialized first.
    fn start_unplanned_vu(&self, what: Loop) -> LocalBoxFuture<'_, Option<Box<dyn LoopingVu>>>;

    /// The seed of the scenario's random arrivals; the same on all workers.
    fn seed(&self) -> u64;

    /// This worker's part of the iterations that arrive.
    fn iterations_of(&self, allowance: &Allowance) -> Share;

    /// Starts this worker's part of iterations at their times; ends when all workers have started theirs.
    fn arrive<'a>(
        &'a self,
        allowance: &'a Allowance,
        share: &'a Share,
        dues: Box<dyn Iterator<Item = Duration> + 'a>,
    ) -> LocalBoxFuture<'a, ()>;

    /// The same where their times are known only a little ahead: asks what is next, again and again.
    fn arrive_as_told<'a>(
        &'a self,
        allowance: &'a Allowance,
        share: &'a Share,
        next: Box<dyn FnMut() -> Told + 'a>,
    ) -> LocalBoxFuture<'a, ()>;
}

/// What is next where iterations are told one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// An iteration is due at this moment.
    Due(Duration),
    /// Nothing is known before this moment: ask again then.
    Wait(Duration),
    /// There is none any more.
    Over,
}

/// A virtual user that was started to loop.
pub(crate) trait LoopingVu {
    /// Lets it go on; false if its task is over.
    fn resume(&self) -> bool;

    /// Lets its running iteration be the last one, and interrupts that at a moment. Moments are given in order.
    fn stop_by(&self, deadline: Duration);
}
