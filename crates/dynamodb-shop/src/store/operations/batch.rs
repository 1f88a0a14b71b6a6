//! The operations on a batch of items: as many are done as find capacity, and the others handed back.

use std::collections::HashMap;

use bytes::Bytes;
use dynoxide::actions::batch_get_item::{BatchGetItemRequest, KeysAndAttributes};
use dynoxide::actions::batch_write_item::{BatchWriteItemRequest, WriteRequest};
use dynoxide::types::{item_size, read_capacity_units_with_consistency, table_write_capacity_units};
use serde_json::{Map, Value, json};

use super::consumed::Asked;
use super::validity::{of_writes, valid};
use crate::store::capacity::shortage::{CapacityKind, Limit, Shortage};
use crate::store::core::Core;
use crate::store::effect::Effect;
use crate::store::operation::Operation;
use crate::store::refusal::Refusal;
use crate::store::request::{self, read};
use crate::store::service::Store;

/// Keys that a batch may ask for; more are the engine's to refuse.
const KEYS: usize = 100;

/// Writes that a batch may hold.
const WRITES: usize = 25;

/// What the largest item costs to be read.
const LARGEST_READ: f64 = 100.0;

/// What the largest item costs to be written; to an index twice, should it move.
const LARGEST_WRITE: f64 = 800.0;

/// `BatchGetItem`.
pub fn get(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    let mut request: BatchGetItemRequest = store.read(Operation::BatchGetItem, body)?;
    let asked = Asked::of(&mut request.return_consumed_capacity);
    let tables = sorted(&request.request_items);
    let tables: Vec<&str> = tables.iter().map(String::as_str).collect();
    let mut response = store.turn(Operation::BatchGetItem, &tables, |core| {
        tables.iter().try_for_each(|table| core.usable(table))?;
        let mut refused = HashMap::new();
        let mut short = Vec::new();
        let count: usize = request.request_items.values().map(|wanted| wanted.keys.len()).sum();
        for table in tables.iter().filter(|_| count <= KEYS) {
            let Some(wanted) = request.request_items.get_mut(*table) else { continue };
            let rest = wanted.keys.split_off(core.readable(table, wanted));
            if !rest.is_empty() {
                let key = rest.first().and_then(|key| core.hash_of(table, key));
                let shortage = core.shortage(table, None, CapacityKind::Read, key);
                short.push(shortage.unwrap_or_else(|| Shortage {
                    table: (*table).to_owned(),
                    index: None,
                    kind: CapacityKind::Read,
                    limit: Limit::Provisioned,
                }));
                refused.insert((*table).to_owned(), rest_of(wanted, &rest));
            }
        }
        if !refused.is_empty() {
            valid(core.engine.batch_get_item(read(Operation::BatchGetItem, body)?))?;
            request.request_items.retain(|_, wanted| !wanted.keys.is_empty());
        }
        if request.request_items.is_empty() && !short.is_empty() {
            return Err(core.throttle(short));
        }
        let keys: HashMap<String, Vec<u64>> = request
            .request_items
            .iter()
            .map(|(table, wanted)| {
                (table.clone(), wanted.keys.iter().filter_map(|key| core.hash_of(table, key)).collect())
            })
            .collect();
        let mut response = core.engine.batch_get_item(request)?;
        short.iter().for_each(|shortage| core.ledger.throttled(shortage));
        response
            .consumed_capacity
            .iter()
            .flatten()
            .for_each(|used| core.debit(Some(used), CapacityKind::Read, keys_of(&keys, &used.table_name)));
        refused.into_iter().for_each(|(table, rest)| hand_back(&mut response.unprocessed_keys, table, rest));
        Ok(response)
    })?;
    asked.shape_all(&mut response.consumed_capacity);
    request::write(&response)
}

