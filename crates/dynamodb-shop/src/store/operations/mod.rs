//! The operations of DynamoDB, by what they work on.

mod batch;
mod consumed;
mod dispatch;
mod item;
mod local_index;
mod partiql;
mod table_control;
mod table_update;
pub(super) mod throughput;
mod transaction;
mod validity;
