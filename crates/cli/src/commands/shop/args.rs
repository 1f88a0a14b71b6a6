//! Shop arguments set what the practice shop sells, and how slow and faulty it is.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use flashcrowd_dynamodb_shop::{AutoScaling, Injection};
use flashcrowd_engine::duration;
use flashcrowd_shop::{Latency, LatencyError, Lock, ServerUrl};

const EXAMPLES: &str = "\
Examples:
  flashcrowd shop                                         a healthy shop on 127.0.0.1:8080
  flashcrowd shop --lock none --stock 1=100               a shop that oversells product 1
  flashcrowd shop --lock mutex --latency 20ms --db-pool 5 a shop where requests queue
  flashcrowd shop --lock redis-lock --redis redis://127.0.0.1:6379/0 --app-threads 200
                                                          a shop behind a distributed lock
  flashcrowd shop --dynamodb 127.0.0.1:8000               also serve DynamoDB, with enforced capacity
  TOKEN=$(flashcrowd shop --print-token)                  a token for the booths' queues";

/// `shop`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ShopArgs {
    /// The address to listen on, HOST:PORT; port 0 picks a free port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: String,
    /// How stock is kept: none (oversells), mutex (queues) or atomic; on servers: redis-lock, redis-lua, mysql or queue
    #[arg(long, value_name = "LOCK", default_value = "atomic")]
    pub lock: Lock,
    /// Database latency (mysql: in addition to its own): 0, 5ms, 5ms..50ms for median..p99, or exp(5ms) for an exponential one; READ,WRITE sets them separately
    /// [default: 2ms..20ms,5ms..40ms; mysql: 0]
    #[arg(long, value_name = "TIME")]
    pub latency: Option<Latencies>,
    /// Connections to the database; 0 for no limit [default: 100; mysql: 10]
    #[arg(long, value_name = "N")]
    pub db_pool: Option<usize>,
    /// Requests worked on at a time, as with the threads of an application server; 0 for no limit
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub app_threads: usize,
    /// Items in stock of every product, or of one product as ID=N; repeatable
    #[arg(long, value_name = "N|ID=N", default_value = "10000000")]
    pub stock: Vec<StockArg>,
    /// Number of server threads [default: one per CPU core]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// Fraction of requests, 0 to 1, that fail with status 500
    #[arg(long, value_name = "FRACTION", default_value_t = 0.0)]
    pub error_rate: f64,
    /// Memory to leak every second, such as 1MB
    #[arg(long, value_name = "SIZE", default_value = "0")]
    pub leak: Size,
    /// Fraction by which database calls get slower every minute, such as 0.1
    #[arg(long, value_name = "FRACTION", default_value_t = 0.0)]
    pub degrade: f64,
    /// Print a token for the shop and exit
    #[arg(long)]
    pub print_token: bool,
    /// The servers behind the shop.
    #[command(flatten)]
    pub servers: ShopServerArgs,
    /// The DynamoDB of the shop.
    #[command(flatten)]
    pub dynamodb: ShopDynamodbArgs,
}

/// The servers that keep stock, balances and orders.
#[derive(Debug, Args)]
#[command(next_help_heading = "Servers")]
pub struct ShopServerArgs {
    /// Redis of --lock redis-lock, redis-lua and queue, redis://HOST:PORT/DATABASE
    #[arg(long, value_name = "URL")]
    pub redis: Option<ServerUrl>,
    /// MySQL or MariaDB of --lock mysql, mysql://USER:PASSWORD@HOST:PORT/DATABASE
    #[arg(long, value_name = "URL")]
    pub mysql: Option<ServerUrl>,
    /// RabbitMQ of --lock queue, amqp://USER:PASSWORD@HOST:PORT/VHOST
    #[arg(long, value_name = "URL")]
    pub amqp: Option<ServerUrl>,
    /// How long a request waits for a lock before it fails with status 503 [default: no limit; on servers: 5s]
    #[arg(long, value_name = "TIME", value_parser = life)]
    pub lock_wait: Option<Duration>,
    /// How long a lock in Redis is held if its holder is gone
    #[arg(long, value_name = "TIME", value_parser = life, default_value = "10s")]
    pub lock_lease: Duration,
    /// Do not renew the lease while the work under the lock lasts
    #[arg(long)]
    pub lock_no_renewal: bool,
    /// How long a request waits for a connection of the pool before it fails with status 503 (mysql)
    #[arg(long, value_name = "TIME", value_parser = life, default_value = "30s")]
    pub db_pool_wait: Duration,
}

