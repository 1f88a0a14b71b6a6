//! A scripted server is a loopback listener whose connections do what a test says, byte by byte.

use std::{
    cell::{Cell, RefCell},
    future::Future,
    net::SocketAddr,
    rc::Rc,
    time::Duration,
};

use flashcrowd_http::{
    Client, ClientConfig, Exchange, FetchOptions, Fetched, Jar, Request, WorkerClient, fetch,
};
use http::Method;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::{LocalSet, spawn_local},
};

/// Runs a test on one thread, as a worker does.
pub fn local<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let limit = Duration::from_secs(20);
    LocalSet::new()
        .block_on(&runtime, async { tokio::time::timeout(limit, work).await.expect("a test hangs") })
}

/// What a server saw.
#[derive(Default)]
pub struct Log {
    pub connections: Cell<usize>,
    pub received: Cell<u64>,
    pub sent: Cell<u64>,
    pub requests: RefCell<Vec<String>>,
}

/// One connection of a server.
pub struct Conn {
    pub stream: TcpStream,
    pub log: Rc<Log>,
    pending: Vec<u8>,
}

impl Conn {
    /// The next request with its body, or `None` at the end of the connection.
    pub async fn request(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.pending.windows(4).position(|window| window == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&self.pending[..end + 4]).into_owned();
                let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
                let total = end + 4 + length.map_or(0, |length| length.parse::<usize>().unwrap());
                if self.pending.len() >= total {
                    let request: Vec<u8> = self.pending.drain(..total).collect();
                    let request = String::from_utf8_lossy(&request).into_owned();
                    self.log.requests.borrow_mut().push(request.clone());
                    return Some(request);
                }
            }
            let mut buffer = [0; 16384];
            let read = self.stream.read(&mut buffer).await.unwrap_or(0);
            if read == 0 {
                return None;
            }
            self.log.received.set(self.log.received.get() + read as u64);
            self.pending.extend_from_slice(&buffer[..read]);
        }
    }

    /// Writes; false when the client is gone.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        let bytes = bytes.as_ref();
        let sent = self.stream.write_all(bytes).await.is_ok();
        self.log.sent.set(self.log.sent.get() + bytes.len() as u64);
        sent
    }

    /// Answers 200 with a body of known length.
    pub async fn ok(&mut self, body: &str) -> bool {
        self.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())).await
    }

    /// Closes with RST instead of FIN.
    pub fn reset(self) {
        socket_reset(&self.stream);
    }
}

pub fn socket_reset(stream: &TcpStream) {
    socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO)).unwrap();
}

/// A listener and what it saw.
pub struct Server {
    pub addr: SocketAddr,
    pub log: Rc<Log>,
}

impl Server {
    pub async fn start<F, Fut>(handler: F) -> Self
    where
        F: Fn(Conn) -> Fut + 'static,
        Fut: Future<Output = ()> + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let log = Rc::new(Log::default());
        let seen = Rc::clone(&log);
        spawn_local(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                seen.connections.set(seen.connections.get() + 1);
                spawn_local(handler(Conn { stream, log: Rc::clone(&seen), pending: Vec::new() }));
            }
        });
        Self { addr, log }
    }

    /// Every request gets the same bytes.
    pub async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer: Rc<[u8]> = answer.into().into();
        Self::start(move |mut conn| {
            let answer = Rc::clone(&answer);
            async move { while conn.request().await.is_some() && conn.send(&answer).await {} }
        })
        .await
    }

    /// The first request of a connection gets these bytes, and then the connection is closed.
    pub async fn closing_after(answer: impl Into<Vec<u8>>) -> Self {
        let answer: Rc<[u8]> = answer.into().into();
        Self::start(move |mut conn| {
            let answer = Rc::clone(&answer);
            async move {
                conn.request().await;
                conn.send(&answer).await;
            }
        })
        .await
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }
}

pub fn client() -> Client {
    client_with(ClientConfig::default())
}

pub fn client_with(config: ClientConfig) -> Client {
    Client::new(WorkerClient::build(config).unwrap(), 1)
}

pub fn request(client: &Client, method: Method, url: &str) -> Request {
    Request::new(method, client.worker().target(url).unwrap())
}

pub async fn get(client: &Client, url: &str) -> Exchange {
    *client.send(&request(client, Method::GET, url)).await
}

/// Fetches with a jar and default options; tells the statuses of all hops.
pub async fn hops(
    client: &Client,
    request: Request,
    jar: &RefCell<Jar>,
    options: &FetchOptions,
) -> (Fetched, Vec<u16>) {
    let mut statuses = Vec::new();
    let fetched =
        fetch(client, request, Some(jar), options, |exchange, _| statuses.push(exchange.status)).await;
    (fetched, statuses)
}

/// Asserts the error of an exchange.
#[track_caller]
pub fn assert_error(exchange: &Exchange, code: u16, message: &str) {
    let error = exchange.error.as_ref().unwrap_or_else(|| panic!("no error but status {}", exchange.status));
    assert_eq!((error.code, &*error.message), (code, message));
    assert_eq!((exchange.status, exchange.error_code()), (0, code));
    assert!(exchange.headers.is_empty() && exchange.body.is_empty());
}
