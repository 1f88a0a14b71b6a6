//! The server opens the shop's door and sends each connection to one of its worker threads, in turn.
//!
//! A worker is an operating-system thread with a runtime of its own; connections never change their worker.
//! One thread accepts for all, so that workers are loaded evenly however few connections there are.

use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use crate::config::ShopConfig;
use crate::desk::{Desk, State};
use crate::error::ShopError;
use crate::running::RunningShop;
use crate::stats::ShopHandle;

/// How many connections may wait to be accepted: whole crowds arrive at once.
const BACKLOG: u32 = 8192;

/// How long a closing shop goes on with the requests it has.
const GRACE: Duration = Duration::from_secs(1);

/// How often a closing shop looks whether it is done, and how long last answers have to get out.
const GRACE_STEP: Duration = Duration::from_millis(5);

/// How long to wait when no connection can be accepted, mostly for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// A practice shop with its door open, and nobody served yet.
#[derive(Debug)]
pub struct Shop {
    listener: TcpListener,
    address: SocketAddr,
    threads: usize,
    state: Arc<State>,
}

impl Shop {
    /// Sets up the shop and opens its door: from here on connections are taken, and wait.
    ///
    /// # Errors
    /// If the configuration has problems (all are reported), or the address cannot be listened on.
    pub async fn bind(config: ShopConfig) -> Result<Self, ShopError> {
        config.validate()?;
        let failed = |source| ShopError::Listen { address: config.listen, source };
        let socket = if config.listen.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
        let socket = socket.map_err(failed)?;
        #[cfg(unix)]
        socket.set_reuseaddr(true).map_err(failed)?;
        socket.bind(config.listen).map_err(failed)?;
        let listener = socket.listen(BACKLOG).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address, threads: config.threads, state: Arc::new(State::new(&config)) })
    }

    /// Runs a shop with this many worker threads, from any code, on threads of its own.
    ///
    /// # Errors
    /// As for [`Shop::bind`], or if a thread cannot be started.
    pub fn spawn_threads(config: ShopConfig, threads: usize) -> Result<RunningShop, ShopError> {
        RunningShop::start(ShopConfig { threads, ..config })
    }

    /// The address that is listened on, with the port that the system picked.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Reads and resets the shop from within the process.
    #[must_use]
    pub fn handle(&self) -> ShopHandle {
        ShopHandle { state: Arc::clone(&self.state) }
    }

    /// Serves customers until `shutdown` is ready, then for up to a second more those already there.
    ///
    /// # Errors
    /// If a worker thread cannot be started.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) -> Result<(), ShopError> {
        let workers = self.start_workers()?;
        self.serve_with(workers, shutdown).await;
        Ok(())
    }

    pub(crate) fn start_workers(&self) -> Result<Workers, ShopError> {
        Workers::start(&self.state, self.threads)
    }

    /// Accepts connections for the workers until `shutdown` is ready, and then closes.
    pub(crate) async fn serve_with(self, mut workers: Workers, shutdown: impl Future<Output = ()>) {
        let leak = self.state.faults.leak();
        tokio::pin!(shutdown, leak);
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                () = &mut leak => {}
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
pub(crate) struct Workers {
    doors: Vec<mpsc::UnboundedSender<TcpStream>>,
    next: usize,
    closed: mpsc::Receiver<()>,
}

impl Workers {
    fn start(state: &Arc<State>, count: usize) -> Result<Self, ShopError> {
        let (open, closed) = mpsc::channel(1);
        let mut doors = Vec::with_capacity(count);
        for worker in 0..count {
            let (door, visitors) = mpsc::unbounded_channel();
            let desk = Arc::new(Desk::new(Arc::clone(state), worker));
            let runtime = runtime()?;
            let open = open.clone();
            let work = move || {
                runtime.block_on(work(desk, visitors));
                // The connections end with the runtime, and only then is the worker closed.
                drop(runtime);
                drop(open);
            };
            let thread = thread::Builder::new().name(format!("shop-{worker}")).spawn(work);
            thread.map_err(|source| ShopError::Thread { source })?;
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
pub(crate) fn runtime() -> Result<Runtime, ShopError> {
    Builder::new_current_thread().enable_all().build().map_err(|source| ShopError::Thread { source })
}

/// Serves connections until no more can come, and then what is left to answer.
async fn work(desk: Arc<Desk>, mut visitors: mpsc::UnboundedReceiver<TcpStream>) {
    while let Some(stream) = visitors.recv().await {
        tokio::spawn(connection(Arc::clone(&desk), stream));
    }
    let end = Instant::now() + GRACE;
    while desk.shard().in_flight() > 0 && Instant::now() < end {
        sleep(GRACE_STEP).await;
    }
    sleep(GRACE_STEP).await;
}

/// Serves one connection until either side closes it. What a client does wrong ends no more than that.
async fn connection(desk: Arc<Desk>, stream: TcpStream) {
    let Ok(stream) = tokio::net::TcpStream::from_std(stream) else { return };
    // Without it answers are only a little later.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| Arc::clone(&desk).serve(request));
    let _ = http1::Builder::new()
        .header_read_timeout(None)
        .pipeline_flush(true)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
