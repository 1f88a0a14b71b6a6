//! An HTTP/1 connection carries one exchange at a time, and is driven by whoever waits for that exchange.

use std::{
    cell::RefCell,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    rc::Rc,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use http::response::Parts;
use http_body_util::Full;
use hyper::{
    body::{Body as _, Frame, Incoming},
    client::conn::http1::{Builder, Connection, SendRequest},
};
use hyper_util::rt::TokioIo;

use crate::budget::Budget;
use crate::connection::io::{Meter, Wire};
use crate::connection::trace::Facts;
use crate::error::HttpError;
use crate::exchange::{Cut, Request, ResponseBody};
use crate::gathered::Gathered;
use crate::tap::{Part, Tap};

/// Heads above this are refused.
const MAX_HEAD: usize = 10 << 20;
/// How many lines a head may have. Room for them is made for each response, so that more would cost all others.
const MAX_LINES: usize = 256;
/// A head with too many lines has at least as many bytes.
const SHORTEST_LARGE_HEAD: u64 = 300;
/// How much of a body is read before others on this thread have their turn.
const TURN: u64 = 256 * 1024;

/// What came back.
pub(crate) struct RawResponse {
    pub(crate) head: Parts,
    pub(crate) body: Bytes,
}

/// A wire without HTTP on it, what was already read of it, and its meter.
pub(crate) type Bare = (Wire, Vec<u8>, Rc<Meter>);

/// One HTTP/1 connection.
pub(crate) struct Http1 {
    sender: SendRequest<Full<Bytes>>,
    driver: Connection<TokioIo<Wire>, Full<Bytes>>,
    /// What the driver said when it ended; it must not be polled again.
    ended: Option<Result<(), hyper::Error>>,
    pub(crate) facts: Facts,
}

impl Http1 {
    pub(crate) async fn new(wire: Wire, facts: Facts) -> Result<Box<Self>, HttpError> {
        let (sender, driver) = Builder::new()
            .title_case_headers(true)
            // Old servers write headers that are none; browsers and k6 read on.
            .allow_spaces_after_header_name_in_responses(true)
            .allow_obsolete_multiline_headers_in_responses(true)
            .ignore_invalid_headers_in_responses(true)
            .max_buf_size(MAX_HEAD)
            .max_headers(MAX_LINES)
            .handshake(TokioIo::new(wire))
            .await
            .map_err(|error| HttpError::from_hyper(&error, false))?;
        Ok(Box::new(Self { sender, driver, ended: None, facts }))
    }

    /// The bare wire, without hyper's buffers (some 25 KiB), or nothing if the server has said something unasked.
    /// Only for a connection that is reusable.
    pub(crate) fn park(self) -> Option<(Wire, Facts)> {
        let parts = self.driver.into_parts();
        parts.read_buf.is_empty().then(|| (parts.io.into_inner(), self.facts))
    }

    /// The bare wire and what was read of it, once the server has agreed to speak another protocol.
    pub(crate) fn into_bare(self) -> Bare {
        let parts = self.driver.into_parts();
        (parts.io.into_inner(), parts.read_buf.to_vec(), self.facts.meter)
    }

    /// Sends `request` and waits for all of the answer; of one that breaks off in its body, what there is goes to `cut`.
    pub(crate) async fn exchange(
        &mut self,
        request: http::Request<Full<Bytes>>,
        mut sink: Sink<'_>,
        cut: &RefCell<Option<Box<Cut>>>,
    ) -> Result<RawResponse, HttpError> {
        let response = self.head(request).await?;
        self.facts.meter.head_is_here();
        let (head, mut body) = response.into_parts();
        sink.begin(&head, body.size_hint().exact())?;
        if !body.is_end_stream()
            && let Err(error) = self.body(&mut body, &mut sink).await
        {
            let status = head.status.as_u16();
            // Of one that is too large there is no memory for a copy.
            let body = if error.is_not_kept() { Bytes::new() } else { sink.whole().await };
            *cut.borrow_mut() = Some(Box::new(Cut { status, headers: head.headers, body }));
            return Err(error);
        }
        Ok(RawResponse { head, body: sink.whole().await })
    }

    /// Whether the connection can carry another exchange. To be asked when one is over.
    pub(crate) fn is_reusable(&mut self) -> bool {
        if self.ended.is_none() && !self.sender.is_ready() {
            // Correctness: this poll, not the next exchange's, moves hyper from "message read" to "idle". With a
            // waker that does nothing, hyper has nobody to wake when the next request is put into its queue; the
            // next exchange polls it anyway.
            self.drive(&mut Context::from_waker(Waker::noop()));
        }
        self.ended.is_none() && self.sender.is_ready()
    }

    async fn head(
        &mut self,
        request: http::Request<Full<Bytes>>,
    ) -> Result<http::Response<Incoming>, HttpError> {
        let mut response = pin!(self.sender.send_request(request));
        let mut noop = Context::from_waker(Waker::noop());
        let mut first = true;
        let polled = poll_fn(|cx| {
            // Correctness: only the driver waits for anything outside of this connection, so only it needs the
            // task's waker; whatever it wakes inside of the connection is polled right after it. The driver is
            // polled with the task's waker last, before this returns pending.
            if !first {
                drive(&mut self.driver, &mut self.ended, &mut noop);
                if let Poll::Ready(response) = response.as_mut().poll(&mut noop) {
                    return Poll::Ready(Some(response));
                }
            }
            first = false;
            drive(&mut self.driver, &mut self.ended, cx);
            match response.as_mut().poll(&mut noop) {
                Poll::Ready(response) => Poll::Ready(Some(response)),
                // Correctness: a driver that finds its connection closed in an orderly way ends without a word to
                // the request in its queue, and nobody would ever wake this task again.
                Poll::Pending if self.ended.is_some() => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            }
        })
        .await;
        let response = polled.ok_or_else(|| HttpError::generic("EOF"))?;
        response.map_err(|error| self.explain(&error))
    }

    async fn body(&mut self, body: &mut Incoming, sink: &mut Sink<'_>) -> Result<(), HttpError> {
        let mut noop = Context::from_waker(Waker::noop());
        poll_fn(|cx| {
            let turn = sink.total + TURN;
            loop {
                if let Poll::Ready(done) = drain(body, sink, &mut noop) {
                    return Poll::Ready(done);
                }
                drive(&mut self.driver, &mut self.ended, &mut noop);
                if let Poll::Ready(done) = drain(body, sink, &mut noop) {
                    return Poll::Ready(done);
                }
                let before = sink.total;
                drive(&mut self.driver, &mut self.ended, cx);
                match drain(body, sink, &mut noop) {
                    Poll::Ready(done) => return Poll::Ready(done),
                    Poll::Pending if self.ended.is_some() => return Poll::Ready(Err(Broken::Gone)),
                    Poll::Pending if sink.total == before => return Poll::Pending,
                    // A body that comes faster than it is read would keep the thread for itself.
                    Poll::Pending if sink.total > turn => {
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                    Poll::Pending => {}
                }
            }
        })
        .await
        .map_err(|broken| match broken {
            Broken::Hyper(error) => self.explain(&error),
            Broken::TooLarge(error) => error,
            Broken::Gone => HttpError::generic("unexpected EOF"),
        })
    }

    fn drive(&mut self, cx: &mut Context<'_>) {
        drive(&mut self.driver, &mut self.ended, cx);
    }

    /// hyper tells a body only that its connection broke; why, the connection knows.
    fn explain(&self, error: &hyper::Error) -> HttpError {
        let answered = self.facts.meter.first_read().is_some();
        let cause = match &self.ended {
            Some(Err(cause)) => cause,
            _ => error,
        };
        let error = HttpError::from_hyper(cause, answered);
        // hyper has one word for heads that are too large and for lengths that are.
        let is_short = answered && self.facts.meter.before_head() < SHORTEST_LARGE_HEAD;
        if is_short && error.is_too_large_head() { HttpError::length_overflow() } else { error }
    }
}

fn drive(
    driver: &mut Connection<TokioIo<Wire>, Full<Bytes>>,
    ended: &mut Option<Result<(), hyper::Error>>,
    cx: &mut Context<'_>,
) {
    if ended.is_none()
        && let Poll::Ready(result) = driver.poll_without_shutdown(cx)
    {
        *ended = Some(result);
    }
}

/// Why a body did not end well.
enum Broken {
    Hyper(hyper::Error),
    TooLarge(HttpError),
    Gone,
}

/// Moves what there is of a body into the sink.
fn drain(body: &mut Incoming, sink: &mut Sink<'_>, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
    loop {
        match Pin::new(&mut *body).poll_frame(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(None) => return Poll::Ready(Ok(())),
            Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(Broken::Hyper(error))),
            Poll::Ready(Some(Ok(frame))) => {
                if let Err(error) = sink.push(frame) {
                    return Poll::Ready(Err(Broken::TooLarge(error)));
                }
                if body.is_end_stream() {
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}

/// Where the chunks of a body go.
#[derive(Debug)]
pub(crate) struct Sink<'a> {
    keep: bool,
    tap: Option<Tap>,
    limit: usize,
    total: u64,
    expected: usize,
    /// All of a body that comes in one piece.
    first: Bytes,
    rest: Gathered<'a>,
}

impl<'a> Sink<'a> {
    /// A longer announced body grows as it comes, so that a lying server costs no memory.
    const MAX_RESERVE: u64 = 1 << 20;

    pub(crate) fn new(request: &Request, limit: usize, budget: &'a Arc<Budget>) -> Self {
        let tap = request.tap.clone();
        let keep = request.response_body == ResponseBody::Keep && tap.is_none();
        Self { keep, tap, limit, total: 0, expected: 0, first: Bytes::new(), rest: Gathered::new(budget) }
    }

    /// Notes the head, and the announced length; an error where no more is wanted.
    pub(crate) fn begin(&mut self, head: &Parts, length: Option<u64>) -> Result<(), HttpError> {
        self.expected = usize::try_from(length.unwrap_or(0).min(Self::MAX_RESERVE)).unwrap_or(0);
        self.tell(Part::Head(head.status.as_u16(), &head.headers))
    }

    fn tell(&self, part: Part<'_>) -> Result<(), HttpError> {
        match &self.tap {
            Some(tap) if !tap.take(part) => Err(HttpError::interrupted()),
            _ => Ok(()),
        }
    }

    /// Takes one frame; an error when the body is too large to keep.
    pub(crate) fn push(&mut self, frame: Frame<Bytes>) -> Result<(), HttpError> {
        let Ok(chunk) = frame.into_data() else { return Ok(()) };
        self.total += chunk.len() as u64;
        self.tell(Part::Data(&chunk))?;
        if !self.keep {
            return Ok(());
        }
        if self.total > self.limit as u64 {
            return Err(HttpError::body_too_large());
        }
        if self.rest.len() == 0 {
            if self.first.is_empty() {
                self.first = chunk;
                return Ok(());
            }
            let first = std::mem::take(&mut self.first);
            self.rest.expect(self.expected.max(first.len() + chunk.len()))?;
            self.rest.push(&first)?;
        }
        self.rest.push(&chunk)
    }

    /// All of the body.
    pub(crate) async fn whole(self) -> Bytes {
        if self.rest.len() == 0 { self.first } else { self.rest.whole().await }
    }
}
