//! The operations on single items, and those that read many of one table.

use bytes::Bytes;
use dynoxide::actions::delete_item::{DeleteItemRequest, DeleteItemResponse};
use dynoxide::actions::get_item::{GetItemRequest, GetItemResponse};
use dynoxide::actions::put_item::{PutItemRequest, PutItemResponse};
use dynoxide::actions::query::{QueryRequest, QueryResponse};
use dynoxide::actions::scan::{ScanRequest, ScanResponse};
use dynoxide::actions::update_item::{UpdateItemRequest, UpdateItemResponse};
use dynoxide::types::{ConsumedCapacity, item_size, write_capacity_units};
use dynoxide::{DynoxideError, Item};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::consumed::Asked;
use super::local_index;
use super::validity::{of_delete, of_put, of_update, valid};
use crate::store::capacity::partition::key_hash;
use crate::store::capacity::shortage::CapacityKind;
use crate::store::capacity::update::compared;
use crate::store::core::Core;
use crate::store::effect::{Attributes, Effect};
use crate::store::operation::Operation;
use crate::store::refusal::Refusal;
use crate::store::request::{read, write};
use crate::store::service::Store;

/// A request about one table.
trait Single {
    /// The engine's answer.
    type Response: Serialize;

    fn table(&self) -> &str;

    /// What the caller wants to know of consumed capacity.
    fn asked(&mut self) -> &mut Option<String>;

    /// What was consumed.
    fn consumed(response: &mut Self::Response) -> &mut Option<ConsumedCapacity>;
}

macro_rules! single {
    ($($request:ty => $response:ty,)*) => {$(
        impl Single for $request {
            type Response = $response;

            fn table(&self) -> &str {
                &self.table_name
            }

            fn asked(&mut self) -> &mut Option<String> {
                &mut self.return_consumed_capacity
            }

            fn consumed(response: &mut $response) -> &mut Option<ConsumedCapacity> {
                &mut response.consumed_capacity
            }
        }
    )*};
}

single! {
    GetItemRequest => GetItemResponse,
    QueryRequest => QueryResponse,
    ScanRequest => ScanResponse,
    PutItemRequest => PutItemResponse,
    UpdateItemRequest => UpdateItemResponse,
    DeleteItemRequest => DeleteItemResponse,
}

/// Answers a request: `work` admits it and has the engine carry it out, what that consumed is taken, from the partition of
/// the key with the hash that it returns too, and told as asked.
fn answer<T: Single + DeserializeOwned>(
    store: &Store,
    (operation, kind): (Operation, CapacityKind),
    body: &[u8],
    work: impl FnOnce(&mut Core, &str, T) -> Result<(T::Response, Option<u64>), Refusal>,
) -> Result<Bytes, Refusal> {
    let mut request: T = store.read(operation, body)?;
    let (asked, table) = (Asked::of(request.asked()), request.table().to_owned());
    let mut response = store.turn(operation, &[&table], |core| {
        let (mut response, key) = work(core, &table, request)?;
        core.debit(T::consumed(&mut response).as_ref(), kind, key.as_slice());
        Ok(response)
    })?;
    asked.shape(T::consumed(&mut response));
    write(&response)
}

/// `GetItem`.
pub fn get(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    answer(store, (Operation::GetItem, CapacityKind::Read), body, |core, table, request: GetItemRequest| {
        let key = core.hash_of(table, &request.key);
        core.admit_read(table, None, key, |core| {
            valid(core.engine.get_item(read(Operation::GetItem, body)?))
        })?;
        Ok((core.engine.get_item(request)?, key))
    })
}

/// `Query`.
pub fn query(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    answer(store, (Operation::Query, CapacityKind::Read), body, |core, table, request: QueryRequest| {
        let index = request.index_name.clone();
        let key = core.hash_of_query(table, &request);
        core.admit_range(table, index.as_deref(), key, |core| {
            valid(core.engine.query(read(Operation::Query, body)?))
        })?;
        let response = local_index::query(core, table, request)?;
        if let (Some(key), Some(index), Some(used)) = (key, &index, &response.consumed_capacity) {
            core.take_of_keys(table, Some(index), CapacityKind::Read, (used.capacity_units, &[key]));
        }
        Ok((response, key.filter(|_| index.is_none())))
    })
}

/// `Scan`.
pub fn scan(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    answer(store, (Operation::Scan, CapacityKind::Read), body, |core, table, request: ScanRequest| {
        core.admit_range(table, request.index_name.as_deref(), None, |core| {
            valid(core.engine.scan(read(Operation::Scan, body)?))
        })?;
        Ok((core.engine.scan(request)?, None))
    })
}

