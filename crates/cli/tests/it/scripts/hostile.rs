//! Whatever a target does, each request is counted with its error, and the run goes on to its end.

use std::io::{BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::run::{Outcome, Run};
use crate::target::{Request, Target, answer};

/// Requests of each run: three users, four iterations each.
const REQUESTS: u64 = 12;

/// The code of requests that took too long.
const TIMED_OUT: u16 = 1050;

/// Sends every request of a run to `url`, and expects all to fail with this code (and text, if given).
fn check(name: &str, url: &str, code: u16, text: &str) {
    // A busy machine must not make a timeout of another error.
    let timeout = if code == TIMED_OUT { "300ms" } else { "30s" };
    let script = format!(
        "import http from 'k6/http'; import {{ check }} from 'k6';
         export const options = {{ scenarios: {{ s: {{ executor: 'per-vu-iterations', vus: 3, iterations: 4 }} }},
           thresholds: {{ http_reqs: ['count=={REQUESTS}'], 'http_reqs{{error_code:{code}}}': ['count=={REQUESTS}'],
             http_req_failed: ['rate==1'], iterations: ['count=={REQUESTS}'], checks: ['rate==1'] }} }};
         export default function () {{
           const res = http.get(__ENV.T, {{ timeout: '{timeout}' }});
           check(res, {{ code: (r) => r.error_code === {code}, text: (r) => r.error.includes('{text}'), nothing: (r) => r.status === 0 && r.body === null }});
           if (res.error_code !== {code}) console.log(res.error_code, res.error);
         }}"
    );
    let run = Run::new().script(&script).env("T", url).talk_only();
    let outcome = run.args("--summary-export s.json").go();
    // Nothing was served, and that is what was promised.
    assert_eq!(outcome.code, Some(0), "{name}: {outcome:?}");
    assert_eq!(crossed(&outcome), (5, Vec::new()), "{name}: {outcome:?}");
    // A line for a kind of failure, not for each request.
    let lines = outcome.stdout.matches("Request Failed error=\"GET ").count() as u64;
    assert!((1..REQUESTS).contains(&lines), "{name}: {outcome:?}");
}

/// How many metrics have thresholds, and which thresholds were crossed.
fn crossed(outcome: &Outcome) -> (usize, Vec<String>) {
    let summary = outcome.json("s.json");
    let metrics = summary["metrics"].as_object().unwrap();
    let judged: Vec<_> = metrics
        .iter()
        .filter_map(|(name, metric)| Some((name, metric.get("thresholds")?.as_object()?)))
        .collect();
    let thresholds = judged.iter().flat_map(|(name, all)| all.iter().map(move |one| (name, one)));
    let crossed = thresholds.filter(|(_, (_, crossed))| **crossed != false);
    (judged.len(), crossed.map(|(name, (text, _))| format!("{name}: {text}")).collect())
}

fn check_raw(name: &str, serve: impl Fn(&TcpStream) + Send + Sync + 'static, code: u16, text: &str) {
    let target = Target::raw(move |stream| {
        // A client that has gone away is what is tested here.
        if Request::read(&mut BufReader::new(&stream)).is_some() {
            serve(&stream);
        }
    });
    check(name, &target.url(), code, text);
}

fn say(mut stream: &TcpStream, bytes: impl AsRef<[u8]>) {
    // The client may have had enough.
    let _ = stream.write_all(bytes.as_ref());
}

/// Closes with bytes unread, which resets the connection.
fn reset(stream: TcpStream) {
    let mut one = [0];
    let _ = (&stream).read(&mut one);
    drop(stream);
}

#[test]
fn nobody_answers() {
    check("refused", &Target::nobody(), 1212, "connection refused");
    check("reset", &Target::raw(reset).url(), 1220, "connection reset by peer");
    check_raw("closed", |_| (), 1000, "EOF");
    check_raw("silent", |_| std::thread::sleep(Duration::from_secs(1)), TIMED_OUT, "request timeout");
}

#[test]
fn answers_that_stop_or_never_end() {
    check_raw("half a head", |stream| say(stream, "HTTP/1.1 200 OK\r\nContent-"), 1000, "EOF");
    check_raw(
        "half a body",
        |stream| say(stream, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"),
        1000,
        "unexpected EOF",
    );
    check_raw(
        "half a chunk",
        |stream| say(stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123"),
        1000,
        "unexpected EOF",
    );
    let slow = |stream: &TcpStream| {
        say(stream, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
        for _ in 0..100 {
            say(stream, "x");
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    check_raw("slow", slow, TIMED_OUT, "request timeout");
    let endless = |mut stream: &TcpStream| {
        say(stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        let chunk = format!("400\r\n{}\r\n", "x".repeat(1024));
        while stream.write_all(chunk.as_bytes()).is_ok() {
            std::thread::sleep(Duration::from_millis(1));
        }
    };
    check_raw("endless", endless, TIMED_OUT, "request timeout");
}

#[test]
fn answers_that_make_no_sense() {
    check_raw("garbage", |stream| say(stream, "\0\u{1}\u{2} who goes there\r\n\r\n"), 1000, "malformed");
    check_raw(
        "wrong length",
        |stream| say(stream, "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"),
        1000,
        "",
    );
    check_raw(
        "wrong chunk",
        |stream| say(stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        1000,
        "",
    );
    check_raw(
        "endless length",
        |stream| say(stream, "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n"),
        1000,
        "Content-Length is larger",
    );
    let oversized = |stream: &TcpStream| {
        say(
            stream,
            format!("HTTP/1.1 200 OK\r\nX-Big: {}\r\nContent-Length: 0\r\n\r\n", "x".repeat(11 << 20)),
        );
    };
    check_raw("oversized header", oversized, 1000, "too large");
    let broken_gzip =
        |stream: &TcpStream| say(stream, answer(200, &[("Content-Encoding", "gzip")], "no gzip"));
    let target = Target::raw(move |stream| {
        while Request::read(&mut BufReader::new(&stream)).is_some() {
            broken_gzip(&stream)
        }
    });
    let script = "import http from 'k6/http'; export default function () { const r = http.get(__ENV.T); console.log(r.error_code, r.body); }";
    let outcome = Run::new().script(script).env("T", &target.url()).talk_only().go();
    assert!(outcome.code == Some(99) && outcome.stdout.contains("\n1701 null\n"), "{outcome:?}");
}

#[test]
fn names_that_nobody_has_and_servers_without_tls() {
    check("unknown name", "http://no-such-host.invalid/", 1101, "no such host");
    let hello = Target::raw(|stream| say(&stream, "HTTP/1.0 400 Bad Request\r\n\r\n"));
    check("plain text on https", &hello.url().replace("http:", "https:"), 1301, "tls");
}

#[test]
fn a_connection_that_died_between_requests_is_not_the_next_ones_fault() {
    let target = Target::raw(|stream| {
        let _ = Request::read(&mut BufReader::new(&stream));
        say(&stream, answer(200, &[], "one"));
        // Kept open for one answer, whatever was promised.
    });
    let script = "import http from 'k6/http'; import { sleep } from 'k6';
        export const options = { vus: 2, iterations: 10, thresholds: { http_reqs: ['count==10'], http_req_failed: ['rate==0'] } };
        export default function () { http.get(__ENV.T); sleep(0.01); }";
    let outcome = Run::new().script(script).env("T", &target.url()).talk_only().go();
    assert_eq!(
        (outcome.code, outcome.stdout.as_str(), target.connections()),
        (Some(0), "", 10),
        "{outcome:?}"
    );
}

#[test]
fn everything_at_once_adds_up() {
    let target = Target::raw(|stream| {
        let mut reader = BufReader::new(&stream);
        while let Some(request) = Request::read(&mut reader) {
            match request.path() {
                "/ok" => say(&stream, answer(200, &[], "ok")),
                "/half" => return say(&stream, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1"),
                "/500" => say(&stream, answer(500, &[], "")),
                _ => return,
            }
        }
    });
    let script = "import http from 'k6/http'; const T = __ENV.T;
        export const options = { vus: 5, iterations: 50, thresholds: { http_reqs: ['count==250'], 'http_reqs{status:200}': ['count==50'],
          'http_reqs{error_code:1000}': ['count==100'], 'http_reqs{error_code:1500}': ['count==50'], 'http_reqs{error_code:1212}': ['count==50'],
          'http_reqs{status:0}': ['count==150'], http_req_failed: ['rate==0.8'], iterations: ['count==50'] } };
        export default function () { for (const path of ['/ok', '/half', '/500', '/close']) http.get(T + path); http.get(__ENV.NOBODY); }";
    let outcome =
        Run::new().script(script).env("T", &target.url()).env("NOBODY", &Target::nobody()).talk_only().go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
}
