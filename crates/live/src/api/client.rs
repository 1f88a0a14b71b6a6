//! A client of the REST API of a run, for commands that steer one from another terminal.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A run answers within this time.
const PATIENCE: Duration = Duration::from_secs(10);

/// No answer is larger.
const LARGEST: usize = 16 << 20;

/// A client of a run's REST API.
#[derive(Clone, Debug)]
pub struct Client {
    /// Where the run listens: `HOST:PORT`.
    pub address: String,
    /// The token that opens it, if it needs one.
    pub token: Option<String>,
}

/// Why a run did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// Nobody answers there.
    #[error("no run answers at {address}: {error}; start it with --address, or say where with -a")]
    Unreachable {
        /// Where.
        address: String,
        /// Why.
        error: io::Error,
    },
    /// Something else answers there.
    #[error("{address} is no run's REST API: {what}")]
    Foreign {
        /// Where.
        address: String,
        /// What is wrong with it.
        what: String,
    },
    /// The run refuses.
    #[error("{0}")]
    Refused(String),
}

impl Client {
    /// Asks for a path, with a document where one is sent.
    pub async fn ask(&self, method: Method, path: &str, document: Option<&Value>) -> Result<Value, ApiError> {
        match timeout(PATIENCE, self.answer(method, path, document)).await {
            Ok(answer) => answer,
            Err(_) => Err(self.unreachable(io::ErrorKind::TimedOut.into())),
        }
    }

    async fn answer(&self, method: Method, path: &str, document: Option<&Value>) -> Result<Value, ApiError> {
        let stream = TcpStream::connect(&self.address).await.map_err(|error| self.unreachable(error))?;
        let foreign = |what: &dyn std::fmt::Display| ApiError::Foreign {
            address: self.address.clone(),
            what: what.to_string(),
        };
        let (mut sender, connection) =
            handshake(TokioIo::new(stream)).await.map_err(|error| foreign(&error))?;
        let body = document.map_or_else(Bytes::new, |document| Bytes::from(document.to_string()));
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, &self.address)
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Full::new(body)).map_err(|error| foreign(&error))?;
        let exchange = async {
            let answer = sender.send_request(request).await.map_err(|error| foreign(&error))?;
            let status = answer.status();
            let body =
                Limited::new(answer.into_body(), LARGEST).collect().await.map_err(|error| foreign(&error))?;
            let document: Value = serde_json::from_slice(&body.to_bytes())
                .map_err(|_| foreign(&format!("status {status} without JSON")))?;
            match status.is_success() {
                true => Ok(document),
                false => Err(ApiError::Refused(why(&document))),
            }
        };
        tokio::select! {
            answer = exchange => answer,
            // It ends when the answer is there at the earliest, unless it breaks.
            _ = connection => Err(foreign(&"the connection was closed")),
        }
    }

    fn unreachable(&self, error: io::Error) -> ApiError {
        ApiError::Unreachable { address: self.address.clone(), error }
    }
}

/// What an answer says is wrong.
fn why(document: &Value) -> String {
    let error = &document["errors"][0];
    let said = [&error["detail"], &error["title"], &document["message"]];
    said.into_iter().find_map(Value::as_str).unwrap_or("the run refuses, and does not say why").to_owned()
}
