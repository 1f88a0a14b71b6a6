//! Signals that ask the process to stop.

/// Ready when the process is asked to stop.
#[cfg(unix)]
pub async fn received() {
    use tokio::signal::unix::{SignalKind, signal};

    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        // Without handlers the system's own apply: the process just ends.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

/// Ready when the process is asked to stop.
#[cfg(not(unix))]
pub async fn received() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}
