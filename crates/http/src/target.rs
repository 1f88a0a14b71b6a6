//! A target is a URL taken apart once: what goes over the wire, where to connect, and what reports show.

use std::{
    cell::{OnceCell, RefCell},
    fmt::Write as _,
    rc::Rc,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hashbrown::HashMap;
use http::{HeaderValue, Uri};

use crate::error::HttpError;

/// Where connections of a target go: what a pool looks up. There is one per scheme, host and port and thread, so
/// that two are equal exactly if they are the same object.
#[derive(Debug, PartialEq, Eq, Hash, Clone)]
pub struct Origin {
    /// Whether TLS is spoken.
    pub tls: bool,
    /// The host, in lower case and punycode; an IPv6 address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl Origin {
    /// `host:port` as a proxy's CONNECT wants it.
    pub(crate) fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

/// An origin whose requests go to another one, under the URLs that they were written with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginOverride {
    /// The origin that requests have.
    pub from: Origin,
    /// Where they go: an origin, perhaps with a path that is put in front of theirs, without a slash at its end.
    pub to: String,
}

/// A parsed URL.
#[derive(Debug)]
pub struct Target {
    /// The URL as it was written.
    pub url: Rc<str>,
    /// The URL for reports: as written, with any credentials masked (`http://****:****@host/`).
    pub name: Rc<str>,
    /// Where to connect.
    pub origin: Rc<Origin>,
    /// The path, without the query.
    pub path: String,
    /// User name and password of the URL, decoded.
    pub credentials: Option<(String, String)>,
    /// Path and query, as HTTP/1 sends them.
    pub(crate) wire: Uri,
    /// The `Host` header's value.
    pub(crate) host_header: HeaderValue,
    /// Basic authentication from the credentials.
    pub(crate) authorization: Option<HeaderValue>,
    absolute: OnceCell<Uri>,
}

impl Target {
    /// Takes a URL apart, without the cache that [`crate::WorkerClient::target`] adds.
    pub fn parse(url: &str) -> Result<Self, HttpError> {
        let (scheme, rest) = url.split_once("://").ok_or_else(|| unsupported(url))?;
        let tls = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(unsupported(url)),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        let (userinfo, host_port) = match authority.rsplit_once('@') {
            Some((userinfo, host_port)) => (Some(userinfo), host_port),
            None => (None, authority),
        };
        let (host, port) = split_host_port(host_port)?;
        let host = ascii_host(host)?;
        let origin = Origin { tls, host, port: port.unwrap_or(if tls { 443 } else { 80 }) };
        let credentials = userinfo.map(|text| {
            let (user, password) = text.split_once(':').unwrap_or((text, ""));
            (percent_decode(user), percent_decode(password))
        });
        let wire = wire_form(tail.split('#').next().unwrap_or_default());
        let path = wire.split('?').next().unwrap_or_default().to_owned();
        Ok(Self {
            url: url.into(),
            name: match userinfo {
                Some(_) => format!("{scheme}://****:****@{host_port}{tail}").into(),
                None => url.into(),
            },
            host_header: host_header(&origin, port)?,
            origin: Rc::new(origin),
            path,
            authorization: credentials.as_ref().and_then(|(user, password)| basic(user, password)),
            credentials,
            wire: wire.parse().map_err(|_| HttpError::invalid_url())?,
            absolute: OnceCell::new(),
        })
    }

    /// The same at another origin; it keeps the URL that it was written with, for reports and what is relative to it.
    fn at(self, origin: &str) -> Result<Self, HttpError> {
        let after = self.url.find("://").map_or(0, |at| at + 3);
        let tail = self.url[after..].find(['/', '?', '#']).map_or("", |at| &self.url[after + at..]);
        let slash = if tail.is_empty() || tail.starts_with('/') { "" } else { "/" };
        let there = Self::parse(&format!("{origin}{slash}{tail}"))?;
        let authorization = there.authorization.or(self.authorization);
        let credentials = there.credentials.or(self.credentials);
        Ok(Self { url: self.url, name: self.name, authorization, credentials, ..there })
    }

    /// Parses what a `Location` header says relative to this URL.
    pub(crate) fn join(&self, location: &str) -> Result<String, HttpError> {
        let base = url::Url::parse(&self.url).map_err(|_| HttpError::invalid_url())?;
        base.join(location).map(String::from).map_err(|_| HttpError::invalid_url())
    }

    /// The URL with scheme and authority, as HTTP/2 and plain proxies want it.
    pub(crate) fn absolute(&self) -> &Uri {
        self.absolute
            .get_or_init(|| self.absolute_for(&self.host_header).unwrap_or_else(|| self.wire.clone()))
    }

    /// The same for another `Host`.
    pub(crate) fn absolute_for(&self, host: &HeaderValue) -> Option<Uri> {
        let mut parts = self.wire.clone().into_parts();
        parts.scheme = Some(if self.origin.tls { http::uri::Scheme::HTTPS } else { http::uri::Scheme::HTTP });
        parts.authority = Some(host.as_bytes().try_into().ok()?);
        Uri::from_parts(parts).ok()
    }
}

/// The targets a thread has met, by URL.
#[derive(Debug, Default)]
pub(crate) struct Targets {
    by_url: RefCell<HashMap<Rc<str>, Rc<Target>>>,
    origins: RefCell<HashMap<Origin, Rc<Origin>>>,
}

impl Targets {
    /// How many URLs are remembered. Tests with more distinct URLs than this parse most of them anew.
    const CAPACITY: usize = 1024;
    const ORIGINS: usize = 4096;

    pub(crate) fn get(&self, url: &str, other: Option<&OriginOverride>) -> Result<Rc<Target>, HttpError> {
        if let Some(known) = self.by_url.borrow().get(url) {
            return Ok(Rc::clone(known));
        }
        let mut target = Target::parse(url)?;
        if let Some(other) = other.filter(|other| other.from == *target.origin) {
            target = target.at(&other.to)?;
        }
        target.origin = self.origin(&target.origin);
        let target = Rc::new(target);
        let mut by_url = self.by_url.borrow_mut();
        if by_url.len() >= Self::CAPACITY {
            by_url.clear();
        }
        by_url.insert(Rc::clone(&target.url), Rc::clone(&target));
        Ok(target)
    }

    fn origin(&self, origin: &Rc<Origin>) -> Rc<Origin> {
        let mut origins = self.origins.borrow_mut();
        if let Some(known) = origins.get(&**origin) {
            return Rc::clone(known);
        }
        if origins.len() >= Self::ORIGINS {
            origins.clear();
        }
        origins.insert(Origin::clone(origin), Rc::clone(origin));
        Rc::clone(origin)
    }
}

/// The value of `Authorization` for basic authentication.
pub(crate) fn basic(user: &str, password: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")))).ok()
}

fn unsupported(url: &str) -> HttpError {
    let scheme = url.split_once("://").map(|(scheme, _)| scheme).unwrap_or_default();
    if scheme.chars().any(|c| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '-' | '.')) {
        return HttpError::invalid_url();
    }
    // A target may redirect to one scheme after the other, and a text must not differ from request to request.
    const KNOWN: [&str; 9] = ["", "ftp", "file", "ws", "wss", "data", "javascript", "mailto", "grpc"];
    match KNOWN.contains(&scheme) {
        true => HttpError::generic(format!("unsupported protocol scheme {scheme:?}")),
        false => HttpError::generic("unsupported protocol scheme"),
    }
}

