//! The samples of an exchange: up to ten metrics under one set of tags, looked up once for each set.

use std::borrow::Cow;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use flashcrowd_metrics::names::tag;
use flashcrowd_metrics::{Builtin, MetricId, SeriesId, Shard, TagSet};
use hashbrown::HashMap;
use http::{Method, Version};

use crate::error::HttpError;
use crate::exchange::{Delivery, Exchange};
use crate::system_tags::SystemTags;

/// How many sets of tags a worker remembers; others are looked up for each sample.
const KEPT: usize = 10_000;

/// Everything that the tags of an exchange depend on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SampleKey {
    /// The virtual user's tags.
    pub base: TagSet,
    /// Tags of this request alone.
    pub extra: Option<TagSet>,
    /// The name that the samples go under.
    pub name: Rc<str>,
    /// The method.
    pub method: Method,
    /// The status, zero without an answer.
    pub status: u16,
    /// The protocol.
    pub version: Version,
    /// The error's code, zero for none.
    pub error_code: u16,
    /// Whether the answer was expected, where that is said.
    pub expected: Option<bool>,
    /// The error's message.
    pub error: Option<Cow<'static, str>>,
    /// The TLS version.
    pub tls: Option<&'static str>,
    /// The peer, where samples are tagged with it.
    pub ip: Option<IpAddr>,
    /// Whether the request was sent more than once.
    pub resent: bool,
}

const METRICS: [MetricId; 9] = [
    Builtin::HTTP_REQS,
    Builtin::HTTP_REQ_DURATION,
    Builtin::HTTP_REQ_BLOCKED,
    Builtin::HTTP_REQ_CONNECTING,
    Builtin::HTTP_REQ_TLS_HANDSHAKING,
    Builtin::HTTP_REQ_SENDING,
    Builtin::HTTP_REQ_WAITING,
    Builtin::HTTP_REQ_RECEIVING,
    Builtin::HTTP_REQ_FAILED,
];

/// How many bytes the names of those take that a worker remembers.
const KEPT_BYTES: usize = 16 << 20;

/// Where the samples of exchanges go.
#[derive(Debug, Default)]
pub struct SampleCache {
    /// The bytes of their names.
    bytes: usize,
    series: HashMap<SampleKey, Series>,
}

/// The series of one set of tags.
#[derive(Debug)]
struct Series {
    basic: [SeriesId; 9],
    /// That of the response time, once there was one.
    response_time: Option<SeriesId>,
}

impl SampleCache {
    /// Adds the samples of an exchange. `lag` is how long after it was due the request was sent, in tests that have
    /// requests with due times: the response time is that and the duration.
    pub fn add(
        &mut self,
        shard: &mut Shard,
        key: SampleKey,
        exchange: &Exchange,
        system: &SystemTags,
        lag: Option<Duration>,
    ) {
        let Delivery { resends, interrupted, .. } = exchange.delivery;
        if resends > 0 || exchange.error.is_some() {
            count_apart(shard, &key, exchange, system);
        }
        if interrupted {
            return;
        }
        let response_time = lag.map(|lag| millis(lag + exchange.timings.duration()));
        let timings = &exchange.timings;
        let values = [
            1.0,
            millis(timings.duration()),
            millis(timings.blocked),
            millis(timings.connecting),
            millis(timings.tls_handshaking),
            millis(timings.sending),
            millis(timings.waiting),
            millis(timings.receiving),
            key.expected.map_or(0.0, |expected| f64::from(u8::from(!expected))),
        ];
        // The last one, whether the request failed, is only known where something was expected.
        let values = &values[..if key.expected.is_some() { METRICS.len() } else { METRICS.len() - 1 }];
        if let Some(series) = self.series.get_mut(&key) {
            if response_time.is_some() && series.response_time.is_none() {
                let tags = tags(&key, exchange, system);
                series.response_time = Some(shard.series(Builtin::HTTP_REQ_RESPONSE_TIME, &tags));
            }
            return series.add(shard, values, response_time);
        }
        let tags = tags(&key, exchange, system);
        self.bytes += key.name.len();
        if self.series.len() >= KEPT || self.bytes > KEPT_BYTES {
            self.bytes -= key.name.len();
            METRICS.iter().zip(values).for_each(|(metric, value)| shard.sample(*metric, &tags, *value));
            if let Some(time) = response_time {
                shard.sample(Builtin::HTTP_REQ_RESPONSE_TIME, &tags, time);
            }
            return;
        }
        let series = Series {
            basic: METRICS.map(|metric| shard.series(metric, &tags)),
            response_time: response_time.map(|_| shard.series(Builtin::HTTP_REQ_RESPONSE_TIME, &tags)),
        };
        series.add(shard, values, response_time);
        self.series.insert(key, series);
    }
}

