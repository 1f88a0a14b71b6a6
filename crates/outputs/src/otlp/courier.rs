//! A courier brings bodies to a receiver of OTLP, over gRPC or HTTP, and reads what it answers.

use std::rc::Rc;

use bytes::{BufMut as _, Bytes, BytesMut};
use flashcrowd_http::{Broken, Channel, ChannelOptions, Client, ClientConfig, Request, Target, WorkerClient};
use http::{HeaderMap, HeaderValue, Method, header};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceResponse;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message as _;
use tokio::task::LocalSet;

use super::receiver::{Receiver, Signal};
use crate::post::{LIMIT, Refused};

/// The form of bodies over HTTP, and over gRPC.
const PROTOBUF: HeaderValue = HeaderValue::from_static("application/x-protobuf");
const GRPC: HeaderValue = HeaderValue::from_static("application/grpc");

/// Bytes before a message of gRPC: whether it is compressed, and its length.
const HEAD: usize = 5;

/// How large an answer may be.
const LARGEST: usize = 1 << 20;

/// gRPC's codes after which another attempt may help, as OTLP lists them.
const PASSING: [u32; 7] = [1, 4, 8, 10, 11, 14, 15];

/// What sends bodies.
pub(crate) type Sending = Box<dyn FnMut(&[u8]) -> Result<(), Refused>>;

/// What makes the sender of bodies to a receiver, on the thread that will send them.
pub(crate) fn courier(receiver: &Receiver) -> Result<impl FnOnce() -> Sending + Send + use<>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let config = ClientConfig { tls: receiver.tls.clone(), max_body: LARGEST, ..ClientConfig::default() };
    let shared = config.build().map_err(|error| error.to_string())?;
    Target::parse(&receiver.url).map_err(|error| error.to_string())?;
    let Receiver { signal, is_grpc, url, headers, .. } = receiver.clone();
    Ok(move || {
        let worker = WorkerClient::new(shared);
        let target = worker.target(&url).unwrap_or_else(|error| Rc::new(Target::refusing(&url, error)));
        let mut courier = Courier { client: Client::new(worker, 1), signal, target, headers, channel: None };
        let local = LocalSet::new();
        let send = move |body: &[u8]| local.block_on(&runtime, courier.send(is_grpc, body));
        Box::new(send) as Sending
    })
}

struct Courier {
    client: Client,
    signal: Signal,
    target: Rc<Target>,
    headers: HeaderMap,
    /// The connection of gRPC, once there is one.
    channel: Option<Rc<Channel>>,
}

impl Courier {
    async fn send(&mut self, is_grpc: bool, body: &[u8]) -> Result<(), Refused> {
        let answer = if is_grpc {
            let called = tokio::time::timeout(LIMIT, self.call(body)).await;
            let called =
                called.unwrap_or_else(|_| Err(passing(format!("no answer within {} s", LIMIT.as_secs()))));
            if called.is_err() {
                // Whatever is wrong with the connection, the next one may be better.
                self.channel = None;
            }
            called?
        } else {
            self.post(body).await?
        };
        rejected(self.signal, &answer).map_or(Ok(()), |problem| Err(Refused { problem, may_help: false }))
    }

    /// Posts a body over HTTP.
    async fn post(&self, body: &[u8]) -> Result<Bytes, Refused> {
        let mut headers = self.headers.clone();
        headers.insert(header::CONTENT_TYPE, PROTOBUF);
        let request = Request { headers, timeout: LIMIT, ..Request::new(Method::POST, self.target.clone()) };
        let answer = self.client.send(&request.body(Bytes::copy_from_slice(body))).await;
        if let Some(error) = &answer.error {
            return Err(passing(error.to_string()));
        }
        match answer.status {
            200..=299 => Ok(answer.body.clone()),
            status => {
                let text =
                    String::from_utf8_lossy(&answer.body[..answer.body.len().min(1 << 10)]).into_owned();
                let text = text.trim();
                let said = if text.is_empty() { String::new() } else { format!(": {text}") };
                let problem = format!("it answers {}{said}", answer.status_text());
                Err(Refused { problem, may_help: matches!(status, 429 | 502..=504) })
            }
        }
    }

