//! A client is one virtual user's way to the network: it sends requests, and keeps connections between them.

use std::{net::IpAddr, rc::Rc, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Version, header};
use http_body_util::Full;
use tokio::time::{Instant, sleep};

use crate::back_off::BackOff;
use crate::config::{ClientConfig, Shared};
use crate::connection::connect::{Dialed, Purpose, connect};
use crate::connection::http1::{Bare, Http1, RawResponse, Sink};
use crate::connection::http2::{Failure, Http2};
use crate::connection::pool::{Pool, Pooled};
use crate::connection::timeout::Timeout;
use crate::connection::trace::Trace;
use crate::encoding::{Bounds, decode_body};
use crate::error::HttpError;
use crate::exchange::{Delivery, Exchange, Request, ResponseBody};
use crate::network::options::ConfigError;
use crate::spans::Iterating;
use crate::target::{Origin, Target, Targets};
use crate::under_way::UnderWay;

/// What the clients of one thread share: the configuration, and the URLs met so far.
#[derive(Debug)]
pub struct WorkerClient {
    shared: Arc<Shared>,
    targets: Targets,
}

impl WorkerClient {
    /// One for this thread.
    pub fn new(shared: Arc<Shared>) -> Rc<Self> {
        Rc::new(Self { shared, targets: Targets::default() })
    }

    /// Builds a configuration and one worker for it, for tests and tools of one thread.
    pub fn build(config: ClientConfig) -> Result<Rc<Self>, ConfigError> {
        Ok(Self::new(config.build()?))
    }

    /// The target of a URL, parsed once for each URL.
    pub fn target(&self, url: &str) -> Result<Rc<Target>, HttpError> {
        self.targets.get(url, self.shared.config.origin_override.as_ref())
    }

    /// The same for a URL that may be wrong: requests for it fail then, as any that fails.
    pub fn target_or_refusal(&self, url: &str) -> Rc<Target> {
        self.target(url).unwrap_or_else(|error| Rc::new(Target::refusing(url, error)))
    }

    /// What all threads share.
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

/// One virtual user's connections.
pub struct Client {
    worker: Rc<WorkerClient>,
    pool: Pool,
    timeout: Timeout,
    local_ip: Option<IpAddr>,
    back_off: BackOff,
    iterating: Iterating,
}

impl Client {
    /// The client of a virtual user; its number, counted from 1, picks its address of `localIPs`.
    pub fn new(worker: Rc<WorkerClient>, vu: u64) -> Self {
        let ips = &worker.shared.config.local_ips;
        let turn = vu.saturating_sub(1).checked_rem(ips.len() as u64).unwrap_or(0);
        let local_ip = usize::try_from(turn).ok().and_then(|index| ips.get(index)).copied();
        let (pool, timeout) = (Pool::default(), Timeout::default());
        Self { worker, pool, timeout, local_ip, back_off: BackOff::new(vu), iterating: Iterating::default() }
    }

    /// What this thread's clients share.
    pub fn worker(&self) -> &Rc<WorkerClient> {
        &self.worker
    }

    pub(crate) fn iterating(&self) -> &Iterating {
        &self.iterating
    }

    /// Sends one request and waits for the whole answer, or for the error or timeout that ends it. Several may be on
    /// their way at once. Needs a `LocalSet` around it (HTTP/2 connections are tasks).
    pub async fn send(&self, request: &Request) -> Box<Exchange> {
        let started = Instant::now();
        self.send_until(request, &Trace::start(started), deadline(started, request.timeout)).await
    }

    /// Sends one request; if it is given up when it had left, `interrupted` is told what is known of it.
    pub async fn send_telling(&self, request: &Request, interrupted: impl FnMut(&Exchange)) -> Box<Exchange> {
        let started = Instant::now();
        let trace = Trace::start(started);
        let under_way = UnderWay::new(&trace, interrupted);
        let exchange = self.send_until(request, &trace, deadline(started, request.timeout)).await;
        under_way.forget();
        exchange
    }

    /// Closes the connections that wait for a request.
    pub fn close_idle(&self) {
        self.pool.clear();
    }

    /// A sleep this long is worth parking for.
    pub const WORTH_PARKING: Duration = Duration::from_millis(50);

    /// Gives back the buffers of connections that wait for a request, some 25 KiB each, at the price of half a
    /// microsecond for their next request: to be called when the virtual user goes to sleep.
    pub fn park(&self) {
        self.pool.park();
    }

