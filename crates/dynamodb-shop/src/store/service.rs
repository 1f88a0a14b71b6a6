//! The service takes requests to the operation they ask for and makes answers of what comes back.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::clock::WallClock;
use super::core::Core;
use super::operation::Operation;
use super::refusal::Refusal;
use super::request::read;
use super::{batch, item, table_control, transaction};
use crate::config::StoreConfig;
use crate::error::DeskError;
use crate::stats::DeskStats;

/// Tables, their items and their capacity.
pub struct Store {
    core: Mutex<Core>,
    region: String,
}

/// The answer to an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The JSON body.
    pub body: Bytes,
}

impl Store {
    /// A store without tables.
    pub fn open(config: StoreConfig) -> Result<Self, DeskError> {
        let region = config.region.clone();
        let core = Mutex::new(Core::open(config, WallClock::start())?);
        Ok(Self { core, region })
    }

    /// Answers one operation, such as `GetItem`, with its JSON body.
    pub fn answer(&self, operation: &str, body: &[u8]) -> Answer {
        let known = Operation::named(operation).ok_or(Refusal::UnknownOperation);
        match known.and_then(|operation| self.perform(operation, body)) {
            Ok(body) => Answer { status: 200, body },
            Err(refusal) => refusal.answer(&self.region),
        }
    }

    /// What it has counted.
    pub fn stats(&self) -> DeskStats {
        let mut core = self.core.lock().unwrap_or_else(PoisonError::into_inner);
        core.wake(Instant::now());
        core.stats()
    }

    /// Reads a request; one that cannot be read is counted as failed.
    pub(super) fn read<T: DeserializeOwned>(&self, operation: Operation, body: &[u8]) -> Result<T, Refusal> {
        read(operation, body).or_else(|refusal| self.turn(operation, &[], |_| Err(refusal)))
    }

    /// Lets one request work on the core, and counts what becomes of it under these tables.
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

    fn perform(&self, operation: Operation, body: &[u8]) -> Result<Bytes, Refusal> {
        match operation {
            Operation::BatchGetItem => batch::get(self, body),
            Operation::BatchWriteItem => batch::write(self, body),
            Operation::CreateTable => table_control::create(self, body),
            Operation::DeleteItem => item::delete(self, body),
            Operation::DeleteTable => table_control::delete(self, body),
            Operation::DescribeLimits => table_control::limits(self),
            Operation::DescribeTable => table_control::describe(self, body),
            Operation::DescribeTimeToLive => table_control::describe_time_to_live(self, body),
            Operation::GetItem => item::get(self, body),
            Operation::ListTables => table_control::list(self, body),
            Operation::ListTagsOfResource => table_control::list_tags(self, body),
            Operation::PutItem => item::put(self, body),
            Operation::Query => item::query(self, body),
            Operation::Scan => item::scan(self, body),
            Operation::TagResource => table_control::tag(self, body),
            Operation::TransactGetItems => transaction::get(self, body),
            Operation::TransactWriteItems => transaction::write(self, body),
            Operation::UntagResource => table_control::untag(self, body),
            Operation::UpdateItem => item::update(self, body),
            Operation::UpdateTable => table_control::update(self, body),
            Operation::UpdateTimeToLive => table_control::update_time_to_live(self, body),
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("region", &self.region).finish_non_exhaustive()
    }
}
