//! Shop arguments say what the practice shop sells and how slow it is.

use std::str::FromStr;

use clap::Args;
use flashcrowd_shop::{Latency, LatencyError, Lock};

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
    /// The address to listen on, HOST:PORT; port 0 for any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: String,
    /// How stock is kept: none (oversells), mutex (queues) or atomic
    #[arg(long, value_name = "LOCK", default_value = "atomic")]
    pub lock: Lock,
    /// How long a database call takes: 0, 5ms, or 5ms..50ms for median..p99; READ,WRITE where these differ
    #[arg(long, value_name = "TIME", default_value = "2ms..20ms,5ms..40ms")]
    pub latency: Latencies,
    /// Connections to the database, 0 for as many as needed
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub db_pool: usize,
    /// Items of every product, or of one as ID=N; repeatable
    #[arg(long, value_name = "N|ID=N", default_value = "10000000")]
    pub stock: Vec<StockArg>,
    /// Threads that serve [default: one for each core]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// The fraction of requests, 0 to 1, that are answered 500 for no reason
    #[arg(long, value_name = "FRACTION", default_value_t = 0.0)]
    pub error_rate: f64,
    /// Memory that is taken every second and never given back, such as 1MB
    #[arg(long, value_name = "SIZE", default_value = "0")]
    pub leak: Size,
    /// The fraction by which database calls become slower every minute, such as 0.1
    #[arg(long, value_name = "FRACTION", default_value_t = 0.0)]
    pub degrade: f64,
    /// Print a token for the shop and serve nothing
    #[arg(long)]
    pub print_token: bool,
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
        let wrong = || format!("'{text}' is no size: write 500kB, 1MB or 1MiB");
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
    fn a_latency_is_for_both_or_for_each() {
        let latency = |text: &str| text.parse::<Latency>().unwrap();
        for (text, read, write) in
            [("0", "0", "0"), ("1ms..9ms", "1ms..9ms", "1ms..9ms"), ("2ms, 5ms..9ms", "2ms", "5ms..9ms")]
        {
            assert_eq!(text.parse(), Ok(Latencies { read: latency(read), write: latency(write) }), "{text}");
        }
        for text in ["", "5ms,", ",5ms", "1ms,2ms,3ms", "5"] {
            assert!(text.parse::<Latencies>().is_err(), "{text}");
        }
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
