//! A gate is what lets requests of one table or index in: what is provisioned, what it serves on demand, its partitions.

use tokio::time::Instant;

use super::bucket::Bucket;
use super::ceiling::Ceilings;
use super::limits::Decreases;
use super::partition::Partitions;
use super::peak::Peaks;
use super::scaling::{AutoScaling, Scaler};
use super::shortage::{CapacityKind, Limit};
use super::units::Units;

/// What a new table on demand serves at once.
const FIRST: Units = Units { read: 12_000, write: 4_000 };

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

/// What lets requests of a table or an index in.
#[derive(Clone, Debug)]
pub struct Gate {
    /// What it was provisioned with last; it rests on demand.
    pub capacity: Option<Capacity>,
    /// The most that it serves on demand.
    pub ceilings: Ceilings,
    /// The ranges of its keys.
    pub partitions: Partitions,
    /// What it has served on demand.
    peaks: Peaks,
    /// What it was warmed up to.
    warmed: Option<Units>,
    scalers: [Scaler; 2],
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

    fn bucket(&self, kind: CapacityKind) -> &Bucket {
        match kind {
            CapacityKind::Read => &self.read,
            CapacityKind::Write => &self.write,
        }
    }

    fn bucket_mut(&mut self, kind: CapacityKind) -> &mut Bucket {
        match kind {
            CapacityKind::Read => &mut self.read,
            CapacityKind::Write => &mut self.write,
        }
    }

    fn set(&mut self, units: Units, at: Instant) {
        self.read.set_rate(units.read, at);
        self.write.set_rate(units.write, at);
    }
}

impl Gate {
    /// The gate of something new: provisioned with so much, or on demand.
    pub fn new(units: Option<Units>, fill: f64, at: Instant) -> Self {
        Self {
            capacity: units.map(|units| Capacity::new(units, fill, at)),
            ceilings: Ceilings::new(at),
            partitions: Partitions::new(units, at),
            peaks: Peaks::default(),
            warmed: None,
            scalers: <[Scaler; 2]>::default(),
        }
    }

    /// What keeps a request from being let in now, if anything does, of the key with this hash where it is about one.
    pub fn short(
        &self,
        on_demand: bool,
        kind: CapacityKind,
        key: Option<u64>,
        now: Instant,
    ) -> Option<Limit> {
        let whole = match on_demand {
            true => self.ceilings.short(kind, now),
            false => {
                let is_empty = |capacity: &Capacity| !capacity.bucket(kind).admits(now);
                self.capacity.as_ref().is_some_and(is_empty).then_some(Limit::Provisioned)
            }
        };
        let is_hot = |key: &u64| !self.partitions.admits(*key, kind, now);
        whole.or_else(|| key.filter(is_hot).map(|_| Limit::Partition { on_demand }))
    }

    /// Takes what a request has cost, whatever keys it was about.
    pub fn take(&mut self, on_demand: bool, kind: CapacityKind, units: f64, now: Instant) {
        if !on_demand {
            self.capacity.iter_mut().for_each(|capacity| capacity.bucket_mut(kind).take(units, now));
            self.scalers[usize::from(kind == CapacityKind::Write)].add(units);
            return;
        }
        self.ceilings.take(kind, units, now);
        if let Some(doubled) = self.peaks.add(kind, units, now) {
            self.partitions.make_room_on_demand(doubled, now);
        }
    }

    /// Units in a bucket; none where nothing was ever provisioned.
    pub fn tokens(&self, kind: CapacityKind, now: Instant) -> Option<f64> {
        Some(self.capacity.as_ref()?.bucket(kind).tokens(now))
    }

    /// Provisions so much from `at` on; what is provisioned for the first time is `fill` full.
    pub fn provision(&mut self, units: Units, fill: f64, at: Instant) {
        match &mut self.capacity {
            Some(known) => known.set(units, at),
            None => self.capacity = Some(Capacity::new(units, fill, at)),
        }
        self.partitions.make_room(units, at);
    }

    /// Begins to serve on demand: no less than it did before.
    pub fn open(&mut self, at: Instant) {
        self.partitions.make_room_on_demand(FIRST, at);
    }

    /// Lets what is provisioned fill again from `at` on.
    pub fn wake(&mut self, at: Instant) {
        if let Some(capacity) = &mut self.capacity {
            capacity.read.skip_to(at);
            capacity.write.skip_to(at);
        }
    }

    /// Makes it ready to serve so much at once.
    pub fn warm(&mut self, units: Units, at: Instant) {
        self.warmed = Some(units);
        self.partitions.make_room_on_demand(units, at);
    }

    /// What it serves at once, of keys that are spread evenly.
    pub fn warmth(&self, on_demand: bool) -> Units {
        let first = match (&self.capacity, on_demand) {
            (Some(capacity), false) => capacity.units(),
            (Some(capacity), true) => FIRST.at_least(capacity.units()),
            (None, _) => FIRST,
        };
        self.warmed.into_iter().fold(first.at_least(self.peaks.doubled()), Units::at_least)
    }

    /// Follows what was consumed, minutes late. Times are `now` and the wall's, in seconds since 1970.
    pub fn scale(&mut self, scaling: &AutoScaling, (now, wall): (Instant, f64)) {
        let Some(capacity) = &mut self.capacity else { return };
        let was = capacity.units();
        let [read, write] = &mut self.scalers;
        let wanted = Units {
            read: read.pass(scaling, was.read, now).unwrap_or(was.read),
            write: write.pass(scaling, was.write, now).unwrap_or(was.write),
        };
        if wanted == was || (wanted.is_less_than(was) && capacity.decreases.check(wall).is_err()) {
            return;
        }
        if wanted.is_less_than(was) {
            capacity.decreases.count(wall);
        }
        if wanted.is_more_than(was) {
            capacity.increased = Some(wall);
        }
        capacity.set(wanted, now);
        self.partitions.make_room(wanted, now);
    }
}
