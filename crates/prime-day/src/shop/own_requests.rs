//! Requests to tables that somebody else has made: the same as to the shop's own, by other names.

use std::sync::Arc;

use bytes::Bytes;
use flashcrowd_dynamodb::{Decimal, Fault, Item};
use serde_json::{Map, Value, json};

use super::order::{Line, Order};
use super::tables::{Mapping, OwnTables};

/// Writes requests to tables of somebody else.
#[derive(Debug)]
pub(crate) struct OwnRequests {
    own: Arc<OwnTables>,
    consistent: bool,
}

impl OwnRequests {
    pub(crate) fn new(own: Arc<OwnTables>, consistent: bool) -> Self {
        Self { own, consistent }
    }

    /// A page of all products, or of those of a category where there is no index for it.
    pub(crate) fn scan(&self, limit: u32, start: Option<&Item>, category: Option<&str>) -> Bytes {
        let products = &self.own.layout.products;
        let mut body =
            json!({ "TableName": products.table, "Limit": limit, "ReturnConsumedCapacity": "INDEXES" });
        if self.consistent {
            body["ConsistentRead"] = Value::Bool(true);
        }
        if let Some(start) = start {
            body["ExclusiveStartKey"] = json!(start);
        }
        if let Some(category) = category {
            body["FilterExpression"] = json!("#category = :category");
            body["ExpressionAttributeNames"] = json!({ "#category": products.category });
            body["ExpressionAttributeValues"] = json!({ ":category": self.own.category.value(category) });
        }
        bytes(&body)
    }

    /// The products of a category, by the index.
    pub(crate) fn query(&self, category: &str, limit: u32) -> Bytes {
        let products = &self.own.layout.products;
        bytes(&json!({
            "TableName": products.table,
            "IndexName": products.index,
            "KeyConditionExpression": "#category = :category",
            "ExpressionAttributeNames": { "#category": products.category },
            "ExpressionAttributeValues": { ":category": self.own.category.value(category) },
            "Limit": limit,
            "ReturnConsumedCapacity": "INDEXES",
        }))
    }

    /// One product.
    pub(crate) fn get(&self, product: &str) -> Bytes {
        let table = &self.own.layout.products.table;
        let mut body = json!({ "TableName": table, "Key": self.product_key(product), "ReturnConsumedCapacity": "INDEXES" });
        if self.consistent {
            body["ConsistentRead"] = Value::Bool(true);
        }
        bytes(&body)
    }

    /// A plain put of a whole order.
    pub(crate) fn put(&self, order: &Order) -> Result<Bytes, Fault> {
        Ok(bytes(&json!({
            "TableName": self.own.layout.orders.table,
            "Item": self.order(order, true)?,
            "ReturnConsumedCapacity": "INDEXES",
        })))
    }

    /// An order, its lines where they are items of their own, and their stock in one transaction.
    pub(crate) fn transaction(&self, order: &Order) -> Result<Bytes, Fault> {
        let OwnTables { layout, .. } = &*self.own;
        let (orders, products) = (&layout.orders, &layout.products);
        let apart = orders.sort.is_some();
        let mut actions = vec![json!({ "Put": {
            "TableName": orders.table,
            "Item": self.order(order, !apart)?,
            "ConditionExpression": "attribute_not_exists(#key)",
            "ExpressionAttributeNames": { "#key": orders.key },
        } })];
        for (at, line) in order.lines.iter().enumerate().filter(|_| apart) {
            let mut item = self.order_key(order, at + 1);
            item.append(&mut line_of(line)?);
            actions.push(json!({ "Put": { "TableName": orders.table, "Item": item } }));
        }
        let stock = products.stock.as_deref().unwrap_or_default();
        actions.extend(order.lines.iter().map(|line| {
            json!({ "Update": {
                "TableName": products.table,
                "Key": self.product_key(&line.product),
                "UpdateExpression": "SET #stock = #stock - :quantity",
                "ConditionExpression": "#stock >= :quantity",
                "ExpressionAttributeNames": { "#stock": stock },
                "ExpressionAttributeValues": { ":quantity": { "N": line.quantity.to_string() } },
            } })
        }));
        Ok(bytes(&json!({
            "TransactItems": actions,
            "ClientRequestToken": order.id,
            "ReturnConsumedCapacity": "INDEXES",
        })))
    }

    fn product_key(&self, product: &str) -> Value {
        json!({ &self.own.layout.products.key: self.own.product.value(product) })
    }

    /// The key of an order, or of one of its lines by its number.
    fn order_key(&self, order: &Order, line: usize) -> Map<String, Value> {
        let (orders, mut key) = (&self.own.layout.orders, Map::new());
        let id = match self.own.order {
            Mapping::Text => order.id.clone(),
            // As random as the id is.
            Mapping::Number => u128::from_str_radix(&order.id.replace('-', ""), 16)
                .map_or_else(|_| order.id.clone(), |id| (id % 10_u128.pow(37)).to_string()),
        };
        key.insert(orders.key.clone(), self.own.order.value(&id));
        if let Some(sort) = &orders.sort {
            let text = match (self.own.sort, line) {
                (Mapping::Number, _) => line.to_string(),
                (Mapping::Text, 0) => "order".to_owned(),
                (Mapping::Text, _) => format!("line#{line}"),
            };
            key.insert(sort.clone(), self.own.sort.value(&text));
        }
        key
    }

