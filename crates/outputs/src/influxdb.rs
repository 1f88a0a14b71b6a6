//! `influxdb`: every sample as a line of InfluxDB's line protocol, pushed every second, with the variables of k6's output
//! of that name and, for version 2, of its extension.
//!
//! A sample is `METRIC,TAG=VALUE value=NUMBER TIME`, with times in nanoseconds. The tags `vu`, `iter` and `url` are fields,
//! as with k6, since each of their values would be a series; `K6_INFLUXDB_TAGS_AS_FIELDS` names others. With
//! `K6_INFLUXDB_ORGANIZATION` and `K6_INFLUXDB_BUCKET` the API is that of version 2, else of version 1.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use flashcrowd_metrics::{Registry, Sample};

use crate::output::{Output, OutputContext, OutputError, OutputKind};
use crate::post::{Bodies, Body, Endpoint, Poster, agent, post};
use crate::stream::{Shown, Writer, stream};
use crate::variables::Variables;

/// The row of the table.
pub(crate) const INFLUXDB: OutputKind = OutputKind {
    name: "influxdb",
    also: &[],
    help: "every sample to InfluxDB 1 or 2 in its line protocol, every second; K6_INFLUXDB_ADDR and k6's other variables",
    example: "influxdb=http://localhost:8086/k6",
    needs_argument: false,
    open,
};

const SERVER: &str = "http://localhost:8086";
const DATABASE: &str = "k6";
const PERIOD: Duration = Duration::from_secs(1);
const AS_FIELDS: &str = "vu,iter,url";

/// A body that is longer is sent before its time; as many may wait.
const LONGEST: usize = 2 << 20;
const WAITING: usize = 16;

const PREFIX: &str = "K6_INFLUXDB_";
const VARIABLES: [&str; 12] = [
    "ADDR",
    "DB",
    "USERNAME",
    "PASSWORD",
    "INSECURE",
    "PUSH_INTERVAL",
    "TAGS_AS_FIELDS",
    "RETENTION",
    "CONSISTENCY",
    "ORGANIZATION",
    "BUCKET",
    "TOKEN",
];

/// Where lines go, and what of them are fields.
#[derive(Debug)]
struct Settings {
    endpoint: Endpoint,
    /// The address that creates the database, for version 1.
    create: Option<String>,
    period: Duration,
    fields: Vec<String>,
}

impl Settings {
    fn of(argument: &str, variables: &BTreeMap<String, String>) -> Result<Self, String> {
        let variables = Variables::of(PREFIX, variables, &VARIABLES, &[])?;
        let get = |name: &str| variables.get(name);
        let address = if argument.is_empty() { get("ADDR").unwrap_or(SERVER) } else { argument };
        let wrong = || "the receiver is no URL: write one such as http://localhost:8086/k6".to_owned();
        let (scheme, rest) = address.split_once("://").ok_or_else(wrong)?;
        if !["http", "https"].contains(&scheme) || rest.contains(['?', '#', '@']) {
            return Err(wrong());
        }
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (server, path) = (format!("{scheme}://{host}"), path.trim_matches('/'));
        let mut headers = vec![("Content-Type".to_owned(), "text/plain; charset=utf-8".to_owned())];
        let (url, create) = match (get("ORGANIZATION"), get("BUCKET")) {
            (Some(organization), Some(bucket)) => {
                let token = get("TOKEN").ok_or(format!("{PREFIX}TOKEN is missing, which version 2 needs"))?;
                headers.push(("Authorization".to_owned(), format!("Token {token}")));
                let query = format!("org={}&bucket={}&precision=ns", encoded(organization), encoded(bucket));
                (format!("{server}/api/v2/write?{query}"), None)
            }
            (None, None) => {
                headers.extend(variables.credentials());
                let database = if path.is_empty() { get("DB").unwrap_or(DATABASE) } else { path };
                let mut url = format!("{server}/write?db={}&precision=ns", encoded(database));
                for (name, parameter) in [("RETENTION", "rp"), ("CONSISTENCY", "consistency")] {
                    if let Some(value) = get(name) {
                        let _ = write!(url, "&{parameter}={}", encoded(value));
                    }
                }
                let create = encoded(&format!("CREATE DATABASE \"{}\"", database.replace('"', "\\\"")));
                (url, Some(format!("{server}/query?q={create}")))
            }
            _ => return Err(format!("give both {PREFIX}ORGANIZATION and {PREFIX}BUCKET, or neither")),
        };
        let is_insecure = variables.is_on("INSECURE");
        let fields = get("TAGS_AS_FIELDS").unwrap_or(AS_FIELDS).split(',');
        Ok(Self {
            endpoint: Endpoint { url, headers, is_insecure },
            create,
            period: variables.push_interval(PERIOD)?,
            // k6 lets the type stand behind a colon; all of them are texts here.
            fields: fields
                .map(|field| field.split(':').next().unwrap_or_default().trim().to_owned())
                .collect(),
        })
    }
}

