//! The state of a shop: everything that its worker threads share.

use crate::config::ShopConfig;
use crate::lock::Lock;
use crate::state::account::Locking;
use crate::state::database::Database;
use crate::state::faults::Faults;
use crate::state::guard::Guard;
use crate::state::metrics::Metrics;
use crate::state::store::Store;
use crate::state::token::TokenKey;

/// What all workers of a shop share.
#[derive(Debug)]
pub(crate) struct State {
    lock: Lock,
    pub(crate) store: Store,
    pub(crate) database: Database,
    pub(crate) locking: Locking,
    pub(crate) faults: Faults,
    pub(crate) metrics: Metrics,
    pub(crate) key: TokenKey,
    pub(crate) guard: Guard,
}

impl State {
    pub(crate) fn new(config: &ShopConfig) -> Self {
        Self {
            lock: config.lock,
            store: Store::new(&config.seed),
            database: Database::new(config),
            locking: Locking::new(config),
            faults: Faults::new(config),
            metrics: Metrics::new(config.threads),
            key: TokenKey::new(&config.secret),
            guard: Guard::new(config.listen.ip()),
        }
    }

    pub(crate) fn lock(&self) -> Lock {
        self.lock
    }

    /// Restores the state that the shop opened with, except for the counters.
    pub(crate) fn reset(&self) {
        self.store.reset();
        self.database.reset();
        self.faults.mend();
    }
}
