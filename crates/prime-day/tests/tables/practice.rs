//! A practice endpoint, with a client of it.

use std::sync::Arc;
use std::time::Duration;

use flashcrowd_dynamodb::{Client, Credentials, Endpoint, Retry, Service};
use flashcrowd_dynamodb_shop::{RunningServer, Server, ServerConfig, StoreConfig};
use flashcrowd_http::{ClientConfig, WorkerClient};
use flashcrowd_prime_day::control::Progress;
use flashcrowd_prime_day::{Catalogue, Tables};
use serde_json::Value;

/// A practice endpoint with a client of it.
pub struct Practice {
    pub desk: RunningServer,
    pub client: Client,
    pub tables: Tables,
    pub catalogue: Catalogue,
}

impl Practice {
    /// One of 60 products, whose tables settle at once.
    pub fn open(prefix: &str) -> Self {
        let store = StoreConfig { settle: Duration::from_millis(20), ..StoreConfig::default() };
        let config =
            ServerConfig { listen: ([127, 0, 0, 1], 0).into(), threads: 1, store, ..ServerConfig::default() };
        let desk = Server::spawn(config).unwrap();
        Self {
            client: client(&desk.url()),
            desk,
            tables: Tables::new(prefix),
            catalogue: Catalogue::new(60, 1_000),
        }
    }

    /// What the store answers, round the network.
    pub fn ask(&self, operation: &str, body: &Value) -> Value {
        let answer = self.desk.handle().store().answer(operation, body.to_string().as_bytes());
        assert_eq!(answer.status, 200, "{operation}: {}", String::from_utf8_lossy(&answer.body));
        serde_json::from_slice(&answer.body).unwrap()
    }

    /// Requests of one kind that the endpoint has served, whatever the table.
    pub fn served(&self, operation: &str) -> u64 {
        let stats = self.desk.handle().stats();
        let of_kind = stats.operations.iter().filter(|(name, _)| name.starts_with(operation));
        of_kind.map(|(_, count)| count.served).sum()
    }
}

/// A client of an endpoint.
pub fn client(url: &str) -> Client {
    let service = Service {
        endpoint: Endpoint::at(url, "us-east-1").unwrap(),
        credentials: Credentials::fixed("practice", "practice"),
        retry: Retry::default(),
        sdk: None,
        timeout: Duration::from_secs(30),
    };
    Client::new(Arc::new(service), WorkerClient::build(ClientConfig::default()).unwrap(), 1)
}

/// Cares for no progress.
pub fn quiet(_: Progress) {}
