//! The store takes turns: one request at a time works on the core, and its outcome is counted.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::clock::WallClock;
use super::core::Core;
use super::operation::Operation;
use super::refusal::Refusal;
use super::request::read;
use crate::config::StoreConfig;
use crate::error::ServerError;
use crate::stats::ServerStats;

/// Tables, their items and their capacity.
pub struct Store {
    core: Mutex<Core>,
    pub(super) region: String,
}

impl Store {
    /// A store without tables.
    pub fn open(config: StoreConfig) -> Result<Self, ServerError> {
        let region = config.region.clone();
        let core = Mutex::new(Core::open(config, WallClock::start())?);
        Ok(Self { core, region })
    }

    /// What it has counted.
    pub fn stats(&self) -> ServerStats {
        let mut core = self.core.lock().unwrap_or_else(PoisonError::into_inner);
        core.wake(Instant::now());
        core.stats()
    }

    /// Reads a request; one that cannot be read is counted as failed.
    pub(super) fn read<T: DeserializeOwned>(&self, operation: Operation, body: &[u8]) -> Result<T, Refusal> {
        read(operation, body).or_else(|refusal| self.turn(operation, &[], |_| Err(refusal)))
    }

    /// Lets one request work on the core, and counts its outcome for these tables.
    pub(super) fn turn<R>(
        &self,
        operation: Operation,
        tables: &[&str],
        work: impl FnOnce(&mut Core) -> Result<R, Refusal>,
    ) -> Result<R, Refusal> {
        let mut core = self.core.lock().unwrap_or_else(PoisonError::into_inner);
        core.wake(Instant::now());
        let result = work(&mut core);
        core.ledger.count(operation, tables, &result);
        result
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("region", &self.region).finish_non_exhaustive()
    }
}
