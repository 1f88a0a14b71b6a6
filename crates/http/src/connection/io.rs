//! The wire is one connection's socket, with or without TLS, that counts its bytes and notes their times.

use std::{
    cell::Cell,
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::Instant,
};
use tokio_rustls::client::TlsStream;

use crate::budget::LARGE_HEADS;

/// What went through a connection since it was last asked.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    sent: Cell<u64>,
    received: Cell<u64>,
    last_write: Cell<Option<Instant>>,
    first_read: Cell<Option<Instant>>,
    /// Bytes of this exchange that came before its head was complete.
    before_head: Cell<u64>,
    /// Whether the head of this exchange is complete.
    has_head: Cell<bool>,
    /// What this exchange has taken of what all large heads share.
    large_head: Cell<usize>,
    is_shared: Cell<bool>,
}

/// A head that takes more than this to come is read in turns, so that one that never ends does not stop the thread.
const HEAD_TURN: usize = 64 * 1024;
/// No more is read at once: hyper doubles its buffer when a read fills it, up to the largest head that it takes, and some
/// buffers of a connection are in use at a time.
const AT_ONCE: usize = (64 << 10) - 1;
/// What a head takes beyond this, it takes of what all large heads share.
const USUAL_HEAD: u64 = 1 << 20;
/// How many bytes a head and the interim ones before it may take; the head alone may take less.
const MAX_BEFORE_HEAD: u64 = 16 << 20;

impl Meter {
    /// Forgets the times of the exchange before.
    pub(crate) fn begin(&self) {
        self.last_write.set(None);
        self.first_read.set(None);
        self.before_head.set(0);
        self.has_head.set(self.is_shared.get());
        self.forget_head();
    }

    /// Notes that exchanges share the connection, so that what comes before a head is not known.
    pub(crate) fn share(&self) {
        self.is_shared.set(true);
        self.has_head.set(true);
    }

    /// Notes that the head of the response is complete.
    pub(crate) fn head_is_here(&self) {
        self.has_head.set(true);
    }

    /// When the last byte of this exchange was written.
    pub(crate) fn last_write(&self) -> Option<Instant> {
        self.last_write.get()
    }

    /// When the first byte of the response was read.
    pub(crate) fn first_read(&self) -> Option<Instant> {
        self.first_read.get()
    }

    /// The bytes sent and received that no exchange has claimed yet; they are claimed by this call, so that the
    /// sum over all exchanges is what went through the socket.
    pub(crate) fn take_bytes(&self) -> (u64, u64) {
        (self.sent.take(), self.received.take())
    }

    /// How many bytes there are to claim.
    pub(crate) fn unclaimed(&self) -> u64 {
        self.sent.get() + self.received.get()
    }

    /// How many bytes of a head have come, up to its end or its error.
    pub(crate) fn before_head(&self) -> u64 {
        self.before_head.get()
    }

    /// Whether more has come than heads usually take, and no end of it.
    fn is_late_head(&self) -> bool {
        !self.has_head.get() && self.before_head.get() >= HEAD_TURN as u64
    }

    /// Whether there is memory for what has come of a head.
    fn has_room_for_head(&self) -> bool {
        let beyond = usize::try_from(self.before_head.get().saturating_sub(USUAL_HEAD)).unwrap_or(usize::MAX);
        let more = beyond.saturating_sub(self.large_head.get());
        if !LARGE_HEADS.take(more) {
            return false;
        }
        self.large_head.set(self.large_head.get() + more);
        true
    }

    fn forget_head(&self) {
        LARGE_HEADS.give(self.large_head.take());
    }

    fn wrote(&self) {
        self.last_write.set(Some(Instant::now()));
    }

    fn read(&self, bytes: usize) {
        if !self.has_head.get() {
            self.before_head.set(self.before_head.get() + bytes as u64);
        }
        if self.first_read.get().is_none() {
            self.first_read.set(Some(Instant::now()));
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.forget_head();
    }
}

/// A TCP socket that counts bytes.
#[derive(Debug)]
pub(crate) struct Metered {
    tcp: TcpStream,
    meter: Rc<Meter>,
}

impl Metered {
    pub(crate) fn new(tcp: TcpStream) -> (Self, Rc<Meter>) {
        let meter = Rc::new(Meter::default());
        (Self { tcp, meter: Rc::clone(&meter) }, meter)
    }
}

impl AsyncRead for Metered {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.tcp).poll_read(cx, buf);
        let read = buf.filled().len() - before;
        self.meter.received.set(self.meter.received.get() + read as u64);
        polled
    }
}

impl AsyncWrite for Metered {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.tcp).poll_write(cx, buf);
        if let Poll::Ready(Ok(written)) = &polled {
            self.meter.sent.set(self.meter.sent.get() + *written as u64);
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

/// What HTTP is spoken over. Times are noted here, above TLS: a session ticket that comes with the first answer's
/// bytes is no answer.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: Stream,
    meter: Rc<Meter>,
    /// Whether the last read was the turn of a head that is overdue.
    has_had_turn: bool,
}

#[derive(Debug)]
enum Stream {
    Plain(Metered),
    Tls(Box<TlsStream<Metered>>),
}

impl Wire {
    pub(crate) fn plain(stream: Metered) -> Self {
        Self { meter: Rc::clone(&stream.meter), stream: Stream::Plain(stream), has_had_turn: false }
    }

    pub(crate) fn tls(stream: TlsStream<Metered>) -> Self {
        Self {
            meter: Rc::clone(&stream.get_ref().0.meter),
            stream: Stream::Tls(Box::new(stream)),
            has_had_turn: false,
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = match self.meter.is_late_head() {
            true => self.read_in_turns(cx, buf),
            false if buf.remaining() > AT_ONCE => self.read_part(cx, buf, AT_ONCE),
            false => self.stream.poll_read(cx, buf),
        };
        let read = buf.filled().len() - before;
        if read > 0 {
            self.meter.read(read);
        }
        polled
    }
}

impl Wire {
    /// Reads a little of a head that is overdue, and lets others have their turn before there is more.
    fn read_in_turns(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.meter.before_head.get() > MAX_BEFORE_HEAD {
            let text = "the response has more than 16 MiB before its body";
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::FileTooLarge, text)));
        }
        if !self.meter.has_room_for_head() {
            let text = "response headers above 1 MiB take more than 64 MiB together";
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::FileTooLarge, text)));
        }
        if self.has_had_turn {
            self.has_had_turn = false;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buf.filled().len();
        let room = buf.remaining().min(HEAD_TURN);
        let polled = self.read_part(cx, buf, room);
        self.has_had_turn = buf.filled().len() > before;
        polled
    }

    /// Reads that many bytes at most.
    fn read_part(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
        most: usize,
    ) -> Poll<io::Result<()>> {
        let mut part = ReadBuf::new(buf.initialize_unfilled_to(most));
        let polled = self.stream.poll_read(cx, &mut part);
        let read = part.filled().len();
        buf.advance(read);
        polled
    }
}

impl Stream {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let polled = match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Stream::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        };
        if let Poll::Ready(Ok(_)) = &polled {
            self.meter.wrote();
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
