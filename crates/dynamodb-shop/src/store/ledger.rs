//! A ledger counts what was answered and what was consumed; it outlives the tables.

use std::collections::{BTreeMap, HashMap};

use super::capacity::shortage::{CapacityKind, Shortage};
use super::operation::Operation;
use super::refusal::Refusal;
use crate::stats::{OperationCount, TableUse};

/// What has been counted so far.
#[derive(Debug, Default)]
pub struct Ledger {
    accounts: HashMap<String, Account>,
    others: BTreeMap<String, OperationCount>,
}

/// What was counted of one table.
#[derive(Debug, Default)]
struct Account {
    operations: [OperationCount; Operation::COUNT],
    table: TableUse,
    indexes: BTreeMap<String, TableUse>,
}

impl Ledger {
    /// Counts for a table and its indexes from now on, if it does not yet.
    pub fn open<'a>(&mut self, table: &str, indexes: impl Iterator<Item = &'a String>) {
        let account = self.accounts.entry(table.to_owned()).or_default();
        indexes.for_each(|index| {
            account.indexes.entry(index.clone()).or_default();
        });
    }

    /// Counts an answer about these tables, in order and each once. Tables that never were have no name here, so that
    /// wrong requests cannot fill the memory.
    pub fn count<R>(&mut self, operation: Operation, tables: &[&str], answer: &Result<R, Refusal>) {
        let count = match tables {
            [table] if self.accounts.contains_key(*table) => {
                self.accounts.get_mut(*table).map(|account| &mut account.operations[operation as usize])
            }
            [_, _, ..] if tables.iter().all(|table| self.accounts.contains_key(*table)) => {
                Some(self.others.entry(format!("{} {}", operation.name(), tables.join(","))).or_default())
            }
            _ => None,
        };
        let count = match count {
            Some(count) => count,
            None => self.others.entry(operation.name().to_owned()).or_default(),
        };
        match answer {
            Ok(_) => count.served += 1,
            Err(refusal) if refusal.is_throttle() => count.throttled += 1,
            Err(_) => count.failed += 1,
        }
    }

    /// Counts what was consumed of a table or an index.
    pub fn consumed(&mut self, table: &str, index: Option<&str>, kind: CapacityKind, units: f64) {
        let Some(used) = self.used(table, index) else { return };
        match kind {
            CapacityKind::Read => used.read += units,
            CapacityKind::Write => used.write += units,
        }
    }

    /// Counts a request that a place throttled.
    pub fn throttled(&mut self, shortage: &Shortage) {
        let Some(used) = self.used(&shortage.table, shortage.index.as_deref()) else { return };
        match shortage.kind {
            CapacityKind::Read => used.read_throttles += 1,
            CapacityKind::Write => used.write_throttles += 1,
        }
    }

    /// The answers, by operation and table.
    pub fn operations(&self) -> BTreeMap<String, OperationCount> {
        let mut all = self.others.clone();
        for (table, account) in &self.accounts {
            for (operation, count) in Operation::ALL.iter().zip(&account.operations) {
                if *count != OperationCount::default() {
                    all.insert(format!("{} {table}", operation.name()), *count);
                }
            }
        }
        all
    }

    /// What was consumed, by table and index.
    pub fn tables(&self) -> impl Iterator<Item = (&str, Option<&str>, TableUse)> {
        self.accounts.iter().flat_map(|(table, account)| {
            let indexes = account.indexes.iter();
            let indexes = indexes.map(|(index, used)| (table.as_str(), Some(index.as_str()), *used));
            std::iter::once((table.as_str(), None, account.table)).chain(indexes)
        })
    }

    /// Only tables and indexes that are there consume and throttle.
    fn used(&mut self, table: &str, index: Option<&str>) -> Option<&mut TableUse> {
        let account = self.accounts.get_mut(table)?;
        match index {
            None => Some(&mut account.table),
            Some(index) => account.indexes.get_mut(index),
        }
    }
}
