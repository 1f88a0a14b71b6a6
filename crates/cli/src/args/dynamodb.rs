//! DynamoDB arguments set the load of Prime Day, where its tables are, and how its customers behave.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use flashcrowd_dynamodb_shop::{AutoScaling, Injection};
use flashcrowd_engine::duration;
use flashcrowd_prime_day::Patterns;

use super::verdicts::{is_of_scripts, with_verdicts};

const EXAMPLES: &str = "\
Examples:
  flashcrowd dynamodb --demo                 5 workers for 30 seconds; without AWS credentials,
                                             against an in-process DynamoDB
  flashcrowd dynamodb --demo --local --on-demand
                                             the same on demand, so nothing is throttled
  flashcrowd dynamodb --full                 20 workers for 5 minutes
  flashcrowd dynamodb                        shows the estimated consumption of --full, and asks
  flashcrowd dynamodb --workers 50 --duration 2m --orders put
  flashcrowd dynamodb --demo --endpoint-url http://localhost:8000

  flashcrowd dynamodb setup --table-prefix test- --provisioned 2 2
  flashcrowd dynamodb capacity --table-prefix test- --on-demand
  flashcrowd dynamodb teardown --table-prefix test-

A run passes with more than 50 steps per second, less than 5% failed steps, and less than 10%
throttled attempts. With the 2 RCU and 2 WCU of the practice tables it fails, to show the effect
of throttling.

Exit codes besides those of verdicts: 104 invalid options, or missing tables; 255 DynamoDB is
unreachable or refused access before the run, or all calls failed from some point until the end.";

const SETUP_EXAMPLES: &str = "\
Examples:
  flashcrowd dynamodb setup                          four tables with 2 RCU / 2 WCU and 100 products
  flashcrowd dynamodb setup --products 1000 --on-demand
  flashcrowd dynamodb setup --endpoint-url http://localhost:8000

Existing tables and items are left unchanged, so an interrupted setup can be run again.";

const CAPACITY_EXAMPLES: &str = "\
Examples:
  flashcrowd dynamodb capacity                       show the capacity of each table
  flashcrowd dynamodb capacity --provisioned 2 2     switch all tables and wait until they are active
  flashcrowd dynamodb capacity --on-demand

Tables that setup has not created are switched after a confirmation, or with --yes.";

const TEARDOWN_EXAMPLES: &str = "\
Examples:
  flashcrowd dynamodb teardown                       asks for confirmation
  flashcrowd dynamodb teardown --table-prefix test- --yes

Only tables that setup created are deleted.";

/// `dynamodb`
#[derive(Debug, Args)]
#[command(after_help = with_verdicts(EXAMPLES, |cause| !is_of_scripts(cause)), args_conflicts_with_subcommands = true)]
pub struct DynamodbArgs {
    /// What to do instead of a run
    #[command(subcommand)]
    pub command: Option<DynamodbCommand>,
    /// How much load there is.
    #[command(flatten)]
    pub size: SizeArgs,
    /// Where the tables are.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// What customers do.
    #[command(flatten)]
    pub customers: CustomerArgs,
    /// How the client retries and times out.
    #[command(flatten)]
    pub client: ClientArgs,
    /// The in-process DynamoDB.
    #[command(flatten)]
    pub local: LocalArgs,
    /// Keep the record, the log and the result in this folder [default: results/prime-day-TIME]
    #[arg(long, value_name = "DIR", help_heading = "Results")]
    pub out_dir: Option<PathBuf>,
    /// Replace what an earlier run left in that folder
    #[arg(long, help_heading = "Results")]
    pub force: bool,
    /// A JSON file with prices, instead of the built-in ones of the region
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub prices: Option<PathBuf>,
}

/// The commands that manage the tables.
#[derive(Debug, Subcommand)]
pub enum DynamodbCommand {
    /// Create the four tables and fill them
    Setup(SetupArgs),
    /// Show or change the capacity of the tables
    Capacity(CapacityArgs),
    /// Delete the tables that setup created
    Teardown(TeardownArgs),
}

