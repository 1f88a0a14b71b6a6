//! The configuration of Prime Day, resolved from arguments and environment.

use flashcrowd_dynamodb::{Retry, SdkRetries};
use flashcrowd_prime_day::control::Mode;
use flashcrowd_prime_day::{ConnectionConfig, Customers, OrderStyle, Practice};

use super::layout;
use crate::args::{ClientArgs, CustomerArgs, LocalArgs, OrdersArg, PlaceArgs, RetriesArg};
use crate::exit::Failure;

/// The capacity of the practice tables, as in the workshop.
const PRACTICE: Mode = Mode::Provisioned { read: 2, write: 2 };

/// Products of the practice shop.
const PRODUCTS: u64 = 100;

/// Stock of each of its products.
const STOCK: u64 = 1_000_000;

/// Where the tables are; with the usual retries and timeouts if no client arguments are given.
pub fn connection(args: &PlaceArgs, client: Option<&ClientArgs>) -> Result<ConnectionConfig, Failure> {
    let usual = ConnectionConfig::default();
    Ok(ConnectionConfig {
        region: args.region.clone(),
        profile: args.profile.clone(),
        endpoint_url: args.endpoint_url.clone(),
        table_prefix: args.table_prefix.clone(),
        layout: layout::of_file(args.tables.as_deref())?,
        retry: client.map_or(usual.retry, retry),
        sdk_retries: client.is_some_and(|args| args.retries == RetriesArg::Sdk),
        timeout: client.map_or(usual.timeout, |args| args.timeout),
    })
}

fn retry(args: &ClientArgs) -> Retry {
    let usual = match args.retries {
        RetriesArg::Own => Retry::default(),
        RetriesArg::Sdk => SdkRetries::AFTER_THROTTLES,
    };
    Retry {
        attempts: args.attempts.unwrap_or(usual.attempts),
        base: args.retry_base.unwrap_or(usual.base),
        cap: args.retry_cap.unwrap_or(usual.cap),
    }
}

/// What of the client's arguments does not go together.
pub fn problems(args: &ClientArgs) -> Vec<String> {
    let given = [("--retry-base", args.retry_base.is_some()), ("--retry-cap", args.retry_cap.is_some())];
    let is_sdk = args.retries == RetriesArg::Sdk;
    let given = given.into_iter().filter(|(_, is_given)| *is_given && is_sdk);
    given.map(|(flag, _)| format!("{flag} is for --retries own: the waits of AWS's SDKs are fixed")).collect()
}

/// The in-process DynamoDB.
pub fn practice(args: &LocalArgs) -> Practice {
    let mode = match (&args.provisioned, args.on_demand) {
        (_, true) => Mode::OnDemand,
        (units, false) => units.as_deref().and_then(provisioned).unwrap_or(PRACTICE),
    };
    let given = [
        ("--provisioned", args.provisioned.is_some()),
        ("--on-demand", args.on_demand),
        ("--burst", args.burst.is_some()),
        ("--auto-scaling", args.auto_scaling.is_some()),
        ("--inject", !args.inject.is_empty()),
        ("--products", args.products.is_some()),
        ("--stock", args.stock.is_some()),
    ];
    Practice {
        forced: args.local,
        mode,
        burst: args.burst,
        auto_scaling: args.auto_scaling,
        injections: args.inject.clone(),
        products: args.products.unwrap_or(PRODUCTS),
        stock: args.stock.unwrap_or(STOCK),
        given: given.into_iter().filter(|(_, given)| *given).map(|(flag, _)| flag).collect(),
    }
}

/// What customers do.
pub fn customers(args: &CustomerArgs) -> Customers {
    Customers {
        patterns: args.patterns,
        orders: match args.orders {
            OrdersArg::Transaction => OrderStyle::Transaction,
            OrdersArg::Put => OrderStyle::Put,
        },
        zipf: (!args.uniform).then_some(args.zipf),
        consistent: args.consistent,
        scan_limit: args.scan_limit,
        query_limit: args.query_limit,
        think_time: args.think_time,
        looks: args.read_ratio,
    }
}

/// Read and write units as they are typed.
pub fn provisioned(units: &[u64]) -> Option<Mode> {
    let [read, write] = *units else { return None };
    Some(Mode::Provisioned { read, write })
}
