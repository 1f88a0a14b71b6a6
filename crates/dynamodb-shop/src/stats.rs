//! What the endpoint counts by itself: independent evidence of what the load side claims.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Everything that the endpoint has counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ServerStats {
    /// Requests by operation and table, as `GetItem Products`; of several tables as `TransactWriteItems Orders,Products`;
    /// of none, or none that ever was, as `GetItem`.
    pub operations: BTreeMap<String, OperationCount>,
    /// Capacity by table, and by index as `Products/category-index`.
    pub tables: BTreeMap<String, TableUse>,
}

/// What became of the requests of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationCount {
    /// Answered 200.
    pub served: u64,
    /// Refused for want of capacity; transactions that were cancelled for it are in here.
    pub throttled: u64,
    /// Refused otherwise.
    pub failed: u64,
}

/// The capacity of a table or an index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TableUse {
    /// Read units consumed.
    pub read: f64,
    /// Write units consumed.
    pub write: f64,
    /// Requests that its reads throttled, batches also in part.
    pub read_throttles: u64,
    /// Requests that its writes throttled, batches also in part.
    pub write_throttles: u64,
    /// Read units in the bucket now; none on demand.
    pub read_tokens: Option<f64>,
    /// Write units in the bucket now; none on demand.
    pub write_tokens: Option<f64>,
}
