//! The transactions: all of their actions find capacity and are done, or none is.

use std::collections::BTreeMap;

use bytes::Bytes;
use dynoxide::actions::transact_get_items::TransactGetItemsRequest;
use dynoxide::actions::transact_write_items::{
    TransactWriteItem, TransactWriteItemsRequest, TransactWriteItemsResponse,
};
use dynoxide::types::{
    ConsumedCapacity, TRANSACTIONAL_CAPACITY_FACTOR, item_size, read_capacity_units,
    transactional_read_capacity, write_capacity_units,
};
use dynoxide::{DynoxideError, Item};

use super::consumed::Asked;
use super::validity::{of_transaction, valid};
use crate::store::capacity::shortage::{CapacityKind, Shortage};
use crate::store::core::Core;
use crate::store::effect::{Attributes, Effect};
use crate::store::holds::identity;
use crate::store::operation::Operation;
use crate::store::refusal::{Obstacle, Refusal};
use crate::store::replay::{Known, fingerprint};
use crate::store::request::{self, read};
use crate::store::service::Store;

/// The longest token; longer ones are the engine's to refuse.
const TOKEN: usize = 36;

/// `TransactGetItems`.
pub fn get(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    let mut request: TransactGetItemsRequest = store.read(Operation::TransactGetItems, body)?;
    let asked = Asked::of(&mut request.return_consumed_capacity);
    let of_actions: Vec<String> =
        request.transact_items.iter().map(|action| action.get.table_name.clone()).collect();
    let tables = distinct(of_actions.iter().map(String::as_str));
    let mut response = store.turn(Operation::TransactGetItems, &tables, |core| {
        tables.iter().try_for_each(|table| core.usable(table))?;
        let gets = request.transact_items.iter().map(|action| &action.get);
        let keys: Vec<(String, Option<u64>)> = gets
            .clone()
            .map(|get| (get.table_name.clone(), core.hash_of(&get.table_name, &get.key)))
            .collect();
        let held: Vec<bool> =
            gets.map(|get| core.holds.has(identity(&get.table_name, &get.key), core.now)).collect();
        let obstacle = |((table, key), held): (&(String, Option<u64>), &bool)| {
            let short = core.shortage(table, None, CapacityKind::Read, *key).map(Obstacle::Short);
            short.or_else(|| held.then_some(Obstacle::Conflict))
        };
        let obstacles: Vec<_> = keys.iter().zip(&held).map(obstacle).collect();
        if obstacles.iter().any(Option::is_some) {
            valid(core.engine.transact_get_items(read(Operation::TransactGetItems, body)?))?;
        }
        core.cancel_if_any(obstacles)?;
        let response = core.engine.transact_get_items(request)?;
        for used in response.consumed_capacity.iter().flatten() {
            core.debit(Some(used), CapacityKind::Read, &of_table(&keys, &used.table_name));
        }
        Ok(response)
    })?;
    asked.shape_all(&mut response.consumed_capacity);
    request::write(&response)
}

/// `TransactWriteItems`.
pub fn write(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    let mut request: TransactWriteItemsRequest = store.read(Operation::TransactWriteItems, body)?;
    let asked = Asked::of(&mut request.return_consumed_capacity);
    let token = request.client_request_token.take_if(|token| (1..=TOKEN).contains(&token.len()));
    let token = token.map(|token| (token, fingerprint(&request.transact_items)));
    let of_actions: Vec<String> =
        request.transact_items.iter().map(|action| table(action).to_owned()).collect();
    let tables = distinct(of_actions.iter().map(String::as_str));
    let mut response = store.turn(Operation::TransactWriteItems, &tables, |core| {
        tables.iter().try_for_each(|table| core.usable(table))?;
        if let Some((token, fingerprint)) = &token {
            match core.replays.look_up(token, *fingerprint, core.now) {
                Known::New => {}
                Known::Done => return Ok(core.replay(&request)),
                Known::Other => return Err(mismatch()),
            }
        }
        let actions = &request.transact_items;
        let items = core.items_of(actions);
        let obstacle = |(action, item): (&TransactWriteItem, &Subject)| {
            let short = core.short_for_write(table(action), effect(action)).into_iter().next();
            let held = || item.identity.is_some_and(|item| core.holds.has(item, core.now));
            short.map(Obstacle::Short).or_else(|| held().then_some(Obstacle::Conflict))
        };
        let obstacles: Vec<_> = actions.iter().zip(&items).map(obstacle).collect();
        if obstacles.iter().any(Option::is_some) {
            of_transaction(core, &request)?;
        }
        core.cancel_if_any(obstacles)?;
        let result = core.engine.transact_write_items(request);
        let response = result.map_err(|error| core.cancelled(&items, error))?;
        let keys: Vec<(String, Option<u64>)> =
            items.iter().map(|item| (item.table.clone(), item.hash)).collect();
        for used in response.consumed_capacity.iter().flatten() {
            core.debit(Some(used), CapacityKind::Write, &of_table(&keys, &used.table_name));
        }
        core.hold(&items);
        token.into_iter().for_each(|(token, request)| core.replays.remember(token, request, core.now));
        Ok(response)
    })?;
    asked.shape_all(&mut response.consumed_capacity);
    request::write(&response)
}

/// An item that an action of a transaction is about.
pub(super) struct Subject {
    /// The table.
    pub(super) table: String,
    key: Option<Item>,
    /// The hash of its partition key.
    pub(super) hash: Option<u64>,
    /// The number that it is held by.
    identity: Option<u64>,
    new: usize,
}

