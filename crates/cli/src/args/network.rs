//! Network arguments set how requests are sent, and which hosts they may reach.

use clap::Args;

use super::run::{FlagValues, Values};

/// How requests are sent, and which hosts they may reach.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Requests")]
pub struct NetworkArgs {
    /// Maximum requests per second, over all virtual users
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub rps: Option<String>,
    /// Maximum concurrent requests of one http.batch()
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub batch: Option<String>,
    /// Maximum concurrent requests of one http.batch() to the same host
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub batch_per_host: Option<String>,
    /// Maximum number of redirects to follow; the next redirect is returned as the response
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub max_redirects: Option<String>,
    /// The User-Agent header to send
    #[arg(long, value_name = "TEXT")]
    pub user_agent: Option<String>,
    /// Log the headers of every request and response, with secrets shown as ***; =full logs bodies, too
    #[arg(long, value_name = "full", num_args = 0..=1, require_equals = true, default_missing_value = "headers")]
    pub http_debug: Option<String>,
    /// Do not verify TLS certificates
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub insecure_skip_tls_verify: Option<String>,
    /// Open a new connection for every request
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub no_connection_reuse: Option<String>,
    /// Close each virtual user's connections after every iteration
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub no_vu_connection_reuse: Option<String>,
    /// Let a request fail whose kept connection was closed without a response, instead of sending it again
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub no_resend: Option<String>,
    /// Read response bodies, but discard them
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub discard_response_bodies: Option<String>,
    /// Refuse to connect to this network, such as 10.0.0.0/8; repeatable
    #[arg(long, value_name = "CIDR")]
    pub blacklist_ip: Vec<String>,
    /// Refuse to contact this host; a leading * matches any subdomain; repeatable
    #[arg(long, value_name = "HOST")]
    pub block_hostnames: Vec<String>,
    /// Connect from these addresses in turn: IPs, ranges IP-IP, or networks
    #[arg(long, value_name = "IPS")]
    pub local_ips: Option<String>,
    /// How to resolve host names, such as ttl=5m,select=random,policy=preferIPv4
    #[arg(long, value_name = "RULES")]
    pub dns: Option<String>,
}

impl FlagValues for NetworkArgs {
    fn collect(&self, values: &mut Values) {
        values.one("rps", self.rps.as_ref());
        values.one("batch", self.batch.as_ref());
        values.one("batchPerHost", self.batch_per_host.as_ref());
        values.one("maxRedirects", self.max_redirects.as_ref());
        values.one("userAgent", self.user_agent.as_ref());
        values.one("httpDebug", self.http_debug.as_ref());
        values.one("insecureSkipTLSVerify", self.insecure_skip_tls_verify.as_ref());
        values.one("noConnectionReuse", self.no_connection_reuse.as_ref());
        values.one("noVUConnectionReuse", self.no_vu_connection_reuse.as_ref());
        values.one("noResend", self.no_resend.as_ref());
        values.one("discardResponseBodies", self.discard_response_bodies.as_ref());
        values.many("blacklistIPs", &self.blacklist_ip);
        values.many("blockHostnames", &self.block_hostnames);
        values.one("localIPs", self.local_ips.as_ref());
        values.one("dns", self.dns.as_ref());
    }
}
