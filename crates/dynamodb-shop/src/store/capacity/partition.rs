//! A partition holds a range of the keys of a table or an index, and serves 3,000 read and 1,000 write units a second.
//!
//! Keys are spread over partitions by their hash, so one key is never served faster than one partition is. A partition that
//! throttled in many different seconds is split between the keys that were throttled (split for heat); one whose throttled
//! keys are all the same cannot be.

use std::hash::{DefaultHasher, Hash, Hasher};

use dynoxide::AttributeValue;
use tokio::time::Instant;

use super::bucket::Bucket;
use super::shortage::CapacityKind;
use super::units::Units;

/// Read units a second of a partition.
const READS: u64 = 3_000;

/// Write units a second of a partition.
const WRITES: u64 = 1_000;

/// Partitions of a new table that is paid for by request: 4,000 write and 12,000 read units a second.
const ON_DEMAND: usize = 4;

/// Partitions that a table is grown to at most.
const MOST: u64 = 1_000;

/// Throttled keys that a partition remembers.
const REMEMBERED: usize = 64;

/// The partitions of a table or an index, in the order of their keys.
#[derive(Clone, Debug)]
pub struct Partitions(Vec<Partition>);

#[derive(Clone, Debug)]
struct Partition {
    /// The hash of its first key; the last one is before the next partition's.
    from: u64,
    read: Bucket,
    write: Bucket,
    heat: Heat,
}

/// How often a partition throttled, and for which keys.
#[derive(Clone, Debug, Default)]
struct Heat {
    seconds: u64,
    last: Option<Instant>,
    keys: Vec<u64>,
}

/// The hash by which a key is spread over partitions.
pub fn key_hash(value: &AttributeValue) -> u64 {
    let mut hasher = DefaultHasher::new();
    hash_key(value, &mut hasher);
    hasher.finish()
}

/// Hashes the value of an attribute that is part of a key: a text, a number or bytes.
pub fn hash_key(value: &AttributeValue, hasher: &mut impl Hasher) {
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text.hash(hasher),
        AttributeValue::B(bytes) => bytes.hash(hasher),
        _ => {}
    }
}

impl Partitions {
    /// Those of a new table or index: as many as its provisioned throughput needs, or what one on demand begins with.
    pub fn new(units: Option<Units>, at: Instant) -> Self {
        let mut partitions = Self(vec![Partition::new(0, at)]);
        partitions.grow(units.map_or(ON_DEMAND, needed), at);
        partitions
    }

    /// Makes room for what is provisioned now; partitions are never merged.
    pub fn make_room(&mut self, units: Units, at: Instant) {
        self.grow(needed(units), at);
    }

    /// Makes room for so many units a second on demand, whose partitions serve their reads and writes side by side.
    pub fn make_room_on_demand(&mut self, units: Units, at: Instant) {
        let reads = units.read.div_ceil(READS);
        let needed = reads.max(units.write.div_ceil(WRITES)).clamp(1, MOST);
        self.grow(needed as usize, at);
    }

    /// Whether the partition of a key lets a request through.
    pub fn admits(&self, key: u64, kind: CapacityKind, now: Instant) -> bool {
        let partition = &self.0[self.of(key)];
        match kind {
            CapacityKind::Read => partition.read.admits(now),
            CapacityKind::Write => partition.write.admits(now),
        }
    }

    /// Takes what a request about a key has cost.
    pub fn take(&mut self, key: u64, kind: CapacityKind, units: f64, now: Instant) {
        let at = self.of(key);
        match kind {
            CapacityKind::Read => self.0[at].read.take(units, now),
            CapacityKind::Write => self.0[at].write.take(units, now),
        }
    }

    /// Notes that the partition of a key throttled; after so many seconds of that it is split.
    pub fn throttled(&mut self, key: u64, split_after: u64, now: Instant) {
        let at = self.of(key);
        if let Some(first) = self.0[at].heat.note(key, split_after, now) {
            self.0[at].heat = Heat::default();
            self.0.insert(at + 1, Partition::new(first, now));
        }
    }

