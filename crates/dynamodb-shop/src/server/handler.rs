//! The handler responds to one request: it checks the sender, waits for the configured latency, and calls the store.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, SERVER};
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use tokio::time::sleep;

use super::admission::{Admission, text};
use super::rejection::Rejection;
use crate::config::ServerConfig;
use crate::stats::ServerStats;
use crate::store::{Operation, Store, StoreResponse};

/// The longest request body that is read: that of the largest request that DynamoDB allows.
const LONGEST_BODY: usize = 16 << 20;

/// The prefix of the operation in the header `X-Amz-Target`.
const API: &str = "DynamoDB_20120810.";

const JSON: &str = "application/x-amz-json-1.0";

const PLAIN_JSON: &str = "application/json";

/// How many characters the id of a request has.
const ID_LENGTH: usize = 52;

/// The characters of such an id, 32 of them.
const ID_CHARACTERS: &[u8; 32] = b"0123456789ABCDEFGHIJKLMNOPQRSTUV";

/// What all workers share.
#[derive(Debug)]
pub(super) struct Handler {
    store: Arc<Store>,
    config: ServerConfig,
    admission: Admission,
    /// Requests rejected before they reached the store, by operation.
    rejected: Mutex<BTreeMap<&'static str, u64>>,
}

/// A response being built.
struct Reply {
    status: StatusCode,
    content_type: Option<&'static str>,
    body: Bytes,
}

impl Handler {
    pub(super) fn new(config: ServerConfig, store: Arc<Store>) -> Self {
        let admission = Admission::new(&config);
        Self { store, config, admission, rejected: Mutex::default() }
    }

    pub(super) fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// What the store has counted, plus the rejected requests as failures of their operation.
    pub(super) fn stats(&self) -> ServerStats {
        let mut stats = self.store.stats();
        for (operation, rejected) in self.rejected.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            stats.operations.entry((*operation).to_owned()).or_default().failed += rejected;
        }
        stats
    }

    /// Responds to a request, valid or not.
    pub(super) async fn serve(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let (head, body) = request.into_parts();
        let reply = match read(body).await {
            Ok(body) => self.reply(&head, &body).await,
            Err(status) => Reply { status, content_type: None, body: Bytes::new() },
        };
        Ok(reply.into_response())
    }

    async fn reply(&self, head: &Parts, body: &[u8]) -> Reply {
        match (&head.method, head.uri.path()) {
            (&Method::POST, "/") => {}
            (&Method::GET, "/") => return self.health(),
            (&Method::GET, "/stats") => return self.stats_reply(),
            _ => return Reply::unknown(),
        }
        let content_type = text(&head.headers, CONTENT_TYPE.as_str()).unwrap_or_default();
        let content_type = match content_type.split(';').next().unwrap_or_default().trim() {
            JSON => JSON,
            PLAIN_JSON => PLAIN_JSON,
            _ => return Reply::unknown(),
        };
        let answer = self.answer(head, body).await;
        let (status, body) = match answer {
            Ok(StoreResponse { status, body }) => {
                (StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), body)
            }
            Err(rejection) => (rejection.status, rejection.body()),
        };
        Reply { status, content_type: Some(content_type), body }
    }

    /// Carries out an operation after its latency, so that a client that disconnects meanwhile has changed nothing.
    async fn answer(&self, head: &Parts, body: &[u8]) -> Result<StoreResponse, Rejection> {
        let operation = text(&head.headers, "x-amz-target").and_then(|target| target.strip_prefix(API));
        let operation = operation.ok_or_else(Rejection::unknown_operation)?;
        let rejected = |rejection| self.reject(operation, rejection);
        self.admission.admit(head, body).map_err(rejected)?;
        let only_reads = Operation::named(operation).is_some_and(only_reads);
        let latency = if only_reads { self.config.read } else { self.config.write }.sample();
        if !latency.is_zero() {
            sleep(latency).await;
        }
        if self.config.error_rate > 0.0 && fastrand::f64() < self.config.error_rate {
            return Err(rejected(Rejection::internal()));
        }
        Ok(self.store.answer(operation, body))
    }
}

impl Handler {
    /// Counts a rejection under a name that the client cannot choose.
    fn reject(&self, operation: &str, rejection: Rejection) -> Rejection {
        let name = Operation::named(operation).map_or("other", Operation::name);
        *self.rejected.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default() += 1;
        rejection
    }

    /// The health check of load balancers.
    fn health(&self) -> Reply {
        let body = format!("healthy: dynamodb.{}.amazonaws.com ", self.config.store.region);
        Reply { status: StatusCode::OK, content_type: None, body: body.into() }
    }

    fn stats_reply(&self) -> Reply {
        let body = serde_json::to_vec(&self.stats()).expect("counts under texts are always JSON");
        Reply { status: StatusCode::OK, content_type: Some(PLAIN_JSON), body: body.into() }
    }
}

impl Reply {
    /// The response to everything that is not the protocol.
    fn unknown() -> Self {
        let body = Bytes::from_static(b"<UnknownOperationException/>\n");
        Self { status: StatusCode::NOT_FOUND, content_type: None, body }
    }

    fn into_response(self) -> Response<Full<Bytes>> {
        let checksum = HeaderValue::from(crc32fast::hash(&self.body));
        let mut response = Response::new(Full::new(self.body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(SERVER, HeaderValue::from_static("Server"));
        headers.insert(HeaderName::from_static("x-amzn-requestid"), request_id());
        headers.insert(HeaderName::from_static("x-amz-crc32"), checksum);
        if let Some(content_type) = self.content_type {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        response
    }
}

/// Whether an operation changes nothing and is as fast as a read.
fn only_reads(operation: Operation) -> bool {
    match operation {
        Operation::BatchGetItem
        | Operation::DescribeLimits
        | Operation::DescribeTable
        | Operation::DescribeTimeToLive
        | Operation::GetItem
        | Operation::ListTables
        | Operation::ListTagsOfResource
        | Operation::Query
        | Operation::Scan
        | Operation::TransactGetItems => true,
        Operation::BatchExecuteStatement
        | Operation::BatchWriteItem
        | Operation::CreateTable
        | Operation::DeleteItem
        | Operation::DeleteTable
        | Operation::ExecuteStatement
        | Operation::ExecuteTransaction
        | Operation::PutItem
        | Operation::TagResource
        | Operation::TransactWriteItems
        | Operation::UntagResource
        | Operation::UpdateItem
        | Operation::UpdateTable
        | Operation::UpdateTimeToLive => false,
    }
}

fn request_id() -> HeaderValue {
    let id: [u8; ID_LENGTH] = std::array::from_fn(|_| ID_CHARACTERS[fastrand::usize(..ID_CHARACTERS.len())]);
    HeaderValue::from_bytes(&id).expect("letters and digits make a header")
}

/// Reads a body to its end, or returns the status to respond with.
async fn read(body: Incoming) -> Result<Bytes, StatusCode> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    match Limited::new(body, LONGEST_BODY).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => Err(StatusCode::BAD_REQUEST),
    }
}
