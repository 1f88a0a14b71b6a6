//! A response is what an operation returns: an HTTP status and a JSON body.

use bytes::Bytes;

/// The response to an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreResponse {
    /// The HTTP status.
    pub status: u16,
    /// The JSON body.
    pub body: Bytes,
}
