//! Clients that mean no good.

use std::time::Duration;

use flashcrowd_shop::ShopConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client::open;

async fn answer(stream: &mut TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = vec![0; 4096];
    let read = timeout(Duration::from_secs(20), stream.read(&mut bytes)).await.unwrap().unwrap();
    String::from_utf8_lossy(&bytes[..read]).into_owned()
}

#[tokio::test]
async fn a_page_of_others_does_not_reset_the_shop() {
    let shop = open(ShopConfig::fast());
    let mut stream = TcpStream::connect(shop.address()).await.unwrap();
    for (headers, status) in [
        (format!("Host: {}", shop.address()), "200"),
        (format!("Host: {}\r\nOrigin: http://evil.test", shop.address()), "401"),
        (format!("Host: {}\r\nSec-Fetch-Site: cross-site", shop.address()), "401"),
        ("Host: rebound.evil.test".to_owned(), "401"),
    ] {
        let request = format!("POST /admin/reset HTTP/1.1\r\n{headers}\r\nContent-Length: 0\r\n\r\n");
        let answer = answer(&mut stream, &request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{headers}: {answer}");
    }
}

#[tokio::test]
async fn other_machines_administrate_with_the_token_only() {
    let shop = open(ShopConfig { listen: "0.0.0.0:0".parse().unwrap(), ..ShopConfig::fast() });
    let mut stream = TcpStream::connect(("127.0.0.1", shop.address().port())).await.unwrap();
    let reset = |token: &str| {
        format!(
            "POST /admin/reset HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Length: 0\r\n\r\n"
        )
    };
    assert!(answer(&mut stream, &reset("guessed")).await.starts_with("HTTP/1.1 401 "));
    assert!(answer(&mut stream, &reset(&shop.handle().admin_token())).await.starts_with("HTTP/1.1 200 "));
    let metrics = answer(&mut stream, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(metrics.starts_with("HTTP/1.1 200 "), "{metrics}");
}
