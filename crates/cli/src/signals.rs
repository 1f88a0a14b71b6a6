//! Signals that ask the process to stop.

use std::io;

/// Listens from now on; ready when the process is asked to stop.
#[cfg(unix)]
pub fn listen() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Listens from now on; ready when the process is asked to stop.
#[cfg(not(unix))]
pub fn listen() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    })
}

/// Ready when the process is asked to stop; without handlers the system's own apply, and the process just ends.
pub async fn received() {
    match listen() {
        Ok(asked) => asked.await,
        Err(_) => std::future::pending().await,
    }
}
