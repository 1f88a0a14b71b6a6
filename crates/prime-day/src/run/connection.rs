//! A connection is where the tables are: AWS, another endpoint, or an in-process DynamoDB.

use std::sync::Arc;
use std::time::Duration;

use flashcrowd_dynamodb::{
    Client, Configured, Credentials, CredentialsError, Endpoint, EndpointError, Retry, SdkRetries, Service,
};
use flashcrowd_dynamodb_shop::{AutoScaling, Injection, RunningServer, Server, ServerConfig};
use flashcrowd_http::{Shared, WorkerClient};
use flashcrowd_test::{LoadError, Options};

use super::cross_check::Attempts;
use super::error::PrimeDayError;
use crate::control::Mode;
use crate::shop::{Layout, Tables};

/// The region if none is given.
const REGION: &str = "us-east-1";

/// How the tables are asked before and after a run: for some minutes, until what they have left is enough.
const PATIENT: Retry = Retry { attempts: 40, base: Duration::from_millis(50), cap: Duration::from_secs(10) };

/// Access key and secret for endpoints that accept any.
const ANY: (&str, &str) = ("practice", "practice");

/// Where the tables are, as configured.
#[derive(Clone, Debug, PartialEq)]
pub struct ConnectionConfig {
    /// The AWS region; that of the environment or the profile if none is given.
    pub region: Option<String>,
    /// The profile of the AWS configuration.
    pub profile: Option<String>,
    /// Another endpoint than AWS's; that of the environment or the profile if none is given.
    pub endpoint_url: Option<String>,
    /// What the names of the tables start with.
    pub table_prefix: String,
    /// How tables that somebody else has made are mapped, if they are such.
    pub layout: Option<Layout>,
    /// How calls are retried.
    pub retry: Retry,
    /// Whether they are retried as AWS's SDKs do it, up to as many attempts.
    pub sdk_retries: bool,
    /// How long one attempt may take.
    pub timeout: Duration,
}

/// The in-process DynamoDB, as configured.
#[derive(Clone, Debug, PartialEq)]
pub struct Practice {
    /// Whether it is used even if AWS credentials are available.
    pub forced: bool,
    /// How its tables are paid for.
    pub mode: Mode,
    /// The initial burst, as a fraction of what fits, 0 to 1.
    pub burst: Option<f64>,
    /// How its throughput follows what is consumed, if it does.
    pub auto_scaling: Option<AutoScaling>,
    /// What it throttles by chance.
    pub injections: Vec<Injection>,
    /// Number of products.
    pub products: u64,
    /// Stock of each product.
    pub stock: u64,
    /// Options that were given and only concern it.
    pub given: Vec<&'static str>,
}

/// A connection to the service that holds the tables.
pub struct Connection {
    /// Where requests go and who signs them.
    pub service: Arc<Service>,
    /// The names of the tables.
    pub tables: Tables,
    /// How they are mapped, where somebody else has made them.
    pub layout: Option<Layout>,
    /// How requests are sent.
    pub http: Arc<Shared>,
    /// The in-process DynamoDB, if it is that.
    pub desk: Option<RunningServer>,
    /// Why it is the in-process DynamoDB, if that was not requested.
    pub fallback: Option<String>,
}

impl Default for ConnectionConfig {
    fn default() -> Self {
        Self {
            region: None,
            profile: None,
            endpoint_url: None,
            table_prefix: String::new(),
            layout: None,
            retry: Retry::default(),
            sdk_retries: false,
            timeout: Duration::from_secs(10),
        }
    }
}

impl Practice {
    fn open(&self, region: &str) -> Result<RunningServer, PrimeDayError> {
        let mut config = ServerConfig::default();
        config.listen.set_port(0);
        region.clone_into(&mut config.store.region);
        config.store.burst = self.burst.unwrap_or(config.store.burst);
        config.store.auto_scaling = self.auto_scaling;
        self.injections.clone_into(&mut config.store.injections);
        Ok(Server::spawn(config)?)
    }
}

