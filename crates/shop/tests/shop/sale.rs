//! The sale: more customers than items, all at once, under each lock.

use std::time::Duration;

use flashcrowd_shop::{Latency, Lock, Seed, ShopConfig, Stats};
use futures_util::future::join_all;
use serde_json::json;
use tokio::time::Instant;

use crate::client::{Answer, Customer, open};

/// Rushes of which one at least goes wrong.
const RUSHES: usize = 50;

/// A shop with 100 of product 1, and writes of 5 ms.
fn limited(lock: Lock) -> ShopConfig {
    ShopConfig {
        lock,
        write: Latency::Fixed(Duration::from_millis(5)),
        seed: Seed { stock_of: [(1, 100)].into(), ..Seed::default() },
        ..ShopConfig::fast()
    }
}

/// Lets 200 customers buy one item each at once; how many got one, and what the shop says of it.
async fn rush(config: ShopConfig) -> (usize, Stats) {
    let shop = open(config);
    let mut customers = join_all((0..200).map(|_| Customer::enter(shop.address()))).await;
    let answers = join_all(customers.iter_mut().map(|customer| customer.buy(1, 1))).await;
    let count = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!(count(200) + count(409), 200, "nothing but sold and sold out");
    (count(200), shop.handle().stats())
}

#[tokio::test]
async fn without_a_lock_more_is_sold_than_there_is() {
    let (sold, stats) = rush(limited(Lock::None)).await;
    assert!(sold > 100, "{sold} sold");
    assert_eq!((stats.sold[&1], stats.oversold_total()), (sold as u64, sold as u64 - 100));
    assert_eq!((stats.lock.as_str(), stats.seeded[&1]), ("none", 100));
}

#[tokio::test]
async fn without_a_lock_even_a_database_without_latency_oversells() {
    let seed = Seed { stock_of: [(1, 100)].into(), ..Seed::default() };
    // Where nothing takes time a rush may go well by chance.
    for _ in 0..RUSHES {
        let config = ShopConfig { lock: Lock::None, seed: seed.clone(), ..ShopConfig::fast() };
        let (sold, stats) = rush(config).await;
        assert_eq!(stats.sold[&1], sold as u64);
        assert!(stats.stock[&1] + stats.sold[&1] >= 100, "items are invented, never lost");
        if sold > 100 {
            assert_eq!(stats.oversold_total(), sold as u64 - 100);
            return;
        }
    }
    panic!("exactly what there is was sold in each of {RUSHES} rushes");
}

#[tokio::test]
async fn with_a_lock_exactly_what_there_is_is_sold() {
    for lock in [Lock::Mutex, Lock::Atomic] {
        let (sold, stats) = rush(limited(lock)).await;
        assert_eq!(sold, 100, "{lock}");
        assert_eq!((stats.stock[&1], stats.sold[&1], stats.oversold[&1]), (0, 100, 0), "{lock}");
    }
}

#[tokio::test]
async fn a_mutex_turns_milliseconds_into_a_queue() {
    let shop = open(limited(Lock::Mutex));
    let alone = timed(&mut Customer::enter(shop.address()).await).await;
    assert!(alone < Duration::from_millis(200), "alone an order took {alone:?}");
    let mut customers = join_all((0..50).map(|_| Customer::enter(shop.address()))).await;
    let mut times = join_all(customers.iter_mut().map(timed)).await;
    times.sort();
    assert!(times[49] >= Duration::from_millis(250), "the last of 50 orders took {:?}", times[49]);
    let metrics = shop.handle().metrics();
    assert!(metrics.contains("\nlock_acquired_total 102\n"), "a product and a user each: {metrics}");
    assert!(metrics.contains("\nlock_wait_seconds_count 102\n"), "{metrics}");
    assert!(!metrics.contains("\nlock_contended_total 0\n"), "{metrics}");
}

/// How long an order by one of four users takes.
async fn timed(customer: &mut Customer) -> Duration {
    let start = Instant::now();
    assert_eq!(order(customer).await.status, 200);
    start.elapsed()
}

async fn order(customer: &mut Customer) -> Answer {
    let user = fastrand::u64(9338..=9341);
    let products = [json!({"productId": 4, "quantity": 1})];
    customer.post("/v1/orders", json!({"userId": user, "totalAmount": 600, "products": products})).await
}

#[tokio::test]
async fn who_waits_too_long_for_the_lock_is_sent_away() {
    let config = ShopConfig { lock_wait_limit: Some(Duration::from_millis(40)), ..limited(Lock::Mutex) };
    let shop = open(config);
    let mut customers = join_all((0..50).map(|_| Customer::enter(shop.address()))).await;
    let answers = join_all(customers.iter_mut().map(order)).await;
    let away = answers.iter().filter(|answer| answer.status == 503).count();
    assert!((1..50).contains(&away), "{away} of 50 were sent away");
    let metrics = shop.handle().metrics();
    assert!(metrics.contains(&format!("\nlock_failed_total {away}\n")), "{away} sent away: {metrics}");
}

#[tokio::test]
async fn money_is_neither_made_nor_lost() {
    for lock in [Lock::Mutex, Lock::Atomic] {
        let shop = open(ShopConfig {
            lock,
            seed: Seed { balance: 50_000, ..Seed::default() },
            ..ShopConfig::fast()
        });
        let mut customers = join_all((0..50).map(|_| Customer::enter(shop.address()))).await;
        let orders = join_all(customers.iter_mut().map(async |customer| {
            customer.post("/v1/users/9338/balance", json!({"amount": 1000})).await;
            order(customer).await.status
        }));
        assert_eq!(orders.await, vec![200; 50], "{lock}");
        let mut total = 0;
        for user in 9338..=9341 {
            let balance =
                customers[0].get(&format!("/v1/users/{user}/balance")).await.json()["balance"].as_i64();
            total += balance.unwrap();
        }
        assert_eq!(total, 4 * 50_000 + 50 * 1000 - 50 * 600, "{lock}");
    }
}
