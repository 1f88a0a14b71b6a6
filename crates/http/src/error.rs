//! An HTTP error is k6's error code and the short, fixed message that goes with it.

use std::{borrow::Cow, error::Error as StdError, io};

use thiserror::Error;

/// The numbers of k6's `error_code`, by the name of what went wrong.
pub struct ErrorCode;

impl ErrorCode {
    /// Anything without a code of its own.
    pub const GENERIC: u16 = 1000;
    /// The URL cannot be understood.
    pub const INVALID_URL: u16 = 1020;
    /// The request took longer than its timeout.
    pub const REQUEST_TIMEOUT: u16 = 1050;
    /// The look-up of a host failed.
    pub const DNS: u16 = 1100;
    /// There is no such host.
    pub const NO_SUCH_HOST: u16 = 1101;
    /// The address is in `blacklistIPs`.
    pub const BLACKLISTED_IP: u16 = 1110;
    /// The name is in `blockHostnames`.
    pub const BLOCKED_HOSTNAME: u16 = 1111;
    /// TCP failed in another way.
    pub const TCP: u16 = 1200;
    /// The peer was gone when we wrote.
    pub const BROKEN_PIPE: u16 = 1201;
    /// An error number of the operating system without a code of its own.
    pub const UNKNOWN_ERRNO: u16 = 1202;
    /// Connecting failed in another way.
    pub const DIAL: u16 = 1210;
    /// Connecting took too long.
    pub const DIAL_TIMEOUT: u16 = 1211;
    /// Nobody listens there.
    pub const DIAL_REFUSED: u16 = 1212;
    /// Connecting failed with an error number without a code of its own.
    pub const DIAL_UNKNOWN_ERRNO: u16 = 1213;
    /// The peer reset the connection.
    pub const RESET: u16 = 1220;
    /// TLS failed in another way.
    pub const TLS: u16 = 1300;
    /// What came is no TLS record.
    pub const TLS_HEADER: u16 = 1301;
    /// The certificate is signed by nobody we trust.
    pub const UNKNOWN_CA: u16 = 1310;
    /// The certificate is for another host.
    pub const HOSTNAME: u16 = 1311;
    /// Another HTTP/2 error.
    pub const HTTP2: u16 = 1600;
    /// An HTTP/2 GOAWAY; its own code + 1 is added.
    pub const GOAWAY: u16 = 1610;
    /// An HTTP/2 stream error; its own code + 1 is added.
    pub const STREAM: u16 = 1630;
    /// An HTTP/2 connection error; its own code + 1 is added.
    pub const CONNECTION: u16 = 1650;
    /// The body's `Content-Encoding` is broken.
    pub const DECOMPRESSION: u16 = 1701;

    /// Whether the target gave no sign of life: no such host, no connection, no TLS handshake, or a connection that it
    /// closed without an answer. A request that timed out may have been on its way.
    pub fn is_unreachable(code: u16) -> bool {
        matches!(
            code,
            Self::GENERIC
                | Self::DNS
                | Self::NO_SUCH_HOST
                | Self::BROKEN_PIPE
                | Self::RESET
                | Self::DIAL..=Self::DIAL_UNKNOWN_ERRNO
                | Self::TLS..=Self::HOSTNAME
        )
    }

    /// Whether the test does not allow the connection.
    pub(crate) fn is_forbidden(code: u16) -> bool {
        matches!(code, Self::BLACKLISTED_IP | Self::BLOCKED_HOSTNAME)
    }
}

/// How the messages end that are about the bounds of this client.
const TOO_LARGE: &str = "is larger than this client keeps";
const TOO_MUCH: &str = "together: use discardResponseBodies or fewer virtual users";

/// Why an exchange failed.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct HttpError {
    /// k6's `error_code`.
    pub code: u16,
    /// k6's message for it, short and without anything that differs from request to request.
    pub message: Cow<'static, str>,
}

