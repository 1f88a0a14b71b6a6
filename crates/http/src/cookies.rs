//! The jar holds one virtual user's cookies, with the rules of Go's jar that k6 scripts see through `CookieJar`.

use std::{
    borrow::Cow,
    fmt::Write as _,
    net::IpAddr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use http::{HeaderMap, HeaderValue, header};
use tokio::time::Instant;

use crate::target::Target;

/// A cookie as a response sets it, in the fields scripts see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cookie {
    /// Its name.
    pub name: String,
    /// Its value, without quotes around it.
    pub value: String,
    /// The attributes after the value.
    pub attributes: CookieAttributes,
    quoted: bool,
}

/// What a cookie may say besides its value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CookieAttributes {
    /// The domain it is for; empty for the host that set it.
    pub domain: String,
    /// The path it is for; empty for that of the request.
    pub path: String,
    /// When it ends, in milliseconds since 1970.
    pub expires_ms: Option<i64>,
    /// For how many seconds it lives: 0 where that is not said, negative for "remove it".
    pub max_age: i64,
    /// Whether it is for https only.
    pub secure: bool,
    /// Whether scripts of a page may not see it.
    pub http_only: bool,
}

/// A cookie given with one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestCookie {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Whether it takes the place of the jar's cookie of that name, instead of going before it.
    pub replace: bool,
}

impl Cookie {
    /// The cookies a response sets, in its order; what is no cookie is left out.
    pub fn all_of(headers: &HeaderMap) -> Vec<Self> {
        let lines = headers.get_all(header::SET_COOKIE).iter();
        lines.filter_map(|line| Self::parse(&String::from_utf8_lossy(line.as_bytes()))).collect()
    }

    /// Parses the value of a `Set-Cookie` header.
    pub fn parse(line: &str) -> Option<Self> {
        let parsed = cookie::Cookie::parse(line).ok().filter(|cookie| !cookie.name().is_empty())?;
        let (raw, trimmed) = (parsed.value(), parsed.value_trimmed());
        let milliseconds =
            |time: time::OffsetDateTime| i64::try_from(time.unix_timestamp_nanos() / 1_000_000).ok();
        Some(Self {
            name: parsed.name().to_owned(),
            value: trimmed.to_owned(),
            attributes: CookieAttributes {
                domain: parsed.domain().unwrap_or_default().to_owned(),
                path: parsed.path().unwrap_or_default().to_owned(),
                expires_ms: parsed.expires_datetime().and_then(milliseconds),
                max_age: parsed
                    .max_age()
                    .map_or(0, |age| if age.is_positive() { age.whole_seconds() } else { -1 }),
                secure: parsed.secure().unwrap_or(false),
                http_only: parsed.http_only().unwrap_or(false),
            },
            quoted: raw.len() != trimmed.len(),
        })
    }
}

/// How many cookies a jar keeps for one domain, and for all, as browsers do; beyond that the oldest go.
const PER_DOMAIN: usize = 180;
const MOST: usize = 3_000;

/// How many bytes the names and values of a jar take, and those of one cookie.
const MOST_BYTES: usize = 1 << 20;
const LONGEST: usize = 64 * 1024;

/// One virtual user's cookies.
#[derive(Clone, Debug)]
pub struct Jar {
    /// Those that were set first, first.
    entries: Vec<Entry>,
    /// The bytes of their names and values.
    bytes: usize,
    /// How many were refused or removed since the jar was asked, because there were too many.
    dropped: u64,
    /// The wall clock and tokio's at the same moment: expiry follows tokio's from there.
    anchor: (SystemTime, Instant),
}

#[derive(Clone, Debug)]
struct Entry {
    name: String,
    value: String,
    quoted: bool,
    domain: String,
    /// Whether only `domain` itself gets it, not the hosts below.
    host_only: bool,
    path: String,
    secure: bool,
    expires: Option<SystemTime>,
}

/// What is said where a jar did not keep so many cookies.
pub fn full_jar(dropped: u64) -> String {
    format!(
        "the cookie jar is full: {dropped} cookies were not kept; a virtual user has 180 for a domain, 3,000 and 1 MiB in all"
    )
}

impl Jar {
    /// An empty jar; `now` is the wall clock, which expiry dates are told in.
    pub fn new(now: SystemTime) -> Self {
        Self { entries: Vec::new(), bytes: 0, dropped: 0, anchor: (now, Instant::now()) }
    }

