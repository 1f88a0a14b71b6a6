//! A table as the gate sees it: whether it is there yet, and the buckets of it and its indexes.

use tokio::time::Instant;

use super::ceiling::Maximum;
use super::gate::{Capacity, Gate};
use super::index::Shape;
use super::limits::Switches;
use super::scaling::AutoScaling;
use super::shortage::{CapacityKind, Limit};
use super::units::Units;

/// A global secondary index.
#[derive(Clone, Debug)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub shape: Shape,
    /// What lets its requests in.
    pub gate: Gate,
    /// Until when it is made.
    pub making: Option<Instant>,
}

/// A table.
#[derive(Debug)]
pub struct Table {
    /// The attributes of its key.
    pub keys: Vec<String>,
    /// How far it is.
    pub phase: Phase,
    /// Whether it is paid for by request; its buckets rest then.
    pub on_demand: bool,
    /// What lets its requests in.
    pub gate: Gate,
    /// Its global indexes.
    pub indexes: Vec<Index>,
    /// Its local indexes, which have no throughput of their own, by their names.
    pub locals: Vec<(String, Shape)>,
    /// How often it was switched to on-demand.
    pub switches: Switches,
}

/// How far a table is.
#[derive(Debug)]
pub enum Phase {
    /// It can be used.
    Active,
    /// It can be used from then on.
    Creating(Instant),
    /// It can be used, and will have changed from then on.
    Updating(Instant, Change),
    /// It will be gone soon.
    Deleting,
}

/// What an update changes of what the gate sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// The billing mode.
    pub on_demand: Option<bool>,
    /// The throughput of the table.
    pub table: Option<Units>,
    /// The throughput of indexes.
    pub indexes: Vec<(String, Units)>,
    /// What the table, or an index by its name, serves at most on demand.
    pub maxima: Vec<(Option<String>, Maximum)>,
    /// What the table, or an index by its name, is warmed up to.
    pub warmth: Vec<(Option<String>, Units)>,
}

impl Table {
    /// Lets what is due by now be done; buckets that are provisioned for the first time are `fill` full. A table that is
    /// to be deleted is the caller's.
    pub fn settle(&mut self, now: Instant, fill: f64) {
        match &self.phase {
            Phase::Creating(until) if *until <= now => self.phase = Phase::Active,
            Phase::Updating(until, change) if *until <= now => {
                let (until, change) = (*until, change.clone());
                self.phase = Phase::Active;
                self.apply(&change, until, fill);
            }
            _ => {}
        }
    }

    /// Whether it has a global index of that name.
    pub fn has_index(&self, name: &str) -> bool {
        self.indexes.iter().any(|index| index.name == name)
    }

    /// Whether items can be read and written.
    pub fn is_usable(&self) -> bool {
        matches!(self.phase, Phase::Active | Phase::Updating(..))
    }

    /// The gate of the table or of an index.
    pub fn gate(&self, index: Option<&str>) -> Option<&Gate> {
        match index {
            None => Some(&self.gate),
            Some(name) => self.indexes.iter().find(|index| index.name == name).map(|index| &index.gate),
        }
    }

    /// The same, to take from.
    pub fn gate_mut(&mut self, index: Option<&str>) -> Option<&mut Gate> {
        match index {
            None => Some(&mut self.gate),
            Some(name) => {
                self.indexes.iter_mut().find(|index| index.name == name).map(|index| &mut index.gate)
            }
        }
    }

    /// All gates: the table's, then those of its indexes.
    pub fn gates_mut(&mut self) -> impl Iterator<Item = &mut Gate> {
        std::iter::once(&mut self.gate).chain(self.indexes.iter_mut().map(|index| &mut index.gate))
    }

    /// What it and its indexes are provisioned with.
    pub fn provisioned(&self) -> impl Iterator<Item = Units> {
        let indexes = self.indexes.iter().map(|index| &index.gate);
        let gates = std::iter::once(&self.gate).chain(indexes);
        gates.filter_map(|gate| gate.capacity.as_ref()).map(Capacity::units)
    }

    /// What keeps a request from being let in now, if anything does: of the table or an index, about the key with this
    /// hash where it is about one.
    pub fn limit(
        &mut self,
        (index, kind): (Option<&str>, CapacityKind),
        key: Option<u64>,
        split_after: u64,
        now: Instant,
    ) -> Option<Limit> {
        let on_demand = self.on_demand;
        let gate = self.gate_mut(index)?;
        let limit = gate.short(on_demand, kind, key, now)?;
        if let (Limit::Partition { .. }, Some(key)) = (limit, key) {
            gate.partitions.throttled(key, split_after, now);
        }
        Some(limit)
    }

    /// Units in the bucket of the table or of an index; none on demand.
    pub fn tokens(&self, index: Option<&str>, kind: CapacityKind, now: Instant) -> Option<f64> {
        self.gate(index).filter(|_| !self.on_demand)?.tokens(kind, now)
    }

    /// Follows what was consumed of the table and its indexes, unless it is on demand.
    pub fn scale(&mut self, scaling: &AutoScaling, times: (Instant, f64)) {
        if !self.on_demand {
            self.gates_mut().for_each(|gate| gate.scale(scaling, times));
        }
    }

    /// Changes it as of `at`.
    pub fn apply(&mut self, change: &Change, at: Instant, fill: f64) {
        let was = self.on_demand;
        self.on_demand = change.on_demand.unwrap_or(was);
        match (was, self.on_demand) {
            (true, false) => self.gates_mut().for_each(|gate| gate.wake(at)),
            (false, true) => self.gates_mut().for_each(|gate| gate.open(at)),
            _ => {}
        }
        if let Some(units) = change.table {
            self.gate.provision(units, fill, at);
        }
        for (name, units) in &change.indexes {
            self.gate_mut(Some(name)).into_iter().for_each(|gate| gate.provision(*units, fill, at));
        }
        for (index, maximum) in &change.maxima {
            let gate = self.gate_mut(index.as_deref());
            gate.into_iter().for_each(|gate| gate.ceilings.set(*maximum, at));
        }
        for (index, units) in &change.warmth {
            self.gate_mut(index.as_deref()).into_iter().for_each(|gate| gate.warm(*units, at));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn tokens_rest_while_a_table_is_on_demand() {
        let start = Instant::now();
        let units = Units { read: 2, write: 2 };
        let mut table = Table {
            keys: Vec::new(),
            phase: Phase::Active,
            on_demand: false,
            gate: Gate::new(Some(units), 0.0, start),
            indexes: Vec::new(),
            locals: Vec::new(),
            switches: Switches::default(),
        };
        let at = |seconds| start + Duration::from_secs(seconds);
        table.gate.take(false, CapacityKind::Read, 30.0, at(10));
        let change = Change { on_demand: Some(true), ..Change::default() };
        table.apply(&change, at(10), 1.0);
        assert!(table.tokens(None, CapacityKind::Read, at(10)).is_none());
        let change = Change { on_demand: Some(false), table: Some(units), ..Change::default() };
        table.phase = Phase::Updating(at(1_000), change);
        table.settle(at(999), 1.0);
        assert!(table.on_demand && table.is_usable());
        table.settle(at(1_001), 1.0);
        assert_eq!(table.tokens(None, CapacityKind::Read, at(1_001)), Some(-8.0));
    }
}