/// `BatchWriteItem`.
pub fn write(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    let mut request: BatchWriteItemRequest = store.read(Operation::BatchWriteItem, body)?;
    let asked = Asked::of(&mut request.return_consumed_capacity);
    let tables = sorted(&request.request_items);
    let tables: Vec<&str> = tables.iter().map(String::as_str).collect();
    let mut response =
        store.turn(Operation::BatchWriteItem, &tables, |core| {
            tables.iter().try_for_each(|table| core.usable(table))?;
            let mut refused = HashMap::new();
            let mut short = Vec::new();
            let count: usize = request.request_items.values().map(Vec::len).sum();
            for table in tables.iter().filter(|_| count <= WRITES) {
                let Some(wanted) = request.request_items.get_mut(*table) else { continue };
                let (admitted, rest) = core.writable(table, std::mem::take(wanted), &mut short);
                *wanted = admitted;
                if !rest.is_empty() {
                    of_writes(core, table, wanted.iter().chain(&rest))?;
                    refused.insert((*table).to_owned(), Value::Array(rest.iter().map(as_json).collect()));
                }
            }
            if !refused.is_empty() {
                request.request_items.retain(|_, wanted| !wanted.is_empty());
            }
            if request.request_items.is_empty() && !short.is_empty() {
                return Err(core.throttle(short));
            }
            let hash = |table: &String, write| core.hash_of_effect(table, effect(write));
            let keys: HashMap<String, Vec<u64>> = request
                .request_items
                .iter()
                .map(|(table, wanted)| {
                    (table.clone(), wanted.iter().filter_map(|write| hash(table, write)).collect())
                })
                .collect();
            let mut response = core.engine.batch_write_item(request)?;
            short.iter().for_each(|shortage| core.ledger.throttled(shortage));
            response.consumed_capacity.iter().flatten().for_each(|used| {
                core.debit(Some(used), CapacityKind::Write, keys_of(&keys, &used.table_name))
            });
            response.unprocessed_items.extend(refused);
            Ok(response)
        })?;
    asked.shape_all(&mut response.consumed_capacity);
    request::write(&response)
}

impl Core {
    /// How many of these keys can be read, from the first on. What each costs is looked up only where it matters.
    fn readable(&mut self, table: &str, wanted: &KeysAndAttributes) -> usize {
        let now = self.now;
        if self.table(table).is_none() {
            return wanted.keys.len();
        }
        let hot = |core: &mut Self, key| {
            let hash = core.hash_of(table, key);
            let limit = core.shortage(table, None, CapacityKind::Read, hash).map(|short| short.limit);
            limit.is_some_and(|limit| limit != Limit::Provisioned)
        };
        let cold = wanted.keys.iter().take_while(|key| !hot(self, key)).count();
        let Some(mut left) = self.table(table).and_then(|known| known.tokens(None, CapacityKind::Read, now))
        else {
            return cold;
        };
        if left > LARGEST_READ * wanted.keys.len() as f64 {
            return cold;
        }
        let consistent = wanted.consistent_read.unwrap_or(false);
        let affordable = wanted.keys[..cold].iter().take_while(|key| {
            let admitted = left > 0.0;
            if admitted {
                let size = self.peek(table, key).as_ref().map_or(0, item_size);
                left -= read_capacity_units_with_consistency(size, consistent);
            }
            admitted
        });
        affordable.count()
    }