/// The DynamoDB that the shop serves on a second port.
#[derive(Debug, Args)]
#[command(next_help_heading = "DynamoDB")]
pub struct ShopDynamodbArgs {
    /// Also serve DynamoDB at this address, HOST:PORT, with provisioned capacity enforced
    #[arg(id = "dynamodb", long = "dynamodb", value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// Initial burst capacity of a table, as a fraction of 300 seconds of its capacity, 0 to 1
    #[arg(
        id = "dynamodb_burst",
        long = "dynamodb-burst",
        value_name = "FRACTION",
        default_value_t = 1.0,
        requires = "dynamodb"
    )]
    pub burst: f64,
    /// Latency of an operation, in the format of --latency
    #[arg(
        id = "dynamodb_latency",
        long = "dynamodb-latency",
        value_name = "TIME",
        default_value = "3ms..10ms,5ms..20ms",
        requires = "dynamodb"
    )]
    pub latency: Latencies,
    /// Accept only requests signed with these credentials, KEY:SECRET or KEY:SECRET:TOKEN [default: any signature]
    #[arg(id = "dynamodb_auth", long = "dynamodb-auth", value_name = "CREDENTIALS", requires = "dynamodb")]
    pub auth: Option<CredentialsArg>,
    /// How long after the start the token of --dynamodb-auth expires, such as 30s [default: never]
    #[arg(
        id = "dynamodb_token_life",
        long = "dynamodb-token-life",
        value_name = "TIME",
        value_parser = life,
        requires = "dynamodb_auth"
    )]
    pub token_life: Option<Duration>,
    /// Region of the endpoint, which requests must be signed for
    #[arg(
        id = "dynamodb_region",
        long = "dynamodb-region",
        value_name = "REGION",
        default_value = "us-east-1",
        requires = "dynamodb"
    )]
    pub region: String,
    /// Scale provisioned capacity between these units per second, minutes late as Application Auto Scaling does,
    /// LEAST..MOST or LEAST..MOST@TARGET% [default: no auto scaling; target 70%]
    #[arg(
        id = "dynamodb_auto_scaling",
        long = "dynamodb-auto-scaling",
        value_name = "RANGE",
        requires = "dynamodb"
    )]
    pub auto_scaling: Option<AutoScaling>,
    /// Throttle a share of the requests for a reason, such as TableWriteProvisionedThroughputExceeded=0.1; repeatable
    #[arg(
        id = "dynamodb_inject",
        long = "dynamodb-inject",
        value_name = "REASON=SHARE",
        requires = "dynamodb"
    )]
    pub inject: Vec<Injection>,
}

/// Credentials as typed; they are never shown, not even when they are malformed.
#[derive(Clone, PartialEq, Eq)]
pub struct CredentialsArg(String);

impl CredentialsArg {
    /// The key, the secret and the token.
    pub fn parts(&self) -> Result<(&str, &str, Option<&str>), String> {
        let parts: Vec<&str> = self.0.split(':').collect();
        match parts[..] {
            [key, secret] => Ok((key, secret, None)),
            [key, secret, token] => Ok((key, secret, Some(token))),
            _ => Err("--dynamodb-auth is not KEY:SECRET or KEY:SECRET:TOKEN, separated by colons".to_owned()),
        }
    }
}

