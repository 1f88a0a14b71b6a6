//! Batches: what finds capacity is done, the rest handed back.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time;

use crate::kit::{Mode, Shop, key, sized};

fn puts(count: usize, bytes: usize) -> Value {
    let put = |at: usize| json!({ "PutRequest": { "Item": sized(&at.to_string(), bytes) } });
    (0..count).map(put).collect()
}

#[tokio::test(start_paused = true)]
async fn writes_that_find_no_capacity_are_handed_back() {
    let shop = Shop::new(0.0);
    shop.table("Products", Mode::Provisioned(2, 2));
    time::advance(Duration::from_secs(5)).await;
    // 10 units: 5 items of 2 units each.
    let answer = shop.get("BatchWriteItem", json!({ "RequestItems": { "Products": puts(8, 1_500) } }));
    let rest = answer["UnprocessedItems"]["Products"].as_array().unwrap();
    assert_eq!(rest.len(), 3);
    assert_eq!(rest[0], json!({ "PutRequest": { "Item": sized("5", 1_500) } }));
    assert_eq!(shop.describe("Products")["ItemCount"], 5);
    let refusal = shop.refused("BatchWriteItem", json!({ "RequestItems": { "Products": rest } }));
    assert!(refusal["__type"].as_str().unwrap().ends_with("#ProvisionedThroughputExceededException"));
    time::advance(Duration::from_secs(3)).await;
    let answer = shop.get("BatchWriteItem", json!({ "RequestItems": { "Products": rest } }));
    assert_eq!(answer["UnprocessedItems"], json!({}));
    assert_eq!(shop.describe("Products")["ItemCount"], 8);
    let stats = shop.stats();
    assert_eq!(stats.tables["Products"].write, 16.0);
    let count = stats.operations["BatchWriteItem Products"];
    assert_eq!((count.served, count.throttled, stats.tables["Products"].write_throttles), (2, 1, 2));
}

#[tokio::test(start_paused = true)]
async fn an_index_hands_back_only_what_it_would_have_to_follow() {
    let shop = Shop::new(0.0);
    shop.indexed("Products", Mode::Provisioned(100, 100), Mode::Provisioned(1, 1));
    time::advance(Duration::from_secs(2)).await;
    let put = |id: usize, group: bool| {
        let mut item = key(&id.to_string());
        if group {
            item["group"] = json!({ "S": "g" });
        }
        json!({ "PutRequest": { "Item": item } })
    };
    let writes: Value = (0..8).map(|id| put(id, id % 2 == 0)).collect();
    let answer = shop.get("BatchWriteItem", json!({ "RequestItems": { "Products": writes } }));
    assert_eq!(answer["UnprocessedItems"]["Products"], json!([put(4, true), put(6, true)]));
    let used = shop.stats().tables["Products/by-group"];
    assert_eq!((used.write, used.write_tokens, used.write_throttles), (2.0, Some(0.0), 1));
}

#[tokio::test(start_paused = true)]
async fn keys_that_find_no_capacity_are_handed_back() {
    let shop = Shop::new(0.0);
    shop.table("Products", Mode::Provisioned(2, 1_000));
    shop.table("Others", Mode::OnDemand);
    time::advance(Duration::from_secs(1)).await;
    shop.get(
        "BatchWriteItem",
        json!({ "RequestItems": { "Products": puts(9, 500), "Others": puts(2, 500) } }),
    );
    let keys: Vec<Value> = (0..9).map(|at| key(&at.to_string())).collect();
    let products = json!({
        "Keys": keys, "ProjectionExpression": "#i", "ExpressionAttributeNames": { "#i": "id" },
    });
    let request = json!({ "RequestItems": { "Products": products, "Others": { "Keys": &keys[..2] } } });
    let answer = shop.get("BatchGetItem", request.clone());
    assert_eq!(answer["Responses"]["Products"].as_array().unwrap().len(), 4, "2 units");
    assert_eq!(answer["Responses"]["Others"].as_array().unwrap().len(), 2);
    let rest = json!({
        "Keys": &keys[4..], "ProjectionExpression": "#i", "ExpressionAttributeNames": { "#i": "id" },
    });
    assert_eq!(answer["UnprocessedKeys"], json!({ "Products": rest }));
    let request = json!({ "RequestItems": answer["UnprocessedKeys"] });
    assert_eq!(shop.code("BatchGetItem", request), "ProvisionedThroughputExceededException");
}

#[test]
fn what_is_wrong_with_a_batch_is_still_told() {
    let shop = Shop::new(0.0);
    shop.table("Products", Mode::Provisioned(2, 2));
    let request = json!({ "RequestItems": { "Products": puts(26, 100) } });
    assert_eq!(shop.code("BatchWriteItem", request), "ValidationException");
    let request = json!({ "RequestItems": { "Products": { "Keys": [] } } });
    assert_eq!(shop.code("BatchGetItem", request), "ValidationException");
    let request = json!({ "RequestItems": { "Nothing": puts(1, 100) } });
    assert_eq!(shop.code("BatchWriteItem", request), "ResourceNotFoundException");
}
