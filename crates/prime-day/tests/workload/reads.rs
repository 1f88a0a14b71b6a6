//! Looking at products.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use flashcrowd_metrics::{Builtin, Sink, SinkKey};
use flashcrowd_prime_day::{Catalogue, Patterns, Sales, Workload};
use serde_json::json;
use tokio::time::Instant;

use crate::runs::{Ran, go, service, steps, workload};
use crate::server::{Accident, Server};
use crate::tables::Tables;

fn shop(products: usize) -> (Arc<Catalogue>, Server) {
    let catalogue = Arc::new(Catalogue::new(products, 1));
    let server = Server::start(Tables::of(&catalogue), |_, _| Accident::None);
    (catalogue, server)
}

fn only(scan: u32, query: u32, get: u32) -> Patterns {
    Patterns { scan, query, get }
}

/// How often steps of each pattern failed, and how often not.
fn by_pattern(ran: &Ran) -> BTreeMap<String, (u64, u64)> {
    let mut found = BTreeMap::new();
    for (key, sink, _) in ran.result.totals.iter() {
        if let (SinkKey::Row { metric, tags, .. }, Sink::Rate(rate)) = (key, sink)
            && *metric == ran.measures.failed
        {
            let pattern = tags.iter().find(|(key, _)| *key == "pattern").unwrap().1.to_owned();
            let row: &mut (u64, u64) = found.entry(pattern).or_default();
            *row = (row.0 + rate.trues, row.1 + rate.total - rate.trues);
        }
    }
    found
}

#[tokio::test]
async fn a_scan_reads_all_pages() {
    let (catalogue, server) = shop(100);
    let workload =
        Workload { patterns: only(1, 0, 0), scan_limit: 30, consistent: true, ..workload(&catalogue) };
    let ran = go(workload, service(&server.url()), steps(Workload::READS, 2, 3)).await;
    assert_eq!((ran.iterations(), ran.failed(), server.count("Scan")), (6, 0, 24));
    assert_eq!(ran.sum(Builtin::HTTP_REQS), 24);
    let seen = server.seen();
    assert!(seen.iter().all(|seen| seen.body["Limit"] == 30 && seen.body["ConsistentRead"] == true));
    let starts = seen.iter().filter_map(|seen| seen.body["ExclusiveStartKey"]["product_id"]["S"].as_str());
    let mut starts: Vec<&str> = starts.collect();
    starts.sort_unstable();
    starts.dedup();
    assert_eq!(starts, ["p-00030", "p-00060", "p-00090"]);
    assert_eq!(ran.sales, Sales::default());
}

#[tokio::test]
async fn a_scan_fails_with_any_of_its_pages() {
    let catalogue = Arc::new(Catalogue::new(100, 1));
    let server = Server::start(Tables::of(&catalogue), |_, seen| {
        match seen.body["ExclusiveStartKey"]["product_id"]["S"].as_str() {
            Some("p-00090") => Accident::Refused("ProvisionedThroughputExceededException"),
            _ => Accident::None,
        }
    });
    let mut service = service(&server.url());
    service.retry.attempts = 2;
    let workload = Workload { patterns: only(1, 0, 0), scan_limit: 30, ..workload(&catalogue) };
    let ran = go(workload, service, steps(Workload::READS, 2, 3)).await;
    assert_eq!((ran.iterations(), ran.failed(), server.count("Scan")), (6, 6, 30));
}

#[tokio::test]
async fn patterns_come_by_their_weights_and_are_told_apart() {
    let (catalogue, server) = shop(50);
    let workload = Workload { patterns: only(1, 4, 5), scan_limit: 100, ..workload(&catalogue) };
    let ran = go(workload, service(&server.url()), steps(Workload::READS, 4, 250)).await;
    let rows = by_pattern(&ran);
    let counts = ["Scan", "Query", "GetItem"].map(|operation| server.count(operation) as u64);
    assert_eq!(counts.iter().sum::<u64>(), 1_000);
    assert_eq!([rows["scan"], rows["query"], rows["get"]], counts.map(|count| (0, count)));
    assert!((60..150).contains(&counts[0]) && (330..470).contains(&counts[1]), "{counts:?}");
}

#[tokio::test]
async fn a_product_that_is_not_there_is_a_failure() {
    let (catalogue, server) = shop(10);
    let mut more = Catalogue::new(20, 1);
    more.products.drain(..10);
    let workload = Workload { patterns: only(0, 0, 1), ..workload(&Arc::new(more)) };
    let ran = go(workload, service(&server.url()), steps(Workload::READS, 2, 10)).await;
    assert_eq!(by_pattern(&ran)["get"], (20, 0));
    let workload = Workload { patterns: only(0, 0, 1), ..crate::runs::workload(&catalogue) };
    let ran = go(workload, service(&server.url()), steps(Workload::READS, 2, 10)).await;
    assert_eq!(by_pattern(&ran)["get"], (0, 20));
}

#[tokio::test]
async fn popular_products_are_asked_for_most() {
    let (catalogue, server) = shop(100);
    let workload = Workload { patterns: only(0, 0, 1), ..workload(&catalogue) };
    let hottest = catalogue.products[workload.popularity.at_rank(0)].id.clone();
    go(workload, service(&server.url()), steps(Workload::READS, 4, 250)).await;
    let hot = server.seen().iter().filter(|seen| seen.body["Key"]["product_id"]["S"] == hottest).count();
    // One of 5.19.
    assert!((130..260).contains(&hot), "{hot}");
}

#[tokio::test]
async fn reads_and_orders_run_at_the_same_time() {
    let (catalogue, server) = shop(100);
    let scenarios = json!({
        "product_queries": {"executor": "constant-vus", "vus": 3, "duration": "1s", "exec": Workload::READS},
        "order_creation": {"executor": "constant-vus", "vus": 2, "duration": "1s", "exec": Workload::ORDERS},
    });
    let ran = go(workload(&catalogue), service(&server.url()), scenarios).await;
    let rows = by_pattern(&ran);
    assert_eq!(rows.keys().map(String::as_str).collect::<Vec<_>>(), ["get", "order", "query", "scan"]);
    assert_eq!(rows["order"].1, ran.sent());
    assert_eq!(ran.iterations(), rows.values().map(|(failed, fine)| failed + fine).sum::<u64>());
    assert_eq!(server.tables().sums().total, ran.sales.total);
}

#[tokio::test]
async fn customers_think_unless_the_clock_starts_their_steps() {
    let (catalogue, server) = shop(10);
    let think_time = Duration::from_millis(200);
    let workload = Workload { patterns: only(0, 0, 1), think_time, ..workload(&catalogue) };
    let started = Instant::now();
    go(workload.clone(), service(&server.url()), steps(Workload::READS, 2, 5)).await;
    assert!(started.elapsed() >= Duration::from_secs(1));
    let rate = json!({"r": {
        "executor": "constant-arrival-rate", "rate": 50, "duration": "1s", "preAllocatedVUs": 2, "exec": Workload::READS
    }});
    let ran = go(workload, service(&server.url()), rate).await;
    // Two who think could do ten.
    assert!(ran.iterations() > 20, "{}", ran.iterations());
}
