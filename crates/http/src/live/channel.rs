//! A channel is an HTTP/2 connection of its own whose streams carry bytes both ways, as gRPC wants it.

use std::{cell::Cell, future::poll_fn, rc::Rc, time::Duration};

use bytes::Bytes;
use h2::client::{Builder, ResponseFuture, SendRequest};
use h2::{Ping, RecvStream, SendStream};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Version, header};
use tokio::time::Instant;

use crate::client::Client;
use crate::connection::connect::Purpose;
use crate::connection::trace::{Facts, Trace};
use crate::error::{ErrorCode, HttpError};
use crate::network::options::TlsIdentity;
use crate::target::Origin;

/// How much of one stream may come before it is read.
const WINDOW: u32 = 1 << 20;

/// Where a channel leads, and how.
#[derive(Clone, Debug)]
pub struct ChannelOptions {
    /// Where to connect.
    pub origin: Origin,
    /// What the server is called in requests and in its certificate, where that is not the origin.
    pub authority: Option<String>,
    /// A client certificate of this channel alone.
    pub identity: Option<TlsIdentity>,
    /// The only authorities that are trusted, as PEM; none for those of all connections.
    pub authorities: Vec<String>,
    /// How long connecting may take.
    pub timeout: Duration,
}

/// An open channel. It ends when the last handle of it and of its streams is gone.
#[derive(Debug)]
pub struct Channel {
    sender: SendRequest<Bytes>,
    facts: Facts,
    authority: String,
    tls: bool,
    user_agent: Option<HeaderValue>,
    is_closed: Rc<Cell<bool>>,
    connecting: Duration,
}

/// Why a stream broke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The error, as any other has it.
    pub error: HttpError,
    /// The code with which the other side ended this very stream.
    pub reset: Option<u32>,
    /// Whether the other side has certainly not acted on it.
    pub untouched: bool,
}

/// What is sent on a stream.
#[derive(Debug)]
pub struct Outgoing(SendStream<Bytes>);

/// What comes on a stream: its head, its data, and its trailers.
#[derive(Debug)]
pub struct Incoming {
    response: Option<ResponseFuture>,
    body: Option<RecvStream>,
}

impl Client {
    /// Opens a channel, and tells the bytes that it took, also where it failed. Needs a `LocalSet` around it.
    pub async fn channel(&self, options: &ChannelOptions) -> (Result<Channel, HttpError>, (u64, u64)) {
        let started = Instant::now();
        let trace = Trace::start(started);
        let opened = tokio::time::timeout(options.timeout, self.open_channel(options, &trace)).await;
        let opened = opened.unwrap_or_else(|_| Err(HttpError::dial_timeout()));
        let opened = opened.map(|channel| Channel { connecting: started.elapsed(), ..channel });
        (opened, trace.take_bytes())
    }

    async fn open_channel(&self, options: &ChannelOptions, trace: &Trace) -> Result<Channel, HttpError> {
        let ChannelOptions { origin, authority, identity, authorities, .. } = options;
        let shared = self.worker().shared();
        let apart = identity.is_some() || !authorities.is_empty();
        let tls = match apart && origin.tls {
            true => Some(shared.tls_apart(identity.as_ref(), authorities)?),
            false => None,
        };
        let server_name = authority.as_deref().map(host_of);
        let purpose = Purpose::Streams { tls: tls.as_ref(), server_name };
        let dialed = self.dial_for(origin, purpose, trace).await?;
        if origin.tls && !dialed.http2 {
            return Err(HttpError::new(ErrorCode::TLS, "tls: the server does not speak HTTP/2"));
        }
        dialed.facts.meter.share();
        let handshake = Builder::new()
            .enable_push(false)
            .initial_window_size(WINDOW)
            .initial_connection_window_size(4 * WINDOW)
            .max_header_list_size(1 << 20)
            .handshake::<_, Bytes>(dialed.wire);
        let (sender, mut connection) = handshake.await.map_err(|error| HttpError::from_h2(&error))?;
        let ping = connection.ping_pong();
        let (end, ended) = tokio::sync::oneshot::channel();
        let is_closed = Rc::new(Cell::new(false));
        let closed = Rc::clone(&is_closed);
        tokio::task::spawn_local(async move {
            // Every stream that is cut short is told why by itself; whoever opens the channel is told here.
            let result = connection.await;
            closed.set(true);
            let _ = end.send(result);
        });
        let answered = async {
            match ping {
                Some(mut ping) => ping.ping(Ping::opaque()).await.is_ok(),
                None => true,
            }
        };
        if !answered.await {
            // A server may refuse a certificate, or close the connection, after the handshake.
            return Err(match ended.await {
                Ok(Err(error)) => HttpError::from_h2(&error),
                _ => HttpError::generic("EOF"),
            });
        }
        Ok(Channel {
            sender,
            facts: dialed.facts,
            authority: authority.clone().unwrap_or_else(|| origin.authority()),
            tls: origin.tls,
            user_agent: shared.user_agent.clone(),
            is_closed,
            connecting: Duration::ZERO,
        })
    }
}

