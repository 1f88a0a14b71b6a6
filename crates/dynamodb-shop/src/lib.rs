//! The practice shop's DynamoDB: its JSON protocol on its own port, with provisioned capacity enforced.
//!
//! A [`Store`] carries out operations: token buckets admit them, an embedded engine executes them, and the capacity they
//! consumed is taken from the buckets. A [`Server`] serves a store over HTTP, with credentials, latency and injected failures.

mod config;
mod error;
mod server;
mod stats;
mod store;

pub use config::{Auth, ServerConfig, StoreConfig};
pub use error::ServerError;
pub use server::{RunningServer, Server, ServerHandle};
pub use stats::{OperationCount, ServerStats, TableUse};
pub use store::{AutoScaling, Injection, Store, StoreResponse};
