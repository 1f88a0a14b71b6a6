//! The samples of a stream of events: its first byte, its first event, and the gaps between events.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use flashcrowd_http::{Exchange, millis};
use flashcrowd_metrics::{Builtin, MetricId, TagSet};
use tokio::time::Instant;

use crate::state::VuState;

/// Where the samples of one stream go.
pub struct Measure {
    vu: Rc<VuState>,
    given: Option<TagSet>,
    name: String,
    method: String,
    tags: RefCell<TagSet>,
    started: Instant,
    last_event: Cell<Option<Instant>>,
}

impl Measure {
    /// Begins to measure a stream that is asked for.
    pub fn begin(vu: &Rc<VuState>, url: &str, method: &str, given: Option<TagSet>) -> Self {
        let named = given.as_ref().and_then(|given| given.get("name")).map(str::to_owned);
        let measure = Self {
            vu: vu.clone(),
            name: named.unwrap_or_else(|| url.to_owned()),
            method: method.to_owned(),
            given,
            tags: RefCell::default(),
            started: Instant::now(),
            last_event: Cell::default(),
        };
        measure.label(0, None);
        measure
    }

    fn label(&self, status: u16, exchange: Option<&Exchange>) {
        let system = &self.vu.settings().system_tags;
        let mut pairs = vec![
            ("name", self.name.clone()),
            ("url", self.name.clone()),
            ("method", self.method.clone()),
            ("status", status.to_string()),
        ];
        if let Some(error) = exchange.and_then(|exchange| exchange.error.as_ref()) {
            pairs.push(("error", error.message.to_string()));
            pairs.push(("error_code", error.code.to_string()));
        }
        pairs.retain(|(name, _)| system.has(name));
        let tags = TagSet::from_pairs(pairs);
        let tags = self.given.as_ref().map_or(tags.clone(), |given| tags.merged(&given.without("url")));
        *self.tags.borrow_mut() = tags;
    }

    /// The response's head has come.
    pub fn head(&self, status: u16) {
        self.label(status, None);
        self.add(Builtin::SSE_STREAMS, 1.0);
        self.add(Builtin::SSE_FIRST_BYTE, millis(self.started.elapsed()));
    }

    /// An event has come.
    pub fn event(&self) {
        let now = Instant::now();
        match self.last_event.replace(Some(now)) {
            None => self.add(Builtin::SSE_FIRST_EVENT, millis(now.duration_since(self.started))),
            Some(last) => self.add(Builtin::SSE_EVENT_GAP, millis(now.duration_since(last))),
        }
        self.add(Builtin::SSE_EVENTS, 1.0);
    }

    /// The stream has ended; `had_head` tells whether its head had come.
    pub fn end(&self, exchange: &Exchange, had_head: bool) {
        self.vu.sent.set(self.vu.sent.get() + exchange.bytes_sent);
        self.vu.received.set(self.vu.received.get() + exchange.bytes_received);
        if !had_head {
            self.label(0, Some(exchange));
            self.add(Builtin::SSE_STREAMS, 1.0);
        }
        self.add(Builtin::SSE_STREAM_DURATION, millis(self.started.elapsed()));
    }

    fn add(&self, metric: MetricId, value: f64) {
        self.vu.sample(metric, value, Some(&self.tags.borrow()));
    }
}
