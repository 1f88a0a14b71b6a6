//! What a request is answered besides the operation itself.

use bytes::Bytes;
use flashcrowd_dynamodb_shop::{OperationCount, ServerConfig, ServerStats};
use flashcrowd_shop::Latency;
use http::Request;
use http_body_util::Full;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Duration, Instant};

use crate::client::{Answer, Client, fast, get_item, open, set_up};

/// Checks what every answer has, whatever it says.
fn check_headers(answer: &Answer) {
    assert_eq!(answer.header("server"), "Server");
    let id = answer.header("x-amzn-requestid");
    assert!(id.len() == 52 && id.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()), "{id}");
    assert_eq!(answer.header("x-amz-crc32"), crc32fast::hash(&answer.body).to_string(), "{answer:?}");
    assert_eq!(answer.header("content-length"), answer.body.len().to_string());
}

#[tokio::test]
async fn operations_are_answered_as_by_the_service() {
    let server = open(fast());
    let mut client = Client::connect(server.address()).await;
    set_up(&mut client).await;
    let first = client.ask("GetItem", get_item()).await;
    assert_eq!((first.status, first.header("content-type")), (200, "application/x-amz-json-1.0"));
    assert_eq!(first.json()["Item"]["price"]["N"], "19.9");
    check_headers(&first);
    let second = client.ask("GetItem", get_item()).await;
    assert_eq!(first.json(), second.json());
    assert_ne!(first.header("x-amzn-requestid"), second.header("x-amzn-requestid"));
    let missing = client.ask("GetItem", json!({ "TableName": "Nothing", "Key": {} })).await;
    assert_eq!((missing.status, missing.header("content-type")), (400, "application/x-amz-json-1.0"));
    assert_eq!(missing.error().1, "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException");
    check_headers(&missing);
}

#[tokio::test]
async fn what_the_checksum_of_a_known_body_is() {
    let server = open(fast());
    let health = Client::connect(server.address()).await.get("/").await;
    assert_eq!((health.status, &*health.body), (200, &b"healthy: dynamodb.us-east-1.amazonaws.com "[..]));
    // As the service itself answers it.
    assert_eq!(health.header("x-amz-crc32"), "3128867991");
    check_headers(&health);
}

#[tokio::test]
async fn what_is_not_the_protocol_is_not_understood() {
    let server = open(fast());
    let mut client = Client::connect(server.address()).await;
    let unknown = "com.amazon.coral.service#UnknownOperationException";
    for target in
        ["", "DynamoDB_20120810.", "DynamoDB_20120810.Format", "DynamoDB_20111205.GetItem", "GetItem"]
    {
        let mut request = client.signed("GetItem", "{}");
        request.headers_mut().insert("x-amz-target", target.parse().unwrap());
        let answer = client.send(request).await;
        assert_eq!((answer.status, answer.error().1.as_str()), (400, unknown), "{target}");
        check_headers(&answer);
    }
    let mut request = client.signed("GetItem", "{}");
    request.headers_mut().remove("x-amz-target");
    assert_eq!(client.send(request).await.error().1, unknown);
    let mut request = client.signed("GetItem", "{}");
    request.headers_mut().insert("content-type", "text/plain".parse().unwrap());
    for request in [
        request,
        Request::post("/other").body(Full::default()).unwrap(),
        Request::put("/").body(Full::default()).unwrap(),
    ] {
        let answer = client.send(request).await;
        assert_eq!((answer.status, &*answer.body), (404, &b"<UnknownOperationException/>\n"[..]));
        assert_eq!(answer.header("x-amz-crc32"), "3552371480");
    }
    let mut request = client.signed("ListTables", "{}");
    request.headers_mut().insert("content-type", "application/json; charset=utf-8".parse().unwrap());
    let answer = client.send(request).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
}

#[tokio::test]
async fn what_is_too_large_is_refused_and_what_is_no_http_ends_its_own_connection_only() {
    let server = open(fast());
    let mut steady = Client::connect(server.address()).await;
    let mut large = Client::connect(server.address()).await;
    let mut request = large.signed("GetItem", "{}");
    *request.body_mut() = Full::from(Bytes::from(vec![b' '; (16 << 20) + 1]));
    assert_eq!(large.send(request).await.status, 413);
    for nonsense in
        ["\0\0\0\0\r\n\r\n", "POST / HTTP/1.1\r\ncontent-length: many\r\n\r\n", "GET / HTTP/9\r\n\r\n"]
    {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        stream.write_all(nonsense.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 400"), "{nonsense:?}");
    }
    let mut cut_off = TcpStream::connect(server.address()).await.unwrap();
    cut_off.write_all(b"POST / HTTP/1.1\r\ncontent-length: 100\r\n\r\n{").await.unwrap();
    drop(cut_off);
    assert_eq!(steady.ask("ListTables", json!({})).await.status, 200);
}

#[tokio::test]
async fn reads_and_writes_take_their_own_time() {
    let (read, write) = (Duration::from_millis(20), Duration::from_millis(60));
    let server = open(ServerConfig { read: Latency::Fixed(read), write: Latency::Fixed(write), ..fast() });
    let mut client = Client::connect(server.address()).await;
    set_up(&mut client).await;
    let start = Instant::now();
    client.ask("GetItem", get_item()).await;
    let after_read = start.elapsed();
    let item = json!({ "TableName": "Things", "Item": { "id": { "S": "2" } } });
    client.ask("PutItem", item).await;
    let after_write = start.elapsed() - after_read;
    assert!(after_read >= read && after_write >= write, "{after_read:?} {after_write:?}");
    // Only the quickest of many says what a read takes where processors are busy.
    let mut quickest = after_read;
    for _ in 0..20 {
        let start = Instant::now();
        client.ask("GetItem", get_item()).await;
        quickest = quickest.min(start.elapsed());
    }
    assert!(quickest < write, "{quickest:?}");
}

#[tokio::test]
async fn faults_change_nothing_and_are_counted() {
    let server = open(fast());
    let healthy = Client::connect(server.address()).await.get("/stats").await;
    assert_eq!(serde_json::from_slice::<ServerStats>(&healthy.body).unwrap(), ServerStats::default());
    let server = open(ServerConfig { error_rate: 1.0, ..fast() });
    let mut client = Client::connect(server.address()).await;
    for operation in ["PutItem", "PutItem", "Format"] {
        assert_eq!(
            client.ask(operation, json!({})).await.error(),
            (
                500,
                "com.amazonaws.dynamodb.v20120810#InternalServerError".to_owned(),
                "Internal server error".to_owned()
            )
        );
    }
    let answer = client.get("/stats").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    let stats: ServerStats = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(stats, server.handle().stats());
    let failed = |failed| OperationCount { failed, ..OperationCount::default() };
    let expected = [("PutItem".to_owned(), failed(2)), ("other".to_owned(), failed(1))];
    assert_eq!(stats.operations, expected.into(), "{stats:?}");
}

#[tokio::test]
async fn the_targets_counts_are_the_clients() {
    let server = open(fast());
    let mut client = Client::connect(server.address()).await;
    set_up(&mut client).await;
    for _ in 0..7 {
        assert_eq!(client.ask("GetItem", get_item()).await.status, 200);
    }
    let stats: ServerStats = serde_json::from_slice(&client.get("/stats").await.body).unwrap();
    assert_eq!(stats.operations["GetItem Things"], OperationCount { served: 7, throttled: 0, failed: 0 });
    assert_eq!(stats.tables["Things"].read, 3.5);
    assert_eq!(stats, server.handle().stats());
}