impl Connection {
    /// Connects to the configured service. With `practice`, an in-process DynamoDB is started where no other is available.
    pub async fn open(config: &ConnectionConfig, practice: Option<&Practice>) -> Result<Self, PrimeDayError> {
        check_prefix(&config.table_prefix)?;
        let profile = config.profile.as_deref();
        let region = match &config.region {
            Some(region) => region.clone(),
            None => Credentials::region(profile).await.unwrap_or_else(|| REGION.to_owned()),
        };
        let forced = practice.is_some_and(|practice| practice.forced);
        let place = match &config.endpoint_url {
            _ if forced => Configured::default(),
            Some(url) => Configured { url: Some(url.clone()), ..Configured::default() },
            None => Configured::find(profile, &region).await,
        };
        let found = Credentials::find(profile, &region);
        let Found { endpoint, credentials, desk, fallback } = match (practice, &place.url) {
            (Some(practice), _) if forced => Found::here(practice, &region, None)?,
            (_, Some(_)) => {
                let credentials = match found.await {
                    Err(CredentialsError::Missing(_)) => Credentials::fixed(ANY.0, ANY.1),
                    found => found.map_err(no_credentials)?,
                };
                Found::there(place.endpoint(&region), credentials)?
            }
            (practice, None) => match (found.await, practice) {
                (Err(CredentialsError::Missing(why)), Some(practice)) => {
                    Found::here(practice, &region, Some(why))?
                }
                (found, _) => Found::there(place.endpoint(&region), found.map_err(no_credentials)?)?,
            },
        };
        if let Some(practice) = practice.filter(|practice| desk.is_none() && !practice.given.is_empty()) {
            return Err(PrimeDayError::Config(vec![misplaced(practice)]));
        }
        let sdk = config.sdk_retries.then(|| Arc::new(SdkRetries::default()));
        let service = Service { endpoint, credentials, retry: config.retry, sdk, timeout: config.timeout };
        let tables =
            config.layout.as_ref().map_or_else(|| Tables::new(&config.table_prefix), Tables::of_layout);
        let layout = config.layout.clone();
        let http = Options::of_scenarios(Vec::new()).map_err(LoadError::from)?.client()?;
        Ok(Self { service: Arc::new(service), tables, layout, http, desk, fallback })
    }

    /// A client that reads and changes the tables. It is patient: tables may be busy with what was run before.
    pub fn client(&self) -> Client {
        let service = Service { retry: PATIENT, sdk: None, ..(*self.service).clone() };
        Client::new(Arc::new(service), WorkerClient::new(self.http.clone()), 1)
    }

    /// Whether it is the in-process DynamoDB.
    pub fn is_in_process(&self) -> bool {
        self.desk.is_some()
    }

    /// What the in-process DynamoDB has counted so far, if it is that.
    pub fn attempts(&self) -> Option<Attempts> {
        self.desk.as_ref().map(|desk| Attempts::of_endpoint(&desk.handle().stats()))
    }
}

/// A service before the connection is put together.
struct Found {
    endpoint: Endpoint,
    credentials: Credentials,
    desk: Option<RunningServer>,
    fallback: Option<String>,
}

impl Found {
    fn here(practice: &Practice, region: &str, fallback: Option<String>) -> Result<Self, PrimeDayError> {
        let desk = practice.open(region)?;
        let endpoint = Endpoint::at(&desk.url(), region).map_err(bad_endpoint)?;
        let credentials = Credentials::fixed(ANY.0, ANY.1);
        Ok(Self { endpoint, credentials, desk: Some(desk), fallback })
    }

    fn there(
        endpoint: Result<Endpoint, EndpointError>,
        credentials: Credentials,
    ) -> Result<Self, PrimeDayError> {
        Ok(Self { endpoint: endpoint.map_err(bad_endpoint)?, credentials, desk: None, fallback: None })
    }
}

fn misplaced(practice: &Practice) -> String {
    format!(
        "{} only applies to the practice DynamoDB, but this run uses another: add --local, or change the tables with \
         'flashcrowd dynamodb setup' and 'flashcrowd dynamodb capacity'",
        practice.given.join(", ")
    )
}

fn check_prefix(prefix: &str) -> Result<(), PrimeDayError> {
    let fits = prefix.len() <= 200
        && prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    if fits {
        return Ok(());
    }
    let text = format!(
        "--table-prefix is '{prefix}': use only letters, digits, '_', '-' and '.', and at most 200 of them"
    );
    Err(PrimeDayError::Config(vec![text]))
}

fn bad_endpoint(error: EndpointError) -> PrimeDayError {
    PrimeDayError::Config(vec![error.to_string()])
}

fn no_credentials(error: CredentialsError) -> PrimeDayError {
    PrimeDayError::Config(vec![match error {
        CredentialsError::Missing(why) => {
            let why = why.trim_end_matches('.');
            format!("{why}; or use --endpoint-url for a DynamoDB other than AWS's")
        }
        CredentialsError::Broken(why) => why,
    }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_part_of_a_name() {
        for prefix in ["", "test-", "a_b.C9"] {
            assert!(check_prefix(prefix).is_ok(), "{prefix}");
        }
        for prefix in ["a b", "주문", "a/b", &"x".repeat(201)] {
            assert!(check_prefix(prefix).is_err(), "{prefix}");
        }
    }
}
