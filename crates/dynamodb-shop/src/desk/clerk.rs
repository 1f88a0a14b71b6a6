//! A clerk answers one request at a time: looks at who sent it, takes its time, and asks the store.

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

use super::door::{Door, text};
use super::refusal::Refusal;
use crate::config::DeskConfig;
use crate::stats::DeskStats;
use crate::store::{Answer, Operation, Store};

/// The longest request body that is read: what the largest of all requests may have.
const LONGEST_BODY: usize = 16 << 20;

/// What stands before the operation in the header `X-Amz-Target`.
const API: &str = "DynamoDB_20120810.";

const JSON: &str = "application/x-amz-json-1.0";

const PLAIN_JSON: &str = "application/json";

/// How many characters the id of a request has.
const ID_LENGTH: usize = 52;

/// The characters of such an id, 32 of them.
const ID_CHARACTERS: &[u8; 32] = b"0123456789ABCDEFGHIJKLMNOPQRSTUV";

/// What all workers share.
#[derive(Debug)]
pub(super) struct Clerk {
    store: Arc<Store>,
    config: DeskConfig,
    door: Door,
    /// How many requests did not get as far as the store, by their operation.
    refused: Mutex<BTreeMap<&'static str, u64>>,
}

/// An answer on its way out.
struct Reply {
    status: StatusCode,
    content_type: Option<&'static str>,
    body: Bytes,
}

impl Clerk {
    pub(super) fn new(config: DeskConfig, store: Arc<Store>) -> Self {
        let door = Door::new(&config);
        Self { store, config, door, refused: Mutex::default() }
    }

    pub(super) fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// What the store has counted, and what did not get there as failures of its operation.
    pub(super) fn stats(&self) -> DeskStats {
        let mut stats = self.store.stats();
        for (operation, refused) in self.refused.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            stats.operations.entry((*operation).to_owned()).or_default().failed += refused;
        }
        stats
    }

    /// Answers a request, whatever it is.
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
            Ok(Answer { status, body }) => {
                (StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), body)
            }
            Err(refusal) => (refusal.status, refusal.body()),
        };
        Reply { status, content_type: Some(content_type), body }
    }

    /// Carries out an operation after the time that it takes, so that whoever hangs up meanwhile has changed nothing.
    async fn answer(&self, head: &Parts, body: &[u8]) -> Result<Answer, Refusal> {
        let operation = text(&head.headers, "x-amz-target").and_then(|target| target.strip_prefix(API));
        let operation = operation.ok_or_else(Refusal::unknown_operation)?;
        let refused = |refusal| self.refuse(operation, refusal);
        self.door.admit(head, body).map_err(refused)?;
        let only_reads = Operation::named(operation).is_some_and(only_reads);
        let latency = if only_reads { self.config.read } else { self.config.write }.sample();
        if !latency.is_zero() {
            sleep(latency).await;
        }
        if self.config.error_rate > 0.0 && fastrand::f64() < self.config.error_rate {
            return Err(refused(Refusal::internal()));
        }
        Ok(self.store.answer(operation, body))
    }
}

impl Clerk {
    /// Counts a refusal, under a name that is none of the client's choosing.
    fn refuse(&self, operation: &str, refusal: Refusal) -> Refusal {
        let name = Operation::named(operation).map_or("other", Operation::name);
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default() += 1;
        refusal
    }

    /// What balancers of load ask for.
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
    /// What is answered to everything that is not the protocol.
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

/// Whether an operation changes nothing, and is as quick as a read.
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
        Operation::BatchWriteItem
        | Operation::CreateTable
        | Operation::DeleteItem
        | Operation::DeleteTable
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

/// Reads a body to its end, or says the status that is answered instead.
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
