//! The server of the page: it takes connections on the thread of the run, whose figures it shows.

use std::convert::Infallible;
use std::rc::Rc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::spawn_local;
use tokio::time::sleep;

use super::listen::WebPage;
use super::routes::Routes;
use crate::play::Company;

/// How long a connection may be without a whole head.
const LONGEST_HEAD: Duration = Duration::from_secs(60);
/// How long to wait when no connection can be accepted, usually for lack of file descriptors.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves the page until the run is over.
pub(crate) async fn serve(page: WebPage, company: Rc<Company>) {
    let WebPage { listener, guard, base, .. } = page;
    let listener = listener.set_nonblocking(true).and_then(|()| TcpListener::from_std(listener));
    let Ok(listener) = listener else { return company.books.warn("the page cannot be served") };
    let routes = Rc::new(Routes { company, guard, base });
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(spawn_local(connection(stream, routes.clone()))),
            Err(_) => sleep(PAUSE).await,
        }
    }
}

/// Serves one connection. A client's mistake affects only its own.
async fn connection(stream: impl AsyncRead + AsyncWrite + Unpin + 'static, routes: Rc<Routes>) {
    let service = service_fn(move |request| {
        let routes = routes.clone();
        async move { Ok::<_, Infallible>(routes.answer(request).await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(LONGEST_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    // Whoever asked may have gone away.
    let _ = served.await;
}
