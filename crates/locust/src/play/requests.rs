//! Requests of users: sent as the child asks, and answered with what came of them.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use flashcrowd_http::{
    Client, ClientConfig, Exchange, FetchOptions, HttpError, Request, TlsIdentity, TlsOptions, WorkerClient,
    fetch,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde_json::Value;
use tokio::task::spawn_local;
use tokio::time::{Instant, sleep};

use super::samples::Measured;
use super::stage::{Session, Stage};
use crate::child::{Cut, Reply, RequestFrame};
use crate::stats::Counted;

/// A body up to this size goes to the child at once; a larger one stays here until it is asked for.
const INLINE: usize = 8 * 1024;
/// How long connecting may take where the file does not say: as long as the system lets it.
const CONNECT: Duration = Duration::from_secs(130);
/// How long an answer may take where the file does not say.
const FOREVER: Duration = Duration::from_secs(365 * 24 * 3600);
/// The number of TLS without a look at certificates.
const INSECURE: u16 = 1;

impl Stage {
    /// Sends a request in a task of its own.
    pub(super) fn request(self: &Rc<Self>, frame: RequestFrame) {
        let is_further = frame.has(RequestFrame::HOP);
        self.books.count(|counts| match is_further {
            true => counts.further += 1,
            false => counts.sent += 1,
        });
        let (stage, rid) = (self.clone(), frame.rid);
        let task = spawn_local(async move {
            let started = Instant::now();
            let method = Method::from_bytes(stage.text(frame.method).as_bytes()).unwrap_or(Method::GET);
            let under_way = UnderWay::new(&stage, &frame);
            let exchange = match stage.prepare(&frame, &method) {
                Ok((client, request)) => {
                    let options = FetchOptions { redirects: 0, ..FetchOptions::default() };
                    let told = |exchange: &Exchange, _: &Request| under_way.heard(exchange, started, &method);
                    fetch(&client, request, None, &options, told).await.exchange
                }
                Err(error) => Exchange::unsent(error),
            };
            under_way.is_over.set(true);
            stage.running.borrow_mut().remove(&frame.rid);
            stage.answer(&frame, Measured { exchange, took: started.elapsed(), method });
        });
        self.running.borrow_mut().insert(rid, task.abort_handle());
    }

    fn prepare(&self, frame: &RequestFrame, method: &Method) -> Result<(Rc<Client>, Request), HttpError> {
        let client = self.client(frame.session, frame.config, frame.connect_ms)?;
        let url = String::from_utf8_lossy(&frame.url);
        let target = client.worker().target(&url)?;
        let timeout = match frame.read_ms {
            0 => FOREVER,
            ms => Duration::from_millis(ms.into()),
        };
        let request = Request {
            headers: headers(&frame.headers),
            body: frame.body.clone(),
            timeout,
            once: true,
            ..Request::new(method.clone(), target)
        };
        Ok((client, request))
    }

    fn client(&self, session: u32, config: u16, connect_ms: u32) -> Result<Rc<Client>, HttpError> {
        let key = (config, connect_ms);
        let mut sessions = self.sessions.borrow_mut();
        let now = Instant::now();
        let found = sessions.entry(session).or_insert_with(|| Session { clients: Vec::new(), used: now });
        found.used = now;
        if let Some((_, client)) = found.clients.iter().find(|(known, _)| *known == key) {
            return Ok(client.clone());
        }
        let client = Rc::new(Client::new(self.worker_client(key)?, u64::from(session)));
        found.clients.push((key, client.clone()));
        Ok(client)
    }

    /// Gives back the buffers of connections whose users have been waiting for a while.
    pub(super) async fn park(self: Rc<Self>) {
        const LOOK: Duration = Duration::from_secs(1);
        loop {
            sleep(LOOK).await;
            let now = Instant::now();
            for session in self.sessions.borrow().values().filter(|session| now - session.used >= LOOK / 2) {
                session.clients.iter().for_each(|(_, client)| client.park());
            }
        }
    }

    fn worker_client(&self, (config, connect_ms): (u16, u32)) -> Result<Rc<WorkerClient>, HttpError> {
        if let Some(client) = self.clients.borrow().get(&(config, connect_ms)) {
            return Ok(client.clone());
        }
        let tls = match config {
            0 => TlsOptions::default(),
            INSECURE => TlsOptions { insecure_skip_verify: true, ..TlsOptions::default() },
            other => self.tls.borrow().get(&other).cloned().unwrap_or_default(),
        };
        let dial_timeout = if connect_ms == 0 { CONNECT } else { Duration::from_millis(connect_ms.into()) };
        let config_of = ClientConfig {
            tls,
            dial_timeout,
            // Python's clients say who they are in their own headers, speak HTTP/1.1, and keep what users ask for at once.
            user_agent: String::new(),
            http2: false,
            max_idle: 0,
            max_idle_per_host: 0,
            ..ClientConfig::default()
        };
        let client = WorkerClient::build(config_of).map_err(|error| {
            self.books.warn(&format!("TLS cannot be set up as the file asks: {error}"));
            HttpError { code: flashcrowd_http::ErrorCode::TLS, message: error.to_string().into() }
        })?;
        self.clients.borrow_mut().insert((config, connect_ms), client.clone());
        Ok(client)
    }

