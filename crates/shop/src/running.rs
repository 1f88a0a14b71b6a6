//! A running shop is a practice shop on threads of its own, inside somebody else's process.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

use crate::config::ShopConfig;
use crate::error::ShopError;
use crate::server::{Shop, Workers, runtime};
use crate::stats::ShopHandle;

/// A practice shop that serves until it is stopped or dropped.
#[derive(Debug)]
pub struct RunningShop {
    address: SocketAddr,
    handle: ShopHandle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl RunningShop {
    /// Starts the thread that accepts connections, which in turn starts the workers.
    pub(crate) fn start(config: ShopConfig) -> Result<Self, ShopError> {
        let runtime = runtime()?;
        let (stop, stopped) = oneshot::channel();
        let (opened, door) = mpsc::channel();
        let accept = move || {
            runtime.block_on(async {
                match open(config).await {
                    Err(error) => drop(opened.send(Err(error))),
                    Ok((shop, workers)) => {
                        // If nobody hears of it, nobody can stop it either: `stopped` is ready at once.
                        drop(opened.send(Ok((shop.address(), shop.handle()))));
                        shop.serve_with(workers, async { drop(stopped.await) }).await;
                    }
                }
            });
        };
        let thread = thread::Builder::new().name("shop".to_owned()).spawn(accept);
        let thread = thread.map_err(|source| ShopError::Thread { source })?;
        let (address, handle) = door.recv().expect("the thread always sends before it ends")?;
        Ok(Self { address, handle, stop: Some(stop), thread: Some(thread) })
    }

    /// The address that is listened on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address as scripts want it, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Reads and resets the shop from within the process; outlives it.
    #[must_use]
    pub fn handle(&self) -> ShopHandle {
        self.handle.clone()
    }

    /// Closes the shop: no new connections, up to a second for the requests that are there.
    pub fn stop(mut self) {
        self.close();
    }

    fn close(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of that thread was already reported, and the shop is closed either way.
            let _ = thread.join();
        }
    }
}

impl Drop for RunningShop {
    fn drop(&mut self) {
        self.close();
    }
}

/// Does all that can go wrong before the first customer is served.
async fn open(config: ShopConfig) -> Result<(Shop, Workers), ShopError> {
    let shop = Shop::bind(config).await?;
    let workers = shop.start_workers()?;
    Ok((shop, workers))
}
