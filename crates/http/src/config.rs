//! A client configuration is everything about HTTP that a test sets once for all of its virtual users.

use std::{
    net::IpAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use http::HeaderValue;
use ipnet::IpNet;

use crate::budget::{Budget, quarter_of_memory};
use crate::network::dns::Resolver;
use crate::network::hosts::{BlockedHostnames, HostOverrides};
use crate::network::options::{ConfigError, DnsOptions, TlsIdentity, TlsOptions};
use crate::network::proxy::Proxies;
use crate::network::tls::{TlsConfigs, apart};
use crate::spans::Spans;
use crate::target::OriginOverride;

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
    /// `noResend`: a request whose kept connection was closed without a response fails, where it would be sent again.
    pub no_resend: bool,
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
    /// An origin whose requests go to another one; none for none.
    pub origin_override: Option<OriginOverride>,
    /// How large a kept body may grow, decoded, in bytes; k6 knows no such limit, so it is far away.
    pub max_body: usize,
    /// How much memory large kept bodies may take together, over all virtual users, in bytes.
    pub max_bodies: usize,
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
            no_resend: false,
            max_idle: 20,
            max_idle_per_host: 6,
            local_ips: Vec::new(),
            proxies: Proxies::default(),
            http2: true,
            dial_timeout: Duration::from_secs(30),
            origin_override: None,
            max_body: 128 << 20,
            max_bodies: quarter_of_memory(),
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
        let bodies = Budget::new(self.max_bodies);
        let (tls_ready, spans) = (OnceLock::new(), OnceLock::new());
        Ok(Arc::new(Shared { config: self, user_agent, tls, tls_ready, resolver, bodies, spans }))
    }
}

/// What all virtual users of all threads share: the checked configuration, trusted roots, known addresses.
#[derive(Debug)]
pub struct Shared {
    pub(crate) config: ClientConfig,
    pub(crate) user_agent: Option<HeaderValue>,
    tls: crate::network::tls::TlsPlan,
    tls_ready: OnceLock<Result<TlsConfigs, crate::error::HttpError>>,
    pub(crate) resolver: Resolver,
    pub(crate) bodies: Arc<Budget>,
    spans: OnceLock<Spans>,
}

impl Shared {
    /// The configuration this was built from.
    pub fn config(&self) -> &ClientConfig {
        &self.config
    }

    /// From now on there are spans, and those take them who came first.
    pub fn trace(&self, spans: Spans) {
        // There is one such output.
        let _ = self.spans.set(spans);
    }

    /// Who takes spans, if anybody does.
    pub(crate) fn spans(&self) -> Option<&Spans> {
        self.spans.get()
    }

    /// The TLS configurations; the system's roots are loaded at the first https request.
    pub(crate) fn tls(&self) -> Result<&TlsConfigs, crate::error::HttpError> {
        self.tls_ready.get_or_init(|| TlsConfigs::load(&self.tls)).as_ref().map_err(Clone::clone)
    }

    /// A TLS configuration apart from the others.
    pub(crate) fn tls_apart(
        &self,
        identity: Option<&TlsIdentity>,
        authorities: &[String],
    ) -> Result<Arc<rustls::ClientConfig>, crate::error::HttpError> {
        apart(&self.tls, identity, authorities)
    }
}
