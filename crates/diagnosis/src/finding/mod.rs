//! What can be found in a run without being asked, in one table.

mod kind;
mod table;

mod draft;
mod queue;
mod series;
mod stretch;

mod bimodal;
mod breaking;
mod conflicts;
mod connections;
mod degradation;
mod dropped;
mod dynamodb_throttling;
mod errors;
mod generator;
mod leak;
mod lock;
mod outage;
mod oversold;
mod pool;
mod tail;
mod target_cpu;
mod throttling;
mod warm_up;

pub use kind::{FindingKind, FindingText};
pub(crate) use table::findings;
pub use table::{FINDINGS, finding_text};
