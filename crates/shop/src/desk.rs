//! A desk is where one worker thread of the shop receives requests, counts them and hands out replies.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};

use crate::account::Locking;
use crate::admin;
use crate::config::ShopConfig;
use crate::database::Database;
use crate::faults::Faults;
use crate::lock::Lock;
use crate::metrics::{Metrics, Shard};
use crate::reply::{Refusal, Reply, Status};
use crate::route::{Call, Route, Verb};
use crate::store::Store;
use crate::token::TokenKey;

/// The longest request body that is read.
const LONGEST_BODY: usize = 64 * 1024;

/// Everything that all workers of a shop share.
#[derive(Debug)]
pub(crate) struct State {
    lock: Lock,
    pub(crate) store: Store,
    pub(crate) database: Database,
    pub(crate) locking: Locking,
    pub(crate) faults: Faults,
    pub(crate) metrics: Metrics,
    pub(crate) key: TokenKey,
}

/// One worker's place in the shop.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) state: Arc<State>,
    worker: usize,
}

/// What a request brings along apart from its path.
pub(crate) struct Luggage {
    pub(crate) head: Parts,
    pub(crate) body: Bytes,
}

impl State {
    pub(crate) fn new(config: &ShopConfig) -> Self {
        Self {
            lock: config.lock,
            store: Store::new(&config.seed),
            database: Database::new(config),
            locking: Locking::new(config),
            faults: Faults::new(config),
            metrics: Metrics::new(config.threads),
            key: TokenKey::new(&config.secret),
        }
    }

    pub(crate) fn lock(&self) -> Lock {
        self.lock
    }

    /// Back to how the shop opened, but for what was counted.
    pub(crate) fn reset(&self) {
        self.store.reset();
        self.database.reset();
        self.faults.mend();
    }
}

impl Luggage {
    /// The text of the header `Authorization`.
    pub(crate) fn authorization(&self) -> Option<&str> {
        self.head.headers.get(AUTHORIZATION)?.to_str().ok()
    }
}

impl Desk {
    pub(crate) fn new(state: Arc<State>, worker: usize) -> Self {
        Self { state, worker }
    }

    pub(crate) fn shard(&self) -> &Shard {
        self.state.metrics.shard(self.worker)
    }

    /// Answers one request, whatever it is.
    pub(crate) async fn serve(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let verb = Verb::of(request.method());
        let reply = match Route::of(verb, request.uri().path()) {
            Route::Admin { call } => call
                .and_then(|call| admin::answer(&self.state, call, request.uri().query()))
                .unwrap_or_else(Reply::from),
            Route::Shop { endpoint, call } => {
                let visit = self.shard().visit(verb, endpoint);
                let reply = self.receive(call, request).await.unwrap_or_else(Reply::from);
                visit.answered(reply.status);
                reply
            }
        };
        Ok(reply.into_response())
    }

    /// Reads the whole request, lets faults happen, and turns to the call.
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
            return Err(Refusal::new(Status::Unavailable, "this outage was asked for"));
        }
        if self.state.faults.strikes() {
            return Err(Refusal::new(Status::InternalError, "this failure was asked for (error rate)"));
        }
        self.call(call, &Luggage { head, body }).await
    }
}

/// Reads a body to its end, also one that nobody asked for, so that the connection can be used again.
async fn read(body: Incoming) -> Result<Bytes, Refusal> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    match Limited::new(body, LONGEST_BODY).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Refusal::new(Status::TooLarge, format!("the body has more than {LONGEST_BODY} bytes")))
        }
        Err(error) => Err(Refusal::bad_request(format!("the body could not be read: {error}"))),
    }
}
