//! What one partition serves, whatever the table has, and what transactions hold.

use std::time::Duration;

use flashcrowd_dynamodb_shop::StoreConfig;
use serde_json::{Value, json};
use tokio::time;

use crate::kit::{Mode, Shop, key, sized};

/// How many of these requests are served in that time, asked by turns as often as can be, and why the others are not.
pub async fn served_in(shop: &Shop, seconds: u64, operation: &str, requests: &[Value]) -> (u64, String) {
    let (mut served, mut why) = (0, String::new());
    for _ in 0..seconds * 10 {
        time::advance(Duration::from_millis(100)).await;
        let (mut turn, mut refused) = (0, 0);
        while refused < requests.len() {
            let (status, body) = shop.ask(operation, &requests[turn % requests.len()]);
            turn += 1;
            if status == 200 {
                (served, refused) = (served + 1, 0);
            } else {
                let code = body["__type"].as_str().unwrap().rsplit('#').next().unwrap();
                why = format!("{code} {}", Shop::reason(&body));
                refused += 1;
            }
        }
    }
    (served, why)
}

fn put(id: &str) -> Value {
    json!({ "TableName": "Items", "Item": sized(id, 100) })
}

#[tokio::test(start_paused = true)]
async fn one_item_takes_a_thousand_writes_a_second_and_no_more() {
    for (mode, refusal) in [
        (Mode::OnDemand, "ThrottlingException TableWriteKeyRangeThroughputExceeded"),
        (
            Mode::Provisioned(10, 20_000),
            "ProvisionedThroughputExceededException TableWriteKeyRangeThroughputExceeded",
        ),
    ] {
        let shop = Shop::new(1.0);
        shop.table("Items", mode);
        let (served, why) = served_in(&shop, 4, "PutItem", &[put("a")]).await;
        // A second's worth is there at first.
        assert!((4_000..=5_001).contains(&served), "{served}");
        assert_eq!(why, refusal);
        let used = shop.stats().tables["Items"];
        assert_eq!(used.write, served as f64);
        assert!(used.write_throttles > 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_table_on_demand_serves_four_thousand_writes_a_second_and_twelve_thousand_reads() {
    let shop = Shop::new(1.0);
    shop.table("Items", Mode::OnDemand);
    let puts: Vec<Value> = (0..200).map(|id| put(&id.to_string())).collect();
    let (served, _) = served_in(&shop, 2, "PutItem", &puts).await;
    assert!((8_000..=12_100).contains(&served), "{served}");
    let get = |id| json!({ "TableName": "Items", "Key": key(id), "ConsistentRead": true });
    let (served, why) = served_in(&shop, 2, "GetItem", &[get("1")]).await;
    assert!((6_000..=9_001).contains(&served), "{served}");
    assert_eq!(why, "ThrottlingException TableReadKeyRangeThroughputExceeded");
}

#[tokio::test(start_paused = true)]
async fn an_index_has_partitions_of_its_own() {
    let shop = Shop::new(1.0);
    shop.indexed("Items", Mode::OnDemand, Mode::OnDemand);
    let put = |id: usize| {
        let mut item = sized(&id.to_string(), 100);
        item["group"] = json!({ "S": "all" });
        item["price"] = json!({ "N": id.to_string() });
        json!({ "TableName": "Items", "Item": item })
    };
    let puts: Vec<Value> = (0..1_200).map(put).collect();
    let mut served = 0;
    let mut last = Value::Null;
    for request in &puts {
        match shop.ask("PutItem", request) {
            (200, _) => served += 1,
            (_, refusal) => last = refusal,
        }
    }
    assert_eq!(served, 1_000);
    assert_eq!(Shop::reason(&last), "IndexWriteKeyRangeThroughputExceeded", "{last}");
    let query = json!({
        "TableName": "Items", "IndexName": "by-group", "KeyConditionExpression": "#g = :g", "Limit": 1,
        "ExpressionAttributeNames": { "#g": "group" }, "ExpressionAttributeValues": { ":g": { "S": "all" } },
    });
    // Half a unit each.
    let (served, why) = served_in(&shop, 1, "Query", &[query]).await;
    assert!((6_000..=12_002).contains(&served), "{served}");
    assert_eq!(why, "ThrottlingException IndexReadKeyRangeThroughputExceeded");
}

#[tokio::test(start_paused = true)]
async fn a_transaction_holds_its_items_while_it_lasts() {
    let hold = Duration::from_millis(5);
    let shop = Shop::with(StoreConfig { settle: Duration::ZERO, hold, ..StoreConfig::default() });
    shop.table("Items", Mode::OnDemand);
    let write = |ids: &[&str]| {
        let items: Vec<Value> = ids.iter().map(|id| json!({ "Put": put(id) })).collect();
        json!({ "TransactItems": items })
    };
    shop.get("TransactWriteItems", write(&["a", "b"]));
    assert_eq!(shop.code("PutItem", put("a")), "TransactionConflictException");
    let refusal = shop.refused("TransactWriteItems", write(&["c", "b"]));
    let codes = |refusal: &Value| -> Vec<String> {
        let reasons = refusal["CancellationReasons"].as_array().unwrap();
        reasons.iter().map(|reason| reason["Code"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(codes(&refusal), ["None", "TransactionConflict"]);
    let get = |id: &str| json!({ "Get": { "TableName": "Items", "Key": key(id) } });
    let refusal = shop.refused("TransactGetItems", json!({ "TransactItems": [get("a"), get("c")] }));
    assert_eq!(codes(&refusal), ["TransactionConflict", "None"]);
    // Others' reads and items are not concerned.
    shop.get("GetItem", json!({ "TableName": "Items", "Key": key("a") }));
    shop.get("PutItem", put("c"));
    time::advance(hold).await;
    shop.get("PutItem", put("a"));
    let count = shop.stats().operations["TransactWriteItems Items"];
    assert_eq!((count.served, count.throttled, count.failed), (1, 0, 1));
}