    /// Parts the writes that find capacity from the others, and tells where it is short.
    fn writable(
        &mut self,
        table: &str,
        wanted: Vec<WriteRequest>,
        short: &mut Vec<Shortage>,
    ) -> (Vec<WriteRequest>, Vec<WriteRequest>) {
        let now = self.now;
        let (wanted, mut hot) = self.cold(table, wanted, short);
        let Some(known) = self.table(table).map(|known| &*known) else { return (wanted, hot) };
        let Some(mut left) = known.tokens(None, CapacityKind::Write, now) else { return (wanted, hot) };
        let of_index = |name: &str| known.tokens(Some(name), CapacityKind::Write, now).unwrap_or(f64::MAX);
        let mut left_of: Vec<f64> = known.indexes.iter().map(|index| of_index(&index.name)).collect();
        let most = LARGEST_WRITE * wanted.len() as f64;
        if left > most && left_of.iter().all(|left| *left > most) {
            return (wanted, hot);
        }
        let (keys, indexes) = (known.keys.clone(), known.indexes.clone());
        let (admitted, rest): (Vec<_>, Vec<_>) = wanted.into_iter().partition(|write| {
            let effect = effect(write);
            let old = effect.key(&keys).and_then(|key| self.peek(table, &key));
            let new = if let Effect::Put(item) = effect { Some(item) } else { None };
            let costs: Vec<f64> =
                indexes.iter().map(|index| index.shape.cost(old.as_ref(), new, &keys)).collect();
            let mut lacking: Vec<Option<String>> = if left > 0.0 { Vec::new() } else { vec![None] };
            let starved = indexes
                .iter()
                .zip(&costs)
                .zip(&left_of)
                .filter(|((_, cost), left)| **cost > 0.0 && **left <= 0.0);
            lacking.extend(starved.map(|((index, _), _)| Some(index.name.clone())));
            if lacking.is_empty() {
                left -= table_write_capacity_units(old.as_ref().map(item_size), new.map(item_size));
                left_of.iter_mut().zip(&costs).for_each(|(left, cost)| *left -= cost);
                return true;
            }
            let places = lacking.into_iter().map(|index| Shortage {
                table: table.to_owned(),
                index,
                kind: CapacityKind::Write,
                limit: Limit::Provisioned,
            });
            places.for_each(|place| {
                if !short.contains(&place) {
                    short.push(place)
                }
            });
            false
        });
        hot.extend(rest);
        (admitted, hot)
    }

    /// Parts the writes whose partitions let them in from the others, and tells which do not.
    fn cold(
        &mut self,
        table: &str,
        wanted: Vec<WriteRequest>,
        short: &mut Vec<Shortage>,
    ) -> (Vec<WriteRequest>, Vec<WriteRequest>) {
        wanted.into_iter().partition(|write| {
            let hash = self.hash_of_effect(table, effect(write));
            let shortage = self.shortage(table, None, CapacityKind::Write, hash);
            let hot = shortage.filter(|short| short.limit != Limit::Provisioned);
            let is_cold = hot.is_none();
            short.extend(hot.filter(|place| !short.contains(place)));
            is_cold
        })
    }
}

fn keys_of<'a>(keys: &'a HashMap<String, Vec<u64>>, table: &str) -> &'a [u64] {
    keys.get(table).map_or(&[], Vec::as_slice)
}

fn effect(write: &WriteRequest) -> Effect<'_> {
    match (&write.put_request, &write.delete_request) {
        (Some(put), _) => Effect::Put(&put.item),
        (None, Some(delete)) => Effect::Delete(&delete.key),
        (None, None) => Effect::Check,
    }
}

fn sorted<V>(items: &HashMap<String, V>) -> Vec<String> {
    let mut tables: Vec<String> = items.keys().cloned().collect();
    tables.sort_unstable();
    tables
}

/// Keys that were not read, as they are asked for again.
fn rest_of(wanted: &KeysAndAttributes, keys: &[dynoxide::Item]) -> Value {
    let mut rest = Map::new();
    rest.insert("Keys".to_owned(), json!(keys));
    let mut also = |name: &str, value: Option<Value>| {
        value.into_iter().for_each(|value| drop(rest.insert(name.to_owned(), value)));
    };
    also("ProjectionExpression", wanted.projection_expression.as_ref().map(|value| json!(value)));
    also("ExpressionAttributeNames", wanted.expression_attribute_names.as_ref().map(|value| json!(value)));
    also("ConsistentRead", wanted.consistent_read.map(Value::Bool));
    also("AttributesToGet", wanted.attributes_to_get.as_ref().map(|value| json!(value)));
    Value::Object(rest)
}

fn as_json(write: &WriteRequest) -> Value {
    match effect(write) {
        Effect::Put(item) => json!({ "PutRequest": { "Item": item } }),
        Effect::Delete(key) => json!({ "DeleteRequest": { "Key": key } }),
        Effect::Update(..) | Effect::Check => Value::Null,
    }
}

/// Adds keys to those that the engine hands back of the same table, because the response would be too large.
fn hand_back(unprocessed: &mut HashMap<String, Value>, table: String, mut rest: Value) {
    let keys = rest.get_mut("Keys").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default();
    let all = unprocessed.entry(table).or_insert(rest);
    if let Some(known) = all.get_mut("Keys").and_then(Value::as_array_mut) {
        known.extend(keys);
    }
}
