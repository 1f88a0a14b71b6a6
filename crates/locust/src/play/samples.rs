//! The samples of a request: what the table counts, and what the run's metrics keep.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use flashcrowd_http::{Exchange, SampleCache, SampleKey, SystemTags, Timings, millis};
use flashcrowd_metrics::{Builtin, Shard, TagSet};
use http::{HeaderMap, Method};

/// Where the samples of requests go.
pub(super) struct Samples {
    pub(super) shard: Rc<RefCell<Shard>>,
    cache: RefCell<SampleCache>,
    system: SystemTags,
    pub(super) tags: RefCell<TagSet>,
}

/// What samples are made of, kept until the child has judged.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) exchange: Box<Exchange>,
    /// From the call to the last byte, connecting included: Locust's response time.
    pub(super) took: Duration,
    pub(super) method: Method,
}

impl Measured {
    /// Without headers and body, which nobody needs any more.
    pub(super) fn new(mut exchange: Box<Exchange>, took: Duration, method: Method) -> Self {
        (exchange.headers, exchange.body, exchange.cut) = (HeaderMap::new(), Bytes::new(), None);
        Self { exchange, took, method }
    }

    /// Something that was not sent here, and took that long.
    pub(super) fn foreign(method: &str, time: Option<f64>) -> Self {
        let took = Duration::try_from_secs_f64(time.unwrap_or_default().max(0.0) / 1e3).unwrap_or_default();
        let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap_or(Method::GET);
        Self { exchange: Box::default(), took, method }
    }
}

impl Samples {
    /// Into this shard.
    pub(super) fn new(shard: Rc<RefCell<Shard>>, system: SystemTags) -> Self {
        Self { shard, cache: RefCell::default(), system, tags: RefCell::new(TagSet::empty()) }
    }

    /// Adds the samples of a request. Its duration is Locust's response time: of the phases, waiting takes what the others
    /// leave.
    pub(super) fn add(&self, measured: &Measured, name: &Rc<str>, failed: bool, took: Duration) {
        let exchange = &*measured.exchange;
        let timings = exchange.timings;
        let waiting = took.saturating_sub(timings.sending + timings.receiving);
        let timed = Exchange { timings: Timings { waiting, ..timings }, ..without_content(exchange) };
        let key = SampleKey {
            base: self.tags.borrow().clone(),
            extra: None,
            name: name.clone(),
            method: measured.method.clone(),
            status: exchange.status,
            version: exchange.version,
            error_code: exchange.error_code(),
            expected: Some(!failed),
            error: exchange.error.as_ref().map(|error| Cow::clone(&error.message)),
            tls: exchange.tls.map(|tls| tls.version),
            ip: None,
            resent: exchange.delivery.resends > 0,
        };
        self.cache.borrow_mut().add(&mut self.shard.borrow_mut(), key, &timed, &self.system, None);
    }

    /// Adds what is known of a request that was given up after it had left.
    pub(super) fn interrupted(&self, exchange: &Exchange, name: &Rc<str>, took: Duration, method: &Method) {
        let exchange = Box::new(without_content(exchange));
        self.add(&Measured { exchange, took, method: method.clone() }, name, false, took);
    }

    /// A task came to its end.
    pub(super) fn task(&self, took: Duration) {
        let (mut shard, tags) = (self.shard.borrow_mut(), self.tags.borrow());
        shard.sample(Builtin::ITERATIONS, &tags, 1.0);
        shard.sample(Builtin::ITERATION_DURATION, &tags, millis(took));
    }

    /// A task was due, and nobody was idle.
    pub(super) fn dropped(&self) {
        self.shard.borrow_mut().sample(Builtin::DROPPED_ITERATIONS, &self.tags.borrow(), 1.0);
    }

    /// Bytes went over the wire.
    pub(super) fn bytes(&self, sent: u64, received: u64) {
        let (mut shard, tags) = (self.shard.borrow_mut(), self.tags.borrow());
        shard.sample(Builtin::DATA_SENT, &tags, sent as f64);
        shard.sample(Builtin::DATA_RECEIVED, &tags, received as f64);
    }
}

fn without_content(exchange: &Exchange) -> Exchange {
    Exchange {
        status: exchange.status,
        version: exchange.version,
        timings: exchange.timings,
        remote: exchange.remote,
        tls: exchange.tls,
        delivery: exchange.delivery,
        error: exchange.error.clone(),
        ..Exchange::default()
    }
}
