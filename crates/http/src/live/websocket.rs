//! A WebSocket is a connection of its own, which starts as a request and goes on with messages both ways.

use std::rc::Rc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use http::{HeaderValue, header};
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Message};

use crate::client::{Client, deadline};
use crate::connection::io::{Meter, Wire};
use crate::error::HttpError;
use crate::exchange::{Exchange, Request};

/// How long writing one message may take.
const WRITE_WAIT: Duration = Duration::from_secs(10);

/// What comes over a WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A text.
    Text(String),
    /// Bytes.
    Binary(Vec<u8>),
    /// A question whether somebody is there. It is answered when it is read.
    Ping(Vec<u8>),
    /// The answer to a ping.
    Pong(Vec<u8>),
    /// The end, with a code and a reason; 1005 where no code was given.
    Close(u16, String),
}

/// An open WebSocket.
#[derive(Debug)]
pub struct WebSocket {
    stream: Box<WebSocketStream<Wire>>,
    meter: Rc<Meter>,
}

impl WebSocket {
    /// The next frame; none once the connection has ended.
    pub async fn next(&mut self) -> Option<Result<Frame, HttpError>> {
        loop {
            let frame = match self.stream.next().await? {
                Ok(Message::Text(text)) => Frame::Text(text.as_str().to_owned()),
                Ok(Message::Binary(bytes)) => Frame::Binary(bytes.to_vec()),
                Ok(Message::Ping(bytes)) => Frame::Ping(bytes.to_vec()),
                Ok(Message::Pong(bytes)) => Frame::Pong(bytes.to_vec()),
                Ok(Message::Close(None)) => Frame::Close(1005, String::new()),
                Ok(Message::Close(Some(frame))) => {
                    Frame::Close(frame.code.into(), frame.reason.as_str().to_owned())
                }
                Ok(Message::Frame(_)) => continue,
                Err(tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed) => return None,
                Err(error) => return Some(Err(explain(&error))),
            };
            return Some(Ok(frame));
        }
    }

    /// Sends a frame, and waits until it is written.
    pub async fn send(&mut self, frame: Frame) -> Result<(), HttpError> {
        let message = match frame {
            Frame::Text(text) => Message::text(text),
            Frame::Binary(bytes) => Message::binary(bytes),
            Frame::Ping(bytes) => Message::Ping(bytes.into()),
            Frame::Pong(bytes) => Message::Pong(bytes.into()),
            Frame::Close(1005, _) => Message::Close(None),
            Frame::Close(code, reason) => {
                Message::Close(Some(CloseFrame { code: code.into(), reason: reason.into() }))
            }
        };
        match tokio::time::timeout(WRITE_WAIT, self.stream.send(message)).await {
            Ok(Ok(()) | Err(tungstenite::Error::ConnectionClosed)) => Ok(()),
            Ok(Err(error)) => Err(explain(&error)),
            Err(_) => Err(HttpError::generic("write: i/o timeout")),
        }
    }

    /// Bytes sent and received since this was last asked.
    pub fn take_bytes(&self) -> (u64, u64) {
        self.meter.take_bytes()
    }
}

impl Client {
    /// Opens a WebSocket: the exchange of its first request, and the socket unless that failed. The target's URL begins
    /// with http or https; answers other than 101 are errors.
    pub async fn open(&self, request: &Request) -> (Box<Exchange>, Option<WebSocket>) {
        let started = Instant::now();
        let key = generate_key();
        let mut request = request.clone();
        for (name, value) in [
            (header::CONNECTION, "Upgrade"),
            (header::UPGRADE, "websocket"),
            (header::SEC_WEBSOCKET_VERSION, "13"),
        ] {
            request.headers.insert(name, HeaderValue::from_static(value));
        }
        if let Ok(value) = HeaderValue::from_str(&key) {
            request.headers.insert(header::SEC_WEBSOCKET_KEY, value);
        }
        let (mut exchange, wire) = self.upgrade(&request, started, deadline(started, request.timeout)).await;
        let Some((wire, read, meter)) = wire else {
            if exchange.error.is_none() {
                exchange.error = Some(HttpError::generic("websocket: bad handshake"));
            }
            return (exchange, None);
        };
        let accepted = exchange.headers.get(header::SEC_WEBSOCKET_ACCEPT).map(HeaderValue::as_bytes);
        if accepted != Some(derive_accept_key(key.as_bytes()).as_bytes()) {
            exchange.error = Some(HttpError::generic("websocket: bad handshake"));
            return (exchange, None);
        }
        let most = Some(self.worker().shared().config().max_body);
        let config = WebSocketConfig::default().max_message_size(most).max_frame_size(most);
        let config = Some(config);
        let stream = WebSocketStream::from_partially_read(wire, read, Role::Client, config).await;
        (exchange, Some(WebSocket { stream: Box::new(stream), meter }))
    }
}

fn explain(error: &tungstenite::Error) -> HttpError {
    match error {
        tungstenite::Error::Io(error) => HttpError::from_io(error, "read"),
        other => HttpError::generic(other.to_string().to_lowercase()),
    }
}