impl HttpError {
    pub(crate) fn new(code: u16, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into() }
    }

    pub(crate) fn generic(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::GENERIC, message)
    }

    pub(crate) fn timeout() -> Self {
        Self::new(ErrorCode::REQUEST_TIMEOUT, "request timeout")
    }

    /// Which limit of this machine kept the request from being sent; none where it is not this machine's fault.
    pub fn limit(&self) -> Option<&'static str> {
        let said = self.message.split_once("unknown errno ")?.1.trim_start_matches('`');
        let digits = said.find(|c: char| !c.is_ascii_digit()).map_or(said, |end| &said[..end]);
        limit_of(digits.parse().ok()?)
    }

    pub(crate) fn interrupted() -> Self {
        Self::generic("interrupted")
    }

    /// Whether there was a response, of which this client kept nothing because of its own bounds.
    pub fn is_not_kept(&self) -> bool {
        self.message.ends_with(TOO_LARGE) || self.message.ends_with(TOO_MUCH)
    }

    pub(crate) fn body_too_large() -> Self {
        Self::generic(format!("response body {TOO_LARGE}"))
    }

    pub(crate) fn decoded_body_too_large() -> Self {
        Self::decompression(format!("the decompressed body {TOO_LARGE}"))
    }

    /// `what` takes more than so many MiB.
    pub(crate) fn too_much(what: &str, mib: usize) -> Self {
        Self::generic(format!("{what} take more than {mib} MiB {TOO_MUCH}"))
    }

    pub(crate) fn is_too_large_head(&self) -> bool {
        self.message.starts_with("response headers are too large")
    }

    pub(crate) fn length_overflow() -> Self {
        Self::generic(
            "malformed HTTP response: Content-Length is larger than any number that is counted with",
        )
    }

    pub(crate) fn dial_timeout() -> Self {
        Self::new(ErrorCode::DIAL_TIMEOUT, "dial: i/o timeout")
    }

    /// The same, where it was the proxy that could not be reached.
    pub(crate) fn of_proxy(self) -> Self {
        Self { message: format!("proxyconnect tcp: {}", self.message).into(), ..self }
    }

    pub(crate) fn invalid_url() -> Self {
        Self::new(ErrorCode::INVALID_URL, "invalid URL")
    }

    pub(crate) fn decompression(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::DECOMPRESSION, message)
    }

    /// The error of a connect that failed.
    pub(crate) fn from_dial(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => {
                Self::new(ErrorCode::DIAL_REFUSED, "dial: connection refused")
            }
            io::ErrorKind::TimedOut => Self::dial_timeout(),
            io::ErrorKind::ConnectionReset => Self::from_io(error, "dial"),
            _ => match error.raw_os_error() {
                Some(errno) => Self::new(
                    ErrorCode::DIAL_UNKNOWN_ERRNO,
                    format!("dial: unknown errno {errno} error with msg `{}`", os_text(error)),
                ),
                None => Self::new(ErrorCode::DIAL, format!("dial: {error}")),
            },
        }
    }

    /// The error of a read or write (`operation`) on a connection.
    pub(crate) fn from_io(error: &io::Error, operation: &str) -> Self {
        if let Some(tls) = inner::<rustls::Error>(error) {
            return Self::from_tls(tls);
        }
        match error.kind() {
            io::ErrorKind::ConnectionReset => {
                Self::new(ErrorCode::RESET, format!("{operation}: connection reset by peer"))
            }
            io::ErrorKind::BrokenPipe => {
                Self::new(ErrorCode::BROKEN_PIPE, format!("{operation}: broken pipe"))
            }
            io::ErrorKind::UnexpectedEof => Self::generic("unexpected EOF"),
            io::ErrorKind::FileTooLarge => Self::generic(error.to_string()),
            // hyper's words about a chunk's size.
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData if error.raw_os_error().is_none() => {
                Self::generic("malformed chunked encoding")
            }
            io::ErrorKind::TimedOut => Self::new(ErrorCode::TCP, format!("{operation}: i/o timeout")),
            _ => match error.raw_os_error() {
                Some(errno) => Self::new(
                    ErrorCode::UNKNOWN_ERRNO,
                    format!("{operation}: unknown errno `{errno}` with message `{}`", os_text(error)),
                ),
                None => Self::new(ErrorCode::TCP, format!("{operation}: {error}")),
            },
        }
    }

    /// The error of a TLS session.
    pub(crate) fn from_tls(error: &rustls::Error) -> Self {
        use rustls::{CertificateError, Error, InvalidMessage};
        match error {
            // A bad signature is that of another authority with the name of one we trust.
            Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
                Self::new(ErrorCode::UNKNOWN_CA, "x509: unknown authority")
            }
            Error::InvalidCertificate(CertificateError::Other(cause)) if signs_itself(cause) => {
                Self::new(ErrorCode::UNKNOWN_CA, "x509: unknown authority")
            }
            Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            ) => Self::new(ErrorCode::HOSTNAME, "x509: certificate doesn't match hostname"),
            // These carry the time of the check, and a text must not differ from request to request.
            Error::InvalidCertificate(
                CertificateError::Expired | CertificateError::ExpiredContext { .. },
            ) => Self::new(ErrorCode::TLS, "tls: certificate has expired"),
            Error::InvalidCertificate(
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
            ) => Self::new(ErrorCode::TLS, "tls: certificate is not valid yet"),
            Error::InvalidMessage(
                InvalidMessage::InvalidContentType
                | InvalidMessage::UnknownProtocolVersion
                | InvalidMessage::MessageTooLarge
                | InvalidMessage::InvalidEmptyPayload,
            ) => Self::new(ErrorCode::TLS_HEADER, "tls: first record does not look like a TLS handshake"),
            Error::AlertReceived(alert) => Self::new(
                ErrorCode::TLS,
                format!("remote error: tls: {}", fixed(&format!("{alert:?}"), "unknown alert")),
            ),
            other => Self::new(
                ErrorCode::TLS,
                format!("tls: {}", fixed(&other.to_string(), "malformed or unexpected message")),
            ),
        }
    }

    /// The error of hyper's HTTP/1 or HTTP/2 state machine. `answered` tells whether a byte of the response had come.
    pub(crate) fn from_hyper(error: &hyper::Error, answered: bool) -> Self {
        if let Some(h2) = source::<h2::Error>(error) {
            return Self::from_h2(h2);
        }
        if let Some(io) = source::<io::Error>(error) {
            let writing = error.to_string().contains("writ");
            return Self::from_io(io, if writing { "write" } else { "read" });
        }
        if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
            return Self::generic(if answered { "unexpected EOF" } else { "EOF" });
        }
        // hyper has a method for this on servers only.
        if error.is_parse() && error.to_string().contains("too large") {
            return Self::generic("response headers are too large (10 MiB and 256 lines are taken)");
        }
        if error.is_parse() {
            return Self::generic("malformed HTTP response");
        }
        Self::generic(error.to_string())
    }

    /// The error of an HTTP/2 connection or stream.
    pub(crate) fn from_h2(error: &h2::Error) -> Self {
        if let Some(io) = error.get_io() {
            return Self::from_io(io, "read");
        }
        let Some(reason) = error.reason() else {
            return Self::new(
                ErrorCode::HTTP2,
                format!("http2: {}", fixed(&error.to_string(), "other error")),
            );
        };
        let number = u16::try_from(u32::from(reason)).unwrap_or(0).min(18);
        let (base, what) = if error.is_go_away() && error.is_remote() {
            (ErrorCode::GOAWAY, "received GoAway")
        } else if error.is_reset() {
            (ErrorCode::STREAM, "stream error")
        } else {
            (ErrorCode::CONNECTION, "connection error")
        };
        Self::new(base + number + 1, format!("http2: {what} with http2 ErrCode {}", h2_name(reason)))
    }
}

