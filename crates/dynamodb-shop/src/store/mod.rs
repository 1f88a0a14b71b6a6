//! A store answers DynamoDB's operations: admitted by the gate, carried out by the engine, paid from the buckets.

mod batch;
mod bucket;
mod clock;
mod consumed;
mod core;
mod describe;
mod effect;
mod index;
mod item;
mod ledger;
mod limits;
mod operation;
mod place;
mod refusal;
mod replay;
mod request;
mod service;
mod table;
mod table_control;
mod table_update;
mod transaction;
mod update;

pub(crate) use operation::Operation;
pub use service::{Answer, Store};
