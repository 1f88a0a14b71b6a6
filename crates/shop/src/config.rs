//! A shop's configuration says what it sells, how it keeps stock and how slow its database is.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::thread::available_parallelism;
use std::time::Duration;

use crate::error::ShopError;
use crate::latency::Latency;
use crate::lock::Lock;
use crate::servers::Servers;

/// The secret that tokens are signed with unless another is configured. It protects nothing: it is public.
pub const DEFAULT_SECRET: &str = "flashcrowd-practice-shop";

/// The most of anything that can be seeded: users, products, booths.
const MOST_ROWS: u64 = 1_000_000;

/// The fastest leak, in bytes a second.
const MOST_LEAKED: u64 = 1 << 30;

/// The largest stock or balance that can be seeded: the largest whole number that a script in Redis is exact about.
const MOST_UNITS: u64 = 1 << 53;

/// How the practice shop is set up.
///
/// The default serves every known example script without a refusal: a fast lock, a database that answers in
/// a few milliseconds over 100 connections, and more stock and money than they can spend.
#[derive(Clone, Debug)]
pub struct ShopConfig {
    /// The address to listen on; port 0 lets the system pick one.
    pub listen: SocketAddr,
    /// Worker threads that serve connections.
    pub threads: usize,
    /// How concurrent changes of stock and balances are kept apart.
    pub lock: Lock,
    /// The servers that keep stock, balances and orders, for the locks that need them.
    pub servers: Servers,
    /// How long a request waits for a lock before it is answered 503; if `None`, without a limit for a [`Lock::Mutex`], and
    /// five seconds for locks on servers.
    pub lock_wait_limit: Option<Duration>,
    /// How long a database read takes.
    pub read: Latency,
    /// How long a database write takes.
    pub write: Latency,
    /// Connections to the database, each used by one request at a time; 0 means as many as needed.
    pub db_pool: usize,
    /// Requests that are worked on at a time, the others wait in line, as with the threads of an application server; 0
    /// means all of them.
    pub app_threads: usize,
    /// The data that the shop opens with and is reset to.
    pub seed: Seed,
    /// The secret that tokens are signed with (HS256).
    pub secret: String,
    /// The fraction of requests, 0 to 1, that are answered 500 for no reason.
    pub error_rate: f64,
    /// Bytes a second that are taken and never given back, until a reset.
    pub leak: u64,
    /// The fraction by which database calls become slower every minute.
    pub degrade: f64,
}

/// The data that the shop opens with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seed {
    /// There are products 1 to this number.
    pub products: u64,
    /// Items of each product.
    pub stock: u64,
    /// Items of single products, where it is not `stock`.
    pub stock_of: BTreeMap<u64, u64>,
    /// There are users 1 to this number.
    pub users: u64,
    /// Money of each user, in the currency's smallest unit.
    pub balance: u64,
    /// There are booths with a waiting queue, 1 to this number.
    pub booths: u64,
}

impl Default for ShopConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            threads: available_parallelism().map_or(1, usize::from),
            lock: Lock::default(),
            servers: Servers::default(),
            lock_wait_limit: None,
            read: Latency::LogNormal { median: Duration::from_millis(2), p99: Duration::from_millis(20) },
            write: Latency::LogNormal { median: Duration::from_millis(5), p99: Duration::from_millis(40) },
            db_pool: 100,
            app_threads: 0,
            seed: Seed::default(),
            secret: DEFAULT_SECRET.to_owned(),
            error_rate: 0.0,
            leak: 0,
            degrade: 0.0,
        }
    }
}

impl Default for Seed {
    fn default() -> Self {
        Self {
            products: 10,
            stock: 10_000_000,
            stock_of: BTreeMap::new(),
            users: 10_000,
            balance: 1_000_000_000,
            booths: 100,
        }
    }
}

impl ShopConfig {
    /// The default without any latency or pool, on a free port: as fast as the shop can be.
    #[must_use]
    pub fn fast() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            read: Latency::Zero,
            write: Latency::Zero,
            db_pool: 0,
            ..Self::default()
        }
    }

    /// Reports every problem of the configuration at once.
    pub(crate) fn validate(&self) -> Result<(), ShopError> {
        let mut problems = self.seed.problems();
        problems.extend(self.servers.problems(self.lock));
        if self.lock == Lock::MySql && self.db_pool == 0 {
            problems.push("db_pool is 0: mysql needs a pool, use 1 or more connections".to_owned());
        }
        if self.app_threads > tokio::sync::Semaphore::MAX_PERMITS {
            problems.push(format!("app_threads is {}: use 0 for no limit", self.app_threads));
        }
        if !(1..=1024).contains(&self.threads) {
            problems.push(format!("threads is {}: use 1 to 1024", self.threads));
        }
        if self.db_pool > tokio::sync::Semaphore::MAX_PERMITS {
            problems.push(format!("db_pool is {}: use 0 for no limit", self.db_pool));
        }
        if !(0.0..=1.0).contains(&self.error_rate) {
            problems.push(format!("error_rate is {}: use a fraction from 0 to 1", self.error_rate));
        }
        if self.leak > MOST_LEAKED {
            problems.push(format!("leak is {}: use at most {MOST_LEAKED} bytes a second", self.leak));
        }
        if !(0.0..=100.0).contains(&self.degrade) {
            problems.push(format!("degrade is {}: use a fraction a minute from 0 to 100", self.degrade));
        }
        if self.secret.is_empty() {
            problems.push("secret is empty: use any text".to_owned());
        }
        if problems.is_empty() { Ok(()) } else { Err(ShopError::Config { problems }) }
    }
}

impl Seed {
    /// Items of one product that the shop opens with.
    pub(crate) fn stock_of(&self, product: u64) -> u64 {
        self.stock_of.get(&product).copied().unwrap_or(self.stock)
    }

    fn problems(&self) -> Vec<String> {
        let rows = [("products", self.products), ("users", self.users), ("booths", self.booths)]
            .into_iter()
            .filter(|(_, rows)| !(1..=MOST_ROWS).contains(rows))
            .map(|(name, rows)| format!("{name} is {rows}: use 1 to {MOST_ROWS}"));
        let units = [("stock".to_owned(), self.stock), ("balance".to_owned(), self.balance)]
            .into_iter()
            .chain(self.stock_of.iter().map(|(id, &stock)| (format!("stock of product {id}"), stock)))
            .filter(|(_, units)| *units > MOST_UNITS)
            .map(|(name, units)| format!("{name} is {units}: use at most {MOST_UNITS}"));
        let strangers =
            self.stock_of.keys().filter(|id| !(1..=self.products).contains(id)).map(|id| {
                format!("stock is given for product {id}: there are products 1 to {}", self.products)
            });
        rows.chain(units).chain(strangers).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_valid() {
        assert!(ShopConfig::default().validate().is_ok());
        assert!(ShopConfig::fast().validate().is_ok());
    }

    #[test]
    fn every_problem_is_reported_at_once() {
        let mut config =
            ShopConfig { threads: 0, error_rate: 1.5, secret: String::new(), ..ShopConfig::default() };
        config.seed = Seed { users: 0, balance: u64::MAX, stock_of: [(11, 5)].into(), ..Seed::default() };
        assert_eq!(
            config.validate().unwrap_err().to_string(),
            "the shop cannot be set up so: users is 0: use 1 to 1000000; \
             balance is 18446744073709551615: use at most 9007199254740992; \
             stock is given for product 11: there are products 1 to 10; \
             threads is 0: use 1 to 1024; error_rate is 1.5: use a fraction from 0 to 1; \
             secret is empty: use any text"
        );
    }
}
