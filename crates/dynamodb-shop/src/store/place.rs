//! A place is where capacity is kept apart: a table or one of its indexes, for reads or for writes.

use dynoxide::streams::LOCAL_ACCOUNT;

/// What capacity is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Reads.
    Read,
    /// Writes.
    Write,
}

/// A place that has no capacity left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortage {
    /// The table.
    pub table: String,
    /// The index, if it is one's.
    pub index: Option<String>,
    /// Reads or writes.
    pub kind: Kind,
}

impl Shortage {
    /// The name of the table or index for the whole world.
    pub fn arn(&self, region: &str) -> String {
        arn(region, &self.table, self.index.as_deref())
    }
}

/// The name of a table or an index of it for the whole world.
pub fn arn(region: &str, table: &str, index: Option<&str>) -> String {
    match index {
        None => format!("arn:aws:dynamodb:{region}:{LOCAL_ACCOUNT}:table/{table}"),
        Some(index) => format!("arn:aws:dynamodb:{region}:{LOCAL_ACCOUNT}:table/{table}/index/{index}"),
    }
}
