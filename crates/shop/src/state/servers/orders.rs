//! `queue`: stock and money are reserved in Redis at once, and the order is written later, by who reads RabbitMQ's queue.
//!
//! reserve (one script in Redis), publish, answer when RabbitMQ has confirmed; later: database write, **write the order**.
//! An order that RabbitMQ did not confirm is given back. Each reservation is ended once, by being given back or by being
//! written, however often its message comes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::ledger::{Desk, Ledger, Sale, Sold};
use super::rabbit::{self, Publication};
use super::redis::Store;
use crate::config::ShopConfig;
use crate::error::ShopError;
use crate::state::account::Refused;
use crate::state::database::{Database, PoolUse};

/// How long the server may take to confirm a message.
const LIMIT: Duration = Duration::from_secs(5);

/// Orders that may wait for being published.
const WAITING: usize = 10_000;

#[derive(Debug)]
pub(super) struct Orders {
    writer: Arc<Writer>,
    publications: mpsc::Sender<Publication>,
}

/// Who writes orders, with a database of its own.
#[derive(Debug)]
pub(super) struct Writer {
    store: Store,
    database: Database,
    pending: AtomicU64,
}

impl Orders {
    pub(super) async fn open(ledger: &Ledger, config: &ShopConfig) -> Result<Self, ShopError> {
        let url = ledger.servers.amqp.as_ref().expect("the configuration was checked");
        let failed = |problem| ShopError::Server { server: url.to_string(), problem };
        let address = rabbit::address(url.secret()).map_err(failed)?;
        rabbit::probe(&address).await.map_err(failed)?;
        let store = Store::open(ledger).await?;
        let writer =
            Arc::new(Writer { store, database: Database::new(config), pending: AtomicU64::default() });
        let left = writer.unwritten().await.len();
        writer.pending.store(left as u64, Relaxed);
        let (publications, receiver) = mpsc::channel(WAITING);
        tokio::spawn(rabbit::carry(address, receiver, Arc::clone(&writer)));
        Ok(Self { writer, publications })
    }

    pub(super) fn store(&self) -> &Store {
        &self.writer.store
    }

    pub(super) fn pending(&self) -> u64 {
        self.writer.pending.load(Relaxed)
    }

    /// The connections of who writes the orders.
    pub(super) fn pool_use(&self) -> PoolUse {
        self.writer.database.pool_use()
    }

    pub(super) async fn sell(&self, sale: &Sale, desk: Desk<'_>) -> Result<Sold, Refused> {
        if !sale.is_order() {
            desk.database.write().await;
            return self.writer.store.take(sale).await;
        }
        let sold = self.writer.store.reserve(sale).await?;
        self.writer.pending.fetch_add(1, Relaxed);
        let (told, confirmed) = oneshot::channel();
        let is_sent = self.publications.try_send((sold.order, told)).is_ok();
        if is_sent && timeout(LIMIT, confirmed).await.is_ok_and(|confirmed| confirmed.is_ok()) {
            return Ok(sold);
        }
        match self.writer.store.give_back(sold.order).await {
            Ok(true) => {
                self.writer.finish();
                Err(Refused::Failed("rabbitmq: the order was not confirmed".to_owned()))
            }
            // It came through after all.
            Ok(false) => Ok(sold),
            Err(_) => Err(Refused::Failed(
                "rabbitmq: the order was not confirmed; it may still come through".to_owned(),
            )),
        }
    }
}

impl Writer {
    /// The orders that were accepted and are not written.
    pub(super) async fn unwritten(&self) -> Vec<u64> {
        self.store.reserved().await.unwrap_or_default()
    }

    /// Writes an order once; whether it is written, now or before.
    pub(super) async fn write(&self, order: u64) -> bool {
        self.database.write().await;
        match self.store.settle(order).await {
            Ok(is_first) => {
                if is_first {
                    self.finish();
                }
                true
            }
            Err(_) => false,
        }
    }

    fn finish(&self) {
        // Another shop of the same store may write what this one accepted.
        let _ = self.pending.fetch_update(Relaxed, Relaxed, |pending| pending.checked_sub(1));
    }
}
