//! When single requests are throttled, and what they are told.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::{runtime, time};

use crate::kit::{Mode, Shop, key, sized};

const PTEE: &str = "ProvisionedThroughputExceededException";

fn get(table: &str) -> Value {
    json!({ "TableName": table, "Key": key("a") })
}

fn is_served(shop: &Shop, operation: &str, request: &Value) -> bool {
    let (status, body) = shop.ask(operation, request);
    assert!(status == 200 || body["__type"].as_str().unwrap().ends_with(PTEE), "{body}");
    status == 200
}

/// Asks as often as can be in that time, and how often it was served.
async fn served_in(shop: &Shop, seconds: u64, operation: &str, request: &Value) -> u64 {
    let mut served = 0;
    for _ in 0..seconds * 10 {
        time::advance(Duration::from_millis(100)).await;
        while is_served(shop, operation, request) {
            served += 1;
        }
    }
    served
}

#[tokio::test(start_paused = true)]
async fn without_burst_what_flows_in_is_served_and_one_request_of_debt() {
    let shop = Shop::new(0.0);
    shop.table("Products", Mode::Provisioned(2, 2));
    assert!(!is_served(&shop, "GetItem", &get("Products")), "nothing has flowed in yet");
    // 2 units a second for 30 s are 120 gets of half a unit. The first is let in with the bucket at 0.2, and whenever
    // one is let in the debt is less than half a unit; at the end the bucket is empty to the last token.
    assert_eq!(served_in(&shop, 30, "GetItem", &get("Products")).await, 120);
    let stats = shop.stats();
    let used = stats.tables["Products"];
    assert_eq!(
        (used.read, used.write, used.read_tokens, used.write_tokens),
        (60.0, 0.0, Some(0.0), Some(60.0))
    );
    let count = stats.operations["GetItem Products"];
    assert_eq!((count.served, count.throttled, count.failed), (120, 301, 0));
    assert_eq!((used.read_throttles, used.write_throttles), (301, 0));
}

#[tokio::test(start_paused = true)]
async fn a_full_burst_is_300_seconds_on_top() {
    let shop = Shop::new(1.0);
    shop.table("Products", Mode::Provisioned(2, 2));
    let mut at_once = 0;
    while is_served(&shop, "GetItem", &get("Products")) {
        at_once += 1;
    }
    assert_eq!(at_once, 1200, "600 units");
    assert_eq!(served_in(&shop, 10, "GetItem", &get("Products")).await, 40, "2 units a second");
    time::advance(Duration::from_secs(10_000)).await;
    assert_eq!(shop.stats().tables["Products"].read_tokens, Some(600.0), "no more than 300 s are kept");
}

#[tokio::test(start_paused = true)]
async fn a_large_request_is_let_in_and_leaves_a_debt() {
    let shop = Shop::new(0.0);
    shop.table("Products", Mode::Provisioned(2, 2));
    let put = json!({ "TableName": "Products", "Item": sized("a", 100_000) });
    time::advance(Duration::from_millis(1)).await;
    assert!(is_served(&shop, "PutItem", &put));
    assert!(!is_served(&shop, "PutItem", &put));
    // 98 units at 2 a second.
    time::advance(Duration::from_secs(48)).await;
    assert!(!is_served(&shop, "PutItem", &put));
    time::advance(Duration::from_secs(1)).await;
    assert!(is_served(&shop, "PutItem", &put));
}

#[tokio::test(start_paused = true)]
async fn who_is_throttled_leaves_no_trace() {
    let shop = Shop::new(0.0);
    shop.table("Products", Mode::Provisioned(2, 2));
    assert!(!is_served(&shop, "PutItem", &json!({ "TableName": "Products", "Item": sized("a", 100) })));
    let used = shop.stats().tables["Products"];
    assert_eq!((used.write, used.write_tokens, used.write_throttles), (0.0, Some(0.0), 1));
    assert_eq!(shop.describe("Products")["ItemCount"], 0);
}

