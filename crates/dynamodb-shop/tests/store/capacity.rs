//! What operations cost, against what the service documents.

use serde_json::{Value, json};

use crate::kit::{Mode, Shop, key, sized};

const KB: usize = 1024;

fn shop() -> Shop {
    let shop = Shop::new(0.0);
    shop.table("Items", Mode::OnDemand);
    shop
}

fn put(shop: &Shop, item: Value) -> f64 {
    shop.units("PutItem", json!({ "TableName": "Items", "Item": item }))
}

#[test]
fn writes_cost_the_larger_of_before_and_after() {
    let shop = shop();
    assert_eq!(put(&shop, sized("a", 1_500)), 2.0);
    assert_eq!(put(&shop, sized("a", 2_900)), 3.0);
    assert_eq!(put(&shop, sized("a", 10)), 3.0);
    assert_eq!(put(&shop, sized("a", 10)), 1.0);
    put(&shop, sized("b", 2_900));
    let update = json!({
        "TableName": "Items", "Key": key("b"), "UpdateExpression": "SET n = :n",
        "ExpressionAttributeValues": { ":n": { "N": "1" } },
    });
    assert_eq!(shop.units("UpdateItem", update), 3.0);
    assert_eq!(shop.units("DeleteItem", json!({ "TableName": "Items", "Key": key("b") })), 3.0);
    assert_eq!(shop.units("DeleteItem", json!({ "TableName": "Items", "Key": key("b") })), 1.0);
    let batch = json!({ "RequestItems": { "Items": [
        { "PutRequest": { "Item": sized("c", 500) } },
        { "PutRequest": { "Item": sized("d", 3_500) } },
    ] } });
    assert_eq!(shop.units("BatchWriteItem", batch), 5.0);
}

#[test]
fn reads_cost_by_4_kb_and_half_if_they_may_be_late() {
    let shop = shop();
    put(&shop, sized("five", 5 * KB));
    let get = |id: &str, consistent: bool| {
        shop.units("GetItem", json!({ "TableName": "Items", "Key": key(id), "ConsistentRead": consistent }))
    };
    assert_eq!((get("five", false), get("five", true)), (1.0, 2.0));
    assert_eq!((get("none", false), get("none", true)), (0.5, 1.0));
    put(&shop, sized("small", 1_500));
    put(&shop, sized("large", 6_500));
    let batch = json!({ "RequestItems": { "Items": {
        "Keys": [key("small"), key("large")], "ConsistentRead": true,
    } } });
    assert_eq!(shop.units("BatchGetItem", batch), 3.0);
}

#[test]
fn a_query_costs_the_sum_of_what_it_looks_at() {
    let shop = Shop::new(0.0);
    shop.get(
        "CreateTable",
        json!({
            "TableName": "Lines",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [
                { "AttributeName": "order", "AttributeType": "S" }, { "AttributeName": "line", "AttributeType": "S" },
            ],
            "KeySchema": [
                { "AttributeName": "order", "KeyType": "HASH" }, { "AttributeName": "line", "KeyType": "RANGE" },
            ],
        }),
    );
    for line in 0..10 {
        let fill = "x".repeat(1_500 - "orderalinefill".len() - 1);
        let item = json!({
            "order": { "S": "a" }, "line": { "S": line.to_string() }, "fill": { "S": fill },
        });
        shop.get("PutItem", json!({ "TableName": "Lines", "Item": item }));
    }
    let query = |order: &str, also: Value| {
        let mut request = json!({
            "TableName": "Lines", "KeyConditionExpression": "#o = :o",
            "ExpressionAttributeNames": { "#o": "order" }, "ExpressionAttributeValues": { ":o": { "S": order } },
        });
        for (name, value) in also.as_object().unwrap() {
            request[name] = value.clone();
        }
        shop.units("Query", request)
    };
    assert_eq!(query("a", json!({})), 2.0);
    assert_eq!(query("a", json!({ "ConsistentRead": true })), 4.0);
    assert_eq!(query("a", json!({ "Select": "COUNT" })), 2.0);
    assert_eq!(query("a", json!({ "FilterExpression": "attribute_exists(nothing)" })), 2.0);
    assert_eq!(query("none", json!({})), 0.5);
    assert_eq!(shop.units("Scan", json!({ "TableName": "Lines" })), 2.0);
    assert_eq!(shop.units("Scan", json!({ "TableName": "Lines", "Limit": 1 })), 0.5);
}

#[test]
fn a_transaction_costs_twice() {
    let shop = shop();
    let write = |actions: Value| shop.units("TransactWriteItems", json!({ "TransactItems": actions }));
    let put = |id: &str| json!({ "Put": { "TableName": "Items", "Item": sized(id, 500) } });
    assert_eq!(write(json!([put("a"), put("b")])), 4.0);
    let check = json!({ "ConditionCheck": {
        "TableName": "Items", "Key": key("a"), "ConditionExpression": "attribute_exists(id)",
    } });
    assert_eq!(write(json!([check, put("c")])), 4.0);
    let get = |id: &str| json!({ "Get": { "TableName": "Items", "Key": key(id) } });
    assert_eq!(shop.units("TransactGetItems", json!({ "TransactItems": [get("a"), get("b")] })), 4.0);
}

