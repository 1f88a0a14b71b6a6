//! A proxy stands between client and server; which one, the environment says, as it does for most programs.

use http::HeaderValue;

use crate::network::options::ConfigError;
use crate::target::{Origin, Target};

/// One HTTP proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) authorization: Option<HeaderValue>,
}

impl Proxy {
    /// Parses `http://[user:password@]host[:port]`; the scheme may be left out.
    pub fn parse(url: &str) -> Result<Self, ConfigError> {
        let wrong = |problem: &str| ConfigError::Proxy { url: url.to_owned(), problem: problem.to_owned() };
        let full = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
        let target = Target::parse(&full).map_err(|error| wrong(&error.message))?;
        if target.origin.tls {
            return Err(wrong("a proxy is spoken to over http, also for https targets; write http://"));
        }
        Ok(Self {
            host: target.origin.host.clone(),
            port: target.origin.port,
            authorization: target.authorization.clone(),
        })
    }
}

/// Which targets go through which proxy.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    http: Option<Proxy>,
    https: Option<Proxy>,
    except: Vec<Except>,
}

/// One entry of `NO_PROXY`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Except {
    All,
    Network(ipnet::IpNet),
    /// A name, whether names below it count, and a port if only that one counts.
    Name {
        name: String,
        itself: bool,
        port: Option<u16>,
    },
}

impl Proxies {
    /// Reads `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, or the same in lower case, from the environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_vars(|name| std::env::var(name).ok())
    }

    /// The same with another source of variables.
    pub fn from_vars(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let either = |name: &str| {
            let found = variable(name).filter(|value| !value.is_empty());
            found.or_else(|| variable(&name.to_lowercase())).filter(|value| !value.trim().is_empty())
        };
        let proxy = |name| either(name).map(|url| Proxy::parse(url.trim())).transpose();
        let except = either("NO_PROXY").unwrap_or_default();
        Ok(Self {
            http: proxy("HTTP_PROXY")?,
            https: proxy("HTTPS_PROXY")?,
            except: except.split(',').filter_map(|entry| Except::parse(entry.trim())).collect(),
        })
    }

    /// The proxy for a target. Hosts on this machine never have one.
    pub fn find(&self, origin: &Origin) -> Option<&Proxy> {
        let proxy = if origin.tls { self.https.as_ref() } else { self.http.as_ref() }?;
        let ip: Option<std::net::IpAddr> = origin.host.parse().ok();
        if origin.host == "localhost" || ip.is_some_and(|ip| ip.is_loopback()) {
            return None;
        }
        let excepted = self.except.iter().any(|except| except.covers(&origin.host, ip, origin.port));
        (!excepted).then_some(proxy)
    }
}

impl Except {
    fn parse(entry: &str) -> Option<Self> {
        let entry = entry.to_ascii_lowercase();
        if entry.is_empty() {
            return None;
        }
        if entry == "*" {
            return Some(Self::All);
        }
        if let Ok(network) = entry.parse() {
            return Some(Self::Network(network));
        }
        if let Ok(ip) = entry.trim_matches(['[', ']']).parse::<std::net::IpAddr>() {
            return Some(Self::Network(ip.into()));
        }
        let (name, port) = match entry.rsplit_once(':').map(|(name, port)| (name, port.parse())) {
            Some((name, Ok(port))) => (name, Some(port)),
            _ => (entry.as_str(), None),
        };
        let name = name.strip_prefix('*').unwrap_or(name);
        let itself = !name.starts_with('.');
        Some(Self::Name { name: name.trim_start_matches('.').to_owned(), itself, port })
    }

    fn covers(&self, host: &str, ip: Option<std::net::IpAddr>, port: u16) -> bool {
        match self {
            Self::All => true,
            Self::Network(network) => ip.is_some_and(|ip| network.contains(&ip)),
            Self::Name { name, itself, port: only } => {
                let below = host.strip_suffix(name.as_str()).is_some_and(|rest| rest.ends_with('.'));
                (below || (*itself && host == name)) && only.is_none_or(|only| only == port)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_decides() {
        let proxies = Proxies::from_vars(|name| match name {
            "HTTP_PROXY" => Some("proxy.test:3128".to_owned()),
            "https_proxy" => Some("http://u:p@secure.test".to_owned()),
            "NO_PROXY" => Some("direct.test, .below.test,10.0.0.0/8,ported.test:81".to_owned()),
            _ => None,
        })
        .unwrap();
        let check = |url: &str, expected: Option<(&str, u16)>| {
            let found = proxies.find(&Target::parse(url).unwrap().origin);
            assert_eq!(found.map(|proxy| (proxy.host.as_str(), proxy.port)), expected, "{url}");
        };
        check("http://shop.test", Some(("proxy.test", 3128)));
        check("https://shop.test", Some(("secure.test", 80)));
        check("http://direct.test", None);
        check("http://a.direct.test", None);
        check("http://below.test", Some(("proxy.test", 3128)));
        check("http://a.below.test", None);
        check("http://10.1.2.3", None);
        check("http://11.1.2.3", Some(("proxy.test", 3128)));
        check("http://ported.test", Some(("proxy.test", 3128)));
        check("http://ported.test:81", None);
        check("http://localhost", None);
        check("http://127.0.0.1:8080", None);
        assert!(Proxy::parse("socks5://x").is_err() && Proxy::parse("https://x").is_err());
    }
}
