//! Each call of the API, and each way in which it can be refused.

use flashcrowd_shop::{Seed, ShopConfig};
use http::Method;
use serde_json::{Value, json};

use crate::client::{Customer, open};

fn small() -> ShopConfig {
    let seed = Seed { stock: 10, balance: 1000, stock_of: [(1, 3)].into(), ..Seed::default() };
    ShopConfig { seed, ..ShopConfig::fast() }
}

#[tokio::test]
async fn balances_are_read_and_recharged() {
    let shop = open(small());
    let mut me = Customer::enter(shop.address()).await;
    let answer = me.get("/v1/users/9338/balance").await;
    assert_eq!((answer.status, answer.json()), (200, json!({"userId": 9338, "balance": 1000})));
    assert_eq!(answer.headers["content-type"], "application/json");
    let answer = me.post("/v1/users/9338/balance", json!({"amount": 10_999})).await;
    assert_eq!((answer.status, answer.json()), (200, json!({"userId": 9338, "balance": 11_999})));
    assert_eq!(me.get("/v1/users/9338/balance?fresh=1").await.json()["balance"], 11_999);
    assert_eq!(me.get("/v1/users/9339/balance").await.json()["balance"], 1000);
}

#[tokio::test]
async fn products_and_their_stock_are_shown() {
    let shop = open(small());
    let mut me = Customer::enter(shop.address()).await;
    let answer = me.get("/v1/products/4").await;
    let expected = json!({"id": 4, "name": "Product 4", "price": 600, "stock": 10});
    assert_eq!((answer.status, answer.json()), (200, expected));
    let answer = me.get("/inventory/1").await;
    assert_eq!((answer.status, answer.json()), (200, json!({"productId": 1, "stock": 3})));
}

#[tokio::test]
async fn an_order_takes_stock_and_money() {
    let shop = open(small());
    let mut me = Customer::enter(shop.address()).await;
    let order = json!({"userId": 9341, "totalAmount": 600, "products": [{"productId": 4, "quantity": 1}]});
    let answer = me.post("/v1/orders", order.clone()).await;
    let expected = json!({"orderId": 1, "userId": 9341, "totalAmount": 600, "balance": 400});
    assert_eq!((answer.status, answer.json()), (200, expected));
    let answer = me.post("/v1/orders", order).await;
    assert_eq!((answer.status, answer.error()), (402, "the balance is too low".to_owned()));
    assert_eq!(me.get("/inventory/4").await.json()["stock"], 9, "the refused order gave its item back");
}

#[tokio::test]
async fn an_order_that_names_a_product_twice_means_both() {
    let shop = open(small());
    let mut me = Customer::enter(shop.address()).await;
    let order = |first: u64, second: u64| {
        let line = |product: u64, quantity: u64| json!({"productId": product, "quantity": quantity});
        json!({"userId": 1, "totalAmount": 0, "products": [line(1, first), line(2, 1), line(1, second)]})
    };
    let answer = me.post("/v1/orders", order(2, 2)).await;
    assert_eq!((answer.status, answer.error()), (409, "product 1 is out of stock".to_owned()));
    assert_eq!(me.post("/v1/orders", order(2, 1)).await.status, 200);
    let stats = shop.handle().stats();
    assert_eq!((stats.stock[&1], stats.stock[&2], stats.sold[&1], stats.sold[&2]), (0, 9, 3, 1));
}

#[tokio::test]
async fn who_does_not_say_how_many_buys_one() {
    let shop = open(ShopConfig::fast());
    let mut me = Customer::enter(shop.address()).await;
    for body in ["", "{}", r#"{"quantity":1}"#] {
        let answer = me.send(Method::POST, "/purchase/1", body).await;
        assert_eq!((answer.status, &answer.json()["quantity"]), (200, &json!(1)), "{body}");
    }
    assert_eq!(shop.handle().stats().sold[&1], 3);
}

#[tokio::test]
async fn a_purchase_takes_stock_until_there_is_none() {
    let shop = open(small());
    let mut me = Customer::enter(shop.address()).await;
    let answer = me.buy(1, 2).await;
    assert_eq!((answer.status, answer.json()), (200, json!({"productId": 1, "quantity": 2, "stock": 1})));
    let answer = me.buy(1, 2).await;
    assert_eq!((answer.status, answer.error()), (409, "product 1 is out of stock".to_owned()));
    assert_eq!(me.buy(1, 1).await.status, 200);
}

