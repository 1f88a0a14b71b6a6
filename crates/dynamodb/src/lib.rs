//! A client of DynamoDB that counts every attempt.
//!
//! A [`Service`] is where requests go and who signs them. A [`Client`] calls it for one virtual user: it signs, sends,
//! retries, and reports everything it does to a [`Watch`]; a [`Meter`] is the watch that turns this into samples. What
//! items and operations cost in capacity units is arithmetic: [`item_size()`], [`read_units`], [`write_units`].

mod answer;
mod auth;
mod call;
mod client;
mod decimal;
mod endpoint;
#[cfg(test)]
mod fake;
mod fault;
mod item_size;
mod keys;
mod measures;
mod meter;
mod quota;
mod retry;
mod service;
mod throttled_table;
mod units;
mod value;
mod watch;

pub use auth::{Credentials, CredentialsError, wall_now};
pub use call::{Call, Consumed, Operation, Reply};
pub use client::Client;
pub use decimal::{Decimal, DecimalError};
pub use endpoint::{Configured, Endpoint, EndpointError};
pub use fault::{Cancellation, Fault, FaultKind, ThrottlingReason};
pub use item_size::item_size;
pub use keys::{HotKey, KeyRates, KeyWatch};
pub use measures::Measures;
pub use meter::Meter;
pub use quota::SdkRetries;
pub use retry::Retry;
pub use service::Service;
pub use units::{BURST_SECONDS, Ceiling, HEADROOM, ceiling, partition_units, read_units, write_units};
pub use value::{Item, Value};
pub use watch::{CallEnd, Watch};
