//! Stock, balances and orders on real servers: sold exactly, kept over restarts, and refused while a server is away.

use std::time::Duration;

use flashcrowd_shop::{Latency, Lock, RunningShop, Seed, Servers, ShopConfig, Stats};
use futures_util::future::join_all;
use serde_json::json;
use tokio::time::Instant;

use crate::client::{Customer, open, until};
use crate::peers::{Peer, mariadb, rabbitmq, redis};

/// A shop with 100 of product 1 and 1,000 of the others on this server.
fn config(lock: Lock, peer: &Peer) -> ShopConfig {
    let url = Some(peer.url());
    let servers = match lock {
        Lock::MySql => Servers { mysql: url, ..Servers::default() },
        _ => Servers { redis: url, ..Servers::default() },
    };
    let seed =
        Seed { stock: 1_000, stock_of: [(1, 100)].into(), users: 100, balance: 5_000, ..Seed::default() };
    ShopConfig { lock, servers, seed, db_pool: 10, ..ShopConfig::fast() }
}

async fn customer(shop: &RunningShop) -> Customer {
    Customer::enter(shop.address()).await
}

async fn stats(shop: &RunningShop) -> Stats {
    serde_json::from_str(&customer(shop).await.get("/admin/stats").await.text).unwrap()
}

/// The value of a metric without labels.
async fn metric(shop: &RunningShop, name: &str) -> Option<f64> {
    let text = customer(shop).await.get("/metrics").await.text;
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}

/// Lets 150 customers buy one of product 1 each at once; how many got one.
async fn rush(shop: &RunningShop) -> usize {
    let mut customers = join_all((0..150).map(|_| customer(shop))).await;
    let answers = join_all(customers.iter_mut().map(|customer| customer.buy(1, 1))).await;
    let count = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!(count(200) + count(409), 150, "nothing but sold and sold out: {answers:?}");
    count(200)
}

/// Sells out, opens the shop again, and resets it.
async fn sells_exactly_what_there_is_and_forgets_nothing(lock: Lock, peer: &Peer) {
    let shop = open(config(lock, peer));
    assert_eq!(rush(&shop).await, 100, "{lock}");
    let order = json!({"userId": 7, "totalAmount": 600, "products": [{"productId": 4, "quantity": 2}]});
    let ordered = customer(&shop).await.post("/v1/orders", order.clone()).await;
    assert_eq!((ordered.status, ordered.json()["balance"].as_i64()), (200, Some(4_400)), "{ordered:?}");
    let number = ordered.json()["orderId"].as_u64().unwrap();
    assert_eq!(number, 101, "{lock}");
    let before = stats(&shop).await;
    assert_eq!((before.stock[&1], before.sold[&1], before.oversold_total()), (0, 100, 0), "{lock}");
    assert_eq!((before.stock[&4], before.sold[&4]), (998, 2), "{lock}");
    shop.stop();
    // Another seed does not change what is there.
    let mut other = config(lock, peer);
    other.seed.stock_of.insert(1, 5);
    let shop = open(other);
    let after = stats(&shop).await;
    assert_eq!((&after.seeded, &after.stock, &after.sold), (&before.seeded, &before.stock, &before.sold));
    let balance = customer(&shop).await.get("/v1/users/7/balance").await;
    assert_eq!(balance.json()["balance"], 4_400, "{lock}");
    let poor = json!({"userId": 7, "totalAmount": 4401, "products": [{"productId": 4, "quantity": 1}]});
    assert_eq!(customer(&shop).await.post("/v1/orders", poor).await.status, 402, "{lock}");
    let none = json!({"userId": 7, "totalAmount": 1, "products": [{"productId": 1, "quantity": 1}]});
    assert_eq!(customer(&shop).await.post("/v1/orders", none).await.status, 409, "{lock}");
    let recharged = customer(&shop).await.post("/v1/users/7/balance", json!({"amount": 600})).await;
    assert_eq!(recharged.json()["balance"], 5_000, "{lock}");
    let next = customer(&shop).await.post("/v1/orders", order).await.json()["orderId"].as_u64();
    assert_eq!(next, Some(number + 1), "numbers go on: {lock}");
    assert_eq!(customer(&shop).await.post("/admin/reset", json!({})).await.status, 200);
    let fresh = stats(&shop).await;
    assert_eq!(
        (fresh.seeded[&1], fresh.stock[&1], fresh.sold[&4], fresh.stock[&4]),
        (5, 5, 0, 1_000),
        "{lock}"
    );
}

