//! A server serves tables over HTTP, and meets with accidents as a test says.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use crate::tables::Tables;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Seen {
    pub operation: String,
    pub body: Value,
}

/// What befalls a request.
#[derive(Clone, Copy, Debug)]
pub enum Accident {
    /// Nothing.
    None,
    /// It is lost before it takes effect.
    LostRequest,
    /// It takes effect, and its answer is lost.
    LostAnswer,
    /// It takes effect, and is answered with status 500.
    Failure,
    /// It takes effect after that time, which the server ponders before it answers.
    Slow(Duration),
    /// It is refused with a fault of that code.
    Refused(&'static str),
}

type OrderOutcome = dyn Fn(usize, &Seen) -> Accident + Send + Sync;

/// A server on a thread of its own, which ends with the process.
pub struct Server {
    address: SocketAddr,
    tables: Arc<Mutex<Tables>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// Serves tables; what befalls a request is decided by how many came before it, and by the request.
    pub fn start(tables: Tables, outcome: impl Fn(usize, &Seen) -> Accident + Send + Sync + 'static) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (tables, seen, outcome) =
            (Arc::new(Mutex::new(tables)), Arc::default(), Arc::new(outcome) as Arc<OrderOutcome>);
        let shared = (Arc::clone(&tables), Arc::clone(&seen));
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    tokio::spawn(serve(stream, shared.clone(), outcome.clone()));
                }
            });
        });
        Self { address, tables, seen }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap()
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// How often an operation was asked for.
    pub fn count(&self, operation: &str) -> usize {
        self.seen().iter().filter(|seen| seen.operation == operation).count()
    }
}

type Shared = (Arc<Mutex<Tables>>, Arc<Mutex<Vec<Seen>>>);

async fn serve(mut stream: TcpStream, (tables, notes): Shared, outcome: Arc<OrderOutcome>) {
    stream.set_nodelay(true).unwrap();
    let mut pending = Vec::new();
    while let Some(seen) = next(&mut stream, &mut pending).await {
        let accident = {
            let mut notes = notes.lock().unwrap();
            let accident = outcome(notes.len(), &seen);
            notes.push(seen.clone());
            accident
        };
        let work = || tables.lock().unwrap().answer(&seen.operation, &seen.body);
        let (status, body) = match accident {
            Accident::None => work(),
            Accident::LostRequest => return,
            Accident::LostAnswer => {
                work();
                return;
            }
            Accident::Failure => {
                work();
                (
                    500,
                    json!({"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError", "message": "x"}),
                )
            }
            Accident::Slow(time) => {
                sleep(time).await;
                work()
            }
            Accident::Refused(code) => {
                (400, json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "no"}))
            }
        };
        let body = body.to_string();
        let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n", body.len());
        if stream.write_all((head + &body).as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn next(stream: &mut TcpStream, pending: &mut Vec<u8>) -> Option<Seen> {
    loop {
        if let Some(end) = pending.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&pending[..end]).into_owned();
            let header = |name: &str| {
                let line = head.lines().find(|line| {
                    line.split(':').next().is_some_and(|other| other.eq_ignore_ascii_case(name))
                })?;
                Some(line.split_once(':')?.1.trim().to_owned())
            };
            let total =
                end + 4 + header("content-length").map_or(0, |length| length.parse::<usize>().unwrap());
            if pending.len() >= total {
                let body = serde_json::from_slice(&pending[end + 4..total]).unwrap();
                pending.drain(..total);
                let operation = header("x-amz-target").unwrap().split('.').next_back().unwrap().to_owned();
                return Some(Seen { operation, body });
            }
        }
        let mut buffer = [0; 16384];
        match stream.read(&mut buffer).await.unwrap_or(0) {
            0 => return None,
            read => pending.extend_from_slice(&buffer[..read]),
        }
    }
}
