//! What tables serve on demand, and how auto scaling follows what is consumed of those that are provisioned.

use std::time::Duration;

use flashcrowd_dynamodb_shop::{AutoScaling, Injection, StoreConfig};
use serde_json::{Value, json};
use tokio::time;

use crate::kit::{Mode, Shop, key, sized, table};
use crate::partitions::served_in;

const MINUTE: Duration = Duration::from_secs(60);

/// Puts of so many items, whose keys are spread evenly.
fn puts(count: usize) -> Vec<Value> {
    (0..count).map(|id| json!({ "TableName": "Items", "Item": sized(&format!("k{id}"), 100) })).collect()
}

/// Writes a second that are served, as often as is asked, over two seconds after a pause that fills all partitions.
async fn writes(shop: &Shop) -> f64 {
    time::advance(Duration::from_secs(2)).await;
    let before = shop.stats().tables["Items"].write;
    served_in(shop, 2, "PutItem", &puts(400)).await;
    // A partition has a second's worth at first.
    (shop.stats().tables["Items"].write - before) / 3.0
}

/// Asks for so many units a second, in writes that take so many each: large ones make a surge of few requests.
async fn load(shop: &Shop, minutes: u32, units_per_second: f64, each: usize) {
    let requests: Vec<Value> = (0..40)
        .map(|id| json!({ "TableName": "Items", "Item": sized(&format!("big{id}"), each * 1_024 - 20) }))
        .collect();
    let pause = Duration::from_secs_f64(each as f64 / units_per_second);
    let until = time::Instant::now() + minutes * MINUTE;
    let mut at = 0;
    while time::Instant::now() < until {
        let _ = shop.ask("PutItem", &requests[at % requests.len()]);
        at += 1;
        time::advance(pause).await;
    }
}

fn update(throughput: Value) -> Value {
    let mut request = throughput;
    request["TableName"] = json!("Items");
    request
}

#[tokio::test(start_paused = true)]
async fn a_new_table_serves_4000_writes_and_twice_its_peak_half_an_hour_later() {
    let shop = Shop::new(1.0);
    shop.table("Items", Mode::OnDemand);
    let at_first = writes(&shop).await;
    assert!((3_600.0..=4_100.0).contains(&at_first), "{at_first}");
    load(&shop, 2, 3_000.0, 390).await;
    // Sooner than half an hour later, nothing has changed.
    load(&shop, 20, 10.0, 390).await;
    let soon = writes(&shop).await;
    assert!((3_600.0..=4_100.0).contains(&soon), "{soon}");
    load(&shop, 15, 10.0, 390).await;
    let later = writes(&shop).await;
    assert!((5_400.0..=7_100.0).contains(&later), "{later}");
    let warm = shop.describe("Items")["WarmThroughput"].take();
    assert!(warm["WriteUnitsPerSecond"].as_f64().unwrap() >= 5_900.0, "{warm}");
}

#[tokio::test(start_paused = true)]
async fn what_was_provisioned_before_is_served_on_demand_too() {
    let shop = Shop::new(0.0);
    shop.table("Items", Mode::Provisioned(10, 9_000));
    shop.get("UpdateTable", update(json!({ "BillingMode": "PAY_PER_REQUEST" })));
    let served = writes(&shop).await;
    assert!((8_000.0..=10_100.0).contains(&served), "{served}");
}

#[tokio::test(start_paused = true)]
async fn a_table_is_warmed_up_and_never_cooled_down() {
    let shop = Shop::new(1.0);
    shop.table("Items", Mode::OnDemand);
    let warm = |read: u64, write: u64| {
        update(json!({ "WarmThroughput": { "ReadUnitsPerSecond": read, "WriteUnitsPerSecond": write } }))
    };
    shop.get("UpdateTable", warm(15_000, 8_000));
    let told = shop.describe("Items")["WarmThroughput"].take();
    assert_eq!(
        told,
        json!({ "ReadUnitsPerSecond": 15_000, "WriteUnitsPerSecond": 8_000, "Status": "ACTIVE" })
    );
    let served = writes(&shop).await;
    assert!((7_000.0..=8_200.0).contains(&served), "{served}");
    let colder = shop.refused("UpdateTable", warm(15_000, 7_999));
    assert!(
        colder["message"].as_str().unwrap().contains("decreasing WarmThroughput is not supported"),
        "{colder}"
    );
    assert_eq!(shop.code("UpdateTable", warm(15_000, 50_000)), "LimitExceededException");
    let mut made = table("Warm", Mode::OnDemand);
    made["WarmThroughput"] = json!({ "WriteUnitsPerSecond": 20_000 });
    shop.get("CreateTable", made);
    assert_eq!(shop.describe("Warm")["WarmThroughput"]["WriteUnitsPerSecond"], 20_000);
}

