//! The state of a shop: everything that its worker threads share.

use std::sync::Arc;

use tokio::sync::SemaphorePermit;

use crate::config::ShopConfig;
use crate::error::ShopError;
use crate::lock::Lock;
use crate::state::account::{Account, Change, Key, Locking, Refused};
use crate::state::app_threads::AppThreads;
use crate::state::database::{Database, PoolUse};
use crate::state::faults::Faults;
use crate::state::guard::Guard;
use crate::state::metrics::Metrics;
use crate::state::servers::{Backing, Item, Sale, Sold};
use crate::state::store::Store;
use crate::state::token::TokenKey;

/// What all workers of a shop share.
#[derive(Debug)]
pub(crate) struct State {
    lock: Lock,
    pub(crate) store: Store,
    pub(crate) backing: Option<Backing>,
    pub(crate) database: Database,
    locking: Locking,
    app_threads: Option<AppThreads>,
    pub(crate) faults: Faults,
    pub(crate) metrics: Metrics,
    pub(crate) key: TokenKey,
    pub(crate) guard: Guard,
}

impl State {
    /// Sets everything up, and connects to the servers behind the shop.
    pub(crate) async fn open(config: &ShopConfig) -> Result<Self, ShopError> {
        // The pool of MySQL is a real one.
        let simulated = match config.lock {
            Lock::MySql => Database::new(&ShopConfig { db_pool: 0, ..config.clone() }),
            _ => Database::new(config),
        };
        Ok(Self {
            lock: config.lock,
            store: Store::new(&config.seed),
            backing: Backing::open(config).await?,
            database: simulated,
            locking: Locking::new(config),
            app_threads: (config.app_threads > 0).then(|| AppThreads::new(config.app_threads)),
            faults: Faults::new(config),
            metrics: Metrics::new(config.threads),
            key: TokenKey::new(&config.secret),
            guard: Guard::new(config.listen.ip()),
        })
    }

    pub(crate) fn lock(&self) -> Lock {
        self.lock
    }

    /// A thread to work on a request, if their number is limited; waits in line for one.
    pub(crate) async fn thread(&self) -> Option<SemaphorePermit<'_>> {
        match &self.app_threads {
            Some(threads) => threads.take().await,
            None => None,
        }
    }

    /// How busy the threads are, if their number is limited.
    pub(crate) fn threads_use(&self) -> Option<PoolUse> {
        self.app_threads.as_ref().map(AppThreads::in_use)
    }

    /// Makes all changes or none, and writes an order if something is sold.
    ///
    /// The accounts must be different ones, and every caller must name them in the same order (products by number, then
    /// the user), or two requests could wait for each other's locks for ever.
    pub(crate) async fn sell(
        self: &Arc<Self>,
        worker: usize,
        changes: &[Change<'_>],
    ) -> Result<Sold, Refused> {
        if self.backing.is_some() {
            let sale =
                Sale { changes: changes.iter().map(|change| (change.account.key(), change.delta)).collect() };
            let state = Arc::clone(self);
            // Correctness: what was begun on a server is brought to its end, even if the client goes away.
            let selling = tokio::spawn(async move {
                let backing = state.backing.as_ref().expect("it was there");
                backing.sell(&sale, &state.database, &state.metrics.shard(worker).locks).await
            });
            return selling.await.unwrap_or_else(|error| Err(Refused::Failed(error.to_string())));
        }
        let value = self.locking.apply(changes, &self.database, &self.metrics.shard(worker).locks).await?;
        Ok(Sold { value, order: self.sold(changes) })
    }

    /// Counts what was sold, and tells the number of the order if it was one.
    fn sold(&self, changes: &[Change<'_>]) -> u64 {
        let mut is_order = false;
        for change in changes {
            if let Key::Stock(id) = change.account.key()
                && let Some(product) = self.store.product(id)
            {
                product.sell(change.delta.unsigned_abs());
                is_order = true;
            }
        }
        if is_order { self.store.next_order() } else { 0 }
    }

    /// The value of an account, after the time of a read.
    pub(crate) async fn read(&self, account: &Account) -> Result<i64, Refused> {
        match &self.backing {
            Some(backing) => backing.read(account.key(), &self.database).await,
            None => {
                self.database.read().await;
                Ok(account.value())
            }
        }
    }

    /// Every product, from where it is kept.
    pub(crate) async fn items(&self) -> Result<Vec<Item>, Refused> {
        match &self.backing {
            Some(backing) => backing.items().await,
            None => Ok(self.store.items()),
        }
    }

    pub(crate) fn pool_use(&self) -> PoolUse {
        self.backing.as_ref().and_then(Backing::pool_use).unwrap_or_else(|| self.database.pool_use())
    }

    /// Restores the state that the shop opened with, except for the counters.
    pub(crate) async fn reset(&self) -> Result<(), Refused> {
        self.reset_memory();
        match &self.backing {
            Some(backing) => backing.reset().await,
            None => Ok(()),
        }
    }

    /// Restores what is kept in memory.
    pub(crate) fn reset_memory(&self) {
        self.store.reset();
        self.database.reset();
        self.faults.mend();
    }
}
