//! Prime Day on DynamoDB, against the practice endpoint and against programs of others.

mod conclusions;
mod emulators;
#[cfg(unix)]
mod interrupted;
pub mod peers;
pub mod practice;
mod prime_day;
mod tables;
