//! `--traces-output otel`: each iteration as a trace, with a span for each of its requests, to a receiver of OTLP.
//!
//! Spans wait in a bounded queue for a thread of their own. What comes faster than it is sent, and what the receiver does not
//! take, is counted.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel, sync_channel};
use std::time::Duration;

use flashcrowd_engine::Observer;
use flashcrowd_http::{Span, Spans, TlsOptions};
use http::HeaderMap;
use prost::Message as _;
use tokio::time::Instant;

use crate::otlp::{Receiver as Collector, Signal, courier, header, is_grpc, resource, spans_request, url};
use crate::output::{Output, OutputContext, OutputError};
use crate::post::{Bodies, Body, Poster};
use crate::stream::{PATIENCE, Shown, outcome};

/// As many spans may wait, and as many bodies.
const WAITING: usize = 65_536;
const BODIES: usize = 16;

/// A body is sent with so many spans, or after this time.
const MOST: usize = 2_048;
const PERIOD: Duration = Duration::from_secs(1);

/// Where k6 sends traces if nothing else is said.
const RECEIVER: &str = "http://127.0.0.1:4317";

/// Where spans go.
pub struct Tracing {
    /// What takes them.
    pub spans: Spans,
    /// The output that sends them.
    pub output: Box<dyn Output>,
}

impl fmt::Debug for Tracing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracing").finish_non_exhaustive()
    }
}

/// Opens it, for `otel[=URL][,proto=grpc|http][,header.NAME=VALUE]`; nothing for
/// `none`.
pub fn open_traces(spec: &str, context: &OutputContext) -> Result<Option<Tracing>, OutputError> {
    let wrong = |problem: String| wrong_at(spec, problem);
    let Some(collector) = parse(spec).map_err(wrong)? else { return Ok(None) };
    let make = courier(&collector).map_err(wrong)?;
    let poster = Poster::start(&collector.url, (Bodies::Parts, BODIES), make);
    let poster = poster.map_err(|error| wrong(error.to_string()))?;
    let (spans, waiting) = sync_channel(WAITING);
    let (done, written) = channel();
    let (is_over, dropped) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
    let sender = Sender {
        waiting,
        is_over: Arc::clone(&is_over),
        dropped: Arc::clone(&dropped),
        shown: Shown::new(context),
        resource: resource(None, None, &context.variables),
        poster,
    };
    // Nobody listens any more when the wait for this was given up.
    let work = move || drop(done.send(sender.send_all()));
    let started = std::thread::Builder::new().name("out-traces".to_owned()).spawn(work);
    started.map_err(|error| wrong(error.to_string()))?;
    let take = move |span: Span| {
        if spans.try_send(span).is_err() {
            dropped.fetch_add(1, Relaxed);
        }
    };
    let output = Box::new(Traces { spec: spec.to_owned(), is_over, written });
    Ok(Some(Tracing { spans: Spans::new((context.now)(), Box::new(take)), output }))
}

/// What is wrong with it, before anything is opened.
pub fn check_traces(spec: &str) -> Option<OutputError> {
    parse(spec).err().map(|problem| wrong_at(spec, problem))
}

/// The values of headers in it, which may be secrets.
pub fn trace_secrets(spec: &str) -> impl Iterator<Item = &str> {
    spec.split(',').filter_map(|part| part.strip_prefix("header.")?.split_once('=')).map(|(_, value)| value)
}

/// An error, without the headers, which may be secrets.
fn wrong_at(spec: &str, problem: String) -> OutputError {
    OutputError::of("--traces-output", spec.split(',').next().unwrap_or_default(), problem)
}