    /// Whether there is no cookie.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Forgets all cookies.
    pub fn reset(&mut self) {
        self.entries.clear();
        self.bytes = 0;
    }

    /// How many cookies the jar has not kept since this was asked last, because they were too many or too long.
    pub fn take_dropped(&mut self) -> u64 {
        std::mem::take(&mut self.dropped)
    }

    /// The names and values that a request for `target` carries, those with the longest path first.
    pub fn cookies_for<'a>(&'a self, target: &Target) -> Vec<(&'a str, &'a str)> {
        self.matching(target).map(|entry| (entry.name.as_str(), entry.value.as_str())).collect()
    }

    /// Sets a cookie as if `target` had answered with it. False if it may not set that one.
    pub fn set(&mut self, target: &Target, name: &str, value: &str, attributes: &CookieAttributes) -> bool {
        let attributes = attributes.clone();
        self.store(
            target,
            Cookie { name: name.to_owned(), value: value.to_owned(), attributes, quoted: false },
        )
    }

    /// Takes in the cookies of a response from `target`.
    pub fn store_response(&mut self, target: &Target, headers: &HeaderMap) {
        if headers.contains_key(header::SET_COOKIE) {
            for cookie in Cookie::all_of(headers) {
                self.store(target, cookie);
            }
        }
    }

    /// Removes all cookies that a request for `target` would carry.
    pub fn clear(&mut self, target: &Target) {
        let now = self.now();
        self.entries.retain(|entry| !entry.is_for(target, now));
        self.weigh();
    }

    /// Removes the cookies of that name that a request for `target` would carry.
    pub fn delete(&mut self, target: &Target, name: &str) {
        let now = self.now();
        self.entries.retain(|entry| entry.name != name || !entry.is_for(target, now));
        self.weigh();
    }

    /// The `Cookie` header of a request: the script's own header, then its cookies, then those of the jar.
    pub(crate) fn header(
        jar: Option<&Self>,
        target: &Target,
        own: Option<&HeaderValue>,
        cookies: &[RequestCookie],
    ) -> Option<HeaderValue> {
        let mut text = String::new();
        let mut add = |name: &str, value: &str, quoted: bool| {
            let between = if text.is_empty() { "" } else { "; " };
            let (name, value) = (&*sendable_name(name), &*sendable_value(value));
            let quote = if quoted || value.contains([' ', ',']) { "\"" } else { "" };
            let _ = write!(text, "{between}{name}={quote}{value}{quote}");
        };
        for cookie in cookies {
            add(&cookie.name, &cookie.value, false);
        }
        let replaced = |name: &str| cookies.iter().any(|cookie| cookie.replace && cookie.name == name);
        for entry in jar.into_iter().flat_map(|jar| jar.matching(target)) {
            if !replaced(&entry.name) {
                add(&entry.name, &entry.value, entry.quoted);
            }
        }
        if text.is_empty() {
            return own.cloned();
        }
        let mut bytes = own.map(|own| [own.as_bytes(), b"; "].concat()).unwrap_or_default();
        bytes.extend_from_slice(text.as_bytes());
        HeaderValue::from_bytes(&bytes).ok()
    }

    fn matching<'a>(&'a self, target: &Target) -> std::vec::IntoIter<&'a Entry> {
        let now = if self.entries.is_empty() { UNIX_EPOCH } else { self.now() };
        let mut found: Vec<&Entry> = self.entries.iter().filter(|entry| entry.is_for(target, now)).collect();
        found.sort_by_key(|entry| std::cmp::Reverse(entry.path.len()));
        found.into_iter()
    }

    fn now(&self) -> SystemTime {
        self.anchor.0 + self.anchor.1.elapsed()
    }

    fn store(&mut self, target: &Target, cookie: Cookie) -> bool {
        let Cookie { name, value, attributes, quoted } = cookie;
        let Some((domain, host_only)) = domain(&target.origin.host, &attributes.domain) else {
            return false;
        };
        let path =
            if attributes.path.starts_with('/') { attributes.path } else { default_path(&target.path) };
        let now = self.now();
        let same = |entry: &Entry| entry.name == name && entry.domain == domain && entry.path == path;
        let place = self.entries.iter().position(same);
        let Some(expires) = expiry(now, attributes.max_age, attributes.expires_ms) else {
            if let Some(index) = place {
                self.bytes -= self.entries.remove(index).bytes();
            }
            return true;
        };
        if name.len() + value.len() > LONGEST {
            self.dropped += 1;
            return false;
        }
        let entry =
            Entry { name, value, quoted, domain, host_only, path, secure: attributes.secure, expires };
        match place {
            Some(index) => {
                self.bytes += entry.bytes();
                self.bytes -= self.entries[index].bytes();
                self.entries[index] = entry;
            }
            None => {
                self.entries.retain(|entry| entry.expires.is_none_or(|expires| expires > now));
                self.weigh();
                self.make_room(&entry.domain);
                self.bytes += entry.bytes();
                self.entries.push(entry);
            }
        }
        while self.bytes > MOST_BYTES && self.entries.len() > 1 {
            self.drop_entry(0);
        }
        true
    }

    /// Removes the oldest cookies of that domain, or of all, for one more.
    fn make_room(&mut self, domain: &str) {
        let of_domain = |entry: &&Entry| entry.domain == domain;
        if self.entries.len() >= PER_DOMAIN && self.entries.iter().filter(of_domain).count() >= PER_DOMAIN {
            let oldest = self.entries.iter().position(|entry| entry.domain == domain);
            oldest.into_iter().for_each(|at| self.drop_entry(at));
        }
        if self.entries.len() >= MOST {
            self.drop_entry(0);
        }
    }

    fn drop_entry(&mut self, at: usize) {
        self.bytes -= self.entries.remove(at).bytes();
        self.dropped += 1;
    }

    fn weigh(&mut self) {
        self.bytes = self.entries.iter().map(Entry::bytes).sum();
    }
}

