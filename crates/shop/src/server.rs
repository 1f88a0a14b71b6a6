//! The shop as a server: it binds its address and serves requests on worker threads.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::admin::ShopHandle;
use crate::config::ShopConfig;
use crate::error::ShopError;
use crate::handler::RequestHandler;
use crate::running::Running;
use crate::state::State;
use crate::threads::{self, ServerThreads};

/// A practice shop that serves on threads of its own until it is stopped or dropped.
pub type RunningShop = Running<ShopHandle>;

/// A practice shop that listens but does not serve yet.
#[derive(Debug)]
pub struct Shop {
    listener: TcpListener,
    address: SocketAddr,
    threads: usize,
    state: Arc<State>,
}

impl Shop {
    /// Sets up the shop and listens: connections are accepted by the system and wait until [`Shop::serve`] is called.
    ///
    /// # Errors
    /// If the configuration has problems (all are reported), a server behind the shop cannot be used, or the address cannot
    /// be listened on.
    pub async fn bind(config: ShopConfig) -> Result<Self, ShopError> {
        config.validate()?;
        let state = Arc::new(State::open(&config).await?);
        let failed = |source| ShopError::Listen { address: config.listen, source };
        let listener = threads::listen(config.listen).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address, threads: config.threads, state })
    }

    /// Runs a shop with this many worker threads, from any code, on threads of its own.
    ///
    /// # Errors
    /// As for [`Shop::bind`], or if a thread cannot be started.
    pub fn spawn_threads(config: ShopConfig, threads: usize) -> Result<RunningShop, ShopError> {
        Running::start("shop", async move |stop| {
            let shop = Self::bind(ShopConfig { threads, ..config }).await?;
            Ok((shop.address(), shop.handle(), shop.open(stop)?))
        })
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

    /// Serves until `shutdown` is ready, then for up to a second finishes the requests in progress.
    ///
    /// # Errors
    /// If a worker thread cannot be started.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) -> Result<(), ShopError> {
        self.open(shutdown)?.await;
        Ok(())
    }

    /// Starts the worker threads. The future returned serves, and leaks memory if configured, until `shutdown` is ready.
    fn open(self, shutdown: impl Future) -> Result<impl Future<Output = ()>, ShopError> {
        let Self { listener, threads, state, .. } = self;
        let threads = ServerThreads::start("shop", threads, |worker| {
            let handler = Arc::new(RequestHandler::new(Arc::clone(&state), worker));
            move |request| Arc::clone(&handler).serve(request)
        })?;
        let stop = async move {
            tokio::select! {
                _ = shutdown => {}
                () = state.faults.leak() => {}
            }
        };
        Ok(threads.serve(listener, stop))
    }
}