fn split_host_port(text: &str) -> Result<(&str, Option<u16>), HttpError> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']').ok_or_else(HttpError::invalid_url)?;
            host.parse::<std::net::Ipv6Addr>().map_err(|_| HttpError::invalid_url())?;
            (host, after.strip_prefix(':').or(if after.is_empty() { Some("") } else { None }))
        }
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, Some("")),
        },
    };
    match port {
        Some("") => Ok((host, None)),
        Some(port) => Ok((host, Some(port.parse().map_err(|_| HttpError::invalid_url())?))),
        None => Err(HttpError::invalid_url()),
    }
}

fn ascii_host(host: &str) -> Result<String, HttpError> {
    if host.is_empty() {
        return Err(HttpError::generic("no Host in request URL"));
    }
    if host.contains(':') {
        return match host.parse::<std::net::Ipv6Addr>() {
            Ok(ip) => Ok(ip.to_string()),
            Err(_) => Err(HttpError::invalid_url()),
        };
    }
    if host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_')) {
        return Ok(host.to_ascii_lowercase());
    }
    url::Host::parse(host).map(|host| host.to_string()).map_err(|_| HttpError::invalid_url())
}

/// The `Host` header: with the port exactly where the URL has one, as Go sends it.
fn host_header(origin: &Origin, port: Option<u16>) -> Result<HeaderValue, HttpError> {
    let mut text = if origin.host.contains(':') { format!("[{}]", origin.host) } else { origin.host.clone() };
    if let Some(port) = port {
        let _ = write!(text, ":{port}");
    }
    HeaderValue::from_str(&text).map_err(|_| HttpError::invalid_url())
}

