//! To listen is to have the address of the page before anything else happens, so that a busy port is told at once.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};

use ring::rand::{SecureRandom as _, SystemRandom};

use super::guard::Guard;
use crate::child::Settings;

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// The address is none.
    #[error("--web-host {0}: this is no address to listen on")]
    Address(String),
    /// It cannot be listened on.
    #[error("the page cannot listen on {address}: {error}; give another --web-port, or --headless")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        error: std::io::Error,
    },
    /// There is no randomness to make a token of.
    #[error("the system has no random numbers for a token: give --web-token")]
    Random,
}

/// A page that listens, and is not served yet.
#[derive(Debug)]
pub struct WebPage {
    pub(crate) listener: TcpListener,
    pub(crate) guard: Guard,
    /// What all paths begin with: empty, or a slash and a name.
    pub(crate) base: String,
    url: String,
}

impl WebPage {
    /// Listens where the options say: on the loopback, and elsewhere with a token.
    pub fn bind(options: &Settings) -> Result<Self, WebError> {
        let address = address(&options.web_host, options.web_port)?;
        let listener = TcpListener::bind(address).map_err(|error| WebError::Listen { address, error })?;
        let address = listener.local_addr().map_err(|error| WebError::Listen { address, error })?;
        let token = match &options.web_token {
            Some(token) => Some(token.clone()),
            None if address.ip().is_loopback() => None,
            None => Some(made_up()?),
        };
        let base = options.web_base_path.trim_matches('/');
        let base = if base.is_empty() { String::new() } else { format!("/{base}") };
        let query = token.as_ref().map(|token| format!("?token={token}")).unwrap_or_default();
        let shown = match address.ip() {
            ip if !ip.is_unspecified() => address.to_string(),
            IpAddr::V4(_) => SocketAddr::from((Ipv4Addr::LOCALHOST, address.port())).to_string(),
            IpAddr::V6(_) => SocketAddr::from((Ipv6Addr::LOCALHOST, address.port())).to_string(),
        };
        let url = format!("http://{shown}{base}/{query}");
        Ok(Self { listener, guard: Guard::new(token), base, url })
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

fn address(host: &str, port: u16) -> Result<SocketAddr, WebError> {
    match host {
        "" => Ok((Ipv4Addr::LOCALHOST, port).into()),
        "*" => Ok((Ipv4Addr::UNSPECIFIED, port).into()),
        host => {
            let bare = host.trim_start_matches('[').trim_end_matches(']');
            if let Ok(ip) = bare.parse::<IpAddr>() {
                return Ok((ip, port).into());
            }
            let found = (bare, port).to_socket_addrs().ok().and_then(|mut found| found.next());
            found.ok_or_else(|| WebError::Address(host.to_owned()))
        }
    }
}

fn made_up() -> Result<String, WebError> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).map_err(|_| WebError::Random)?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(host: &str, token: Option<&str>) -> WebPage {
        let (web_host, web_token) = (host.to_owned(), token.map(str::to_owned));
        let options = Settings { web_host, web_token, web_base_path: "/a/".into(), ..Settings::default() };
        WebPage::bind(&options).unwrap()
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
        assert!(matches!(address("no such host", 1), Err(WebError::Address(_))));
    }

    #[test]
    fn a_busy_port_is_told_with_the_way_out() {
        let first = bound("", None);
        let web_port = first.listener.local_addr().unwrap().port();
        let options = Settings { web_port, ..Settings::default() };
        let error = WebPage::bind(&options).unwrap_err().to_string();
        assert!(error.contains("--web-port"), "{error}");
    }
}
