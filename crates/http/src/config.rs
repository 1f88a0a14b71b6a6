//! A client configuration is everything about HTTP that a test sets once for all of its virtual users.

use std::{
    net::IpAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use http::HeaderValue;
use ipnet::IpNet;
use thiserror::Error;

use crate::{
    dns::Resolver,
    hosts::{BlockedHostnames, HostOverrides},
    proxy::Proxies,
    tls::TlsConfigs,
};

/// What is wrong with a configuration.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ConfigError {
    /// `tlsVersion` allows only versions this client does not speak.
    #[error("tlsVersion {version} is not supported: this client speaks tls1.2 and tls1.3")]
    TlsVersion {
        /// The highest version asked for.
        version: TlsVersion,
    },
    /// `tlsVersion` has a minimum above its maximum.
    #[error("tlsVersion has min {min} above max {max}")]
    TlsVersionRange {
        /// The lowest version asked for.
        min: TlsVersion,
        /// The highest version asked for.
        max: TlsVersion,
    },
    /// No cipher suite of `tlsCipherSuites` can be used.
    #[error(
        "tlsCipherSuites has no suite this client speaks: {names} (try TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)"
    )]
    CipherSuites {
        /// The names as given.
        names: String,
    },
    /// `tlsAuth` has a certificate or key that is no PEM of the right kind.
    #[error("tlsAuth[{index}]: {problem}")]
    Identity {
        /// Which entry.
        index: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// An extra root certificate is no PEM certificate.
    #[error("root certificate {index}: {problem}")]
    Root {
        /// Which one.
        index: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// `hosts` maps a name to what is no address.
    #[error("hosts: {host:?} maps to {address:?}, which is no ip or ip:port")]
    HostAddress {
        /// The name.
        host: String,
        /// Its value.
        address: String,
    },
    /// `blockHostnames` has a pattern with a star elsewhere than in front.
    #[error("blockHostnames: {pattern:?} is no host name; a `*` may only be its first character")]
    HostPattern {
        /// The pattern.
        pattern: String,
    },
    /// `userAgent` cannot be a header's value.
    #[error("userAgent {value:?} cannot be sent as a header")]
    UserAgent {
        /// The value.
        value: String,
    },
    /// A proxy of the environment cannot be used.
    #[error("proxy {url:?}: {problem}")]
    Proxy {
        /// The URL of the proxy, as given.
        url: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// A version of TLS, as scripts name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// `tls1.0`
    Tls10,
    /// `tls1.1`
    Tls11,
    /// `tls1.2`
    Tls12,
    /// `tls1.3`
    Tls13,
}

impl TlsVersion {
    /// All versions, oldest first.
    pub const ALL: [Self; 4] = [Self::Tls10, Self::Tls11, Self::Tls12, Self::Tls13];

    /// The name scripts use, such as `tls1.2`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tls10 => "tls1.0",
            Self::Tls11 => "tls1.1",
            Self::Tls12 => "tls1.2",
            Self::Tls13 => "tls1.3",
        }
    }

    /// The version of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|version| version.name() == name)
    }
}

impl std::fmt::Display for TlsVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A client certificate: one entry of k6's `tlsAuth`.
#[derive(Clone, Debug, Default)]
pub struct TlsIdentity {
    /// The certificate chain, PEM.
    pub cert: String,
    /// The private key, PEM.
    pub key: String,
    /// The hosts it is for, `*.` in front for all names below; empty for all hosts.
    pub domains: Vec<String>,
}

/// How https is spoken.
#[derive(Clone, Debug, Default)]
pub struct TlsOptions {
    /// `insecureSkipTLSVerify`: believe any certificate.
    pub insecure_skip_verify: bool,
    /// The lowest version to speak.
    pub min_version: Option<TlsVersion>,
    /// The highest version to speak.
    pub max_version: Option<TlsVersion>,
    /// Go's names of the cipher suites to offer for TLS 1.2 (those of 1.3 are fixed, as in Go); empty for all.
    pub cipher_suites: Vec<String>,
    /// Client certificates.
    pub identities: Vec<TlsIdentity>,
    /// PEM certificates to trust besides those of the system.
    pub extra_roots: Vec<String>,
}

/// How long a look-up is believed. The records' own time to live is ignored, as in k6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DnsTtl {
    /// Look up every time.
    Zero,
    /// For this long.
    For(Duration),
    /// For the whole test.
    Forever,
}