impl Entry {
    fn bytes(&self) -> usize {
        self.name.len() + self.value.len()
    }

    fn is_for(&self, target: &Target, now: SystemTime) -> bool {
        let host = target.origin.host.as_str();
        let below = || host.strip_suffix(self.domain.as_str()).is_some_and(|rest| rest.ends_with('.'));
        let path = target.path.strip_prefix(self.path.as_str());
        (host == self.domain || (!self.host_only && below()))
            && path.is_some_and(|rest| rest.is_empty() || self.path.ends_with('/') || rest.starts_with('/'))
            && (target.origin.tls || !self.secure)
            && self.expires.is_none_or(|expires| expires > now)
    }
}

/// A name without the line ends that would end its header.
fn sendable_name(name: &str) -> Cow<'_, str> {
    match name.contains(['\r', '\n']) {
        false => name.into(),
        true => name.replace(['\r', '\n'], "-").into(),
    }
}

/// A value without the characters that a cookie cannot have, as Go sends it.
fn sendable_value(value: &str) -> Cow<'_, str> {
    let fits = |c: char| matches!(c, ' '..='~') && !matches!(c, '"' | ';' | '\\');
    match value.chars().all(fits) {
        true => value.into(),
        false => value.chars().filter(|c| fits(*c)).collect::<String>().into(),
    }
}

/// The domain a cookie counts for, and whether only for that very host; nothing if `host` may not set it.
fn domain(host: &str, wanted: &str) -> Option<(String, bool)> {
    if wanted.is_empty() {
        return Some((host.to_owned(), true));
    }
    let wanted = wanted.strip_prefix('.').unwrap_or(wanted).to_ascii_lowercase();
    if host.parse::<IpAddr>().is_ok() {
        return (wanted == host).then_some((wanted, true));
    }
    if wanted.is_empty() || wanted.starts_with('.') || wanted.ends_with('.') {
        return None;
    }
    let allowed =
        host == wanted || host.strip_suffix(wanted.as_str()).is_some_and(|rest| rest.ends_with('.'));
    allowed.then_some((wanted, false))
}

/// The path of a cookie that names none: the request's, up to its last slash.
fn default_path(path: &str) -> String {
    match path.rfind('/') {
        None | Some(0) => "/".to_owned(),
        Some(last) => path[..last].to_owned(),
    }
}

