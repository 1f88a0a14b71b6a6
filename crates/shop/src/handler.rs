//! A request handler is how one worker thread of the shop receives requests, counts them and replies.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use tokio::time::timeout;

use crate::admin;
use crate::reply::{Refusal, Reply, Status};
use crate::route::{AdminCall, Call, Route, Verb};
use crate::state::State;
use crate::state::metrics::Shard;

/// The longest request body that is read.
const LONGEST_BODY: usize = 64 * 1024;

/// How long a body may take to come.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Handles the requests of one worker thread.
#[derive(Debug)]
pub(crate) struct RequestHandler {
    pub(crate) state: Arc<State>,
    pub(crate) worker: usize,
}

impl RequestHandler {
    pub(crate) fn new(state: Arc<State>, worker: usize) -> Self {
        Self { state, worker }
    }

    pub(crate) fn shard(&self) -> &Shard {
        self.state.metrics.shard(self.worker)
    }

    /// Responds to one request, valid or not.
    pub(crate) async fn serve(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let verb = Verb::of(request.method());
        let reply = match Route::of(verb, request.uri().path()) {
            Route::Admin { call } => self.administer(call, &request).await.unwrap_or_else(Reply::from),
            Route::Shop { endpoint, call } => {
                let visit = self.shard().visit(verb, endpoint);
                let reply = self.receive(call, request).await.unwrap_or_else(Reply::from);
                visit.answered(reply.status);
                reply
            }
        };
        Ok(reply.into_response())
    }

    async fn administer(
        &self,
        call: Result<AdminCall, Refusal>,
        request: &Request<Incoming>,
    ) -> Result<Reply, Refusal> {
        let call = call?;
        // Prometheus reads metrics from wherever it is.
        if call != AdminCall::Metrics {
            self.state.guard.check(request.headers())?;
        }
        admin::answer(&self.state, call, request.uri().query()).await
    }

    /// Reads the whole request, injects faults, and carries out the call.
    async fn receive(
        &self,
        call: Result<Call, Refusal>,
        request: Request<Incoming>,
    ) -> Result<Reply, Refusal> {
        self.state.faults.pause().await;
        let (head, body) = request.into_parts();
        let body = read(body).await?;
        let call = call?;
        if self.state.faults.is_failing() {
            return Err(Refusal::new(Status::Unavailable, "injected outage"));
        }
        if self.state.faults.strikes() {
            return Err(Refusal::new(Status::InternalError, "injected failure (error rate)"));
        }
        // An application server answers whether it is alive without its threads.
        let _thread = if call == Call::Health { None } else { self.state.thread().await };
        self.call(call, &Request::from_parts(head, body)).await
    }
}

/// Reads a body to its end, even one that the call does not use, so that the connection can be reused.
async fn read(body: Incoming) -> Result<Bytes, Refusal> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let Ok(read) = timeout(LONGEST_WAIT, Limited::new(body, LONGEST_BODY).collect()).await else {
        return Err(Refusal::bad_request("the body did not come within a minute"));
    };
    match read {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Refusal::new(Status::TooLarge, format!("the body has more than {LONGEST_BODY} bytes")))
        }
        Err(error) => Err(Refusal::bad_request(format!("the body could not be read: {error}"))),
    }
}