/// The limit that an error number of Linux or macOS is about.
fn limit_of(errno: i32) -> Option<&'static str> {
    let io = io::Error::from_raw_os_error(errno);
    match io.kind() {
        io::ErrorKind::AddrNotAvailable | io::ErrorKind::AddrInUse => Some("ports"),
        io::ErrorKind::PermissionDenied => Some("firewall"),
        io::ErrorKind::OutOfMemory => Some("buffers"),
        _ if errno == ENFILE || errno == EMFILE => Some("files"),
        _ if errno == ENOBUFS => Some("buffers"),
        _ => None,
    }
}

/// Too many open files, in the system and in the process.
const ENFILE: i32 = 23;
const EMFILE: i32 = 24;
/// No buffer space.
const ENOBUFS: i32 = if cfg!(target_os = "linux") { 105 } else { 55 };

fn os_text(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_lowercase(),
        None => text,
    }
}

fn h2_name(reason: h2::Reason) -> &'static str {
    const NAMES: [&str; 14] = [
        "NO_ERROR",
        "PROTOCOL_ERROR",
        "INTERNAL_ERROR",
        "FLOW_CONTROL_ERROR",
        "SETTINGS_TIMEOUT",
        "STREAM_CLOSED",
        "FRAME_SIZE_ERROR",
        "REFUSED_STREAM",
        "CANCEL",
        "COMPRESSION_ERROR",
        "CONNECT_ERROR",
        "ENHANCE_YOUR_CALM",
        "INADEQUATE_SECURITY",
        "HTTP_1_1_REQUIRED",
    ];
    NAMES.get(u32::from(reason) as usize).copied().unwrap_or("unknown error code")
}