impl Subject {
    /// The item with that key, the hash of its partition key, and the size that it is put with.
    pub(super) fn of(table: &str, key: Option<Item>, hash: Option<u64>, new: usize) -> Self {
        let identity = key.as_ref().map(|key| identity(table, key));
        Self { table: table.to_owned(), key, hash, identity, new }
    }
}

impl Core {
    /// Holds the items of a transaction while it lasts.
    pub(super) fn hold(&mut self, items: &[Subject]) {
        let (now, until) = (self.now, self.now + self.config.hold);
        items.iter().filter_map(|item| item.identity).for_each(|item| self.holds.hold(item, now, until));
    }

    /// Cancels a transaction if any of its actions meets an obstacle.
    pub(super) fn cancel_if_any(&mut self, actions: Vec<Option<Obstacle>>) -> Result<(), Refusal> {
        let mut places: Vec<&Shortage> = Vec::new();
        for obstacle in actions.iter().flatten() {
            if let Obstacle::Short(place) = obstacle
                && !places.contains(&place)
            {
                places.push(place);
            }
        }
        places.iter().for_each(|place| self.ledger.throttled(place));
        if actions.iter().all(Option::is_none) { Ok(()) } else { Err(Refusal::Cancelled(actions)) }
    }

    fn items_of(&self, actions: &[TransactWriteItem]) -> Vec<Subject> {
        let subject = |action: &TransactWriteItem| {
            let table = table(action);
            let keys = self.tables.get(table).map_or(&[][..], |table| &table.keys);
            let check = action.condition_check.as_ref().map(|check| check.key.clone());
            let key = check.or_else(|| effect(action).key(keys));
            let hash = key.as_ref().and_then(|key| self.hash_of(table, key));
            Subject::of(table, key, hash, action.put.as_ref().map_or(0, |put| item_size(&put.item)))
        };
        actions.iter().map(subject).collect()
    }

    /// A transaction that its conditions cancel has been prepared by then, so it is paid for half: as many units for each
    /// action as a plain write of it.
    pub(super) fn cancelled(&mut self, items: &[Subject], error: DynoxideError) -> Refusal {
        let failed = |code: &str| code == "ConditionalCheckFailed";
        if let DynoxideError::TransactionCanceledException(_, reasons) = &error
            && reasons.iter().any(|reason| failed(&reason.code))
        {
            for item in items {
                let there = item.key.as_ref().and_then(|key| self.peek(&item.table, key));
                let size = there.as_ref().map_or(0, item_size).max(item.new);
                self.take(&item.table, None, CapacityKind::Write, write_capacity_units(size));
            }
        }
        Refusal::Engine(error)
    }

    /// The answer to a transaction that was done before: it costs what reading its items does.
    fn replay(&mut self, request: &TransactWriteItemsRequest) -> TransactWriteItemsResponse {
        let mut units: BTreeMap<&str, f64> = BTreeMap::new();
        let items = self.items_of(&request.transact_items);
        for item in &items {
            let there = item.key.as_ref().and_then(|key| self.peek(&item.table, key));
            let read = read_capacity_units(there.as_ref().map_or(0, item_size));
            *units.entry(&item.table).or_default() += TRANSACTIONAL_CAPACITY_FACTOR * read;
        }
        let mode = &request.return_consumed_capacity;
        let consumed: Vec<ConsumedCapacity> = units
            .iter()
            .filter_map(|(table, units)| transactional_read_capacity(table, *units, mode))
            .collect();
        consumed.iter().for_each(|used| self.debit(Some(used), CapacityKind::Read, &[]));
        TransactWriteItemsResponse { consumed_capacity: Some(consumed), item_collection_metrics: None }
    }
}

fn table(action: &TransactWriteItem) -> &str {
    let put = action.put.as_ref().map(|put| &put.table_name);
    let update = action.update.as_ref().map(|update| &update.table_name);
    let delete = action.delete.as_ref().map(|delete| &delete.table_name);
    let check = action.condition_check.as_ref().map(|check| &check.table_name);
    put.or(update).or(delete).or(check).map_or("", String::as_str)
}

fn effect(action: &TransactWriteItem) -> Effect<'_> {
    if let Some(put) = &action.put {
        Effect::Put(&put.item)
    } else if let Some(update) = &action.update {
        let attributes = Attributes {
            expression: Some(&update.update_expression),
            names: update.expression_attribute_names.as_ref(),
            named: None,
        };
        Effect::Update(&update.key, attributes)
    } else if let Some(delete) = &action.delete {
        Effect::Delete(&delete.key)
    } else {
        Effect::Check
    }
}

/// The hashes of the keys in a table.
pub(super) fn of_table(keys: &[(String, Option<u64>)], table: &str) -> Vec<u64> {
    keys.iter().filter(|(name, _)| name == table).filter_map(|(_, key)| *key).collect()
}

/// Each of the tables once, in order.
pub(super) fn distinct<'a>(tables: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut tables: Vec<&str> = tables.collect();
    tables.sort_unstable();
    tables.dedup();
    tables
}

fn mismatch() -> Refusal {
    Refusal::Engine(DynoxideError::IdempotentParameterMismatchException(
        "An error occurred (IdempotentParameterMismatchException)".to_owned(),
    ))
}