    /// Calls the method of gRPC.
    async fn call(&mut self, body: &[u8]) -> Result<Bytes, Refused> {
        let mut headers = self.headers.clone();
        headers.insert(header::CONTENT_TYPE, GRPC);
        headers.insert(header::TE, HeaderValue::from_static("trailers"));
        let length = u32::try_from(body.len())
            .map_err(|_| Refused { problem: "the body is too large".to_owned(), may_help: false })?;
        let mut frame = BytesMut::with_capacity(HEAD + body.len());
        frame.put_u8(0);
        frame.put_u32(length);
        frame.extend_from_slice(body);
        let channel = match self.channel.clone() {
            Some(channel) => channel,
            None => self.connect().await?,
        };
        let mut opened = channel.open(self.signal.method(), headers.clone()).await;
        if let Err(Broken { untouched: true, .. }) = opened {
            // The connection was closed in between.
            opened = self.connect().await?.open(self.signal.method(), headers).await;
        }
        let (mut outgoing, mut incoming) = opened.map_err(broken)?;
        // A receiver may answer before it has read everything.
        let sent = outgoing.send(frame.freeze(), true).await;
        let (status, head) = incoming.head().await.map_err(broken)?;
        if let Some(problem) = problem(&head) {
            return Err(problem);
        }
        if status != http::StatusCode::OK {
            return Err(passing(format!("it answers {status}")));
        }
        let mut answer = BytesMut::new();
        while let Some(bytes) = incoming.data().await.map_err(broken)? {
            answer.extend_from_slice(&bytes);
            if answer.len() > LARGEST {
                return Err(passing(format!("its answer is larger than {LARGEST} bytes")));
            }
        }
        let trailers = incoming.trailers().await.map_err(broken)?.unwrap_or_default();
        if let Some(problem) = problem(&trailers) {
            return Err(problem);
        }
        if !trailers.contains_key("grpc-status") {
            return Err(passing("its answer has no status of gRPC".to_owned()));
        }
        sent.map_err(broken)?;
        let head = HEAD.min(answer.len());
        Ok(answer.freeze().slice(head..))
    }

    async fn connect(&mut self) -> Result<Rc<Channel>, Refused> {
        let options = ChannelOptions {
            origin: (*self.target.origin).clone(),
            authority: None,
            identity: None,
            authorities: Vec::new(),
            timeout: LIMIT,
        };
        let (channel, _) = self.client.channel(&options).await;
        let channel = Rc::new(channel.map_err(|error| passing(error.to_string()))?);
        self.channel = Some(Rc::clone(&channel));
        Ok(channel)
    }
}

/// What may pass.
fn passing(problem: String) -> Refused {
    Refused { problem, may_help: true }
}

fn broken(broken: Broken) -> Refused {
    passing(broken.error.to_string())
}

/// The status of gRPC in headers or trailers, if it is there and none of success.
fn problem(headers: &HeaderMap) -> Option<Refused> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let code: u32 = text("grpc-status")?.parse().unwrap_or(2);
    let said = text("grpc-message").unwrap_or_default();
    let said = percent_encoding::percent_decode_str(said).decode_utf8_lossy();
    let refused = || Refused {
        problem: format!("it answers with status {code}: {said}"),
        may_help: PASSING.contains(&code),
    };
    (code != 0).then(refused)
}

/// What a receiver says that it did not take of a body.
fn rejected(signal: Signal, answer: &[u8]) -> Option<String> {
    let (count, said) = match signal {
        Signal::Metrics => {
            let part = ExportMetricsServiceResponse::decode(answer).ok()?.partial_success?;
            (part.rejected_data_points, part.error_message)
        }
        Signal::Traces => {
            let part = ExportTraceServiceResponse::decode(answer).ok()?.partial_success?;
            (part.rejected_spans, part.error_message)
        }
    };
    (count > 0).then(|| format!("it rejects {count} of them: {said}"))
}