    /// Sleeps, parked if that is worth it.
    pub async fn rest(&self, time: Duration) {
        if time.is_zero() {
            return;
        }
        if time >= Self::WORTH_PARKING {
            self.park();
        }
        sleep(time).await;
    }

    /// The headers that a request has on the wire, with those that the client adds.
    pub fn sent_headers(&self, request: &Request, version: Version) -> HeaderMap {
        let http2 = version == Version::HTTP_2;
        let mut headers = self.build(request, http2).headers().clone();
        if !request.body.is_empty() {
            headers.entry(header::CONTENT_LENGTH).or_insert_with(|| request.body.len().into());
        }
        headers
    }

    /// How long to wait before the next request, since the last one did not reach its target; nothing if it did. Asked
    /// once after each of them.
    pub fn back_off(&self) -> Duration {
        self.back_off.next()
    }

    /// A new connection to an origin for streams.
    pub(crate) async fn dial_for(
        &self,
        origin: &Origin,
        purpose: Purpose<'_>,
        trace: &Trace,
    ) -> Result<Dialed, HttpError> {
        let dialed = connect(&self.worker.shared, origin, self.local_ip, purpose, trace).await;
        self.back_off.note(dialed.as_ref().err());
        dialed
    }

    /// How many connections wait for a request.
    pub fn idle_connections(&self) -> usize {
        self.pool.len()
    }

    pub(crate) async fn send_until(
        &self,
        request: &Request,
        trace: &Trace,
        deadline: Instant,
    ) -> Box<Exchange> {
        if let Some(error) = request.target.refusal() {
            self.back_off.note(Some(error));
            return finish(trace, Err(error.clone()));
        }
        let result = self.timeout.limit(deadline, self.attempt(request, trace)).await;
        finish(trace, result.unwrap_or_else(|| Err(HttpError::timeout())))
    }

    /// Sends a request that asks for another protocol; the bare connection and what was read of it where the server
    /// agreed.
    pub(crate) async fn upgrade(
        &self,
        request: &Request,
        started: Instant,
        deadline: Instant,
    ) -> (Box<Exchange>, Option<Bare>) {
        let trace = Trace::start(started);
        let attempt = async {
            let origin = &request.target.origin;
            let dialed = connect(&self.worker.shared, origin, self.local_ip, Purpose::Upgrade, &trace).await;
            self.back_off.note(dialed.as_ref().err());
            let dialed = dialed?;
            let mut connection = Http1::new(dialed.wire, dialed.facts).await?;
            trace.connected(&connection.facts, false);
            let answer =
                connection.exchange(self.build(request, false), self.sink(request), &trace.cut).await?;
            let bare =
                (answer.head.status == StatusCode::SWITCHING_PROTOCOLS).then(|| connection.into_bare());
            Ok((answer, bare))
        };
        match self.timeout.limit(deadline, attempt).await.unwrap_or_else(|| Err(HttpError::timeout())) {
            Ok((answer, bare)) => (finish(&trace, Ok(answer)), bare),
            Err(error) => (finish(&trace, Err(error)), None),
        }
    }

    /// Takes the `Content-Encoding` off a body that is kept. Where that fails there is no response.
    pub(crate) async fn decode(&self, request: &Request, exchange: &mut Exchange, deadline: Instant) {
        if request.response_body != ResponseBody::Keep || exchange.body.is_empty() {
            return;
        }
        let Shared { config, bodies, .. } = &*self.worker.shared;
        let bounds = Bounds { limit: config.max_body, budget: bodies, deadline };
        let body = std::mem::take(&mut exchange.body);
        match decode_body(&exchange.headers, body, bounds).await {
            Ok(body) => exchange.body = body,
            Err(error) => {
                (exchange.status, exchange.headers) = (0, HeaderMap::new());
                exchange.error = Some(error);
            }
        }
    }

    /// Sends the request; again on a fresh connection, if a kept one turns out to be dead.
    async fn attempt(&self, request: &Request, trace: &Trace) -> Result<RawResponse, HttpError> {
        let origin = &request.target.origin;
        while let Some(kept) = self.pool.take(origin) {
            match self.over(kept, request, trace, true).await {
                Outcome::Done(result) => return result,
                Outcome::Again => {}
            }
        }
        let fresh = Box::pin(self.dial(request, trace)).await;
        self.back_off.note(fresh.as_ref().err());
        let fresh = fresh?;
        let reused = false;
        match self.over(fresh, request, trace, reused).await {
            Outcome::Done(result) => result,
            Outcome::Again => Err(HttpError::generic("EOF")),
        }
    }

