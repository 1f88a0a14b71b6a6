//! The state of a table or an index: its status and its capacity mode; and the progress of work on tables.

use std::fmt;

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

/// How far a step has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The step.
    pub step: Step,
    /// How much of it is done.
    pub done: u64,
    /// Of how much.
    pub of: u64,
}

/// A step of work on tables, with the name of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A table is being created.
    Create(String),
    /// Items are being written to a table.
    Fill(String),
    /// A table is being switched to a mode.
    Switch(String, Mode),
    /// A table is being deleted.
    Delete(String),
    /// Tables are not active yet.
    WaitForActive,
    /// Tables are not gone yet.
    WaitForDeletion,
}

messages! {
    fn creating(table: &str) { en: "creating {table}", ko: "{table} 생성 중" }
    fn filling(table: &str) { en: "filling {table}", ko: "{table} 항목 기록 중" }
    fn switching(table: &str, mode: String) { en: "switching {table} to {mode}", ko: "{table} 전환 중: {mode}" }
    fn deleting(table: &str) { en: "deleting {table}", ko: "{table} 삭제 중" }
    fn waiting_for_active() {
        en: "waiting until tables are ACTIVE",
        ko: "테이블이 ACTIVE 상태가 되기를 기다리는 중",
    }
    fn waiting_for_deletion() {
        en: "waiting until tables are deleted",
        ko: "테이블이 삭제되기를 기다리는 중",
    }
    fn on_demand() { en: "on-demand", ko: "온디맨드" }
    fn provisioned(read: u64, write: u64) {
        en: "provisioned {read} RCU / {write} WCU",
        ko: "프로비저닝 {read} RCU / {write} WCU",
    }
}

impl Step {
    /// It in words.
    pub fn text(&self, lang: Lang) -> String {
        match self {
            Self::Create(table) => creating(lang, table),
            Self::Fill(table) => filling(lang, table),
            Self::Switch(table, mode) => switching(lang, table, mode.text(lang)),
            Self::Delete(table) => deleting(lang, table),
            Self::WaitForActive => waiting_for_active(lang),
            Self::WaitForDeletion => waiting_for_deletion(lang),
        }
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

    /// Whether neither the table nor any of its indexes is being changed.
    pub fn is_active(&self) -> bool {
        self.status == ACTIVE && self.indexes.iter().all(|index| index.status == ACTIVE)
    }
}

const ACTIVE: &str = "ACTIVE";