/// Path and query with everything escaped that may not go over the wire, and nothing else touched.
fn wire_form(tail: &str) -> String {
    let (path, query) = match tail.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (tail, None),
    };
    let mut wire = String::with_capacity(tail.len() + 1);
    if path.is_empty() {
        wire.push('/');
    }
    escape_into(&mut wire, path, b"\"<>\\^`{|}");
    if let Some(query) = query {
        wire.push('?');
        escape_into(&mut wire, query, b"\"<>");
    }
    wire
}

fn escape_into(out: &mut String, text: &str, also: &[u8]) {
    for byte in text.bytes() {
        if byte <= 0x20 || byte >= 0x7f || also.contains(&byte) {
            let _ = write!(out, "%{byte:02X}");
        } else {
            out.push(char::from(byte));
        }
    }
}

fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let hex = |at: usize| tail.get(at).and_then(|&b| char::from(b).to_digit(16));
        match (first, hex(0), hex(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart_as_go_does() {
        let check = |url: &str, host: &str, port: u16, header: &str, wire: &str| {
            let target = Target::parse(url).unwrap();
            assert_eq!((target.origin.host.as_str(), target.origin.port), (host, port), "{url}");
            assert_eq!(
                (target.host_header.to_str().unwrap(), target.wire.to_string().as_str()),
                (header, wire)
            );
        };
        check("http://Shop.test", "shop.test", 80, "shop.test", "/");
        check("HTTPS://shop.test:443/a?b=c#d", "shop.test", 443, "shop.test:443", "/a?b=c");
        check("http://[::1]:8080/x", "::1", 8080, "[::1]:8080", "/x");
        check("http://shop.test?q=a b", "shop.test", 80, "shop.test", "/?q=a%20b");
        check("http://shop.test/a b/{c}/../d%2Fe", "shop.test", 80, "shop.test", "/a%20b/%7Bc%7D/../d%2Fe");
        check("http://müller.test/ü", "xn--mller-kva.test", 80, "xn--mller-kva.test", "/%C3%BC");
        check("http://shop.test:/", "shop.test", 80, "shop.test", "/");
    }

    #[test]
    fn credentials_are_decoded_and_masked() {
        let target = Target::parse("http://us%40er:p%3Aw@shop.test/x").unwrap();
        assert_eq!(target.credentials, Some(("us@er".to_owned(), "p:w".to_owned())));
        assert_eq!(&*target.name, "http://****:****@shop.test/x");
        assert_eq!(target.authorization.unwrap(), "Basic dXNAZXI6cDp3");
    }

    #[test]
    fn bad_urls_have_codes() {
        for (url, code) in [
            ("shop.test", 1000),
            ("ftp://shop.test", 1000),
            ("http://", 1000),
            ("http://a:b", 1020),
            ("http://[::1", 1020),
            ("http://[x]/", 1020),
            ("http://a b/", 1020),
            ("ht tp://a", 1020),
            ("http://a:99999/", 1020),
        ] {
            let error = Target::parse(url).unwrap_err();
            assert_eq!(error.code, code, "{url}: {error}");
        }
    }

    #[test]
    fn a_thread_parses_a_url_once() {
        let targets = Targets::default();
        let first = targets.get("http://shop.test/1", None).unwrap();
        assert!(Rc::ptr_eq(&first, &targets.get("http://shop.test/1", None).unwrap()));
        assert!(Rc::ptr_eq(&first.origin, &targets.get("http://shop.test/2", None).unwrap().origin));
        let other =
            OriginOverride { from: Origin::clone(&first.origin), to: "http://b.test:81/v2".to_owned() };
        let targets_of_b = Targets::default();
        let there = targets_of_b.get("http://shop.test/1?x=2", Some(&other)).unwrap();
        assert_eq!((&*there.origin.host, there.origin.port, &*there.path), ("b.test", 81, "/v2/1"));
        assert_eq!((&*there.url, &*there.name), ("http://shop.test/1?x=2", "http://shop.test/1?x=2"));
        assert_eq!(targets_of_b.get("http://c.test", Some(&other)).unwrap().origin.host, "c.test");
        for i in 0..3000 {
            targets.get(&format!("http://shop.test/{i}"), None).unwrap();
        }
        assert!(targets.by_url.borrow().len() <= Targets::CAPACITY);
    }
}