/// Which of several addresses is dialled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DnsSelect {
    /// The first.
    First,
    /// Any.
    #[default]
    Random,
    /// One after the other.
    RoundRobin,
}

/// Which family of addresses is dialled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DnsPolicy {
    /// IPv4 where there is one.
    #[default]
    PreferIpv4,
    /// IPv6 where there is one.
    PreferIpv6,
    /// IPv4 or nothing.
    OnlyIpv4,
    /// IPv6 or nothing.
    OnlyIpv6,
    /// Whatever the look-up says.
    Any,
}

/// k6's `dns` option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DnsOptions {
    /// How long an answer is believed.
    pub ttl: DnsTtl,
    /// Which address is taken.
    pub select: DnsSelect,
    /// Which family is taken.
    pub policy: DnsPolicy,
}

impl Default for DnsOptions {
    fn default() -> Self {
        Self {
            ttl: DnsTtl::For(Duration::from_secs(300)),
            select: DnsSelect::default(),
            policy: DnsPolicy::default(),
        }
    }
}

/// What a test says about HTTP. Start from [`ClientConfig::default`], which has k6's defaults.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// How https is spoken.
    pub tls: TlsOptions,
    /// How names are looked up.
    pub dns: DnsOptions,
    /// `hosts`: names that go elsewhere.
    pub hosts: HostOverrides,
    /// `blacklistIPs`: networks that may not be dialled.
    pub blacklist_ips: Vec<IpNet>,
    /// `blockHostnames`: names that may not be asked.
    pub block_hostnames: BlockedHostnames,
    /// `userAgent`; none is sent when it is empty.
    pub user_agent: String,
    /// `noConnectionReuse`: every request has its own connection.
    pub no_connection_reuse: bool,
    /// `batch`: how many idle connections a virtual user keeps; 0 for any number.
    pub max_idle: usize,
    /// `batchPerHost`: how many of them to one host; 0 for any number.
    pub max_idle_per_host: usize,
    /// `localIPs`: the addresses to dial from, dealt out to the virtual users in turn.
    pub local_ips: Vec<IpAddr>,
    /// The proxies, usually [`Proxies::from_env`].
    pub proxies: Proxies,
    /// Whether HTTP/2 is offered to https servers.
    pub http2: bool,
    /// How long connecting may take.
    pub dial_timeout: Duration,
    /// How large a kept body may grow; k6 knows no such limit, so it is far away.
    pub max_body: usize,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            tls: TlsOptions::default(),
            dns: DnsOptions::default(),
            hosts: HostOverrides::default(),
            blacklist_ips: Vec::new(),
            block_hostnames: BlockedHostnames::default(),
            user_agent: concat!("flashcrowd/", env!("CARGO_PKG_VERSION")).to_owned(),
            no_connection_reuse: false,
            max_idle: 20,
            max_idle_per_host: 6,
            local_ips: Vec::new(),
            proxies: Proxies::default(),
            http2: true,
            dial_timeout: Duration::from_secs(30),
            max_body: 1 << 30,
        }
    }
}

impl ClientConfig {
    /// Checks the configuration and turns it into what all threads share.
    pub fn build(self) -> Result<Arc<Shared>, ConfigError> {
        let user_agent = match self.user_agent.as_str() {
            "" => None,
            text => Some(
                HeaderValue::from_str(text).map_err(|_| ConfigError::UserAgent { value: text.to_owned() })?,
            ),
        };
        let tls = TlsConfigs::check(&self.tls, self.http2)?;
        let resolver = Resolver::new(self.dns);
        Ok(Arc::new(Shared { config: self, user_agent, tls, tls_ready: OnceLock::new(), resolver }))
    }
}

/// What all virtual users of all threads share: the checked configuration, trusted roots, known addresses.
#[derive(Debug)]
pub struct Shared {
    pub(crate) config: ClientConfig,
    pub(crate) user_agent: Option<HeaderValue>,
    tls: crate::tls::TlsPlan,
    tls_ready: OnceLock<Result<TlsConfigs, crate::error::HttpError>>,
    pub(crate) resolver: Resolver,
}

impl Shared {
    /// The configuration this was built from.
    pub fn config(&self) -> &ClientConfig {
        &self.config
    }

    /// The TLS configurations; the system's roots are loaded at the first https request.
    pub(crate) fn tls(&self) -> Result<&TlsConfigs, crate::error::HttpError> {
        self.tls_ready.get_or_init(|| TlsConfigs::load(&self.tls)).as_ref().map_err(Clone::clone)
    }
}
