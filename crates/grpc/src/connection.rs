//! A connection is one virtual user's way to a server; it is made again when it was closed.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use flashcrowd_http::{Broken, Channel, Client, HttpError};
use http::{HeaderMap, HeaderValue, header};
use prost_reflect::DynamicMessage;

use crate::endpoint::Endpoint;
use crate::frames::frame;
use crate::outcome::{Answer, Call};
use crate::status::{Code, Status};
use crate::stream::{Event, Receiver, Sender};

/// A connection to a server.
#[derive(Debug)]
pub struct Connection {
    endpoint: Endpoint,
    channel: RefCell<Rc<Channel>>,
    bytes: Rc<std::cell::Cell<(u64, u64)>>,
}

impl Connection {
    /// Connects to a server, and tells the bytes that it took, also where that failed.
    pub async fn open(client: &Client, endpoint: Endpoint) -> (Result<Self, HttpError>, (u64, u64)) {
        let (channel, bytes) = client.channel(&endpoint.channel).await;
        let channel = channel.map(|channel| RefCell::new(Rc::new(channel)));
        (channel.map(|channel| Self { endpoint, channel, bytes: Rc::default() }), bytes)
    }

    /// Where it leads.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The channel that is open now.
    pub fn channel(&self) -> Rc<Channel> {
        self.channel.borrow().clone()
    }

    /// Bytes sent and received since this was last asked.
    pub fn take_bytes(&self) -> (u64, u64) {
        let ((sent, received), (lost_sent, lost_received)) =
            (self.channel.borrow().take_bytes(), self.bytes.take());
        (sent + lost_sent, received + lost_received)
    }

    /// Calls a method with one message each way.
    pub async fn unary(&self, client: &Client, call: &Call, message: &DynamicMessage) -> Answer {
        within(call.timeout, self.exchange(client, call, message)).await.unwrap_or_else(Answer::failed)
    }

    async fn exchange(
        &self,
        client: &Client,
        call: &Call,
        message: &DynamicMessage,
    ) -> Result<Answer, Status> {
        let frame = frame(message, self.endpoint.max_send)?;
        let (mut sender, mut receiver) = self.stream(client, call).await?;
        let headers = async {
            // A server may answer before it has read everything, and then stops reading.
            let sent = sender.send_frame(frame, true).await;
            let message = receiver.next().await;
            if let (Err(status), Event::End(_)) = (&sent, &message)
                && receiver.status().is_none_or(Status::is_ok)
            {
                return Err(status.clone());
            }
            Ok(message)
        };
        let first = headers.await?;
        let mut answer = Answer::failed(Status::ok());
        if let Event::Message(message) = first {
            answer.message = Some(message);
            if let Event::Message(_) = receiver.next().await {
                return Err(Status::new(Code::Internal, "the server sent more than one message"));
            }
        }
        answer.headers = receiver.headers().clone();
        answer.trailers = receiver.trailers().clone();
        answer.status = receiver.status().cloned().unwrap_or_else(Status::ok);
        if answer.status.is_ok() && answer.message.is_none() {
            answer.status = Status::new(Code::Internal, "cardinality violation: the server sent no message");
        }
        Ok(answer)
    }

    /// Calls a method with any number of messages both ways.
    pub async fn stream(&self, client: &Client, call: &Call) -> Result<(Sender, Receiver), Status> {
        let headers = self.headers(call);
        let mut opened = self.channel().open(call.method.path(), headers.clone()).await;
        if let Err(Broken { untouched: true, .. }) = opened {
            self.reconnect(client).await.map_err(|error| Status::of_dial(&error))?;
            opened = self.channel().open(call.method.path(), headers).await;
        }
        let (outgoing, incoming) = opened.map_err(|broken| Status::of_broken(&broken))?;
        let sender = Sender::new(outgoing, call.method.clone(), self.endpoint.max_send);
        Ok((sender, Receiver::new(incoming, call.method.output(), self.endpoint.max_receive)))
    }

    async fn reconnect(&self, client: &Client) -> Result<(), HttpError> {
        let (channel, (sent, received)) = client.channel(&self.endpoint.channel).await;
        let (old_sent, old_received) = self.channel.borrow().take_bytes();
        let (kept_sent, kept_received) = self.bytes.get();
        self.bytes.set((kept_sent + old_sent + sent, kept_received + old_received + received));
        *self.channel.borrow_mut() = Rc::new(channel?);
        Ok(())
    }

    fn headers(&self, call: &Call) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert(header::TE, HeaderValue::from_static("trailers"));
        if let Some(timeout) =
            call.timeout.and_then(|timeout| HeaderValue::from_str(&timeout_text(timeout)).ok())
        {
            headers.insert("grpc-timeout", timeout);
        }
        for (name, value) in call.metadata.headers() {
            headers.append(name, value.clone());
        }
        headers
    }
}

/// What comes of it in time.
pub(crate) async fn within<T>(
    timeout: Option<Duration>,
    work: impl Future<Output = Result<T, Status>>,
) -> Result<T, Status> {
    match timeout {
        None => work.await,
        Some(timeout) => {
            tokio::time::timeout(timeout, work).await.unwrap_or_else(|_| Err(Status::deadline()))
        }
    }
}

/// A timeout in at most eight digits and a unit.
fn timeout_text(timeout: Duration) -> String {
    const MOST: u128 = 99_999_999;
    let micros = timeout.as_micros();
    match micros {
        0..=MOST => format!("{micros}u"),
        _ if micros / 1000 <= MOST => format!("{}m", micros / 1000),
        _ => format!("{}S", (micros / 1_000_000).min(MOST)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_have_eight_digits_at_most() {
        for (timeout, text) in [
            (Duration::from_millis(5), "5000u"),
            (Duration::from_secs(120), "120000m"),
            (Duration::from_secs(200_000), "200000S"),
            (Duration::MAX, "99999999S"),
        ] {
            assert_eq!(timeout_text(timeout), text);
        }
    }
}
