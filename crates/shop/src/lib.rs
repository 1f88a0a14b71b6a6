//! The practice shop: a small web shop that saturates, queues and oversells like a real one.
//!
//! It speaks the HTTP API of the shops that flash sales are rehearsed on (balances, products, orders,
//! waiting queues, purchases of limited stock) and keeps its state in memory. How it keeps stock
//! ([`Lock`]), how slow its database is ([`Latency`]) and how many connections lead there are chosen in
//! [`ShopConfig`], so that the classic failures of a sale can be seen, and cured, at home.
//!
//! ```no_run
//! # async fn run() -> Result<(), flashcrowd_shop::ShopError> {
//! use flashcrowd_shop::{Lock, Shop, ShopConfig};
//!
//! let mut config = ShopConfig { lock: Lock::None, ..ShopConfig::default() };
//! config.seed.stock_of.insert(1, 100);
//! let shop = Shop::bind(config).await?;
//! shop.serve(std::future::pending()).await
//! # }
//! ```

mod config;
mod error;
mod latency;
mod lock;

mod account;
mod database;
mod queue;
mod store;
mod token;

mod exposition;
mod faults;
mod metrics;
mod process;
mod stats;

pub mod crew;
mod running;

mod admin;
mod api;
mod desk;
mod reply;
mod route;
mod server;

pub use config::{DEFAULT_SECRET, Seed, ShopConfig};
pub use error::ShopError;
pub use latency::{Latency, LatencyError};
pub use lock::{Lock, LockError};
pub use running::Running;
pub use server::{RunningShop, Shop};
pub use stats::{ShopHandle, Stats};
pub use token::{issue_token, issue_token_until};
