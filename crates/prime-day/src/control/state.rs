//! A state is what a table or an index is like now: its status, and how its throughput is paid for.

use std::fmt;

/// How a table's throughput is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// By request.
    OnDemand,
    /// By the second: read and write units.
    Provisioned {
        /// Read units a second.
        read: u64,
        /// Write units a second.
        write: u64,
    },
}

/// A table as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableState {
    /// Its name.
    pub name: String,
    /// Such as `ACTIVE`.
    pub status: String,
    /// How its throughput is paid for.
    pub mode: Mode,
    /// How many items it holds, by a count that lags behind by hours.
    pub items: u64,
    /// Its indexes.
    pub indexes: Vec<IndexState>,
    /// How often its throughput was decreased today.
    pub decreases_today: u64,
}

/// An index as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexState {
    /// Its name.
    pub name: String,
    /// Such as `ACTIVE`.
    pub status: String,
    /// How its throughput is paid for.
    pub mode: Mode,
}

/// How far something has come, to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is done now.
    pub what: String,
    /// How much of it is done.
    pub done: u64,
    /// Of how much.
    pub of: u64,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OnDemand => f.write_str("on-demand"),
            Self::Provisioned { read, write } => write!(f, "provisioned {read} RCU / {write} WCU"),
        }
    }
}

impl TableState {
    /// Whether the table and all its indexes are paid for so.
    pub fn is_all(&self, mode: Mode) -> bool {
        self.mode == mode && self.indexes.iter().all(|index| index.mode == mode)
    }

    /// Whether neither the table nor any of its indexes is being changed.
    pub fn is_active(&self) -> bool {
        self.status == ACTIVE && self.indexes.iter().all(|index| index.status == ACTIVE)
    }
}

const ACTIVE: &str = "ACTIVE";
