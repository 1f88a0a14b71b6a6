//! A shop error is a reason why the practice shop could not open or go on.

use std::io;
use std::net::SocketAddr;

use thiserror::Error;

/// Why the practice shop could not open or go on.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ShopError {
    /// The configuration has problems; all of them are listed.
    #[error("the shop cannot be set up so: {}", problems.join("; "))]
    Config {
        /// One sentence a problem: field, value and remedy.
        problems: Vec<String>,
    },
    /// A server behind the shop does not do what it should.
    #[error("{server}: {problem}")]
    Server {
        /// Its address, without credentials.
        server: String,
        /// What it said.
        problem: String,
    },
    /// The address could not be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A worker thread could not be started.
    #[error("cannot start a worker thread of the shop")]
    Thread {
        /// What the system said.
        #[from]
        source: io::Error,
    },
}
