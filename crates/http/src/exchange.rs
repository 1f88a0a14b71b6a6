//! An exchange is one request on the wire and what came back for it, or why nothing did.

use std::{net::SocketAddr, rc::Rc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, StatusCode, Version};

use crate::error::HttpError;
use crate::tap::Tap;
use crate::target::Target;

/// What to do with the body of a response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResponseBody {
    /// Collect it into [`Exchange::body`].
    #[default]
    Keep,
    /// Read it to its end and count it, but keep nothing.
    Discard,
}

/// One request as a script asks for it.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method, as it goes over the wire.
    pub method: Method,
    /// Where it goes.
    pub target: Rc<Target>,
    /// The script's own headers. `Host` and `User-Agent` are added unless they are here; `Content-Length` and
    /// `Transfer-Encoding` are always the client's.
    pub headers: HeaderMap,
    /// The body, empty for none.
    pub body: Bytes,
    /// How long all of it may take, from the look-up of the host to the last byte of the body.
    pub timeout: Duration,
    /// Whether the response's body is kept.
    pub response_body: ResponseBody,
    /// Whether credentials of the URL are sent as basic authentication.
    pub basic_auth: bool,
    /// Whether it may not go over the wire a second time, even where that does no harm by HTTP's own rules.
    pub once: bool,
    /// Who takes the response while it comes. Its body is not kept then.
    pub tap: Option<Tap>,
}

impl Request {
    /// k6's default for the `timeout` of a request.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

    /// A request without headers and body, and with the default timeout.
    pub fn new(method: Method, target: Rc<Target>) -> Self {
        Self {
            method,
            target,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            timeout: Self::DEFAULT_TIMEOUT,
            response_body: ResponseBody::Keep,
            basic_auth: true,
            once: false,
            tap: None,
        }
    }

    /// The same request with one more header; a header of that name is replaced.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: http::HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The same request with this body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }
}

/// Where the time of an exchange went: k6's six phases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// From asking for a connection to having one. Includes look-up, connecting and handshake when it is new.
    pub blocked: Duration,
    /// TCP connect; zero on a reused connection.
    pub connecting: Duration,
    /// TLS handshake; zero on a reused connection and for plain HTTP.
    pub tls_handshaking: Duration,
    /// From having a connection to the last byte of the request written.
    pub sending: Duration,
    /// From there to the first byte of the response.
    pub waiting: Duration,
    /// From the first byte of the response to its last.
    pub receiving: Duration,
}

impl Timings {
    /// `http_req_duration`: sending, waiting and receiving, without getting a connection.
    pub fn duration(&self) -> Duration {
        self.sending + self.waiting + self.receiving
    }
}

/// What was agreed on in a TLS handshake, in the words scripts know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TlsInfo {
    /// `tls1.2` or `tls1.3`.
    pub version: &'static str,
    /// The cipher suite's IANA name, such as `TLS_AES_128_GCM_SHA256`.
    pub cipher: &'static str,
}

/// How a request went out, and whether anybody waited for its response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Whether an idle connection was used.
    pub reused: bool,
    /// How often the request had been sent before, on connections that were closed without a response.
    pub resends: u32,
    /// Whether it had been sent and was then given up, so that nobody knows what became of it. It is no request with a
    /// result then: neither a success nor a failure.
    pub interrupted: bool,
}

/// One hop: what one request sent and received, in bytes and in time.
///
/// Headers and body are slices of the connection's read buffer (8 KiB): copy out what is kept beyond the next
/// request, or each kept exchange keeps such a buffer.
#[derive(Clone, Debug, Default)]
pub struct Exchange {
    /// The status, or 0 when [`Exchange::error`] is set.
    pub status: u16,
    /// The protocol of the response.
    pub version: Version,
    /// The reason phrase, where it is not the usual one of the status (HTTP/1 only).
    pub reason: Option<Bytes>,
    /// The response's headers; empty after an error.
    pub headers: HeaderMap,
    /// The body; empty when discarded. A fetch takes its `Content-Encoding` off, a single request does not.
    pub body: Bytes,
    /// Where the time went; after an error, up to the error.
    pub timings: Timings,
    /// The peer, when there was a connection. A proxy's address, where there is a proxy.
    pub remote: Option<SocketAddr>,
    /// The TLS session, for https.
    pub tls: Option<TlsInfo>,
    /// Bytes written to the socket: headers, TLS records and handshakes included.
    pub bytes_sent: u64,
    /// Bytes read from the socket.
    pub bytes_received: u64,
    /// How the request went out.
    pub delivery: Delivery,
    /// Why there is no whole response.
    pub error: Option<HttpError>,
    /// What had come of a response that broke off in its body (HTTP/1 only).
    pub cut: Option<Box<Cut>>,
}

/// What had come of a response that broke off in its body.
#[derive(Clone, Debug)]
pub struct Cut {
    /// The status.
    pub status: u16,
    /// The response's headers.
    pub headers: HeaderMap,
    /// The body up to where it broke off, as it was sent.
    pub body: Bytes,
}

impl Exchange {
    /// The exchange of a request that could not be sent.
    pub fn unsent(error: HttpError) -> Box<Self> {
        Box::new(Self { error: Some(error), ..Self::default() })
    }

    /// k6's `error_code`: that of the error, 1000 + status from 400 on, else 0.
    pub fn error_code(&self) -> u16 {
        match &self.error {
            Some(error) => error.code,
            None if self.status >= 400 => 1000 + self.status,
            None => 0,
        }
    }

    /// The status line's text after the protocol, such as `200 OK`.
    pub fn status_text(&self) -> String {
        if self.status == 0 {
            return String::new();
        }
        let usual = || {
            StatusCode::from_u16(self.status)
                .ok()
                .and_then(|status| status.canonical_reason())
                .unwrap_or_default()
        };
        let reason = match &self.reason {
            Some(reason) => String::from_utf8_lossy(reason),
            None => usual().into(),
        };
        format!("{} {reason}", self.status).trim_end().to_owned()
    }

    /// The protocol as k6 names it: `HTTP/1.0`, `HTTP/1.1` or `HTTP/2.0`.
    pub fn proto(&self) -> &'static str {
        match self.version {
            Version::HTTP_10 => "HTTP/1.0",
            Version::HTTP_2 => "HTTP/2.0",
            _ => "HTTP/1.1",
        }
    }
}
