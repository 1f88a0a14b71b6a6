//! The same items and operations consume at the practice endpoint what the arithmetic says.

use std::collections::BTreeMap;
use std::time::Duration;

use flashcrowd_dynamodb::{Decimal, Item, Value, item_size, read_units, write_units};
use flashcrowd_dynamodb_shop::{Store, StoreConfig};
use flashcrowd_prime_day::capacity::{Load, estimate};
use flashcrowd_prime_day::{CATEGORY_INDEX, Catalogue, OrderStyle, Patterns, Popularity, Tables, Workload};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

const TABLE: &str = "Things";

/// Tables are active at once, and nothing is throttled.
fn store() -> Store {
    let store = Store::open(StoreConfig { settle: Duration::ZERO, ..StoreConfig::default() }).unwrap();
    let table = json!({
        "TableName": TABLE, "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    });
    ask(&store, "CreateTable", &table);
    store
}

fn ask(store: &Store, operation: &str, body: &serde_json::Value) -> serde_json::Value {
    let answer = store.answer(operation, body.to_string().as_bytes());
    assert_eq!(answer.status, 200, "{operation} {body}: {}", String::from_utf8_lossy(&answer.body));
    serde_json::from_slice(&answer.body).unwrap()
}

fn consumed(store: &Store, operation: &str, body: serde_json::Value) -> f64 {
    let mut body = body;
    body["ReturnConsumedCapacity"] = "INDEXES".into();
    ask(store, operation, &body)["ConsumedCapacity"]["CapacityUnits"].as_f64().unwrap()
}

fn text(size: impl Strategy<Value = usize>) -> impl Strategy<Value = String> {
    (size, any::<bool>()).prop_map(|(size, wide)| if wide { "한".repeat(size / 3) } else { "x".repeat(size) })
}

fn decimal() -> impl Strategy<Value = Decimal> {
    (any::<bool>(), "[0-9]{1,38}", -80..80_i32).prop_filter_map("not kept", |(negative, digits, exponent)| {
        let sign = if negative { "-" } else { "" };
        format!("{sign}{digits}E{exponent}").parse().ok()
    })
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        text(0..3_000_usize).prop_map(Value::S),
        decimal().prop_map(Value::N),
        vec(any::<u8>(), 0..2_000).prop_map(Value::B),
        any::<bool>().prop_map(Value::Bool),
        Just(Value::Null),
        vec("[a-z]{1,9}", 1..5).prop_map(|mut texts| {
            texts.sort_unstable();
            texts.dedup();
            Value::Ss(texts)
        }),
        vec(decimal(), 1..4).prop_map(|mut numbers| {
            numbers.sort_unstable();
            numbers.dedup();
            Value::Ns(numbers)
        }),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::L),
            proptest::collection::btree_map("[a-zé가]{1,8}", inner, 0..6)
                .prop_map(|map| Value::M(map.into_iter().collect())),
        ]
    })
}

fn item() -> impl Strategy<Value = Item> {
    proptest::collection::btree_map("[a-c가-나]{2,9}", value(), 0..6).prop_map(
        |map: BTreeMap<String, Value>| {
            let id = ("id".to_owned(), Value::S("one".to_owned()));
            [id].into_iter().chain(map).collect()
        },
    )
}

/// An item of exactly so many bytes.
fn of_size(item: &Item, size: u64) -> Item {
    let mut item = item.clone();
    let room = size - item_size(&item) - "filler".len() as u64;
    item.insert("filler".to_owned(), Value::S("x".repeat(usize::try_from(room).unwrap())));
    assert_eq!(item_size(&item), size);
    item
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Filled up to the last byte of a unit, an item costs that unit, and one byte more costs the next: so that both
    /// count the same to the byte.
    #[test]
    fn items_consume_the_same_by_both_ways(item in item(), more in 0..3_u64) {
        let store = store();
        let full = (item_size(&item) + 64).next_multiple_of(4096) + more * 1024;
        for size in [item_size(&item) + 7, full, full + 1] {
            let item = of_size(&item, size);
            let put = consumed(&store, "PutItem", json!({"TableName": TABLE, "Item": item}));
            prop_assert_eq!(put, write_units(size));
            for consistent in [false, true] {
                let get = json!({"TableName": TABLE, "Key": {"id": {"S": "one"}}, "ConsistentRead": consistent});
                prop_assert_eq!(consumed(&store, "GetItem", get), read_units(size, consistent));
            }
            let delete = json!({"TableName": TABLE, "Key": {"id": {"S": "one"}}});
            prop_assert_eq!(consumed(&store, "DeleteItem", delete), write_units(size));
        }
    }
}

