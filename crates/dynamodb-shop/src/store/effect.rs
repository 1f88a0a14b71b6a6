//! An effect is what a write does to an item, as far as can be told before it is done: which indexes have to follow.

use std::collections::{BTreeSet, HashMap};

use dynoxide::Item;
use dynoxide::actions::update_item::AttributeValueUpdate;

use super::capacity::index::Shape;
use super::capacity::partition::key_hash;
use super::capacity::shortage::{CapacityKind, Limit, Shortage};
use super::capacity::table::Index;
use super::capacity::update::changed;
use super::core::Core;
use super::refusal::Refusal;

/// What a write does to an item.
#[derive(Clone, Copy)]
pub enum Effect<'a> {
    /// It is this one afterwards.
    Put(&'a Item),
    /// The one of this key is gone afterwards.
    Delete(&'a Item),
    /// Some attributes of the one of this key have changed.
    Update(&'a Item, Attributes<'a>),
    /// Nothing; it is only looked at.
    Check,
}

/// The attributes that an update changes.
#[derive(Clone, Copy)]
pub struct Attributes<'a> {
    /// By an expression.
    pub expression: Option<&'a str>,
    /// With names for names.
    pub names: Option<&'a HashMap<String, String>>,
    /// By name, as it was done before there were expressions.
    pub named: Option<&'a HashMap<String, AttributeValueUpdate>>,
}

impl Effect<'_> {
    /// The key of the item.
    pub fn key(&self, table_keys: &[String]) -> Option<Item> {
        match self {
            Self::Put(item) => {
                let part = |name: &String| item.get(name).map(|value| (name.clone(), value.clone()));
                table_keys.iter().map(part).collect()
            }
            Self::Delete(key) | Self::Update(key, _) => Some((*key).clone()),
            Self::Check => None,
        }
    }

    /// An item that has the key: all of it where it is put.
    fn item(&self) -> Option<&Item> {
        match self {
            Self::Put(item) | Self::Delete(item) | Self::Update(item, _) => Some(item),
            Self::Check => None,
        }
    }

    /// The hash of a put item's key in an index. What an update changes there is not known before it is done.
    fn hash_in(&self, index: &Index) -> Option<u64> {
        let Self::Put(item) = self else { return None };
        item.get(index.shape.partition_key()?).map(key_hash)
    }

    fn concerns(&self, index: &Shape, old: Option<&Item>, table_keys: &[String]) -> bool {
        match self {
            Self::Put(item) => index.cost(old, Some(item), table_keys) > 0.0,
            Self::Delete(_) => index.cost(old, None, table_keys) > 0.0,
            Self::Update(_, attributes) => index.follows(old, &attributes.changed(), table_keys),
            Self::Check => false,
        }
    }
}

impl<'a> Attributes<'a> {
    fn changed(&self) -> BTreeSet<&'a str> {
        let mut all = self.expression.map(|text| changed(text, self.names)).unwrap_or_default();
        all.extend(self.named.into_iter().flat_map(HashMap::keys).map(String::as_str));
        all
    }
}

impl Core {
    /// The places that are too short for a write: the table, and the indexes that would have to follow.
    pub fn short_for_write(&mut self, table: &str, effect: Effect<'_>) -> Vec<Shortage> {
        let hash = self.hash_of_effect(table, effect);
        let mut short: Vec<Shortage> =
            self.shortage(table, None, CapacityKind::Write, hash).into_iter().collect();
        let now = self.now;
        let Some(known) = self.tables.get(table) else { return short };
        let on_demand = known.on_demand;
        let starved =
            |index: &Index| index.gate.short(on_demand, CapacityKind::Write, effect.hash_in(index), now);
        let starved: Vec<(&Index, Limit)> =
            known.indexes.iter().filter_map(|index| Some((index, starved(index)?))).collect();
        if starved.is_empty() {
            return short;
        }
        let old = effect.key(&known.keys).and_then(|key| self.peek(table, &key));
        for (index, limit) in starved {
            if effect.concerns(&index.shape, old.as_ref(), &known.keys) {
                let index = Some(index.name.clone());
                short.push(Shortage { table: table.to_owned(), index, kind: CapacityKind::Write, limit });
            }
        }
        short
    }

    /// Admits a write, unless a transaction holds its item; the hash of its key. One that is short is throttled if it is
    /// `valid`.
    pub fn admit_write(
        &mut self,
        table: &str,
        effect: Effect<'_>,
        valid: impl FnOnce(&Self) -> Result<(), Refusal>,
    ) -> Result<Option<u64>, Refusal> {
        self.usable(table)?;
        let short = self.short_for_write(table, effect);
        if !short.is_empty() {
            valid(self)?;
            return Err(self.throttle(short));
        }
        if self.is_held(table, effect) {
            return Err(Refusal::Conflict);
        }
        Ok(self.hash_of_effect(table, effect))
    }

    /// The hash of the partition key of the item that a write is about.
    pub fn hash_of_effect(&self, table: &str, effect: Effect<'_>) -> Option<u64> {
        self.hash_of(table, effect.item()?)
    }

    /// The hash of a put's key in each global index of its table, in their order; none of those that it is not in.
    pub fn hashes_in_indexes(&self, table: &str, effect: Effect<'_>) -> Vec<Option<u64>> {
        let indexes = self.tables.get(table).map_or(&[][..], |known| &known.indexes);
        indexes.iter().map(|index| effect.hash_in(index)).collect()
    }
}