/// When a cookie ends: `Some(None)` with the jar, `None` if it is over already.
fn expiry(now: SystemTime, max_age: i64, expires_ms: Option<i64>) -> Option<Option<SystemTime>> {
    match (max_age, expires_ms) {
        (0, None) => Some(None),
        (0, Some(ms)) => {
            let ms = u64::try_from(ms).ok()?;
            let at = UNIX_EPOCH.checked_add(Duration::from_millis(ms));
            at.filter(|at| *at > now).map(Some)
        }
        (age, _) => Some(now.checked_add(Duration::from_secs(u64::try_from(age).ok()?))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Target {
        Target::parse(url).unwrap()
    }

    /// What a jar that took in `set` sends to `to`.
    fn check(set: &[(&str, &str)], to: &str, expected: &str) {
        let mut jar = Jar::new(UNIX_EPOCH + Duration::from_secs(1_700_000_000));
        for (url, line) in set {
            let mut headers = HeaderMap::new();
            headers.append(header::SET_COOKIE, line.parse().unwrap());
            jar.store_response(&target(url), &headers);
        }
        let sent = Jar::header(Some(&jar), &target(to), None, &[]);
        assert_eq!(sent.as_ref().map_or("", |value| value.to_str().unwrap()), expected, "{set:?} -> {to}");
    }

    #[test]
    fn a_jar_has_bounds_and_tells_when_they_bite() {
        let mut jar = Jar::new(UNIX_EPOCH);
        let none = CookieAttributes::default();
        let (shop, other) = (target("http://shop.test/"), target("http://other.test/"));
        jar.set(&other, "kept", "1", &none);
        for at in 0..1_000 {
            assert!(jar.set(&shop, &format!("c{at}"), "v", &none));
        }
        assert_eq!(
            (jar.cookies_for(&shop).len(), jar.take_dropped()),
            (PER_DOMAIN, 1_000 - PER_DOMAIN as u64)
        );
        assert_eq!(jar.cookies_for(&shop)[0].0, "c820", "the oldest went");
        assert_eq!((jar.cookies_for(&other).len(), jar.take_dropped()), (1, 0));
        for at in 0..MOST {
            jar.set(&target(&format!("http://h{at}.test/")), "c", "v", &none);
        }
        assert_eq!(jar.entries.len(), MOST);
        assert!(!jar.set(&shop, "long", &"x".repeat(LONGEST), &none));
        for at in 0..40 {
            jar.set(&target(&format!("http://l{at}.test/")), "c", &"x".repeat(LONGEST - 1), &none);
        }
        assert!(jar.bytes <= MOST_BYTES && jar.bytes == jar.entries.iter().map(Entry::bytes).sum::<usize>());
        assert!(jar.take_dropped() > 0);
        jar.reset();
        assert_eq!(jar.bytes, 0);
    }

    #[test]
    fn domains() {
        let set = |line| [("http://shop.test/", line)];
        check(&set("a=1"), "http://shop.test/", "a=1");
        check(&set("a=1"), "http://eu.shop.test/", "");
        check(&set("a=1; Domain=shop.test"), "http://eu.shop.test/", "a=1");
        check(&set("a=1; Domain=.SHOP.test"), "http://eu.shop.test/", "a=1");
        check(&set("a=1; Domain=other.test"), "http://other.test/", "");
        check(&set("a=1; Domain=eu.shop.test"), "http://eu.shop.test/", "");
        check(&[("http://eu.shop.test/", "a=1; Domain=shop.test")], "http://shop.test/", "a=1");
        check(&[("http://10.0.0.1/", "a=1; Domain=10.0.0.1")], "http://10.0.0.1:81/", "a=1");
        check(&[("http://10.0.0.1/", "a=1; Domain=0.0.1")], "http://10.0.0.1/", "");
    }

    #[test]
    fn paths() {
        let set = |line| [("http://shop.test/cart/items", line)];
        check(&set("a=1"), "http://shop.test/cart", "a=1");
        check(&set("a=1"), "http://shop.test/cart/x", "a=1");
        check(&set("a=1"), "http://shop.test/cartoon", "");
        check(&set("a=1; Path=/"), "http://shop.test/", "a=1");
        check(&set("a=1; Path=/x/"), "http://shop.test/x", "");
        let two = [("http://shop.test/", "a=1; Path=/"), ("http://shop.test/", "a=2; Path=/x")];
        check(&two, "http://shop.test/x", "a=2; a=1");
    }

    #[test]
    fn ends_and_security() {
        let set = |line| [("http://shop.test/", "a=0"), ("http://shop.test/", line)];
        check(&set("a=1; Max-Age=0"), "http://shop.test/", "");
        check(&set("a=1; Max-Age=60"), "http://shop.test/", "a=1");
        check(&set("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT"), "http://shop.test/", "");
        check(&set("a=1; Expires=Thu, 01-Jan-2032 00:00:00 GMT"), "http://shop.test/", "a=1");
        check(&set("a=1; Expires=nonsense"), "http://shop.test/", "a=1");
        check(&[("https://shop.test/", "a=1; Secure")], "http://shop.test/", "");
        check(&[("https://shop.test/", "a=1; Secure")], "https://shop.test/", "a=1");
        check(&set("b=\"x y\"; HttpOnly"), "http://shop.test/", "a=0; b=\"x y\"");
        check(&set("nonsense"), "http://shop.test/", "a=0");
    }

    #[tokio::test(start_paused = true)]
    async fn a_cookie_ends_in_time() {
        let mut jar = Jar::new(UNIX_EPOCH);
        let shop = target("http://shop.test/");
        assert!(jar.set(&shop, "a", "1", &CookieAttributes { max_age: 2, ..Default::default() }));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(jar.cookies_for(&shop), [("a", "1")]);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(jar.cookies_for(&shop).is_empty());
    }

    #[test]
    fn a_requests_own_cookies_go_first() {
        let mut jar = Jar::new(UNIX_EPOCH);
        let shop = target("http://shop.test/");
        jar.set(&shop, "j", "1", &CookieAttributes::default());
        let cookie = |name: &str, value: &str, replace| RequestCookie {
            name: name.to_owned(),
            value: value.to_owned(),
            replace,
        };
        let header = |cookies: &[RequestCookie], own: Option<&HeaderValue>| {
            Jar::header(Some(&jar), &shop, own, cookies).unwrap()
        };
        assert_eq!(header(&[cookie("j", "2", false), cookie("k", "3", false)], None), "j=2; k=3; j=1");
        assert_eq!(header(&[cookie("j", "2", true)], None), "j=2");
        assert_eq!(header(&[], Some(&HeaderValue::from_static("own=1"))), "own=1; j=1");
    }

    #[test]
    fn a_value_loses_what_cookies_cannot_have() {
        let shop = target("http://shop.test/");
        for (value, sent) in [
            ("x;y", "xy"),
            ("x\"y\\z", "xyz"),
            ("한글", ""),
            ("a\r\nX: 1", "\"aX: 1\""),
            ("a b", "\"a b\""),
            ("a,b", "\"a,b\""),
            ("a=b%3B", "a=b%3B"),
        ] {
            let cookie = RequestCookie { name: "k".to_owned(), value: value.to_owned(), replace: false };
            assert_eq!(Jar::header(None, &shop, None, &[cookie]).unwrap(), format!("k={sent}"), "{value:?}");
            let mut jar = Jar::new(UNIX_EPOCH);
            jar.set(&shop, "k", value, &CookieAttributes::default());
            assert_eq!(Jar::header(Some(&jar), &shop, None, &[]).unwrap(), format!("k={sent}"), "{value:?}");
        }
    }

    #[test]
    fn scripts_change_the_jar() {
        let mut jar = Jar::new(UNIX_EPOCH);
        let shop = target("http://shop.test/");
        for name in ["a", "b", "c"] {
            assert!(jar.set(&shop, name, "1", &CookieAttributes::default()));
        }
        jar.delete(&shop, "b");
        assert_eq!(jar.cookies_for(&shop), [("a", "1"), ("c", "1")]);
        jar.set(&target("http://other.test/"), "x", "1", &CookieAttributes::default());
        jar.clear(&shop);
        assert!(jar.cookies_for(&shop).is_empty() && !jar.is_empty());
        jar.reset();
        assert!(jar.is_empty());
    }

    #[test]
    fn a_set_cookie_line_has_fields() {
        let line = "a=\"b\"; Domain=shop.test; Path=/x; Max-Age=5; Secure; HttpOnly; Expires=Thu, 01 Jan 2032 00:00:00 GMT";
        let cookie = Cookie::parse(line).unwrap();
        assert_eq!((cookie.name.as_str(), cookie.value.as_str()), ("a", "b"));
        let expected = CookieAttributes {
            domain: "shop.test".to_owned(),
            path: "/x".to_owned(),
            expires_ms: Some(1_956_528_000_000),
            max_age: 5,
            secure: true,
            http_only: true,
        };
        assert_eq!(cookie.attributes, expected);
    }
}
