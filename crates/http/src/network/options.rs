//! Options of the client for TLS and DNS, and what can be wrong with a configuration.

use std::time::Duration;

use thiserror::Error;

/// What is wrong with a configuration.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ConfigError {
    /// `tlsVersion` allows only versions that this client does not support.
    #[error("tlsVersion {version} is not supported: this client speaks tls1.2 and tls1.3")]
    TlsVersion {
        /// The highest version requested.
        version: TlsVersion,
    },
    /// `tlsVersion` has a minimum above its maximum.
    #[error("tlsVersion has min {min} above max {max}")]
    TlsVersionRange {
        /// The lowest version requested.
        min: TlsVersion,
        /// The highest version requested.
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
    /// `tlsAuth` has a certificate or key that is not PEM of the right kind.
    #[error("tlsAuth[{index}]: {problem}")]
    Identity {
        /// Which entry.
        index: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// An extra root certificate is not a PEM certificate.
    #[error("root certificate {index}: {problem}")]
    Root {
        /// Which one.
        index: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// `hosts` maps a name to something that is not an address.
    #[error("hosts: {host:?} maps to {address:?}, which is not ip or ip:port")]
    HostAddress {
        /// The name.
        host: String,
        /// Its value.
        address: String,
    },
    /// `blockHostnames` has a pattern with a `*` that is not its first character.
    #[error("blockHostnames: {pattern:?} is not a host name; a `*` may only be its first character")]
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
    /// The hosts it is for, a leading `*.` matches any subdomain; empty for all hosts.
    pub domains: Vec<String>,
}

/// The TLS settings.
#[derive(Clone, Debug, Default)]
pub struct TlsOptions {
    /// `insecureSkipTLSVerify`: do not verify certificates.
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

/// How long a lookup is cached. The records' own time to live is ignored, as in k6.
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
    /// Any address that the lookup returns.
    Any,
}

/// k6's `dns` option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DnsOptions {
    /// How long an answer is cached.
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
