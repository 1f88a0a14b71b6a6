//! The life of tables: made, changed within limits, and gone.

use std::time::Duration;

use flashcrowd_dynamodb_shop::StoreConfig;
use serde_json::{Value, json};
use tokio::time;

use crate::kit::{Mode, Shop, key, sized, table};

const SETTLE: Duration = Duration::from_millis(200);

fn slow(burst: f64) -> Shop {
    Shop::with(StoreConfig {
        burst,
        settle: SETTLE,
        region: "eu-central-1".to_owned(),
        ..StoreConfig::default()
    })
}

fn provision(read: u64, write: u64) -> Value {
    let throughput = json!({ "ReadCapacityUnits": read, "WriteCapacityUnits": write });
    json!({ "TableName": "Products", "BillingMode": "PROVISIONED", "ProvisionedThroughput": throughput })
}

fn on_demand() -> Value {
    json!({ "TableName": "Products", "BillingMode": "PAY_PER_REQUEST" })
}

fn status(shop: &Shop) -> String {
    shop.describe("Products")["TableStatus"].as_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_table_is_there_after_a_while_and_gone_after_a_while() {
    let shop = slow(1.0);
    let made = shop.get("CreateTable", table("Products", Mode::Provisioned(2, 2)))["TableDescription"].take();
    assert_eq!((&made["TableStatus"], &made["BillingModeSummary"]), (&json!("CREATING"), &Value::Null));
    assert_eq!(made["TableArn"], "arn:aws:dynamodb:eu-central-1:000000000000:table/Products");
    let put = json!({ "TableName": "Products", "Item": sized("a", 50) });
    insta::assert_json_snapshot!(shop.refused("PutItem", put.clone()), @r##"
        {
          "__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException",
          "message": "Requested resource not found"
        }
        "##);
    insta::assert_json_snapshot!(shop.refused("UpdateTable", provision(3, 3)), @r##"
        {
          "__type": "com.amazonaws.dynamodb.v20120810#ResourceInUseException",
          "message": "Attempt to change a resource which is still in use: Table is being created: Products"
        }
        "##);
    assert_eq!(shop.code("DeleteTable", json!({ "TableName": "Products" })), "ResourceInUseException");
    assert_eq!(shop.code("CreateTable", table("Products", Mode::OnDemand)), "ResourceInUseException");
    time::advance(SETTLE).await;
    assert_eq!(status(&shop), "ACTIVE");
    shop.get("PutItem", put.clone());
    assert_eq!(shop.describe("Products")["ItemCount"], 1);

    let gone = shop.get("DeleteTable", json!({ "TableName": "Products" }))["TableDescription"].take();
    assert_eq!(gone["TableStatus"], "DELETING");
    assert_eq!(shop.code("PutItem", put.clone()), "ResourceNotFoundException");
    assert_eq!(shop.code("CreateTable", table("Products", Mode::OnDemand)), "ResourceInUseException");
    assert_eq!(
        (status(&shop), shop.get("ListTables", json!({}))["TableNames"].take()),
        ("DELETING".to_owned(), json!(["Products"]))
    );
    time::advance(SETTLE).await;
    assert_eq!(shop.code("DescribeTable", json!({ "TableName": "Products" })), "ResourceNotFoundException");
    assert_eq!(shop.code("PutItem", put), "ResourceNotFoundException");
    assert_eq!(shop.get("ListTables", json!({}))["TableNames"], json!([]));
    shop.get("CreateTable", table("Products", Mode::OnDemand));
    assert_eq!(shop.describe("Products")["ItemCount"], 0);
    assert_eq!(shop.stats().tables["Products"].write, 1.0, "what was counted outlives the table");
}

#[tokio::test(start_paused = true)]
async fn throughput_changes_when_the_update_is_done() {
    let shop = slow(1.0);
    shop.get("CreateTable", table("Products", Mode::Provisioned(2, 2)));
    time::advance(SETTLE).await;
    let same = shop.refused("UpdateTable", provision(2, 2));
    assert!(
        same["message"]
            .as_str()
            .unwrap()
            .starts_with("The provisioned throughput for the table will not change.")
    );
    let updating = shop.get("UpdateTable", provision(10, 1))["TableDescription"].take();
    let units = |table: &Value| {
        let flow = &table["ProvisionedThroughput"];
        (flow["ReadCapacityUnits"].as_u64().unwrap(), flow["WriteCapacityUnits"].as_u64().unwrap())
    };
    assert_eq!((updating["TableStatus"].as_str(), units(&updating)), (Some("UPDATING"), (2, 2)));
    assert_eq!(shop.code("UpdateTable", provision(11, 1)), "ResourceInUseException");
    shop.get("GetItem", json!({ "TableName": "Products", "Key": key("a") }));
    time::advance(SETTLE).await;
    let table = shop.describe("Products");
    assert_eq!((table["TableStatus"].as_str(), units(&table)), (Some("ACTIVE"), (10, 1)));
    assert_eq!(table["ProvisionedThroughput"]["NumberOfDecreasesToday"], 1);
    let used = shop.stats().tables["Products"];
    assert_eq!((used.read_tokens, used.write_tokens), (Some(599.9), Some(300.0)), "kept, as far as they fit");
}

#[tokio::test(start_paused = true)]
async fn the_mode_can_be_switched_and_is_told() {
    let shop = slow(1.0);
    shop.get("CreateTable", table("Products", Mode::Provisioned(2, 2)));
    time::advance(SETTLE).await;
    for switch in 0..4 {
        shop.get("UpdateTable", on_demand());
        time::advance(SETTLE).await;
        let table = shop.describe("Products");
        assert_eq!(table["BillingModeSummary"]["BillingMode"], "PAY_PER_REQUEST", "{switch}");
        assert_eq!(table["ProvisionedThroughput"]["ReadCapacityUnits"], 0);
        assert_eq!(shop.stats().tables["Products"].read_tokens, None);
        shop.get("UpdateTable", provision(2, 2));
        time::advance(SETTLE).await;
        assert_eq!(shop.describe("Products")["BillingModeSummary"]["BillingMode"], "PROVISIONED");
    }
    assert_eq!(shop.stats().tables["Products"].read_tokens, Some(600.0));
    let refusal = shop.refused("UpdateTable", on_demand());
    assert!(refusal["__type"].as_str().unwrap().ends_with("#LimitExceededException"), "{refusal}");
    assert_eq!(status(&shop), "ACTIVE");
    time::advance(Duration::from_secs(86_400)).await;
    shop.get("UpdateTable", on_demand());
}

#[tokio::test(start_paused = true)]
async fn decreases_are_limited_and_increases_are_not() {
    let shop = Shop::new(0.0);
    shop.table("Products", Mode::Provisioned(100, 100));
    for read in [99, 98, 97, 96] {
        shop.get("UpdateTable", provision(read, 100));
    }
    assert_eq!(shop.code("UpdateTable", provision(95, 100)), "LimitExceededException");
    shop.get("UpdateTable", provision(200, 200));
    let flow = shop.describe("Products")["ProvisionedThroughput"].take();
    assert_eq!((&flow["NumberOfDecreasesToday"], &flow["ReadCapacityUnits"]), (&json!(4), &json!(200)));
    assert_eq!(flow["LastIncreaseDateTime"], flow["LastDecreaseDateTime"]);
    time::advance(Duration::from_secs(3_600)).await;
    shop.get("UpdateTable", provision(95, 100));
}

#[tokio::test(start_paused = true)]
async fn indexes_have_throughput_of_their_own() {
    let shop = slow(1.0);
    let index = |action: &str, read: u64| {
        let throughput = json!({ "ReadCapacityUnits": read, "WriteCapacityUnits": read });
        json!([{ action: { "IndexName": "by-group", "ProvisionedThroughput": throughput } }])
    };
    shop.indexed("Products", Mode::OnDemand, Mode::OnDemand);
    time::advance(SETTLE).await;
    let refusal = shop.refused("UpdateTable", provision(2, 2));
    assert!(
        refusal["message"].as_str().unwrap().ends_with("is not specified for index: by-group"),
        "{refusal}"
    );
    let mut request = provision(2, 2);
    request["GlobalSecondaryIndexUpdates"] = index("Update", 3);
    shop.get("UpdateTable", request);
    assert_eq!(shop.describe("Products")["GlobalSecondaryIndexes"][0]["IndexStatus"], "UPDATING");
    time::advance(SETTLE).await;
    let described = shop.describe("Products")["GlobalSecondaryIndexes"][0].take();
    assert_eq!(described["IndexStatus"], "ACTIVE");
    assert_eq!(described["ProvisionedThroughput"]["ReadCapacityUnits"], 3);
    assert_eq!(
        described["IndexArn"],
        "arn:aws:dynamodb:eu-central-1:000000000000:table/Products/index/by-group"
    );
    assert_eq!(shop.stats().tables["Products/by-group"].read_tokens, Some(900.0));
    let scan = json!({ "TableName": "Products", "IndexName": "by-group" });
    shop.get("Scan", scan);
    assert_eq!(shop.stats().tables["Products/by-group"].read_tokens, Some(899.5));
    let mut request = json!({ "TableName": "Products" });
    request["GlobalSecondaryIndexUpdates"] = index("Update", 5);
    shop.get("UpdateTable", request);
    time::advance(SETTLE).await;
    let described = shop.describe("Products")["GlobalSecondaryIndexes"][0].take();
    assert_eq!(described["ProvisionedThroughput"]["WriteCapacityUnits"], 5);
}

#[tokio::test(start_paused = true)]
async fn an_index_can_be_added_and_removed() {
    let shop = slow(1.0);
    shop.get("CreateTable", table("Products", Mode::Provisioned(2, 2)));
    time::advance(SETTLE).await;
    let mut create = json!({
        "IndexName": "by-group",
        "KeySchema": [{ "AttributeName": "group", "KeyType": "HASH" }],
        "Projection": { "ProjectionType": "ALL" },
    });
    let update = |create: &Value| {
        json!({
            "TableName": "Products",
            "AttributeDefinitions": [{ "AttributeName": "group", "AttributeType": "S" }],
            "GlobalSecondaryIndexUpdates": [{ "Create": create }],
        })
    };
    assert_eq!(shop.code("UpdateTable", update(&create)), "ValidationException");
    create["ProvisionedThroughput"] = json!({ "ReadCapacityUnits": 4, "WriteCapacityUnits": 4 });
    shop.get("UpdateTable", update(&create));
    assert_eq!(shop.describe("Products")["GlobalSecondaryIndexes"][0]["IndexStatus"], "CREATING");
    time::advance(SETTLE).await;
    let described = shop.describe("Products")["GlobalSecondaryIndexes"][0].take();
    assert_eq!(
        (described["IndexStatus"].as_str(), &described["ProvisionedThroughput"]["ReadCapacityUnits"]),
        (Some("ACTIVE"), &json!(4))
    );
    let item = json!({ "id": { "S": "a" }, "group": { "S": "g" } });
    shop.get("PutItem", json!({ "TableName": "Products", "Item": item }));
    assert_eq!(shop.stats().tables["Products/by-group"].write_tokens, Some(1_199.0));
    let delete = json!([{ "Delete": { "IndexName": "by-group" } }]);
    shop.get("UpdateTable", json!({ "TableName": "Products", "GlobalSecondaryIndexUpdates": delete }));
    time::advance(SETTLE).await;
    assert_eq!(shop.describe("Products")["GlobalSecondaryIndexes"], Value::Null);
}

#[test]
fn tables_need_throughput_or_none() {
    let shop = Shop::new(1.0);
    let mut request = table("Products", Mode::Provisioned(2, 2));
    request.as_object_mut().unwrap().remove("ProvisionedThroughput");
    assert_eq!(shop.code("CreateTable", request), "ValidationException");
    let mut request = table("Products", Mode::Provisioned(0, 2));
    assert_eq!(shop.code("CreateTable", request.take()), "ValidationException");
    assert_eq!(shop.get("ListTables", json!({}))["TableNames"], json!([]));
}

#[test]
fn tags_limits_and_time_to_live_are_there() {
    let shop = Shop::new(1.0);
    shop.table("Products", Mode::OnDemand);
    let arn = shop.describe("Products")["TableArn"].take();
    let tags = json!([{ "Key": "made-by", "Value": "me" }]);
    shop.get("TagResource", json!({ "ResourceArn": arn, "Tags": tags }));
    assert_eq!(shop.get("ListTagsOfResource", json!({ "ResourceArn": arn }))["Tags"], tags);
    shop.get("UntagResource", json!({ "ResourceArn": arn, "TagKeys": ["made-by"] }));
    assert_eq!(shop.get("ListTagsOfResource", json!({ "ResourceArn": arn }))["Tags"], json!([]));
    assert_eq!(shop.get("DescribeLimits", json!({}))["TableMaxReadCapacityUnits"], 40_000);
    let ttl = json!({ "Enabled": true, "AttributeName": "until" });
    shop.get("UpdateTimeToLive", json!({ "TableName": "Products", "TimeToLiveSpecification": ttl }));
    let described = shop.get("DescribeTimeToLive", json!({ "TableName": "Products" }));
    assert_eq!(described["TimeToLiveDescription"]["AttributeName"], "until");
}

#[test]
fn deletion_can_be_forbidden() {
    let shop = Shop::new(1.0);
    let mut request = table("Products", Mode::OnDemand);
    request["DeletionProtectionEnabled"] = json!(true);
    shop.get("CreateTable", request);
    assert_eq!(shop.code("DeleteTable", json!({ "TableName": "Products" })), "ValidationException");
    assert_eq!(status(&shop), "ACTIVE");
}

#[test]
fn what_nobody_knows_is_refused() {
    let shop = Shop::new(1.0);
    insta::assert_json_snapshot!(shop.refused("MakeCoffee", json!({})), @r##"
        {
          "__type": "com.amazon.coral.service#UnknownOperationException"
        }
        "##);
    insta::assert_json_snapshot!(shop.refused("GetItem", json!({ "TableName": "Nothing", "Key": key("a") })), @r##"
        {
          "__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException",
          "message": "Requested resource not found"
        }
        "##);
    assert_eq!(shop.code("DeleteTable", json!({ "TableName": "Nothing" })), "ResourceNotFoundException");
    assert_eq!(
        shop.code("UpdateTable", json!({ "TableName": "Nothing", "BillingMode": "PAY_PER_REQUEST" })),
        "ResourceNotFoundException"
    );
    let answer = shop.store.answer("GetItem", b"{\"TableName\": ");
    assert_eq!(
        (answer.status, answer.body.as_ref()),
        (400, br##"{"__type":"com.amazon.coral.service#SerializationException"}"##.as_slice())
    );
    let operations = shop.stats().operations;
    assert_eq!(operations["GetItem"].failed, 2);
    assert!(!operations.keys().any(|name| name.contains("Nothing")), "{operations:?}");
}
