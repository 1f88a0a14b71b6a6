//! A desk serves a store over HTTP: connections, credentials, latency and faults.

mod authorization;
mod clerk;
mod door;
mod refusal;
mod server;
mod signature;

pub use server::{Desk, DeskHandle, RunningDesk};
