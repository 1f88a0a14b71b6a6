//! A Prometheus endpoint of the target, read beside a test.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use flashcrowd_http::{
    Client, ClientConfig, Exchange, FetchOptions, Request, Shared, Target, WorkerClient, fetch,
};
use http::{HeaderMap, HeaderValue, Method, header};
use indexmap::IndexMap;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::exposition::Page;
use crate::series::series;

/// How often it is read.
const PERIOD: Duration = Duration::from_secs(1);
/// How long a reading may take, so that it is over before the next.
const TIMEOUT: Duration = Duration::from_millis(900);
/// How long the first reading may take: some programs gather their metrics slowly when they are first asked.
const FIRST_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a reading stands for the present.
const FRESH: Duration = Duration::from_millis(1500);
/// How much of a page is read; the rest of a longer one is left out.
const LONGEST: usize = 2 << 20;
/// A page that is longer than this is not even taken in.
const TOO_LONG: usize = 64 << 20;
/// What is asked for: plain text, not the binary form.
const ACCEPT: &str = "text/plain;version=0.0.4, application/openmetrics-text;q=0.5, */*;q=0.1";

/// Why an endpoint cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{url}: {problem}")]
pub struct ObserveError {
    /// The endpoint.
    pub url: String,
    /// What is wrong with it.
    pub problem: String,
}

/// A Prometheus endpoint of the target.
#[derive(Clone)]
pub struct Prometheus {
    endpoint: Rc<Endpoint>,
    latest: Rc<RefCell<Option<Reading>>>,
}

impl Prometheus {
    /// Reads the endpoint once, to see that it is one. Needs a `LocalSet` around it.
    pub async fn open(client: Arc<Shared>, url: &str) -> Result<Self, ObserveError> {
        let problem = |problem: String| ObserveError { url: url.to_owned(), problem };
        let config = ClientConfig { max_body: TOO_LONG, ..client.config().clone() };
        let client = WorkerClient::build(config).map_err(|error| problem(error.to_string()))?;
        let target = client.target(url).map_err(|error| problem(error.to_string()))?;
        let endpoint = Endpoint { client: Client::new(client, 1), target };
        let series = endpoint.read(FIRST_TIMEOUT).await.map_err(|problem| ObserveError {
            // Without the credentials that the address may hold.
            url: endpoint.target.name.to_string(),
            problem,
        })?;
        let latest = Rc::new(RefCell::new(Some(Reading { at: Instant::now(), series })));
        Ok(Self { endpoint: Rc::new(endpoint), latest })
    }

    /// Reads it once a second, for ever; to be polled beside the test.
    pub async fn run(&self) {
        let mut clock = interval(PERIOD);
        clock.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            clock.tick().await;
            let series = self.endpoint.read(TIMEOUT).await.ok();
            *self.latest.borrow_mut() = series.map(|series| Reading { at: Instant::now(), series });
        }
    }

    /// What it said last; empty when it has not answered in this second.
    pub fn latest(&self) -> IndexMap<String, f64> {
        let latest = self.latest.borrow();
        let fresh = latest.as_ref().filter(|reading| reading.at.elapsed() < FRESH);
        fresh.map(|reading| reading.series.clone()).unwrap_or_default()
    }
}

impl fmt::Debug for Prometheus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (target, latest) = (&self.endpoint.target.name, &self.latest);
        f.debug_struct("Prometheus").field("url", target).field("latest", latest).finish()
    }
}

/// What was read, and when.
#[derive(Debug)]
struct Reading {
    at: Instant,
    series: IndexMap<String, f64>,
}

/// Where to read, and over which connection.
struct Endpoint {
    client: Client,
    target: Rc<Target>,
}

impl Endpoint {
    async fn read(&self, timeout: Duration) -> Result<IndexMap<String, f64>, String> {
        let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(ACCEPT))]);
        let request = Request { timeout, headers, ..Request::new(Method::GET, self.target.clone()) };
        let fetched = fetch(&self.client, request, None, &FetchOptions::default(), |_, _| {}).await;
        kept(&fetched.exchange)
    }
}

/// What is kept of an answer, or why it is no page of metrics.
fn kept(answer: &Exchange) -> Result<IndexMap<String, f64>, String> {
    if let Some(error) = &answer.error {
        return Err(error.to_string());
    }
    if answer.status != 200 {
        return Err(format!(
            "it answers {}: name the address of the target's metrics, such as http://HOST/metrics",
            answer.status_text()
        ));
    }
    let kind =
        answer.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("text/html") {
        return Err("it is a web page: name the address of the metrics behind it".to_owned());
    }
    let page = Page::read(text(&answer.body)?);
    if page.samples.is_empty() || page.strange > page.samples.len() {
        let kind = if kind.is_empty() { String::new() } else { format!(", but {kind}") };
        return Err(format!(
            "it is not Prometheus' text format{kind}: name the address of the target's metrics"
        ));
    }
    Ok(series(&page))
}

/// The whole lines of a page, up to its limit.
fn text(body: &[u8]) -> Result<&str, String> {
    let short = match body.get(..LONGEST) {
        Some(start) => start.iter().rposition(|byte| *byte == b'\n').map_or(start, |end| &start[..end]),
        None => body,
    };
    std::str::from_utf8(short)
        .map_err(|_| "it is not text: name the address of the target's metrics".to_owned())
}
