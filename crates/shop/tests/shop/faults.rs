//! What goes wrong on purpose.

use std::time::Duration;

use flashcrowd_shop::ShopConfig;
use serde_json::json;
use tokio::time::Instant;

use crate::client::{Customer, open};

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
    let mut me = Customer::enter(shop.address()).await;
    let start = Instant::now();
    let answer = me.post("/admin/pause?ms=300", json!({})).await;
    assert_eq!((answer.status, answer.json()), (200, json!({"pausedMs": 300})));
    assert_eq!(me.get("/metrics").await.status, 200);
    assert!(start.elapsed() < Duration::from_millis(250), "the keeper does not wait");
    assert_eq!(me.get("/v1/products/1").await.status, 200);
    assert!(start.elapsed() >= Duration::from_millis(300), "a customer does");
    let again = Instant::now();
    assert_eq!(me.get("/v1/products/1").await.status, 200);
    assert!(again.elapsed() < Duration::from_millis(250), "until the pause is over");
    assert_eq!(me.post("/admin/pause", json!({})).await.status, 400);
}
