//! The form of a table is its keys and its index: what it is made with, and what one that is there must have.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::shop::{CATEGORY_INDEX, Tables};

/// The tag that tells tables of ours from those of others.
pub(super) const TAG: &str = "flashcrowd";

/// The tag of tables that setup has finished: they are as it was asked for, or as somebody has changed them since.
pub(super) const FINISHED: &str = "flashcrowd-setup";

/// The form of one of the tables.
pub(crate) struct Form<'a> {
    /// Its name.
    pub table: &'a Arc<str>,
    /// Its partition key and its sort key, if it has one.
    pub key: &'static [&'static str],
    /// Its index with the key of that.
    pub index: Option<(&'static str, &'static [&'static str])>,
}

/// The forms of the tables, in the order of [`Tables::all`].
pub(crate) fn forms(tables: &Tables) -> [Form<'_>; 4] {
    let form = |table, key| Form { table, key, index: None };
    [
        form(&tables.categories, &["category_id"]),
        Form {
            table: &tables.products,
            key: &["product_id"],
            index: Some((CATEGORY_INDEX, &["category_id", "product_id"])),
        },
        form(&tables.customers, &["customer_id"]),
        form(&tables.orders, &["order_id", "line"]),
    ]
}

impl Form<'_> {
    /// What makes such a table, on demand.
    ///
    /// The index projects what a list of products shows and no stock, so that orders do not write to it.
    pub(super) fn create(&self, tag: &Value) -> Value {
        let mut names: Vec<&str> = self.key.to_vec();
        names.extend(
            self.index.iter().flat_map(|(_, key)| key.iter()).filter(|name| !self.key.contains(name)),
        );
        let definitions: Vec<Value> =
            names.iter().map(|name| json!({"AttributeName": name, "AttributeType": "S"})).collect();
        let mut body = json!({
            "TableName": &**self.table,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": definitions,
            "KeySchema": key_schema(self.key),
            "Tags": [tag],
        });
        if let Some((index, key)) = self.index {
            body["GlobalSecondaryIndexes"] = json!([{
                "IndexName": index,
                "KeySchema": key_schema(key),
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["name", "price"]},
            }]);
        }
        body
    }
}

/// The tag that tables under a prefix get.
pub(super) fn tag(tables: &Tables) -> Value {
    json!({"Key": TAG, "Value": tag_value(tables.prefix())})
}

/// What the tag of tables under a prefix says.
pub(super) fn tag_value(prefix: &str) -> &str {
    if prefix.is_empty() { "setup" } else { prefix }
}

/// The tag of tables that are finished.
pub(super) fn finished() -> Value {
    json!({"Key": FINISHED, "Value": "finished"})
}

fn key_schema(key: &[&str]) -> Value {
    let kinds = ["HASH", "RANGE"];
    key.iter().zip(kinds).map(|(name, kind)| json!({"AttributeName": name, "KeyType": kind})).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_made_with_an_index_that_stock_is_not_in() {
        let tables = Tables::new("dev-");
        let forms = forms(&tables);
        insta::assert_snapshot!(forms[1].create(&tag(&tables)), @r#"{"TableName":"dev-Products","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"product_id","AttributeType":"S"},{"AttributeName":"category_id","AttributeType":"S"}],"KeySchema":[{"AttributeName":"product_id","KeyType":"HASH"}],"Tags":[{"Key":"flashcrowd","Value":"dev-"}],"GlobalSecondaryIndexes":[{"IndexName":"category-index","KeySchema":[{"AttributeName":"category_id","KeyType":"HASH"},{"AttributeName":"product_id","KeyType":"RANGE"}],"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["name","price"]}}]}"#);
        insta::assert_snapshot!(forms[3].create(&tag(&Tables::new(""))), @r#"{"TableName":"dev-Orders","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"order_id","AttributeType":"S"},{"AttributeName":"line","AttributeType":"S"}],"KeySchema":[{"AttributeName":"order_id","KeyType":"HASH"},{"AttributeName":"line","KeyType":"RANGE"}],"Tags":[{"Key":"flashcrowd","Value":"setup"}]}"#);
    }
}
