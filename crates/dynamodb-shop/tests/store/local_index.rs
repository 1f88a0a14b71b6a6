//! Local indexes that do not hold what is asked for.

use serde_json::{Value, json};

use crate::kit::{Mode, Shop, throughput};

/// Four items of 2,000 bytes under one key, of which the index holds a few.
fn shop() -> Shop {
    let shop = Shop::new(1.0);
    let mut made = throughput(Mode::Provisioned(100, 100));
    let attribute = |name: &str| json!({ "AttributeName": name, "AttributeType": "S" });
    let key = |range: &str| json!([{ "AttributeName": "id", "KeyType": "HASH" }, { "AttributeName": range, "KeyType": "RANGE" }]);
    made["TableName"] = json!("Threads");
    made["AttributeDefinitions"] = json!([attribute("id"), attribute("subject"), attribute("last")]);
    made["KeySchema"] = key("subject");
    made["LocalSecondaryIndexes"] = json!([{ "IndexName": "by-last", "KeySchema": key("last"), "Projection": { "ProjectionType": "KEYS_ONLY" } }]);
    shop.get("CreateTable", made);
    for n in 1..=4 {
        let item = json!({
            "id": { "S": "t" }, "subject": { "S": format!("s{n}") }, "last": { "S": format!("2026-11-0{n}") },
            "text": { "S": "x".repeat(1_950) }, "n": { "N": n.to_string() },
        });
        shop.get("PutItem", json!({ "TableName": "Threads", "Item": item }));
    }
    shop
}

fn query(more: Value) -> Value {
    let mut query = json!({
        "TableName": "Threads", "IndexName": "by-last", "KeyConditionExpression": "id = :id", "ConsistentRead": true,
        "ExpressionAttributeValues": { ":id": { "S": "t" } }, "ReturnConsumedCapacity": "INDEXES",
    });
    more.as_object().unwrap().iter().for_each(|(name, value)| query[name] = value.clone());
    query
}

#[test]
fn each_item_that_is_fetched_is_a_read_of_its_own() {
    let shop = shop();
    let before = shop.stats().tables["Threads"].read;
    let answer = shop.get("Query", query(json!({ "Select": "ALL_ATTRIBUTES" })));
    // The entries of the index together are one unit, and four items of 2 KB are four more: AWS's example.
    assert_eq!(answer["ConsumedCapacity"]["CapacityUnits"], 5.0, "{answer}");
    assert_eq!(answer["ConsumedCapacity"]["Table"]["CapacityUnits"], 4.0);
    assert_eq!(answer["ConsumedCapacity"]["LocalSecondaryIndexes"]["by-last"]["CapacityUnits"], 1.0);
    assert_eq!(shop.stats().tables["Threads"].read - before, 5.0);
    assert_eq!(
        shop.units("Query", query(json!({ "Select": "ALL_ATTRIBUTES", "ConsistentRead": false }))),
        2.5
    );
    assert_eq!(shop.units("Query", query(json!({ "Select": "ALL_ATTRIBUTES", "Limit": 2 }))), 3.0);
}

#[test]
fn attributes_that_the_index_lacks_are_fetched_and_projected() {
    let shop = shop();
    let asked = json!({
        "ProjectionExpression": "#s, n", "ExpressionAttributeNames": { "#s": "subject", "#n": "n" },
        "FilterExpression": "#n > :two",
        "ExpressionAttributeValues": { ":id": { "S": "t" }, ":two": { "N": "2" } },
    });
    let answer = shop.get("Query", query(asked));
    // All four are fetched, also those that the filter leaves out.
    assert_eq!(answer["ConsumedCapacity"]["CapacityUnits"], 5.0, "{answer}");
    let item = |n: u32| json!({ "subject": { "S": format!("s{n}") }, "n": { "N": n.to_string() } });
    assert_eq!(answer["Items"], json!([item(3), item(4)]));
    assert_eq!(answer["ScannedCount"], 4);
}

#[test]
fn what_the_index_holds_is_read_from_it_alone() {
    let shop = shop();
    assert_eq!(shop.units("Query", query(json!({}))), 1.0);
    assert_eq!(shop.units("Query", query(json!({ "Select": "COUNT" }))), 1.0);
    let held = json!({ "ProjectionExpression": "subject, #l", "ExpressionAttributeNames": { "#l": "last" } });
    assert_eq!(shop.units("Query", query(held)), 1.0);
}
