//! A store carries out DynamoDB's operations: buckets admit them, the engine executes them, and the buckets pay for them.

mod arn;
mod capacity;
mod clock;
mod core;
mod describe;
mod effect;
mod holds;
mod injection;
mod ledger;
mod operation;
mod operations;
mod refusal;
mod replay;
mod request;
mod response;
mod service;
mod statement;

pub use capacity::scaling::AutoScaling;
pub use injection::Injection;
pub(crate) use operation::Operation;
pub use response::StoreResponse;
pub use service::Store;
