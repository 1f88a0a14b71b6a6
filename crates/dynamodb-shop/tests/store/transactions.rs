//! Transactions: done whole or not at all, also for want of capacity.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time;

use crate::kit::{Mode, Shop, key, sized};

fn order(id: &str) -> Value {
    json!([
        { "Put": { "TableName": "Orders", "Item": sized(id, 500) } },
        { "Update": {
            "TableName": "Products", "Key": key("p"), "UpdateExpression": "SET stock = stock - :q",
            "ConditionExpression": "stock >= :q", "ExpressionAttributeValues": { ":q": { "N": "2" } },
        } },
    ])
}

fn write(items: &Value, token: Option<&str>) -> Value {
    let mut request = json!({ "TransactItems": items });
    token.into_iter().for_each(|token| request["ClientRequestToken"] = json!(token));
    request
}

fn shop(products: Mode) -> Shop {
    let shop = Shop::new(0.0);
    shop.table("Orders", Mode::Provisioned(10, 10));
    shop.table("Products", Mode::OnDemand);
    shop.get(
        "PutItem",
        json!({ "TableName": "Products", "Item": { "id": { "S": "p" }, "stock": { "N": "3" } } }),
    );
    if let Mode::Provisioned(read, write) = products {
        let throughput = json!({ "ReadCapacityUnits": read, "WriteCapacityUnits": write });
        let request = json!({
            "TableName": "Products", "BillingMode": "PROVISIONED", "ProvisionedThroughput": throughput,
        });
        shop.get("UpdateTable", request);
    }
    shop
}

#[tokio::test(start_paused = true)]
async fn one_empty_bucket_cancels_it_whole() {
    let shop = shop(Mode::Provisioned(1, 1));
    time::advance(Duration::from_secs(2)).await;
    // It costs Products 2 of its 2 units.
    shop.get("TransactWriteItems", write(&order("a"), None));
    let refusal = shop.refused("TransactWriteItems", write(&order("b"), None));
    insta::assert_json_snapshot!(refusal, @r##"
        {
          "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
          "Message": "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ProvisionedThroughputExceeded]",
          "CancellationReasons": [
            {
              "Code": "None"
            },
            {
              "Code": "ProvisionedThroughputExceeded",
              "Message": "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API."
            }
          ]
        }
        "##);
    assert_eq!(shop.describe("Orders")["ItemCount"], 1);
    let stats = shop.stats();
    let count = stats.operations["TransactWriteItems Orders,Products"];
    assert_eq!((count.served, count.throttled, count.failed), (1, 1, 0));
    let (orders, products) = (stats.tables["Orders"], stats.tables["Products"]);
    assert_eq!((orders.write, orders.write_throttles), (2.0, 0));
    assert_eq!((products.write, products.write_throttles, products.write_tokens), (3.0, 1, Some(0.0)));
    let get = |table: &str| json!({ "Get": { "TableName": table, "Key": key("p") } });
    let reads = json!({ "TransactItems": [get("Orders"), get("Products")] });
    shop.get("TransactGetItems", reads.clone());
    let refusal = shop.refused("TransactGetItems", reads);
    assert_eq!(refusal["CancellationReasons"][0], json!({ "Code": "None" }));
    assert_eq!(refusal["CancellationReasons"][1]["Code"], "ProvisionedThroughputExceeded");
}

#[tokio::test(start_paused = true)]
async fn a_condition_that_fails_cancels_it_and_is_paid_for_half() {
    let shop = shop(Mode::OnDemand);
    time::advance(Duration::from_secs(2)).await;
    shop.get("TransactWriteItems", write(&order("a"), None));
    let refusal = shop.refused("TransactWriteItems", write(&order("b"), None));
    insta::assert_json_snapshot!(refusal, @r##"
        {
          "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
          "Message": "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]",
          "CancellationReasons": [
            {
              "Code": "None"
            },
            {
              "Code": "ConditionalCheckFailed",
              "Message": "The conditional request failed"
            }
          ]
        }
        "##);
    let stats = shop.stats();
    assert_eq!((stats.tables["Orders"].write, stats.tables["Products"].write), (3.0, 1.0 + 3.0));
    let count = stats.operations["TransactWriteItems Orders,Products"];
    assert_eq!((count.served, count.throttled, count.failed), (1, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn the_same_token_does_it_once_and_then_reads() {
    let shop = shop(Mode::OnDemand);
    time::advance(Duration::from_secs(2)).await;
    let mut request = write(&order("a"), Some("token"));
    shop.get("TransactWriteItems", request.clone());
    request["ReturnConsumedCapacity"] = json!("TOTAL");
    let again = shop.get("TransactWriteItems", request.clone());
    let used = |table: &str| json!({ "TableName": table, "CapacityUnits": 2.0, "ReadCapacityUnits": 2.0 });
    assert_eq!(again, json!({ "ConsumedCapacity": [used("Orders"), used("Products")] }));
    assert_eq!(
        shop.code("TransactWriteItems", write(&order("b"), Some("token"))),
        "IdempotentParameterMismatchException"
    );
    let product = shop.get("GetItem", json!({ "TableName": "Products", "Key": key("p") }));
    assert_eq!(product["Item"]["stock"]["N"], "1");
    let stats = shop.stats();
    assert_eq!((stats.tables["Orders"].write, stats.tables["Orders"].read), (2.0, 2.0));
    time::advance(Duration::from_secs(600)).await;
    assert_eq!(shop.code("TransactWriteItems", request), "TransactionCanceledException", "it was forgotten");
    let long = "x".repeat(37);
    assert_eq!(shop.code("TransactWriteItems", write(&order("c"), Some(&long))), "ValidationException");
}

#[tokio::test(start_paused = true)]
async fn a_starved_index_cancels_what_it_would_have_to_follow() {
    let shop = Shop::new(0.0);
    shop.indexed("Products", Mode::Provisioned(100, 100), Mode::Provisioned(1, 1));
    time::advance(Duration::from_millis(100)).await;
    let put = |id: &str| {
        let item =
            json!({ "id": { "S": id }, "group": { "S": "g" }, "price": { "N": "1" }, "stock": { "N": "9" } });
        json!([{ "Put": { "TableName": "Products", "Item": item } }])
    };
    shop.get("TransactWriteItems", write(&put("a"), None));
    assert_eq!(shop.code("TransactWriteItems", write(&put("b"), None)), "TransactionCanceledException");
    let update = |set: &str| {
        json!([{ "Update": {
            "TableName": "Products", "Key": key("a"), "UpdateExpression": set,
            "ExpressionAttributeValues": { ":v": { "N": "1" } },
        } }])
    };
    shop.get("TransactWriteItems", write(&update("SET stock = stock - :v"), None));
    let refusal = shop.refused("TransactWriteItems", write(&update("SET price = price + :v"), None));
    let text = refusal["CancellationReasons"][0]["Message"].as_str().unwrap();
    assert!(text.contains("global secondary indexes"), "{text}");
}
