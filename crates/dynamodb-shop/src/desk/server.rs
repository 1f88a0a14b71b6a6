//! The server opens a desk and lets its crew, built as the practice shop's, serve who asks.

use std::net::SocketAddr;
use std::sync::Arc;

use flashcrowd_shop::Running;
use flashcrowd_shop::crew::{self, Crew};
use tokio::net::TcpListener;

use super::clerk::Clerk;
use crate::config::DeskConfig;
use crate::error::DeskError;
use crate::stats::DeskStats;
use crate::store::Store;

/// An endpoint on threads of its own, which serves until it is stopped or dropped.
pub type RunningDesk = Running<DeskHandle>;

/// An endpoint that listens, and nobody served yet.
#[derive(Debug)]
pub struct Desk {
    listener: TcpListener,
    address: SocketAddr,
    threads: usize,
    clerk: Arc<Clerk>,
}

/// Reads the endpoint from within the process; outlives it.
#[derive(Clone, Debug)]
pub struct DeskHandle {
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
        let listener = crew::listen(config.listen).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let store = Arc::new(Store::open(config.store.clone())?);
        Ok(Self { listener, address, threads: config.threads, clerk: Arc::new(Clerk::new(config, store)) })
    }

    /// Listens and serves on threads of its own.
    ///
    /// # Errors
    /// As for [`Desk::bind`], or if a thread cannot be started.
    pub fn spawn(config: DeskConfig) -> Result<RunningDesk, DeskError> {
        Running::start("dynamodb", async move |stop| {
            let desk = Self::bind(config).await?;
            Ok((desk.address(), desk.handle(), desk.open(stop)?))
        })
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
        self.open(stop)?.await;
        Ok(())
    }

    /// Starts the crew; what it answers lets it serve until `stop` is ready.
    fn open(self, stop: impl Future) -> Result<impl Future<Output = ()>, DeskError> {
        let Self { listener, threads, clerk, .. } = self;
        let crew = Crew::start("dynamodb", threads, |_| {
            let clerk = Arc::clone(&clerk);
            move |request| Arc::clone(&clerk).serve(request)
        })?;
        Ok(crew.serve(listener, stop))
    }
}

impl DeskHandle {
    /// What it has counted.
    #[must_use]
    pub fn stats(&self) -> DeskStats {
        self.clerk.stats()
    }

    /// The store itself: operations that go round the network, the latency and the credentials, not round the gate.
    #[must_use]
    pub fn store(&self) -> &Arc<Store> {
        self.clerk.store()
    }
}
