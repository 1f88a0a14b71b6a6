//! The two sides of a call under way: messages out, and messages in.

use bytes::Bytes;
use flashcrowd_http::{Incoming, Outgoing};
use http::{HeaderMap, StatusCode, header};
use prost_reflect::{DynamicMessage, MessageDescriptor};

use crate::frames::{Frames, frame};
use crate::metadata::Metadata;
use crate::schema::Method;
use crate::status::{Code, Status};

/// What is sent.
#[derive(Debug)]
pub struct Sender {
    outgoing: Outgoing,
    method: Method,
    max: usize,
}

/// What comes.
#[derive(Debug)]
pub struct Receiver {
    incoming: Incoming,
    output: MessageDescriptor,
    max: usize,
    frames: Frames,
    headers: Option<Metadata>,
    trailers: Metadata,
    status: Option<Status>,
}

/// What comes next of a call.
#[derive(Clone, Debug)]
pub enum Event {
    /// A message.
    Message(DynamicMessage),
    /// The end.
    End(Status),
}

impl Sender {
    pub(crate) fn new(outgoing: Outgoing, method: Method, max: usize) -> Self {
        Self { outgoing, method, max }
    }

    /// What messages have to be.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Sends a message.
    pub async fn send(&mut self, message: &DynamicMessage) -> Result<(), Status> {
        let frame = frame(message, self.max)?;
        self.send_frame(frame, false).await
    }

    /// Says that there are no more messages.
    pub async fn end(&mut self) -> Result<(), Status> {
        self.send_frame(Bytes::new(), true).await
    }

    pub(crate) async fn send_frame(&mut self, frame: Bytes, last: bool) -> Result<(), Status> {
        self.outgoing.send(frame, last).await.map_err(|broken| Status::of_broken(&broken))
    }
}

impl Receiver {
    pub(crate) fn new(incoming: Incoming, output: MessageDescriptor, max: usize) -> Self {
        Self {
            incoming,
            output,
            max,
            frames: Frames::default(),
            headers: None,
            trailers: Metadata::default(),
            status: None,
        }
    }

    /// What came before the first message.
    pub fn headers(&self) -> &Metadata {
        static NONE: std::sync::OnceLock<Metadata> = std::sync::OnceLock::new();
        self.headers.as_ref().unwrap_or_else(|| NONE.get_or_init(Metadata::default))
    }

    /// What came after the last one.
    pub fn trailers(&self) -> &Metadata {
        &self.trailers
    }

    /// How it ended, once it has.
    pub fn status(&self) -> Option<&Status> {
        self.status.as_ref()
    }

    /// The next message, or the end. After the end there is nothing but the end.
    pub async fn next(&mut self) -> Event {
        if let Some(status) = &self.status {
            return Event::End(status.clone());
        }
        match self.message().await {
            Ok(Some(message)) => Event::Message(message),
            Ok(None) => self.end(None).await,
            Err(status) => self.end(Some(status)).await,
        }
    }

    async fn message(&mut self) -> Result<Option<DynamicMessage>, Status> {
        if self.headers.is_none() {
            let (status, headers) =
                self.incoming.head().await.map_err(|broken| Status::of_broken(&broken))?;
            self.headers = Some(Metadata::received(&headers));
            self.look_at(status, &headers)?;
        }
        loop {
            if let Some(bytes) = self.frames.next(self.max)? {
                let message = DynamicMessage::decode(self.output.clone(), bytes);
                return message.map(Some).map_err(|error| {
                    Status::new(
                        Code::Internal,
                        format!("grpc: failed to unmarshal the received message: {error}"),
                    )
                });
            }
            match self.incoming.data().await.map_err(|broken| Status::of_broken(&broken))? {
                Some(bytes) => self.frames.push(&bytes),
                None if self.frames.is_cut() => return Err(Status::new(Code::Internal, "unexpected EOF")),
                None => return Ok(None),
            }
        }
    }

    /// Whether the head is one of gRPC, and not the end already.
    fn look_at(&self, status: StatusCode, headers: &HeaderMap) -> Result<(), Status> {
        if let Some(end) = Status::of_trailers(headers) {
            return Err(end);
        }
        let content_type = headers.get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap_or_default());
        let content_type = content_type.unwrap_or_default();
        if status != StatusCode::OK || !content_type.starts_with("application/grpc") {
            return Err(Status::of_http(status, content_type));
        }
        Ok(())
    }

    async fn end(&mut self, early: Option<Status>) -> Event {
        let status = match early {
            Some(status) => status,
            None => match self.incoming.trailers().await {
                Ok(Some(trailers)) => {
                    self.trailers = Metadata::received(&trailers);
                    Status::of_trailers(&trailers).unwrap_or_else(no_status)
                }
                Ok(None) => no_status(),
                Err(broken) => Status::of_broken(&broken),
            },
        };
        self.status = Some(status.clone());
        Event::End(status)
    }
}

fn no_status() -> Status {
    Status::new(Code::Internal, "server closed the stream without sending trailers")
}
