//! The protocol of a run: what its lead orders, and what agents report.
//!
//! Both are whole states, told again with every beat: a message that is lost, late or doubled changes nothing. Seconds are
//! sent until they are acknowledged.
//!
//! | phase | agents | until |
//! | --- | --- | --- |
//! | `Gather` | join, and those that have a part load the test and make their virtual users | all are ready |
//! | `Go` | begin at the same instant | all are done |
//! | `Abort` | end their part as after any abort | all are done |
//! | `Over` | end | |

use std::collections::BTreeMap;
use std::time::Duration;

use flashcrowd_engine::AbortReason;
use serde::{Deserialize, Serialize};

use crate::parts::End;
use crate::second::Second;

/// How often orders and reports are told again.
pub(crate) const BEAT: Duration = Duration::from_millis(250);

/// Who is not heard of for this long is lost.
pub const LEASE: Duration = Duration::from_secs(5);

/// The object with what is run.
pub(crate) const TEST: &str = "test";
/// The object with what `setup()` returned.
pub(crate) const SETUP: &str = "setup";

/// What the lead hears.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ToLead {
    Report(Box<Report>),
    Second(String, Box<Second>),
    /// The agent, and its time.
    Ping(String, u64),
}

/// What agents hear.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ToAgents {
    Orders(Box<Orders>),
    /// The agent, its time when it asked, and the lead's time.
    Pong(String, u64, u64),
}

/// What an agent reports.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) agent: String,
    /// Tells it from others of that name.
    pub(crate) id: u64,
    /// Grows with every report, so that one that comes late is known by it.
    pub(crate) number: u64,
    pub(crate) state: AgentState,
    /// Why its part ends before its time, if it does.
    pub(crate) abort: Option<AbortReason>,
}

/// What an agent is doing.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AgentState {
    /// It waits for a part.
    Joined,
    /// Its virtual users are being made: how many are, of how many.
    Initializing(u64, u64),
    /// It waits for the beginning.
    Ready,
    /// It has begun: how late, and how well it knows the lead's clock.
    Running(Duration, Duration),
    /// Its part is over.
    Done(Box<End>),
    /// It cannot run the test.
    Failed(String),
}

/// What the lead orders.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Orders {
    /// Tells the lead from others that use the same bus.
    pub(crate) lead: u64,
    /// Grows with every time orders are told, so that those that come late are known by it.
    pub(crate) number: u64,
    /// Which part of the test each agent runs, counted from zero, and its number.
    pub(crate) parts: BTreeMap<String, (usize, u64)>,
    /// How many parts there are.
    pub(crate) of: usize,
    pub(crate) phase: Phase,
    /// Up to which of its seconds each part has told everything.
    pub(crate) acknowledged: Vec<u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Phase {
    #[default]
    Gather,
    /// When the run started and when its scenarios begin, by the lead's clock.
    Go(u64, u64),
    Abort(AbortReason),
    Over,
}
