//! The samples of a WebSocket: its session, its messages, its pings.

use std::rc::Rc;

use flashcrowd_http::{Exchange, millis};
use flashcrowd_metrics::{Builtin, MetricId, TagSet};
use tokio::time::Instant;

use crate::state::VuState;

/// Where the samples of one WebSocket go.
pub struct Measure {
    vu: Rc<VuState>,
    tags: TagSet,
    started: Instant,
}

impl Measure {
    /// Adds the samples of the first request; `asked` is when it was asked for.
    pub fn begin(
        vu: &Rc<VuState>,
        url: &str,
        extra: Option<&TagSet>,
        exchange: &Exchange,
        asked: Instant,
    ) -> Self {
        let system = &vu.settings().system_tags;
        let given = extra.and_then(|extra| extra.get("name")).map(str::to_owned);
        let name = given.unwrap_or_else(|| url.to_owned());
        let mut pairs = vec![("name", name.clone()), ("url", name), ("status", exchange.status.to_string())];
        if let Some(protocol) = exchange.headers.get("sec-websocket-protocol") {
            pairs.push(("subproto", String::from_utf8_lossy(protocol.as_bytes()).into_owned()));
        }
        if let Some(error) = &exchange.error {
            pairs.push(("error", error.message.to_string()));
            pairs.push(("error_code", exchange.error_code().to_string()));
        }
        if let Some(tls) = exchange.tls {
            pairs.push(("tls_version", tls.version.to_owned()));
        }
        if let Some(remote) = exchange.remote.filter(|_| system.has_ip()) {
            pairs.push(("ip", remote.ip().to_string()));
        }
        pairs.retain(|(name, _)| system.has(name));
        let tags = TagSet::from_pairs(pairs);
        let tags = extra.map_or(tags.clone(), |extra| tags.merged(&extra.without("url")));
        let measure = Self { vu: vu.clone(), tags, started: asked };
        measure.add(Builtin::WS_SESSIONS, 1.0);
        measure.add(Builtin::WS_CONNECTING, millis(asked.elapsed()));
        measure.bytes((exchange.bytes_sent, exchange.bytes_received));
        measure
    }

    /// A message came.
    pub fn received(&self) {
        self.add(Builtin::WS_MSGS_RECEIVED, 1.0);
    }

    /// A message was sent.
    pub fn sent(&self) {
        self.add(Builtin::WS_MSGS_SENT, 1.0);
    }

    /// A ping was answered that was sent then.
    pub fn ping(&self, sent: Instant) {
        self.add(Builtin::WS_PING, millis(sent.elapsed()));
    }

    /// Bytes went through the socket.
    pub fn bytes(&self, (sent, received): (u64, u64)) {
        self.vu.sent.set(self.vu.sent.get() + sent);
        self.vu.received.set(self.vu.received.get() + received);
    }

    /// The WebSocket has ended.
    pub fn end(&self) {
        self.add(Builtin::WS_SESSION_DURATION, millis(self.started.elapsed()));
    }

    fn add(&self, metric: MetricId, value: f64) {
        self.vu.sample(metric, value, Some(&self.tags));
    }
}