#[tokio::test(start_paused = true)]
async fn a_maximum_on_demand_is_kept_and_told() {
    let shop = Shop::new(1.0);
    let mut made = table("Items", Mode::OnDemand);
    made["OnDemandThroughput"] = json!({ "MaxWriteRequestUnits": 50 });
    shop.get("CreateTable", made);
    assert_eq!(shop.describe("Items")["OnDemandThroughput"], json!({ "MaxWriteRequestUnits": 50 }));
    let (served, why) = served_in(&shop, 4, "PutItem", &puts(10)).await;
    assert!((200..=252).contains(&served), "{served}");
    assert_eq!(why, "ThrottlingException TableWriteMaxOnDemandThroughputExceeded");
    shop.get(
        "UpdateTable",
        update(json!({ "OnDemandThroughput": { "MaxWriteRequestUnits": -1, "MaxReadRequestUnits": 7 } })),
    );
    assert_eq!(shop.describe("Items")["OnDemandThroughput"], json!({ "MaxReadRequestUnits": 7 }));
    assert!(writes(&shop).await > 3_000.0);
    let provisioned = json!({ "BillingMode": "PROVISIONED", "ProvisionedThroughput": { "ReadCapacityUnits": 5, "WriteCapacityUnits": 5 },
        "OnDemandThroughput": { "MaxReadRequestUnits": 7 } });
    assert_eq!(shop.code("UpdateTable", update(provisioned)), "ValidationException");
}

#[tokio::test(start_paused = true)]
async fn an_index_has_a_maximum_of_its_own() {
    let shop = Shop::new(1.0);
    shop.indexed("Items", Mode::OnDemand, Mode::OnDemand);
    let index = |change: Value| {
        let mut change = change;
        change["IndexName"] = json!("by-group");
        update(json!({ "GlobalSecondaryIndexUpdates": [{ "Update": change }] }))
    };
    shop.get("UpdateTable", index(json!({ "OnDemandThroughput": { "MaxWriteRequestUnits": 20 } })));
    let described = shop.describe("Items")["GlobalSecondaryIndexes"][0].take();
    assert_eq!(described["OnDemandThroughput"], json!({ "MaxWriteRequestUnits": 20 }));
    assert_eq!(described["WarmThroughput"]["WriteUnitsPerSecond"], 4_000);
    let put = |id: usize| {
        let mut item = sized(&id.to_string(), 100);
        item["group"] = json!({ "S": id.to_string() });
        json!({ "TableName": "Items", "Item": item })
    };
    let (mut served, mut last) = (0, Value::Null);
    for id in 0..40 {
        match shop.ask("PutItem", &put(id)) {
            (200, _) => served += 1,
            (_, refusal) => last = refusal,
        }
    }
    assert_eq!((served, Shop::reason(&last)), (20, "IndexWriteMaxOnDemandThroughputExceeded"), "{last}");
}

#[tokio::test(start_paused = true)]
async fn quotas_of_an_account_are_those_that_it_tells() {
    let shop = Shop::new(1.0);
    let limits = shop.get("DescribeLimits", json!({}));
    assert_eq!(
        (&limits["TableMaxReadCapacityUnits"], &limits["AccountMaxReadCapacityUnits"]),
        (&json!(40_000), &json!(80_000))
    );
    let refusal = shop.refused("CreateTable", table("Items", Mode::Provisioned(50_000, 5)));
    assert!(refusal["__type"].as_str().unwrap().ends_with("#LimitExceededException"), "{refusal}");
    assert_eq!(shop.code("DescribeTable", json!({ "TableName": "Items" })), "ResourceNotFoundException");
    for name in ["First", "Second"] {
        shop.table(name, Mode::Provisioned(40_000, 5));
    }
    assert_eq!(shop.code("CreateTable", table("Items", Mode::Provisioned(1, 1))), "LimitExceededException");
    // What is on demand is not provisioned.
    shop.table("Items", Mode::OnDemand);
    let throughput = json!({ "ReadCapacityUnits": 39_000, "WriteCapacityUnits": 5 });
    shop.get("UpdateTable", json!({ "TableName": "First", "ProvisionedThroughput": throughput }));
    let throughput = json!({ "ReadCapacityUnits": 1_001, "WriteCapacityUnits": 5 });
    let provisioned = update(json!({ "BillingMode": "PROVISIONED", "ProvisionedThroughput": throughput }));
    assert_eq!(shop.code("UpdateTable", provisioned), "LimitExceededException");
}

