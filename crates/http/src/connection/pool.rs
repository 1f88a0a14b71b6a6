//! The pool holds one virtual user's connections that wait for their next request.

use std::{cell::RefCell, rc::Rc};

use crate::connection::http1::Http1;
use crate::connection::http2::Http2;
use crate::connection::io::Wire;
use crate::connection::trace::Facts;
use crate::target::Origin;

/// A connection to send a request on.
pub(crate) enum Pooled {
    Http1(Box<Http1>),
    /// An HTTP/1 connection whose buffers were given back while it waited.
    Parked(Box<(Wire, Facts)>),
    Http2(Http2),
}

/// Idle HTTP/1 connections, oldest first, and all HTTP/2 connections. Users have few of them, so both are lists.
#[derive(Default)]
pub(crate) struct Pool {
    idle: RefCell<Vec<(Rc<Origin>, Idle)>>,
    multiplexed: RefCell<Vec<(Rc<Origin>, Http2)>>,
}

enum Idle {
    Ready(Box<Http1>),
    Parked(Box<(Wire, Facts)>),
}

impl Pool {
    /// Takes the connection to `origin` that was used last, if there is one.
    pub(crate) fn take(&self, origin: &Rc<Origin>) -> Option<Pooled> {
        if let Some(shared) = self.multiplexed(origin) {
            return Some(Pooled::Http2(shared));
        }
        let mut idle = self.idle.borrow_mut();
        let index = idle.iter().rposition(|(other, _)| same(other, origin))?;
        Some(match idle.remove(index).1 {
            Idle::Ready(connection) => Pooled::Http1(connection),
            Idle::Parked(wire) => Pooled::Parked(wire),
        })
    }

    /// Keeps an HTTP/1 connection for later; `max` of 0 means any number.
    pub(crate) fn put(&self, origin: &Rc<Origin>, connection: Box<Http1>, max: usize, max_per_host: usize) {
        let mut idle = self.idle.borrow_mut();
        if max_per_host > 0 && idle.iter().filter(|(other, _)| same(other, origin)).count() >= max_per_host {
            return;
        }
        idle.push((Rc::clone(origin), Idle::Ready(connection)));
        if max > 0 && idle.len() > max {
            idle.remove(0);
        }
    }

    /// Gives back the buffers of the HTTP/1 connections that wait.
    pub(crate) fn park(&self) {
        let mut idle = self.idle.borrow_mut();
        if !idle.iter().any(|(_, connection)| matches!(connection, Idle::Ready(_))) {
            return;
        }
        let parked = idle.drain(..).filter_map(|(origin, connection)| match connection {
            Idle::Ready(connection) => connection.park().map(|wire| (origin, Idle::Parked(Box::new(wire)))),
            parked => Some((origin, parked)),
        });
        let parked: Vec<_> = parked.collect();
        *idle = parked;
    }

    /// The HTTP/2 connection to `origin`, if it still takes requests.
    pub(crate) fn multiplexed(&self, origin: &Rc<Origin>) -> Option<Http2> {
        let mut shared = self.multiplexed.borrow_mut();
        if shared.is_empty() {
            return None;
        }
        shared.retain(|(_, connection)| !connection.is_closed());
        shared.iter().find(|(other, _)| same(other, origin)).map(|(_, connection)| connection.clone())
    }

    /// Shares an HTTP/2 connection with the requests to come.
    pub(crate) fn share(&self, origin: &Rc<Origin>, connection: Http2) {
        self.multiplexed.borrow_mut().push((Rc::clone(origin), connection));
    }

    /// No longer shares an HTTP/2 connection, because it refuses requests.
    pub(crate) fn unshare(&self, connection: &Http2) {
        let meter = &connection.facts.meter;
        self.multiplexed.borrow_mut().retain(|(_, other)| !Rc::ptr_eq(&other.facts.meter, meter));
    }

    /// Forgets all connections; exchanges on their way end undisturbed.
    pub(crate) fn clear(&self) {
        self.idle.borrow_mut().clear();
        self.multiplexed.borrow_mut().clear();
    }

    /// How many connections wait.
    pub(crate) fn len(&self) -> usize {
        self.idle.borrow().len() + self.multiplexed.borrow().len()
    }
}

fn same(one: &Rc<Origin>, other: &Rc<Origin>) -> bool {
    Rc::ptr_eq(one, other) || one == other
}