    fn of(&self, key: u64) -> usize {
        self.0.partition_point(|partition| partition.from <= key) - 1
    }

    /// Splits the largest in half until there are so many.
    fn grow(&mut self, count: usize, now: Instant) {
        while self.0.len() < count {
            let end = |at: usize| self.0.get(at + 1).map_or(u64::MAX, |next| next.from);
            let size = |at: &usize| end(*at) - self.0[*at].from;
            let at = (0..self.0.len()).rev().max_by_key(size).unwrap_or_default();
            let middle = self.0[at].from + size(&at) / 2 + 1;
            self.0.insert(at + 1, Partition::new(middle, now));
        }
    }
}

impl Partition {
    fn new(from: u64, at: Instant) -> Self {
        let (read, write) = (Bucket::of_a_second(READS, at), Bucket::of_a_second(WRITES, at));
        Self { from, read, write, heat: Heat::default() }
    }
}

impl Heat {
    /// Notes a throttle; the first key of the upper half, once it is time to split.
    fn note(&mut self, key: u64, split_after: u64, now: Instant) -> Option<u64> {
        if self.keys.len() < REMEMBERED && !self.keys.contains(&key) {
            self.keys.push(key);
        }
        let is_new = self.last.is_none_or(|last| now.saturating_duration_since(last).as_secs() >= 1);
        if is_new {
            (self.seconds, self.last) = (self.seconds + 1, Some(now));
        }
        if self.seconds < split_after || self.keys.len() < 2 {
            return None;
        }
        self.keys.sort_unstable();
        Some(self.keys[self.keys.len() / 2])
    }
}

fn needed(units: Units) -> usize {
    let needed = units.read as f64 / READS as f64 + units.write as f64 / WRITES as f64;
    (needed.ceil() as usize).clamp(1, MOST as usize)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn hash(text: &str) -> u64 {
        key_hash(&AttributeValue::S(text.to_owned()))
    }

    /// Units that are let in, of so many keys by turns, in so many seconds.
    fn served(partitions: &mut Partitions, keys: u64, seconds: u64) -> f64 {
        let start = Instant::now();
        let mut units = 0.0;
        for millis in 0..seconds * 1000 {
            let now = start + Duration::from_millis(millis);
            for turn in 0..20 {
                let key = hash(&format!("p{}", (millis * 20 + turn) % keys));
                if partitions.admits(key, CapacityKind::Write, now) {
                    partitions.take(key, CapacityKind::Write, 1.0, now);
                    units += 1.0;
                } else {
                    partitions.throttled(key, 20, now);
                }
            }
        }
        units
    }

    #[test]
    fn one_key_is_served_a_thousand_writes_a_second_however_long_it_is_hot() {
        let mut partitions = Partitions::new(None, Instant::now());
        let units = served(&mut partitions, 1, 60);
        assert!((60_000.0..=61_020.0).contains(&units), "{units}");
        assert_eq!(partitions.0.len(), 4);
    }

    #[test]
    fn many_keys_have_four_partitions_at_first_and_more_when_they_stay_hot() {
        let mut partitions = Partitions::new(None, Instant::now());
        let units = served(&mut partitions, 1_000, 10);
        assert!((40_000.0..=44_100.0).contains(&units), "{units}");
        served(&mut partitions, 1_000, 40);
        assert!(partitions.0.len() >= 8, "{}", partitions.0.len());
        assert!(partitions.0.is_sorted_by_key(|partition| partition.from));
    }

    #[test]
    fn provisioned_throughput_has_the_partitions_that_it_needs() {
        for ((read, write), count) in [((1, 1), 1), ((3_000, 1), 2), ((3_000, 1_000), 2), ((9_000, 4_500), 8)]
        {
            let partitions = Partitions::new(Some(Units { read, write }), Instant::now());
            assert_eq!(partitions.0.len(), count, "{read} {write}");
        }
    }
}
