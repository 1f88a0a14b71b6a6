//! The workload against the practice endpoint: the sum of its tables is the sum that was reported.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use flashcrowd_dynamodb::{Decimal, Item};
use flashcrowd_dynamodb_shop::{RunningServer, Server, ServerConfig, Store, StoreConfig};
use flashcrowd_prime_day::{Catalogue, OrderStyle, Workload};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::runs::{go, service, workload};
use crate::tables::Tables;

/// A page of a scan.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    items: Vec<Item>,
    last_evaluated_key: Option<Value>,
}

fn ask(store: &Store, operation: &str, body: &Value) -> Vec<u8> {
    let answer = store.answer(operation, body.to_string().as_bytes());
    assert_eq!(answer.status, 200, "{operation}: {}", String::from_utf8_lossy(&answer.body));
    answer.body.to_vec()
}

fn create(store: &Store, table: &str, keys: &[&str], index: Option<Value>) {
    let (mut schema, mut attributes) = (Vec::new(), Vec::new());
    for (key, kind) in keys.iter().zip(["HASH", "RANGE"]) {
        schema.push(json!({"AttributeName": key, "KeyType": kind}));
        attributes.push(json!({"AttributeName": key, "AttributeType": "S"}));
    }
    let mut body = json!({"TableName": table, "KeySchema": schema, "BillingMode": "PAY_PER_REQUEST"});
    if let Some(index) = index {
        attributes.push(json!({"AttributeName": "category_id", "AttributeType": "S"}));
        body["GlobalSecondaryIndexes"] = json!([index]);
    }
    body["AttributeDefinitions"] = attributes.into();
    ask(store, "CreateTable", &body);
}

fn desk(catalogue: &Catalogue) -> RunningServer {
    let desk = Server::spawn(ServerConfig {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        threads: 1,
        store: StoreConfig { settle: Duration::ZERO, hold: Duration::ZERO, ..StoreConfig::default() },
        ..ServerConfig::default()
    });
    let desk = desk.unwrap();
    let handle = desk.handle();
    let store = handle.store();
    let index = json!({
        "IndexName": "category-index",
        "KeySchema": [
            {"AttributeName": "category_id", "KeyType": "HASH"}, {"AttributeName": "product_id", "KeyType": "RANGE"}
        ],
        "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["name", "price"]},
    });
    create(store, "Products", &["product_id"], Some(index));
    create(store, "Orders", &["order_id", "line"], None);
    for item in catalogue.product_items() {
        ask(store, "PutItem", &json!({"TableName": "Products", "Item": item}));
    }
    desk
}

fn all(store: &Store, table: &str) -> Vec<Item> {
    let (mut items, mut body) = (Vec::new(), json!({"TableName": table}));
    loop {
        let page: Page = serde_json::from_slice(&ask(store, "Scan", &body)).unwrap();
        items.extend(page.items);
        match page.last_evaluated_key {
            Some(key) => body["ExclusiveStartKey"] = key,
            None => return items,
        }
    }
}

/// The tables as they are in a store.
fn read(store: &Store) -> Tables {
    let text = |item: &Item, name: &str| item[name].as_s().unwrap().to_owned();
    let products = all(store, "Products").into_iter().map(|item| (text(&item, "product_id"), item));
    let orders = all(store, "Orders");
    let orders = orders.into_iter().map(|item| ((text(&item, "order_id"), text(&item, "line")), item));
    Tables { products: products.collect(), orders: orders.collect::<BTreeMap<_, _>>(), tokens: None }
}

async fn run(orders: OrderStyle, stock: u64) {
    let catalogue = Arc::new(Catalogue::new(100, stock));
    let desk = desk(&catalogue);
    let scenarios = json!({
        "product_queries": {"executor": "constant-vus", "vus": 3, "duration": "1s", "exec": Workload::READS},
        "order_creation": {"executor": "constant-vus", "vus": 5, "duration": "1s", "exec": Workload::ORDERS},
    });
    let workload = Workload { orders, ..workload(&catalogue) };
    let ran = go(workload, service(&desk.url()), scenarios).await;
    let tables = read(desk.handle().store());
    let (inside, taken) = (tables.sums(), &ran.sales);
    assert!(taken.orders > 10, "{taken:?}");
    assert_eq!((ran.failed(), taken.refused, taken.unsettled), (0, 0, 0));
    assert_eq!((inside.orders, inside.lines, inside.items), (taken.orders, taken.lines, taken.items));
    assert_eq!(inside.total, taken.total);
    let mut sold = Decimal::default();
    for product in &catalogue.products {
        let left = tables.stock(&product.id);
        assert!(left >= Decimal::default(), "{}", product.id);
        sold = sold + &(Decimal::from(stock) - &left);
    }
    let expected = if orders == OrderStyle::Transaction { taken.items } else { 0 };
    assert_eq!(sold, Decimal::from(expected));
    assert_eq!(taken.sold_out > 0, orders == OrderStyle::Transaction && stock < 10);
}

#[tokio::test]
async fn transactions_add_up() {
    run(OrderStyle::Transaction, 1_000_000).await;
}

#[tokio::test]
async fn transactions_sell_no_more_than_there_is() {
    run(OrderStyle::Transaction, 1).await;
}

#[tokio::test]
async fn plain_puts_add_up() {
    run(OrderStyle::Put, 1).await;
}
