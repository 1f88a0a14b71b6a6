//! The server takes connections on one thread, and hands each request to whoever has the answers.

use std::convert::Infallible;
use std::io;
use std::net::TcpListener as StdListener;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_local;
use tokio::time::sleep;

use super::answer::Answer;

/// How long a connection may be without a whole head.
const LONGEST_HEAD: Duration = Duration::from_secs(60);
/// How long to wait when no connection can be accepted, usually for lack of file descriptors.
const PAUSE: Duration = Duration::from_millis(50);
/// How many connections are served at a time; more wait.
const MOST_CONNECTIONS: usize = 256;

/// Who has the answers.
pub trait Answers {
    /// Answers a request.
    fn answer(&self, request: Request<Incoming>) -> LocalBoxFuture<'_, Answer>;
}

/// Serves for as long as it is polled, inside a `LocalSet`. An error when the socket cannot be used at all.
pub async fn serve<A: Answers + 'static>(listener: StdListener, answers: Rc<A>) -> io::Result<Infallible> {
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return Err(io::Error::other("closed")) };
        match listener.accept().await {
            Ok((stream, _)) => drop(spawn_local(connection(stream, answers.clone(), place))),
            Err(_) => sleep(PAUSE).await,
        }
    }
}

/// Serves one connection. A client's mistake affects only its own.
async fn connection<A: Answers + 'static>(stream: TcpStream, answers: Rc<A>, _place: OwnedSemaphorePermit) {
    let service = service_fn(move |request| {
        let answers = answers.clone();
        async move { Ok::<_, Infallible>(answers.answer(request).await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(LONGEST_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    // Whoever asked may have gone away.
    let _ = served.await;
}
