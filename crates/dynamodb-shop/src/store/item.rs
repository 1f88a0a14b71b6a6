//! The operations on single items, and those that read many of one table.

use bytes::Bytes;
use dynoxide::actions::delete_item::DeleteItemRequest;
use dynoxide::actions::get_item::GetItemRequest;
use dynoxide::actions::put_item::PutItemRequest;
use dynoxide::actions::query::QueryRequest;
use dynoxide::actions::scan::ScanRequest;
use dynoxide::actions::update_item::UpdateItemRequest;
use dynoxide::types::{item_size, write_capacity_units};
use dynoxide::{DynoxideError, Item};

use super::consumed::Asked;
use super::core::Core;
use super::effect::{Attributes, Effect};
use super::operation::Operation;
use super::place::Kind;
use super::refusal::Refusal;
use super::request::write;
use super::service::Store;

/// `GetItem`.
pub fn get(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    let mut request: GetItemRequest = store.read(Operation::GetItem, body)?;
    let asked = Asked::of(&mut request.return_consumed_capacity);
    let table = request.table_name.clone();
    let mut response = store.turn(Operation::GetItem, &[&table], |core| {
        core.admit_read(&table, None)?;
        let response = core.engine.get_item(request)?;
        core.debit(response.consumed_capacity.as_ref(), Kind::Read);
        Ok(response)
    })?;
    asked.shape(&mut response.consumed_capacity);
    write(&response)
}

/// `Query`.
pub fn query(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    let mut request: QueryRequest = store.read(Operation::Query, body)?;
    let asked = Asked::of(&mut request.return_consumed_capacity);
    let (table, index) = (request.table_name.clone(), request.index_name.clone());
    let mut response = store.turn(Operation::Query, &[&table], |core| {
        core.admit_range(&table, index.as_deref())?;
        let response = core.engine.query(request)?;
        core.debit(response.consumed_capacity.as_ref(), Kind::Read);
        Ok(response)
    })?;
    asked.shape(&mut response.consumed_capacity);
    write(&response)
}

/// `Scan`.
pub fn scan(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    let mut request: ScanRequest = store.read(Operation::Scan, body)?;
    let asked = Asked::of(&mut request.return_consumed_capacity);
    let (table, index) = (request.table_name.clone(), request.index_name.clone());
    let mut response = store.turn(Operation::Scan, &[&table], |core| {
        core.admit_range(&table, index.as_deref())?;
        let response = core.engine.scan(request)?;
        core.debit(response.consumed_capacity.as_ref(), Kind::Read);
        Ok(response)
    })?;
    asked.shape(&mut response.consumed_capacity);
    write(&response)
}

/// `PutItem`.
pub fn put(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    let mut request: PutItemRequest = store.read(Operation::PutItem, body)?;
    let asked = Asked::of(&mut request.return_consumed_capacity);
    let table = request.table_name.clone();
    let mut response = store.turn(Operation::PutItem, &[&table], |core| {
        let effect = Effect::Put(&request.item);
        core.admit_write(&table, effect)?;
        let conditional = request.condition_expression.is_some() || request.expected.is_some();
        let key = if conditional { core.key_of(&table, effect) } else { None };
        let result = core.engine.put_item(request);
        let response = result.map_err(|error| core.failed(&table, key.as_ref(), error))?;
        core.debit(response.consumed_capacity.as_ref(), Kind::Write);
        Ok(response)
    })?;
    asked.shape(&mut response.consumed_capacity);
    write(&response)
}

/// `UpdateItem`.
pub fn update(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    let mut request: UpdateItemRequest = store.read(Operation::UpdateItem, body)?;
    let asked = Asked::of(&mut request.return_consumed_capacity);
    let table = request.table_name.clone();
    let mut response = store.turn(Operation::UpdateItem, &[&table], |core| {
        let attributes = Attributes {
            expression: request.update_expression.as_deref(),
            names: request.expression_attribute_names.as_ref(),
            named: request.attribute_updates.as_ref(),
        };
        core.admit_write(&table, Effect::Update(&request.key, attributes))?;
        let key = request.key.clone();
        let result = core.engine.update_item(request);
        let response = result.map_err(|error| core.failed(&table, Some(&key), error))?;
        core.debit(response.consumed_capacity.as_ref(), Kind::Write);
        Ok(response)
    })?;
    asked.shape(&mut response.consumed_capacity);
    write(&response)
}

/// `DeleteItem`.
pub fn delete(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    let mut request: DeleteItemRequest = store.read(Operation::DeleteItem, body)?;
    let asked = Asked::of(&mut request.return_consumed_capacity);
    let table = request.table_name.clone();
    let mut response = store.turn(Operation::DeleteItem, &[&table], |core| {
        core.admit_write(&table, Effect::Delete(&request.key))?;
        let key = request.key.clone();
        let result = core.engine.delete_item(request);
        let response = result.map_err(|error| core.failed(&table, Some(&key), error))?;
        core.debit(response.consumed_capacity.as_ref(), Kind::Write);
        Ok(response)
    })?;
    asked.shape(&mut response.consumed_capacity);
    write(&response)
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
            self.take(table, None, Kind::Write, units);
        }
        Refusal::Engine(error)
    }
}