#[test]
fn indexes_cost_apart_and_only_what_changes_in_them() {
    let shop = Shop::new(0.0);
    shop.indexed("Items", Mode::OnDemand, Mode::OnDemand);
    let write = |operation: &str, mut request: Value| {
        request["TableName"] = json!("Items");
        request["ReturnConsumedCapacity"] = json!("INDEXES");
        let used = shop.get(operation, request)["ConsumedCapacity"].take();
        let index = used["GlobalSecondaryIndexes"]["by-group"]["CapacityUnits"].as_f64();
        (used["Table"]["CapacityUnits"].as_f64().unwrap(), index)
    };
    let item =
        json!({ "id": { "S": "a" }, "group": { "S": "g" }, "price": { "N": "1" }, "stock": { "N": "5" } });
    assert_eq!(write("PutItem", json!({ "Item": item })), (1.0, Some(1.0)));
    let set = |name: &str, value: Value| {
        let names = json!({ "#n": name });
        let update = json!({
            "Key": key("a"), "UpdateExpression": "SET #n = :v", "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": { ":v": value },
        });
        write("UpdateItem", update)
    };
    assert_eq!(set("stock", json!({ "N": "4" })), (1.0, None));
    assert_eq!(set("price", json!({ "N": "2" })), (1.0, Some(1.0)));
    assert_eq!(set("group", json!({ "S": "h" })), (1.0, Some(2.0)));
    let stats = shop.stats();
    assert_eq!((stats.tables["Items"].write, stats.tables["Items/by-group"].write), (4.0, 4.0));
    let query = json!({
        "IndexName": "by-group", "KeyConditionExpression": "#g = :g",
        "ExpressionAttributeNames": { "#g": "group" }, "ExpressionAttributeValues": { ":g": { "S": "h" } },
    });
    assert_eq!(write("Query", query), (0.0, Some(0.5)));
    let stats = shop.stats();
    assert_eq!((stats.tables["Items"].read, stats.tables["Items/by-group"].read), (0.0, 0.5));
}

#[test]
fn consumed_capacity_is_told_as_asked() {
    let shop = shop();
    let get = |mode: Option<&str>| {
        let mut request = json!({ "TableName": "Items", "Key": key("a") });
        mode.into_iter().for_each(|mode| request["ReturnConsumedCapacity"] = json!(mode));
        shop.get("GetItem", request)
    };
    assert_eq!(get(None), json!({}));
    assert_eq!(get(Some("NONE")), json!({}));
    let total = json!({ "TableName": "Items", "CapacityUnits": 0.5 });
    assert_eq!(get(Some("TOTAL")), json!({ "ConsumedCapacity": total }));
    let indexes = json!({ "TableName": "Items", "CapacityUnits": 0.5, "Table": { "CapacityUnits": 0.5 } });
    assert_eq!(get(Some("INDEXES")), json!({ "ConsumedCapacity": indexes }));
    let request = json!({ "TableName": "Items", "Key": key("a"), "ReturnConsumedCapacity": "SOME" });
    assert_eq!(shop.code("GetItem", request), "ValidationException");
    let actions = json!([{ "Put": { "TableName": "Items", "Item": sized("a", 500) } }]);
    let write = |mode: &str| {
        let request = json!({ "TransactItems": actions, "ReturnConsumedCapacity": mode });
        shop.get("TransactWriteItems", request)
    };
    assert_eq!(write("NONE"), json!({}));
    let total = json!({ "TableName": "Items", "CapacityUnits": 2.0, "WriteCapacityUnits": 2.0 });
    assert_eq!(write("TOTAL"), json!({ "ConsumedCapacity": [total] }));
}

#[test]
fn conditions_that_fail_are_paid_for() {
    let shop = shop();
    put(&shop, sized("a", 2_900));
    let before = shop.stats().tables["Items"].write;
    let conditional = |id: &str, condition: &str| {
        let request =
            json!({ "TableName": "Items", "Item": sized(id, 3_500), "ConditionExpression": condition });
        assert_eq!(shop.code("PutItem", request), "ConditionalCheckFailedException");
        shop.stats().tables["Items"].write - before
    };
    assert_eq!(conditional("a", "attribute_not_exists(id)"), 4.0);
    assert_eq!(conditional("none", "attribute_exists(id)"), 8.0);
    // By the larger of the item that is there and the one that was to take its place.
    shop.get("PutItem", json!({ "TableName": "Items", "Item": sized("large", 300 * 1024) }));
    let before = shop.stats().tables["Items"].write;
    let larger = json!({
        "TableName": "Items", "Item": sized("large", 310 * 1024), "ConditionExpression": "attribute_not_exists(id)",
    });
    assert_eq!(shop.code("PutItem", larger), "ConditionalCheckFailedException");
    assert_eq!(shop.stats().tables["Items"].write - before, 310.0);
    let stats = shop.stats();
    let count = stats.operations["PutItem Items"];
    assert_eq!((count.served, count.throttled, count.failed), (2, 0, 3));
}
