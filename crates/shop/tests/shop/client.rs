//! A customer is a small HTTP client with one connection, and knows nothing of the shop but its address.

use std::net::SocketAddr;
use std::time::Duration;

use flashcrowd_shop::{RunningShop, Shop, ShopConfig};
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

/// Opens a shop with two workers.
pub fn open(config: ShopConfig) -> RunningShop {
    Shop::spawn_threads(config, 2).unwrap()
}

/// Waits for something that has to become true sooner or later.
pub async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !is_so().await {
        assert!(start.elapsed() < Duration::from_secs(30), "waited in vain until {what}");
        sleep(Duration::from_millis(1)).await;
    }
}

/// One customer, with one connection.
pub struct Customer {
    sender: SendRequest<Full<Bytes>>,
    token: Option<String>,
}

/// What a customer is answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    /// The reason of a refusal.
    pub fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_else(|| panic!("no error: {}", self.text)).to_owned()
    }
}

impl Customer {
    pub async fn enter(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        let (sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Self { sender, token: None }
    }

    pub fn with_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, "").await
    }

    pub async fn post(&mut self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, &body.to_string()).await
    }

    pub async fn delete(&mut self, path: &str) -> Answer {
        self.send(Method::DELETE, path, "").await
    }

    pub async fn buy(&mut self, product: u64, quantity: u64) -> Answer {
        self.post(&format!("/purchase/{product}"), json!({ "quantity": quantity })).await
    }

    pub async fn send(&mut self, method: Method, path: &str, body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("host", "localhost");
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.body(Full::new(Bytes::from(body.to_owned()))).unwrap();
        self.sender.ready().await.unwrap();
        let response = self.sender.send_request(request).await.unwrap();
        let (head, body) = response.into_parts();
        let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Answer { status: head.status.as_u16(), headers: head.headers, text }
    }
}
