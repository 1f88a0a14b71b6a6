//! How fast the store answers on one thread: run with `--ignored --nocapture`.

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::kit::{Mode, Shop, key, sized};

#[expect(clippy::print_stdout, reason = "the figures are what it is run for")]
fn tell(what: &str, rate: f64) {
    println!("{what}: {rate:.0}/s");
}

fn rate(shop: &Shop, what: &str, operation: &str, requests: &[Value], count: usize) -> f64 {
    let bodies: Vec<String> = requests.iter().map(Value::to_string).collect();
    let start = Instant::now();
    for at in 0..count {
        let answer = shop.store.answer(operation, bodies[at % bodies.len()].as_bytes());
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let rate = count as f64 / start.elapsed().as_secs_f64();
    tell(what, rate);
    rate
}

#[test]
#[ignore = "a measurement"]
fn answers_a_second() {
    let shop = Shop::new(1.0);
    shop.indexed("Products", Mode::Provisioned(20_000, 20_000), Mode::Provisioned(20_000, 20_000));
    shop.table("Orders", Mode::OnDemand);
    let product = |id: usize| {
        let mut item = sized(&id.to_string(), 600);
        item["group"] = json!({ "S": format!("g{}", id % 50) });
        item["stock"] = json!({ "N": "1000000" });
        json!({ "TableName": "Products", "Item": item })
    };
    let products: Vec<Value> = (0..100).map(product).collect();
    rate(&shop, "PutItem, 600 B, with an index", "PutItem", &products, 10_000);
    let get = |id: usize| json!({ "TableName": "Products", "Key": key(&id.to_string()) });
    let gets: Vec<Value> = (0..100).map(get).collect();
    let rate_of_gets = rate(&shop, "GetItem, 600 B", "GetItem", &gets, 50_000);
    let put = |id: usize| json!({ "TableName": "Orders", "Item": sized(&format!("p{id}"), 600) });
    let puts: Vec<Value> = (0..10_000).map(put).collect();
    rate(&shop, "PutItem, 600 B", "PutItem", &puts, 10_000);
    rate(&shop, "Scan of 100, 60 kB", "Scan", &[json!({ "TableName": "Products" })], 500);
    let query = |group: usize| {
        json!({
            "TableName": "Products", "IndexName": "by-group", "KeyConditionExpression": "#g = :g", "Limit": 20,
            "ExpressionAttributeNames": { "#g": "group" },
            "ExpressionAttributeValues": { ":g": { "S": format!("g{group}") } },
        })
    };
    let queries: Vec<Value> = (0..50).map(query).collect();
    rate(&shop, "Query by an index", "Query", &queries, 2_000);
    for round in 0..5 {
        let order = |id: usize| {
            let update = |product: usize| {
                json!({ "Update": {
                    "TableName": "Products", "Key": key(&(product % 100).to_string()),
                    "UpdateExpression": "SET stock = stock - :q", "ConditionExpression": "stock >= :q",
                    "ExpressionAttributeValues": { ":q": { "N": "1" } },
                } })
            };
            let put = |line: usize| json!({ "Put": { "TableName": "Orders", "Item": sized(&format!("{round}-{id}-{line}"), 200) } });
            json!({
                "TransactItems": [put(0), put(1), put(2), update(id), update(id + 1)],
                "ClientRequestToken": format!("{round}-{id}"),
            })
        };
        let orders: Vec<Value> = (0..4_000).map(order).collect();
        rate(&shop, "TransactWriteItems, 3 puts, 2 updates, a token", "TransactWriteItems", &orders, 4_000);
    }
    shop.table("Poor", Mode::Provisioned(1, 1));
    let poor = json!({ "TableName": "Poor", "Key": key("a") }).to_string();
    let start = Instant::now();
    (0..50_000).for_each(|_| drop(shop.store.answer("GetItem", poor.as_bytes())));
    tell("GetItem, throttled", 50_000.0 / start.elapsed().as_secs_f64());
    assert!(rate_of_gets > 1_000.0, "{rate_of_gets}");
}
