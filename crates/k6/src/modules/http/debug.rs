//! Debug output of requests (`--http-debug`), for the author of a script; secrets are not in it.

use std::fmt::Write as _;

use flashcrowd_http::{Exchange, Request};
use flashcrowd_record::{is_secret_name, without_secret_fields, without_secrets};
use http::HeaderMap;

use crate::state::VuState;
use flashcrowd_test::HttpDebug;
use flashcrowd_test::{Level, Source};

/// Logs an exchange: the request and what came back.
pub fn log(vu: &VuState, mode: HttpDebug, exchange: &Exchange, request: &Request) {
    let mut text = format!("Request:\n{} {}\n", request.method, without_secrets(&request.target.path));
    match &vu.client {
        Some(client) => write_headers(&mut text, &client.sent_headers(request, exchange.version)),
        None => write_headers(&mut text, &request.headers),
    }
    write_body(&mut text, mode, &request.body);
    vu.log(Level::Info, Source::Engine, &text);
    let mut text = match &exchange.error {
        Some(error) => format!("No response: {error}\n"),
        None => format!("Response:\n{} {}\n", exchange.proto(), exchange.status_text()),
    };
    write_headers(&mut text, &exchange.headers);
    write_body(&mut text, mode, &exchange.body);
    vu.log(Level::Info, Source::Engine, &text);
}

fn write_headers(text: &mut String, headers: &HeaderMap) {
    for (name, value) in headers {
        let shown = match is_secret_name(name.as_str()) {
            true => "***".into(),
            false => String::from_utf8_lossy(value.as_bytes()),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}: {shown}", super::canonical(name.as_str()));
    }
}

fn write_body(text: &mut String, mode: HttpDebug, body: &[u8]) {
    if mode == HttpDebug::Full && !body.is_empty() {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n{}", without_secret_fields(&String::from_utf8_lossy(body)));
    }
}
