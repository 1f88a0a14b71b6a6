//! The guard of the administration lets in who shows its token, and on a shop for this machine only who comes from no web
//! page of others.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, header};
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::reply::{Refusal, Status};

/// Who may administrate the shop.
#[derive(Debug)]
pub(crate) struct Guard {
    token: String,
    /// Whether only this machine reaches the shop.
    is_local: bool,
}

impl Guard {
    /// The guard of a shop that listens on this address, with a token that nobody can guess.
    pub(crate) fn new(listen: IpAddr) -> Self {
        let mut bytes = [0; 18];
        // A system without random numbers has no token that opens anything.
        let is_random = SystemRandom::new().fill(&mut bytes).is_ok();
        let token = if is_random { URL_SAFE_NO_PAD.encode(bytes) } else { String::new() };
        Self { token, is_local: listen.is_loopback() }
    }

    /// The token.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Whether a request without the token may do nothing.
    pub(crate) fn needs_token(&self) -> bool {
        !self.is_local
    }

    /// Lets a request in, or says why not.
    pub(crate) fn check(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let text = |name: header::HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
        let shown = text(header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
        if shown.is_some_and(|shown| !self.token.is_empty() && shown == self.token) {
            return Ok(());
        }
        if !self.is_local {
            return Err(refused(
                "the shop is open to other machines: send the token that it printed at its start, as Authorization: Bearer TOKEN",
            ));
        }
        let host = text(header::HOST);
        // A page of others may have a name that leads to this machine.
        if host.is_some_and(|host| !is_this_machine(host)) {
            return Err(refused("the Host header is not that of this machine: use 127.0.0.1 or localhost"));
        }
        let site = headers.get("sec-fetch-site").map(|value| value.to_str().unwrap_or("?"));
        let is_foreign = site.is_some_and(|site| !matches!(site, "same-origin" | "none"));
        let origin = text(header::ORIGIN);
        let is_own = |origin: &str| origin.split_once("://").map(|(_, place)| place) == host;
        if is_foreign || origin.is_some_and(|origin| !is_own(origin)) {
            return Err(refused("a page of another origin may not administrate the shop"));
        }
        Ok(())
    }
}

fn refused(why: &str) -> Refusal {
    Refusal::new(Status::Unauthorized, why)
}

fn is_this_machine(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn headers_of(name: &str, value: &str) -> HeaderMap {
        [(name.parse().unwrap(), value.parse().unwrap())].into_iter().collect()
    }

    #[test]
    fn on_this_machine_pages_of_others_are_kept_out() {
        let guard = Guard::new(Ipv4Addr::LOCALHOST.into());
        for (lines, is_let_in) in [
            (&[][..], true),
            (&[("host", "127.0.0.1:8080")], true),
            (&[("host", "[::1]:8080")], true),
            (
                &[
                    ("host", "localhost:8080"),
                    ("origin", "http://localhost:8080"),
                    ("sec-fetch-site", "same-origin"),
                ],
                true,
            ),
            (&[("host", "localhost:8080"), ("origin", "http://localhost:3000")], false),
            (&[("host", "localhost:8080"), ("origin", "null")], false),
            (&[("host", "localhost:8080"), ("sec-fetch-site", "cross-site")], false),
            (&[("host", "localhost:8080"), ("sec-fetch-site", "same-site")], false),
            (&[("host", "rebound.evil.test:8080")], false),
            (&[("host", "127.0.0.1.evil.test")], false),
        ] {
            assert_eq!(guard.check(&headers(lines)).is_ok(), is_let_in, "{lines:?}");
        }
    }

    #[test]
    fn other_machines_show_the_token() {
        let guard = Guard::new(Ipv4Addr::UNSPECIFIED.into());
        assert!(guard.needs_token() && guard.token().len() >= 20);
        assert!(guard.check(&headers(&[("host", "127.0.0.1")])).is_err());
        assert!(guard.check(&headers_of("authorization", "Bearer ")).is_err());
        assert!(guard.check(&headers_of("authorization", &format!("Bearer {}x", guard.token()))).is_err());
        assert!(guard.check(&headers_of("authorization", &format!("Bearer {}", guard.token()))).is_ok());
        assert_ne!(Guard::new(Ipv4Addr::LOCALHOST.into()).token(), guard.token());
    }
}
