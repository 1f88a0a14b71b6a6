//! A server exposes a store over HTTP: connections, credentials, latency and injected failures.

mod admission;
mod authorization;
mod handler;
mod lifecycle;
mod rejection;
mod signature;

pub use lifecycle::{RunningServer, Server, ServerHandle};