impl Series {
    fn add(&self, shard: &mut Shard, values: &[f64], response_time: Option<f64>) {
        self.basic.iter().zip(values).for_each(|(series, value)| shard.add(*series, *value));
        if let (Some(series), Some(time)) = (self.response_time, response_time) {
            shard.add(series, time);
        }
    }
}

/// A time in milliseconds, as samples have it.
pub fn millis(time: Duration) -> f64 {
    time.as_secs() as f64 * 1e3 + f64::from(time.subsec_nanos()) / 1e6
}

/// Counts how often a request was sent again, one that this machine could not send, one whose response was too large to be
/// kept, and one that was given up: of that there is no other sample.
#[cold]
fn count_apart(shard: &mut Shard, key: &SampleKey, exchange: &Exchange, system: &SystemTags) {
    let Delivery { resends, interrupted, .. } = exchange.delivery;
    if resends > 0 {
        shard.sample(Builtin::HTTP_REQS_RESENT, &tags(key, exchange, system), f64::from(resends));
    }
    if let Some(limit) = exchange.error.as_ref().and_then(HttpError::limit) {
        let tags = tags(key, exchange, system).with(tag::LIMIT, limit);
        shard.sample(Builtin::HTTP_REQS_NOT_SENT, &tags, 1.0);
    }
    if exchange.error.as_ref().is_some_and(HttpError::is_not_kept) {
        shard.sample(Builtin::HTTP_REQS_NOT_KEPT, &tags(key, exchange, system), 1.0);
    }
    if interrupted {
        let key = SampleKey { expected: None, error: None, error_code: 0, ..key.clone() };
        shard.sample(Builtin::HTTP_REQS_INTERRUPTED, &tags(&key, exchange, system), 1.0);
    }
}

fn tags(key: &SampleKey, exchange: &Exchange, system: &SystemTags) -> TagSet {
    let mut pairs: Vec<(&str, String)> = vec![
        ("method", key.method.to_string()),
        ("name", key.name.to_string()),
        ("status", key.status.to_string()),
        ("url", key.name.to_string()),
    ];
    if key.status != 0 {
        pairs.push(("proto", exchange.proto().to_owned()));
    }
    if let Some(expected) = key.expected {
        pairs.push(("expected_response", expected.to_string()));
    }
    if key.error_code != 0 {
        pairs.push(("error_code", key.error_code.to_string()));
    }
    if let Some(error) = &key.error {
        pairs.push(("error", error.to_string()));
    }
    if let Some(version) = key.tls {
        pairs.push(("tls_version", version.to_owned()));
    }
    if let Some(ip) = key.ip {
        pairs.push(("ip", ip.to_string()));
    }
    pairs.retain(|(name, _)| system.has(name));
    if key.resent {
        pairs.push((tag::RESENT, "true".to_owned()));
    }
    let tags = key.base.merged(&TagSet::from_pairs(pairs));
    match &key.extra {
        None => tags,
        // The URL is shown under the name that the script gave, and `name` itself was set from it.
        Some(extra) => tags.merged(&extra.without("url")),
    }
}
