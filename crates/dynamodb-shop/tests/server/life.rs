//! How the endpoint opens and closes.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use flashcrowd_dynamodb_shop::{Server, ServerConfig, ServerError};
use flashcrowd_shop::Latency;
use serde_json::json;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

use crate::client::{Client, fast, open};

#[tokio::test]
async fn it_serves_until_it_is_told_to_stop() {
    let server = Server::bind(fast()).await.unwrap();
    let (address, handle) = (server.address(), server.handle());
    assert_ne!(address.port(), 0);
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(server.serve(async { drop(stopped.await) }));
    let mut client = Client::connect(address).await;
    assert_eq!(client.ask("ListTables", json!({})).await.status, 200);
    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
    assert!(TcpStream::connect(address).is_err(), "nobody listens any more");
    assert_eq!(handle.stats().operations["ListTables"].served, 1, "what was counted outlives the endpoint");
}

#[tokio::test]
async fn whoever_has_asked_is_answered_before_it_closes() {
    let server = open(ServerConfig { read: Latency::Fixed(Duration::from_millis(900)), ..fast() });
    let mut client = Client::connect(server.address()).await;
    let answer = tokio::spawn(async move { client.ask("ListTables", json!({})).await.status });
    // The endpoint counts what it has answered, so that nothing tells that it is asked.
    sleep(Duration::from_millis(400)).await;
    tokio::task::spawn_blocking(move || server.stop()).await.unwrap();
    assert_eq!(answer.await.unwrap(), 200);
}

#[tokio::test]
async fn connections_that_ask_nothing_hold_nothing_up() {
    let server = open(fast());
    let silent = TcpStream::connect(server.address()).unwrap();
    let mut idle = Client::connect(server.address()).await;
    assert_eq!(idle.get("/").await.status, 200);
    let start = Instant::now();
    tokio::task::spawn_blocking(move || drop(server)).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    drop(silent);
}

#[test]
fn it_runs_from_code_without_a_runtime() {
    let server = open(fast());
    let address: SocketAddr = server.url().strip_prefix("http://").unwrap().parse().unwrap();
    assert_eq!(address, server.address());
    server.stop();
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn what_keeps_it_from_opening_is_said() {
    let server = open(fast());
    let error = Server::spawn(ServerConfig { listen: server.address(), ..fast() }).unwrap_err();
    assert!(matches!(error, ServerError::Bind { address, .. } if address == server.address()), "{error}");
    let error = Server::spawn(ServerConfig { threads: 0, ..fast() }).unwrap_err();
    assert_eq!(error.to_string(), "DynamoDB cannot be set up so: threads is 0: use 1 to 1024");
}
