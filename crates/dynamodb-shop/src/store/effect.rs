//! An effect is what a write does to an item, as far as can be told before it is done: which indexes have to follow.

use std::collections::{BTreeSet, HashMap};

use dynoxide::Item;
use dynoxide::actions::update_item::AttributeValueUpdate;

use super::capacity::index::Shape;
use super::capacity::shortage::{CapacityKind, Shortage};
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
        let mut short: Vec<Shortage> = self.shortage(table, None, CapacityKind::Write).into_iter().collect();
        let now = self.now;
        let Some(known) = self.tables.get(table) else { return short };
        let is_starved = |name: &str| {
            known.bucket(Some(name), CapacityKind::Write).is_some_and(|bucket| !bucket.admits(now))
        };
        if !known.indexes.iter().any(|index| is_starved(&index.name)) {
            return short;
        }
        let old = effect.key(&known.keys).and_then(|key| self.peek(table, &key));
        for index in &known.indexes {
            if is_starved(&index.name) && effect.concerns(&index.shape, old.as_ref(), &known.keys) {
                let index = Some(index.name.clone());
                short.push(Shortage { table: table.to_owned(), index, kind: CapacityKind::Write });
            }
        }
        short
    }

    /// Admits a write.
    pub fn admit_write(&mut self, table: &str, effect: Effect<'_>) -> Result<(), Refusal> {
        self.usable(table)?;
        match self.short_for_write(table, effect) {
            short if short.is_empty() => Ok(()),
            short => Err(self.throttle(short)),
        }
    }
}
