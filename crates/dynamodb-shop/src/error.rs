//! What can keep the endpoint from being opened.

use std::io;
use std::net::SocketAddr;

use thiserror::Error;

/// Why the endpoint cannot be opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The configuration makes no sense.
    #[error("DynamoDB cannot be set up so: {}", problems.join("; "))]
    Config {
        /// Everything that is wrong with it.
        problems: Vec<String>,
    },
    /// Nobody can listen there.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// There is no thread.
    #[error("cannot start a thread: {source}")]
    Thread {
        /// Why not.
        #[from]
        source: io::Error,
    },
    /// The embedded engine did not start.
    #[error("the table engine does not start: {0}")]
    Engine(String),
}
