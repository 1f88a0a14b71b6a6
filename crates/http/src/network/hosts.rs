//! Host rules say which names go elsewhere than their look-up says, and which may not be asked at all.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
};

use crate::network::options::ConfigError;

/// An address, and a port where it is not the one asked for.
type Address = (IpAddr, Option<u16>);

/// k6's `hosts`: a name, `name:port` or `*.name`, and the address to dial instead.
#[derive(Clone, Debug, Default)]
pub struct HostOverrides {
    exact: HashMap<String, Address>,
    /// Suffixes with their leading dot (or empty for `*`), longest first.
    wildcards: Vec<(String, Option<u16>, Address)>,
}

impl HostOverrides {
    /// Adds one rule, `from` as in `shop.test`, `shop.test:80` or `*.shop.test`, `to` as in `10.0.0.1` or
    /// `10.0.0.1:8080`.
    pub fn insert(&mut self, from: &str, to: &str) -> Result<(), ConfigError> {
        let address = parse_address(to)
            .ok_or_else(|| ConfigError::HostAddress { host: from.to_owned(), address: to.to_owned() })?;
        let from = from.to_ascii_lowercase();
        match from.strip_prefix('*') {
            None => {
                self.exact.insert(from, address);
            }
            Some(rest) => {
                let (suffix, port) = split_port(rest);
                self.wildcards.push((suffix.to_owned(), port, address));
                self.wildcards
                    .sort_by_key(|(suffix, port, _)| (std::cmp::Reverse(suffix.len()), port.is_none()));
            }
        }
        Ok(())
    }

    /// The address to dial for `host:port`, or `None` for what the look-up says.
    pub fn find(&self, host: &str, port: u16) -> Option<SocketAddr> {
        if self.exact.is_empty() && self.wildcards.is_empty() {
            return None;
        }
        let host = host.to_ascii_lowercase();
        let (ip, to_port) =
            self.exact.get(&format!("{host}:{port}")).or_else(|| self.exact.get(&host)).or_else(|| {
                self.wildcards
                    .iter()
                    .find(|(suffix, only, _)| {
                        host.ends_with(suffix.as_str()) && only.is_none_or(|only| only == port)
                    })
                    .map(|(_, _, address)| address)
            })?;
        Some(SocketAddr::new(*ip, to_port.unwrap_or(port)))
    }
}

/// k6's `blockHostnames`: names, with `*` as the first character for any beginning.
#[derive(Clone, Debug, Default)]
pub struct BlockedHostnames {
    patterns: Vec<String>,
}

impl BlockedHostnames {
    /// Adds one pattern; a `*` is allowed only in front.
    pub fn insert(&mut self, pattern: &str) -> Result<(), ConfigError> {
        let rest = pattern.strip_prefix('*').unwrap_or(pattern);
        let fine = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | '_');
        if pattern.is_empty() || !rest.chars().all(fine) {
            return Err(ConfigError::HostPattern { pattern: pattern.to_owned() });
        }
        self.patterns.push(pattern.to_ascii_lowercase());
        Ok(())
    }

    /// Whether `host` may not be asked.
    pub fn contains(&self, host: &str) -> bool {
        if self.patterns.is_empty() {
            return false;
        }
        // A dot at the end says that the name is complete; it is the same name.
        let host = host.to_ascii_lowercase();
        let host = host.strip_suffix('.').unwrap_or(&host);
        self.patterns.iter().any(|pattern| match pattern.strip_prefix('*') {
            Some(suffix) => host.ends_with(suffix),
            None => host == *pattern,
        })
    }
}

fn parse_address(text: &str) -> Option<Address> {
    if let Ok(ip) = text.trim_matches(['[', ']']).parse() {
        return Some((ip, None));
    }
    let address: SocketAddr = text.parse().ok()?;
    Some((address.ip(), Some(address.port())))
}

fn split_port(text: &str) -> (&str, Option<u16>) {
    match text.rsplit_once(':').map(|(host, port)| (host, port.parse())) {
        Some((host, Ok(port))) => (host, Some(port)),
        _ => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_exact_rule_wins() {
        let mut hosts = HostOverrides::default();
        for (from, to) in [
            ("shop.test", "10.0.0.1"),
            ("shop.test:81", "10.0.0.2:8081"),
            ("*.shop.test", "10.0.0.3"),
            ("*.eu.shop.test", "10.0.0.4:99"),
            ("six.test", "::1"),
            ("six.test:1", "[::1]:2"),
        ] {
            hosts.insert(from, to).unwrap();
        }
        let check = |host: &str, port: u16, expected: Option<&str>| {
            assert_eq!(hosts.find(host, port), expected.map(|text| text.parse().unwrap()), "{host}:{port}");
        };
        check("shop.test", 80, Some("10.0.0.1:80"));
        check("SHOP.test", 81, Some("10.0.0.2:8081"));
        check("a.shop.test", 80, Some("10.0.0.3:80"));
        check("a.eu.shop.test", 80, Some("10.0.0.4:99"));
        check("six.test", 80, Some("[::1]:80"));
        check("six.test", 1, Some("[::1]:2"));
        check("other.test", 80, None);
        assert!(hosts.insert("x", "not an address").is_err());
    }

    #[test]
    fn blocked_names_know_a_leading_star() {
        let mut blocked = BlockedHostnames::default();
        for pattern in ["bad.test", "*.ads.test"] {
            blocked.insert(pattern).unwrap();
        }
        assert!(blocked.contains("BAD.test") && blocked.contains("x.ads.test"));
        assert!(blocked.contains("bad.test.") && blocked.contains("x.ads.test."));
        assert!(!blocked.contains("ads.test") && !blocked.contains("notbad.test"));
        assert!(blocked.insert("a.*.test").is_err() && blocked.insert("").is_err());
    }
}
