//! The four tables of the shop, by their names.

use std::sync::Arc;

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
}

impl Tables {
    /// The tables under a prefix.
    pub fn new(prefix: &str) -> Self {
        let [categories, products, customers, orders] = BASES.map(|base| format!("{prefix}{base}").into());
        Self { categories, products, customers, orders }
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
