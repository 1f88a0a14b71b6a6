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
use crate::store::capacity::shortage::CapacityKind;
use crate::store::core::Core;
use crate::store::effect::{Attributes, Effect};
use crate::store::operation::Operation;
use crate::store::refusal::Refusal;
use crate::store::request::write;
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

/// Answers a request: `work` admits it and has the engine carry it out, what that consumed is taken, and told as asked.
fn answer<T: Single + DeserializeOwned>(
    store: &Store,
    (operation, kind): (Operation, CapacityKind),
    body: &[u8],
    work: impl FnOnce(&mut Core, &str, T) -> Result<T::Response, Refusal>,
) -> Result<Bytes, Refusal> {
    let mut request: T = store.read(operation, body)?;
    let (asked, table) = (Asked::of(request.asked()), request.table().to_owned());
    let mut response = store.turn(operation, &[&table], |core| {
        let mut response = work(core, &table, request)?;
        core.debit(T::consumed(&mut response).as_ref(), kind);
        Ok(response)
    })?;
    asked.shape(T::consumed(&mut response));
    write(&response)
}

/// `GetItem`.
pub fn get(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    answer(store, (Operation::GetItem, CapacityKind::Read), body, |core, table, request: GetItemRequest| {
        core.admit_read(table, None)?;
        Ok(core.engine.get_item(request)?)
    })
}

/// `Query`.
pub fn query(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    answer(store, (Operation::Query, CapacityKind::Read), body, |core, table, request: QueryRequest| {
        core.admit_range(table, request.index_name.as_deref())?;
        Ok(core.engine.query(request)?)
    })
}

/// `Scan`.
pub fn scan(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    answer(store, (Operation::Scan, CapacityKind::Read), body, |core, table, request: ScanRequest| {
        core.admit_range(table, request.index_name.as_deref())?;
        Ok(core.engine.scan(request)?)
    })
}

/// `PutItem`.
pub fn put(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    answer(store, (Operation::PutItem, CapacityKind::Write), body, |core, table, request: PutItemRequest| {
        let effect = Effect::Put(&request.item);
        core.admit_write(table, effect)?;
        let conditional = request.condition_expression.is_some() || request.expected.is_some();
        let key = if conditional { core.key_of(table, effect) } else { None };
        core.engine.put_item(request).map_err(|error| core.failed(table, key.as_ref(), error))
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
            core.admit_write(table, Effect::Update(&request.key, attributes))?;
            let key = request.key.clone();
            core.engine.update_item(request).map_err(|error| core.failed(table, Some(&key), error))
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
            core.admit_write(table, Effect::Delete(&request.key))?;
            let key = request.key.clone();
            core.engine.delete_item(request).map_err(|error| core.failed(table, Some(&key), error))
        },
    )
}

impl Core {
    /// Admits a read of many items. Local indexes have no capacity of their own, and about unknown ones the engine has
    /// its own words.
    fn admit_range(&mut self, table: &str, index: Option<&str>) -> Result<(), Refusal> {
        let known = self.tables.get(table);
        let global = index.filter(|name| known.is_some_and(|table| table.has_index(name)));
        self.admit_read(table, global)
    }

    /// The key of the item that a write is about.
    fn key_of(&self, table: &str, effect: Effect<'_>) -> Option<Item> {
        effect.key(&self.tables.get(table)?.keys)
    }

    /// A write whose condition failed is paid for all the same: by the size of the item that is there.
    fn failed(&mut self, table: &str, key: Option<&Item>, error: DynoxideError) -> Refusal {
        if matches!(error, DynoxideError::ConditionalCheckFailedException(..)) {
            let there = key.and_then(|key| self.peek(table, key));
            let units = write_capacity_units(there.as_ref().map_or(0, item_size));
            self.take(table, None, CapacityKind::Write, units);
        }
        Refusal::Engine(error)
    }
}
