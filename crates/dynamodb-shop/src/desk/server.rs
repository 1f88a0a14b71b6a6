//! The server opens a desk and sends each connection to one of its worker threads, in turn.
//!
//! It is built as the practice shop's: one thread accepts for all, and connections never change their worker.

use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::clerk::Clerk;
use super::running::{DeskHandle, RunningDesk};
use crate::config::DeskConfig;
use crate::error::DeskError;
use crate::store::Store;

/// How many connections may wait to be accepted: whole crowds arrive at once.
const BACKLOG: u32 = 8192;

/// How long a closing desk goes on with the requests it has.
const GRACE: Duration = Duration::from_secs(1);

/// How long to wait when no connection can be accepted, mostly for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// An endpoint that listens, and nobody served yet.
#[derive(Debug)]
pub struct Desk {
    listener: TcpListener,
    address: SocketAddr,
    threads: usize,
    clerk: Arc<Clerk>,
}

impl Desk {
    /// Listens: from here on connections are taken, and wait.
    ///
    /// # Errors
    /// If the configuration has problems (all are reported), the address cannot be listened on, or the engine does not start.
    pub async fn bind(config: DeskConfig) -> Result<Self, DeskError> {
        config.validate()?;
        let failed = |source| DeskError::Bind { address: config.listen, source };
        let socket = if config.listen.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
        let socket = socket.map_err(failed)?;
        #[cfg(unix)]
        socket.set_reuseaddr(true).map_err(failed)?;
        socket.bind(config.listen).map_err(failed)?;
        let listener = socket.listen(BACKLOG).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let store = Arc::new(Store::open(config.store.clone())?);
        Ok(Self { listener, address, threads: config.threads, clerk: Arc::new(Clerk::new(config, store)) })
    }

    /// Listens and serves on threads of its own.
    ///
    /// # Errors
    /// As for [`Desk::bind`], or if a thread cannot be started.
    pub fn spawn(config: DeskConfig) -> Result<RunningDesk, DeskError> {
        RunningDesk::start(config)
    }

    /// The address that is listened on, with the port that the system picked.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Reads it from within the process.
    #[must_use]
    pub fn handle(&self) -> DeskHandle {
        DeskHandle { clerk: Arc::clone(&self.clerk) }
    }

    /// Serves until `stop` is ready, then for up to a second more what is already asked.
    ///
    /// # Errors
    /// If a worker thread cannot be started.
    pub async fn serve(self, stop: impl Future<Output = ()>) -> Result<(), DeskError> {
        let workers = self.start_workers()?;
        self.serve_with(workers, stop).await;
        Ok(())
    }

    pub(super) fn start_workers(&self) -> Result<Workers, DeskError> {
        Workers::start(&self.clerk, self.threads)
    }

    /// Accepts connections for the workers until `stop` is ready, and then closes.
    pub(super) async fn serve_with(self, mut workers: Workers, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                accepted = self.listener.accept() => match accepted.and_then(|(stream, _)| stream.into_std()) {
                    Ok(stream) => workers.hand_over(stream),
                    Err(_) => sleep(ACCEPT_PAUSE).await,
                },
            }
        }
        drop(self.listener);
        workers.close().await;
    }
}

/// The worker threads; they close when this is dropped.
pub(super) struct Workers {
    doors: Vec<mpsc::UnboundedSender<TcpStream>>,
    next: usize,
    closed: mpsc::Receiver<()>,
}

impl Workers {
    fn start(clerk: &Arc<Clerk>, count: usize) -> Result<Self, DeskError> {
        let (open, closed) = mpsc::channel(1);
        let mut doors = Vec::with_capacity(count);
        for worker in 0..count {
            let (door, visitors) = mpsc::unbounded_channel();
            let (clerk, runtime, open) = (Arc::clone(clerk), runtime()?, open.clone());
            let work = move || {
                runtime.block_on(work(clerk, visitors));
                // The connections end with the runtime, and only then is the worker closed.
                drop(runtime);
                drop(open);
            };
            let thread = thread::Builder::new().name(format!("dynamodb-{worker}")).spawn(work);
            thread.map_err(|source| DeskError::Thread { source })?;
            doors.push(door);
        }
        Ok(Self { doors, next: 0, closed })
    }

    fn hand_over(&mut self, stream: TcpStream) {
        // A worker that is gone takes its connections with it; the client sees a closed one.
        let _ = self.doors[self.next].send(stream);
        self.next = (self.next + 1) % self.doors.len();
    }

    async fn close(mut self) {
        self.doors.clear();
        // Nothing is ever sent: this waits until the last worker has dropped its end.
        let _ = self.closed.recv().await;
    }
}

/// A runtime for one thread.
pub(super) fn runtime() -> Result<Runtime, DeskError> {
    Builder::new_current_thread().enable_all().build().map_err(|source| DeskError::Thread { source })
}

/// Serves connections until no more can come, and then what is left to answer.
async fn work(clerk: Arc<Clerk>, mut visitors: mpsc::UnboundedReceiver<TcpStream>) {
    let graceful = GracefulShutdown::new();
    while let Some(stream) = visitors.recv().await {
        tokio::spawn(connection(Arc::clone(&clerk), stream, graceful.watcher()));
    }
    // Who is not done by then is cut off.
    let _ = timeout(GRACE, graceful.shutdown()).await;
}

/// Serves one connection until either side closes it. What a client does wrong ends no more than that.
async fn connection(clerk: Arc<Clerk>, stream: TcpStream, watcher: Watcher) {
    let Ok(stream) = tokio::net::TcpStream::from_std(stream) else { return };
    // Without it answers are only a little later.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| Arc::clone(&clerk).serve(request));
    let connection = http1::Builder::new()
        .header_read_timeout(None)
        .pipeline_flush(true)
        .serve_connection(TokioIo::new(stream), service);
    let _ = watcher.watch(connection).await;
}
