//! A place is where the tables are: AWS, another endpoint, or a DynamoDB in this process.

use std::sync::Arc;
use std::time::Duration;

use flashcrowd_dynamodb::control::Mode;
use flashcrowd_dynamodb::{
    Credentials, CredentialsError, Endpoint, EndpointError, Retry, Service, Session, Tables,
};
use flashcrowd_dynamodb_shop::{RunningServer, Server, ServerConfig, ServerError};
use flashcrowd_http::{Shared, WorkerClient};
use flashcrowd_test::{LoadError, Options};

use crate::args::{ClientArgs, LocalArgs, PlaceArgs};
use crate::environment::Environment;
use crate::exit::Failure;

/// The region where nobody says another.
const REGION: &str = "us-east-1";

/// Variables that name another endpoint, the stronger first.
const ENDPOINTS: [&str; 2] = ["AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL"];

/// The capacity of the practice tables, as in the workshop.
const PRACTICE: Mode = Mode::Provisioned { read: 2, write: 2 };

/// Products of the practice shop.
const PRODUCTS: u64 = 100;

/// How many there are of each.
const STOCK: u64 = 1_000_000;

/// Who signs where anybody may.
const ANYBODY: (&str, &str) = ("practice", "practice");

/// The DynamoDB in this process, as it is wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct Practice {
    /// Whether it is wanted in any case.
    pub forced: bool,
    /// How its tables are paid for.
    pub mode: Mode,
    /// How full their burst is at first.
    pub burst: Option<f64>,
    /// How many products it sells.
    pub products: u64,
    /// How many there are of each.
    pub stock: u64,
    /// Flags that only concern it.
    given: Vec<&'static str>,
}

/// Where tables are, reached.
pub struct Place {
    /// Where requests go and who sends them.
    pub service: Arc<Service>,
    /// The names of the tables.
    pub tables: Tables,
    /// How requests are sent.
    pub http: Arc<Shared>,
    /// The DynamoDB in this process, if it is that.
    pub desk: Option<RunningServer>,
    /// Why it is that, although nobody asked for it.
    pub fallback: Option<String>,
}

impl Practice {
    /// What these arguments want.
    pub fn of(args: &LocalArgs) -> Self {
        let mode = match (&args.provisioned, args.on_demand) {
            (_, true) => Mode::OnDemand,
            (units, false) => units.as_deref().and_then(provisioned).unwrap_or(PRACTICE),
        };
        let given = [
            ("--provisioned", args.provisioned.is_some()),
            ("--on-demand", args.on_demand),
            ("--burst", args.burst.is_some()),
            ("--products", args.products.is_some()),
            ("--stock", args.stock.is_some()),
        ];
        Self {
            forced: args.local,
            mode,
            burst: args.burst,
            products: args.products.unwrap_or(PRODUCTS),
            stock: args.stock.unwrap_or(STOCK),
            given: given.into_iter().filter(|(_, given)| *given).map(|(flag, _)| flag).collect(),
        }
    }

    /// Opens it.
    fn open(&self, region: &str) -> Result<RunningServer, Failure> {
        let mut config = ServerConfig::default();
        config.listen.set_port(0);
        region.clone_into(&mut config.store.region);
        config.store.burst = self.burst.unwrap_or(config.store.burst);
        Server::spawn(config).map_err(|error| match error {
            ServerError::Config { problems } => Failure::Config(problems),
            other => Failure::Other(other.into()),
        })
    }
}

/// Read and write units as they are typed.
pub fn provisioned(units: &[u64]) -> Option<Mode> {
    let [read, write] = *units else { return None };
    Some(Mode::Provisioned { read, write })
}

impl Place {
    /// Finds the place, and the DynamoDB in this process if `practice` is given and there is no other.
    pub async fn find(
        args: &PlaceArgs,
        client: Option<&ClientArgs>,
        practice: Option<&Practice>,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        check_prefix(&args.table_prefix)?;
        let (region, forced) = (region(args).await, practice.is_some_and(|practice| practice.forced));
        let url = endpoint_url(args, environment).filter(|_| !forced);
        let found = Credentials::find(args.profile.as_deref(), &region);
        let Found { endpoint, credentials, desk, fallback } = match (practice, url) {
            (Some(practice), _) if forced => Found::here(practice, &region, None)?,
            (_, Some(url)) => {
                let credentials = match found.await {
                    Err(CredentialsError::Missing(_)) => Credentials::fixed(ANYBODY.0, ANYBODY.1),
                    found => found.map_err(broken)?,
                };
                Found::there(Endpoint::at(&url, &region), credentials)?
            }
            (practice, None) => match (found.await, practice) {
                (Err(CredentialsError::Missing(why)), Some(practice)) => {
                    Found::here(practice, &region, Some(why))?
                }
                (found, _) => Found::there(Endpoint::aws(&region), found.map_err(broken)?)?,
            },
        };
        if let Some(practice) = practice.filter(|practice| desk.is_none() && !practice.given.is_empty()) {
            return Err(Failure::Config(vec![misplaced(practice)]));
        }
        let (retry, timeout) = patience(client);
        let service = Service { endpoint, credentials, retry, timeout };
        let tables = Tables::new(&args.table_prefix);
        let http = Options::of_scenarios(Vec::new()).map_err(LoadError::from)?.client()?;
        Ok(Self { service: Arc::new(service), tables, http, desk, fallback })
    }

