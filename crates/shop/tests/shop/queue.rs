//! The queue of a booth, and the tokens that open it.

use flashcrowd_shop::{DEFAULT_SECRET, ShopConfig, issue_token, issue_token_until};
use http::Method;
use serde_json::{Value, json};

use crate::client::{Customer, open};

const QUEUE: &str = "/v1/booths/1/queue";
const ME: &str = "/v1/booths/1/queue/me";

fn at(position: u64, waiting: u64) -> Value {
    json!({"boothId": 1, "position": position, "waiting": waiting})
}

#[tokio::test]
async fn customers_join_move_up_and_leave() {
    let shop = open(ShopConfig::fast());
    let mut first = Customer::enter(shop.address()).await.with_token(issue_token(DEFAULT_SECRET, "first"));
    let mut second = Customer::enter(shop.address()).await.with_token(issue_token(DEFAULT_SECRET, "second"));
    let answer = first.get(ME).await;
    let nowhere = "first does not stand in the queue of booth 1".to_owned();
    assert_eq!((answer.status, answer.error()), (404, nowhere));
    assert_eq!(first.post(QUEUE, json!({})).await.json(), at(1, 1));
    assert_eq!(second.send(Method::POST, QUEUE, "").await.json(), at(2, 2));
    assert_eq!(second.get(ME).await.json(), at(2, 2));
    assert_eq!(first.delete(QUEUE).await.json(), json!({"boothId": 1, "left": true}));
    assert_eq!(second.get(ME).await.json(), at(1, 1));
    assert_eq!(second.delete(ME).await.json(), json!({"boothId": 1, "left": true}));
    let answer = second.delete(ME).await;
    assert_eq!((answer.status, answer.json()), (200, json!({"boothId": 1, "left": false})));
}

#[tokio::test]
async fn many_customers_with_one_token_are_one() {
    let shop = open(ShopConfig::fast());
    let token = issue_token(DEFAULT_SECRET, "tester");
    for _ in 0..20 {
        let mut vu = Customer::enter(shop.address()).await.with_token(&token);
        let answer = vu.post(QUEUE, json!({})).await;
        assert_eq!((answer.status, answer.json()), (200, at(1, 1)));
    }
}

#[tokio::test]
async fn without_a_good_token_nobody_queues() {
    let shop = open(ShopConfig::fast());
    let mut stranger = Customer::enter(shop.address()).await;
    let missing = "no token: send the header `Authorization: Bearer <token>`";
    for (method, path) in [(Method::POST, QUEUE), (Method::GET, ME), (Method::DELETE, QUEUE)] {
        let answer = stranger.send(method, path, "").await;
        assert_eq!((answer.status, answer.error()), (401, missing.to_owned()));
    }
    let table = [
        ("nonsense".to_owned(), "the token is not a JSON web token"),
        (issue_token("another secret", "me"), "the token was not signed by this shop (HS256)"),
        (issue_token_until(DEFAULT_SECRET, "me", 1_600_000_000), "the token has expired"),
    ];
    for (token, error) in table {
        stranger = stranger.with_token(token);
        let answer = stranger.get(ME).await;
        assert_eq!((answer.status, answer.error()), (401, error.to_owned()));
    }
}

#[tokio::test]
async fn a_shop_with_its_own_secret_accepts_only_that() {
    let shop = open(ShopConfig { secret: "own".to_owned(), ..ShopConfig::fast() });
    let mut me = Customer::enter(shop.address()).await.with_token(issue_token("own", "me"));
    assert_eq!(me.post(QUEUE, json!({})).await.status, 200);
    let mut me = me.with_token(issue_token(DEFAULT_SECRET, "me"));
    assert_eq!(me.post(QUEUE, json!({})).await.status, 401);
}
