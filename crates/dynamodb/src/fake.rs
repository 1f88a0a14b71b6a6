//! A fake service answers what a test's script says, and remembers what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A service on this machine that answers by a script, and 500 after its end.
pub(crate) struct Fake {
    /// Where it listens.
    pub(crate) url: String,
    shared: Arc<Shared>,
}

/// What it does with one request.
pub(crate) enum Act {
    /// It answers: status, further headers, body.
    Answer(u16, &'static str, String),
    /// It closes the connection.
    Cut,
}

/// One request as it came.
#[derive(Clone)]
pub(crate) struct Seen {
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

struct Shared {
    script: Mutex<VecDeque<Act>>,
    seen: Mutex<Vec<Seen>>,
}

impl Fake {
    /// Starts one.
    pub(crate) async fn start(script: impl IntoIterator<Item = Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let script = Mutex::new(script.into_iter().collect());
        let shared = Arc::new(Shared { script, seen: Mutex::default() });
        let of_server = shared.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, of_server.clone()));
            }
        });
        Self { url, shared }
    }

    /// What it was asked so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }
}

impl Act {
    /// A success.
    pub(crate) fn ok(body: &str) -> Self {
        Self::Answer(200, "", body.to_owned())
    }

    /// A failure by its code and further members of its JSON, each after a comma.
    pub(crate) fn fault(status: u16, code: &str, more: &str) -> Self {
        let body =
            format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}","message":"because"{more}}}"#);
        Self::Answer(status, "", body)
    }

    /// A throttle of a table that is written to.
    pub(crate) fn throttle() -> Self {
        let reason =
            r#"{"reason":"TableWriteProvisionedThroughputExceeded","resource":"arn:aws:dynamodb:::table/T"}"#;
        Self::fault(
            400,
            "ProvisionedThroughputExceededException",
            &format!(r#","ThrottlingReasons":[{reason}]"#),
        )
    }
}

impl Seen {
    /// A header's value, empty if it was not sent.
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let mut stream = BufReader::new(stream);
    while let Some(seen) = read(&mut stream).await {
        shared.seen.lock().unwrap().push(seen);
        let act = shared.script.lock().unwrap().pop_front();
        let answer = match act {
            Some(Act::Cut) => return,
            Some(Act::Answer(status, headers, body)) => text(status, headers, &body),
            None => text(500, "", r#"{"__type":"x#InternalServerError","message":"the script is over"}"#),
        };
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn text(status: u16, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len())
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Seen> {
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Seen { headers, body: String::from_utf8(body).unwrap() })
}