#[tokio::test(start_paused = true)]
async fn no_table_on_demand_serves_more_than_its_quota() {
    let shop = Shop::new(1.0);
    let mut made = table("Items", Mode::OnDemand);
    made["WarmThroughput"] = json!({ "WriteUnitsPerSecond": 40_000 });
    shop.get("CreateTable", made);
    // Items of 300 units each, over many partitions.
    let big = |id: usize| json!({ "TableName": "Items", "Item": sized(&format!("k{id}"), 300 * 1_024 - 20) });
    let requests: Vec<Value> = (0..400).map(big).collect();
    let (mut quota, mut served) = (None, 0.0);
    for request in &requests {
        match shop.ask("PutItem", request) {
            (200, _) => served += 300.0,
            (_, refusal) if Shop::reason(&refusal).contains("AccountLimit") => {
                quota = Some(refusal);
                break;
            }
            _ => {}
        }
    }
    let refusal = quota.expect("the quota is reached");
    assert!((40_000.0..=40_300.0).contains(&served), "{served}");
    assert!(refusal["__type"].as_str().unwrap().ends_with("#RequestLimitExceeded"), "{refusal}");
    assert_eq!(Shop::reason(&refusal), "TableWriteAccountLimitExceeded");
}

#[tokio::test(start_paused = true)]
async fn auto_scaling_follows_minutes_late() {
    let scaling = AutoScaling { least: 10, most: 1_000, target: 0.7 };
    let shop = Shop::with(StoreConfig {
        burst: 0.0,
        settle: Duration::ZERO,
        auto_scaling: Some(scaling),
        ..StoreConfig::default()
    });
    shop.table("Items", Mode::Provisioned(10, 100));
    let provisioned = || {
        let flow = shop.describe("Items")["ProvisionedThroughput"].take();
        flow["WriteCapacityUnits"].as_u64().unwrap()
    };
    load(&shop, 2, 400.0, 40).await;
    assert_eq!(provisioned(), 100);
    load(&shop, 2, 400.0, 40).await;
    let grown = provisioned();
    assert!((140..=146).contains(&grown), "{grown}");
    load(&shop, 12, 400.0, 40).await;
    let grown = provisioned();
    assert!((500..=640).contains(&grown), "{grown}");
    load(&shop, 20, 1.0, 40).await;
    assert!((10..=20).contains(&provisioned()), "{}", provisioned());
    assert_eq!(shop.describe("Items")["ProvisionedThroughput"]["NumberOfDecreasesToday"], 1);
}

#[tokio::test(start_paused = true)]
async fn throttles_are_injected_by_chance_and_for_a_reason() {
    let injections: Vec<Injection> = vec!["TableReadKeyRangeThroughputExceeded=0.25".parse().unwrap()];
    let shop = Shop::with(StoreConfig { settle: Duration::ZERO, injections, ..StoreConfig::default() });
    shop.table("Items", Mode::OnDemand);
    shop.get("PutItem", puts(1)[0].clone());
    let get = json!({ "TableName": "Items", "Key": key("k0") });
    let refusals: Vec<Value> = (0..1_000)
        .map(|_| shop.ask("GetItem", &get))
        .filter(|(status, _)| *status == 400)
        .map(|(_, body)| body)
        .collect();
    assert!((190..=310).contains(&refusals.len()), "{}", refusals.len());
    assert!(refusals.iter().all(|refusal| Shop::reason(refusal) == "TableReadKeyRangeThroughputExceeded"));
    assert_eq!(shop.stats().operations["GetItem Items"].throttled, refusals.len() as u64);
}
