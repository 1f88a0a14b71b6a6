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

use std::io;

use flashcrowd_test::Interrupt;

/// SIGINT and SIGTERM, or their like.
#[derive(Debug)]
pub struct Signals;

impl Signals {
    /// Hears signals from now until the process ends. `at_once` ends the process.
    pub fn listen(interrupt: &Interrupt, at_once: impl Fn() + Send + 'static) -> io::Result<()> {
        let interrupt = interrupt.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let mut signals = {
            let _inside = runtime.enter();
            Listener::new()?
        };
        let listen = move || {
            runtime.block_on(async {
                loop {
                    signals.next().await;
                    if interrupt.is_set() || !interrupt.is_attended() {
                        at_once();
                    }
                    interrupt.set();
                }
            });
        };
        std::thread::Builder::new().name("signals".to_owned()).spawn(listen).map(|_| ())
    }
}

#[cfg(unix)]
struct Listener {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Listener {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
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

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
