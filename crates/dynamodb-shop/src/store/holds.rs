//! A hold is what a transaction has on its items while it lasts: whoever else writes them meanwhile conflicts with it.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use dynoxide::{AttributeValue, Item};
use tokio::time::Instant;

use super::core::Core;
use super::effect::Effect;

/// Holds that are over are cleared away when there are so many.
const MANY: usize = 10_000;

/// The items that transactions hold, and until when.
#[derive(Debug, Default)]
pub struct Holds(HashMap<u64, Instant>);

impl Holds {
    /// Whether an item is held.
    pub fn has(&self, item: u64, now: Instant) -> bool {
        self.0.get(&item).is_some_and(|until| now < *until)
    }

    /// Holds an item.
    pub fn hold(&mut self, item: u64, now: Instant, until: Instant) {
        if self.0.len() >= MANY {
            self.0.retain(|_, until| now < *until);
        }
        self.0.insert(item, until);
    }
}

/// A number for an item of a table, by its key.
pub fn identity(table: &str, key: &Item) -> u64 {
    let mut parts: Vec<(&String, &AttributeValue)> = key.iter().collect();
    parts.sort_unstable_by_key(|(name, _)| *name);
    let mut hasher = DefaultHasher::new();
    table.hash(&mut hasher);
    for (name, value) in parts {
        name.hash(&mut hasher);
        match value {
            AttributeValue::S(text) | AttributeValue::N(text) => text.hash(&mut hasher),
            AttributeValue::B(bytes) => bytes.hash(&mut hasher),
            _ => {}
        }
    }
    hasher.finish()
}

impl Core {
    /// Whether a transaction holds the item that a write is about.
    pub fn is_held(&self, table: &str, effect: Effect<'_>) -> bool {
        let keys = self.tables.get(table).map(|table| &table.keys);
        let key = keys.and_then(|keys| effect.key(keys));
        key.is_some_and(|key| self.holds.has(identity(table, &key), self.now))
    }
}
