//! The state of a table or an index: its status, and how its throughput is paid for.

use std::fmt;

use flashcrowd_record::CapacityKind;
use flashcrowd_text::{Lang, messages};

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

messages! {
    fn on_demand() { en: "on-demand", ko: "온디맨드" }
    fn provisioned(read: u64, write: u64) {
        en: "provisioned {read} RCU / {write} WCU",
        ko: "프로비저닝 {read} RCU / {write} WCU",
    }
}

impl Mode {
    /// It in words.
    pub fn text(self, lang: Lang) -> String {
        match self {
            Self::OnDemand => on_demand(lang),
            Self::Provisioned { read, write } => provisioned(lang, read, write),
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl TableState {
    /// Whether the table and all its indexes are paid for so.
    pub fn is_all(&self, mode: Mode) -> bool {
        self.mode == mode && self.indexes.iter().all(|index| index.mode == mode)
    }

    /// Units a second that are provisioned for the reads or writes of the table or of one of its indexes; none on demand.
    pub fn provisioned(&self, index: Option<&str>, kind: CapacityKind) -> Option<u64> {
        let mode = match index {
            None => self.mode,
            Some(name) => self.indexes.iter().find(|index| index.name == name)?.mode,
        };
        match (mode, kind) {
            (Mode::OnDemand, _) => None,
            (Mode::Provisioned { read, .. }, CapacityKind::Read) => Some(read),
            (Mode::Provisioned { write, .. }, CapacityKind::Write) => Some(write),
        }
    }

    /// Whether neither the table nor any of its indexes is being changed.
    pub fn is_active(&self) -> bool {
        self.status == ACTIVE && self.indexes.iter().all(|index| index.status == ACTIVE)
    }
}

const ACTIVE: &str = "ACTIVE";
