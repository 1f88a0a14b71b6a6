//! A guard says who may use the page: whoever has the token; on the loopback without one, whoever is no other site's script.

use http::{HeaderMap, StatusCode, Uri, header};

/// The name of the cookie that keeps the token.
const COOKIE: &str = "flashcrowd_token";

/// Who may use the page.
#[derive(Clone, Debug)]
pub struct Guard {
    token: Option<String>,
    is_public: bool,
}

/// Why somebody may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status of the answer.
    pub status: StatusCode,
    /// The reason in a sentence.
    pub why: &'static str,
}

impl Guard {
    /// With this token, or none.
    pub fn new(token: Option<String>) -> Self {
        Self { token, is_public: false }
    }

    /// Whoever reaches it, but for scripts of other sites.
    pub fn public() -> Self {
        Self { token: None, is_public: true }
    }

    /// Looks at a request.
    pub fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
        if is_from_elsewhere(headers) {
            let why = "another site's page asks for this: open the page itself";
            return Err(Refusal { status: StatusCode::FORBIDDEN, why });
        }
        match &self.token {
            // A name that leads here by somebody else's DNS makes their page this one's origin.
            None if !self.is_public && !is_loopback(host(headers)) => {
                let why = "the page listens on the loopback: open it as http://127.0.0.1 or http://localhost";
                Err(Refusal { status: StatusCode::FORBIDDEN, why })
            }
            None => Ok(()),
            Some(token) if given(uri, headers).any(|given| is_same(&given, token)) => Ok(()),
            Some(_) => {
                let why = "this needs the token that was printed when the page began: ?token=... or Authorization: Bearer ...";
                Err(Refusal { status: StatusCode::UNAUTHORIZED, why })
            }
        }
    }

    /// The cookie that keeps the token of this URL; none where the URL has none.
    pub fn cookie(&self, uri: &Uri) -> Option<String> {
        let token = self.token.as_ref()?;
        let in_query = of_query(uri).any(|given| is_same(&given, token));
        in_query.then(|| format!("{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict"))
    }
}

/// Every token that a request has.
fn given<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> impl Iterator<Item = String> + 'a {
    let bearer =
        text(headers, header::AUTHORIZATION).strip_prefix("Bearer ").map(|one| one.trim().to_owned());
    let cookies = text(headers, header::COOKIE).split(';').filter_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == COOKIE).then(|| value.to_owned())
    });
    bearer.into_iter().chain(cookies).chain(of_query(uri))
}

fn of_query(uri: &Uri) -> impl Iterator<Item = String> + '_ {
    let pairs = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    pairs.filter(|(name, _)| name == "token").map(|(_, value)| value.into_owned())
}

/// Whether both are the same, in a time that does not tell how much of it is right.
fn is_same(given: &str, token: &str) -> bool {
    let pairs = given.bytes().zip(token.bytes());
    given.len() == token.len() && pairs.fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

/// What browsers say when a page of another site asks.
fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let site = text(headers, "sec-fetch-site");
    if !matches!(site, "" | "same-origin" | "none") {
        // Following a link to the page is no request of that other page.
        return text(headers, "sec-fetch-mode") != "navigate"
            || text(headers, "sec-fetch-dest") != "document";
    }
    let origin = text(headers, header::ORIGIN);
    !origin.is_empty() && origin.split_once("://").is_none_or(|(_, origin)| origin != host(headers))
}

fn host(headers: &HeaderMap) -> &str {
    text(headers, header::HOST)
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

fn text<K: header::AsHeaderName>(headers: &HeaderMap, name: K) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(token: Option<&str>, uri: &str, headers: &[(&str, &str)]) -> u16 {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(http::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        }
        let found = Guard::new(token.map(str::to_owned)).check(&uri.parse().unwrap(), &map);
        found.map_or_else(|refusal| refusal.status.as_u16(), |()| 200)
    }

    #[test]
    fn on_the_loopback_every_page_but_those_of_others_may_ask() {
        for (headers, expected) in [
            (&[("host", "127.0.0.1:8089")][..], 200),
            (&[("host", "localhost:8089")], 200),
            (&[("host", "[::1]:8089")], 200),
            (&[("host", "localhost:8089"), ("origin", "http://localhost:8089")], 200),
            (&[("host", "localhost:8089"), ("sec-fetch-site", "same-origin")], 200),
            (&[("host", "localhost:8089"), ("origin", "http://evil.example")], 403),
            (&[("host", "localhost:8089"), ("origin", "null")], 403),
            (&[("host", "localhost:8089"), ("origin", "http://localhost:3000")], 403),
            (&[("host", "localhost:8089"), ("sec-fetch-site", "cross-site")], 403),
            (
                &[("host", "localhost:8089"), ("sec-fetch-site", "same-site"), ("sec-fetch-mode", "no-cors")],
                403,
            ),
            (&[("host", "evil.example:8089")], 403),
            (&[("host", "127.0.0.1.evil.example:8089")], 403),
            (&[], 403),
        ] {
            assert_eq!(status(None, "/swarm", headers), expected, "{headers:?}");
        }
        let link = [
            ("host", "localhost:8089"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
        ];
        assert_eq!(status(None, "/", &link), 200, "a link to the page");
    }

    #[test]
    fn elsewhere_the_token_decides() {
        for (uri, headers, expected) in [
            ("/stats/requests", &[("host", "10.0.0.7:8089")][..], 401),
            ("/stats/requests?token=k-9", &[("host", "10.0.0.7:8089")], 200),
            ("/stats/requests?token=k-8", &[], 401),
            ("/stats/requests?token=", &[], 401),
            ("/swarm", &[("authorization", "Bearer k-9")], 200),
            ("/swarm", &[("authorization", "Bearer k-9 k")], 401),
            ("/swarm", &[("cookie", "a=b; flashcrowd_token=k-9")], 200),
            (
                "/swarm",
                &[
                    ("cookie", "flashcrowd_token=k-9"),
                    ("host", "10.0.0.7:8089"),
                    ("origin", "http://evil.example"),
                ],
                403,
            ),
        ] {
            assert_eq!(status(Some("k-9"), uri, headers), expected, "{uri} {headers:?}");
        }
        let public = Guard::public();
        let mut from_elsewhere = HeaderMap::new();
        from_elsewhere.insert("host", "10.0.0.7:6565".parse().unwrap());
        assert!(public.check(&"/".parse().unwrap(), &from_elsewhere).is_ok());
        from_elsewhere.insert("origin", "http://evil.example".parse().unwrap());
        assert!(public.check(&"/".parse().unwrap(), &from_elsewhere).is_err());
        let guard = Guard::new(Some("k-9".to_owned()));
        assert!(guard.cookie(&"/?token=k-9".parse().unwrap()).unwrap().contains("HttpOnly"));
        assert!(
            guard.cookie(&"/?token=k".parse().unwrap()).is_none()
                && guard.cookie(&"/".parse().unwrap()).is_none()
        );
    }
}
