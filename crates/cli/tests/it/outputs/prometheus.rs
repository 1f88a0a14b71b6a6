//! Prometheus, from Debian's package, as a receiver.

use serde_json::Value;

use crate::peers::Debian;
use crate::run::wait_until;

/// Prometheus, which takes what is pushed.
pub struct Prometheus {
    pub address: String,
    _server: Debian,
    _folder: tempfile::TempDir,
}

impl Prometheus {
    pub fn start() -> Option<Self> {
        Self::with("global: {}\n", &[])
    }

    /// One with these settings and flags.
    pub fn with(settings: &str, flags: &[&str]) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("prometheus.yml"), settings).unwrap();
        Self::within(folder, flags)
    }

    /// One with the settings that are in this folder, and flags.
    pub fn within(folder: tempfile::TempDir, flags: &[&str]) -> Option<Self> {
        let server = Debian::start("prometheus", "prometheus", |command, port| {
            command.args([
                "--web.enable-remote-write-receiver",
                "--storage.tsdb.path=data",
                "--config.file=prometheus.yml",
            ]);
            command.args(flags);
            command.arg(format!("--web.listen-address=127.0.0.1:{port}")).current_dir(folder.path());
        })?;
        let started =
            Self { address: format!("127.0.0.1:{}", server.port), _server: server, _folder: folder };
        wait_until("Prometheus is ready", || started.get("/-/ready").starts_with("HTTP/1.0 200"));
        Some(started)
    }

    pub fn get(&self, path: &str) -> String {
        use std::io::{Read, Write};
        let Ok(mut stream) = std::net::TcpStream::connect(&self.address) else { return String::new() };
        let request = format!("GET {path} HTTP/1.0\r\nHost: shop\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map_or(String::new(), |_| answer)
    }

    /// What a query finds, as Prometheus answers it.
    pub fn query(&self, query: &str) -> Value {
        let encoded: String = query.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let answer = self.get(&format!("/api/v1/query?query={encoded}"));
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        serde_json::from_str(body).unwrap_or_else(|_| panic!("{query}: {answer}"))
    }

    /// The value of a query that has one.
    pub fn value(&self, query: &str) -> f64 {
        let found = self.query(query);
        let value = found["data"]["result"][0]["value"][1].as_str();
        value.unwrap_or_else(|| panic!("{query}: {found}")).parse().unwrap()
    }

    /// Waits until it has scraped somewhere, in vain as nobody listens there yet.
    pub fn wait_for_scrapes(&self) {
        wait_until("Prometheus scrapes", || {
            self.query("up")["data"]["result"].as_array().is_some_and(|found| !found.is_empty())
        });
    }
}