    async fn dial(&self, request: &Request, trace: &Trace) -> Result<Pooled, HttpError> {
        let origin = &request.target.origin;
        let dialed = connect(&self.worker.shared, origin, self.local_ip, Purpose::Requests, trace).await?;
        if !dialed.http2 {
            return Ok(Pooled::Http1(Http1::new(dialed.wire, dialed.facts).await?));
        }
        // Requests of a batch dial at the same time; the first to find HTTP/2 carries the others too.
        if let Some(shared) = self.pool.multiplexed(origin) {
            return Ok(Pooled::Http2(shared));
        }
        let connection = Http2::new(dialed).await?;
        if !self.config().no_connection_reuse {
            self.pool.share(origin, connection.clone());
        }
        Ok(Pooled::Http2(connection))
    }

    async fn over(&self, connection: Pooled, request: &Request, trace: &Trace, reused: bool) -> Outcome {
        match connection {
            Pooled::Http1(connection) => self.over_http1(connection, request, trace, reused).await,
            Pooled::Parked(wire) => match Http1::new(wire.0, wire.1).await {
                Ok(connection) => self.over_http1(connection, request, trace, reused).await,
                Err(_) => Outcome::Again,
            },
            Pooled::Http2(mut connection) => {
                trace.connected(&connection.facts, reused);
                match connection.exchange(self.build(request, true), self.sink(request), trace).await {
                    Ok(answer) => Outcome::Done(Ok(answer)),
                    Err(failure) if reused && self.may_repeat(&failure) => {
                        self.pool.unshare(&connection);
                        if failure.has_left {
                            trace.resend();
                        }
                        Outcome::Again
                    }
                    Err(failure) => Outcome::Done(Err(failure.error)),
                }
            }
        }
    }

    async fn over_http1(
        &self,
        mut connection: Box<Http1>,
        request: &Request,
        trace: &Trace,
        reused: bool,
    ) -> Outcome {
        /// An exchange that moved more than this has grown hyper's buffers, which never shrink by themselves.
        const MAX_IDLE_BUFFERS: u64 = 64 * 1024;
        trace.connected(&connection.facts, reused);
        let result = connection.exchange(self.build(request, false), self.sink(request), &trace.cut).await;
        let meter = &connection.facts.meter;
        let unsent = meter.last_write().is_none();
        let config = self.config();
        let may_resend = is_replayable(request) && !request.once && !config.no_resend;
        let unanswered = meter.first_read().is_none() && may_resend;
        if reused && result.is_err() && (unsent || unanswered) {
            if !unsent {
                trace.resend();
            }
            return Outcome::Again;
        }
        if result.is_ok() && !config.no_connection_reuse && connection.is_reusable() {
            let grown = connection.facts.meter.unclaimed() > MAX_IDLE_BUFFERS;
            self.pool.put(&request.target.origin, connection, config.max_idle, config.max_idle_per_host);
            if grown {
                self.pool.park();
            }
        }
        Outcome::Done(result)
    }

    /// Whether a request that failed so on a kept HTTP/2 connection is sent on another one.
    fn may_repeat(&self, failure: &Failure) -> bool {
        failure.untouched && !(failure.has_left && self.config().no_resend)
    }

    fn sink(&self, request: &Request) -> Sink<'_> {
        Sink::new(request, self.config().max_body, &self.worker.shared.bodies)
    }

