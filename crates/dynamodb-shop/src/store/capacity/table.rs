//! A table as the gate sees it: whether it is there yet, and the buckets of it and its indexes.

use tokio::time::Instant;

use super::bucket::Bucket;
use super::index::Shape;
use super::limits::{Decreases, Switches};
use super::partition::Partitions;
use super::shortage::{CapacityKind, Limit};

/// Read and write units a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Units {
    /// Of reads.
    pub read: u64,
    /// Of writes.
    pub write: u64,
}

/// What a table or an index is provisioned with.
#[derive(Clone, Debug)]
pub struct Capacity {
    /// Of reads.
    pub read: Bucket,
    /// Of writes.
    pub write: Bucket,
    /// How often it was decreased.
    pub decreases: Decreases,
    /// When it was increased last, in seconds since 1970.
    pub increased: Option<f64>,
}

/// A global secondary index.
#[derive(Clone, Debug)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub shape: Shape,
    /// What it was provisioned with last.
    pub capacity: Option<Capacity>,
    /// The ranges of its keys.
    pub partitions: Partitions,
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
    /// What it was provisioned with last.
    pub capacity: Option<Capacity>,
    /// The most that it serves on demand, where that was set.
    pub maximum: Option<Maximum>,
    /// The ranges of its keys.
    pub partitions: Partitions,
    /// Its indexes.
    pub indexes: Vec<Index>,
    /// How often it was switched to on-demand.
    pub switches: Switches,
}

/// The most that a table serves on demand, of reads and of writes.
#[derive(Clone, Debug)]
pub struct Maximum {
    /// Of reads.
    pub read: Option<Bucket>,
    /// Of writes.
    pub write: Option<Bucket>,
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
}

impl Capacity {
    /// Buckets that fill from `at` on.
    pub fn new(units: Units, fill: f64, at: Instant) -> Self {
        Self {
            read: Bucket::new(units.read, fill, at),
            write: Bucket::new(units.write, fill, at),
            decreases: Decreases::default(),
            increased: None,
        }
    }

    /// What flows in.
    pub fn units(&self) -> Units {
        Units { read: self.read.rate(), write: self.write.rate() }
    }

    /// The bucket of a kind.
    pub fn bucket(&self, kind: CapacityKind) -> &Bucket {
        match kind {
            CapacityKind::Read => &self.read,
            CapacityKind::Write => &self.write,
        }
    }

    /// The bucket of a kind, to take from.
    pub fn bucket_mut(&mut self, kind: CapacityKind) -> &mut Bucket {
        match kind {
            CapacityKind::Read => &mut self.read,
            CapacityKind::Write => &mut self.write,
        }
    }

    fn set(&mut self, units: Units, at: Instant) {
        self.read.set_rate(units.read, at);
        self.write.set_rate(units.write, at);
    }

    fn wake(&mut self, at: Instant) {
        self.read.skip_to(at);
        self.write.skip_to(at);
    }
}

impl Units {
    /// Whether either is less than it was.
    pub fn is_less_than(self, was: Self) -> bool {
        self.read < was.read || self.write < was.write
    }

    /// Whether either is more than it was.
    pub fn is_more_than(self, was: Self) -> bool {
        self.read > was.read || self.write > was.write
    }
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

    /// The partitions of the table or of an index.
    pub fn partitions(&mut self, index: Option<&str>) -> Option<&mut Partitions> {
        match index {
            None => Some(&mut self.partitions),
            Some(name) => {
                self.indexes.iter_mut().find(|index| index.name == name).map(|index| &mut index.partitions)
            }
        }
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
        if self.bucket(index, kind).is_some_and(|bucket| !bucket.admits(now)) {
            return Some(Limit::Provisioned);
        }
        if index.is_none() && self.maximum(kind).is_some_and(|maximum| !maximum.admits(now)) {
            return Some(Limit::Maximum);
        }
        let (key, on_demand) = (key?, self.on_demand);
        let partitions = self.partitions(index)?;
        if partitions.admits(key, kind, now) {
            return None;
        }
        partitions.throttled(key, split_after, now);
        Some(Limit::Partition { on_demand })
    }

    /// The bucket of what may be served at most on demand.
    pub fn maximum(&mut self, kind: CapacityKind) -> Option<&mut Bucket> {
        let maximum = self.maximum.as_mut().filter(|_| self.on_demand)?;
        match kind {
            CapacityKind::Read => maximum.read.as_mut(),
            CapacityKind::Write => maximum.write.as_mut(),
        }
    }

    /// The bucket of the table or of an index; none on demand.
    pub fn bucket(&self, index: Option<&str>, kind: CapacityKind) -> Option<&Bucket> {
        if self.on_demand {
            return None;
        }
        let capacity = match index {
            None => self.capacity.as_ref(),
            Some(name) => self.indexes.iter().find(|index| index.name == name)?.capacity.as_ref(),
        };
        capacity.map(|capacity| capacity.bucket(kind))
    }

    /// The bucket of the table or of an index, to take from; none on demand.
    pub fn bucket_mut(&mut self, index: Option<&str>, kind: CapacityKind) -> Option<&mut Bucket> {
        if self.on_demand {
            return None;
        }
        let capacity = match index {
            None => self.capacity.as_mut(),
            Some(name) => self.indexes.iter_mut().find(|index| index.name == name)?.capacity.as_mut(),
        };
        capacity.map(|capacity| capacity.bucket_mut(kind))
    }

    /// Changes it as of `at`.
    pub fn apply(&mut self, change: &Change, at: Instant, fill: f64) {
        let wakes = self.on_demand && change.on_demand == Some(false);
        self.on_demand = change.on_demand.unwrap_or(self.on_demand);
        if wakes {
            let of_indexes = self.indexes.iter_mut().map(|index| &mut index.capacity);
            std::iter::once(&mut self.capacity).chain(of_indexes).flatten().for_each(|known| known.wake(at));
        }
        let provision = |capacity: &mut Option<Capacity>, units: Units| match capacity {
            Some(known) => known.set(units, at),
            None => *capacity = Some(Capacity::new(units, fill, at)),
        };
        if let Some(units) = change.table {
            provision(&mut self.capacity, units);
        }
        let room = change.table.filter(|_| !self.on_demand);
        if room.is_some() || change.on_demand == Some(true) {
            self.partitions.make_room(room, at);
        }
        for (name, units) in &change.indexes {
            if let Some(index) = self.indexes.iter_mut().find(|index| index.name == *name) {
                provision(&mut index.capacity, *units);
                index.partitions.make_room(Some(*units), at);
            }
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
            capacity: Some(Capacity::new(units, 0.0, start)),
            maximum: None,
            partitions: Partitions::new(Some(units), start),
            indexes: Vec::new(),
            switches: Switches::default(),
        };
        let at = |seconds| start + Duration::from_secs(seconds);
        table.bucket_mut(None, CapacityKind::Read).unwrap().take(30.0, at(10));
        let change = Change { on_demand: Some(true), ..Change::default() };
        table.apply(&change, at(10), 1.0);
        assert!(table.bucket(None, CapacityKind::Read).is_none());
        let change = Change { on_demand: Some(false), table: Some(units), indexes: Vec::new() };
        table.phase = Phase::Updating(at(1_000), change);
        table.settle(at(999), 1.0);
        assert!(table.on_demand && table.is_usable());
        table.settle(at(1_001), 1.0);
        assert_eq!(table.bucket(None, CapacityKind::Read).unwrap().tokens(at(1_001)), -8.0);
    }
}
