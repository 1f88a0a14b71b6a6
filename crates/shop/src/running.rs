//! A running server serves on its own threads inside another program's process.

use std::io;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

use crate::threads::runtime;

/// A server with its threads, until it is stopped or dropped.
#[derive(Debug)]
pub struct Running<H> {
    address: SocketAddr,
    handle: H,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl<H: Send + 'static> Running<H> {
    /// Starts the thread that accepts connections.
    ///
    /// On it `open` does everything that can fail, and returns the address, the handle, and a future that serves until the
    /// receiver is ready.
    ///
    /// # Errors
    /// The error of `open`, or if the thread cannot be started.
    pub fn start<E, F>(
        name: &str,
        open: impl AsyncFnOnce(oneshot::Receiver<()>) -> Result<(SocketAddr, H, F), E> + Send + 'static,
    ) -> Result<Self, E>
    where
        E: From<io::Error> + Send + 'static,
        F: Future<Output = ()>,
    {
        let runtime = runtime()?;
        let (stop, stopped) = oneshot::channel();
        let (opened, result) = mpsc::channel();
        let accept = move || {
            runtime.block_on(async {
                match open(stopped).await {
                    Err(error) => drop(opened.send(Err(error))),
                    Ok((address, handle, serve)) => {
                        // If the receiver is gone, so is the sender of `stopped`, which is then ready at once.
                        drop(opened.send(Ok((address, handle))));
                        serve.await;
                    }
                }
            });
        };
        let thread = thread::Builder::new().name(name.to_owned()).spawn(accept)?;
        let (address, handle) = result.recv().expect("the thread always sends before it ends")?;
        Ok(Self { address, handle, stop: Some(stop), thread: Some(thread) })
    }
}

impl<H> Running<H> {
    /// The address that is listened on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Reads (and, where supported, resets) the server from within the process; outlives it.
    #[must_use]
    pub fn handle(&self) -> H
    where
        H: Clone,
    {
        self.handle.clone()
    }

    /// Stops: accepts no new connections and gives the requests in progress up to a second.
    pub fn stop(self) {
        drop(self);
    }
}

impl<H> Drop for Running<H> {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of that thread was already reported, and everything is closed either way.
            let _ = thread.join();
        }
    }
}
