//! An endpoint is where a server is, and how it is talked to.

use std::time::Duration;

use flashcrowd_http::{ChannelOptions, Origin, TlsIdentity};
use thiserror::Error;

/// Where a server is, and how it is talked to.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The address as it was written.
    pub address: String,
    /// The connection.
    pub channel: ChannelOptions,
    /// How large a message may be that comes, in bytes.
    pub max_receive: usize,
    /// How large a message may be that is sent, in bytes.
    pub max_send: usize,
}

/// Why an address leads nowhere.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum AddressError {
    /// It has the form of a URL.
    #[error("address {0:?} is a URL: write host:port, without a scheme and a path")]
    Url(String),
    /// It has no port.
    #[error("address {0:?} has no port: write host:port")]
    Port(String),
    /// It has no host.
    #[error("address {0:?} has no host: write host:port")]
    Host(String),
}

impl Endpoint {
    /// gRPC's own limit on messages that come.
    pub const MAX_RECEIVE: usize = 4 << 20;
    /// How long connecting may take.
    pub const TIMEOUT: Duration = Duration::from_secs(60);

    /// The endpoint of an address, `host:port`, with the usual limits.
    pub fn new(address: &str, tls: bool) -> Result<Self, AddressError> {
        let plain = address.strip_prefix("dns:///").unwrap_or(address);
        if plain.contains('/') {
            return Err(AddressError::Url(address.to_owned()));
        }
        let (host, port) = plain.rsplit_once(':').ok_or_else(|| AddressError::Port(address.to_owned()))?;
        let port = match port {
            "http" => 80,
            "https" => 443,
            digits => digits.parse().map_err(|_| AddressError::Port(address.to_owned()))?,
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        if host.is_empty() {
            return Err(AddressError::Host(address.to_owned()));
        }
        let channel = ChannelOptions {
            origin: Origin { tls, host, port },
            authority: None,
            identity: None,
            authorities: Vec::new(),
            timeout: Self::TIMEOUT,
        };
        let max_send = i32::MAX as usize;
        Ok(Self { address: address.to_owned(), channel, max_receive: Self::MAX_RECEIVE, max_send })
    }

    /// The same with another name of the server.
    #[must_use]
    pub fn authority(mut self, authority: Option<String>) -> Self {
        self.channel.authority = authority;
        self
    }

    /// The same with a client certificate.
    #[must_use]
    pub fn identity(mut self, identity: Option<TlsIdentity>) -> Self {
        self.channel.identity = identity;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_host_and_a_port() {
        for (address, host, port) in [
            ("shop:50051", "shop", 50051),
            ("127.0.0.1:1", "127.0.0.1", 1),
            ("[::1]:443", "::1", 443),
            ("Shop.Example:https", "shop.example", 443),
            ("dns:///shop:1", "shop", 1),
        ] {
            let origin = Endpoint::new(address, true).unwrap().channel.origin;
            assert_eq!((origin.host.as_str(), origin.port), (host, port), "{address}");
        }
        for address in ["http://shop:1", "shop", "shop:99999", ":80", "", "shop:1/x"] {
            assert!(Endpoint::new(address, true).is_err(), "{address}");
        }
    }
}
