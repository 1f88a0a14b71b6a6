//! A noting server answers as a test says, and notes every request in the order of arrival.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Seen {
    pub at: Instant,
    pub method: String,
    pub path: String,
    /// By their names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

/// What is answered.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    pub after: Duration,
}

impl Reply {
    pub fn status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    pub fn ok(body: impl Into<String>) -> Self {
        Self { status: 200, body: body.into(), ..Self::default() }
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub fn after(self, after: Duration) -> Self {
        Self { after, ..self }
    }
}

type Answering = dyn Fn(&Seen) -> Reply + Send + Sync;

/// A server on a thread of its own, which ends with the process.
pub struct Server {
    pub host: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    pub fn start(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let host = format!("http://{}", listener.local_addr().unwrap());
        let (seen, answer): (Arc<Mutex<Vec<Seen>>>, Arc<Answering>) = (Arc::default(), Arc::new(answer));
        let notes = seen.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    tokio::spawn(serve(stream, notes.clone(), answer.clone()));
                }
            });
        });
        Self { host, seen }
    }

    /// Answers everything with 200 and nothing.
    pub fn plain() -> Self {
        Self::start(|_| Reply::ok(""))
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Requests with this path.
    pub fn to(&self, path: &str) -> Vec<Seen> {
        self.seen().into_iter().filter(|seen| seen.path == path).collect()
    }
}

async fn serve(mut stream: TcpStream, notes: Arc<Mutex<Vec<Seen>>>, answer: Arc<Answering>) {
    stream.set_nodelay(true).unwrap();
    let mut pending = Vec::new();
    while let Some(seen) = next(&mut stream, &mut pending).await {
        let reply = answer(&seen);
        notes.lock().unwrap().push(seen);
        sleep(reply.after).await;
        let mut head = format!("HTTP/1.1 {} X\r\nContent-Length: {}\r\n", reply.status, reply.body.len());
        for (name, value) in &reply.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if stream.write_all(format!("{head}\r\n{}", reply.body).as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn next(stream: &mut TcpStream, pending: &mut Vec<u8>) -> Option<Seen> {
    loop {
        if let Some(end) = pending.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&pending[..end]).into_owned();
            let (first, rest) = head.split_once("\r\n").unwrap();
            let headers: BTreeMap<String, String> = rest
                .lines()
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect();
            let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
            let total = end + 4 + length;
            if pending.len() >= total {
                let body = String::from_utf8_lossy(&pending[end + 4..total]).into_owned();
                pending.drain(..total);
                let mut words = first.split(' ').map(str::to_owned);
                let (method, path) = (words.next().unwrap(), words.next().unwrap());
                return Some(Seen { at: Instant::now(), method, path, headers, body });
            }
        }
        let mut buffer = [0; 16384];
        match stream.read(&mut buffer).await.unwrap_or(0) {
            0 => return None,
            read => pending.extend_from_slice(&buffer[..read]),
        }
    }
}