impl FromStr for CredentialsArg {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for CredentialsArg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CredentialsArg").finish_non_exhaustive()
    }
}

fn life(text: &str) -> Result<Duration, String> {
    duration::parse(text).map_err(|error| error.to_string())
}

/// How long reads and writes take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latencies {
    /// A read.
    pub read: Latency,
    /// A write.
    pub write: Latency,
}

impl FromStr for Latencies {
    type Err = LatencyError;

    fn from_str(text: &str) -> Result<Self, LatencyError> {
        let (read, write) = text.split_once(',').unwrap_or((text, text));
        Ok(Self { read: read.parse()?, write: write.parse()? })
    }
}

/// An amount of memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// In bytes.
    pub bytes: u64,
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' is not a size: write 500kB, 1MB or 1MiB");
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let factor = match text[digits.len()..].to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "kb" | "k" => 1000,
            "mb" | "m" => 1_000_000,
            "kib" => 1 << 10,
            "mib" => 1 << 20,
            _ => return Err(wrong()),
        };
        let number = digits.trim().parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
        number.map(|bytes| Self { bytes }).ok_or_else(wrong)
    }
}

/// The stock of every product, or of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StockArg {
    /// The product; every product if none.
    pub product: Option<u64>,
    /// The number of items.
    pub items: u64,
}

impl FromStr for StockArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |part: &str| {
            part.trim()
                .parse::<u64>()
                .map_err(|_| format!("'{part}' is not a number: write 1000, or 1=1000 for one product"))
        };
        match text.split_once('=') {
            None => Ok(Self { product: None, items: number(text)? }),
            Some((product, items)) => Ok(Self { product: Some(number(product)?), items: number(items)? }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_is_for_both_or_for_each() {
        let latency = |text: &str| text.parse::<Latency>().unwrap();
        for (text, read, write) in
            [("0", "0", "0"), ("1ms..9ms", "1ms..9ms", "1ms..9ms"), ("2ms,exp(5ms)", "2ms", "exp(5ms)")]
        {
            assert_eq!(text.parse(), Ok(Latencies { read: latency(read), write: latency(write) }), "{text}");
        }
        for text in ["", "5ms,", ",5ms", "1ms,2ms,3ms", "5"] {
            assert!(text.parse::<Latencies>().is_err(), "{text}");
        }
    }

    #[test]
    fn credentials_have_two_or_three_parts_and_are_not_shown() {
        let read = |text: &str| {
            let credentials: CredentialsArg = text.parse().unwrap();
            let parts = credentials.parts();
            parts.map(|(key, secret, token)| [key, secret, token.unwrap_or("-")].join(" "))
        };
        assert_eq!(read("k:s").unwrap(), "k s -");
        assert_eq!(read("k:s/+=:t").unwrap(), "k s/+= t");
        for text in ["", "hidden", "k:s:t:hidden"] {
            let problem = read(text).unwrap_err();
            assert!(problem.contains("KEY:SECRET") && !problem.contains("hidden"), "{problem}");
        }
        let credentials: CredentialsArg = "k:hidden".parse().unwrap();
        assert_eq!(format!("{credentials:?}"), "CredentialsArg(..)");
    }

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in [("0", 0), ("1MB", 1_000_000), ("2MiB", 2 << 20), ("500kB", 500_000)] {
            assert_eq!(text.parse(), Ok(Size { bytes }), "{text}");
        }
        for text in ["", "MB", "1TB", "-1", "99999999999999MB"] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
    }

    #[test]
    fn stock_is_for_all_or_for_one() {
        assert_eq!("5".parse(), Ok(StockArg { product: None, items: 5 }));
        assert_eq!("1=100".parse(), Ok(StockArg { product: Some(1), items: 100 }));
        assert!("1=".parse::<StockArg>().unwrap_err().contains("1=1000"));
        assert!("-1".parse::<StockArg>().is_err());
    }
}
