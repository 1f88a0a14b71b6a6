//! PartiQL finds capacity like the operations that its statements stand for.

use std::time::Duration;

use flashcrowd_dynamodb_shop::StoreConfig;
use serde_json::{Value, json};

use crate::kit::{Mode, Shop, key, sized};

fn statement(text: &str, parameters: &[&str]) -> Value {
    let parameters: Vec<Value> = parameters.iter().map(|text| json!({ "S": text })).collect();
    match parameters.is_empty() {
        true => json!({ "Statement": text }),
        false => json!({ "Statement": text, "Parameters": parameters }),
    }
}

#[tokio::test(start_paused = true)]
async fn statements_read_and_write_and_are_paid_for() {
    let shop = Shop::new(1.0);
    shop.table("Items", Mode::Provisioned(10, 10));
    shop.get("ExecuteStatement", statement("INSERT INTO Items VALUE {'id': 'a', 'n': 1}", &[]));
    shop.get("ExecuteStatement", statement("UPDATE \"Items\" SET n = 2 WHERE id = ?", &["a"]));
    let mut select = statement("SELECT * FROM \"Items\" WHERE id = ?", &["a"]);
    select["ReturnConsumedCapacity"] = json!("TOTAL");
    let answer = shop.get("ExecuteStatement", select);
    assert_eq!(answer["Items"], json!([{ "id": { "S": "a" }, "n": { "N": "2" } }]));
    assert_eq!(answer["ConsumedCapacity"]["CapacityUnits"], 0.5, "{answer}");
    shop.get("ExecuteStatement", statement("DELETE FROM Items WHERE id = 'a'", &[]));
    let used = shop.stats().tables["Items"];
    assert_eq!((used.read, used.write), (0.5, 3.0));
    assert_eq!(shop.code("ExecuteStatement", statement("SELECT FROM", &[])), "ValidationException");
}

#[tokio::test(start_paused = true)]
async fn without_capacity_a_statement_is_throttled() {
    let shop = Shop::new(0.0);
    shop.table("Items", Mode::Provisioned(1, 1));
    for (text, reason) in [
        ("SELECT * FROM Items WHERE id = 'a'", "TableReadProvisionedThroughputExceeded"),
        ("INSERT INTO Items VALUE {'id': 'a'}", "TableWriteProvisionedThroughputExceeded"),
        ("UPDATE Items SET n = 1 WHERE id = 'a'", "TableWriteProvisionedThroughputExceeded"),
        ("DELETE FROM Items WHERE id = 'a'", "TableWriteProvisionedThroughputExceeded"),
    ] {
        let refusal = shop.refused("ExecuteStatement", statement(text, &[]));
        assert!(
            refusal["__type"].as_str().unwrap().ends_with("#ProvisionedThroughputExceededException"),
            "{refusal}"
        );
        assert_eq!(Shop::reason(&refusal), reason, "{text}");
    }
    assert_eq!(shop.stats().operations["ExecuteStatement Items"].throttled, 4);
}

#[tokio::test(start_paused = true)]
async fn one_key_is_no_faster_by_partiql() {
    let shop = Shop::new(1.0);
    shop.table("Items", Mode::OnDemand);
    shop.get("PutItem", json!({ "TableName": "Items", "Item": sized("a", 100 * 1_000) }));
    let update = statement("UPDATE Items SET n = 1 WHERE id = ?", &["a"]);
    let mut served = 0;
    let refusal = loop {
        match shop.ask("ExecuteStatement", &update) {
            (200, _) => served += 1,
            (_, refusal) => break refusal,
        }
        assert!(served < 100, "the partition is not the limit");
    };
    assert!((9..=20).contains(&served), "{served}");
    assert_eq!(Shop::reason(&refusal), "TableWriteKeyRangeThroughputExceeded");
}

#[tokio::test(start_paused = true)]
async fn statements_of_a_batch_are_refused_one_by_one() {
    let shop = Shop::new(0.0);
    shop.table("Poor", Mode::Provisioned(1, 1));
    shop.table("Items", Mode::OnDemand);
    shop.get("PutItem", json!({ "TableName": "Items", "Item": sized("a", 50) }));
    let statements = json!({ "Statements": [
        statement("SELECT * FROM Poor WHERE id = 'a'", &[]),
        statement("SELECT id FROM Items WHERE id = 'a'", &[]),
    ] });
    let answer = shop.get("BatchExecuteStatement", statements);
    let responses = answer["Responses"].as_array().unwrap();
    assert_eq!(responses[0]["Error"]["Code"], "ProvisionedThroughputExceeded", "{answer}");
    assert_eq!(responses[1]["Item"], json!({ "id": { "S": "a" } }));
    assert_eq!(shop.stats().tables["Poor"].read_throttles, 1);
    assert_eq!(shop.stats().tables["Items"].read, 0.5);
}

#[tokio::test(start_paused = true)]
async fn transactions_of_statements_are_done_or_cancelled() {
    let shop = Shop::with(StoreConfig { burst: 0.0, settle: Duration::ZERO, ..StoreConfig::default() });
    shop.table("Poor", Mode::Provisioned(1, 1));
    shop.table("Items", Mode::OnDemand);
    let insert = |table: &str, id: &str| statement(&format!("INSERT INTO {table} VALUE {{'id': ?}}"), &[id]);
    let cancelled = shop.refused(
        "ExecuteTransaction",
        json!({ "TransactStatements": [insert("Items", "a"), insert("Poor", "a")] }),
    );
    let codes = |refusal: &Value| -> Vec<String> {
        let reasons = refusal["CancellationReasons"].as_array().unwrap();
        reasons.iter().map(|reason| reason["Code"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(codes(&cancelled), ["None", "ProvisionedThroughputExceeded"]);
    shop.get(
        "ExecuteTransaction",
        json!({ "TransactStatements": [insert("Items", "a"), insert("Items", "b")] }),
    );
    assert_eq!(shop.stats().tables["Items"].write, 4.0);
    // It holds its items for a moment.
    let put = json!({ "TableName": "Items", "Item": sized("a", 50) });
    assert_eq!(shop.code("PutItem", put), "TransactionConflictException");
    assert_eq!(shop.get("GetItem", json!({ "TableName": "Items", "Key": key("b") }))["Item"]["id"]["S"], "b");
}
