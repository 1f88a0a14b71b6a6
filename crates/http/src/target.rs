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
    /// The URL as it is asked for: as written, with escapes in its path where it needs them.
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
    /// Why nothing can be asked here; none of a URL that is right.
    refusal: Option<HttpError>,
}

impl Target {
    /// Takes a URL apart, without the cache that [`crate::WorkerClient::target`] adds.
    pub fn parse(url: &str) -> Result<Self, HttpError> {
        let (scheme, rest) = scheme_of(url)?;
        let tls = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(HttpError::generic(format!("unsupported protocol scheme {scheme:?}"))),
        };
        let rest = rest.strip_prefix("//").ok_or_else(no_host)?;
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
        check_escapes(&path)?;
        Ok(Self {
            url: as_asked(url, scheme, authority, tail, &path),
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
            refusal: None,
        })
    }

    /// The target of a URL that is wrong: every request for it fails with this error.
    pub fn refusing(url: &str, error: HttpError) -> Self {
        let name: Rc<str> = match url.rsplit_once('@') {
            Some((before, after)) => {
                let scheme = before.find("://").map_or("", |at| &before[..at + 3]);
                format!("{scheme}****:****@{after}").into()
            }
            None => url.into(),
        };
        Self {
            url: url.into(),
            name,
            origin: Rc::new(Origin { tls: false, host: String::new(), port: 0 }),
            path: String::new(),
            credentials: None,
            wire: Uri::default(),
            host_header: HeaderValue::from_static(""),
            authorization: None,
            absolute: OnceCell::new(),
            refusal: Some(error),
        }
    }

    /// Why nothing can be asked here; none of a URL that is right.
    pub fn refusal(&self) -> Option<&HttpError> {
        self.refusal.as_ref()
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
        let written = if *target.url == *url { Rc::clone(&target.url) } else { url.into() };
        by_url.insert(written, Rc::clone(&target));
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

/// The scheme of a URL and what follows its colon, told from a path as Go does; no scheme is an empty one.
fn scheme_of(url: &str) -> Result<(&str, &str), HttpError> {
    if url.bytes().any(|byte| byte.is_ascii_control()) {
        return Err(HttpError::invalid_url());
    }
    let end = url.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')));
    let starts_well = url.starts_with(|c: char| c.is_ascii_alphabetic());
    match end {
        Some(at) if starts_well && url[at..].starts_with(':') => Ok((&url[..at], &url[at + 1..])),
        // A colon in the first segment of what is no URL: neither a scheme nor a path.
        _ if url.split(['/', '?', '#']).next().is_some_and(|segment| segment.contains(':')) => {
            Err(HttpError::invalid_url())
        }
        _ => Ok(("", url)),
    }
}

/// Why a redirect to a scheme that hardly anybody knows fails: a target may redirect to one after the other, and a text must
/// not differ from request to request.
pub(crate) fn strange_scheme(url: &str) -> Option<HttpError> {
    const KNOWN: [&str; 11] =
        ["", "http", "https", "ftp", "file", "ws", "wss", "data", "javascript", "mailto", "grpc"];
    let (scheme, _) = scheme_of(url).ok()?;
    let is_known = KNOWN.iter().any(|known| scheme.eq_ignore_ascii_case(known));
    (!is_known).then(|| HttpError::generic("unsupported protocol scheme"))
}

fn no_host() -> HttpError {
    HttpError::generic("no Host in request URL")
}

/// A percent sign begins an escape, or the URL is wrong.
fn check_escapes(path: &str) -> Result<(), HttpError> {
    let hex = |digits: &[u8]| digits.len() == 2 && digits.iter().all(u8::is_ascii_hexdigit);
    let mut escapes = path.split('%').skip(1).map(str::as_bytes);
    match escapes.all(|escape| hex(&escape[..escape.len().min(2)])) {
        true => Ok(()),
        false => Err(HttpError::invalid_url()),
    }
}

/// The URL with its scheme in lower case and its path as it goes over the wire.
fn as_asked(url: &str, scheme: &str, authority: &str, tail: &str, path: &str) -> Rc<str> {
    let end = tail.find(['?', '#']).unwrap_or(tail.len());
    let (written, rest) = tail.split_at(end);
    let lower = scheme.to_ascii_lowercase();
    match (written.is_empty() || written == path) && scheme == lower {
        true => url.into(),
        false if written.is_empty() => format!("{lower}://{authority}{rest}").into(),
        false => format!("{lower}://{authority}{path}{rest}").into(),
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
        return Err(no_host());
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
    fn a_url_is_known_as_it_is_asked_for() {
        let check = |url: &str, expected: &str| {
            let target = Target::parse(url).unwrap();
            assert_eq!((&*target.url, &*target.name), (expected, url));
        };
        check("http://shop.test/a b", "http://shop.test/a%20b");
        check("http://shop.test/한글?q=한 글", "http://shop.test/%ED%95%9C%EA%B8%80?q=한 글");
        check("HTTP://shop.test/a%20b#c", "http://shop.test/a%20b#c");
        check("http://shop.test", "http://shop.test");
        check("http://shop.test?q={x}", "http://shop.test?q={x}");
        check("http://shop.test/{x}|", "http://shop.test/%7Bx%7D%7C");
    }

    #[test]
    fn a_refusing_target_tells_no_secrets() {
        let name = |url| Target::refusing(url, HttpError::invalid_url()).name;
        assert_eq!(&*name("http://ann:pw@a b/"), "http://****:****@a b/");
        assert_eq!(&*name("undefined/api"), "undefined/api");
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
            ("", 1000),
            ("shop.test", 1000),
            ("undefined/api", 1000),
            ("/api", 1000),
            ("//shop.test/api", 1000),
            ("localhost:8080/api", 1000),
            ("ftp://shop.test", 1000),
            ("http://", 1000),
            ("http:shop.test", 1000),
            ("http:///api", 1000),
            ("127.0.0.1:8080/api", 1020),
            (":8080/api", 1020),
            ("http://shop.test/100%", 1020),
            ("http://shop.test/%zz", 1020),
            ("http://shop.test/a\n", 1020),
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
