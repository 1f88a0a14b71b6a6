//! `experimental-prometheus-rw`: the run's series to Prometheus' remote-write endpoint, every five seconds, under the
//! names and with the variables of k6's output of that name.
//!
//! | metric | series |
//! | --- | --- |
//! | counter | `k6_NAME_total` |
//! | gauge | `k6_NAME` |
//! | rate | `k6_NAME_rate`, from 0 to 1 |
//! | trend | `k6_NAME_STAT` for each of `K6_PROMETHEUS_RW_TREND_STATS` (default: `p(99)`); times in seconds |
//!
//! Values are those since the start of the run, so that a push that is lost loses nothing but its moment. A receiver that
//! is slow or gone never slows the load: while one push is under way, the next ones are left out. The output is not
//! complete, and the run no success, if the last push fails.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use flashcrowd_metrics::{Contains, Kind, MetricId, Registry, Sample, Sink, Stat, TagSet};
use prost::Message;

use crate::output::{Output, OutputContext, OutputError, OutputKind};
use crate::post::{Endpoint, agent, post};
use crate::stream::{Shown, Writer, stream};
use crate::variables::Variables;

/// The row of the table.
pub(crate) const PROMETHEUS: OutputKind = OutputKind {
    name: "experimental-prometheus-rw",
    help: "series to Prometheus' remote-write endpoint every 5 s; K6_PROMETHEUS_RW_SERVER_URL and k6's other variables",
    example: "experimental-prometheus-rw",
    needs_argument: false,
    open,
};

/// Where Prometheus listens if nothing else is said.
const SERVER: &str = "http://localhost:9090/api/v1/write";

const PERIOD: Duration = Duration::from_secs(5);

/// What pushes are.
const FORM: [(&str, &str); 3] = [
    ("Content-Type", "application/x-protobuf"),
    ("Content-Encoding", "snappy"),
    ("X-Prometheus-Remote-Write-Version", "0.1.0"),
];

/// The variables that are heeded, beside headers one by one.
const VARIABLES: [&str; 8] = [
    "SERVER_URL",
    "PUSH_INTERVAL",
    "TREND_STATS",
    "STALE_MARKERS",
    "USERNAME",
    "PASSWORD",
    "BEARER_TOKEN",
    "INSECURE_SKIP_TLS_VERIFY",
];
const PREFIX: &str = "K6_PROMETHEUS_RW_";
const HEADERS: &str = "HEADERS_";

/// The value of a series that is over, as Prometheus marks it.
const STALE: u64 = 0x7ff0_0000_0000_0002;

#[derive(Clone, PartialEq, Message)]
struct WriteRequest {
    #[prost(message, repeated, tag = "1")]
    series: Vec<TimeSeries>,
}

#[derive(Clone, PartialEq, Message)]
struct TimeSeries {
    #[prost(message, repeated, tag = "1")]
    labels: Vec<Label>,
    #[prost(message, repeated, tag = "2")]
    samples: Vec<Point>,
}

#[derive(Clone, PartialEq, Message)]
struct Label {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    value: String,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct Point {
    #[prost(double, tag = "1")]
    value: f64,
    #[prost(int64, tag = "2")]
    millis: i64,
}

/// Where pushes go, and what is pushed.
#[derive(Debug)]
struct Settings {
    endpoint: Endpoint,
    period: Duration,
    stats: Vec<(String, Stat)>,
    marks_stale: bool,
}

impl Settings {
    fn of(argument: &str, variables: &BTreeMap<String, String>) -> Result<Self, String> {
        let variables = Variables::of(PREFIX, variables, &VARIABLES, &[HEADERS])?;
        let get = |name: &str| variables.get(name);
        let url = match argument {
            "" => get("SERVER_URL").unwrap_or(SERVER),
            argument => argument,
        };
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(
                "the receiver is no URL: write one such as http://localhost:9090/api/v1/write".to_owned()
            );
        }
        let stats = get("TREND_STATS").unwrap_or("p(99)").split(',').map(str::trim);
        let stats = stats.map(|name| {
            let stat = Stat::parse(name).map_err(|error| format!("{PREFIX}TREND_STATS: {}", error.0))?;
            Ok((suffix(name), stat))
        });
        let given = variables.own().filter_map(|(name, value)| {
            Some((name.strip_prefix(HEADERS)?.replace('_', "-"), value.to_owned()))
        });
        let bearer = get("BEARER_TOKEN").map(|token| ("Authorization".to_owned(), format!("Bearer {token}")));
        let headers = given.chain(bearer.or_else(|| variables.credentials())).collect();
        let is_insecure = variables.is_on("INSECURE_SKIP_TLS_VERIFY");
        Ok(Self {
            endpoint: Endpoint { url: url.to_owned(), headers, is_insecure },
            period: variables.push_interval(PERIOD)?,
            stats: stats.collect::<Result<_, String>>()?,
            marks_stale: variables.is_on("STALE_MARKERS"),
        })
    }
}

