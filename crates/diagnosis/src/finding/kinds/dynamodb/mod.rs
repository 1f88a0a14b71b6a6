//! What can be found in a run against DynamoDB.

pub(in crate::finding) mod burst;
pub(in crate::finding) mod conflicts;
pub(in crate::finding) mod throttling;
