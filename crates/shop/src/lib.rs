//! The practice shop: a small web shop that saturates, queues and oversells like a real one.
//!
//! It offers the usual HTTP API of a shop with flash sales (balances, products, orders, waiting queues,
//! purchases of limited stock) and keeps its state in memory. [`ShopConfig`] chooses how it protects its
//! stock ([`Lock`]), how slow its database is ([`Latency`]) and how many connections the database has, so that
//! the classic failures of a sale can be reproduced and fixed locally.
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
mod servers;

mod state;

mod reply;
mod route;

mod admin;
mod api;
mod handler;

mod running;
mod server;
pub mod threads;

pub use admin::{ShopHandle, Stats};
pub use config::{DEFAULT_SECRET, Seed, ShopConfig};
pub use error::ShopError;
pub use latency::{Latency, LatencyError};
pub use lock::{Lock, LockError};
pub use running::Running;
pub use server::{RunningShop, Shop};
pub use servers::{ServerUrl, Servers};
pub use state::token::{issue_token, issue_token_until};
