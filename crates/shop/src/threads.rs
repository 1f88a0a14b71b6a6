//! Server threads serve the connections of one address: one thread accepts for all, the workers respond.
//!
//! A worker is an operating-system thread with a runtime of its own; connections are assigned to the workers in turn and
//! stay with them. One thread accepts for all, so that workers are loaded evenly however few connections there are.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

/// How many connections may wait to be accepted: many arrive at once.
const BACKLOG: u32 = 8192;

/// How long closing server threads may take to finish the requests in progress.
const GRACE: Duration = Duration::from_secs(1);

/// How long a connection may be without a whole head: idle ones, and heads that trickle.
const LONGEST_HEAD: Duration = Duration::from_secs(120);

/// How long to wait when no connection can be accepted, usually for lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// Listens on an address; connections are queued from then on until they are served.
///
/// # Errors
/// If the system refuses, for instance because the address is in use.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// The worker threads; they close when this is dropped.
#[derive(Debug)]
pub struct ServerThreads {
    workers: Vec<mpsc::UnboundedSender<TcpStream>>,
    next: usize,
    closed: mpsc::Receiver<()>,
}

impl ServerThreads {
    /// Starts `count` workers, each with its own request handler, which `make_handler` creates from the worker's number.
    ///
    /// # Errors
    /// If a thread cannot be started.
    pub fn start<S, F>(name: &str, count: usize, make_handler: impl Fn(usize) -> S) -> io::Result<Self>
    where
        S: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
        F: Future<Output = Result<Response<Full<Bytes>>, Infallible>> + Send + 'static,
    {
        let (open, closed) = mpsc::channel(1);
        let mut workers = Vec::with_capacity(count);
        for number in 0..count {
            let (worker, streams) = mpsc::unbounded_channel();
            let (handler, runtime, open) = (make_handler(number), runtime()?, open.clone());
            let work = move || {
                runtime.block_on(work(handler, streams));
                // The connections end with the runtime, and only then is the worker closed.
                drop(runtime);
                drop(open);
            };
            thread::Builder::new().name(format!("{name}-{number}")).spawn(work)?;
            workers.push(worker);
        }
        Ok(Self { workers, next: 0, closed })
    }

    /// Serves until `stop` is ready, then for up to a second finishes the requests in progress.
    pub async fn serve(mut self, listener: TcpListener, stop: impl Future) {
        tokio::pin!(stop);
        loop {
            tokio::select! {
                _ = &mut stop => break,
                accepted = listener.accept() => match accepted.and_then(|(stream, _)| stream.into_std()) {
                    Ok(stream) => self.hand_over(stream),
                    Err(_) => sleep(ACCEPT_PAUSE).await,
                },
            }
        }
        drop(listener);
        self.workers.clear();
        // Nothing is ever sent: this waits until the last worker has dropped its end.
        let _ = self.closed.recv().await;
    }

    fn hand_over(&mut self, stream: TcpStream) {
        // A worker that is gone takes its connections with it; the client sees a closed one.
        let _ = self.workers[self.next].send(stream);
        self.next = (self.next + 1) % self.workers.len();
    }
}

/// A runtime for one thread.
pub(crate) fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// Serves connections until no more can come, and then finishes the requests in progress.
async fn work<S, F>(handler: S, mut streams: mpsc::UnboundedReceiver<TcpStream>)
where
    S: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Result<Response<Full<Bytes>>, Infallible>> + Send + 'static,
{
    let graceful = GracefulShutdown::new();
    while let Some(stream) = streams.recv().await {
        tokio::spawn(connection(handler.clone(), stream, graceful.watcher()));
    }
    // What has not finished by then is closed.
    let _ = timeout(GRACE, graceful.shutdown()).await;
}

/// Serves one connection until either side closes it. A client's mistake affects only its own connection.
async fn connection<S, F>(handler: S, stream: TcpStream, watcher: Watcher)
where
    S: Fn(Request<Incoming>) -> F,
    F: Future<Output = Result<Response<Full<Bytes>>, Infallible>>,
{
    let Ok(stream) = tokio::net::TcpStream::from_std(stream) else { return };
    // If it fails, responses are only slightly later.
    let _ = stream.set_nodelay(true);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(LONGEST_HEAD)
        .pipeline_flush(true)
        .serve_connection(TokioIo::new(stream), service_fn(handler));
    let _ = watcher.watch(connection).await;
}
