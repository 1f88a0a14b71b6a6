//! Signals ask the process to stop: the first one in order, the second one at once.
//!
//! They are heard on a thread of their own, so that they are heard whatever the other threads do: an endless loop of
//! a script, a target that does not answer, a long computation. The first signal sets the interrupt. Somebody who
//! attends to it ends what is going on in order; where nobody does, and when a second signal comes, the process ends.
//!
//! | signal | attended | what happens |
//! | --- | --- | --- |
//! | first | yes | the interrupt is set |
//! | first | no | `at_once` |
//! | second | - | `at_once` |
//!
//! One request to stop may arrive twice: `timeout` signals its child, and then the group that the child is in. The same
//! signal within a moment of the first is not the second. SIGHUP asks to stop like the others.

use std::io;
use std::time::Duration;

use flashcrowd_test::Interrupt;
use tokio::time::Instant;

/// The same signal within this time is the same request.
const MOMENT: Duration = Duration::from_millis(200);

/// SIGINT, SIGTERM and SIGHUP, or their like.
#[derive(Debug)]
pub struct Signals;

impl Signals {
    /// Hears signals from now until the process ends. `at_once` ends the process.
    pub fn listen(interrupt: &Interrupt, at_once: impl Fn() + Send + 'static) -> io::Result<()> {
        let interrupt = interrupt.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mut signals = {
            let _inside = runtime.enter();
            Listener::new()?
        };
        let listen = move || {
            runtime.block_on(async {
                let first = signals.next().await;
                if !interrupt.is_attended() {
                    at_once();
                }
                interrupt.set();
                let moment = Instant::now() + MOMENT;
                while signals.next().await == first && Instant::now() < moment {}
                at_once();
            });
        };
        std::thread::Builder::new().name("signals".to_owned()).spawn(listen).map(|_| ())
    }
}

#[cfg(unix)]
struct Listener {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Listener {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// The next signal.
    async fn next(&mut self) -> u8 {
        tokio::select! {
            _ = self.interrupt.recv() => 0,
            _ = self.terminate.recv() => 1,
            _ = self.hangup.recv() => 2,
        }
    }
}

#[cfg(not(unix))]
struct Listener;

#[cfg(not(unix))]
impl Listener {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    /// The next signal.
    async fn next(&mut self) -> u8 {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
        0
    }
}