#[test]
fn operations_cost_what_the_rules_say() {
    let store = store();
    let put = |id: &str, size: u64| {
        let item = [("id".to_owned(), Value::from(id))].into_iter().collect();
        json!({"TableName": TABLE, "Item": of_size(&item, size)})
    };
    assert_eq!(consumed(&store, "PutItem", put("a", 3_000)), write_units(3_000));
    // A put over an item is paid by the larger of the two.
    assert_eq!(consumed(&store, "PutItem", put("a", 100)), write_units(3_000));
    assert_eq!(consumed(&store, "PutItem", put("b", 6_000)), write_units(6_000));
    // What is not there costs the least there is.
    let get = json!({"TableName": TABLE, "Key": {"id": {"S": "none"}}});
    assert_eq!(consumed(&store, "GetItem", get), read_units(0, false));
    // A scan is rounded up once, not for each item.
    assert_eq!(consumed(&store, "Scan", json!({"TableName": TABLE})), read_units(100 + 6_000, false));
    let each = json!({"TableName": TABLE, "ConsistentRead": true, "Limit": 1});
    let one = consumed(&store, "Scan", each);
    assert!(one == read_units(100, true) || one == read_units(6_000, true), "{one}");
}

fn workload(orders: OrderStyle) -> Workload {
    Workload {
        tables: Tables::new(""),
        catalogue: Catalogue::new(100, 1_000).into(),
        popularity: Popularity::uniform(100),
        patterns: Patterns { scan: 1, query: 1, get: 1 },
        looks: 0.5,
        orders,
        scan_limit: 25,
        query_limit: 20,
        consistent: false,
        think_time: Duration::ZERO,
    }
}

/// Reads one of everything and compares with what an estimate of as many steps says.
#[test]
fn an_estimate_of_one_of_each_is_what_they_consume() {
    let workload = workload(OrderStyle::Put);
    let store = Store::open(StoreConfig { settle: Duration::ZERO, ..StoreConfig::default() }).unwrap();
    let table = json!({
        "TableName": "Products", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": "product_id", "AttributeType": "S"}, {"AttributeName": "category_id", "AttributeType": "S"}
        ],
        "KeySchema": [{"AttributeName": "product_id", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [{
            "IndexName": CATEGORY_INDEX,
            "KeySchema": [
                {"AttributeName": "category_id", "KeyType": "HASH"}, {"AttributeName": "product_id", "KeyType": "RANGE"}
            ],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["name", "price"]},
        }],
    });
    ask(&store, "CreateTable", &table);
    for item in workload.catalogue.product_items() {
        ask(&store, "PutItem", &json!({"TableName": "Products", "Item": item}));
    }
    let (mut scanned, mut pages, mut start) = (0.0, 0.0, None);
    loop {
        let mut scan = json!({"TableName": "Products", "Limit": 25, "ReturnConsumedCapacity": "INDEXES"});
        if let Some(start) = start {
            scan["ExclusiveStartKey"] = start;
        }
        let page = ask(&store, "Scan", &scan);
        scanned += page["ConsumedCapacity"]["CapacityUnits"].as_f64().unwrap();
        pages += 1.0;
        match page.get("LastEvaluatedKey") {
            Some(last) => start = Some(last.clone()),
            None => break,
        }
    }
    let query = json!({
        "TableName": "Products", "IndexName": CATEGORY_INDEX, "Limit": 20, "KeyConditionExpression": "category_id = :c",
        "ExpressionAttributeValues": {":c": {"S": "fan"}},
    });
    let get = json!({"TableName": "Products", "Key": {"product_id": {"S": "p-00001"}}});
    let wanted = [scanned + consumed(&store, "GetItem", get), consumed(&store, "Query", query)];
    assert_eq!(pages, 5.0);
    // One reader, for as long as three steps take: a scan, a query and a get.
    let latency = Duration::from_millis(10);
    let duration = latency * 7;
    let load = Load { readers: 1, buyers: 0, duration, latency, mixed: None, rate: None };
    let estimates = estimate(&workload, &[], &load);
    let named: Vec<_> = estimates.iter().map(|one| (one.table.as_str(), one.index.as_deref())).collect();
    assert_eq!(named, [("Products", None), ("Products", Some(CATEGORY_INDEX))]);
    for (estimate, wanted) in estimates.iter().zip(wanted) {
        assert!((estimate.wanted - wanted).abs() < 1e-9, "{estimate:?} {wanted}");
    }
}
