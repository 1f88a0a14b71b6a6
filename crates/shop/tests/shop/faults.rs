//! What goes wrong on purpose.

use std::time::Duration;

use flashcrowd_shop::ShopConfig;
use serde_json::json;
use tokio::time::Instant;

use crate::client::{Customer, open, until};

#[tokio::test]
async fn a_share_of_the_answers_are_errors() {
    let shop = open(ShopConfig { error_rate: 0.5, ..ShopConfig::fast() });
    let mut me = Customer::enter(shop.address()).await;
    let mut errors = 0;
    for _ in 0..400 {
        let answer = me.post("/v1/users/1/balance", json!({"amount": 1})).await;
        errors += u32::from(answer.status == 500);
        assert!([200, 500].contains(&answer.status));
    }
    assert!((120..280).contains(&errors), "{errors} of 400 failed");
    assert_eq!(me.get("/admin/stats").await.status, 200, "the keeper is never failed");
}

#[tokio::test]
async fn a_pause_holds_requests_until_it_ends() {
    let shop = open(ShopConfig::fast());
    let (mut keeper, mut me) = (Customer::enter(shop.address()).await, Customer::enter(shop.address()).await);
    let (start, pause) = (Instant::now(), Duration::from_secs(1));
    let answer = keeper.post("/admin/pause?ms=1000", json!({})).await;
    assert_eq!((answer.status, answer.json()), (200, json!({"pausedMs": 1000})));
    let customer = tokio::spawn(async move {
        let status = me.get("/v1/products/1").await.status;
        (me, status)
    });
    assert_eq!(keeper.get("/metrics").await.status, 200);
    assert!(!customer.is_finished(), "the keeper does not wait");
    let (mut me, status) = customer.await.unwrap();
    assert_eq!(status, 200);
    assert!(start.elapsed() >= pause, "a customer does");
    let again = Instant::now();
    assert_eq!(me.get("/v1/products/1").await.status, 200);
    assert!(again.elapsed() < pause, "until the pause is over");
    assert_eq!(me.post("/admin/pause", json!({})).await.status, 400);
}

#[tokio::test]
async fn an_outage_is_answered_at_once_and_ends() {
    let shop = open(ShopConfig::fast());
    let mut me = Customer::enter(shop.address()).await;
    assert_eq!(me.post("/admin/fail?ms=60000", json!({})).await.json(), json!({"failingMs": 60_000}));
    let start = Instant::now();
    assert_eq!(me.get("/v1/products/1").await.status, 503);
    assert!(start.elapsed() < Duration::from_secs(20));
    assert_eq!(me.get("/metrics").await.status, 200);
    let start = Instant::now();
    me.post("/admin/fail?ms=300", json!({})).await;
    until("the outage is over", async || me.get("/v1/products/1").await.status == 200).await;
    assert!(start.elapsed() >= Duration::from_millis(300), "{:?}", start.elapsed());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_leak_takes_memory_until_a_reset() {
    let shop = open(ShopConfig { leak: 200_000_000, ..ShopConfig::fast() });
    let mut me = Customer::enter(shop.address()).await;
    let before = resident(&mut me).await;
    let mut grown = 0.0;
    until("memory has grown", async || {
        grown = resident(&mut me).await - before;
        grown > 60e6
    })
    .await;
    assert_eq!(me.post("/admin/reset", json!({})).await.status, 200);
    assert!(resident(&mut me).await < before + grown / 2.0);
}

async fn resident(me: &mut Customer) -> f64 {
    let page = me.get("/metrics").await.text;
    let line = page.lines().find(|line| line.starts_with("process_resident_memory_bytes ")).unwrap();
    line.split(' ').nth(1).unwrap().parse().unwrap()
}
