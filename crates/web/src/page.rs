//! A page has its address before anything else happens, so that a busy port is told at once.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};

use ring::rand::{SecureRandom as _, SystemRandom};

use super::guard::Guard;

/// Where a page is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The host: empty for the loopback, `*` for all addresses.
    pub host: String,
    /// The port; 0 for any that is free.
    pub port: u16,
    /// The token that opens it; where there is none, one is made up unless it is on the loopback.
    pub token: Option<String>,
    /// Whether everybody may open it who reaches it.
    pub is_public: bool,
    /// What all paths begin with.
    pub base: String,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The address is none.
    #[error("{0}: this is no address to listen on")]
    Address(String),
    /// It cannot be listened on.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        error: std::io::Error,
    },
    /// There is no randomness to make a token of.
    #[error("the system has no random numbers for a token")]
    Random,
}

/// A page that listens, and is not served yet.
#[derive(Debug)]
pub struct Page {
    /// What it listens with.
    pub listener: TcpListener,
    /// Who may open it.
    pub guard: Guard,
    /// What all paths begin with: empty, or a slash and a name.
    pub base: String,
    url: String,
}

impl Page {
    /// Listens at a place: on the loopback, and elsewhere with a token.
    pub fn bind(place: &Place) -> Result<Self, PageError> {
        let address = address(&place.host, place.port)?;
        let listener = TcpListener::bind(address).map_err(|error| PageError::Listen { address, error })?;
        let address = listener.local_addr().map_err(|error| PageError::Listen { address, error })?;
        let token = match &place.token {
            Some(token) => Some(token.clone()),
            None if address.ip().is_loopback() || place.is_public => None,
            None => Some(made_up()?),
        };
        let base = place.base.trim_matches('/');
        let base = if base.is_empty() { String::new() } else { format!("/{base}") };
        let query = token.as_ref().map(|token| format!("?token={token}")).unwrap_or_default();
        let shown = match address.ip() {
            ip if !ip.is_unspecified() => address.to_string(),
            IpAddr::V4(_) => SocketAddr::from((Ipv4Addr::LOCALHOST, address.port())).to_string(),
            IpAddr::V6(_) => SocketAddr::from((Ipv6Addr::LOCALHOST, address.port())).to_string(),
        };
        let url = format!("http://{shown}{base}/{query}");
        let guard = match place.is_public {
            true => Guard::public(),
            false => Guard::new(token),
        };
        Ok(Self { listener, guard, base, url })
    }

    /// Where it is to be found on this machine, with its token.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether others may find it, under this machine's address.
    pub fn is_open(&self) -> bool {
        self.listener.local_addr().is_ok_and(|address| !address.ip().is_loopback())
    }
}

fn address(host: &str, port: u16) -> Result<SocketAddr, PageError> {
    match host {
        "" => Ok((Ipv4Addr::LOCALHOST, port).into()),
        "*" => Ok((Ipv4Addr::UNSPECIFIED, port).into()),
        host => {
            let bare = host.trim_start_matches('[').trim_end_matches(']');
            if let Ok(ip) = bare.parse::<IpAddr>() {
                return Ok((ip, port).into());
            }
            let found = (bare, port).to_socket_addrs().ok().and_then(|mut found| found.next());
            found.ok_or_else(|| PageError::Address(host.to_owned()))
        }
    }
}

fn made_up() -> Result<String, PageError> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).map_err(|_| PageError::Random)?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(host: &str, token: Option<&str>) -> Page {
        let (host, token) = (host.to_owned(), token.map(str::to_owned));
        Page::bind(&Place { host, token, base: "/a/".into(), ..Place::default() }).unwrap()
    }

    #[test]
    fn the_loopback_needs_no_token_and_everything_else_has_one() {
        let loopback = bound("", None);
        assert!(loopback.url().starts_with("http://127.0.0.1:") && loopback.url().ends_with("/a/"));
        let all = bound("*", None);
        let token = all.url().split("?token=").nth(1).unwrap();
        assert!(token.len() == 32 && all.is_open() && !loopback.is_open(), "{}", all.url());
        assert_ne!(bound("0.0.0.0", None).url().split("?token=").nth(1), Some(token));
        assert!(bound("localhost", Some("own")).url().ends_with("/a/?token=own"));
        assert!(matches!(address("no such host", 1), Err(PageError::Address(_))));
        let public = Page::bind(&Place { host: "*".into(), is_public: true, ..Place::default() }).unwrap();
        assert!(public.url().ends_with('/') && public.is_open(), "{}", public.url());
    }

    #[test]
    fn a_busy_port_is_told() {
        let first = bound("", None);
        let port = first.listener.local_addr().unwrap().port();
        let error = Page::bind(&Place { port, ..Place::default() }).unwrap_err().to_string();
        assert!(error.starts_with(&format!("cannot listen on 127.0.0.1:{port}: ")), "{error}");
    }
}
