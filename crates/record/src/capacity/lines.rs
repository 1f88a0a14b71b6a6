//! Capacity is what a run consumed of a database that is paid by capacity units, and what would have served it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a run consumed, what would have served it, and what that costs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Capacity {
    /// Reads and writes of each table and index.
    pub lines: Vec<CapacityLine>,
    /// What the recommended capacity costs.
    pub costs: Option<CapacityCosts>,
    /// The keys that were used most, those first that come nearest to what one partition serves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<HotKey>,
}

/// A partition key that was used much, by the reads or the writes of a table or an index.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HotKey {
    /// The table.
    pub table: String,
    /// The index, if it is one's.
    pub index: Option<String>,
    /// Reads or writes.
    pub kind: CapacityKind,
    /// The value of the key.
    pub key: String,
    /// Units a second that it consumed, in the busiest ten seconds in a row; of a shorter load, all of it.
    pub rate: f64,
    /// Units that it consumed in the busiest second.
    pub peak: f64,
    /// Units a second that one partition serves.
    pub limit: f64,
}

impl HotKey {
    /// How much of what one partition serves that is.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.rate / self.limit
    }
}

/// The reads or the writes of a table or an index.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CapacityLine {
    /// The table.
    pub table: String,
    /// The index, if it is one's.
    pub index: Option<String>,
    /// Reads or writes.
    pub kind: CapacityKind,
    /// Units a second that were provisioned; none on demand.
    pub provisioned: Option<f64>,
    /// Units that the run consumed.
    pub consumed: f64,
    /// Units that flowed in while it lasted: what it could consume at most, with an empty burst; none on demand.
    pub flow: Option<f64>,
    /// Units that a full burst adds to that; none on demand.
    pub burst: Option<f64>,
    /// Attempts that it throttled.
    pub throttled: u64,
    /// Units a second that were due: what the same load would have consumed without throttles.
    pub due: f64,
    /// Units that were due in the busiest second.
    pub peak: f64,
    /// Units a second that the busiest minute consumed, of a shorter load all of it; none where no second is known.
    pub busiest_minute: Option<f64>,
    /// Units a second that would have served it, with headroom.
    pub recommended: u64,
}

/// Reads or writes.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum CapacityKind {
    /// Reads.
    #[default]
    Read,
    /// Writes.
    Write,
}

/// What capacity costs; amounts are decimals as text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CapacityCosts {
    /// The currency, such as `USD`.
    pub currency: String,
    /// When the prices were looked up.
    pub prices_of: String,
    /// The region of the prices.
    pub region: String,
    /// An hour of what is recommended, provisioned.
    pub provisioned_hour: String,
    /// An hour of the load that was due, on demand.
    pub on_demand_hour: String,
}
