//! The life of a server: it binds its address, serves on worker threads and stops.

use std::net::SocketAddr;
use std::sync::Arc;

use flashcrowd_shop::Running;
use flashcrowd_shop::threads::{self, ServerThreads};
use tokio::net::TcpListener;

use super::handler::Handler;
use crate::config::ServerConfig;
use crate::error::ServerError;
use crate::stats::ServerStats;
use crate::store::Store;

/// An endpoint on its own threads, which serves until it is stopped or dropped.
pub type RunningServer = Running<ServerHandle>;

/// An endpoint that listens but does not serve yet.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    threads: usize,
    handler: Arc<Handler>,
}

/// Reads the endpoint from within the process; outlives it.
#[derive(Clone, Debug)]
pub struct ServerHandle {
    handler: Arc<Handler>,
}

impl Server {
    /// Listens: connections are accepted by the system and wait until [`Server::serve`] is called.
    ///
    /// # Errors
    /// If the configuration has problems (all are reported), the address cannot be listened on, or the engine does not start.
    pub async fn bind(config: ServerConfig) -> Result<Self, ServerError> {
        config.validate()?;
        let failed = |source| ServerError::Bind { address: config.listen, source };
        let listener = threads::listen(config.listen).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let store = Arc::new(Store::open(config.store.clone())?);
        Ok(Self {
            listener,
            address,
            threads: config.threads,
            handler: Arc::new(Handler::new(config, store)),
        })
    }

    /// Listens and serves on its own threads.
    ///
    /// # Errors
    /// As for [`Server::bind`], or if a thread cannot be started.
    pub fn spawn(config: ServerConfig) -> Result<RunningServer, ServerError> {
        Running::start("dynamodb", async move |stop| {
            let server = Self::bind(config).await?;
            Ok((server.address(), server.handle(), server.open(stop)?))
        })
    }

    /// The address it listens on, with the port that the system picked.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Reads it from within the process.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        ServerHandle { handler: Arc::clone(&self.handler) }
    }

    /// Serves until `stop` is ready, then for up to a second finishes the requests in progress.
    ///
    /// # Errors
    /// If a worker thread cannot be started.
    pub async fn serve(self, stop: impl Future<Output = ()>) -> Result<(), ServerError> {
        self.open(stop)?.await;
        Ok(())
    }

    /// Starts the worker threads. The future returned serves until `stop` is ready.
    fn open(self, stop: impl Future) -> Result<impl Future<Output = ()>, ServerError> {
        let Self { listener, threads, handler, .. } = self;
        let threads = ServerThreads::start("dynamodb", threads, |_| {
            let handler = Arc::clone(&handler);
            move |request| Arc::clone(&handler).serve(request)
        })?;
        Ok(threads.serve(listener, stop))
    }
}

impl ServerHandle {
    /// What it has counted.
    #[must_use]
    pub fn stats(&self) -> ServerStats {
        self.handler.stats()
    }

    /// The store itself: its operations bypass the network, the latency and the credentials, but not the capacity limits.
    #[must_use]
    pub fn store(&self) -> &Arc<Store> {
        self.handler.store()
    }
}
