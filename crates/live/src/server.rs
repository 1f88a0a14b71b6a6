//! The server sends pages from a thread of its own, so that browsers take nothing from the run's threads.

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;

use flashcrowd_web::{Page, serve};
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use crate::hub::Hub;
use crate::routes::Routes;

/// Sends pages until it is dropped.
#[derive(Debug)]
pub struct Server {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Begins to send what is in the hub, as pages and as the REST API; the latter alone where there is no page.
    pub fn start(page: Page, has_page: bool, hub: Arc<Hub>) -> io::Result<Self> {
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let work = move || {
            let Page { listener, guard, .. } = page;
            let routes = Rc::new(Routes { hub, guard, has_page });
            LocalSet::new().block_on(&runtime, async {
                tokio::select! {
                    // A listener that cannot be used leaves its page unanswered; the run goes on.
                    _ = serve(listener, routes) => {}
                    _ = stopped => {}
                }
            });
        };
        let thread = std::thread::Builder::new().name("web".to_owned()).spawn(work)?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It has panicked, which was printed; the run has nothing to do with it.
            let _ = thread.join();
        }
    }
}
