//! A client is one connection that signs its requests by AWS's own crate.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningParams, SigningSettings, sign};
use aws_sigv4::sign::v4;
use flashcrowd_dynamodb_shop::{RunningServer, Server, ServerConfig};
use flashcrowd_shop::Latency;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

/// As fast as can be, on a free port.
pub fn fast() -> ServerConfig {
    ServerConfig {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        threads: 2,
        read: Latency::Zero,
        write: Latency::Zero,
        ..ServerConfig::default()
    }
}

pub fn open(config: ServerConfig) -> RunningServer {
    Server::spawn(config).unwrap()
}

/// How requests are signed.
#[derive(Clone)]
pub struct Identity {
    pub key: &'static str,
    pub secret: &'static str,
    pub token: Option<&'static str>,
    pub region: &'static str,
    pub service: &'static str,
    /// How far the client's clock is behind.
    pub behind: Duration,
}

impl Default for Identity {
    fn default() -> Self {
        Self {
            key: "AKIDEXAMPLE",
            secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            token: None,
            region: "us-east-1",
            service: "dynamodb",
            behind: Duration::ZERO,
        }
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {:?}", self.body))
    }

    /// Status, type and message of an error.
    pub fn error(&self) -> (u16, String, String) {
        let body = self.json();
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        (self.status, text("__type"), text("message"))
    }
}

pub struct Client {
    sender: SendRequest<Full<Bytes>>,
    host: String,
    pub identity: Identity,
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        let (sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Self { sender, host: address.to_string(), identity: Identity::default() }
    }

    pub fn with(mut self, identity: Identity) -> Self {
        self.identity = identity;
        self
    }

    /// Asks for an operation as an SDK does.
    pub async fn ask(&mut self, operation: &str, body: Value) -> Answer {
        let request = self.signed(operation, &body.to_string());
        self.send(request).await
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        let request = Request::get(path).header("host", &self.host);
        self.send(request.body(Full::default()).unwrap()).await
    }

    pub async fn send(&mut self, request: Request<Full<Bytes>>) -> Answer {
        self.sender.ready().await.unwrap();
        let (head, body) = self.sender.send_request(request).await.unwrap().into_parts();
        Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body: body.collect().await.unwrap().to_bytes(),
        }
    }

    /// A request without a signature.
    pub fn unsigned(&self, operation: &str, body: &str) -> Request<Full<Bytes>> {
        let request = Request::builder().method(Method::POST).uri("/").header("host", &self.host);
        let request = request
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", format!("DynamoDB_20120810.{operation}"));
        request.body(Full::from(body.to_owned())).unwrap()
    }

    pub fn signed(&self, operation: &str, body: &str) -> Request<Full<Bytes>> {
        let mut request = self.unsigned(operation, body);
        let Identity { key, secret, token, region, service, behind } = self.identity.clone();
        let identity = Credentials::new(key, secret, token.map(str::to_owned), None, "test").into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name(service)
            .time(wall_now() - behind)
            .settings(SigningSettings::default());
        let params = SigningParams::from(params.build().unwrap());
        let url = format!("http://{}/", self.host);
        let headers = request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
        let signable =
            SignableRequest::new("POST", &url, headers, SignableBody::Bytes(body.as_bytes())).unwrap();
        let (instructions, _) = sign(signable, &params).unwrap().into_parts();
        instructions.apply_to_request_http1x(&mut request);
        request
    }
}

/// A table of one item with the key `1`.
pub async fn set_up(client: &mut Client) {
    let table = json!({
        "TableName": "Things",
        "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
        "BillingMode": "PAY_PER_REQUEST",
    });
    assert_eq!(client.ask("CreateTable", table).await.status, 200);
    let item = json!({ "TableName": "Things", "Item": { "id": { "S": "1" }, "price": { "N": "19.90" } } });
    loop {
        let answer = client.ask("PutItem", item.clone()).await;
        if answer.status == 200 {
            return;
        }
        assert!(answer.error().1.ends_with("#ResourceNotFoundException"), "{answer:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub fn get_item() -> Value {
    json!({ "TableName": "Things", "Key": { "id": { "S": "1" } } })
}

#[expect(clippy::disallowed_methods, reason = "signatures carry the wall clock's time")]
fn wall_now() -> SystemTime {
    SystemTime::now()
}
