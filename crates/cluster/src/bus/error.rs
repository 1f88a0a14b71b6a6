//! Why a bus cannot be used.

/// Why a bus cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
pub enum BusError {
    /// It cannot be reached.
    #[error("cannot reach the bus {address}: {why}")]
    Connect {
        /// Where it is.
        address: String,
        /// Why.
        why: String,
    },
    /// It did what it must not.
    #[error("the bus {address} failed: {why}")]
    Failed {
        /// Where it is.
        address: String,
        /// What it did.
        why: String,
    },
    /// The connection is over.
    #[error("the connection to the bus is lost")]
    Lost,
}
