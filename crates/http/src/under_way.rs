//! A request under way is one whose response somebody waits for: if nobody does any more, it is told to have been sent.

use tokio::time::Instant;

use crate::connection::trace::Trace;
use crate::error::HttpError;
use crate::exchange::{Delivery, Exchange};

/// Tells of a request that is given up after something of it has left this machine. So every request that a target can
/// have seen is counted somewhere.
pub(crate) struct UnderWay<'a, F: FnMut(&Exchange)> {
    trace: &'a Trace,
    tell: F,
    is_over: bool,
}

impl<'a, F: FnMut(&Exchange)> UnderWay<'a, F> {
    pub(crate) fn new(trace: &'a Trace, tell: F) -> Self {
        Self { trace, tell, is_over: false }
    }

    /// The request has an end, which is told.
    pub(crate) fn end(mut self, exchange: &Exchange) {
        self.is_over = true;
        (self.tell)(exchange);
    }

    /// The request has an end, which its caller knows.
    pub(crate) fn forget(mut self) {
        self.is_over = true;
    }
}

impl<F: FnMut(&Exchange)> Drop for UnderWay<'_, F> {
    fn drop(&mut self) {
        if self.is_over || !self.trace.has_left() {
            return;
        }
        let (bytes_sent, bytes_received) = self.trace.take_bytes();
        let exchange = Exchange {
            timings: self.trace.timings(Instant::now()),
            remote: self.trace.remote.get(),
            tls: self.trace.tls.get(),
            bytes_sent,
            bytes_received,
            delivery: Delivery {
                reused: self.trace.reused.get(),
                resends: self.trace.resends.get(),
                interrupted: true,
            },
            error: Some(HttpError::interrupted()),
            ..Exchange::default()
        };
        (self.tell)(&exchange);
    }
}