/// How much load there is.
#[derive(Debug, Default, Args)]
pub struct SizeArgs {
    /// 5 workers for 30 seconds
    #[arg(long, conflicts_with_all = ["full", "custom"])]
    pub demo: bool,
    /// 20 workers for 5 minutes
    #[arg(long, conflicts_with = "custom")]
    pub full: bool,
    /// Ask for the number of workers and the duration, unless --workers and --duration are given
    #[arg(long)]
    pub custom: bool,
    /// Number of concurrent customers; with --duration as well, nothing is asked
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub workers: Option<u64>,
    /// Duration of the load, such as 30s, 5m or 1h
    #[arg(short, long, value_name = "TIME", value_parser = time)]
    pub duration: Option<Duration>,
    /// Start N steps per second, however slow the responses are; --workers then limits the concurrency
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub rate: Option<u64>,
    /// Start without asking for confirmation
    #[arg(short, long)]
    pub yes: bool,
}

/// Where the tables are.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Connection")]
pub struct PlaceArgs {
    /// The AWS region [default: from the environment or the profile, else us-east-1]
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// The profile in the AWS configuration to take credentials from
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// A DynamoDB endpoint other than AWS's, such as http://localhost:8000 (also AWS_ENDPOINT_URL_DYNAMODB)
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Prefix for the table names Categories, Products, Customers and Orders
    #[arg(long, value_name = "PREFIX", default_value = "", hide_default_value = true)]
    pub table_prefix: String,
    /// A JSON file that maps the shop's tables, keys and attributes to those of your own tables
    #[arg(long, value_name = "FILE", conflicts_with = "table_prefix")]
    pub tables: Option<PathBuf>,
}

/// What customers do.
#[derive(Debug, Args)]
#[command(next_help_heading = "Customers")]
pub struct CustomerArgs {
    /// Fraction of workers that browse products, 0 to 1; the others place orders
    #[arg(long, value_name = "SHARE", default_value_t = 0.5, value_parser = share)]
    pub read_ratio: f64,
    /// Have every worker browse and place orders in turn, at that ratio, as the threads of a script do
    #[arg(long)]
    pub mixed: bool,
    /// Weights of the read operations
    #[arg(long, value_name = "WEIGHTS", default_value = "scan=1,query=3,get=6", value_parser = patterns)]
    pub patterns: Patterns,
    /// How orders are written: in one transaction with the stock, or as a single put
    #[arg(long, value_name = "STYLE", default_value = "transaction")]
    pub orders: OrdersArg,
    /// Skew of product popularity: the exponent of Zipf's law
    #[arg(long, value_name = "EXPONENT", default_value_t = 1.0, value_parser = exponent)]
    pub zipf: f64,
    /// Make all products equally popular
    #[arg(long, conflicts_with = "zipf")]
    pub uniform: bool,
    /// Use strongly consistent reads, except on the index, which does not support them
    #[arg(long)]
    pub consistent: bool,
    /// Maximum number of items per page of a scan
    #[arg(long, value_name = "N", default_value_t = 25, value_parser = clap::value_parser!(u32).range(1..))]
    pub scan_limit: u32,
    /// Maximum number of items that a query returns
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub query_limit: u32,
    /// How long customers wait after each step
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = time)]
    pub think_time: Duration,
}

/// How the client retries and times out.
#[derive(Debug, Args)]
#[command(next_help_heading = "Client")]
pub struct ClientArgs {
    /// How calls are retried: until they are served, or as an application with an AWS SDK does it
    #[arg(long, value_name = "STYLE", default_value = "own")]
    pub retries: RetriesArg,
    /// Maximum number of attempts per call, including the first [default: 8; with --retries sdk 4]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub attempts: Option<u32>,
    /// Maximum wait before the second attempt; doubles with each further attempt [default: 50ms]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub retry_base: Option<Duration>,
    /// Upper limit for the wait before any attempt [default: 20s]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub retry_cap: Option<Duration>,
    /// Timeout of one attempt
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = time)]
    pub timeout: Duration,
}

