//! A bad request is told what is wrong with it also where there is no capacity; ARNs of tables, and streams.

use serde_json::{Value, json};

use crate::kit::{Mode, Shop, key, sized, table};

/// A shop whose table has no capacity left, and serves nothing.
fn exhausted() -> Shop {
    let shop = Shop::new(0.0);
    shop.table("Items", Mode::Provisioned(1, 1));
    shop
}

#[tokio::test(start_paused = true)]
async fn bad_requests_on_an_exhausted_table_are_not_throttled() {
    let shop = exhausted();
    let wrong = json!({ "other": { "S": "a" } });
    let values = json!({ ":unused": { "S": "x" } });
    let put = |item: Value| json!({ "Put": { "TableName": "Items", "Item": item } });
    for (operation, request) in [
        ("GetItem", json!({ "TableName": "Items", "Key": wrong })),
        ("PutItem", json!({ "TableName": "Items", "Item": wrong })),
        (
            "PutItem",
            json!({ "TableName": "Items", "Item": sized("a", 50), "ExpressionAttributeValues": values }),
        ),
        ("DeleteItem", json!({ "TableName": "Items", "Key": wrong })),
        ("UpdateItem", json!({ "TableName": "Items", "Key": key("a"), "UpdateExpression": "SET = 1" })),
        (
            "Query",
            json!({ "TableName": "Items", "KeyConditionExpression": "other = :a",
            "ExpressionAttributeValues": { ":a": { "S": "a" } } }),
        ),
        ("Scan", json!({ "TableName": "Items", "FilterExpression": "nonsense(" })),
        ("BatchGetItem", json!({ "RequestItems": { "Items": { "Keys": [wrong] } } })),
        ("BatchWriteItem", json!({ "RequestItems": { "Items": [{ "PutRequest": { "Item": wrong } }] } })),
        (
            "TransactGetItems",
            json!({ "TransactItems": [{ "Get": { "TableName": "Items", "Key": key("a") } },
            { "Get": { "TableName": "Items", "Key": key("a") } }] }),
        ),
        ("TransactWriteItems", json!({ "TransactItems": [put(sized("a", 50)), put(sized("a", 60))] })),
    ] {
        assert_eq!(shop.code(operation, request.clone()), "ValidationException", "{operation} {request}");
    }
    let used = shop.stats().tables["Items"];
    assert_eq!((used.read_throttles, used.write_throttles, used.read, used.write), (0, 0, 0.0, 0.0));
}

#[tokio::test(start_paused = true)]
async fn good_ones_are_throttled_and_change_nothing() {
    let shop = exhausted();
    let item = sized("a", 50);
    let updated = json!({ "TableName": "Items", "Key": key("a"), "UpdateExpression": "SET n = :n",
        "ConditionExpression": "attribute_not_exists(n)", "ExpressionAttributeValues": { ":n": { "N": "1" } } });
    for (operation, request) in [
        ("PutItem", json!({ "TableName": "Items", "Item": item })),
        ("UpdateItem", updated),
        ("DeleteItem", json!({ "TableName": "Items", "Key": key("a") })),
        ("BatchWriteItem", json!({ "RequestItems": { "Items": [{ "PutRequest": { "Item": item } }] } })),
        ("GetItem", json!({ "TableName": "Items", "Key": key("a") })),
    ] {
        assert_eq!(
            shop.code(operation, request.clone()),
            "ProvisionedThroughputExceededException",
            "{request}"
        );
    }
    let write = json!({ "TransactItems": [{ "Put": { "TableName": "Items", "Item": item } }] });
    assert_eq!(shop.code("TransactWriteItems", write), "TransactionCanceledException");
    assert_eq!(shop.describe("Items")["ItemCount"], 0);
}

#[tokio::test(start_paused = true)]
async fn an_arn_stands_for_a_table() {
    let shop = Shop::new(1.0);
    shop.table("Items", Mode::OnDemand);
    let arn = shop.describe("Items")["TableArn"].as_str().unwrap().to_owned();
    let put = json!({ "TableName": arn, "Item": sized("a", 50), "ReturnConsumedCapacity": "TOTAL" });
    assert_eq!(shop.get("PutItem", put)["ConsumedCapacity"]["TableName"], arn);
    let answer = shop.get("BatchGetItem", json!({ "RequestItems": { &arn: { "Keys": [key("a")] } } }));
    assert_eq!(answer["Responses"][&arn][0]["id"]["S"], "a", "{answer}");
    assert_eq!(shop.get("DescribeTable", json!({ "TableName": arn }))["Table"]["TableName"], "Items");
    assert_eq!(shop.stats().operations["PutItem Items"].served, 1);
}

#[tokio::test(start_paused = true)]
async fn streams_are_refused_by_name() {
    let shop = Shop::new(1.0);
    let mut made = table("Items", Mode::OnDemand);
    made["StreamSpecification"] = json!({ "StreamEnabled": true, "StreamViewType": "NEW_IMAGE" });
    let refusal = shop.refused("CreateTable", made.clone());
    assert!(refusal["message"].as_str().unwrap().contains("it has no streams"), "{refusal}");
    made["StreamSpecification"] = json!({ "StreamEnabled": false });
    shop.get("CreateTable", made);
    let stream = json!({ "TableName": "Items", "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "KEYS_ONLY" } });
    assert_eq!(shop.code("UpdateTable", stream), "ValidationException");
    assert_eq!(shop.describe("Items")["LatestStreamArn"], Value::Null);
}
