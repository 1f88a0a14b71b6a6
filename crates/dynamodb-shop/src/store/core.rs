//! The core is what one request at a time works on: the engine, the tables' buckets, and the ledger.

use std::collections::HashMap;

use dynoxide::actions::delete_table::DeleteTableRequest;
use dynoxide::actions::get_item::GetItemRequest;
use dynoxide::types::ConsumedCapacity;
use dynoxide::{Database, Item};
use tokio::time::Instant;

use super::capacity::partition::key_hash;
use super::capacity::shortage::{CapacityKind, Shortage};
use super::capacity::table::{Phase, Table};
use super::clock::WallClock;
use super::holds::Holds;
use super::ledger::Ledger;
use super::refusal::Refusal;
use super::replay::Replays;
use crate::config::StoreConfig;
use crate::error::ServerError;
use crate::stats::{ServerStats, TableUse};

/// What one request at a time works on. The engine takes them one by one anyway; since a request is admitted, done and
/// paid in one go, a bucket's debt is never more than one request.
pub struct Core {
    /// Keeps the items.
    pub engine: Database,
    /// The tables by their names.
    pub tables: HashMap<String, Table>,
    /// Counts.
    pub ledger: Ledger,
    /// Transactions that may be asked for again.
    pub replays: Replays,
    /// What transactions hold.
    pub holds: Holds,
    /// How it is to behave.
    pub config: StoreConfig,
    /// The instant of the request.
    pub now: Instant,
    clock: WallClock,
    leaving: Vec<(Instant, String)>,
}

impl Core {
    /// A core without tables.
    pub fn open(config: StoreConfig, clock: WallClock) -> Result<Self, ServerError> {
        let engine = Database::memory().map_err(|error| ServerError::Engine(error.to_string()))?;
        Ok(Self {
            engine,
            tables: HashMap::new(),
            ledger: Ledger::default(),
            replays: Replays::default(),
            holds: Holds::default(),
            config,
            now: Instant::now(),
            clock,
            leaving: Vec::new(),
        })
    }

    /// Begins a request: what is due by now is done first.
    pub fn wake(&mut self, now: Instant) {
        self.now = now;
        if self.leaving.iter().any(|(until, _)| *until <= now) {
            let (due, leaving) =
                std::mem::take(&mut self.leaving).into_iter().partition(|(until, _)| *until <= now);
            self.leaving = leaving;
            let due: Vec<(Instant, String)> = due;
            due.iter().for_each(|(_, table)| self.remove(table));
        }
    }

    /// The wall time of the request, in seconds since 1970.
    pub fn wall(&self) -> f64 {
        self.clock.at(self.now)
    }

    /// A table as it is now.
    pub fn table(&mut self, name: &str) -> Option<&mut Table> {
        let times = (self.now, self.clock.at(self.now));
        let table = self.tables.get_mut(name)?;
        table.settle(self.now, self.config.burst);
        self.config.auto_scaling.iter().for_each(|scaling| table.scale(scaling, times));
        Some(table)
    }

    /// Lets a table be gone when it is time.
    pub fn leave(&mut self, name: &str, until: Instant) {
        if let Some(table) = self.tables.get_mut(name) {
            table.phase = Phase::Deleting;
        }
        self.leaving.push((until, name.to_owned()));
    }

    /// Refuses a request about items of a table that is not there yet or no longer. About one that never was, the engine
    /// has its own words.
    pub fn usable(&mut self, table: &str) -> Result<(), Refusal> {
        match self.table(table) {
            Some(table) if !table.is_usable() => Err(Refusal::not_found()),
            _ => Ok(()),
        }
    }

    /// What is short if this place admits nothing now, of the key with this hash if it is about one.
    pub fn shortage(
        &mut self,
        table: &str,
        index: Option<&str>,
        kind: CapacityKind,
        key: Option<u64>,
    ) -> Option<Shortage> {
        let (now, split_after) = (self.now, self.config.split_after.as_secs());
        if !self.config.injections.is_empty()
            && let Some(injected) = self.injected(table, index, kind)
        {
            return Some(injected);
        }
        let known = self.table(table)?;
        let limit = known.limit((index, kind), key, split_after, now)?;
        Some(Shortage { table: table.to_owned(), index: index.map(str::to_owned), kind, limit })
    }

