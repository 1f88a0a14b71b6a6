//! A configuration says what the endpoint enforces, how slow it is and whom it lets in.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use flashcrowd_shop::Latency;

use crate::error::ServerError;
use crate::store::{AutoScaling, Injection};

/// How the store behaves.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// How full the burst of a table is when its throughput is set for the first time: 0 to 1 of 300 seconds.
    pub burst: f64,
    /// How long a table is CREATING, UPDATING or DELETING.
    pub settle: Duration,
    /// In how many seconds a partition throttles before it is split between its keys.
    pub split_after: Duration,
    /// How long a transaction holds its items.
    pub hold: Duration,
    /// How provisioned throughput follows what is consumed; it stays as it is if `None`.
    pub auto_scaling: Option<AutoScaling>,
    /// What is throttled by chance.
    pub injections: Vec<Injection>,
    /// The region of the ARNs.
    pub region: String,
}

/// How the endpoint is served.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// The address to listen on; port 0 lets the system pick one.
    pub listen: SocketAddr,
    /// Worker threads that serve connections.
    pub threads: usize,
    /// How long an operation takes that reads.
    pub read: Latency,
    /// How long an operation takes that writes.
    pub write: Latency,
    /// The fraction of requests, 0 to 1, that are answered 500 for no reason.
    pub error_rate: f64,
    /// Whom it lets in; everybody who signs at all if `None`.
    pub auth: Option<Auth>,
    /// What it serves.
    pub store: StoreConfig,
}

/// The credentials that are let in; signatures are verified.
#[derive(Clone, PartialEq, Eq)]
pub struct Auth {
    /// The access key's id.
    pub access_key: String,
    /// Its secret.
    pub secret: String,
    /// The session token, if there is one.
    pub token: Option<String>,
    /// From when on the token counts as expired, counted from the start; only a token can expire.
    pub expires: Option<Duration>,
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Auth").field("access_key", &self.access_key).finish_non_exhaustive()
    }
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            burst: 1.0,
            settle: Duration::from_millis(200),
            split_after: Duration::from_secs(300),
            hold: Duration::from_millis(5),
            auto_scaling: None,
            injections: Vec::new(),
            region: "us-east-1".to_owned(),
        }
    }
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8000)),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            read: Latency::LogNormal { median: Duration::from_millis(3), p99: Duration::from_millis(10) },
            write: Latency::LogNormal { median: Duration::from_millis(5), p99: Duration::from_millis(20) },
            error_rate: 0.0,
            auth: None,
            store: StoreConfig::default(),
        }
    }
}

impl ServerConfig {
    /// Reports every problem of the configuration at once.
    pub(crate) fn validate(&self) -> Result<(), ServerError> {
        let mut problems = Vec::new();
        let mut check = |is_right: bool, problem: String| {
            if !is_right {
                problems.push(problem);
            }
        };
        let Self { threads, error_rate, store, .. } = self;
        let StoreConfig { burst, region, auto_scaling, .. } = store;
        check((1..=1024).contains(threads), format!("threads is {threads}: use 1 to 1024"));
        check(
            (0.0..=1.0).contains(error_rate),
            format!("error_rate is {error_rate}: use a fraction from 0 to 1"),
        );
        check((0.0..=1.0).contains(burst), format!("burst is {burst}: use a fraction from 0 to 1"));
        let in_region = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        check(
            !region.is_empty() && region.chars().all(in_region),
            format!("region is '{region}': use a name such as us-east-1"),
        );
        if let Some(AutoScaling { least, most, target }) = auto_scaling {
            check(
                (1..=*most).contains(least),
                format!(
                    "auto scaling is from {least} to {most} units: use 1 or more, and no more than the most"
                ),
            );
            check(
                (0.2..=0.9).contains(target),
                format!("the target of auto scaling is {target}: use 0.2 to 0.9, as AWS does"),
            );
        }
        if let Some(auth) = &self.auth {
            let is_complete = ![&auth.access_key, &auth.secret].iter().any(|text| text.is_empty())
                && auth.token.as_ref().is_none_or(|token| !token.is_empty());
            check(
                is_complete,
                "credentials have an empty part: use KEY:SECRET or KEY:SECRET:TOKEN".to_owned(),
            );
            check(
                auth.expires.is_none() || auth.token.is_some(),
                "a token life is given, and no token that could expire: give the credentials one".to_owned(),
            );
        }
        if problems.is_empty() { Ok(()) } else { Err(ServerError::Config { problems }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_is_reported_at_once() {
        assert!(ServerConfig::default().validate().is_ok());
        let mut config = ServerConfig { threads: 0, error_rate: f64::NAN, ..ServerConfig::default() };
        config.store = StoreConfig { burst: 1.5, region: "Frankfurt am Main".to_owned(), ..config.store };
        config.auth = Some(Auth {
            access_key: "key".to_owned(),
            secret: String::new(),
            token: None,
            expires: Some(Duration::ZERO),
        });
        assert_eq!(
            config.validate().unwrap_err().to_string(),
            "DynamoDB cannot be set up so: threads is 0: use 1 to 1024; error_rate is NaN: use a fraction from 0 to 1; \
             burst is 1.5: use a fraction from 0 to 1; region is 'Frankfurt am Main': use a name such as us-east-1; \
             credentials have an empty part: use KEY:SECRET or KEY:SECRET:TOKEN; \
             a token life is given, and no token that could expire: give the credentials one"
        );
    }

    #[test]
    fn secrets_are_not_shown() {
        let (secret, token) = ("s3cret".to_owned(), Some("t0ken".to_owned()));
        let auth = Auth { access_key: "key".to_owned(), secret, token, expires: None };
        let text = format!("{:?}", ServerConfig { auth: Some(auth), ..ServerConfig::default() });
        assert!(text.contains("key") && !text.contains("s3cret") && !text.contains("t0ken"), "{text}");
    }
}
