//! An event is what a run has to know of, besides requests; an order is what it is asked to do.

use serde_json::{Map, Value};

/// What the run has to know of, besides requests.
#[derive(Debug)]
pub(crate) enum Event {
    /// A user has ended.
    Done(u32),
    /// A test is to start, or the one that runs is to have other users.
    Order(Order),
    /// The test is to end.
    Stop,
    /// The test is to end, and the run as well.
    Quit,
    /// A user ended the test, and why.
    StopTest(String),
    /// All tasks of a process that may be run have been run.
    Spent,
    /// A user waits for its turn.
    Idle(u32),
    /// A message from this process to another, or to all others.
    Message(Value),
    /// The child is about to end; why.
    Died(String),
    /// The child is gone.
    Gone,
}

/// An event, and the number of the process that it comes from.
#[derive(Debug)]
pub(crate) struct News {
    pub(crate) process: usize,
    pub(crate) event: Event,
}

/// What a test is to be.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Order {
    /// How many users; the shape says so where there is none.
    pub(crate) users: Option<u64>,
    /// How many come or leave a second.
    pub(crate) rate: f64,
    /// The classes of the users; all where they are not named.
    pub(crate) classes: Option<Vec<String>>,
    /// What is loaded, where that changes.
    pub(crate) host: Option<String>,
    /// How long it lasts, in seconds.
    pub(crate) time: Option<u64>,
    /// Whether the time is part of it: a change of the number of users alone leaves the time as it is.
    pub(crate) sets_time: bool,
    /// Options of the file, as texts.
    pub(crate) options: Map<String, Value>,
}

/// How a run stands, in Locust's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nothing was started yet.
    #[default]
    Ready,
    /// Users are coming or leaving.
    Spawning,
    /// All users are there.
    Running,
    /// Users are ending.
    Stopping,
    /// The test has ended.
    Stopped,
}

impl Phase {
    /// Its word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Spawning => "spawning",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        }
    }

    /// Whether there is a test.
    pub(crate) fn is_busy(self) -> bool {
        matches!(self, Self::Spawning | Self::Running | Self::Stopping)
    }
}
