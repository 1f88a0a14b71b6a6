//! DynamoDB with peers: the load tester against emulators that others make, the practice endpoint under AWS's own clients.

use serde_json::Value;

use super::peers::Peers;
use crate::dynamodb::practice::Practice;
use crate::run::Run;

const ORDERS: &str = include_str!("peers/orders.py");

fn flashcrowd(line: &str, url: &str) -> crate::run::Outcome {
    Run::of(line)
        .args("--endpoint-url")
        .arg(url)
        .env("AWS_ACCESS_KEY_ID", "k")
        .env("AWS_SECRET_ACCESS_KEY", "s")
        .go()
}

/// Sets tables up, sells, and has boto3 count what was sold.
fn sell(peers: &Peers, url: &str, options: &str) -> (Value, Value) {
    let setup = flashcrowd("dynamodb setup --products 40 --stock 60 --on-demand", url);
    assert_eq!(setup.code, Some(0), "{setup:?}");
    let again = flashcrowd("dynamodb setup --products 40 --stock 60 --on-demand", url);
    assert_eq!(again.code, Some(0), "{again:?}");
    let run = flashcrowd(&format!("dynamodb --demo --duration 5s --out-dir out {options}"), url);
    assert!(matches!(run.code, Some(0 | 99)), "{run:?}");
    let result = serde_json::from_str(&run.read("out/load_test_result.json")).unwrap();
    let counted = peers.python(ORDERS, &[url]).stdout;
    let teardown = flashcrowd("dynamodb teardown --yes", url);
    assert_eq!(teardown.code, Some(0), "{teardown:?}");
    (result, serde_json::from_slice(&counted).unwrap())
}

/// What was reported is what is there, to the last cent.
fn compare(result: &Value, counted: &Value) {
    let takings = &result["takings"];
    assert_eq!(takings["unsettled"], 0, "{takings}");
    assert!(takings["orders"].as_u64().unwrap() > 10, "{takings}");
    for what in ["orders", "lines", "items", "total"] {
        assert_eq!(takings[what], counted[what], "{what} of {takings} and {counted}");
    }
    assert_eq!(counted["of_lines"], counted["total"], "{counted}");
    assert!(counted["least"].as_i64().unwrap() >= 0, "{counted}");
}

#[test]
fn boto3_and_the_sdk_for_javascript_know_the_practice_endpoint_for_dynamodb() {
    let Some(peers) = Peers::get() else { return };
    let practice =
        Practice::start("--dynamodb-latency 0 --dynamodb-burst 0.1 --dynamodb-auth AKIDSHOP:secret");
    let args = [practice.url.as_str(), "AKIDSHOP", "secret"];
    peers.python(include_str!("peers/boto3.py"), &args);
    peers.javascript(include_str!("peers/sdk.mjs"), &args);
}

#[test]
fn the_same_run_works_on_moto() {
    let Some(peers) = Peers::get() else { return };
    let moto = peers.moto();
    // It runs transactions of several customers into each other, and takes back what others wrote: so one alone orders.
    let (result, counted) = sell(peers, moto.url(), "--workers 2");
    compare(&result, &counted);
    let sold = counted["items"].as_i64().unwrap();
    assert_eq!(counted["stock"].as_i64().unwrap(), 40 * 60 - sold, "{counted}");
}

#[test]
fn the_same_run_works_on_dynalite_which_knows_no_transactions() {
    let Some(peers) = Peers::get() else { return };
    let dynalite = peers.dynalite();
    let (result, counted) = sell(peers, dynalite.url(), "");
    compare(&result, &counted);
}

#[test]
fn transactions_of_the_practice_endpoint_never_oversell() {
    let Some(peers) = Peers::get() else { return };
    let practice = Practice::start("--dynamodb-latency 0");
    let (result, counted) = sell(peers, &practice.url, "--workers 16 --read-ratio 0.2");
    compare(&result, &counted);
    let sold = counted["items"].as_i64().unwrap();
    assert_eq!(counted["stock"].as_i64().unwrap(), 40 * 60 - sold, "{counted}");
    assert!(result["takings"]["sold_out"].as_u64().unwrap() > 0, "the day sold out: {result}");
}

/// What somebody else's tables are called.
const OWN: &str = r#"{
  "products": { "table": "shop-items", "key": "sku", "category": "kind", "name": null, "price": "amount", "stock": null, "index": null },
  "categories": { "table": "shop-kinds", "key": "kind" },
  "customers": { "table": "shop-users", "key": "user" },
  "orders": { "table": "shop-orders", "key": "id", "sort": null, "customer": "user", "total": "sum" }
}"#;

#[test]
fn a_run_uses_tables_of_somebody_else_and_says_what_does_not_match() {
    let Some(peers) = Peers::get() else { return };
    let practice = Practice::start("--dynamodb-latency 0");
    peers.python(include_str!("peers/own_tables.py"), &[&practice.url]);
    let run = |line: &str, layout: &str| practice.run(line).file("tables.json", layout).go();
    let line = "dynamodb --demo --duration 2s --tables tables.json --out-dir out";
    let outcome = run(&format!("{line} --orders put"), OWN);
    assert!(matches!(outcome.code, Some(0 | 99)), "{outcome:?}");
    for found in ["products.table", "shop-items", "in 30 of 30 items", "5 items"] {
        assert!(outcome.stdout.contains(found), "{found}: {outcome:?}");
    }
    assert!(!outcome.stdout.contains("DIFFERS"), "{outcome:?}");
    let result: Value = serde_json::from_str(&outcome.read("out/load_test_result.json")).unwrap();
    assert!(result["takings"]["orders"].as_u64() > Some(10), "{result}");
    assert_eq!((&result["orders"]["failed"], &result["product_queries"]["failed"]), (&0.into(), &0.into()));
    // What does not match is said by name, and nothing is run.
    for (orders, layout, differs) in [
        ("put", OWN.replace("\"sku\"", "\"article\""), "products.key"),
        ("put", OWN.replace("\"amount\"", "\"price\""), "products.price"),
        ("put", OWN.replace("shop-orders", "orders"), "orders.table"),
        ("put", OWN.replace("\"index\": null", "\"index\": \"by-kind\""), "products.index"),
        ("transaction", OWN.to_owned(), "products.stock"),
    ] {
        let outcome = run(&format!("{line} --force --orders {orders}"), &layout);
        assert_eq!(outcome.code, Some(104), "{outcome:?}");
        let text = format!("{}{}", outcome.stdout, outcome.stderr);
        let line = text.lines().find(|line| line.trim_start().starts_with(differs));
        assert!(line.is_some_and(|line| line.contains("DIFFERS")), "{differs}: {text}");
    }
}
