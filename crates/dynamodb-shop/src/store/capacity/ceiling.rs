//! A ceiling is the most that a table or an index serves on demand: what was set for it, and the quota of its account.

use tokio::time::Instant;

use super::bucket::Bucket;
use super::shortage::{CapacityKind, Limit};
use super::units::Units;

/// The default quota of an account for one table or index, in units a second; of reads as of writes.
pub const OF_TABLE: u64 = 40_000;

/// The default quota of an account for all that is provisioned in a region, in units a second; of reads as of writes.
pub const OF_ACCOUNT: u64 = 80_000;

/// The most that a table or an index serves on demand.
#[derive(Clone, Debug)]
pub struct Ceilings {
    read: Ceiling,
    write: Ceiling,
}

#[derive(Clone, Debug)]
struct Ceiling {
    set: Option<Bucket>,
    quota: Bucket,
}

/// What `OnDemandThroughput` sets: units a second, none where it stays as it is, and nothing where it is removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Maximum {
    /// Of reads.
    pub read: Option<Option<u64>>,
    /// Of writes.
    pub write: Option<Option<u64>>,
}

impl Ceilings {
    /// The quota, and no other.
    pub fn new(at: Instant) -> Self {
        let ceiling = || Ceiling { set: None, quota: Bucket::of_a_second(OF_TABLE, at) };
        Self { read: ceiling(), write: ceiling() }
    }

    /// Sets or removes what was set.
    pub fn set(&mut self, maximum: Maximum, at: Instant) {
        for (ceiling, change) in [(&mut self.read, maximum.read), (&mut self.write, maximum.write)] {
            if let Some(units) = change {
                ceiling.set = units.map(|units| Bucket::of_a_second(units, at));
            }
        }
    }

    /// What was set, of reads and of writes.
    pub fn of(&self) -> [Option<u64>; 2] {
        [&self.read, &self.write].map(|ceiling| ceiling.set.as_ref().map(Bucket::rate))
    }

    /// What keeps a request from being let in now, if anything does.
    pub fn short(&self, kind: CapacityKind, now: Instant) -> Option<Limit> {
        let ceiling = match kind {
            CapacityKind::Read => &self.read,
            CapacityKind::Write => &self.write,
        };
        match &ceiling.set {
            Some(set) if !set.admits(now) => Some(Limit::Maximum),
            _ if !ceiling.quota.admits(now) => Some(Limit::Account),
            _ => None,
        }
    }

    /// Takes what a request has cost.
    pub fn take(&mut self, kind: CapacityKind, units: f64, now: Instant) {
        let ceiling = match kind {
            CapacityKind::Read => &mut self.read,
            CapacityKind::Write => &mut self.write,
        };
        ceiling.quota.take(units, now);
        ceiling.set.iter_mut().for_each(|set| set.take(units, now));
    }
}

/// Refuses what is more than the quota of a table; in words that say so.
pub fn check_quota(units: Units) -> Result<(), String> {
    for (wanted, what) in [(units.read, "read"), (units.write, "write")] {
        if wanted > OF_TABLE {
            return Err(format!(
                "Subscriber limit exceeded: the requested {wanted} {what} capacity units exceed the quota of {OF_TABLE} for a \
                 table or an index"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_was_set_comes_before_the_quota() {
        let start = Instant::now();
        let mut ceilings = Ceilings::new(start);
        ceilings.set(Maximum { read: None, write: Some(Some(100)) }, start);
        assert_eq!(ceilings.of(), [None, Some(100)]);
        for kind in [CapacityKind::Read, CapacityKind::Write] {
            assert_eq!(ceilings.short(kind, start), None);
            ceilings.take(kind, 100.0, start);
        }
        assert_eq!(ceilings.short(CapacityKind::Write, start), Some(Limit::Maximum));
        assert_eq!(ceilings.short(CapacityKind::Read, start), None);
        ceilings.take(CapacityKind::Read, 40_000.0, start);
        assert_eq!(ceilings.short(CapacityKind::Read, start), Some(Limit::Account));
        let later = start + Duration::from_secs(1);
        assert_eq!(ceilings.short(CapacityKind::Write, later), None);
        ceilings.set(Maximum { read: None, write: Some(None) }, later);
        assert_eq!(ceilings.of(), [None, None]);
    }

    #[test]
    fn more_than_the_quota_of_a_table_is_refused() {
        assert_eq!(check_quota(Units { read: 40_000, write: 40_000 }), Ok(()));
        let refusal = check_quota(Units { read: 50_000, write: 1 }).unwrap_err();
        assert!(refusal.contains("50000 read capacity units exceed the quota of 40000"), "{refusal}");
    }
}
