//! `dynamodb` runs Prime Day on DynamoDB, and makes, shows, changes and removes its tables.

mod capacity;
mod dispatch;
mod progress;
mod setup;
mod teardown;

pub use self::dispatch::run;
pub use crate::args::DynamodbArgs;
