//! `experimental-prometheus-rw`: the run's series to Prometheus' remote-write endpoint, every five seconds, under the
//! names and with the variables of k6's output of that name.
//!
//! With `K6_PROMETHEUS_RW_TREND_AS_NATIVE_HISTOGRAM` a trend is one native histogram, `k6_NAME_seconds` where it is of times.
//! The other names are in `prometheus`. Values are those since the start of the run, so that a push that is lost loses nothing but
//! its moment.

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, UNIX_EPOCH};

use flashcrowd_metrics::{Contains, Sample, Trend};
use prost::Message;

use crate::native::{Histogram, Native, ended};
use crate::output::{Output, OutputContext, OutputError, OutputKind};
use crate::post::{Bodies, Body, Endpoint, Poster, Refused, agent, post};
use crate::prometheus::{STATS, Shapes, legal, shapes, single, values};
use crate::series::{Distribution, Kept, Row, Series};
use crate::stream::{Writer, stream};
use crate::variables::Variables;

/// The row of the table.
pub(crate) const REMOTE_WRITE: OutputKind = OutputKind {
    name: "experimental-prometheus-rw",
    also: &[],
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
const VARIABLES: [&str; 9] = [
    "SERVER_URL",
    "PUSH_INTERVAL",
    "TREND_STATS",
    "TREND_AS_NATIVE_HISTOGRAM",
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
    #[prost(message, repeated, tag = "4")]
    histograms: Vec<Histogram>,
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
    stats: Shapes,
    is_native: bool,
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
        let stats = shapes(get("TREND_STATS").unwrap_or(STATS))
            .map_err(|problem| format!("{PREFIX}TREND_STATS: {problem}"))?;
        let given = variables.own().filter_map(|(name, value)| {
            Some((name.strip_prefix(HEADERS)?.replace('_', "-"), value.to_owned()))
        });
        let bearer = get("BEARER_TOKEN").map(|token| ("Authorization".to_owned(), format!("Bearer {token}")));
        let headers = given.chain(bearer.or_else(|| variables.credentials())).collect();
        let is_insecure = variables.is_on("INSECURE_SKIP_TLS_VERIFY");
        Ok(Self {
            endpoint: Endpoint { url: url.to_owned(), headers, is_insecure },
            period: variables.push_interval(PERIOD)?,
            stats,
            is_native: variables.is_on("TREND_AS_NATIVE_HISTOGRAM"),
            marks_stale: variables.is_on("STALE_MARKERS"),
        })
    }
}

fn open(spec: &str, argument: &str, context: &OutputContext) -> Result<Box<dyn Output>, OutputError> {
    let settings =
        Settings::of(argument, &context.variables).map_err(|problem| OutputError::new(spec, problem))?;
    let period = settings.period;
    let endpoint = settings.endpoint.after(FORM);
    let make = move || {
        let agent = agent(&endpoint);
        move |request: &[u8]| {
            let packed = snap::raw::Encoder::new().compress_vec(request);
            let packed = packed.map_err(|error| Refused { problem: error.to_string(), may_help: false })?;
            post(&agent, &endpoint, &packed)
        }
    };
    let poster = Poster::start(&settings.endpoint.url, (Bodies::Wholes, 1), make);
    let poster = poster.map_err(|error| OutputError::new(spec, error))?;
    if settings.is_native {
        let series = Series::<Native>::new(context, legal);
        stream(spec, context, period, Collected { settings, series, poster })
    } else {
        let series = Series::<Trend>::new(context, legal);
        stream(spec, context, period, Collected { settings, series, poster })
    }
}

/// The series since the start of the run.
struct Collected<T> {
    settings: Settings,
    series: Series<T>,
    poster: Poster,
}

impl<T: Pushed> Writer for Collected<T> {
    fn sample(&mut self, sample: &Sample) -> io::Result<()> {
        self.series.add(sample);
        Ok(())
    }

    fn pass_on(&mut self) -> io::Result<()> {
        if !self.series.rows().is_empty() {
            let request = self.request(None);
            self.poster.offer(request);
        }
        Ok(())
    }

    fn end(self) -> io::Result<()> {
        if self.series.rows().is_empty() {
            return Ok(());
        }
        let stale = self.settings.marks_stale.then(|| self.request(Some(f64::from_bits(STALE))));
        let last: Vec<Body> = [self.request(None)].into_iter().chain(stale).collect();
        self.poster.finish(last)?;
        self.series.complete()
    }
}

impl<T: Pushed> Collected<T> {
    /// All series as a request, with their values or another.
    fn request(&self, instead: Option<f64>) -> Body {
        let millis = self.series.now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as i64;
        let mut all = Vec::new();
        for row in self.series.rows() {
            for (name, pushed) in T::pushed(row, &self.settings) {
                let mut labels = vec![Label { name: "__name__".to_owned(), value: name }];
                let given = row.labels.iter().cloned();
                labels.extend(given.map(|(name, value)| Label { name, value }));
                labels.sort_by(|one, other| one.name.cmp(&other.name));
                let (mut samples, mut histograms) = (Vec::new(), Vec::new());
                match pushed {
                    Value::Number(value) => samples.push(Point { value: instead.unwrap_or(value), millis }),
                    Value::Histogram(native) => histograms.push(match instead {
                        None => native.histogram(millis),
                        Some(mark) => ended(mark, millis),
                    }),
                }
                all.push(TimeSeries { labels, samples, histograms });
            }
        }
        let bytes = WriteRequest { series: all }.encode_to_vec();
        Body { bytes, samples: self.series.samples() }
    }
}

/// What a series has at a time.
enum Value<'a> {
    Number(f64),
    Histogram(&'a Native),
}

/// A distribution that can be pushed.
trait Pushed: Distribution {
    /// The series of a row.
    fn pushed<'a>(row: &'a Row<Self>, settings: &Settings) -> Vec<(String, Value<'a>)>;
}

impl Pushed for Trend {
    fn pushed<'a>(row: &'a Row<Self>, settings: &Settings) -> Vec<(String, Value<'a>)> {
        let all = values(row, &settings.stats).into_iter();
        all.map(|one| (one.name, Value::Number(one.value))).collect()
    }
}

impl Pushed for Native {
    fn pushed<'a>(row: &'a Row<Self>, _settings: &Settings) -> Vec<(String, Value<'a>)> {
        let Kept::Trend(native) = &row.kept else {
            let all = single(row).into_iter();
            return all.map(|one| (one.name, Value::Number(one.value))).collect();
        };
        let unit = match row.contains {
            Contains::Default => "",
            Contains::Time => "_seconds",
            Contains::Data => "_bytes",
        };
        vec![(format!("k6_{}{unit}", row.name), Value::Histogram(native))]
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
        assert_eq!(usual.stats, shapes("p(99)").unwrap());
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
            ("SIGV4_REGION", "us-east-1", "K6_PROMETHEUS_RW_SIGV4_REGION is not supported"),
        ] {
            assert!(settings("", &[(name, value)]).unwrap_err().starts_with(problem), "{name}");
        }
    }
}