    /// How TLS is spoken under a number: the files are read here, once.
    pub(super) fn set_tls(&self, message: &Value) {
        let number =
            message["config"].as_u64().and_then(|number| u16::try_from(number).ok()).unwrap_or_default();
        let read = |value: &Value| {
            let path = value.as_str()?;
            std::fs::read_to_string(path)
                .inspect_err(|error| self.books.error(&format!("{path}: {error}")))
                .ok()
        };
        let roots = read(&message["roots"]);
        let (cert, key) = (read(&message["cert"][0]), read(&message["cert"][1]));
        let identities =
            cert.zip(key).map(|(cert, key)| TlsIdentity { cert, key, ..TlsIdentity::default() }).into_iter();
        let options = TlsOptions {
            insecure_skip_verify: message["verify"] == false,
            extra_roots: roots.into_iter().collect(),
            identities: identities.collect(),
            ..TlsOptions::default()
        };
        self.tls.borrow_mut().insert(number, options);
    }

    /// Counts what came of a request unless the child does, and tells the child.
    fn answer(&self, frame: &RequestFrame, measured: Measured) {
        let exchange = &*measured.exchange;
        self.books.traffic(exchange.bytes_sent, exchange.bytes_received);
        let is_redirect = matches!(exchange.status, 301 | 302 | 303 | 307 | 308)
            && exchange.headers.contains_key(header::LOCATION);
        let held = frame.has(RequestFrame::HOLD)
            || (exchange.error.is_some() && frame.has(RequestFrame::HOLD_ERROR))
            || (is_redirect && frame.has(RequestFrame::HOLD_REDIRECT));
        self.reply(frame, exchange, measured.took);
        if frame.has(RequestFrame::HOP) {
            return;
        }
        if held {
            let Measured { exchange, took, method } = measured;
            self.held.borrow_mut().insert(frame.rid, Measured::new(exchange, took, method));
            return;
        }
        let (method, name) = (self.text(frame.method), self.text(frame.name));
        let failure = failure(exchange, &name, frame.has(RequestFrame::FAST));
        let counted = Counted {
            method: &method,
            name: &name,
            time: Some(measured.took.as_secs_f64() * 1e3),
            length: exchange.body.len() as u64,
            error: failure.as_deref(),
        };
        self.books.count(|counts| counts.counted += 1);
        self.books.record(&measured, &counted);
    }

    fn reply(&self, frame: &RequestFrame, exchange: &Exchange, took: Duration) {
        let micros = |time: Duration| u32::try_from(time.as_micros()).unwrap_or(u32::MAX);
        let timings = &exchange.timings;
        let (rid, micros_to_head) = (frame.rid, micros(timings.blocked + timings.sending + timings.waiting));
        let reason = reason(exchange);
        let base = Reply {
            rid,
            status: exchange.status,
            cut: Cut::Whole,
            withheld: false,
            is_http10: exchange.version == http::Version::HTTP_10,
            micros: micros(took),
            micros_to_head,
            length: u32::try_from(exchange.body.len()).unwrap_or(u32::MAX),
            reason: reason.as_bytes(),
            headers: &exchange.headers,
            body: &exchange.body,
        };
        let Some(error) = &exchange.error else {
            let withheld = exchange.body.len() > INLINE;
            if withheld {
                self.bodies.borrow_mut().insert(rid, exchange.body.clone());
            }
            let body = if withheld { &[] } else { base.body };
            return self.link.send(|out| Reply { withheld, body, ..base }.write(out));
        };
        let mut told = format!("{} {}", error.code, error.message.replace('\n', " ")).into_bytes();
        match &exchange.cut {
            None => {
                self.link.send(|out| Reply { cut: Cut::Error, length: 0, body: &told, ..base }.write(out))
            }
            Some(cut) => {
                told.push(b'\n');
                told.extend_from_slice(&cut.body);
                let length = u32::try_from(cut.body.len()).unwrap_or(u32::MAX);
                let (status, headers) = (cut.status, &cut.headers);
                let reply = Reply { cut: Cut::Broken, status, length, headers, body: &told, ..base };
                self.link.send(|out| reply.write(out));
            }
        }
    }
}

