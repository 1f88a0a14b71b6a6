//! Shop arguments say what the practice shop sells and how slow it is.

use std::net::SocketAddr;
use std::str::FromStr;

use clap::Args;
use flashcrowd_shop::{Latency, Lock};

const EXAMPLES: &str = "\
Examples:
  flashcrowd shop                                         a healthy shop on 127.0.0.1:8080
  flashcrowd shop --lock none --stock 1=100               oversells product 1
  flashcrowd shop --lock mutex --latency 20ms --db-pool 5 queues up
  TOKEN=$(flashcrowd shop --print-token)                  a token for the booths' queues";

/// `shop`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ShopArgs {
    /// The address to listen on; port 0 for any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// How stock is kept: none (oversells), mutex (queues) or atomic
    #[arg(long, value_name = "LOCK", default_value = "atomic")]
    pub lock: Lock,
    /// How long a database call takes: 0, 5ms, or 5ms..50ms for median..p99
    #[arg(long, value_name = "TIME")]
    pub latency: Option<Latency>,
    /// Connections to the database, 0 for as many as needed
    #[arg(long, value_name = "N")]
    pub db_pool: Option<usize>,
    /// Items of every product, or of one as ID=N; repeatable
    #[arg(long, value_name = "N|ID=N")]
    pub stock: Vec<StockArg>,
    /// Threads that serve; one for each core by default
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// The fraction of requests, 0 to 1, that are answered 500 for no reason
    #[arg(long, value_name = "FRACTION")]
    pub error_rate: Option<f64>,
    /// Print a token for the shop and serve nothing
    #[arg(long)]
    pub print_token: bool,
}

/// How many items there are of every product, or of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StockArg {
    /// The product; every one if none.
    pub product: Option<u64>,
    /// How many.
    pub items: u64,
}

impl FromStr for StockArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |part: &str| {
            part.trim()
                .parse::<u64>()
                .map_err(|_| format!("'{part}' is no number: write 1000, or 1=1000 for one product"))
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
    fn stock_is_for_all_or_for_one() {
        assert_eq!("5".parse(), Ok(StockArg { product: None, items: 5 }));
        assert_eq!("1=100".parse(), Ok(StockArg { product: Some(1), items: 100 }));
        assert!("1=".parse::<StockArg>().unwrap_err().contains("1=1000"));
        assert!("-1".parse::<StockArg>().is_err());
    }
}