    /// The item of an order, with its lines inside where they are wanted there.
    fn order(&self, order: &Order, with_lines: bool) -> Result<Map<String, Value>, Fault> {
        let orders = &self.own.layout.orders;
        let mut item = self.order_key(order, 0);
        item.insert(orders.customer.clone(), self.own.customer.value(&order.customer));
        for (name, text) in [
            (&orders.ordered_at, order.ordered_at.as_str()),
            (&orders.delivery, &order.delivery),
            (&orders.status, "PLACED"),
        ] {
            item.insert(name.clone(), json!({ "S": text }));
        }
        item.insert(orders.total.clone(), number(&order.total)?);
        if with_lines {
            let line = |line: &Line| Ok(json!({ "M": line_of(line)? }));
            let lines: Vec<Value> = order.lines.iter().map(line).collect::<Result<_, Fault>>()?;
            item.insert(orders.lines.clone(), json!({ "L": lines }));
        }
        Ok(item)
    }
}

/// A line, by the shop's own names: these are within an order, or beside the keys of one.
fn line_of(line: &Line) -> Result<Map<String, Value>, Fault> {
    let members = [
        ("product_id", json!({ "S": line.product })),
        ("quantity", json!({ "N": line.quantity.to_string() })),
        ("price", number(&line.price)?),
        ("discount", json!({ "N": line.discount.to_string() })),
        ("total", number(&line.total)?),
    ];
    Ok(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// An amount that DynamoDB keeps.
fn number(amount: &Decimal) -> Result<Value, Fault> {
    let number = serde_json::to_value(amount).map_err(|error| {
        Fault::new(flashcrowd_dynamodb::FaultKind::Invalid, "UnwritableRequest", error.to_string())
    })?;
    Ok(json!({ "N": number }))
}

fn bytes(body: &Value) -> Bytes {
    body.to_string().into()
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::Product;
    use super::super::layout::Layout;
    use super::*;

    fn requests(layout: &str, numbers: bool) -> OwnRequests {
        let layout = Layout::from_json(layout).unwrap();
        let kind = if numbers { Mapping::Number } else { Mapping::Text };
        let own =
            OwnTables { layout, product: kind, category: kind, customer: kind, order: kind, sort: kind };
        OwnRequests::new(Arc::new(own), true)
    }

    fn order() -> Order {
        let product = Product {
            id: "7".into(),
            category: "3".into(),
            name: "n".into(),
            price: Decimal::from_cents(1_990),
            stock: 1,
        };
        let lines = vec![Line::new(&product, 2, 50)];
        Order {
            id: "d3b07384-d113-4ec5-a6d4-6f1c2b7d1a10".into(),
            customer: "9".into(),
            total: lines[0].total.clone(),
            lines,
            ordered_at: "2026-11-20T09:00:00Z".into(),
            delivery: "2026-11-21".into(),
        }
    }

    const MINE: &str = r#"{"products": {"table": "items", "key": "sku", "category": "type", "stock": "left", "index": "by-type"},
        "orders": {"table": "sales", "key": "id", "sort": null, "total": "sum"}}"#;

    #[test]
    fn requests_have_the_names_of_the_layout() {
        let requests = requests(MINE, true);
        let told = |body: Bytes| String::from_utf8(body.to_vec()).unwrap();
        insta::assert_snapshot!(told(requests.get("7")), @r#"{"TableName":"items","Key":{"sku":{"N":"7"}},"ReturnConsumedCapacity":"INDEXES","ConsistentRead":true}"#);
        insta::assert_snapshot!(told(requests.query("3", 20)), @r##"{"TableName":"items","IndexName":"by-type","KeyConditionExpression":"#category = :category","ExpressionAttributeNames":{"#category":"type"},"ExpressionAttributeValues":{":category":{"N":"3"}},"Limit":20,"ReturnConsumedCapacity":"INDEXES"}"##);
        insta::assert_snapshot!(told(requests.scan(25, None, Some("3"))), @r##"{"TableName":"items","Limit":25,"ReturnConsumedCapacity":"INDEXES","ConsistentRead":true,"FilterExpression":"#category = :category","ExpressionAttributeNames":{"#category":"type"},"ExpressionAttributeValues":{":category":{"N":"3"}}}"##);
        insta::assert_snapshot!(told(requests.transaction(&order()).unwrap()).replace("{\"Update\"", "\n{\"Update\""), @r##"
        {"TransactItems":[{"Put":{"TableName":"sales","Item":{"id":{"N":"1383294357646959304165372497839856144"},"customer_id":{"N":"9"},"ordered_at":{"S":"2026-11-20T09:00:00Z"},"delivery":{"S":"2026-11-21"},"status":{"S":"PLACED"},"sum":{"N":"19.9"},"lines":{"L":[{"M":{"product_id":{"S":"7"},"quantity":{"N":"2"},"price":{"N":"19.9"},"discount":{"N":"50"},"total":{"N":"19.9"}}}]}},"ConditionExpression":"attribute_not_exists(#key)","ExpressionAttributeNames":{"#key":"id"}}},
        {"Update":{"TableName":"items","Key":{"sku":{"N":"7"}},"UpdateExpression":"SET #stock = #stock - :quantity","ConditionExpression":"#stock >= :quantity","ExpressionAttributeNames":{"#stock":"left"},"ExpressionAttributeValues":{":quantity":{"N":"2"}}}}],"ClientRequestToken":"d3b07384-d113-4ec5-a6d4-6f1c2b7d1a10","ReturnConsumedCapacity":"INDEXES"}
        "##);
    }

    #[test]
    fn lines_are_items_where_there_is_a_sort_key() {
        let body = requests("{}", false).transaction(&order()).unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        let actions = body["TransactItems"].as_array().unwrap();
        assert_eq!(actions.len(), 3);
        assert_eq!(actions[0]["Put"]["Item"]["line"]["S"], "order");
        assert_eq!(actions[1]["Put"]["Item"]["line"]["S"], "line#1");
        assert_eq!(actions[1]["Put"]["Item"]["product_id"]["S"], "7");
        assert_eq!(actions[0]["Put"]["Item"]["lines"], Value::Null);
    }
}
