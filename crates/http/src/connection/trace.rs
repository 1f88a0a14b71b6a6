//! A trace notes how far an exchange has come, outside of the future that may be cut off by the timeout.

use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    rc::Rc,
    time::Duration,
};

use tokio::time::Instant;

use crate::connection::io::Meter;
use crate::exchange::{Cut, Timings, TlsInfo};

/// What is known of a connection since it was made.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) meter: Rc<Meter>,
    pub(crate) remote: SocketAddr,
    pub(crate) tls: Option<TlsInfo>,
}

/// The moments and facts of one exchange, as far as it has come.
#[derive(Debug)]
pub(crate) struct Trace {
    started: Instant,
    connected: Cell<Option<Instant>>,
    first_byte: Cell<Option<Instant>>,
    pub(crate) connecting: Cell<Duration>,
    pub(crate) handshaking: Cell<Duration>,
    pub(crate) reused: Cell<bool>,
    /// How often the request was sent before, on connections that turned out to be dead.
    pub(crate) resends: Cell<u32>,
    pub(crate) remote: Cell<Option<SocketAddr>>,
    pub(crate) tls: Cell<Option<TlsInfo>>,
    meter: RefCell<Option<Rc<Meter>>>,
    /// Bytes of connections that were given up for a fresh one.
    lost: Cell<(u64, u64)>,
    /// What had come of a response that broke off in its body.
    pub(crate) cut: RefCell<Option<Box<Cut>>>,
}

impl Trace {
    pub(crate) fn start(started: Instant) -> Self {
        Self {
            started,
            connected: Cell::default(),
            first_byte: Cell::default(),
            connecting: Cell::default(),
            handshaking: Cell::default(),
            reused: Cell::default(),
            resends: Cell::default(),
            remote: Cell::default(),
            tls: Cell::default(),
            meter: RefCell::default(),
            lost: Cell::default(),
            cut: RefCell::default(),
        }
    }

    /// From here on the socket's bytes count for this exchange.
    pub(crate) fn attach(&self, meter: &Rc<Meter>) {
        let old = self.meter.replace(Some(Rc::clone(meter)));
        if let Some(old) = old.filter(|old| !Rc::ptr_eq(old, meter)) {
            let ((sent, received), (more_sent, more_received)) = (self.lost.get(), old.take_bytes());
            self.lost.set((sent + more_sent, received + more_received));
        }
    }

    /// There is a connection now.
    pub(crate) fn connected(&self, facts: &Facts, reused: bool) {
        self.attach(&facts.meter);
        self.remote.set(Some(facts.remote));
        self.tls.set(facts.tls);
        self.reused.set(reused);
        self.connected.set(Some(Instant::now()));
        facts.meter.begin();
    }

    /// The response's head is here, on a connection that other requests share.
    pub(crate) fn first_byte(&self) {
        self.first_byte.set(Some(Instant::now()));
    }

    /// Whether anything of the request has left this machine.
    pub(crate) fn has_left(&self) -> bool {
        let is_written = || self.meter.borrow().as_ref().is_some_and(|meter| meter.last_write().is_some());
        self.resends.get() > 0 || (self.connected.get().is_some() && is_written())
    }

    /// Notes that the request is sent once more.
    pub(crate) fn resend(&self) {
        self.resends.set(self.resends.get() + 1);
    }

    /// The bytes this exchange cost.
    pub(crate) fn take_bytes(&self) -> (u64, u64) {
        let (sent, received) =
            self.meter.borrow().as_ref().map(|meter| meter.take_bytes()).unwrap_or_default();
        let (lost_sent, lost_received) = self.lost.get();
        (sent + lost_sent, received + lost_received)
    }

    /// The phases of an exchange that ended at `end`. Each phase ends where the next begins, also if the server
    /// answers before it has read everything.
    pub(crate) fn timings(&self, end: Instant) -> Timings {
        let connected = self.connected.get().unwrap_or(end);
        let meter = self.meter.borrow();
        let meter = meter.as_ref().filter(|_| self.connected.get().is_some());
        let first = self.first_byte.get().or_else(|| meter.and_then(|meter| meter.first_read()));
        let first = first.unwrap_or(end).clamp(connected, end.max(connected));
        let wrote = meter.and_then(|meter| meter.last_write()).unwrap_or(first).clamp(connected, first);
        Timings {
            blocked: connected.saturating_duration_since(self.started),
            connecting: self.connecting.get(),
            tls_handshaking: self.handshaking.get(),
            sending: wrote.saturating_duration_since(connected),
            waiting: first.saturating_duration_since(wrote),
            receiving: end.saturating_duration_since(first),
        }
    }
}
