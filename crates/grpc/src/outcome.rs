//! A call as it is asked for, and what came of it.

use std::time::Duration;

use prost_reflect::DynamicMessage;

use crate::metadata::Metadata;
use crate::schema::Method;
use crate::status::Status;

/// A call as it is asked for.
#[derive(Clone, Debug)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// What is sent beside the message.
    pub metadata: Metadata,
    /// How long all of it may take.
    pub timeout: Option<Duration>,
}

/// What came of a call with one message each way.
#[derive(Clone, Debug)]
pub struct Answer {
    /// How it ended.
    pub status: Status,
    /// The message; none where none came.
    pub message: Option<DynamicMessage>,
    /// What came before the message.
    pub headers: Metadata,
    /// What came after it.
    pub trailers: Metadata,
}

impl Answer {
    /// That of a call that failed on the way.
    pub(crate) fn failed(status: Status) -> Self {
        Self { status, message: None, headers: Metadata::default(), trailers: Metadata::default() }
    }
}
