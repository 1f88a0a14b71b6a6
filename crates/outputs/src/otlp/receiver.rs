//! A receiver of OTLP: its address, and what is sent with every body.

use std::fs;

use flashcrowd_http::{TlsIdentity, TlsOptions};
use http::{HeaderMap, HeaderName, HeaderValue};

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    Metrics,
    Traces,
}

impl Signal {
    /// The path of HTTP.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Metrics => "/v1/metrics",
            Self::Traces => "/v1/traces",
        }
    }

    /// The path of the method of gRPC.
    pub(crate) fn method(self) -> &'static str {
        match self {
            Self::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
            Self::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        }
    }
}

/// Where bodies go, and how.
#[derive(Clone, Debug)]
pub(crate) struct Receiver {
    pub(crate) signal: Signal,
    /// gRPC, or protocol buffers over HTTP.
    pub(crate) is_grpc: bool,
    /// The URL; of gRPC without a path.
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) tls: TlsOptions,
}

/// The protocol of a name: whether it is gRPC.
pub(crate) fn is_grpc(name: &str) -> Result<bool, String> {
    match name {
        "grpc" => Ok(true),
        "http/protobuf" | "http" => Ok(false),
        other => Err(format!("'{other}' is no protocol that is spoken: use grpc or http/protobuf")),
    }
}

/// The URL of an address, with or without a scheme, and with that path where it has none. Only gRPC has no path.
pub(crate) fn url(address: &str, is_insecure: bool, path: Option<&str>) -> Result<String, String> {
    let (scheme, rest) = match address.split_once("://") {
        Some((scheme @ ("http" | "https"), rest)) => (scheme, rest),
        None => (if is_insecure { "http" } else { "https" }, address),
        Some(_) => return Err(no_address(address)),
    };
    let (host, given) = rest.split_once('/').map_or((rest, ""), |(host, given)| (host, given));
    if host.is_empty() || rest.contains(['?', '#', '@', ' ']) {
        return Err(no_address(address));
    }
    Ok(match path {
        None => format!("{scheme}://{host}"),
        Some(path) if given.trim_matches('/').is_empty() => {
            format!("{scheme}://{host}/{}", path.trim_start_matches('/'))
        }
        Some(_) => format!("{scheme}://{host}/{given}"),
    })
}

fn no_address(address: &str) -> String {
    format!("'{address}' is no address: write HOST:PORT, or a URL such as http://localhost:4318")
}

/// The headers of a list such as `k1=v1,k2=v2`, with escapes as in URLs.
pub(crate) fn headers(list: &str) -> Result<HeaderMap, String> {
    let pairs = list.split(',').filter(|pair| !pair.trim().is_empty());
    pairs
        .map(|pair| {
            // What is wrong with a value is not shown: it may be a secret.
            let (name, value) = pair.split_once('=').ok_or("write headers as NAME=VALUE,NAME=VALUE")?;
            header(name, value)
        })
        .collect()
}

/// One header, with escapes as in URLs.
pub(crate) fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let decoded =
        |text: &str| percent_encoding::percent_decode_str(text.trim()).decode_utf8_lossy().into_owned();
    let name = decoded(name);
    let parsed =
        HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("'{name}' is no name of a header"))?;
    let value = HeaderValue::from_str(&decoded(value))
        .map_err(|_| format!("the value of {name} is none of a header"))?;
    Ok((parsed, value))
}

/// What TLS needs of files: a certificate authority; a client's certificate and its key.
pub(crate) fn tls(
    is_unverified: bool,
    authority: Option<&str>,
    client: (Option<&str>, Option<&str>),
) -> Result<TlsOptions, String> {
    let read =
        |path: &str| fs::read_to_string(path).map_err(|error| format!("cannot read '{path}': {error}"));
    let identities = match client {
        (None, None) => Vec::new(),
        (Some(cert), Some(key)) => {
            vec![TlsIdentity { cert: read(cert)?, key: read(key)?, domains: Vec::new() }]
        }
        _ => return Err("a client's certificate and its key go together: give both, or neither".to_owned()),
    };
    Ok(TlsOptions {
        insecure_skip_verify: is_unverified,
        identities,
        extra_roots: authority.map(read).transpose()?.into_iter().collect(),
        ..TlsOptions::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_urls_or_hosts() {
        for (address, is_insecure, path, expected) in [
            ("localhost:4318", true, Some("/v1/metrics"), "http://localhost:4318/v1/metrics"),
            ("localhost:4318", false, Some("v1/metrics"), "https://localhost:4318/v1/metrics"),
            ("http://otel/", false, Some("/v1/traces"), "http://otel/v1/traces"),
            ("https://otel/own/path", true, Some("/v1/traces"), "https://otel/own/path"),
            ("otel:4317", true, None, "http://otel:4317"),
        ] {
            assert_eq!(url(address, is_insecure, path).as_deref(), Ok(expected), "{address}");
        }
        for address in ["ftp://otel", "", "http://", "http://user@otel", "otel:4318?x"] {
            assert!(url(address, false, None).unwrap_err().contains("is no address"), "{address}");
        }
    }

    #[test]
    fn headers_are_pairs_and_their_values_are_not_shown() {
        let found = headers("api-key=a%20b, X-Scope = shop,").unwrap();
        assert_eq!((found["api-key"].as_bytes(), found["x-scope"].as_bytes()), (&b"a b"[..], &b"shop"[..]));
        for (list, problem) in [
            ("secret", "write headers as NAME=VALUE,NAME=VALUE"),
            ("a b=secret", "'a b' is no name of a header"),
            ("a=secret%0a", "the value of a is none of a header"),
        ] {
            assert_eq!(headers(list).unwrap_err(), problem);
        }
    }
}
