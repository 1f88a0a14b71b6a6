//! An injection throttles requests by chance, for a reason of one's choice: for practice in what comes of it.

use std::fmt;
use std::str::FromStr;

use super::capacity::shortage::{CapacityKind, Limit, Shortage};
use super::core::Core;

/// Throttles a share of the requests that a reason fits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Injection {
    /// Of reads or of writes.
    kind: CapacityKind,
    /// Of an index, rather than of a table.
    of_index: bool,
    limit: Limit,
    /// The share, above 0 and up to 1.
    share: f64,
}

/// The limits, as reasons end in them.
const LIMITS: [(&str, Limit); 4] = [
    ("ProvisionedThroughputExceeded", Limit::Provisioned),
    ("KeyRangeThroughputExceeded", Limit::Partition { on_demand: false }),
    ("MaxOnDemandThroughputExceeded", Limit::Maximum),
    ("AccountLimitExceeded", Limit::Account),
];

impl FromStr for Injection {
    type Err = String;

    /// Reads `TableWriteProvisionedThroughputExceeded=0.1`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "'{text}' is no injection: write a throttling reason and a share, such as \
                 TableWriteProvisionedThroughputExceeded=0.1; reasons are Table or Index, then Read or Write, then one of {}",
                LIMITS.map(|(name, _)| name).join(", ")
            )
        };
        let (reason, share) = text.split_once('=').ok_or_else(wrong)?;
        let (of_index, rest) = match (reason.strip_prefix("Table"), reason.strip_prefix("Index")) {
            (Some(rest), _) => (false, rest),
            (_, Some(rest)) => (true, rest),
            _ => return Err(wrong()),
        };
        let (kind, rest) = match (rest.strip_prefix("Read"), rest.strip_prefix("Write")) {
            (Some(rest), _) => (CapacityKind::Read, rest),
            (_, Some(rest)) => (CapacityKind::Write, rest),
            _ => return Err(wrong()),
        };
        let (_, limit) = LIMITS.into_iter().find(|(name, _)| *name == rest).ok_or_else(wrong)?;
        let share: f64 = share.trim().parse().map_err(|_| wrong())?;
        if !(share > 0.0 && share <= 1.0) {
            return Err(wrong());
        }
        Ok(Self { kind, of_index, limit, share })
    }
}

impl fmt::Display for Injection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.of_index { "Index" } else { "Table" };
        let kind = if self.kind == CapacityKind::Read { "Read" } else { "Write" };
        let limit = LIMITS.iter().find(|(_, limit)| *limit == self.limit).map_or("", |(name, _)| name);
        write!(f, "{place}{kind}{limit}={}", self.share)
    }
}

impl Core {
    /// What is short by chance, of the reads or writes of a table or of an index. A write is one of all of its table's
    /// indexes.
    pub fn injected(&self, table: &str, index: Option<&str>, kind: CapacityKind) -> Option<Shortage> {
        let known = self.tables.get(table)?;
        let place = |injection: &Injection| match (injection.of_index, kind) {
            (false, _) => index.is_none().then_some(None),
            (true, CapacityKind::Read) => index.map(|index| Some(index.to_owned())),
            (true, CapacityKind::Write) => known.indexes.first().map(|index| Some(index.name.clone())),
        };
        let fits = |injection: &&Injection| injection.kind == kind && fastrand::f64() < injection.share;
        let drawn = self.config.injections.iter().filter(|one| place(one).is_some()).find(fits)?;
        let limit = match drawn.limit {
            Limit::Partition { .. } => Limit::Partition { on_demand: known.on_demand },
            other => other,
        };
        Some(Shortage { table: table.to_owned(), index: place(drawn)?, kind, limit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_injection_is_a_reason_and_a_share() {
        for text in [
            "TableWriteProvisionedThroughputExceeded=0.1",
            "IndexReadKeyRangeThroughputExceeded=1",
            "TableReadMaxOnDemandThroughputExceeded=0.5",
            "TableWriteAccountLimitExceeded=0.01",
        ] {
            assert_eq!(text.parse::<Injection>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "TableWrite=1",
            "TableWriteAccountLimitExceeded",
            "TableWriteAccountLimitExceeded=0",
            "TableWriteAccountLimitExceeded=2",
            "Write=0.1",
            "TableWriteAccountLimitExceeded=NaN",
        ] {
            let problem = text.parse::<Injection>().unwrap_err();
            assert!(problem.contains("TableWriteProvisionedThroughputExceeded=0.1"), "{problem}");
        }
    }
}
