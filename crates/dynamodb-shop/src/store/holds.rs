//! A hold is what a transaction has on its items while it lasts: whoever else writes them meanwhile conflicts with it.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use dynoxide::{AttributeValue, Item};
use tokio::time::Instant;

use super::capacity::partition::hash_key;
use super::core::Core;
use super::effect::Effect;

/// Holds that are over are cleared away when there are so many.
const MANY: usize = 10_000;

/// The items that transactions hold, and until when.
#[derive(Debug, Default)]
pub struct Holds {
    items: HashMap<u64, Instant>,
    /// When the last of them is over.
    over: Option<Instant>,
}

impl Holds {
    /// Whether an item is held.
    pub fn has(&self, item: u64, now: Instant) -> bool {
        self.items.get(&item).is_some_and(|until| now < *until)
    }

    /// Whether any item is held.
    fn is_any(&self, now: Instant) -> bool {
        self.over.is_some_and(|over| now < over)
    }

    /// Holds an item.
    pub fn hold(&mut self, item: u64, now: Instant, until: Instant) {
        if self.items.len() >= MANY {
            self.items.retain(|_, until| now < *until);
        }
        self.items.insert(item, until);
        self.over = self.over.max(Some(until));
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
        hash_key(value, &mut hasher);
    }
    hasher.finish()
}

impl Core {
    /// Whether a transaction holds the item that a write is about.
    pub fn is_held(&self, table: &str, effect: Effect<'_>) -> bool {
        if !self.holds.is_any(self.now) {
            return false;
        }
        let keys = self.tables.get(table).map(|table| &table.keys);
        let key = keys.and_then(|keys| effect.key(keys));
        key.is_some_and(|key| self.holds.has(identity(table, &key), self.now))
    }
}
