//! A ledger is what a shop keeps: items, balances and orders, wherever they are.

use std::time::Duration;

use crate::config::{Seed, ShopConfig};
use crate::servers::Servers;
use crate::state::account::{Key, Refused};
use crate::state::database::Database;
use crate::state::metrics::LockCounters;

/// How long a request waits for a lock on a server, unless configured otherwise (Redisson's waitTime in many shops).
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// Changes that are made together or not at all: accounts by ascending number, products first, and what is added to each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sale {
    pub(crate) changes: Vec<(Key, i64)>,
}

/// What came of a sale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sold {
    /// The new value of the last account.
    pub(crate) value: i64,
    /// The number of the order, if there is one.
    pub(crate) order: u64,
}

/// One product as its ledger has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) id: u64,
    pub(crate) seeded: i64,
    pub(crate) stock: i64,
    pub(crate) sold: u64,
}

/// What the servers of a shop have in common.
#[derive(Debug)]
pub(crate) struct Ledger {
    pub(crate) seed: Seed,
    pub(crate) servers: Servers,
    /// How long a request waits for a lock.
    pub(crate) lock_wait: Duration,
    /// Connections to a database that is a server.
    pub(crate) pool: u32,
}

/// What a sale is carried out with, besides its server.
#[derive(Clone, Copy)]
pub(crate) struct Desk<'a> {
    /// The simulated database: what the work takes besides the server's own time.
    pub(crate) database: &'a Database,
    pub(crate) locks: &'a LockCounters,
}

impl Item {
    /// How many more were sold than there ever were.
    pub(crate) fn oversold(&self) -> u64 {
        self.sold.saturating_sub(self.seeded.unsigned_abs())
    }
}

impl Ledger {
    pub(crate) fn new(config: &ShopConfig) -> Self {
        Self {
            seed: config.seed.clone(),
            servers: config.servers.clone(),
            lock_wait: config.lock_wait_limit.unwrap_or(LOCK_WAIT),
            pool: u32::try_from(config.db_pool).unwrap_or(u32::MAX),
        }
    }
}

impl Sale {
    /// Whether something is sold, which is then an order.
    pub(crate) fn is_order(&self) -> bool {
        self.changes.iter().any(|(key, _)| matches!(key, Key::Stock(_)))
    }

    /// Its changes as JSON, `[["stock",4,-1],["balance",9338,-600]]`: how orders are kept.
    pub(crate) fn json(&self) -> String {
        let rows: Vec<_> = self.changes.iter().map(|(key, delta)| (key.kind(), key.id(), delta)).collect();
        serde_json::to_string(&rows).expect("numbers and names can be serialised")
    }

    /// The values after the changes of those before, if there is enough of each.
    pub(crate) fn after(&self, before: &[i64]) -> Result<Vec<i64>, Refused> {
        let each = self.changes.iter().zip(before).enumerate();
        each.map(|(place, ((_, delta), before))| {
            let next = before.saturating_add(*delta);
            if next < 0 { Err(Refused::Short(place)) } else { Ok(next) }
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_kept_as_its_changes() {
        let sale = Sale { changes: vec![(Key::Stock(4), -1), (Key::Balance(9338), -600)] };
        assert_eq!(sale.json(), r#"[["stock",4,-1],["balance",9338,-600]]"#);
        assert!(sale.is_order() && !Sale { changes: vec![(Key::Balance(1), 5)] }.is_order());
        assert_eq!(sale.after(&[1, 600]), Ok(vec![0, 0]));
        assert_eq!(sale.after(&[1, 599]), Err(Refused::Short(1)));
    }
}