/// A request that is under way. One that is given up was interrupted if it had left, and was not sent if it had not.
struct UnderWay<'a> {
    stage: &'a Stage,
    frame: &'a RequestFrame,
    has_left: Cell<bool>,
    is_over: Cell<bool>,
}

impl<'a> UnderWay<'a> {
    fn new(stage: &'a Stage, frame: &'a RequestFrame) -> Self {
        Self { stage, frame, has_left: Cell::new(false), is_over: Cell::new(false) }
    }

    /// Hears of each exchange when it is over; and of one that is given up, if it had left.
    fn heard(&self, exchange: &Exchange, started: Instant, method: &Method) {
        if exchange.delivery.interrupted {
            self.has_left.set(true);
            self.stage.books.traffic(exchange.bytes_sent, exchange.bytes_received);
            let name = self.stage.text(self.frame.name);
            self.stage.books.samples.interrupted(exchange, &name, started.elapsed(), method);
        }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if self.is_over.get() {
            return;
        }
        let is_further = self.frame.has(RequestFrame::HOP);
        self.stage.books.count(|counts| match (is_further, self.has_left.get()) {
            (false, true) => counts.interrupted += 1,
            (false, false) => counts.sent -= 1,
            (true, true) => {}
            (true, false) => counts.further -= 1,
        });
    }
}

/// The headers of a block of lines. What cannot be a header is left out: the child has looked at them.
fn headers(block: &Bytes) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(8);
    let mut start = 0;
    while let Some(length) = block[start..].windows(2).position(|pair| pair == b"\r\n") {
        let line = block.slice(start..start + length);
        start += length + 2;
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let value = line.slice((colon + 2).min(line.len())..);
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(&line[..colon]), HeaderValue::from_maybe_shared(value))
        {
            headers.append(name, value);
        }
    }
    headers
}

fn reason(exchange: &Exchange) -> std::borrow::Cow<'_, str> {
    match &exchange.reason {
        Some(reason) => String::from_utf8_lossy(reason),
        None => {
            let usual =
                StatusCode::from_u16(exchange.status).ok().and_then(|status| status.canonical_reason());
            usual.unwrap_or_default().into()
        }
    }
}

/// The text of the failure in the words of Python's clients; none of a success.
fn failure(exchange: &Exchange, name: &str, fast: bool) -> Option<String> {
    if let Some(error) = &exchange.error {
        return Some(error.message.to_string());
    }
    let status = exchange.status;
    if fast {
        let fine = matches!(status, 200..=208 | 226 | 301..=304 | 307 | 308);
        return (!fine).then(|| format!("LocustBadStatusCode(code={status})"));
    }
    let side = match status {
        400..=499 => "Client",
        500..=599 => "Server",
        _ => return None,
    };
    let text = format!("{status} {side} Error: {} for url: {name}", reason(exchange));
    Some(format!("HTTPError({})", quoted(&text)))
}

/// A text as Python shows it.
fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            found if found == quote => {
                out.push('\\');
                out.push(found);
            }
            found if (found as u32) < 0x20 || found as u32 == 0x7f => {
                out.push_str(&format!("\\x{:02x}", found as u32));
            }
            found => out.push(found),
        }
    }
    out.push(quote);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_lines_become_headers() {
        let block = Bytes::from_static(b"Accept: */*\r\nX-A: 1\r\nX-A: 2\r\nbad line\r\nEmpty: \r\n");
        let found = headers(&block);
        assert_eq!(found.get_all("x-a").iter().count(), 2);
        assert_eq!((found["accept"].as_bytes(), found["empty"].as_bytes()), (&b"*/*"[..], &b""[..]));
        assert_eq!(found.len(), 4);
    }

    #[test]
    fn failures_have_the_words_of_pythons_clients() {
        let of = |status| Exchange { status, ..Exchange::default() };
        let text = "HTTPError('404 Client Error: Not Found for url: /a')";
        assert_eq!(failure(&of(404), "/a", false).as_deref(), Some(text));
        assert_eq!(failure(&of(301), "/a", false), None);
        assert_eq!(failure(&of(503), "/a", true).as_deref(), Some("LocustBadStatusCode(code=503)"));
        assert_eq!(failure(&of(209), "/a", true).as_deref(), Some("LocustBadStatusCode(code=209)"));
        assert_eq!(quoted("it's \"\\\t"), "'it\\'s \"\\\\\\t'");
        assert_eq!(quoted("it's"), "\"it's\"");
    }
}