    /// A session to look at the tables, and to change them.
    pub fn session(&self) -> Session {
        Session::new(self.service.clone(), WorkerClient::new(self.http.clone()), 1)
    }

    /// Whether it is the DynamoDB in this process.
    pub fn is_here(&self) -> bool {
        self.desk.is_some()
    }
}

/// What was found before it is put together.
struct Found {
    endpoint: Endpoint,
    credentials: Credentials,
    desk: Option<RunningServer>,
    fallback: Option<String>,
}

impl Found {
    fn here(practice: &Practice, region: &str, fallback: Option<String>) -> Result<Self, Failure> {
        let desk = practice.open(region)?;
        let endpoint = Endpoint::at(&desk.url(), region).map_err(wrong)?;
        let credentials = Credentials::fixed(ANYBODY.0, ANYBODY.1);
        Ok(Self { endpoint, credentials, desk: Some(desk), fallback })
    }

    fn there(endpoint: Result<Endpoint, EndpointError>, credentials: Credentials) -> Result<Self, Failure> {
        Ok(Self { endpoint: endpoint.map_err(wrong)?, credentials, desk: None, fallback: None })
    }
}

/// How patient the client is: what was typed, or the usual.
fn patience(args: Option<&ClientArgs>) -> (Retry, Duration) {
    match args {
        None => (Retry::default(), Duration::from_secs(10)),
        Some(args) => {
            let (attempts, base, cap) = (args.attempts, args.retry_base, args.retry_cap);
            (Retry { attempts, base, cap }, args.timeout)
        }
    }
}

fn misplaced(practice: &Practice) -> String {
    format!(
        "{} is about the practice DynamoDB, and this run goes elsewhere: give --local, or change the tables with \
         'flashcrowd dynamodb setup' and 'flashcrowd dynamodb capacity'",
        practice.given.join(", ")
    )
}

/// The region that was typed, else that of the environment or the profile.
async fn region(args: &PlaceArgs) -> String {
    match &args.region {
        Some(region) => region.clone(),
        None => Credentials::region(args.profile.as_deref()).await.unwrap_or_else(|| REGION.to_owned()),
    }
}

fn endpoint_url(args: &PlaceArgs, environment: &Environment) -> Option<String> {
    let set = || ENDPOINTS.iter().find_map(|name| environment.get(name));
    args.endpoint_url.as_deref().or_else(set).map(str::to_owned)
}

fn check_prefix(prefix: &str) -> Result<(), Failure> {
    let fits = prefix.len() <= 200
        && prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    if fits {
        return Ok(());
    }
    let text =
        format!("--table-prefix is '{prefix}': names of tables have letters, digits, '_', '-' and '.' only");
    Err(Failure::Config(vec![text]))
}

fn wrong(error: EndpointError) -> Failure {
    Failure::Config(vec![error.to_string()])
}

fn broken(error: CredentialsError) -> Failure {
    Failure::Config(vec![match error {
        CredentialsError::Missing(why) => {
            let why = why.trim_end_matches('.');
            format!("{why}; or give --endpoint-url for another DynamoDB than AWS's")
        }
        CredentialsError::Broken(why) => why,
    }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrower_variable_stands_above_the_wider_and_the_flag_above_both() {
        let both = [("AWS_ENDPOINT_URL", "http://a"), ("AWS_ENDPOINT_URL_DYNAMODB", "http://b")];
        let args = PlaceArgs::default();
        assert_eq!(endpoint_url(&args, &Environment::default()), None);
        assert_eq!(endpoint_url(&args, &Environment::from([both[0]])).as_deref(), Some("http://a"));
        assert_eq!(endpoint_url(&args, &Environment::from(both)).as_deref(), Some("http://b"));
        let args = PlaceArgs { endpoint_url: Some("http://c".into()), ..PlaceArgs::default() };
        assert_eq!(endpoint_url(&args, &Environment::from(both)).as_deref(), Some("http://c"));
    }

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
