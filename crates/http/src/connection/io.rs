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

/// What went through a connection since it was last asked.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    sent: Cell<u64>,
    received: Cell<u64>,
    last_write: Cell<Option<Instant>>,
    first_read: Cell<Option<Instant>>,
}

impl Meter {
    /// Forgets the times of the exchange before.
    pub(crate) fn begin(&self) {
        self.last_write.set(None);
        self.first_read.set(None);
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

    fn wrote(&self) {
        self.last_write.set(Some(Instant::now()));
    }

    fn read(&self) {
        if self.first_read.get().is_none() {
            self.first_read.set(Some(Instant::now()));
        }
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
}

#[derive(Debug)]
enum Stream {
    Plain(Metered),
    Tls(Box<TlsStream<Metered>>),
}

impl Wire {
    pub(crate) fn plain(stream: Metered) -> Self {
        Self { meter: Rc::clone(&stream.meter), stream: Stream::Plain(stream) }
    }

    pub(crate) fn tls(stream: TlsStream<Metered>) -> Self {
        Self { meter: Rc::clone(&stream.get_ref().0.meter), stream: Stream::Tls(Box::new(stream)) }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Stream::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        };
        if buf.filled().len() > before {
            self.meter.read();
        }
        polled
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
