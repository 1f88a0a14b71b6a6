//! The samples of calls and streams.

use std::rc::Rc;

use flashcrowd_grpc::{Connection, Method, Status};
use flashcrowd_http::millis;
use flashcrowd_metrics::{Builtin, MetricId, TagSet};
use tokio::time::Instant;

use crate::state::VuState;

/// Where the samples of one call go.
pub struct Measure {
    vu: Rc<VuState>,
    connection: Rc<Connection>,
    tags: TagSet,
    started: Instant,
}

impl Measure {
    /// Begins to measure a call.
    pub fn begin(
        vu: &Rc<VuState>,
        connection: &Rc<Connection>,
        method: &Method,
        extra: Option<&TagSet>,
    ) -> Self {
        let system = &vu.settings().system_tags;
        let path = method.path();
        let (service, name) = path[1..].split_once('/').unwrap_or_default();
        let mut pairs = vec![
            ("url", format!("{}{path}", connection.endpoint().address)),
            ("service", service.to_owned()),
            ("method", name.to_owned()),
            ("name", path.to_owned()),
        ];
        let channel = connection.channel();
        if system.has_ip() {
            pairs.push(("ip", channel.remote().ip().to_string()));
        }
        if let Some(version) = channel.tls_version() {
            pairs.push(("tls_version", version.to_owned()));
        }
        pairs.retain(|(name, _)| system.has(name));
        let tags = TagSet::from_pairs(pairs);
        let tags = extra.map_or(tags.clone(), |extra| tags.merged(extra));
        Self { vu: vu.clone(), connection: connection.clone(), tags, started: Instant::now() }
    }

    /// A stream was opened.
    pub fn stream(&self) {
        self.add(Builtin::GRPC_STREAMS, 1.0, &self.tags);
    }

    /// A message was sent on a stream.
    pub fn sent(&self) {
        self.add(Builtin::GRPC_STREAMS_MSGS_SENT, 1.0, &self.tags);
        self.bytes();
    }

    /// A message has come on a stream.
    pub fn received(&self) {
        self.add(Builtin::GRPC_STREAMS_MSGS_RECEIVED, 1.0, &self.tags);
        self.bytes();
    }

    /// The call has ended so.
    pub fn end(&self, status: &Status) {
        let tags = match self.vu.settings().system_tags.has("status") {
            true => self.tags.with("status", (status.code as i32).to_string()),
            false => self.tags.clone(),
        };
        self.add(Builtin::GRPC_REQ_DURATION, millis(self.started.elapsed()), &tags);
        self.bytes();
    }

    fn bytes(&self) {
        add_bytes(&self.vu, self.connection.take_bytes());
    }

    fn add(&self, metric: MetricId, value: f64, tags: &TagSet) {
        self.vu.sample(metric, value, Some(tags));
    }
}

/// Counts bytes of a connection.
pub fn add_bytes(vu: &VuState, (sent, received): (u64, u64)) {
    vu.sent.set(vu.sent.get() + sent);
    vu.received.set(vu.received.get() + received);
}
