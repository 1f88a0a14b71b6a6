//! A redirect says what to ask next: the rules by which one answer makes another request.

use http::{HeaderMap, HeaderValue, Method, header};

use crate::target::{Origin, Target};

/// How the next request differs from the one that was redirected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Follow {
    /// Ask with GET (or HEAD, if that was asked), without the body.
    AsGet,
    /// Ask the same again elsewhere.
    Same,
}

/// Whether a status redirects, and how.
pub(crate) fn follow(status: u16) -> Option<Follow> {
    match status {
        301..=303 => Some(Follow::AsGet),
        307 | 308 => Some(Follow::Same),
        _ => None,
    }
}

/// The method of the next request.
pub(crate) fn method(follow: Follow, method: &Method) -> Method {
    match follow {
        Follow::AsGet if *method != Method::GET && *method != Method::HEAD => Method::GET,
        _ => method.clone(),
    }
}

/// Turns the headers of one request into those of the next. `first` is where it all began: what is secret is not
/// told to hosts that are neither it nor below it.
pub(crate) fn headers(headers: &mut HeaderMap, follow: Follow, first: &Origin, from: &Target, to: &Target) {
    // Cookies are chosen anew for each hop, and another host has another name.
    headers.remove(header::COOKIE);
    headers.remove(header::HOST);
    if follow == Follow::AsGet {
        for name in [
            header::CONTENT_TYPE,
            header::CONTENT_ENCODING,
            header::CONTENT_LANGUAGE,
            header::CONTENT_LOCATION,
            header::CONTENT_LENGTH,
        ] {
            headers.remove(name);
        }
    }
    if !is_same_or_below(&to.origin.host, &first.host) {
        for name in [header::AUTHORIZATION, header::WWW_AUTHENTICATE, header::PROXY_AUTHORIZATION] {
            headers.remove(name);
        }
    }
    if from.origin.tls && !to.origin.tls {
        headers.remove(header::REFERER);
    } else if !headers.contains_key(header::REFERER)
        && let Some(value) = referer(from)
    {
        headers.insert(header::REFERER, value);
    }
}

fn is_same_or_below(host: &str, parent: &str) -> bool {
    // A numeric address has no hosts below it.
    host == parent
        || (parent.parse::<std::net::IpAddr>().is_err()
            && host.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.')))
}

/// The URL without its credentials and fragment.
fn referer(target: &Target) -> Option<HeaderValue> {
    let url = target.url.split('#').next()?;
    let value = match &target.credentials {
        None => HeaderValue::from_str(url),
        Some(_) => {
            let (scheme, rest) = url.split_once("://")?;
            let end = rest.find(['/', '?']).unwrap_or(rest.len());
            let (authority, tail) = rest.split_at(end);
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            HeaderValue::from_str(&format!("{scheme}://{host}{tail}"))
        }
    };
    value.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_decide_the_method() {
        let check = |status: u16, from: Method, expected: Option<Method>| {
            assert_eq!(follow(status).map(|follow| method(follow, &from)), expected, "{status} {from}");
        };
        for status in 301..=303 {
            check(status, Method::POST, Some(Method::GET));
            check(status, Method::DELETE, Some(Method::GET));
            check(status, Method::HEAD, Some(Method::HEAD));
        }
        for status in [307, 308] {
            check(status, Method::POST, Some(Method::POST));
        }
        for status in [200, 300, 304, 305, 306, 309] {
            check(status, Method::GET, None);
        }
    }

    #[test]
    fn secrets_stay_with_their_host() {
        let check = |from: &str, to: &str, keeps: bool| {
            let (from, to) = (Target::parse(from).unwrap(), Target::parse(to).unwrap());
            let mut map = HeaderMap::new();
            map.insert(header::AUTHORIZATION, HeaderValue::from_static("secret"));
            headers(&mut map, Follow::Same, &from.origin, &from, &to);
            assert_eq!(map.contains_key(header::AUTHORIZATION), keeps, "{} {}", from.url, to.url);
        };
        check("http://shop.test/a", "http://shop.test:81/b", true);
        check("http://shop.test/a", "http://eu.shop.test/b", true);
        check("http://shop.test/a", "http://notshop.test/b", false);
        check("http://eu.shop.test/a", "http://shop.test/b", false);
    }

    #[test]
    fn the_referer_tells_no_secrets() {
        let check = |from: &str, to: &str, expected: Option<&str>| {
            let (from, to) = (Target::parse(from).unwrap(), Target::parse(to).unwrap());
            let mut map = HeaderMap::new();
            headers(&mut map, Follow::AsGet, &from.origin, &from, &to);
            let found = map.get(header::REFERER).map(|value| value.to_str().unwrap());
            assert_eq!(found, expected);
        };
        check("http://u:p@shop.test/a?b#c", "http://shop.test/", Some("http://shop.test/a?b"));
        check("https://shop.test/a", "http://shop.test/", None);
        check("https://shop.test/a", "https://other.test/", Some("https://shop.test/a"));
    }
}
