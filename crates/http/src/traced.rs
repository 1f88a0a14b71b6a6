//! Traced is a request that carries the context of its span in W3C's header `traceparent`, so that the spans of the target join
//! the same trace. Where a script writes that header itself it stays, and its request has no span here.

use http::{HeaderName, HeaderValue};

use crate::client::Client;
use crate::exchange::{Exchange, Request};
use crate::spans::{Begun, SpanKind, Spans};

/// W3C's header.
pub(crate) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

impl Client {
    /// From now on requests are part of one iteration.
    pub fn begin_iteration(&self) {
        if self.worker().shared().spans().is_some() {
            self.iterating().set(Some(Begun::alone()));
        }
    }

    /// The iteration is over; what it was is asked for where spans are.
    pub fn end_iteration(&self, kind: impl FnOnce() -> SpanKind) {
        let Some(spans) = self.worker().shared().spans() else { return };
        if let Some(begun) = self.iterating().take() {
            spans.end(begun, None, kind());
        }
    }

    /// Begins the span of a request, which gets its header.
    pub(crate) fn begin_request(&self, request: &mut Request) -> Option<RequestSpan<'_>> {
        let spans = self.worker().shared().spans()?;
        if request.headers.contains_key(TRACEPARENT) {
            return None;
        }
        let iteration = self.iterating().get();
        let begun = iteration.map_or_else(Begun::alone, |iteration| Begun::in_trace(iteration.trace));
        let context = format!("00-{:032x}-{:016x}-01", begun.trace, begun.id);
        request.headers.insert(TRACEPARENT, HeaderValue::from_str(&context).ok()?);
        Some(RequestSpan { spans, begun, parent: iteration.map(|iteration| iteration.id) })
    }
}

/// The span of a request under way.
#[derive(Debug)]
pub(crate) struct RequestSpan<'a> {
    spans: &'a Spans,
    begun: Begun,
    parent: Option<u64>,
}

impl RequestSpan<'_> {
    /// The request has an end.
    pub(crate) fn end(&self, exchange: &Exchange, request: &Request) {
        let kind = SpanKind::Request {
            method: request.method.clone(),
            url: request.target.name.to_string(),
            host: request.target.origin.host.clone(),
            port: request.target.origin.port,
            status: exchange.status,
            error: exchange.error.as_ref().map(|error| error.message.to_string()),
        };
        self.spans.end(self.begun, self.parent, kind);
    }
}
