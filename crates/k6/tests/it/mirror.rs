//! A mirror is a target that shows requests what they were, redirects, sets cookies and so on, as their paths ask.

use crate::harness::Script;
use crate::target::{Request, Target, answer, pause};

/// The head of scripts that ask a mirror at `T`.
pub const HEAD: &str =
    "import http from 'k6/http'; import { check, group, sleep } from 'k6'; const T = __ENV.T;
export const options = { userAgent: 'fc' };
const thrown = (f) => { try { return ['returned', f()]; } catch (e) { return `${e.name}: ${e.message}`; } };";

/// `"hello gzip"`, compressed.
const GZIPPED: [u8; 30] = [
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 203, 72, 205, 201, 201, 87, 72, 175, 202, 44, 0, 0, 25, 106, 210, 223,
    10, 0, 0, 0,
];

/// A new mirror.
pub fn mirror() -> Target {
    Target::answering(|request| {
        let path = request.path().split('?').next().unwrap();
        let mut parts = path[1..].split('/');
        match (parts.next().unwrap(), parts.next()) {
            ("status", Some(status)) => answer(status.parse().unwrap(), &[], ""),
            ("redirect", Some("0")) => answer(200, &[], format!("arrived by {}", request.head)),
            ("redirect", Some(left)) => {
                let left: u32 = left.parse().unwrap();
                let status = if path.ends_with("/keep") { 307 } else { 302 };
                answer(status, &[("Location", &path.replace(&left.to_string(), &(left - 1).to_string()))], "")
            }
            ("cookies", None) => {
                answer(200, &[("Set-Cookie", "a=1; Path=/; HttpOnly"), ("Set-Cookie", "b=2; Max-Age=60")], "")
            }
            ("gzip", None) => answer(200, &[("Content-Encoding", "gzip")], GZIPPED),
            ("spoilt", None) => answer(200, &[("Content-Encoding", "gzip")], "no gzip"),
            ("json", None) => answer(200, &[], r#"{"a":{"b":[1,{"c":"deep"}]},"n":null}"#),
            ("broken", None) => answer(200, &[], "{\"a\":\n x}"),
            ("bytes", None) => answer(200, &[], [0, 255, 7]),
            ("slow", Some(millis)) => {
                pause(millis.parse().unwrap());
                answer(200, &[], "slow")
            }
            ("hang-up", None) => Vec::new(),
            ("digest", None) => digest(request),
            _ => answer(200, &[("X-many", "1"), ("x-MANY", "2")], request.shown()),
        }
    })
}

fn digest(request: &Request) -> Vec<u8> {
    let challenge = r#"Digest realm="shop", qop="auth", algorithm=MD5, nonce="abc""#;
    match request.header("Authorization") {
        Some(given) if given.starts_with("Digest username=\"ann\"") => answer(200, &[], "come in"),
        _ => answer(401, &[("WWW-Authenticate", challenge)], ""),
    }
}

/// What the body of one iteration logs, with the mirror's address as `<host>`.
pub fn say(target: &Target, body: &str) -> String {
    let ran = Script::of_body(HEAD, body).env("T", &target.url()).run();
    ran.text().replace(&target.address(), "<host>")
}

/// Runs each body against a mirror, and compares what is logged.
pub fn check(rows: &[(&str, &str)]) {
    let target = mirror();
    for (body, expected) in rows {
        assert_eq!(say(&target, body), *expected, "{body}");
    }
}

/// Runs each body against a mirror of its own, and compares what that was sent: heads without the host, and bodies.
pub fn check_sent(rows: &[(&str, &[&str])]) {
    for (body, expected) in rows {
        let target = mirror();
        assert_eq!(say(&target, body), "", "{body}");
        let host = format!("Host: {}", target.address());
        let sent: Vec<_> =
            target.requests().iter().map(|request| request.shown().replace(&host, "H")).collect();
        assert_eq!(sent, *expected, "{body}");
    }
}
