//! The operations of DynamoDB, by what they work on.

mod batch;
mod consumed;
mod dispatch;
mod item;
mod table_control;
mod table_update;
mod transaction;