/// `p(99.9)` as a part of a name: `p999`.
fn suffix(stat: &str) -> String {
    stat.chars().filter(char::is_ascii_alphanumeric).collect()
}

fn open(spec: &str, argument: &str, context: &OutputContext) -> Result<Box<dyn Output>, OutputError> {
    let settings =
        Settings::of(argument, &context.variables).map_err(|problem| OutputError::new(spec, problem))?;
    let period = settings.period;
    let (requests, waiting) = sync_channel(1);
    let (answers, pushed) = channel();
    let endpoint = settings.endpoint.after(FORM);
    let thread = std::thread::Builder::new().name("out-push".to_owned());
    let started = thread.spawn(move || push_all(&endpoint, &waiting, &answers));
    started.map_err(|error| OutputError::new(spec, error))?;
    let series = Collected {
        settings,
        registry: context.registry.clone(),
        shown: Shown::new(context),
        start: SystemTime::UNIX_EPOCH,
        now: context.now,
        sinks: HashMap::new(),
        order: 0,
        requests,
        pushed,
    };
    stream(spec, context, period, series)
}

/// The series since the start of the run.
struct Collected {
    settings: Settings,
    registry: Registry,
    shown: Shown,
    start: SystemTime,
    now: fn() -> SystemTime,
    sinks: HashMap<(MetricId, TagSet), Sink>,
    order: u64,
    requests: SyncSender<Vec<u8>>,
    pushed: Receiver<Result<(), String>>,
}

impl Writer for Collected {
    fn started(&mut self, at: SystemTime) {
        self.start = at;
    }

    fn sample(&mut self, sample: &Sample) -> io::Result<()> {
        self.order += 1;
        let kind = || self.registry.get(sample.metric).kind;
        let sink = match self.sinks.get_mut(&(sample.metric, sample.tags.clone())) {
            Some(sink) => sink,
            None => {
                let sink = Sink::new(kind());
                self.sinks.entry((sample.metric, sample.tags.clone())).or_insert(sink)
            }
        };
        sink.add(sample.value, self.order);
        Ok(())
    }

    fn pass_on(&mut self) -> io::Result<()> {
        if !self.sinks.is_empty() {
            let request = self.request(None);
            // While the receiver is busy with the last one, this one is left out.
            let _ = self.requests.try_send(request);
        }
        Ok(())
    }

    fn end(mut self) -> io::Result<()> {
        if self.sinks.is_empty() {
            return Ok(());
        }
        let mut last = vec![self.request(None)];
        if self.settings.marks_stale {
            last.push(self.request(Some(f64::from_bits(STALE))));
        }
        for request in last {
            // The pusher goes away with this side only.
            self.requests.send(request).map_err(io::Error::other)?;
        }
        drop(self.requests);
        let last = self.pushed.iter().last().unwrap_or(Ok(()));
        last.map_err(|problem| io::Error::other(format!("{}: {problem}", self.settings.endpoint.url)))
    }
}