/// The in-process DynamoDB.
#[derive(Debug, Args)]
#[command(next_help_heading = "Practice DynamoDB (--local)")]
pub struct LocalArgs {
    /// Use the in-process DynamoDB, even if AWS credentials are available
    #[arg(long, conflicts_with_all = ["endpoint_url", "profile"])]
    pub local: bool,
    /// Capacity of its tables, in read and write units per second [default: 2 2]
    #[arg(long, num_args = 2, value_names = ["RCU", "WCU"], conflicts_with = "on_demand")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub provisioned: Option<Vec<u64>>,
    /// Make its tables on-demand
    #[arg(long)]
    pub on_demand: bool,
    /// Initial burst capacity of its tables, as a fraction of 300 seconds of their capacity, 0 to 1 [default: 1]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub burst: Option<f64>,
    /// Scale its capacity between these units per second, minutes late as on AWS, LEAST..MOST or LEAST..MOST@TARGET%
    #[arg(long, value_name = "RANGE", conflicts_with = "on_demand")]
    pub auto_scaling: Option<AutoScaling>,
    /// Throttle a share of its requests for a reason, such as TableWriteProvisionedThroughputExceeded=0.1; repeatable
    #[arg(long, value_name = "REASON=SHARE")]
    pub inject: Vec<Injection>,
    /// Number of products [default: 100]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub products: Option<u64>,
    /// Stock of each product [default: 1000000]
    #[arg(long, value_name = "N")]
    pub stock: Option<u64>,
}

/// `dynamodb setup`
#[derive(Debug, Args)]
#[command(after_help = SETUP_EXAMPLES)]
pub struct SetupArgs {
    /// Number of products
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub products: u64,
    /// Stock of each product
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub stock: u64,
    /// The capacity mode of the tables.
    #[command(flatten)]
    pub mode: ModeArgs,
    /// Where the tables are.
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// `dynamodb capacity`
#[derive(Debug, Args)]
#[command(after_help = CAPACITY_EXAMPLES)]
pub struct CapacityArgs {
    /// The capacity mode to switch to.
    #[command(flatten)]
    pub mode: ModeArgs,
    /// Switch tables that setup has not created, too, without asking for confirmation
    #[arg(short, long)]
    pub yes: bool,
    /// Where the tables are.
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// `dynamodb teardown`
#[derive(Debug, Args)]
#[command(after_help = TEARDOWN_EXAMPLES)]
pub struct TeardownArgs {
    /// Delete without asking for confirmation
    #[arg(short, long)]
    pub yes: bool,
    /// Where the tables are.
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// The capacity mode of tables.
#[derive(Debug, Default, Args)]
pub struct ModeArgs {
    /// Provision this many read and write units per second
    #[arg(long, num_args = 2, value_names = ["RCU", "WCU"], conflicts_with = "on_demand")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub provisioned: Option<Vec<u64>>,
    /// Pay per request
    #[arg(long)]
    pub on_demand: bool,
}

/// How calls are retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RetriesArg {
    /// With full jitter from 50 ms on, transactions too, without a quota
    Own,
    /// Standard mode of AWS's SDKs: from 1 s on after throttling, a quota of 500 tokens, no transactions
    Sdk,
}

/// How orders are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OrdersArg {
    /// Order, lines and stock in one transaction
    Transaction,
    /// A single put; the stock is unchanged
    Put,
}

fn time(text: &str) -> Result<Duration, String> {
    duration::parse(text).map_err(|error| error.to_string())
}

fn share(text: &str) -> Result<f64, String> {
    let share = f64::from_str(text).ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "write a number from 0 to 1, such as 0.5".to_owned())
}

