//! A desk serves a store over HTTP: connections, credentials, latency and faults.

mod authorization;
mod clerk;
mod door;
mod refusal;
mod running;
mod server;
mod signature;

pub use running::{DeskHandle, RunningDesk};
pub use server::Desk;