/// Reads where traces go.
fn parse(spec: &str) -> Result<Option<Collector>, String> {
    let mut parts = spec.split(',');
    let kind = parts.next().unwrap_or_default();
    let address = match kind.split_once('=').unwrap_or((kind, "")) {
        ("none", "") => return Ok(None),
        ("otel", "") => RECEIVER,
        ("otel", address) => address,
        _ => {
            return Err(
                "there is no such output of traces: use none or otel=http://127.0.0.1:4317".to_owned()
            );
        }
    };
    let (mut over_grpc, mut headers) = (true, HeaderMap::new());
    for part in parts {
        match part.split_once('=') {
            Some(("proto", name)) => over_grpc = is_grpc(name)?,
            Some((name, value)) if name.starts_with("header.") => {
                let (name, value) = header(&name["header.".len()..], value)?;
                headers.insert(name, value);
            }
            // It may be a part of a secret.
            _ => return Err("only proto=grpc, proto=http and header.NAME=VALUE may follow".to_owned()),
        }
    }
    let signal = Signal::Traces;
    Ok(Some(Collector {
        signal,
        is_grpc: over_grpc,
        url: url(address, true, (!over_grpc).then_some(signal.path()))?,
        headers,
        tls: TlsOptions::default(),
    }))
}

/// The output, as the run sees it.
struct Traces {
    spec: String,
    is_over: Arc<AtomicBool>,
    written: Receiver<io::Result<()>>,
}

impl Observer for Traces {}

impl Output for Traces {
    fn finish(self: Box<Self>, gives_up: &dyn Fn() -> bool) -> Result<(), OutputError> {
        self.is_over.store(true, Relaxed);
        outcome(&self.written, gives_up).map_err(|problem| wrong_at(&self.spec, problem))
    }

    fn observer(&mut self) -> &mut dyn Observer {
        self
    }
}

/// Sends spans.
struct Sender {
    waiting: Receiver<Span>,
    is_over: Arc<AtomicBool>,
    dropped: Arc<AtomicU64>,
    shown: Shown,
    resource: Vec<(String, String)>,
    poster: Poster,
}

impl Sender {
    /// Sends all spans until the run is over, and the rest of them.
    fn send_all(mut self) -> io::Result<()> {
        let mut gathered = Vec::new();
        let mut due = Instant::now() + PERIOD;
        loop {
            let was_over = self.is_over.load(Relaxed);
            match self.waiting.recv_timeout(PATIENCE) {
                Ok(span) => gathered.push(span),
                // Nothing was left when the run was over already.
                Err(RecvTimeoutError::Timeout) if !was_over => {}
                Err(_) => break,
            }
            if gathered.len() >= MOST || (Instant::now() >= due && !gathered.is_empty()) {
                let body = self.body(&mut gathered);
                self.poster.offer(body);
                due = Instant::now() + PERIOD;
            }
        }
        let last = (!gathered.is_empty()).then(|| self.body(&mut gathered));
        let Self { poster, dropped, .. } = self;
        poster.finish(last)?;
        match dropped.load(Relaxed) {
            0 => Ok(()),
            count => Err(io::Error::other(format!("{count} spans came faster than they could be sent"))),
        }
    }

    fn body(&mut self, spans: &mut Vec<Span>) -> Body {
        let shown = &mut self.shown;
        let request = spans_request(spans, &self.resource, |text| shown.text(text).to_owned());
        let samples = spans.len() as u64;
        spans.clear();
        Body { bytes: request.encode_to_vec(), samples }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_traces_go_is_read_as_k6_reads_it() {
        let found = |spec: &str| parse(spec).map(|found| found.map(|one| (one.is_grpc, one.url)));
        let at = |is_grpc: bool, url: &str| Ok(Some((is_grpc, url.to_owned())));
        assert_eq!(found("none"), Ok(None));
        assert_eq!(found("otel"), at(true, "http://127.0.0.1:4317"));
        assert_eq!(found("otel=https://t:1,proto=grpc"), at(true, "https://t:1"));
        assert_eq!(found("otel=http://t:4318,proto=http"), at(false, "http://t:4318/v1/traces"));
        assert_eq!(found("otel=http://t/own,proto=http,header.A=b"), at(false, "http://t/own"));
        for (spec, problem) in [
            ("jaeger", "there is no such output of traces"),
            ("otel,proto=udp", "'udp' is no protocol"),
            ("otel,secret", "only proto=grpc"),
            ("otel,header.a b=c", "'a b' is no name of a header"),
        ] {
            assert!(found(spec).unwrap_err().starts_with(problem), "{spec}");
        }
        assert_eq!(
            trace_secrets("otel=x,header.A=b1,proto=http,header.C=d").collect::<Vec<_>>(),
            ["b1", "d"]
        );
    }
}
