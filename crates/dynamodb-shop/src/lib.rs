//! The practice shop's DynamoDB: its JSON protocol on a port of its own, with provisioned capacity enforced.
//!
//! A [`Store`] answers operations: a gate of token buckets admits them, an embedded engine carries them out, and what they
//! consumed is taken from the buckets. A [`Desk`] serves a store over HTTP, with credentials, latency and faults.

mod config;
mod desk;
mod error;
mod stats;
mod store;

pub use config::{Auth, DeskConfig, StoreConfig};
pub use desk::{Desk, DeskHandle, RunningDesk};
pub use error::DeskError;
pub use stats::{DeskStats, OperationCount, TableUse};
pub use store::{Answer, Store};
