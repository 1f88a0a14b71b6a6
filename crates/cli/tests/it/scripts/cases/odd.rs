//! A server whose answers are odd, and scripts that ask it.

use serde_json::Value;

use crate::run::{Outcome, Run, said_by};
use crate::target::{Target, answer};

/// A server whose answers are odd.
pub fn odd() -> Target {
    Target::answering(|request| {
        let path = request.path();
        let to = |location: &str| answer(302, &[("Location", location)], "");
        match path.split('?').next().unwrap() {
            "/gzip-bad" => answer(200, &[("Content-Encoding", "gzip")], "not gzip"),
            "/br-bad" => answer(200, &[("Content-Encoding", "br")], "not brotli"),
            "/to/ftp" => to("ftp://127.0.0.1/x"),
            "/to/nowhere" => to("http://[no"),
            "/to/here" => to("/echo"),
            "/head/space" => raw("Bad Header: x\r\n"),
            "/head/before-colon" => raw("X-A : 1\r\n"),
            "/head/folded" => raw("X-A: 1\r\n 2\r\n"),
            "/json" => answer(200, &[], r#"{"1":2,"null":3,"a":4}"#),
            path => match path.strip_prefix("/status/") {
                Some(status) => answer(status.parse().unwrap(), &[], ""),
                None => answer(200, &[], request.head.clone()),
            },
        }
    })
}

/// An answer with lines in its head that are written like this.
fn raw(lines: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\n{lines}Content-Length: 2\r\n\r\nok").into_bytes()
}

/// What a default function says that asks the odd server, `T`.
pub fn asked(body: &str) -> String {
    let target = odd();
    let script = format!(
        "import http from 'k6/http'; const T = __ENV.T; export default async function () {{ {body} }}"
    );
    said_by(Run::new().script(&script).arg("-e").arg(&format!("T={}", target.url()))).trim_end().to_owned()
}

/// A run of a default function under a threshold that no failed request is allowed to pass.
pub fn judged(target: &Target, options: &str, body: &str) -> (Outcome, Value) {
    let script = format!(
        "import http from 'k6/http'; const T = __ENV.T;
         export const options = {{ iterations: 1, {options} thresholds: {{ http_req_failed: ['rate<0.01'], 'http_reqs{{status:200}}': ['count>=0'] }} }};
         export default async function () {{ {body} }}"
    );
    let run = Run::new().script(&script).arg("-e").arg(&format!("T={}", target.url()));
    let outcome = run.talk_only().args("--summary-export s.json").go();
    let metrics = outcome.json("s.json")["metrics"].clone();
    (outcome, metrics)
}
