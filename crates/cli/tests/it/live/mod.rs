//! Runs that are watched and steered while they last: the page, the whole terminal, k6's REST API, and the commands for it.

mod api;
mod browser;
mod charted;
mod controls;
mod page;
mod tui;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::{Value, json};

pub use self::browser::{Browser, Look};
use crate::run::{Run, Started, wait_until};
use crate::target::{Target, answer};

/// A run that is served.
pub struct Served {
    pub started: Started,
    /// Where, as `HOST:PORT`.
    pub address: String,
    /// What opens it, if that is needed.
    pub token: Option<String>,
}

impl Served {
    /// Starts a run that says where its page or its REST API is.
    pub fn of(run: Run, what: &str) -> Self {
        let started = run.start();
        let line = started.err_line(&format!("{what}   http://"));
        let url = line.split_whitespace().find_map(|word| word.strip_prefix("http://")).unwrap();
        let (address, rest) = url.split_once('/').unwrap();
        let token = rest.split_once("token=").map(|(_, token)| token.to_owned());
        Self { started, address: address.to_owned(), token }
    }

    /// What is answered: status, head and body.
    pub fn ask(&self, line: &str, head: &str, body: &str) -> (u16, String, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let (address, length) = (&self.address, body.len());
        let host = if head.contains("Host:") { String::new() } else { format!("Host: {address}\r\n") };
        write!(
            stream,
            "{line} HTTP/1.1\r\n{host}Connection: close\r\nContent-Length: {length}\r\n{head}\r\n{body}"
        )
        .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_owned(), body.to_owned())
    }

    /// The document at a path.
    pub fn get(&self, path: &str) -> Value {
        let (status, _, body) = self.ask(&format!("GET {path}"), "", "");
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// The attributes of the status.
    pub fn status(&self) -> Value {
        self.get("/v1/status")["data"]["attributes"].clone()
    }

    /// Changes the status.
    pub fn patch(&self, attributes: &Value) -> (u16, Value) {
        let document = json!({ "data": { "type": "status", "id": "default", "attributes": attributes } });
        let (status, _, body) =
            self.ask("PATCH /v1/status", "Content-Type: application/json\r\n", &document.to_string());
        (status, serde_json::from_str(&body).unwrap())
    }

    /// Waits for a status that is so.
    pub fn wait(&self, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let mut status = Value::Null;
        wait_until(what, || {
            status = self.status();
            is_so(&status)
        });
        status
    }
}

/// A target that serves everything but one path, whose name is a trap for pages.
pub fn shop() -> Target {
    Target::answering(|request| match request.path().starts_with("/gone") {
        true => answer(503, &[], ""),
        false => answer(200, &[], "ok"),
    })
}

/// A script with these scenarios, each of whose iterations asks for two things.
pub fn script(target: &Target, scenarios: &str) -> String {
    let url = target.url();
    format!(
        r#"
import http from "k6/http";
import {{ check, group, sleep }} from "k6";
export const options = {{
  scenarios: {scenarios},
  thresholds: {{ http_req_failed: ["rate<0.6"], "http_req_duration{{name:fine}}": ["p(95)<5000"] }},
  summaryTrendStats: ["avg", "min", "med", "max", "p(90)", "p(95)", "p(99)", "count"],
}};
export function setup() {{ return {{ token: "s3cr3t-of-setup" }}; }}
export default function () {{
  group("buying", () => {{
    const found = http.get("{url}/fine", {{ tags: {{ name: "fine" }} }});
    check(found, {{ "is served": (found) => found.status === 200 }});
  }});
  http.get("{url}/gone", {{ tags: {{ name: "<img src=x onerror=document.hacked=1>" }} }});
}}
"#
    )
}
