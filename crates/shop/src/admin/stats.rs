//! The stats are what has happened in a shop, for programs; a handle reads them from within the process.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::exposition;
use crate::lock::Lock;
use crate::reply::Status;
use crate::route::{Endpoint, Verb};
use crate::state::State;
use crate::state::servers::Item;

/// What has happened in a shop. Items by product number; requests by `METHOD endpoint`, then by status.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Stats {
    /// The lock strategy by name.
    pub lock: String,
    /// Items the shop opened with.
    pub seeded: BTreeMap<u64, u64>,
    /// Items in stock, as the shop believes.
    pub stock: BTreeMap<u64, u64>,
    /// Items sold since the last reset, counted exactly under any lock.
    pub sold: BTreeMap<u64, u64>,
    /// Items sold that never were there.
    pub oversold: BTreeMap<u64, u64>,
    /// Requests since the shop opened; a reset leaves them.
    pub requests: BTreeMap<String, BTreeMap<u16, u64>>,
}

impl Stats {
    pub(crate) fn of(state: &State, items: &[Item]) -> Self {
        let mut stats = Self { lock: state.lock().to_string(), ..Self::default() };
        for item in items {
            stats.seeded.insert(item.id, item.seeded.unsigned_abs());
            stats.stock.insert(item.id, item.stock.unsigned_abs());
            stats.sold.insert(item.id, item.sold);
            stats.oversold.insert(item.id, item.oversold());
        }
        for verb in Verb::ALL {
            for endpoint in Endpoint::ALL {
                let statuses: BTreeMap<_, _> = Status::ALL
                    .into_iter()
                    .map(|status| (status.code(), state.metrics.requests(verb, endpoint, status)))
                    .filter(|&(_, count)| count > 0)
                    .collect();
                if !statuses.is_empty() {
                    stats.requests.insert(format!("{} {}", verb.name(), endpoint.name()), statuses);
                }
            }
        }
        stats
    }

    /// Requests of all kinds.
    #[must_use]
    pub fn requests_total(&self) -> u64 {
        self.requests.values().flat_map(BTreeMap::values).sum()
    }

    /// Items sold that never were there, over all products.
    #[must_use]
    pub fn oversold_total(&self) -> u64 {
        self.oversold.values().sum()
    }
}

/// Reads and resets a shop from within its process, also while it serves and after it has closed.
#[derive(Clone, Debug)]
pub struct ShopHandle {
    pub(crate) state: Arc<State>,
}

impl ShopHandle {
    /// What has happened so far; the same as `GET /admin/stats`, without the items of a shop that keeps them on servers.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats::of(&self.state, &self.items())
    }

    /// The page that `GET /metrics` answers with, without the items of a shop that keeps them on servers.
    #[must_use]
    pub fn metrics(&self) -> String {
        exposition::render(&self.state, &self.items())
    }

    fn items(&self) -> Vec<Item> {
        if self.state.backing.is_some() { Vec::new() } else { self.state.store.items() }
    }

    /// What other machines have to show for the paths below `/admin`.
    #[must_use]
    pub fn admin_token(&self) -> String {
        self.state.guard.token().to_owned()
    }

    /// Whether nobody gets there without it, since other machines can reach the shop.
    #[must_use]
    pub fn needs_admin_token(&self) -> bool {
        self.state.guard.needs_token()
    }

    /// Back to the seeded data; the same as `POST /admin/reset`, without what a shop keeps on servers.
    pub fn reset(&self) {
        self.state.reset_memory();
    }

    /// Stops answering for this long; the same as `POST /admin/pause`.
    pub fn pause_for(&self, time: Duration) {
        self.state.faults.pause_for(time);
    }

    /// Answers everybody 503 for this long; the same as `POST /admin/fail`.
    pub fn fail_for(&self, time: Duration) {
        self.state.faults.fail_for(time);
    }

    /// The lock strategy in force.
    #[must_use]
    pub fn lock(&self) -> Lock {
        self.state.lock()
    }
}
