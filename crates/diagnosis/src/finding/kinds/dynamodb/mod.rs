//! What can be found in a run against DynamoDB.

pub(crate) mod burst;
pub(crate) mod conflicts;
pub(crate) mod hot_key;
pub(crate) mod throttling;
