//! A server that answers every request alike, well or badly.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, spawn_local, yield_now};

/// What a request is answered with.
#[derive(Clone, Debug)]
pub enum Answer {
    /// These bytes.
    Bytes(Vec<u8>),
    /// The way to another address.
    Redirect(String),
    /// Nothing, ever.
    Never,
    /// The connection is closed.
    Dies,
    /// The first half of a page, and then nothing.
    Half,
}

impl Answer {
    pub fn page(text: &str) -> Self {
        Self::of("text/plain; version=0.0.4; charset=utf-8", text.as_bytes())
    }

    pub fn of(kind: &str, body: &[u8]) -> Self {
        let kind = if kind.is_empty() { String::new() } else { format!("Content-Type: {kind}\r\n") };
        let head = format!("HTTP/1.1 200 OK\r\n{kind}Content-Length: {}\r\n\r\n", body.len());
        Self::Bytes([head.as_bytes(), body].concat())
    }

    pub fn status(line: &str) -> Self {
        Self::Bytes(format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\n\r\n").into_bytes())
    }
}

/// A server on the loopback interface.
pub struct Server {
    address: SocketAddr,
    shared: Rc<Shared>,
    tasks: Rc<RefCell<Vec<AbortHandle>>>,
}

struct Shared {
    answer: RefCell<Answer>,
    asked: Cell<usize>,
}

impl Server {
    pub async fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Rc::new(Shared { answer: RefCell::new(answer), asked: Cell::new(0) });
        let tasks = Rc::new(RefCell::new(Vec::new()));
        let (state, spawned) = (shared.clone(), tasks.clone());
        let accepting = spawn_local(async move {
            while let Ok((stream, _)) = listener.accept().await {
                spawned.borrow_mut().push(spawn_local(serve(stream, state.clone())).abort_handle());
            }
        });
        tasks.borrow_mut().push(accepting.abort_handle());
        Self { address, shared, tasks }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What further requests are answered with.
    pub fn answer(&self, answer: Answer) {
        self.shared.answer.replace(answer);
    }

    /// How many requests there were.
    pub fn asked(&self) -> usize {
        self.shared.asked.get()
    }

    /// Listens no longer, and hangs up.
    pub async fn stop(&self) {
        self.tasks.borrow_mut().drain(..).for_each(|task| task.abort());
        yield_now().await;
    }
}

async fn serve(mut stream: TcpStream, shared: Rc<Shared>) {
    let mut head = Vec::new();
    while stream.read_buf(&mut head).await.is_ok_and(|read| read > 0) {
        if !head.ends_with(b"\r\n\r\n") {
            continue;
        }
        assert!(head.starts_with(b"GET /metrics"));
        head.clear();
        shared.asked.set(shared.asked.get() + 1);
        let answer = shared.answer.borrow().clone();
        let sent = match answer {
            Answer::Bytes(bytes) => stream.write_all(&bytes).await,
            Answer::Redirect(to) => {
                let text =
                    format!("HTTP/1.1 307 Temporary Redirect\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n");
                stream.write_all(text.as_bytes()).await
            }
            Answer::Half => {
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nup 1\nprocess_").await
            }
            Answer::Never => std::future::pending().await,
            Answer::Dies => return,
        };
        if sent.is_err() {
            return;
        }
    }
}
