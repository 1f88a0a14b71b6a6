//! What the shop says of itself while it is used.

use std::collections::BTreeMap;
use std::time::Duration;

use flashcrowd_shop::{Latency, ShopConfig};
use futures_util::future::join_all;
use http::Method;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::client::{Customer, open, until};

/// The values of a page by series.
fn series(page: &str) -> BTreeMap<&str, f64> {
    let samples = page.lines().filter(|line| !line.starts_with('#'));
    samples
        .map(|line| line.rsplit_once(' ').unwrap())
        .map(|(name, value)| (name, value.parse().unwrap()))
        .collect()
}

/// The sum of all series of a metric.
fn total(page: &str, metric: &str) -> f64 {
    series(page)
        .iter()
        .filter(|(name, _)| name.split('{').next() == Some(metric))
        .map(|(_, value)| value)
        .sum()
}

#[tokio::test]
async fn every_request_is_counted_once_under_its_labels() {
    let shop = open(ShopConfig::fast());
    let mut customers = join_all((0..4).map(|_| Customer::enter(shop.address()))).await;
    for customer in &mut customers {
        for _ in 0..25 {
            customer.get("/v1/products/1").await;
        }
        customer.get("/v1/products/99").await;
        customer.send(Method::PUT, "/v1/products/1", "").await;
        customer.get("/nowhere").await;
        customer.send(Method::from_bytes(b"BREW").unwrap(), "/pot", "").await;
        customer.get("/admin/stats").await;
    }
    let answer = customers[0].get("/metrics").await;
    assert_eq!(answer.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let page = answer.text;
    let count = |method: &str, endpoint: &str, status: u16| {
        let labels = format!("method=\"{method}\",endpoint=\"{endpoint}\",status=\"{status}\"");
        series(&page)[format!("http_requests_total{{{labels}}}").as_str()]
    };
    assert_eq!(count("GET", "/v1/products/{id}", 200), 100.0);
    assert_eq!(count("GET", "/v1/products/{id}", 404), 4.0);
    assert_eq!(count("PUT", "/v1/products/{id}", 405), 4.0);
    assert_eq!(count("GET", "other", 404), 4.0);
    assert_eq!(count("OTHER", "other", 404), 4.0);
    assert_eq!(total(&page, "http_requests_total"), 116.0, "the keeper's own requests do not count");
    assert_eq!(total(&page, "http_request_duration_seconds_count"), 116.0);
    assert_eq!(shop.handle().stats().requests_total(), 116);
}

#[tokio::test]
async fn a_histogram_accumulates_to_its_count() {
    let read = Latency::Fixed(Duration::from_millis(3));
    let shop = open(ShopConfig { read, ..ShopConfig::fast() });
    let mut me = Customer::enter(shop.address()).await;
    for _ in 0..5 {
        me.get("/inventory/1").await;
    }
    let page = shop.handle().metrics();
    let values = series(&page);
    let value = |suffix: &str, le: &str| {
        let labels = format!("method=\"GET\",endpoint=\"/inventory/{{id}}\"{le}");
        values[format!("http_request_duration_seconds_{suffix}{{{labels}}}").as_str()]
    };
    assert_eq!(value("bucket", ",le=\"0.0025\""), 0.0, "nothing is faster than its read");
    assert_eq!(value("bucket", ",le=\"+Inf\""), 5.0);
    assert_eq!(value("count", ""), 5.0);
    assert!(value("sum", "") >= 0.015);
    let start = "http_request_duration_seconds_bucket{method=\"GET\",endpoint=\"/inventory/{id}\"";
    let buckets = page.lines().filter(|line| line.starts_with(start));
    let counts: Vec<f64> = buckets.map(|line| line.rsplit_once(' ').unwrap().1.parse().unwrap()).collect();
    assert!(counts.len() > 5 && counts.is_sorted(), "each bucket has those below it too: {page}");
}

#[tokio::test]
async fn a_pool_that_is_full_queues_and_says_so() {
    let read = Latency::Fixed(Duration::from_millis(100));
    let shop = open(ShopConfig { read, db_pool: 5, ..ShopConfig::fast() });
    let mut customers = join_all((0..50).map(|_| Customer::enter(shop.address()))).await;
    let start = Instant::now();
    let reads = join_all(customers.iter_mut().map(|customer| customer.get("/v1/products/1")));
    let (answers, page) = tokio::join!(reads, async {
        let mut page = String::new();
        until("half of them wait", async || {
            page = shop.handle().metrics();
            series(&page)["db_pool_connections_pending"] >= 25.0
        })
        .await;
        page
    });
    let took = start.elapsed().as_millis();
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert!((1000..4000).contains(&took), "50 reads of 100 ms over 5 connections took {took} ms");
    let values = series(&page);
    assert_eq!((values["db_pool_connections_active"], values["db_pool_connections_max"]), (5.0, 5.0));
    assert!((5.0..=45.0).contains(&values["db_pool_connections_pending"]), "{page}");
    assert!(values["http_requests_in_flight"] > 5.0, "{page}");
    assert!(shop.handle().metrics().contains("\ndb_pool_connections_pending 0\n"));
}

#[tokio::test]
async fn a_request_whose_client_hangs_up_is_counted() {
    let read = Latency::Fixed(Duration::from_secs(30));
    let shop = open(ShopConfig { read, ..ShopConfig::fast() });
    let stream = TcpStream::connect(shop.address()).await.unwrap();
    let request = b"GET /inventory/1 HTTP/1.1\r\nhost: shop\r\n\r\n";
    assert_eq!(stream.try_write(request).unwrap(), request.len());
    let is_there = async || shop.handle().metrics().contains("\nhttp_requests_in_flight 1\n");
    until("the request is there", is_there).await;
    drop(stream);
    until("it is counted", async || shop.handle().stats().requests_total() > 0).await;
    assert_eq!(shop.handle().stats().requests["GET /inventory/{id}"], [(499, 1)].into());
}

#[tokio::test]
async fn stock_and_sales_are_shown_by_product() {
    let shop = open(ShopConfig::fast());
    let mut me = Customer::enter(shop.address()).await;
    me.buy(2, 3).await;
    let page = me.get("/metrics").await.text;
    let values = series(&page);
    assert_eq!(values["inventory_stock_current{product_id=\"2\"}"], 9_999_997.0);
    assert_eq!(values["inventory_sold_items{product_id=\"2\"}"], 3.0);
    assert_eq!((values["lock_acquired_total"], values["lock_failed_total"]), (1.0, 0.0));
    assert_eq!(values["lock_wait_seconds_count"], 1.0);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_process_shows_what_it_uses() {
    let shop = open(ShopConfig::fast());
    let page = shop.handle().metrics();
    let names = ["cpu_seconds_total", "start_time_seconds", "resident_memory_bytes", "open_fds", "max_fds"];
    let [cpu, start, memory, open, most] =
        names.map(|name| series(&page)[format!("process_{name}").as_str()]);
    // It has run for a moment, some time after this was written, in a few megabytes and with a listener.
    assert!((0.0..86_400.0).contains(&cpu) && start > 1.7e9 && memory > 1e6, "{page}");
    assert!(open > 3.0 && open < most, "{page}");
}