/// A library's text, unless it has something of what came: a text must not differ from request to request.
pub(crate) fn fixed<'a>(text: &'a str, otherwise: &'a str) -> &'a str {
    let has_data = text.len() > 100
        || text.contains(|c: char| c.is_ascii_digit() || c == '"' || c == '[' || c.is_control());
    if has_data { otherwise } else { text }
}

/// The error of type `E` that an `io::Error` wraps.
fn inner<E: StdError + 'static>(error: &io::Error) -> Option<&E> {
    error.get_ref().and_then(|inner| inner.downcast_ref::<E>())
}

/// The first error of type `E` in the chain below `error`.
fn source<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut next = error.source();
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}
/// Whether a server shows the certificate of an authority as its own, as self-signed ones are by default.
fn signs_itself(cause: &rustls::OtherError) -> bool {
    format!("{cause:?}").contains("CaUsedAsEndEntity")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn limits_of_this_machine_are_known_by_their_numbers() {
        for (errno, limit) in [
            (23, Some("files")),
            (24, Some("files")),
            (98, Some("ports")),
            (99, Some("ports")),
            (105, Some("buffers")),
            (12, Some("buffers")),
            (1, Some("firewall")),
            (13, Some("firewall")),
            (101, None),
            (113, None),
            (22, None),
        ] {
            let error = io::Error::from_raw_os_error(errno);
            assert_eq!(HttpError::from_dial(&error).limit(), limit, "{errno}");
            assert_eq!(HttpError::from_io(&error, "write").limit(), limit, "{errno}");
        }
        for errno in [104, 110, 111, 32] {
            assert_eq!(HttpError::from_dial(&io::Error::from_raw_os_error(errno)).limit(), None, "{errno}");
        }
        assert_eq!(HttpError::timeout().limit(), None);
    }

    #[test]
    fn what_the_bounds_of_this_client_cut_is_known() {
        let own = [
            HttpError::body_too_large(),
            HttpError::decoded_body_too_large(),
            HttpError::too_much("response bodies", 256),
        ];
        assert!(own.iter().all(HttpError::is_not_kept), "{own:?}");
        let others = [HttpError::timeout(), HttpError::length_overflow(), HttpError::generic("EOF")];
        assert!(!others.iter().any(HttpError::is_not_kept));
    }
}