impl Channel {
    /// Whether no stream can be opened any more.
    pub fn is_closed(&self) -> bool {
        self.is_closed.get()
    }

    /// How long it took to connect.
    pub fn connecting(&self) -> Duration {
        self.connecting
    }

    /// The address at its other end.
    pub fn remote(&self) -> std::net::SocketAddr {
        self.facts.remote
    }

    /// The version of TLS that is spoken, as k6 names it.
    pub fn tls_version(&self) -> Option<&'static str> {
        self.facts.tls.map(|tls| tls.version)
    }

    /// Bytes sent and received since this was last asked.
    pub fn take_bytes(&self) -> (u64, u64) {
        self.facts.meter.take_bytes()
    }

    /// Opens a stream: a POST to this path with these headers.
    pub async fn open(&self, path: &str, headers: HeaderMap) -> Result<(Outgoing, Incoming), Broken> {
        let scheme = if self.tls { "https" } else { "http" };
        let uri = http::Uri::builder().scheme(scheme).authority(self.authority.as_str()).path_and_query(path);
        let wrong = |_| Broken::before(HttpError::invalid_url());
        let mut request = http::Request::new(());
        *request.uri_mut() = uri.build().map_err(wrong)?;
        *request.method_mut() = Method::POST;
        *request.version_mut() = Version::HTTP_2;
        *request.headers_mut() = headers;
        if let Some(agent) = &self.user_agent {
            request.headers_mut().entry(header::USER_AGENT).or_insert_with(|| agent.clone());
        }
        let ready = self.sender.clone().ready().await;
        let mut sender = ready.map_err(|error| Broken::before(HttpError::from_h2(&error)))?;
        let sent = sender.send_request(request, false);
        let (response, stream) = sent.map_err(|error| Broken::before(HttpError::from_h2(&error)))?;
        Ok((Outgoing(stream), Incoming { response: Some(response), body: None }))
    }
}

impl Outgoing {
    /// Sends all of the bytes, as the other side makes room for them; after the last ones there are no more.
    pub async fn send(&mut self, mut bytes: Bytes, last: bool) -> Result<(), Broken> {
        while !bytes.is_empty() {
            self.0.reserve_capacity(bytes.len());
            let room = match poll_fn(|cx| self.0.poll_capacity(cx)).await {
                Some(Ok(room)) => room.min(bytes.len()),
                Some(Err(error)) => return Err(Broken::of(&error)),
                None => return Err(Broken::before(HttpError::generic("EOF"))),
            };
            let part = bytes.split_to(room);
            let end = last && bytes.is_empty();
            self.0.send_data(part, end).map_err(|error| Broken::of(&error))?;
            if end {
                return Ok(());
            }
        }
        if last { self.0.send_data(Bytes::new(), true).map_err(|error| Broken::of(&error)) } else { Ok(()) }
    }
}

impl Incoming {
    /// The head of the response. Asked for once, before anything else.
    pub async fn head(&mut self) -> Result<(StatusCode, HeaderMap), Broken> {
        let Some(response) = self.response.take() else {
            return Err(Broken::before(HttpError::generic("EOF")));
        };
        let (head, body) = response.await.map_err(|error| Broken::of(&error))?.into_parts();
        self.body = Some(body);
        Ok((head.status, head.headers))
    }

    /// The next bytes; none once all have come.
    pub async fn data(&mut self) -> Result<Option<Bytes>, Broken> {
        let Some(body) = &mut self.body else { return Ok(None) };
        match body.data().await {
            None => Ok(None),
            Some(Ok(bytes)) => {
                let released = body.flow_control().release_capacity(bytes.len());
                released.map_err(|error| Broken::of(&error))?;
                Ok(Some(bytes))
            }
            Some(Err(error)) => Err(Broken::of(&error)),
        }
    }

    /// What came after the data.
    pub async fn trailers(&mut self) -> Result<Option<HeaderMap>, Broken> {
        match &mut self.body {
            Some(body) => body.trailers().await.map_err(|error| Broken::of(&error)),
            None => Ok(None),
        }
    }
}

impl Broken {
    fn of(error: &h2::Error) -> Self {
        let reset = error.reason().filter(|_| error.is_reset() && error.is_remote());
        let untouched = error.reason() == Some(h2::Reason::REFUSED_STREAM);
        Self { error: HttpError::from_h2(error), reset: reset.map(u32::from), untouched }
    }

    /// Before anything of the stream was sent.
    fn before(error: HttpError) -> Self {
        Self { error, reset: None, untouched: true }
    }
}

/// The host of `host:port`.
fn host_of(authority: &str) -> &str {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    host.trim_start_matches('[').trim_end_matches(']')
}