/// `PutItem`.
pub fn put(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    answer(store, (Operation::PutItem, CapacityKind::Write), body, |core, table, request: PutItemRequest| {
        let effect = Effect::Put(&request.item);
        let hash = core.admit_write(table, effect, |core| of_put(core, body))?;
        let indexes = core.hashes_in_indexes(table, effect);
        let conditional = request.condition_expression.is_some() || request.expected.is_some();
        let (key, new) = match conditional {
            true => (core.key_of(table, effect), item_size(&request.item)),
            false => (None, 0),
        };
        let result = core.engine.put_item(request);
        let response = result.map_err(|error| core.failed(table, key.as_ref(), new, error))?;
        core.debit_indexes(response.consumed_capacity.as_ref(), &indexes);
        Ok((response, hash))
    })
}

/// `UpdateItem`.
pub fn update(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    answer(
        store,
        (Operation::UpdateItem, CapacityKind::Write),
        body,
        |core, table, request: UpdateItemRequest| {
            let attributes = Attributes {
                expression: request.update_expression.as_deref(),
                names: request.expression_attribute_names.as_ref(),
                named: request.attribute_updates.as_ref(),
            };
            let effect = Effect::Update(&request.key, attributes);
            let hash = core.admit_write(table, effect, |core| of_update(core, body))?;
            let key = request.key.clone();
            let result = core.engine.update_item(request);
            Ok((result.map_err(|error| core.failed(table, Some(&key), 0, error))?, hash))
        },
    )
}

/// `DeleteItem`.
pub fn delete(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    answer(
        store,
        (Operation::DeleteItem, CapacityKind::Write),
        body,
        |core, table, request: DeleteItemRequest| {
            let hash = core.admit_write(table, Effect::Delete(&request.key), |core| of_delete(core, body))?;
            let key = request.key.clone();
            let result = core.engine.delete_item(request);
            Ok((result.map_err(|error| core.failed(table, Some(&key), 0, error))?, hash))
        },
    )
}

impl Core {
    /// Admits a read of many items. Local indexes have no capacity of their own, and about unknown ones the engine has
    /// its own words.
    pub(super) fn admit_range(
        &mut self,
        table: &str,
        index: Option<&str>,
        key: Option<u64>,
        valid: impl FnOnce(&Self) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let known = self.tables.get(table);
        let global = index.filter(|name| known.is_some_and(|table| table.has_index(name)));
        self.admit_read(table, global, key, valid)
    }

    /// The hash of the partition key that a query asks for, of its table or its index.
    fn hash_of_query(&self, table: &str, request: &QueryRequest) -> Option<u64> {
        let known = self.tables.get(table)?;
        let key = match request.index_name.as_deref() {
            Some(name) => known
                .indexes
                .iter()
                .find(|index| index.name == name)
                .and_then(|index| index.shape.partition_key()),
            None => known.keys.first(),
        }?;
        let names = request.expression_attribute_names.as_ref();
        let value = compared(request.key_condition_expression.as_deref()?, names, key)?;
        request.expression_attribute_values.as_ref()?.get(value).map(key_hash)
    }

    /// Takes from the partitions of indexes what a put consumed of them; the hashes of its key are in the indexes' order.
    fn debit_indexes(&mut self, consumed: Option<&ConsumedCapacity>, hashes: &[Option<u64>]) {
        let Some(used) = consumed.and_then(|consumed| consumed.global_secondary_indexes.as_ref()) else {
            return;
        };
        let (now, table) = (self.now, consumed.map_or("", |consumed| &consumed.table_name));
        let Some(table) = self.tables.get_mut(table) else { return };
        for (index, hash) in table.indexes.iter_mut().zip(hashes) {
            if let (Some(units), Some(hash)) = (used.get(&index.name), hash) {
                index.gate.partitions.take(*hash, CapacityKind::Write, units.capacity_units, now);
            }
        }
    }

    /// The key of the item that a write is about.
    fn key_of(&self, table: &str, effect: Effect<'_>) -> Option<Item> {
        effect.key(&self.tables.get(table)?.keys)
    }

    /// A write whose condition failed is paid for all the same: by the larger of the item that is there and the new one.
    fn failed(&mut self, table: &str, key: Option<&Item>, new: usize, error: DynoxideError) -> Refusal {
        if matches!(error, DynoxideError::ConditionalCheckFailedException(..)) {
            let there = key.and_then(|key| self.peek(table, key));
            let units = write_capacity_units(there.as_ref().map_or(0, item_size).max(new));
            self.take(table, None, CapacityKind::Write, units);
            let hash = key.and_then(|key| self.hash_of(table, key));
            self.take_of_keys(table, None, CapacityKind::Write, (units, hash.as_slice()));
        }
        Refusal::Engine(error)
    }
}
