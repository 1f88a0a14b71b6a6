//! A crew is the threads that serve the connections of one address: one accepts for all, the workers answer.
//!
//! A worker is an operating-system thread with a runtime of its own; connections are dealt to the workers in turn and
//! never change theirs. One thread accepts for all, so that workers are loaded evenly however few connections there are.

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
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

/// How many connections may wait to be accepted: whole crowds arrive at once.
const BACKLOG: u32 = 8192;

/// How long a closing crew goes on with the requests it has.
const GRACE: Duration = Duration::from_secs(1);

/// How long to wait when no connection can be accepted, mostly for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// Listens to an address; connections are taken from then on, and wait for a crew.
///
/// # Errors
/// What the system says, for instance that somebody else listens there.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// The worker threads; they close when this is dropped.
#[derive(Debug)]
pub struct Crew {
    workers: Vec<mpsc::UnboundedSender<TcpStream>>,
    next: usize,
    closed: mpsc::Receiver<()>,
}

impl Crew {
    /// Starts so many workers, each with what `hire` makes for its number to answer requests with.
    ///
    /// # Errors
    /// If a thread cannot be started.
    pub fn start<S, F>(name: &str, count: usize, hire: impl Fn(usize) -> S) -> io::Result<Self>
    where
        S: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
        F: Future<Output = Result<Response<Full<Bytes>>, Infallible>> + Send + 'static,
    {
        let (open, closed) = mpsc::channel(1);
        let mut workers = Vec::with_capacity(count);
        for number in 0..count {
            let (worker, streams) = mpsc::unbounded_channel();
            let (answer, runtime, open) = (hire(number), runtime()?, open.clone());
            let work = move || {
                runtime.block_on(work(answer, streams));
                // The connections end with the runtime, and only then is the worker closed.
                drop(runtime);
                drop(open);
            };
            thread::Builder::new().name(format!("{name}-{number}")).spawn(work)?;
            workers.push(worker);
        }
        Ok(Self { workers, next: 0, closed })
    }

    /// Serves until `stop` is ready, then for up to a second more what is already asked.
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

/// Serves connections until no more can come, and then what is left to answer.
async fn work<S, F>(answer: S, mut streams: mpsc::UnboundedReceiver<TcpStream>)
where
    S: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Result<Response<Full<Bytes>>, Infallible>> + Send + 'static,
{
    let graceful = GracefulShutdown::new();
    while let Some(stream) = streams.recv().await {
        tokio::spawn(connection(answer.clone(), stream, graceful.watcher()));
    }
    // Who is not done by then is cut off.
    let _ = timeout(GRACE, graceful.shutdown()).await;
}

/// Serves one connection until either side closes it. What a client does wrong ends no more than that.
async fn connection<S, F>(answer: S, stream: TcpStream, watcher: Watcher)
where
    S: Fn(Request<Incoming>) -> F,
    F: Future<Output = Result<Response<Full<Bytes>>, Infallible>>,
{
    let Ok(stream) = tokio::net::TcpStream::from_std(stream) else { return };
    // Without it answers are only a little later.
    let _ = stream.set_nodelay(true);
    let connection = http1::Builder::new()
        .header_read_timeout(None)
        .pipeline_flush(true)
        .serve_connection(TokioIo::new(stream), service_fn(answer));
    let _ = watcher.watch(connection).await;
}