/// Kills the server while customers buy, and starts it again.
async fn refuses_while_its_server_is_away(lock: Lock, mut peer: Peer) {
    let mut config = config(lock, &peer);
    config.servers.pool_wait = Duration::from_secs(1);
    let shop = open(config);
    let mut one = customer(&shop).await;
    assert_eq!(one.buy(2, 1).await.status, 200, "{lock}");
    peer.kill();
    let start = Instant::now();
    let answer = one.buy(2, 1).await;
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(start.elapsed() < Duration::from_secs(10), "{lock}: {:?}", start.elapsed());
    assert!(!answer.error().contains("127.0.0.1") || lock == Lock::MySql, "{answer:?}");
    assert_eq!(customer(&shop).await.get("/health").await.status, 200);
    // A pool tries to connect until the wait is over: then it is a connection that did not come in time.
    let is_counted = metric(&shop, "shop_backend_errors_total").await.unwrap() >= 1.0;
    assert!(is_counted || lock == Lock::MySql, "{lock}");
    assert_eq!(customer(&shop).await.get("/admin/stats").await.status, 503);
    peer.start();
    until("the server is used again", async || one.buy(2, 1).await.status == 200).await;
    let stats = stats(&shop).await;
    assert_eq!(stats.stock[&2] + stats.sold[&2], 1_000, "{lock}");
    assert_eq!(stats.sold[&2], 2, "{lock}");
}

#[tokio::test]
async fn redis_with_a_lock_or_a_script() {
    for lock in [Lock::RedisLock, Lock::RedisLua] {
        let Some(peer) = redis() else { return };
        sells_exactly_what_there_is_and_forgets_nothing(lock, &peer).await;
        refuses_while_its_server_is_away(lock, redis().unwrap()).await;
    }
}

#[tokio::test]
async fn mysql_with_locked_rows() {
    let Some(peer) = mariadb() else { return };
    sells_exactly_what_there_is_and_forgets_nothing(Lock::MySql, &peer).await;
    refuses_while_its_server_is_away(Lock::MySql, mariadb().unwrap()).await;
}

/// A shop whose orders go through this RabbitMQ.
fn queueing(redis: &Peer, rabbit: &Peer) -> ShopConfig {
    let mut config = config(Lock::Queue, redis);
    config.servers.amqp = Some(rabbit.url());
    config
}

#[tokio::test]
async fn orders_through_a_queue_are_written_later_and_once() {
    let (Some(redis), Some((rabbit, _epmd))) = (redis(), rabbitmq()) else { return };
    let write = Latency::Fixed(Duration::from_millis(30));
    let shop = open(ShopConfig { write, db_pool: 2, ..queueing(&redis, &rabbit) });
    let start = Instant::now();
    assert_eq!(rush(&shop).await, 100);
    let took = start.elapsed();
    // Two at a time would have taken 1.5 s.
    assert!(took < Duration::from_millis(1_300), "nobody waits for the database: {took:?}");
    assert!(metric(&shop, "orders_pending").await > Some(10.0));
    until("all orders are written", async || metric(&shop, "orders_pending").await == Some(0.0)).await;
    let stats = stats(&shop).await;
    assert_eq!((stats.stock[&1], stats.sold[&1], stats.oversold_total()), (0, 100, 0));
    assert_eq!(metric(&shop, "shop_backend_errors_total").await, Some(0.0));
}

#[tokio::test]
async fn a_queue_that_is_killed_loses_and_doubles_no_order() {
    let (Some(redis), Some((mut rabbit, _epmd))) = (redis(), rabbitmq()) else { return };
    let shop = open(queueing(&redis, &rabbit));
    let mut customers = join_all((0..20).map(|_| customer(&shop))).await;
    let buying = async {
        let mut sold = 0;
        for _ in 0..40 {
            let answers = join_all(customers.iter_mut().map(|customer| customer.buy(2, 1))).await;
            assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 503)), "{answers:?}");
            sold += answers.iter().filter(|answer| answer.status == 200).count();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        sold
    };
    let killing = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        rabbit.kill();
    };
    let (sold, ()) = tokio::join!(buying, killing);
    assert!(sold < 800, "some were refused");
    let mut one = customer(&shop).await;
    let refused = one.buy(2, 1).await;
    assert!(refused.status == 503 && refused.error().contains("rabbitmq"), "{refused:?}");
    rabbit.start();
    let mut later = 0;
    until("the queue is used again", async || {
        let is_sold = one.buy(2, 1).await.status == 200;
        later += u64::from(is_sold);
        is_sold
    })
    .await;
    until("all orders are written", async || metric(&shop, "orders_pending").await == Some(0.0)).await;
    let stats = stats(&shop).await;
    assert_eq!(stats.sold[&2], sold as u64 + later, "what was confirmed is sold, and nothing else");
    assert_eq!(stats.stock[&2] + stats.sold[&2], 1_000);
}

#[tokio::test]
async fn a_shop_with_a_queue_forgets_nothing() {
    let (Some(redis), Some((rabbit, _epmd))) = (redis(), rabbitmq()) else { return };
    let slow = ShopConfig {
        write: Latency::Fixed(Duration::from_millis(200)),
        db_pool: 1,
        ..queueing(&redis, &rabbit)
    };
    let shop = open(slow.clone());
    let mut one = customer(&shop).await;
    for _ in 0..5 {
        assert_eq!(one.buy(2, 1).await.status, 200);
    }
    assert!(metric(&shop, "orders_pending").await > Some(2.0));
    shop.stop();
    let shop = open(ShopConfig { write: Latency::Zero, ..slow });
    until("all orders are written", async || metric(&shop, "orders_pending").await == Some(0.0)).await;
    assert_eq!((stats(&shop).await.stock[&2], stats(&shop).await.sold[&2]), (995, 5));
}

