//! `redis-lua`: after the database write, one script in Redis takes away if there is enough.

use super::store::Store;
use crate::error::ShopError;
use crate::state::account::Refused;
use crate::state::servers::ledger::{Desk, Ledger, Sale, Sold};

#[derive(Debug)]
pub(in crate::state::servers) struct RedisLua {
    store: Store,
}

impl RedisLua {
    pub(in crate::state::servers) async fn open(ledger: &Ledger) -> Result<Self, ShopError> {
        Ok(Self { store: Store::open(ledger).await? })
    }

    pub(in crate::state::servers) fn store(&self) -> &Store {
        &self.store
    }

    pub(in crate::state::servers) async fn sell(&self, sale: &Sale, desk: Desk<'_>) -> Result<Sold, Refused> {
        desk.database.connect().await.write().await;
        let sold = self.store.take(sale).await?;
        for _ in &sale.changes {
            desk.locks.acquired(std::time::Duration::ZERO);
        }
        Ok(sold)
    }
}
