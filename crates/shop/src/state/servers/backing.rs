//! The backing of a shop is the servers that its lock strategy needs, as one thing.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::ledger::{Desk, Item, Ledger, Sale, Sold};
use super::mysql::MySql;
use super::orders::Orders;
use super::redis::{RedisLock, RedisLua};
use crate::config::ShopConfig;
use crate::error::ShopError;
use crate::lock::Lock;
use crate::state::account::{Key, Refused};
use crate::state::database::{Database, PoolUse};
use crate::state::metrics::LockCounters;

/// The servers behind a shop, and what they failed to do.
#[derive(Debug)]
pub(crate) struct Backing {
    kind: Kind,
    failed: AtomicU64,
}

#[derive(Debug)]
enum Kind {
    RedisLock(Box<RedisLock>),
    RedisLua(RedisLua),
    MySql(MySql),
    Orders(Orders),
}

impl Backing {
    /// Connects to the servers and seeds what is not there yet; none for a lock that keeps all in memory.
    pub(crate) async fn open(config: &ShopConfig) -> Result<Option<Self>, ShopError> {
        let ledger = Ledger::new(config);
        let kind = match config.lock {
            Lock::None | Lock::Mutex | Lock::Atomic => return Ok(None),
            Lock::RedisLock => Kind::RedisLock(Box::new(RedisLock::open(&ledger).await?)),
            Lock::RedisLua => Kind::RedisLua(RedisLua::open(&ledger).await?),
            Lock::MySql => Kind::MySql(MySql::open(&ledger).await?),
            Lock::Queue => Kind::Orders(Orders::open(&ledger, config).await?),
        };
        Ok(Some(Self { kind, failed: AtomicU64::default() }))
    }

    /// Makes all changes of a sale, or none.
    pub(crate) async fn sell(
        &self,
        sale: &Sale,
        database: &Database,
        locks: &LockCounters,
    ) -> Result<Sold, Refused> {
        let desk = Desk { database, locks };
        let sold = match &self.kind {
            Kind::RedisLock(redis) => redis.sell(sale, desk).await,
            Kind::RedisLua(redis) => redis.sell(sale, desk).await,
            Kind::MySql(mysql) => mysql.sell(sale, desk).await,
            Kind::Orders(orders) => orders.sell(sale, desk).await,
        };
        self.counted(sold)
    }

    /// The value of an account, after the time of a read.
    pub(crate) async fn read(&self, key: Key, database: &Database) -> Result<i64, Refused> {
        let value = match &self.kind {
            Kind::MySql(mysql) => mysql.read(key).await,
            Kind::RedisLock(redis) => redis.store().read(key).await,
            Kind::RedisLua(redis) => redis.store().read(key).await,
            Kind::Orders(orders) => orders.store().read(key).await,
        };
        database.read().await;
        self.counted(value)
    }

    /// Every product.
    pub(crate) async fn items(&self) -> Result<Vec<Item>, Refused> {
        let items = match &self.kind {
            Kind::MySql(mysql) => mysql.items().await,
            Kind::RedisLock(redis) => redis.store().items().await,
            Kind::RedisLua(redis) => redis.store().items().await,
            Kind::Orders(orders) => orders.store().items().await,
        };
        self.counted(items)
    }

    /// Back to the data that the shop was set up with.
    pub(crate) async fn reset(&self) -> Result<(), Refused> {
        let reset = match &self.kind {
            Kind::MySql(mysql) => mysql.reset().await,
            Kind::RedisLock(redis) => redis.store().reset().await,
            Kind::RedisLua(redis) => redis.store().reset().await,
            Kind::Orders(orders) => orders.store().reset().await,
        };
        self.counted(reset)
    }

    /// How busy the pool is, if its server has one.
    pub(crate) fn pool_use(&self) -> Option<PoolUse> {
        match &self.kind {
            Kind::MySql(mysql) => Some(mysql.pool_use()),
            Kind::Orders(orders) => Some(orders.pool_use()),
            _ => None,
        }
    }

    /// Orders that were accepted and are not written yet, if they are written later.
    pub(crate) fn pending_orders(&self) -> Option<u64> {
        match &self.kind {
            Kind::Orders(orders) => Some(orders.pending()),
            _ => None,
        }
    }

    /// Locks that somebody else had by the time they were given back, if there can be any.
    pub(crate) fn lost_locks(&self) -> Option<u64> {
        match &self.kind {
            Kind::RedisLock(redis) => Some(redis.lost()),
            _ => None,
        }
    }

    /// Calls that failed since the shop opened.
    pub(crate) fn failed(&self) -> u64 {
        self.failed.load(Relaxed)
    }

    fn counted<T>(&self, result: Result<T, Refused>) -> Result<T, Refused> {
        if let Err(Refused::Failed(_)) = &result {
            self.failed.fetch_add(1, Relaxed);
        }
        result
    }
}
