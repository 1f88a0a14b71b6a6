//! How a shop opens and closes.

use std::net::SocketAddr;
use std::time::Duration;

use flashcrowd_shop::{Latency, Shop, ShopConfig, ShopError};
use futures_util::future::join_all;
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use crate::client::{Customer, open, until};

#[tokio::test]
async fn a_shop_serves_until_it_is_told_to_stop() {
    let shop = Shop::bind(ShopConfig::fast()).await.unwrap();
    let (address, handle) = (shop.address(), shop.handle());
    assert_ne!(address.port(), 0);
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(shop.serve(async { drop(stopped.await) }));
    assert_eq!(Customer::enter(address).await.get("/health").await.status, 200);
    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "the door is closed");
    assert_eq!(handle.stats().requests_total(), 1, "the stats outlive the shop");
}

#[tokio::test]
async fn a_closing_shop_answers_who_is_there() {
    let read = Latency::Fixed(Duration::from_millis(500));
    let shop = open(ShopConfig { read, ..ShopConfig::fast() });
    let mut me = Customer::enter(shop.address()).await;
    let answer = tokio::spawn(async move { me.get("/v1/products/1").await.status });
    let handle = shop.handle();
    until("the request is there", async || handle.metrics().contains("\nhttp_requests_in_flight 1\n")).await;
    tokio::task::spawn_blocking(move || shop.stop()).await.unwrap();
    assert_eq!(answer.await.unwrap(), 200);
}

#[test]
fn a_shop_runs_from_code_without_a_runtime() {
    let shop = open(ShopConfig::fast());
    let address: SocketAddr = shop.url().strip_prefix("http://").unwrap().parse().unwrap();
    assert_eq!(address, shop.address());
    shop.stop();
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[test]
fn an_address_in_use_is_an_error() {
    let shop = open(ShopConfig::fast());
    let taken = ShopConfig { listen: shop.address(), ..ShopConfig::fast() };
    let error = Shop::spawn_threads(taken, 1).unwrap_err();
    assert!(matches!(error, ShopError::Listen { address, .. } if address == shop.address()), "{error}");
}

#[test]
fn a_shop_without_threads_is_an_error() {
    let error = Shop::spawn_threads(ShopConfig::fast(), 0).unwrap_err();
    assert_eq!(error.to_string(), "the shop cannot be set up so: threads is 0: use 1 to 1024");
}

#[tokio::test]
async fn a_crowd_that_connects_at_once_is_let_in() {
    let shop = open(ShopConfig::fast());
    let mut crowd = join_all((0..300).map(|_| Customer::enter(shop.address()))).await;
    // All are there before the first asks for something.
    let statuses =
        join_all(crowd.iter_mut().map(async |customer| customer.get("/health").await.status)).await;
    assert_eq!(statuses, vec![200; 300]);
}