impl Collected {
    /// All series as a request, with their values or another.
    fn request(&mut self, instead: Option<f64>) -> Vec<u8> {
        let now = (self.now)();
        let millis = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as i64;
        let seconds = now.duration_since(self.start).unwrap_or_default().as_secs_f64();
        let mut series = Vec::new();
        for ((metric, tags), sink) in &self.sinks {
            let metric = self.registry.get(*metric);
            let values = match metric.kind {
                Kind::Counter => vec![("_total".to_owned(), sink.stat(Stat::Count, seconds))],
                Kind::Gauge => vec![(String::new(), sink.stat(Stat::Value, seconds))],
                Kind::Rate => vec![("_rate".to_owned(), sink.stat(Stat::Rate, seconds))],
                Kind::Trend => {
                    let stats = self.settings.stats.iter();
                    stats.map(|(name, stat)| (format!("_{name}"), sink.stat(*stat, seconds))).collect()
                }
            };
            for (suffix, value) in values {
                let is_time =
                    metric.kind == Kind::Trend && metric.contains == Contains::Time && suffix != "_count";
                let Some(value) = value else { continue };
                let value = instead.unwrap_or(if is_time { value / 1e3 } else { value });
                let name = format!("k6_{}{suffix}", self.shown.text(&metric.name));
                let mut labels = vec![Label { name: "__name__".to_owned(), value: legal(&name) }];
                for (tag, text) in tags.iter().filter(|(_, text)| !text.is_empty()) {
                    let name = legal(self.shown.text(tag));
                    labels.push(Label { name, value: self.shown.text(text).to_owned() });
                }
                labels.sort_by(|one, other| one.name.cmp(&other.name));
                series.push(TimeSeries { labels, samples: vec![Point { value, millis }] });
            }
        }
        WriteRequest { series }.encode_to_vec()
    }
}

/// A name with underscores in the place of what Prometheus does not take.
fn legal(name: &str) -> String {
    let is_legal = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let legal: String = name.chars().map(|c| if is_legal(c) { c } else { '_' }).collect();
    if legal.starts_with(|c: char| c.is_ascii_digit()) { format!("_{legal}") } else { legal }
}

/// Sends requests, one after the other.
fn push_all(endpoint: &Endpoint, requests: &Receiver<Vec<u8>>, answers: &Sender<Result<(), String>>) {
    let agent = agent(endpoint);
    for request in requests {
        let packed = snap::raw::Encoder::new().compress_vec(&request).map_err(|error| error.to_string());
        let pushed = packed.and_then(|body| post(&agent, endpoint, &body).map_err(|(problem, _)| problem));
        // Nobody listens any more when the wait for this was given up.
        let _ = answers.send(pushed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(argument: &str, variables: &[(&str, &str)]) -> Result<Settings, String> {
        let variables =
            variables.iter().map(|(name, value)| (format!("{PREFIX}{name}"), (*value).to_owned()));
        Settings::of(argument, &variables.collect())
    }

    #[test]
    fn variables_are_those_of_k6() {
        let usual = settings("", &[]).unwrap();
        assert_eq!((usual.endpoint.url.as_str(), usual.period), (SERVER, PERIOD));
        assert_eq!(usual.stats, [("p99".to_owned(), Stat::parse("p(99)").unwrap())]);
        let given = settings(
            "",
            &[
                ("SERVER_URL", "https://prometheus/api/v1/write"),
                ("PUSH_INTERVAL", "2s"),
                ("TREND_STATS", "p(99.9),min,count"),
                ("USERNAME", "me"),
                ("PASSWORD", "pass"),
                ("HEADERS_X_Scope", "shop"),
            ],
        )
        .unwrap();
        assert_eq!(
            (given.endpoint.url.as_str(), given.period.as_secs()),
            ("https://prometheus/api/v1/write", 2)
        );
        assert_eq!(
            given.stats.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
            ["p999", "min", "count"]
        );
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            given.endpoint.headers,
            [header("X-Scope", "shop"), header("Authorization", "Basic bWU6cGFzcw==")]
        );
        for (name, value, problem) in [
            ("SERVER_URL", "localhost:9090", "the receiver is no URL"),
            ("TREND_STATS", "p99x", "K6_PROMETHEUS_RW_TREND_STATS"),
            (
                "TREND_AS_NATIVE_HISTOGRAM",
                "true",
                "K6_PROMETHEUS_RW_TREND_AS_NATIVE_HISTOGRAM is not supported",
            ),
        ] {
            assert!(settings("", &[(name, value)]).unwrap_err().starts_with(problem), "{name}");
        }
    }

    #[test]
    fn names_are_what_prometheus_takes() {
        assert_eq!((legal("a-b.c").as_str(), legal("9x").as_str()), ("a_b_c", "_9x"));
        assert_eq!((suffix("p(99.9)").as_str(), suffix("avg").as_str()), ("p999", "avg"));
    }
}
