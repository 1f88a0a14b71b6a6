//! Module `flashcrowd/dynamodb`: a client of DynamoDB whose every attempt is a sample, and exact decimal numbers.
//!
//! A request is written from script values straight into DynamoDB's JSON, and an answer read from it straight into script
//! values. Who signs and where requests go is found once a test and shared; connections and samples are a virtual user's.

mod client;
mod config;
mod decimal;
mod exports;
mod failure;
mod read;
mod shared;
mod tables;
mod watch;
mod write;

pub use decimal::ScriptDecimal;
pub use exports::{EXPORTS, build};
pub use shared::Shared;
pub use watch::Meters;