fn open(spec: &str, argument: &str, context: &OutputContext) -> Result<Box<dyn Output>, OutputError> {
    let settings =
        Settings::of(argument, &context.variables).map_err(|problem| OutputError::new(spec, problem))?;
    let (create, endpoint) = (settings.create, settings.endpoint);
    let url = endpoint.url.clone();
    let make = move || {
        let agent = agent(&endpoint);
        if let Some(create) = create {
            let headers = endpoint.headers.iter();
            let request = headers.fold(agent.post(&create), |post, (name, value)| post.header(name, value));
            // Who may not create a database may still write to one that is there.
            let _ = request.send_empty();
        }
        move |body: &[u8]| post(&agent, &endpoint, body)
    };
    let poster = Poster::start(&url, (Bodies::Parts, WAITING), make);
    let lines = Lines {
        registry: context.registry.clone(),
        shown: Shown::new(context),
        start: SystemTime::UNIX_EPOCH,
        fields: settings.fields,
        text: String::new(),
        samples: 0,
        poster: poster.map_err(|error| OutputError::new(spec, error))?,
    };
    stream(spec, context, settings.period, lines)
}

/// Makes the lines.
struct Lines {
    registry: Registry,
    shown: Shown,
    start: SystemTime,
    fields: Vec<String>,
    text: String,
    samples: u64,
    poster: Poster,
}

impl Writer for Lines {
    fn started(&mut self, at: SystemTime) {
        self.start = at;
    }

    fn sample(&mut self, sample: &Sample) -> io::Result<()> {
        let metric = self.registry.get(sample.metric);
        escape(&mut self.text, self.shown.text(&metric.name), ", ");
        let mut fields = String::new();
        for (tag, value) in sample.tags.iter().filter(|(_, value)| !value.is_empty()) {
            let is_field = self.fields.iter().any(|field| field == tag);
            let into = if is_field { &mut fields } else { &mut self.text };
            into.push(',');
            escape(into, self.shown.text(tag), ",= ");
            into.push('=');
            if is_field {
                quote(into, self.shown.text(value));
            } else {
                escape(into, self.shown.text(value), ",= ");
            }
        }
        let time = (self.start + sample.at).duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, " value={}{fields} {time}", sample.value);
        self.samples += 1;
        if self.text.len() >= LONGEST {
            self.pass_on()?;
        }
        Ok(())
    }

    fn pass_on(&mut self) -> io::Result<()> {
        if let Some(body) = self.body() {
            self.poster.offer(body);
        }
        Ok(())
    }

    fn end(mut self) -> io::Result<()> {
        let last = self.body();
        self.poster.finish(last)
    }
}

impl Lines {
    /// The lines that came together, if there are any.
    fn body(&mut self) -> Option<Body> {
        let samples = std::mem::take(&mut self.samples);
        let text = std::mem::take(&mut self.text);
        (samples > 0).then(|| Body { bytes: text.into_bytes(), samples })
    }
}

/// A name or value with backslashes before what would end it. Line ends, which nothing can escape, are blanks; a backslash
/// at the end, which would escape what follows, goes.
fn escape(into: &mut String, text: &str, special: &str) {
    for c in text.trim_end_matches('\\').chars() {
        let c = if matches!(c, '\n' | '\r') { ' ' } else { c };
        if special.contains(c) {
            into.push('\\');
        }
        into.push(c);
    }
}

/// A text between quotes.
fn quote(into: &mut String, text: &str) {
    into.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            into.push('\\');
        }
        into.push(c);
    }
    into.push('"');
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut text, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                text.push(char::from(byte))
            }
            _ => {
                let _ = write!(text, "%{byte:02X}");
            }
        }
        text
    })
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
        assert_eq!(usual.endpoint.url, "http://localhost:8086/write?db=k6&precision=ns");
        assert_eq!(
            usual.create.as_deref(),
            Some("http://localhost:8086/query?q=CREATE%20DATABASE%20%22k6%22")
        );
        assert_eq!((usual.period, usual.fields.join(" ").as_str()), (PERIOD, "vu iter url"));
        let first = settings(
            "https://influx/shop",
            &[
                ("USERNAME", "me"),
                ("PASSWORD", "pass"),
                ("RETENTION", "a b"),
                ("TAGS_AS_FIELDS", "vu:int,name"),
            ],
        );
        let first = first.unwrap();
        assert_eq!(first.endpoint.url, "https://influx/write?db=shop&precision=ns&rp=a%20b");
        assert!(
            first.endpoint.headers.contains(&("Authorization".to_owned(), "Basic bWU6cGFzcw==".to_owned()))
        );
        assert_eq!(first.fields, ["vu", "name"]);
        let second = settings("", &[("ORGANIZATION", "o"), ("BUCKET", "b/c"), ("TOKEN", "t")]).unwrap();
        assert_eq!(second.endpoint.url, "http://localhost:8086/api/v2/write?org=o&bucket=b%2Fc&precision=ns");
        assert_eq!(second.create, None);
        for (argument, variable, problem) in [
            ("localhost:8086", ("DB", "x"), "the receiver is no URL"),
            ("http://h/db?a=b", ("DB", "x"), "the receiver is no URL"),
            ("", ("BUCKET", "b"), "give both K6_INFLUXDB_ORGANIZATION"),
            ("", ("CONCURRENT_WRITES", "4"), "K6_INFLUXDB_CONCURRENT_WRITES is not supported"),
            ("", ("PUSH_INTERVAL", "soon"), "K6_INFLUXDB_PUSH_INTERVAL"),
        ] {
            let found = settings(argument, &[variable]).unwrap_err();
            assert!(found.starts_with(problem), "{found}");
        }
    }
}
