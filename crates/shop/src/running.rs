//! What is running serves on threads of its own, inside somebody else's process.

use std::io;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

use crate::crew::runtime;

/// A crew at work, with the thread that accepts for it, until it is stopped or dropped.
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
    /// On it `open` does all that can go wrong, and answers the address, the handle, and what serves until the receiver
    /// that it was given is ready.
    ///
    /// # Errors
    /// What `open` says, or if the thread cannot be started.
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
        let (opened, door) = mpsc::channel();
        let accept = move || {
            runtime.block_on(async {
                match open(stopped).await {
                    Err(error) => drop(opened.send(Err(error))),
                    Ok((address, handle, serve)) => {
                        // If nobody hears of it, nobody can stop it either: `stopped` is ready at once.
                        drop(opened.send(Ok((address, handle))));
                        serve.await;
                    }
                }
            });
        };
        let thread = thread::Builder::new().name(name.to_owned()).spawn(accept)?;
        let (address, handle) = door.recv().expect("the thread always sends before it ends")?;
        Ok(Self { address, handle, stop: Some(stop), thread: Some(thread) })
    }
}

impl<H> Running<H> {
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

    /// Reads (and, where it can, resets) what is running from within the process; outlives it.
    #[must_use]
    pub fn handle(&self) -> H
    where
        H: Clone,
    {
        self.handle.clone()
    }

    /// Closes: no new connections, up to a second for the requests that are there.
    pub fn stop(self) {
        drop(self);
    }
}

impl<H> Drop for Running<H> {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of that thread was already reported, and all is closed either way.
            let _ = thread.join();
        }
    }
}