#[tokio::test(start_paused = true)]
async fn on_demand_nothing_is_throttled_below_what_partitions_serve() {
    let shop = Shop::new(0.0);
    shop.indexed("Products", Mode::OnDemand, Mode::OnDemand);
    for id in 0..2_000 {
        assert!(is_served(&shop, "GetItem", &get("Products")));
        let item = sized(&id.to_string(), 100);
        assert!(is_served(&shop, "PutItem", &json!({ "TableName": "Products", "Item": item })));
    }
    let used = shop.stats().tables["Products"];
    assert_eq!((used.read, used.write, used.read_tokens, used.write_tokens), (1_000.0, 2_000.0, None, None));
}

#[tokio::test(start_paused = true)]
async fn throttles_are_told_as_the_service_tells_them() {
    let shop = Shop::new(0.0);
    shop.indexed("Products", Mode::Provisioned(1, 1), Mode::Provisioned(1, 1));
    insta::assert_json_snapshot!(shop.refused("GetItem", get("Products")), @r##"
        {
          "__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
          "message": "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.",
          "ThrottlingReasons": [
            {
              "reason": "TableReadProvisionedThroughputExceeded",
              "resource": "arn:aws:dynamodb:us-east-1:000000000000:table/Products"
            }
          ]
        }
        "##);
    insta::assert_json_snapshot!(shop.refused("Scan", json!({ "TableName": "Products", "IndexName": "by-group" })), @r##"
        {
          "__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
          "message": "The level of configured provisioned throughput for one or more global secondary indexes of the table was exceeded. Consider increasing your provisioning level for the under-provisioned global secondary indexes with the UpdateTable API",
          "ThrottlingReasons": [
            {
              "reason": "IndexReadProvisionedThroughputExceeded",
              "resource": "arn:aws:dynamodb:us-east-1:000000000000:table/Products/index/by-group"
            }
          ]
        }
        "##);
}

#[tokio::test(start_paused = true)]
async fn a_starved_index_throttles_the_writes_that_it_would_have_to_follow() {
    let shop = Shop::new(1.0);
    shop.indexed("Products", Mode::Provisioned(1_000, 1_000), Mode::Provisioned(1, 1));
    let item = |id: &str, price: &str, stock: &str| {
        let group = json!({ "S": "g" });
        let item =
            json!({ "id": { "S": id }, "group": group, "price": { "N": price }, "stock": { "N": stock } });
        json!({ "TableName": "Products", "Item": item })
    };
    assert!(is_served(&shop, "PutItem", &item("0", "1", "5")));
    let mut puts = 1;
    while is_served(&shop, "PutItem", &item(&puts.to_string(), "1", "5")) {
        puts += 1;
    }
    assert_eq!(puts, 300, "1 unit a second for 300 s");
    let refusal = shop.refused("PutItem", item("new", "1", "5"));
    insta::assert_json_snapshot!(refusal, @r##"
        {
          "__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
          "message": "The level of configured provisioned throughput for one or more global secondary indexes of the table was exceeded. Consider increasing your provisioning level for the under-provisioned global secondary indexes with the UpdateTable API",
          "ThrottlingReasons": [
            {
              "reason": "IndexWriteProvisionedThroughputExceeded",
              "resource": "arn:aws:dynamodb:us-east-1:000000000000:table/Products/index/by-group"
            }
          ]
        }
        "##);

    let update = |set: &str| {
        json!({
            "TableName": "Products", "Key": { "id": { "S": "0" } }, "UpdateExpression": set,
            "ExpressionAttributeValues": { ":v": { "N": "1" } },
        })
    };
    assert!(is_served(&shop, "UpdateItem", &update("SET stock = stock - :v")), "the index does not hold it");
    assert!(!is_served(&shop, "UpdateItem", &update("SET price = price + :v")));
    assert!(is_served(&shop, "PutItem", &item("0", "1", "9")), "what the index holds stays");
    assert!(!is_served(&shop, "PutItem", &item("0", "2", "9")));
    assert!(
        is_served(&shop, "PutItem", &json!({ "TableName": "Products", "Item": sized("x", 50) })),
        "not in it"
    );
    assert!(is_served(&shop, "DeleteItem", &json!({ "TableName": "Products", "Key": key("x") })));
    assert!(!is_served(&shop, "DeleteItem", &json!({ "TableName": "Products", "Key": key("0") })));
    let stats = shop.stats();
    let (table, index) = (stats.tables["Products"], stats.tables["Products/by-group"]);
    assert_eq!((table.write_throttles, index.write_throttles), (0, 5));
    assert_eq!((index.write, index.write_tokens), (300.0, Some(0.0)));
    assert!(is_served(&shop, "GetItem", &get("Products")), "reads are apart");
}

/// A write of one of all kinds, of so many bytes, and the most that it can cost: no item is larger than 20 units.
fn any_write(kind: u8, bytes: usize) -> (&'static str, Value, f64) {
    let put = |id: &str| json!({ "TableName": "Products", "Item": sized(id, bytes) });
    match kind {
        0 => ("PutItem", put("a"), 20.0),
        1 => ("DeleteItem", get("Products"), 20.0),
        2 => {
            let items = ["b", "c", "d"].map(|id| json!({ "PutRequest": { "Item": sized(id, bytes) } }));
            // Each of its items has to find capacity, so that only the last can be too much.
            ("BatchWriteItem", json!({ "RequestItems": { "Products": items } }), 20.0)
        }
        3 => {
            let items = ["e", "f", "g"].map(|id| json!({ "Put": put(id) }));
            ("TransactWriteItems", json!({ "TransactItems": items }), 3.0 * 2.0 * 20.0)
        }
        _ => {
            let mut request = put("a");
            request["ConditionExpression"] = json!("attribute_exists(nothing)");
            ("PutItem", request, 20.0)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is asked and how often: no more is consumed than there was, what flowed in, and one request.
    #[test]
    fn nobody_gets_round_the_gate(
        rate in 1_u64..100,
        burst in 0.0_f64..0.05,
        writes in prop::collection::vec((0_u64..400, 0_u8..5, 20_usize..20_000), 1..120),
    ) {
        let runtime = runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let shop = Shop::new(burst);
            shop.table("Products", Mode::Provisioned(rate, rate));
            let start = time::Instant::now();
            let at_first = shop.stats().tables["Products"].write_tokens.unwrap();
            let mut largest = 0.0_f64;
            for (wait, kind, bytes) in writes {
                time::advance(Duration::from_millis(wait)).await;
                let (operation, request, most) = any_write(kind, bytes);
                let before = shop.stats().tables["Products"];
                let (status, answer) = shop.ask(operation, &request);
                let after = shop.stats().tables["Products"];
                let found_none = answer.to_string().contains("ProvisionedThroughputExceeded");
                prop_assert!(status == 200 || found_none || answer.to_string().contains("ConditionalCheckFailed"));
                prop_assert_eq!(found_none, before.write_tokens.unwrap() <= 0.0);
                prop_assert!(!found_none || after.write == before.write);
                largest = largest.max(most);
                let flow = rate as f64 * start.elapsed().as_secs_f64();
                prop_assert!(after.write <= at_first + flow + largest + 1e-6, "{after:?}");
            }
            Ok(())
        })?;
    }
}

#[test]
fn threads_get_no_more_than_there_is() {
    let shop = Shop::new(0.1);
    shop.table("Products", Mode::Provisioned(10, 10));
    let request = get("Products").to_string();
    let start = time::Instant::now();
    let served: u64 = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let answers = (0..1_000).map(|_| shop.store.answer("GetItem", request.as_bytes()).status);
                    answers.filter(|status| *status == 200).count() as u64
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    let flow = 10.0 * start.elapsed().as_secs_f64();
    assert!(served >= 600, "{served}");
    assert!(served as f64 / 2.0 <= 300.0 + flow + 0.5, "{served}");
    let stats = shop.stats();
    assert_eq!(stats.operations["GetItem Products"].served, served);
    assert_eq!(stats.operations["GetItem Products"].throttled, 4_000 - served);
}
