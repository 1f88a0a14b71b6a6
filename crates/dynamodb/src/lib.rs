//! Front end for DynamoDB: a client whose every attempt is counted, the shop of Prime Day, its tables and their capacity.
//!
//! A [`Service`] is where requests go and who sends them. A [`Client`] is one virtual user's way there: it signs, sends,
//! retries and tells a [`Watch`] of everything it does; a [`Meter`] is the watch that makes samples of it. The [`Workload`]
//! is what customers do on the day, [`ShopBehaviour`] does it on the engine. [`control`] makes and changes the tables,
//! [`capacity`] is the arithmetic of capacity units and what they cost.

pub mod capacity;
pub mod control;

mod answer;
mod behaviour;
mod blame;
mod call;
mod catalogue;
mod client;
mod credentials;
mod decimal;
mod endpoint;
#[cfg(test)]
mod fake;
mod fault;
mod measures;
mod meter;
mod order;
mod popularity;
mod requests;
mod retry;
mod service;
mod sign;
mod tables;
mod takings;
mod value;
mod watch;
mod workload;

pub use behaviour::{ShopBehaviour, ShopSettings};
pub use call::{Call, Consumed, Operation, Reply};
pub use catalogue::{Catalogue, Category, Product};
pub use client::Client;
pub use credentials::{Credentials, CredentialsError};
pub use decimal::{Decimal, DecimalError};
pub use endpoint::{Endpoint, EndpointError};
pub use fault::{Cancellation, Fault, FaultKind, ThrottlingReason};
pub use measures::Measures;
pub use meter::Meter;
pub use order::{Line, Order};
pub use popularity::Popularity;
pub use retry::Retry;
pub use service::Service;
pub use tables::{CATEGORY_INDEX, Tables};
pub use takings::Takings;
pub use value::{Item, Value};
pub use watch::{CallEnd, Watch};
pub use workload::{OrderStyle, Patterns, Workload};