fn exponent(text: &str) -> Result<f64, String> {
    let exponent = f64::from_str(text).ok().filter(|exponent| (0.0..=10.0).contains(exponent));
    exponent.ok_or_else(|| "write a number from 0 to 10, such as 1.0".to_owned())
}

/// Parses `scan=1,query=3,get=6`; an operation that is left out is not done.
fn patterns(text: &str) -> Result<Patterns, String> {
    let mut patterns = Patterns { scan: 0, query: 0, get: 0 };
    for part in text.split(',') {
        let wrong = || format!("'{part}' is not a weight: write, for example, scan=1,query=3,get=6");
        let (name, weight) = part.split_once('=').ok_or_else(wrong)?;
        let weight: u32 = weight.trim().parse().map_err(|_| wrong())?;
        match name.trim() {
            "scan" => patterns.scan = weight,
            "query" => patterns.query = weight,
            "get" => patterns.get = weight,
            other => return Err(format!("unknown pattern '{other}': use scan, query and get")),
        }
    }
    let sum = u64::from(patterns.scan) + u64::from(patterns.query) + u64::from(patterns.get);
    match sum {
        0 => Err("at least one weight must be above 0".to_owned()),
        1..=1_000_000 => Ok(patterns),
        _ => Err("the weights must not add up to more than 1000000".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::commands::{Cli, Command};

    fn parsed(line: &str) -> Result<DynamodbArgs, String> {
        let line = format!("flashcrowd dynamodb {line}");
        let cli = Cli::try_parse_from(line.split_whitespace()).map_err(|error| error.to_string())?;
        let Command::Dynamodb(args) = cli.command else { panic!("another command: {line}") };
        Ok(*args)
    }

    #[test]
    fn weights_are_of_three_kinds() {
        for (text, scan, query, get) in
            [("scan=1,query=3,get=6", 1, 3, 6), ("get=1", 0, 0, 1), ("scan=0, query=2", 0, 2, 0)]
        {
            assert_eq!(patterns(text), Ok(Patterns { scan, query, get }), "{text}");
        }
        for (text, why) in [
            ("", "is not a weight"),
            ("scan", "is not a weight"),
            ("scan=-1", "is not a weight"),
            ("scan=0", "above 0"),
            ("buy=1", "use scan, query and get"),
            ("scan=4294967295,get=4294967295", "more than"),
        ] {
            assert!(patterns(text).unwrap_err().contains(why), "{text}");
        }
    }

    #[test]
    fn modes_and_places_exclude_each_other() {
        for line in [
            "--demo --full",
            "--full --custom",
            "--local --endpoint-url http://localhost:8000",
            "--local --profile x",
            "--provisioned 2 2 --on-demand",
            "--provisioned 2",
            "--provisioned 0 2",
            "--uniform --zipf 2",
            "--read-ratio 1.1",
            "--read-ratio NaN",
            "--burst 2",
            "--attempts 0",
            "--duration soon",
            "--workers 0",
            "--orders maybe",
            "--demo setup",
            "teardown --provisioned 1 1",
            "setup --provisioned 1 1 --on-demand",
        ] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }

    #[test]
    fn what_was_typed_arrives() {
        let args = parsed("--demo --duration 5s --local --provisioned 4 3 --burst 0 --orders put --uniform")
            .unwrap();
        assert_eq!((args.size.demo, args.size.duration), (true, Some(Duration::from_secs(5))));
        assert_eq!((args.local.provisioned, args.local.burst), (Some(vec![4, 3]), Some(0.0)));
        assert_eq!((args.customers.orders, args.customers.uniform), (OrdersArg::Put, true));
        let Some(DynamodbCommand::Capacity(args)) =
            parsed("capacity --on-demand --region eu-west-1 --table-prefix t-").unwrap().command
        else {
            panic!("no capacity")
        };
        assert_eq!((args.mode.on_demand, args.place.table_prefix.as_str()), (true, "t-"));
        assert_eq!(args.place.region.as_deref(), Some("eu-west-1"));
    }
}
