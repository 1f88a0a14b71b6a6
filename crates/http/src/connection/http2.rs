//! An HTTP/2 connection carries any number of exchanges at once, and is driven by a task of its own.

use std::future::Future;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{
    body::Body as _,
    client::conn::http2::{Builder, SendRequest},
};
use hyper_util::rt::TokioIo;

use crate::connection::connect::Dialed;
use crate::connection::http1::{RawResponse, Sink};
use crate::connection::trace::{Facts, Trace};
use crate::error::HttpError;

/// A handle to one HTTP/2 connection; the connection ends when the last handle is gone.
#[derive(Clone)]
pub(crate) struct Http2 {
    sender: SendRequest<Full<Bytes>>,
    pub(crate) facts: Facts,
}

/// Why an exchange failed.
pub(crate) struct Failure {
    pub(crate) error: HttpError,
    /// Whether the server has certainly not acted on it.
    pub(crate) untouched: bool,
    /// Whether it may have been on the wire.
    pub(crate) has_left: bool,
}

impl Http2 {
    pub(crate) async fn new(dialed: Dialed) -> Result<Self, HttpError> {
        let (sender, driver) = Builder::new(OnThisThread)
            .max_header_list_size(1 << 20)
            .handshake(TokioIo::new(dialed.wire))
            .await
            .map_err(|error| HttpError::from_hyper(&error, false))?;
        tokio::task::spawn_local(async move {
            // Every exchange that is cut short is told why by itself.
            let _ = driver.await;
        });
        dialed.facts.meter.share();
        Ok(Self { sender, facts: dialed.facts })
    }

    /// Whether the connection takes no more exchanges.
    pub(crate) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Sends `request` and waits for all of the answer.
    pub(crate) async fn exchange(
        &mut self,
        request: http::Request<Full<Bytes>>,
        mut sink: Sink<'_>,
        trace: &Trace,
    ) -> Result<RawResponse, Failure> {
        let failed = |error: hyper::Error, answered: bool| Failure {
            untouched: !answered && is_untouched(&error),
            has_left: !error.is_canceled(),
            error: HttpError::from_hyper(&error, answered),
        };
        let response = self.sender.send_request(request).await.map_err(|error| failed(error, false))?;
        trace.first_byte();
        let (head, mut body) = response.into_parts();
        let stopped = |error| Failure { error, untouched: false, has_left: true };
        sink.begin(&head, body.size_hint().exact()).map_err(stopped)?;
        while let Some(frame) = body.frame().await {
            let pushed = sink.push(frame.map_err(|error| failed(error, true))?);
            pushed.map_err(|error| Failure { error, untouched: false, has_left: true })?;
        }
        Ok(RawResponse { head, body: sink.whole().await })
    }
}

/// Whether a request that failed so was never looked at: it was still queued, or the server refused its stream.
fn is_untouched(error: &hyper::Error) -> bool {
    let refused = std::error::Error::source(error)
        .and_then(|source| source.downcast_ref::<h2::Error>())
        .is_some_and(|error| error.reason() == Some(h2::Reason::REFUSED_STREAM));
    error.is_canceled() || refused
}

/// Runs hyper's tasks on the thread of the virtual user.
#[derive(Clone, Copy, Debug)]
struct OnThisThread;

impl<F> hyper::rt::Executor<F> for OnThisThread
where
    F: Future + 'static,
{
    fn execute(&self, future: F) {
        tokio::task::spawn_local(async move {
            future.await;
        });
    }
}