#[tokio::test]
async fn a_login_gives_a_token_that_is_good_for_the_queue() {
    let shop = open(small());
    let mut me = Customer::enter(shop.address()).await;
    let answer = me.post("/login", json!({"username": "user_17", "password": "password123"})).await;
    assert_eq!(answer.status, 200);
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    let mut me = me.with_token(token);
    assert_eq!(me.post("/v1/booths/1/queue", json!({})).await.status, 200);
    let answer = me.post("/login", json!({"username": "", "password": "x"})).await;
    assert_eq!((answer.status, answer.error()), (401, "username and password must not be empty".to_owned()));
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() {
    let shop = open(small());
    let mut me = Customer::enter(shop.address())
        .await
        .with_token(flashcrowd_shop::issue_token(flashcrowd_shop::DEFAULT_SECRET, "me"));
    let order = |user: u64, product: u64| {
        let lines = [json!({"productId": product, "quantity": 1})];
        json!({"userId": user, "totalAmount": 1, "products": lines})
    };
    let none = Value::Null;
    let table = [
        (Method::GET, "/v1/users/10001/balance", none.clone(), "there is no user 10001"),
        (Method::POST, "/v1/users/0/balance", json!({"amount": 1}), "there is no user 0"),
        (Method::GET, "/v1/products/11", none.clone(), "there is no product 11"),
        (Method::GET, "/v1/products/first", none.clone(), "there is no product 0"),
        (Method::GET, "/inventory/11", none.clone(), "there is no product 11"),
        (Method::POST, "/purchase/11", json!({"quantity": 1}), "there is no product 11"),
        (Method::POST, "/v1/orders", order(10_001, 1), "there is no user 10001"),
        (Method::POST, "/v1/orders", order(1, 11), "there is no product 11"),
        (Method::POST, "/v1/booths/101/queue", none.clone(), "there is no booth 101"),
        (Method::GET, "/v1/booths/101/queue/me", none.clone(), "there is no booth 101"),
        (Method::DELETE, "/v1/booths/101/queue", none.clone(), "there is no booth 101"),
        (Method::GET, "/", none.clone(), "there is no path /"),
        (Method::GET, "/admin/keys", none, "there is no path /admin/keys"),
    ];
    for (method, path, body, error) in table {
        let answer = me.send(method.clone(), path, &body.to_string()).await;
        assert_eq!((answer.status, answer.error()), (404, error.to_owned()), "{method} {path}");
    }
}

#[tokio::test]
async fn bodies_that_make_no_sense_are_refused() {
    let shop = open(small());
    let mut me = Customer::enter(shop.address()).await;
    let not_json = "the body is not the JSON expected here: ";
    let table = [
        ("/v1/users/1/balance", "", format!("{not_json}EOF while parsing a value at line 1 column 0")),
        ("/v1/users/1/balance", "{", format!("{not_json}EOF while parsing an object at line 1 column 1")),
        ("/v1/users/1/balance", "{}", format!("{not_json}missing field `amount` at line 1 column 2")),
        ("/v1/users/1/balance", r#"{"amount":0}"#, "amount is 0: use 1 to 1000000000000".to_owned()),
        ("/v1/users/1/balance", r#"{"amount":-5}"#, "amount is -5: use 1 to 1000000000000".to_owned()),
        ("/purchase/1", r#"{"quantity":0}"#, "quantity is 0: use 1 or more".to_owned()),
        ("/login", r#"{"username":"me"}"#, format!("{not_json}missing field `password` at line 1 column 17")),
        (
            "/v1/orders",
            r#"{"userId":1,"totalAmount":1,"products":[]}"#,
            "products must have 1 to 100 entries".to_owned(),
        ),
        (
            "/v1/orders",
            r#"{"userId":1,"totalAmount":1,"products":[{"productId":1,"quantity":0}]}"#,
            "quantity is 0: use 1 or more".to_owned(),
        ),
        (
            "/v1/orders",
            r#"{"userId":1,"totalAmount":-1,"products":[{"productId":1,"quantity":1}]}"#,
            "totalAmount is -1: use 0 to 1000000000000".to_owned(),
        ),
    ];
    for (path, body, error) in table {
        let answer = me.send(Method::POST, path, body).await;
        assert_eq!((answer.status, answer.error()), (400, error), "{path} {body}");
    }
    let answer = me.send(Method::POST, "/purchase/1", &" ".repeat(70_000)).await;
    assert_eq!((answer.status, answer.error()), (413, "the body has more than 65536 bytes".to_owned()));
}

#[tokio::test]
async fn methods_that_a_path_does_not_know_are_refused() {
    let shop = open(small());
    let mut me = Customer::enter(shop.address()).await;
    let answer = me.delete("/v1/users/1/balance").await;
    assert_eq!((answer.status, answer.error()), (405, "use GET, HEAD, POST here".to_owned()));
    assert_eq!(answer.headers["allow"], "GET, HEAD, POST");
    let answer = me.get("/admin/reset").await;
    assert_eq!((answer.status, &answer.headers["allow"]), (405, &http::HeaderValue::from_static("POST")));
}

#[tokio::test]
async fn health_is_up_and_head_is_get_without_a_body() {
    let shop = open(small());
    let mut me = Customer::enter(shop.address()).await;
    let answer = me.get("/health").await;
    assert_eq!((answer.status, answer.json()), (200, json!({"status": "up"})));
    let answer = me.send(Method::HEAD, "/health", "").await;
    assert_eq!((answer.status, answer.text.as_str()), (200, ""));
}

#[tokio::test]
async fn a_reset_brings_the_seeded_data_back() {
    let shop = open(small());
    let token = flashcrowd_shop::issue_token(flashcrowd_shop::DEFAULT_SECRET, "me");
    let mut me = Customer::enter(shop.address()).await.with_token(token);
    me.buy(1, 3).await;
    me.post("/v1/users/1/balance", json!({"amount": 5})).await;
    me.post("/v1/booths/1/queue", json!({})).await;
    assert_eq!(me.post("/admin/reset", json!({})).await.json(), json!({"reset": true}));
    let stats = me.get("/admin/stats").await.json();
    assert_eq!((&stats["stock"]["1"], &stats["sold"]["1"]), (&json!(3), &json!(0)));
    assert_eq!(stats["requests"]["POST /purchase/{id}"], json!({"200": 1}), "requests are never forgotten");
    assert_eq!(me.get("/v1/users/1/balance").await.json()["balance"], 1000);
    assert_eq!(me.get("/v1/booths/1/queue/me").await.status, 404);
}
