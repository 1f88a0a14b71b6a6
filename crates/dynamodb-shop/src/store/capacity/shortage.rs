//! A shortage is a table or an index that has no capacity left for reads or for writes.

use dynoxide::streams::LOCAL_ACCOUNT;

/// What capacity is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CapacityKind {
    /// Reads.
    Read,
    /// Writes.
    Write,
}

/// What a table or an index ran out of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Its provisioned throughput.
    Provisioned,
    /// What one partition of it serves.
    Partition {
        /// Whether it is paid for by request.
        on_demand: bool,
    },
    /// The maximum that was set for it on demand.
    Maximum,
    /// The quota of its account for a table or an index on demand.
    Account,
}

/// A table or an index without capacity left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortage {
    /// The table.
    pub table: String,
    /// The index, unless it is the table itself.
    pub index: Option<String>,
    /// Reads or writes.
    pub kind: CapacityKind,
    /// What it ran out of.
    pub limit: Limit,
}

impl Shortage {
    /// Whether the table or index is paid for by request.
    pub fn is_on_demand(&self) -> bool {
        matches!(self.limit, Limit::Maximum | Limit::Account | Limit::Partition { on_demand: true })
    }

    /// The ARN of the table or index.
    pub fn arn(&self, region: &str) -> String {
        arn(region, &self.table, self.index.as_deref())
    }
}

/// The ARN of a table or of one of its indexes.
pub fn arn(region: &str, table: &str, index: Option<&str>) -> String {
    match index {
        None => format!("arn:aws:dynamodb:{region}:{LOCAL_ACCOUNT}:table/{table}"),
        Some(index) => format!("arn:aws:dynamodb:{region}:{LOCAL_ACCOUNT}:table/{table}/index/{index}"),
    }
}
