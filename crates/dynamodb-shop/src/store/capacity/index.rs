//! An index's shape says which items are in it and what of them, and so what a write costs it.

use std::collections::BTreeSet;

use dynoxide::Item;
use dynoxide::actions::GlobalSecondaryIndexDescription;
use dynoxide::types::{KeySchemaElement, Projection, ProjectionType, item_size, write_capacity_units};

/// Which items are in an index, and what of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    keys: Vec<String>,
    projected: Projected,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Projected {
    All,
    Only(Vec<String>),
}

impl Shape {
    /// The shape of an index as the engine describes it.
    pub fn of(index: &GlobalSecondaryIndexDescription) -> Self {
        Self::new(&index.key_schema, &index.projection)
    }

    /// The shape of an index with these keys and this projection.
    pub fn new(keys: &[KeySchemaElement], projection: &Projection) -> Self {
        let projected = match projection.projection_type.clone().unwrap_or_default() {
            ProjectionType::ALL => Projected::All,
            ProjectionType::KEYS_ONLY => Projected::Only(Vec::new()),
            ProjectionType::INCLUDE => {
                Projected::Only(projection.non_key_attributes.clone().unwrap_or_default())
            }
        };
        let keys = keys.iter().map(|key| key.attribute_name.clone()).collect();
        Self { keys, projected }
    }

    /// The attribute that items are spread over partitions by.
    pub fn partition_key(&self) -> Option<&String> {
        self.keys.first()
    }

    /// What a write costs the index, in units: nothing if what it holds of the item stays as it is. An entry that moves
    /// is taken away from here and put there.
    pub fn cost(&self, old: Option<&Item>, new: Option<&Item>, table_keys: &[String]) -> f64 {
        let old = old.and_then(|item| self.entry(item, table_keys));
        let new = new.and_then(|item| self.entry(item, table_keys));
        let units = |entry: &Item| write_capacity_units(item_size(entry));
        match (old, new) {
            (None, None) => 0.0,
            (Some(entry), None) | (None, Some(entry)) => units(&entry),
            (Some(old), Some(new)) if old == new => 0.0,
            (Some(old), Some(new)) if self.keys.iter().all(|key| old.get(key) == new.get(key)) => {
                units(&old).max(units(&new))
            }
            (Some(old), Some(new)) => units(&old) + units(&new),
        }
    }

    /// Whether the index has to follow when these attributes of an item are set or removed.
    pub fn follows(&self, old: Option<&Item>, changed: &BTreeSet<&str>, table_keys: &[String]) -> bool {
        let had = |key: &String| old.is_some_and(|item| item.contains_key(key));
        let may_have = |key: &String| {
            had(key) || changed.contains(key.as_str()) || (old.is_none() && table_keys.contains(key))
        };
        let was_in = self.keys.iter().all(had);
        let may_be_in = self.keys.iter().all(may_have);
        let concerned = changed.iter().any(|name| self.holds(name, table_keys));
        (was_in && concerned) || (!was_in && may_be_in)
    }

    /// Whether it holds whole items.
    pub fn holds_all(&self) -> bool {
        self.projected == Projected::All
    }

    /// Whether it holds an attribute of its items.
    pub fn holds(&self, name: &str, table_keys: &[String]) -> bool {
        let is = |other: &String| other == name;
        self.keys.iter().any(is)
            || table_keys.iter().any(is)
            || match &self.projected {
                Projected::All => true,
                Projected::Only(names) => names.iter().any(is),
            }
    }

    fn entry(&self, item: &Item, table_keys: &[String]) -> Option<Item> {
        if !self.keys.iter().all(|key| item.contains_key(key)) {
            return None;
        }
        let held = item.iter().filter(|(name, _)| self.holds(name, table_keys));
        Some(held.map(|(name, value)| (name.clone(), value.clone())).collect())
    }
}

#[cfg(test)]
mod tests {
    use dynoxide::AttributeValue;

    use super::*;

    fn by_category() -> Shape {
        Shape {
            keys: vec!["category_id".to_owned(), "product_id".to_owned()],
            projected: Projected::Only(vec!["name".to_owned(), "price".to_owned()]),
        }
    }

    fn table_keys() -> Vec<String> {
        vec!["product_id".to_owned()]
    }

    fn item(attributes: &[(&str, &str)]) -> Item {
        let text = |value: &str| AttributeValue::S(value.to_owned());
        attributes.iter().map(|(name, value)| ((*name).to_owned(), text(value))).collect()
    }

    #[test]
    fn a_write_costs_the_index_what_it_has_to_change() {
        let (index, keys) = (by_category(), table_keys());
        let old = item(&[("product_id", "1"), ("category_id", "a"), ("price", "9"), ("stock", "5")]);
        let cost = |new: &[(&str, &str)]| index.cost(Some(&old), Some(&item(new)), &keys);
        let id = ("product_id", "1");
        assert_eq!(cost(&[id, ("category_id", "a"), ("price", "9"), ("stock", "4")]), 0.0);
        assert_eq!(cost(&[id, ("category_id", "a"), ("price", "8")]), 1.0);
        assert_eq!(cost(&[id, ("category_id", "b"), ("price", "9")]), 2.0);
        assert_eq!(cost(&[id, ("price", "9")]), 1.0);
        assert_eq!(index.cost(None, Some(&item(&[id])), &keys), 0.0);
        let long = "x".repeat(2_000);
        assert_eq!(index.cost(None, Some(&item(&[id, ("category_id", "a"), ("name", &long)])), &keys), 2.0);
        assert_eq!(index.cost(None, Some(&item(&[id, ("category_id", "a"), ("text", &long)])), &keys), 1.0);
    }

    #[test]
    fn an_index_follows_what_it_holds() {
        let (index, keys) = (by_category(), table_keys());
        let old = item(&[("product_id", "1"), ("category_id", "a"), ("stock", "5")]);
        let follows =
            |old: Option<&Item>, names: &[&str]| index.follows(old, &names.iter().copied().collect(), &keys);
        assert!(!follows(Some(&old), &["stock"]));
        assert!(follows(Some(&old), &["stock", "price"]));
        assert!(follows(Some(&old), &["category_id"]));
        assert!(!follows(None, &["stock"]));
        assert!(follows(None, &["category_id"]));
        assert!(!follows(Some(&item(&[("product_id", "1")])), &["price"]));
    }
}