    /// The request as hyper wants it: `Host` and `User-Agent` first, then the script's headers.
    fn build(&self, request: &Request, http2: bool) -> http::Request<Full<Bytes>> {
        let target = &request.target;
        let host = request.headers.get(header::HOST).unwrap_or(&target.host_header);
        let mut headers = HeaderMap::with_capacity(request.headers.len() + 4);
        if !http2 {
            headers.insert(header::HOST, host.clone());
        }
        match (request.headers.get(header::USER_AGENT), &self.worker.shared.user_agent) {
            (Some(theirs), _) if theirs.is_empty() => {}
            (Some(agent), _) | (None, Some(agent)) => {
                headers.insert(header::USER_AGENT, agent.clone());
            }
            (None, None) => {}
        }
        if request.body.is_empty() && matches!(request.method, Method::POST | Method::PUT | Method::PATCH) {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        for (name, value) in &request.headers {
            // A body in chunks is sent so where that is asked for; only clients of others ask.
            let in_chunks = request.once && *name == header::TRANSFER_ENCODING && value == "chunked";
            if (is_ours(name) && !in_chunks) || (http2 && is_hop_by_hop(name)) {
                continue;
            }
            headers.append(name, value.clone());
        }
        if let Some(value) = target.authorization.as_ref().filter(|_| request.basic_auth)
            && !headers.contains_key(header::AUTHORIZATION)
        {
            headers.insert(header::AUTHORIZATION, value.clone());
        }
        let uri =
            if http2 { self.authority(request, host) } else { self.request_line(request, &mut headers) };
        let mut built = http::Request::new(Full::new(request.body.clone()));
        *built.method_mut() = request.method.clone();
        *built.uri_mut() = uri;
        *built.headers_mut() = headers;
        built
    }

    fn authority(&self, request: &Request, host: &HeaderValue) -> http::Uri {
        match request.headers.contains_key(header::HOST) {
            true => request.target.absolute_for(host).unwrap_or_else(|| request.target.absolute().clone()),
            false => request.target.absolute().clone(),
        }
    }

    /// What HTTP/1 asks for, and the headers that depend on the way there.
    fn request_line(&self, request: &Request, headers: &mut HeaderMap) -> http::Uri {
        let config = self.config();
        if config.no_connection_reuse && !headers.contains_key(header::CONNECTION) {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        let origin = &request.target.origin;
        // A tunnel through the proxy is the way to the server itself.
        let tunnelled = request.headers.get(header::UPGRADE).is_some_and(|value| value == "websocket");
        match config.proxies.find(origin).filter(|_| !origin.tls && !tunnelled) {
            None => request.target.wire.clone(),
            Some(proxy) => {
                if let Some(value) = &proxy.authorization {
                    headers.insert(header::PROXY_AUTHORIZATION, value.clone());
                }
                request.target.absolute().clone()
            }
        }
    }

    fn config(&self) -> &ClientConfig {
        &self.worker.shared.config
    }
}

/// How an attempt on one connection ended.
enum Outcome {
    Done(Result<RawResponse, HttpError>),
    /// The connection was dead before it was asked, and asking again does no harm.
    Again,
}

/// The moment `timeout` after `start`.
pub(crate) fn deadline(start: Instant, timeout: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(365 * 24 * 3600);
    start.checked_add(timeout.min(FAR)).unwrap_or(start)
}

/// Whether sending the request twice does no harm, by HTTP's own rules.
fn is_replayable(request: &Request) -> bool {
    matches!(request.method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE)
        || request.headers.contains_key("idempotency-key")
        || request.headers.contains_key("x-idempotency-key")
}

/// Headers that the client writes itself.
fn is_ours(name: &http::HeaderName) -> bool {
    matches!(
        *name,
        header::HOST
            | header::USER_AGENT
            | header::CONTENT_LENGTH
            | header::TRANSFER_ENCODING
            | header::TRAILER
    )
}

/// Headers that HTTP/2 forbids.
fn is_hop_by_hop(name: &http::HeaderName) -> bool {
    matches!(*name, header::CONNECTION | header::UPGRADE)
        || name == "keep-alive"
        || name == "proxy-connection"
}

pub(crate) fn finish(trace: &Trace, result: Result<RawResponse, HttpError>) -> Box<Exchange> {
    let timings = trace.timings(Instant::now());
    let (bytes_sent, bytes_received) = trace.take_bytes();
    let mut exchange = Box::new(Exchange {
        timings,
        remote: trace.remote.get(),
        tls: trace.tls.get(),
        bytes_sent,
        bytes_received,
        delivery: Delivery { reused: trace.reused.get(), resends: trace.resends.get(), interrupted: false },
        cut: trace.cut.take(),
        ..Exchange::default()
    });
    match result {
        Ok(RawResponse { head, body }) => {
            exchange.status = head.status.as_u16();
            exchange.version = head.version;
            let reason = head.extensions.get::<hyper::ext::ReasonPhrase>();
            exchange.reason = reason.map(|reason| Bytes::copy_from_slice(reason.as_bytes()));
            exchange.headers = head.headers;
            exchange.body = body;
        }
        Err(error) => exchange.error = Some(error),
    }
    exchange
}