#[tokio::test]
async fn a_lock_in_redis_is_waited_for_and_given_up() {
    let Some(peer) = redis() else { return };
    let write = Latency::Fixed(Duration::from_millis(20));
    let slow = ShopConfig {
        write,
        lock_wait_limit: Some(Duration::from_millis(300)),
        ..config(Lock::RedisLock, &peer)
    };
    let shop = open(slow);
    let mut customers = join_all((0..40).map(|_| customer(&shop))).await;
    let answers = join_all(customers.iter_mut().map(|customer| customer.buy(2, 1))).await;
    let busy = answers.iter().filter(|answer| answer.status == 503).count();
    assert!((10..40).contains(&busy), "{busy} of 40 gave up");
    assert!(
        answers.iter().all(|answer| answer.status == 200 || answer.error().contains("waiting for the lock"))
    );
    assert_eq!(metric(&shop, "lock_failed_total").await, Some(busy as f64));
    assert_eq!(metric(&shop, "lock_acquired_total").await, Some(40.0 - busy as f64));
    assert!(metric(&shop, "lock_contended_total").await.unwrap() >= 39.0);
    let waited = metric(&shop, "lock_wait_seconds_sum").await.unwrap();
    assert!(waited > 0.5, "{waited} s");
    assert_eq!(metric(&shop, "lock_lost_total").await, Some(0.0));
}

#[tokio::test]
async fn a_lease_that_is_not_renewed_sells_too_much() {
    let Some(peer) = redis() else { return };
    for renews in [true, false] {
        let mut config = config(Lock::RedisLock, &peer);
        config.write = Latency::Fixed(Duration::from_millis(400));
        (config.servers.lease, config.servers.renews) = (Duration::from_millis(150), renews);
        let shop = open(config);
        customer(&shop).await.post("/admin/reset", json!({})).await;
        let mut customers = join_all((0..6).map(|_| customer(&shop))).await;
        join_all(customers.iter_mut().map(|customer| customer.buy(3, 1))).await;
        let (stats, lost) = (stats(&shop).await, metric(&shop, "lock_lost_total").await.unwrap());
        let missing = 1_000 - stats.stock[&3] as i64 - stats.sold[&3] as i64;
        assert_eq!((missing == 0, lost == 0.0), (renews, renews), "{stats:?} {lost}");
    }
}

#[tokio::test]
async fn a_pool_of_mysql_is_told_of() {
    let Some(peer) = mariadb() else { return };
    let slow = ShopConfig {
        write: Latency::Fixed(Duration::from_millis(100)),
        db_pool: 3,
        ..config(Lock::MySql, &peer)
    };
    let shop = open(slow);
    let mut customers = join_all((0..20).map(|_| customer(&shop))).await;
    let buying = join_all(customers.iter_mut().map(|customer| customer.buy(2, 1)));
    let full = until("the pool is full", async || {
        metric(&shop, "db_pool_connections_active").await == Some(3.0)
            && metric(&shop, "db_pool_connections_pending").await > Some(5.0)
    });
    let (answers, ()) = tokio::join!(buying, full);
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    assert_eq!(metric(&shop, "db_pool_connections_max").await, Some(3.0));
    assert_eq!(metric(&shop, "lock_acquired_total").await, Some(20.0));
    assert!(metric(&shop, "lock_wait_seconds_sum").await > Some(0.5));
    assert_eq!(metric(&shop, "lock_contended_total").await, None);
}

#[tokio::test]
async fn threads_of_an_application_server_are_limited() {
    let write = Latency::Fixed(Duration::from_millis(50));
    let shop = open(ShopConfig { write, app_threads: 2, ..ShopConfig::fast() });
    let mut customers = join_all((0..8).map(|_| customer(&shop))).await;
    let start = Instant::now();
    let buying = join_all(customers.iter_mut().map(|customer| customer.buy(2, 1)));
    let full = until("the threads are busy", async || {
        metric(&shop, "app_threads_busy").await == Some(2.0)
            && metric(&shop, "app_threads_queued").await > Some(2.0)
    });
    let (answers, ()) = tokio::join!(buying, full);
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(metric(&shop, "app_threads_max").await, Some(2.0));
    assert!(start.elapsed() >= Duration::from_millis(200), "{:?}", start.elapsed());
}

#[test]
fn a_server_that_is_not_there_is_told_without_its_password() {
    for (lock, url) in [
        (Lock::RedisLock, "redis://me:s3cret@127.0.0.1:1/0"),
        (Lock::MySql, "mysql://me:s3cret@127.0.0.1:1/shop"),
    ] {
        let url = Some(url.parse().unwrap());
        let servers = match lock {
            Lock::MySql => Servers { mysql: url, ..Servers::default() },
            _ => Servers { redis: url, ..Servers::default() },
        };
        let config = ShopConfig { lock, servers, db_pool: 1, ..ShopConfig::fast() };
        let error = flashcrowd_shop::Shop::spawn_threads(config, 1).err().unwrap().to_string();
        assert!(error.contains("****@127.0.0.1:1/") && error.contains("refused"), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
    }
}
