//! Tables kept by the simplest means: what the customers' requests ask for, and nothing else of DynamoDB.

use std::collections::{BTreeMap, BTreeSet};

use flashcrowd_dynamodb::{Decimal, Item};
use flashcrowd_prime_day::Catalogue;
use serde_json::{Value, json};

/// The tables of a shop.
#[derive(Debug)]
pub struct Tables {
    pub products: BTreeMap<String, Item>,
    pub orders: BTreeMap<(String, String), Item>,
    /// Tokens of transactions that were done; none if tokens are not heeded.
    pub tokens: Option<BTreeSet<String>>,
}

/// What is in the tables, added up.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub orders: u64,
    pub lines: u64,
    pub items: u64,
    pub total: Decimal,
}

impl Tables {
    pub fn of(catalogue: &Catalogue) -> Self {
        let key = |item: &Item| item["product_id"].as_s().unwrap().to_owned();
        let products = catalogue.product_items().into_iter().map(|item| (key(&item), item));
        Self { products: products.collect(), orders: BTreeMap::new(), tokens: Some(BTreeSet::new()) }
    }

    /// Answers an operation.
    pub fn answer(&mut self, operation: &str, body: &Value) -> (u16, Value) {
        match operation {
            "GetItem" => self.get(body),
            "Scan" => self.scan(body),
            "Query" => self.query(body),
            "PutItem" => {
                self.put(&body["Item"]);
                (200, json!({}))
            }
            "TransactWriteItems" => self.transact(body),
            other => panic!("nobody asks for {other}"),
        }
    }

    pub fn stock(&self, product: &str) -> Decimal {
        self.products[product]["stock"].as_n().unwrap().clone()
    }

    /// Adds up what was ordered, and proves that every order is whole.
    pub fn sums(&self) -> Sums {
        let mut sums = Sums::default();
        for ((id, key), order) in self.orders.iter().filter(|((_, key), _)| key == "order") {
            let inside: Vec<Item> = match order.get("lines") {
                Some(lines) => {
                    lines.as_l().unwrap().iter().map(|line| line.as_m().unwrap().clone()).collect()
                }
                None => self.lines(id),
            };
            let number = |item: &Item, name: &str| item[name].as_n().unwrap().clone();
            let total: Decimal =
                inside.iter().map(|line| number(line, "total")).fold(Decimal::default(), |a, b| a + &b);
            assert_eq!(number(order, "total"), total, "{id} {key}");
            assert_eq!(number(order, "subtotal") - &number(order, "discount"), total);
            for line in &inside {
                let per_cent = Decimal::from(100) - &number(line, "discount");
                let exact =
                    number(line, "price") * &number(line, "quantity") * &per_cent * &Decimal::from_cents(1);
                assert_eq!(number(line, "total"), exact.round(2), "{id}");
                sums.items += number(line, "quantity").to_string().parse::<u64>().unwrap();
            }
            sums.orders += 1;
            sums.lines += inside.len() as u64;
            sums.total = sums.total + &total;
        }
        let loose =
            self.orders.keys().find(|(id, _)| !self.orders.contains_key(&(id.clone(), "order".into())));
        assert_eq!(loose, None, "a line has no order");
        sums
    }

    fn lines(&self, id: &str) -> Vec<Item> {
        let from = (id.to_owned(), "line#".to_owned());
        let lines =
            self.orders.range(from..).take_while(|((other, key), _)| other == id && key.starts_with("line#"));
        lines.map(|(_, item)| item.clone()).collect()
    }

    fn get(&self, body: &Value) -> (u16, Value) {
        let item = self.products.get(body["Key"]["product_id"]["S"].as_str().unwrap());
        (200, item.map_or(json!({}), |item| json!({ "Item": item })))
    }

    fn scan(&self, body: &Value) -> (u16, Value) {
        let start = body["ExclusiveStartKey"]["product_id"]["S"].as_str();
        let limit = usize::try_from(body["Limit"].as_u64().unwrap()).unwrap();
        let after = self.products.iter().filter(|(id, _)| start.is_none_or(|start| id.as_str() > start));
        let page: Vec<(&String, &Item)> = after.take(limit).collect();
        let mut answer =
            json!({"Count": page.len(), "Items": page.iter().map(|(_, item)| item).collect::<Vec<_>>()});
        if let (true, Some((id, _))) = (page.len() == limit, page.last()) {
            answer["LastEvaluatedKey"] = json!({"product_id": {"S": id}});
        }
        (200, answer)
    }

    fn query(&self, body: &Value) -> (u16, Value) {
        assert_eq!((&body["IndexName"], body.get("ConsistentRead")), (&json!("category-index"), None));
        let category = body["ExpressionAttributeValues"][":category"]["S"].as_str();
        let items: Vec<&Item> =
            self.products.values().filter(|item| item["category_id"].as_s() == category).collect();
        (200, json!({"Count": items.len(), "Items": items}))
    }

    fn put(&mut self, item: &Value) {
        let item: Item = serde_json::from_value(item.clone()).unwrap();
        let key = |name: &str| item[name].as_s().unwrap().to_owned();
        self.orders.insert((key("order_id"), key("line")), item);
    }

    fn transact(&mut self, body: &Value) -> (u16, Value) {
        let token = body["ClientRequestToken"].as_str().unwrap().to_owned();
        if self.tokens.as_ref().is_some_and(|tokens| tokens.contains(&token)) {
            return (200, json!({}));
        }
        let actions = body["TransactItems"].as_array().unwrap();
        let failed: Vec<bool> = actions.iter().map(|action| !self.holds(action)).collect();
        if failed.contains(&true) {
            let code = |failed| if failed { "ConditionalCheckFailed" } else { "None" };
            let reasons: Vec<Value> =
                failed.into_iter().map(|failed| json!({"Code": code(failed)})).collect();
            let kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
            return (
                400,
                json!({"__type": kind, "Message": "Transaction cancelled", "CancellationReasons": reasons}),
            );
        }
        for action in actions {
            match (action.get("Put"), action.get("Update")) {
                (Some(put), None) => self.put(&put["Item"]),
                (None, Some(update)) => self.sell(update),
                _ => panic!("{action}"),
            }
        }
        if let Some(tokens) = &mut self.tokens {
            tokens.insert(token);
        }
        (200, json!({}))
    }

    /// Whether the condition of an action holds.
    fn holds(&self, action: &Value) -> bool {
        if let Some(put) = action.get("Put") {
            let key = |name: &str| put["Item"][name]["S"].as_str().unwrap().to_owned();
            return put.get("ConditionExpression").is_none_or(|condition| {
                assert_eq!(condition, "attribute_not_exists(order_id)");
                !self.orders.contains_key(&(key("order_id"), key("line")))
            });
        }
        let update = &action["Update"];
        assert_eq!(update["ConditionExpression"], "stock >= :quantity");
        let (product, quantity) = sale(update);
        self.stock(&product) >= quantity
    }

    fn sell(&mut self, update: &Value) {
        assert_eq!(update["UpdateExpression"], "SET stock = stock - :quantity");
        let (product, quantity) = sale(update);
        let left = self.stock(&product) - &quantity;
        self.products.get_mut(&product).unwrap().insert("stock".into(), left.into());
    }
}

fn sale(update: &Value) -> (String, Decimal) {
    let quantity = update["ExpressionAttributeValues"][":quantity"]["N"].as_str().unwrap();
    (update["Key"]["product_id"]["S"].as_str().unwrap().to_owned(), quantity.parse().unwrap())
}
