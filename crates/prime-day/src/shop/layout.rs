//! A layout maps what the shop needs to tables that somebody else has made: their names, keys and attributes.

use serde::Deserialize;
use thiserror::Error;

/// What the shop's tables and their attributes are called where they are not its own.
///
/// Everything has the shop's own name unless it is said otherwise, and what a table does not have is left out: `null`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Layout {
    /// The table of products.
    pub products: ProductTable,
    /// The table of categories.
    pub categories: KeyedTable,
    /// The table of customers.
    pub customers: KeyedTable,
    /// The table that orders are written to.
    pub orders: OrderTable,
}

/// The table of products.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProductTable {
    /// Its name.
    pub table: String,
    /// Its partition key, which is all of its key.
    pub key: String,
    /// The attribute with a product's category.
    pub category: String,
    /// The attribute with its name, if it has one.
    pub name: Option<String>,
    /// The attribute with its price: a number, or a number as text.
    pub price: String,
    /// The attribute with its stock, if it has one; without it, orders are single puts.
    pub stock: Option<String>,
    /// The index by category. Without one, products of a category are found by scanning all of them.
    pub index: Option<String>,
}

/// A table of which only the keys matter.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyedTable {
    /// Its name.
    pub table: String,
    /// Its partition key.
    pub key: String,
}

/// The table that orders are written to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OrderTable {
    /// Its name.
    pub table: String,
    /// Its partition key, which becomes an order's id.
    pub key: String,
    /// Its sort key, if it has one. Without one, the lines of an order are inside of it.
    pub sort: Option<String>,
    /// The attribute with the customer.
    pub customer: String,
    /// The attribute with the moment of the order.
    pub ordered_at: String,
    /// The attribute with the day of delivery.
    pub delivery: String,
    /// The attribute with the state.
    pub status: String,
    /// The attribute with what the order comes to.
    pub total: String,
    /// The attribute with its lines.
    pub lines: String,
}

/// Why a text is no layout.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "tables are mapped by JSON such as {{\"products\": {{\"table\": \"shop-items\", \"key\": \"sku\", \"stock\": null}}}}: {0}"
)]
pub struct LayoutError(String);

impl Layout {
    /// Reads a layout.
    pub fn from_json(text: &str) -> Result<Self, LayoutError> {
        // A list would be taken for the fields in their order.
        let value: serde_json::Value =
            serde_json::from_str(text).map_err(|error| LayoutError(error.to_string()))?;
        if !value.is_object() {
            return Err(LayoutError("invalid type: not an object".to_owned()));
        }
        let layout: Self = serde_json::from_value(value).map_err(|error| LayoutError(error.to_string()))?;
        match layout.names().into_iter().find(|(_, name)| name.is_empty()) {
            Some((what, _)) => Err(LayoutError(format!("{what} is empty"))),
            None => Ok(layout),
        }
    }

    fn names(&self) -> Vec<(&'static str, &str)> {
        let Self { products, categories, customers, orders } = self;
        vec![
            ("products.table", &products.table),
            ("products.key", &products.key),
            ("products.category", &products.category),
            ("products.price", &products.price),
            ("categories.table", &categories.table),
            ("categories.key", &categories.key),
            ("customers.table", &customers.table),
            ("customers.key", &customers.key),
            ("orders.table", &orders.table),
            ("orders.key", &orders.key),
            ("orders.customer", &orders.customer),
            ("orders.total", &orders.total),
        ]
    }
}

impl Default for Layout {
    fn default() -> Self {
        let keyed = |table: &str, key: &str| KeyedTable { table: table.to_owned(), key: key.to_owned() };
        Self {
            products: ProductTable::default(),
            categories: keyed("Categories", "category_id"),
            customers: keyed("Customers", "customer_id"),
            orders: OrderTable::default(),
        }
    }
}

impl Default for ProductTable {
    fn default() -> Self {
        Self {
            table: "Products".to_owned(),
            key: "product_id".to_owned(),
            category: "category_id".to_owned(),
            name: Some("name".to_owned()),
            price: "price".to_owned(),
            stock: Some("stock".to_owned()),
            index: Some("category-index".to_owned()),
        }
    }
}

impl Default for OrderTable {
    fn default() -> Self {
        Self {
            table: "Orders".to_owned(),
            key: "order_id".to_owned(),
            sort: Some("line".to_owned()),
            customer: "customer_id".to_owned(),
            ordered_at: "ordered_at".to_owned(),
            delivery: "delivery".to_owned(),
            status: "status".to_owned(),
            total: "total".to_owned(),
            lines: "lines".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_the_shops_own() {
        assert_eq!(Layout::from_json("{}").unwrap(), Layout::default());
        let layout = Layout::from_json(
            r#"{"products": {"table": "shop-items", "key": "sku", "index": null}, "orders": {"sort": null}}"#,
        )
        .unwrap();
        assert_eq!((layout.products.table.as_str(), layout.products.key.as_str()), ("shop-items", "sku"));
        assert_eq!((layout.products.index, layout.orders.sort), (None, None));
        assert_eq!((layout.products.price.as_str(), layout.customers.table.as_str()), ("price", "Customers"));
    }

    #[test]
    fn what_is_wrong_is_said_by_name() {
        for (text, wrong) in [
            (r#"{"product": {}}"#, "unknown field `product`"),
            (r#"{"products": {"keys": "a"}}"#, "unknown field `keys`"),
            (r#"{"orders": {"key": ""}}"#, "orders.key is empty"),
            ("[]", "invalid"),
            ("", "EOF"),
        ] {
            let error = Layout::from_json(text).unwrap_err().to_string();
            assert!(error.contains(wrong) && error.contains("\"sku\""), "{error}");
        }
    }
}
