//! `redis-lock`: a lock in Redis around reading, the work, and writing back.
//!
//! lock each product (to recharge: the user), connect, **read**, database write, **write back**, unlock. Right as long as
//! every lock is held until the end: the lease is renewed while the work lasts, unless that is switched off. What an order
//! takes from a balance needs no lock: it is a step of the script that writes back.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::lock::Locks;
use super::store::{Store, client};
use crate::error::ShopError;
use crate::state::account::{Key, Refused};
use crate::state::servers::ledger::{Desk, Ledger, Sale, Sold};

#[derive(Debug)]
pub(in crate::state::servers) struct RedisLock {
    store: Store,
    locks: Locks,
    lock_wait: Duration,
    /// How often leases are renewed, if they are.
    renewal: Option<Duration>,
    /// Of this process, so that holders of several have different ids.
    process: u64,
    holders: AtomicU64,
}

/// The locks of one request.
struct Held {
    holder: String,
    names: Mutex<Vec<String>>,
}

impl Held {
    fn names(&self) -> Vec<String> {
        self.names.lock().map(|names| names.clone()).unwrap_or_default()
    }

    fn push(&self, name: String) {
        if let Ok(mut names) = self.names.lock() {
            names.push(name);
        }
    }
}

impl RedisLock {
    pub(in crate::state::servers) async fn open(ledger: &Ledger) -> Result<Self, ShopError> {
        let store = Store::open(ledger).await?;
        let lease = ledger.servers.lease;
        let locks = Locks::new(client(ledger)?, store.connection(), lease);
        Ok(Self {
            store,
            locks,
            lock_wait: ledger.lock_wait,
            // Redisson's watchdog renews after a third of the lease.
            renewal: ledger.servers.renews.then_some(lease / 3),
            process: fastrand::u64(..),
            holders: AtomicU64::default(),
        })
    }

    pub(in crate::state::servers) fn store(&self) -> &Store {
        &self.store
    }

    pub(in crate::state::servers) fn lost(&self) -> u64 {
        self.locks.lost()
    }

    pub(in crate::state::servers) async fn sell(&self, sale: &Sale, desk: Desk<'_>) -> Result<Sold, Refused> {
        let number = self.holders.fetch_add(1, Relaxed);
        let held = Held { holder: format!("{:x}-{number}", self.process), names: Mutex::default() };
        let work = self.under_locks(sale, desk, &held);
        tokio::pin!(work);
        let sold = match self.renewal {
            None => work.await,
            Some(renewal) => loop {
                tokio::select! {
                    sold = &mut work => break sold,
                    () = sleep(renewal) => {
                        for name in held.names() {
                            self.locks.renew(&name, &held.holder).await;
                        }
                    }
                }
            },
        };
        for name in held.names().iter().rev() {
            self.locks.release(name, &held.holder).await;
        }
        sold
    }

    async fn under_locks(&self, sale: &Sale, desk: Desk<'_>, held: &Held) -> Result<Sold, Refused> {
        let deadline = Instant::now() + self.lock_wait;
        for (key, _) in &sale.changes {
            let name = match key {
                Key::Stock(id) => format!("lock:product:{id}"),
                Key::Balance(_) if sale.is_order() => continue,
                Key::Balance(id) => format!("lock:user:{id}"),
            };
            self.locks.acquire(&name, &held.holder, deadline, desk.locks).await?;
            held.push(name);
        }
        let mut connection = desk.database.connect().await;
        let before = self.store.read_all(sale).await?;
        connection.write().await;
        let after = sale.after(&before)?;
        self.store.write(sale, &after).await
    }
}