    /// The hash of an item's or a key's partition key.
    pub fn hash_of(&self, table: &str, item: &Item) -> Option<u64> {
        item.get(self.tables.get(table)?.keys.first()?).map(key_hash)
    }

    /// Admits a read of a table or one of its indexes, of the key with this hash if it is about one. One that is short is
    /// throttled if it is `valid`.
    pub fn admit_read(
        &mut self,
        table: &str,
        index: Option<&str>,
        key: Option<u64>,
        valid: impl FnOnce(&Self) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        self.usable(table)?;
        let Some(shortage) = self.shortage(table, index, CapacityKind::Read, key) else { return Ok(()) };
        valid(self)?;
        Err(self.throttle(vec![shortage]))
    }

    /// Counts who throttles a request, and refuses it.
    pub fn throttle(&mut self, shortages: Vec<Shortage>) -> Refusal {
        shortages.iter().for_each(|shortage| self.ledger.throttled(shortage));
        Refusal::Throttled(shortages)
    }

    /// Takes from the buckets what a request has consumed. Transactions say themselves whether they read or write;
    /// anything else is of the given kind. Partitions pay by the keys that it was about, each an equal part.
    pub fn debit(&mut self, consumed: Option<&ConsumedCapacity>, kind: CapacityKind, keys: &[u64]) {
        let Some(consumed) = consumed else { return };
        let kind = match (consumed.read_capacity_units, consumed.write_capacity_units) {
            (Some(_), None) => CapacityKind::Read,
            (None, Some(_)) => CapacityKind::Write,
            _ => kind,
        };
        let mut of_table = consumed.capacity_units;
        for (index, detail) in consumed.global_secondary_indexes.iter().flatten() {
            of_table -= detail.capacity_units;
            self.take(&consumed.table_name, Some(index), kind, detail.capacity_units);
        }
        self.take(&consumed.table_name, None, kind, of_table);
        self.take_of_keys(&consumed.table_name, None, kind, (of_table, keys));
    }

    /// Takes units from the partitions of keys, from each an equal part.
    pub fn take_of_keys(
        &mut self,
        table: &str,
        index: Option<&str>,
        kind: CapacityKind,
        (units, keys): (f64, &[u64]),
    ) {
        let now = self.now;
        let Some(gate) = self.table(table).and_then(|table| table.gate_mut(index)) else { return };
        let part = units / keys.len().max(1) as f64;
        keys.iter().for_each(|key| gate.partitions.take(*key, kind, part, now));
    }

    /// Takes units from one bucket.
    pub fn take(&mut self, table: &str, index: Option<&str>, kind: CapacityKind, units: f64) {
        self.ledger.consumed(table, index, kind, units);
        let now = self.now;
        let Some(known) = self.table(table) else { return };
        let on_demand = known.on_demand;
        if let Some(gate) = known.gate_mut(index) {
            gate.take(on_demand, kind, units, now);
        }
    }

    /// An item as it is, for nothing: for the gate's own use.
    pub fn peek(&self, table: &str, key: &Item) -> Option<Item> {
        let request =
            GetItemRequest { table_name: table.to_owned(), key: key.clone(), ..GetItemRequest::default() };
        self.engine.get_item(request).ok()?.item
    }

    /// What was counted, and what is in the buckets.
    pub fn stats(&mut self) -> ServerStats {
        self.tables.values_mut().for_each(|table| table.settle(self.now, self.config.burst));
        let with_tokens = |(table, index, used): (&str, Option<&str>, TableUse)| {
            let tokens = |kind| self.tables.get(table)?.tokens(index, kind, self.now);
            let used = TableUse {
                read_tokens: tokens(CapacityKind::Read),
                write_tokens: tokens(CapacityKind::Write),
                ..used
            };
            (index.map_or_else(|| table.to_owned(), |index| format!("{table}/{index}")), used)
        };
        ServerStats {
            operations: self.ledger.operations(),
            tables: self.ledger.tables().map(with_tokens).collect(),
        }
    }

    fn remove(&mut self, name: &str) {
        self.tables.remove(name);
        // It was looked at when its deletion was asked for; should it be gone already, all the better.
        let _ = self.engine.delete_table(DeleteTableRequest { table_name: name.to_owned() });
    }
}
