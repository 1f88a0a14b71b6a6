//! A store carries out DynamoDB's operations: buckets admit them, the engine executes them, and the buckets pay for them.

mod capacity;
mod clock;
mod core;
mod describe;
mod effect;
mod holds;
mod ledger;
mod operation;
mod operations;
mod refusal;
mod replay;
mod request;
mod response;
mod service;

pub(crate) use operation::Operation;
pub use response::StoreResponse;
pub use service::Store;
