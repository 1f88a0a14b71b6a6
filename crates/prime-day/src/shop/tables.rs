//! The four tables of the shop, by their names.

use std::sync::Arc;

use serde_json::{Value, json};

use super::layout::Layout;

/// The index of products by category.
pub const CATEGORY_INDEX: &str = "category-index";

const BASES: [&str; 4] = ["Categories", "Products", "Customers", "Orders"];

/// The names of the tables, each with the prefix of the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tables {
    /// `Categories`, by `category_id`.
    pub categories: Arc<str>,
    /// `Products`, by `product_id`; [`CATEGORY_INDEX`] by `category_id`, then `product_id`.
    pub products: Arc<str>,
    /// `Customers`, by `customer_id`.
    pub customers: Arc<str>,
    /// `Orders`, by `order_id`, then `line`: `order` for the order itself, `line#1` and on for its lines.
    pub orders: Arc<str>,
    /// What they are made of, where somebody else has made them.
    own: Option<Arc<OwnTables>>,
}

/// Tables that somebody else has made, as they were found to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnTables {
    /// What they and their attributes are called.
    pub layout: Layout,
    /// Of what kind the ids of products are.
    pub product: Mapping,
    /// Of what kind categories are.
    pub category: Mapping,
    /// Of what kind the ids of customers are.
    pub customer: Mapping,
    /// Of what kind the ids of orders are.
    pub order: Mapping,
    /// Of what kind the sort key of orders is.
    pub sort: Mapping,
}

/// Of what kind the values of a key are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mapping {
    /// Texts.
    Text,
    /// Numbers.
    Number,
}

impl Mapping {
    /// The kind that DynamoDB calls so: `S` or `N`.
    pub fn of(kind: &str) -> Self {
        if kind == "N" { Self::Number } else { Self::Text }
    }

    /// A value of that kind.
    pub(crate) fn value(self, text: &str) -> Value {
        match self {
            Self::Text => json!({ "S": text }),
            Self::Number => json!({ "N": text }),
        }
    }
}

impl Tables {
    /// The tables under a prefix.
    pub fn new(prefix: &str) -> Self {
        let [categories, products, customers, orders] = BASES.map(|base| format!("{prefix}{base}").into());
        Self { categories, products, customers, orders, own: None }
    }

    /// The tables that a layout names, not looked at yet.
    pub fn of_layout(layout: &Layout) -> Self {
        let Layout { products, categories, customers, orders } = layout;
        Self {
            categories: categories.table.as_str().into(),
            products: products.table.as_str().into(),
            customers: customers.table.as_str().into(),
            orders: orders.table.as_str().into(),
            own: None,
        }
    }

    /// The same, as they were found to be.
    #[must_use]
    pub fn mapped(self, own: OwnTables) -> Self {
        Self { own: Some(Arc::new(own)), ..self }
    }

    /// What they are made of, where somebody else has made them.
    pub(crate) fn own(&self) -> Option<&Arc<OwnTables>> {
        self.own.as_ref()
    }

    /// The index of products by category; none where there is none.
    pub(crate) fn category_index(&self) -> Option<&str> {
        match &self.own {
            Some(own) => own.layout.products.index.as_deref(),
            None => Some(CATEGORY_INDEX),
        }
    }

    /// What the names of all of them start with.
    pub fn prefix(&self) -> &str {
        Self::prefix_of(&self.orders).unwrap_or_default()
    }

    /// What the name of one of such tables starts with; none if it is no such table's.
    pub(crate) fn prefix_of(name: &str) -> Option<&str> {
        BASES.into_iter().find_map(|base| name.strip_suffix(base))
    }

    /// All of them.
    pub fn all(&self) -> [&Arc<str>; 4] {
        [&self.categories, &self.products, &self.customers, &self.orders]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_start_with_the_prefix() {
        let tables = Tables::new("dev-");
        assert_eq!(
            tables.all().map(|name| &**name),
            ["dev-Categories", "dev-Products", "dev-Customers", "dev-Orders"]
        );
        assert_eq!(tables.prefix(), "dev-");
        assert_eq!(Tables::new("").prefix(), "");
    }
}
