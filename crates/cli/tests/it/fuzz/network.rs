//! What servers say: answers over HTTP, with cookies, redirects and encodings; expositions of Prometheus.

use std::cell::RefCell;
use std::io::{BufReader, Write as _};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use flashcrowd_http::{Client, ClientConfig, FetchOptions, Jar, Request, WorkerClient, fetch};
use tokio::runtime::Builder;
use tokio::task::LocalSet;

use super::fuzzer::fuzz;
use crate::target::{self, Target};

/// A server that says whatever stands there, and closes.
fn saying(bytes: &Arc<Mutex<Vec<u8>>>) -> Target {
    let bytes = bytes.clone();
    Target::raw(move |stream| {
        if target::Request::read(&mut BufReader::new(&stream)).is_some() {
            let answer = bytes.lock().unwrap().clone();
            let _ = (&stream).write_all(&answer);
        }
    })
}

#[test]
fn answers() {
    let words = [
        "HTTP/1.1 200 OK\r\n",
        "\r\n\r\n",
        "Content-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Content-Encoding: gzip\r\n",
        "Content-Encoding: br\r\n",
        "Content-Encoding: zstd\r\n",
        "Set-Cookie: a=b; Path=/\r\n",
        "Location: /x\r\n",
        "HTTP/1.1 302 Found\r\n",
        "HTTP/1.1 103 Early Hints\r\n\r\n",
        "5\r\nhello\r\n0\r\n\r\n",
        "Connection: close\r\n",
        "WWW-Authenticate: Digest realm=\"a\", nonce=\"b\"\r\n",
    ];
    fuzz("answers", &words, {
        let bytes = Arc::<Mutex<Vec<u8>>>::default();
        let server = saying(&bytes);
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        move |input| {
            *bytes.lock().unwrap() = input.to_vec();
            LocalSet::new().block_on(&runtime, async {
                let worker = WorkerClient::build(ClientConfig::default()).unwrap();
                let target = worker.target(&server.url().replace("://", "://u:p@")).unwrap();
                let client = Client::new(worker, 1);
                let mut request = Request::new(http::Method::GET, target);
                request.timeout = Duration::from_millis(500);
                let jar = RefCell::new(Jar::new(SystemTime::UNIX_EPOCH));
                let _ = fetch(&client, request, Some(&jar), &FetchOptions::default(), |_, _| {}).await;
            });
        }
    });
}

#[test]
fn expositions() {
    let words = [
        "# TYPE a counter\n",
        "# HELP ",
        "{le=\"+Inf\"} ",
        "_bucket",
        "_total",
        "NaN",
        "+Inf",
        "\\\"",
        "# EOF\n",
        " 1700000000000",
    ];
    fuzz("expositions", &words, {
        let bytes = Arc::<Mutex<Vec<u8>>>::default();
        let server = saying(&bytes);
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        move |input| {
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {}\r\n\r\n",
                input.len()
            );
            *bytes.lock().unwrap() = [head.as_bytes(), input].concat();
            LocalSet::new().block_on(&runtime, async {
                let shared = ClientConfig::default().build().unwrap();
                let mut source =
                    flashcrowd_observe::open(&format!("{}/metrics", server.url()), &shared).unwrap();
                for _ in 0..2 {
                    let _ = source.read().await;
                }
            });
        }
    });
}
