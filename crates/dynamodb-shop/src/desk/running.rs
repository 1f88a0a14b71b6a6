//! A running desk serves on threads of its own, inside somebody else's process.

use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

use super::clerk::Clerk;
use super::server::{Desk, Workers, runtime};
use crate::config::DeskConfig;
use crate::error::DeskError;
use crate::stats::DeskStats;
use crate::store::Store;

/// An endpoint on threads of its own, which serves until it is stopped or dropped.
#[derive(Debug)]
pub struct RunningDesk {
    address: SocketAddr,
    handle: DeskHandle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Reads the endpoint from within the process; outlives it.
#[derive(Clone, Debug)]
pub struct DeskHandle {
    pub(super) clerk: Arc<Clerk>,
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

impl RunningDesk {
    /// Starts the thread that accepts connections, which in turn starts the workers.
    pub(super) fn start(config: DeskConfig) -> Result<Self, DeskError> {
        let runtime = runtime()?;
        let (stop, stopped) = oneshot::channel();
        let (opened, door) = mpsc::channel();
        let accept = move || {
            runtime.block_on(async {
                match open(config).await {
                    Err(error) => drop(opened.send(Err(error))),
                    Ok((desk, workers)) => {
                        // If nobody hears of it, nobody can stop it either: `stopped` is ready at once.
                        drop(opened.send(Ok((desk.address(), desk.handle()))));
                        desk.serve_with(workers, async { drop(stopped.await) }).await;
                    }
                }
            });
        };
        let thread = thread::Builder::new().name("dynamodb".to_owned()).spawn(accept);
        let thread = thread.map_err(|source| DeskError::Thread { source })?;
        let (address, handle) = door.recv().expect("the thread always sends before it ends")?;
        Ok(Self { address, handle, stop: Some(stop), thread: Some(thread) })
    }

    /// The address that is listened on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address as clients want it, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Reads it from within the process.
    #[must_use]
    pub fn handle(&self) -> DeskHandle {
        self.handle.clone()
    }

    /// Closes the endpoint: no new connections, up to a second for the requests that are there.
    pub fn stop(mut self) {
        self.close();
    }

    fn close(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of that thread was already reported, and the endpoint is closed either way.
            let _ = thread.join();
        }
    }
}

impl Drop for RunningDesk {
    fn drop(&mut self) {
        self.close();
    }
}

/// Does all that can go wrong before the first request is served.
async fn open(config: DeskConfig) -> Result<(Desk, Workers), DeskError> {
    let desk = Desk::bind(config).await?;
    let workers = desk.start_workers()?;
    Ok((desk, workers))
}
