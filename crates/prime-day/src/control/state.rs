//! The progress of work on tables.

use flashcrowd_dynamodb_capacity::Mode;
use flashcrowd_text::{Lang, messages};

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
