//! A span is what a tracing system shows of a request, or of the iteration that requests are part of: where it belongs, from
//! when to when it lasted, and what came of it. There are none unless they are asked for.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::Method;
use tokio::time::Instant;

/// One span.
#[derive(Clone, Debug)]
pub struct Span {
    /// The trace that it is part of.
    pub trace: u128,
    /// Its number.
    pub id: u64,
    /// The span that it is part of.
    pub parent: Option<u64>,
    /// When it began.
    pub start: SystemTime,
    /// How long it lasted.
    pub length: Duration,
    /// What it is of.
    pub kind: SpanKind,
}

/// What a span is of.
#[derive(Clone, Debug)]
pub enum SpanKind {
    /// An iteration.
    Iteration {
        /// Its scenario.
        scenario: Arc<str>,
        /// The virtual user.
        vu: u64,
        /// Its number in the scenario.
        number: u64,
        /// Whether it ended with an error, or was interrupted.
        failed: bool,
    },
    /// A request, each of those that redirects ask for.
    Request {
        /// The method.
        method: Method,
        /// The URL, without credentials.
        url: String,
        /// The server.
        host: String,
        /// Its port.
        port: u16,
        /// The status; zero without a response.
        status: u16,
        /// Why there is no response.
        error: Option<String>,
    },
}

/// Who takes spans.
pub struct Spans {
    /// A moment on both clocks.
    origin: (SystemTime, Instant),
    take: Box<dyn Fn(Span) + Send + Sync>,
}

impl fmt::Debug for Spans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spans").finish_non_exhaustive()
    }
}

impl Spans {
    /// Given the time now, and what takes each span; it must not block.
    pub fn new(now: SystemTime, take: Box<dyn Fn(Span) + Send + Sync>) -> Self {
        Self { origin: (now, Instant::now()), take }
    }

    pub(crate) fn end(&self, begun: Begun, parent: Option<u64>, kind: SpanKind) {
        let (now, origin) = self.origin;
        let start = now + begun.at.saturating_duration_since(origin);
        let length = begun.at.elapsed();
        (self.take)(Span { trace: begun.trace, id: begun.id, parent, start, length, kind });
    }
}

/// A span under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Begun {
    pub(crate) trace: u128,
    pub(crate) id: u64,
    at: Instant,
}

impl Begun {
    /// One in a trace of its own.
    pub(crate) fn alone() -> Self {
        Self::in_trace(fastrand::u128(..))
    }

    /// One in this trace.
    pub(crate) fn in_trace(trace: u128) -> Self {
        // Zero is no number of either.
        Self { trace: trace.max(1), id: fastrand::u64(1..), at: Instant::now() }
    }
}

/// The iteration that a client's requests are part of.
pub(crate) type Iterating = Cell<Option<Begun>>;
