//! Every fault of a target is one counted error, and the client lives on.

use std::cell::Cell;
use std::time::Duration;

use flashcrowd_http::{Client, ClientConfig, Request, ResponseBody};
use http::Method;

use crate::server::{Conn, Server, assert_error, client, client_with, get, local, request};
use crate::tls;

/// A server with one fault, the error it makes, and that the same client still works afterwards.
async fn check(server: Server, code: u16, message: &str) {
    let client = client();
    let exchange = get(&client, &server.url("/")).await;
    assert_error(&exchange, code, message);
    assert_eq!(exchange.remote, Some(server.addr));
    alive(&client).await;
}

async fn alive(client: &Client) {
    let good = Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
    let exchange = get(client, &good.url("/")).await;
    assert_eq!((exchange.status, &exchange.body[..]), (200, &b"ok"[..]));
}

#[test]
fn nobody_listens() {
    local(async {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        drop(listener);
        let client = client();
        assert_error(&get(&client, &format!("http://{addr}/")).await, 1212, "dial: connection refused");
        alive(&client).await;
    });
}

#[test]
fn dialling_takes_too_long() {
    local(async {
        // A listener whose backlog is full drops the next SYN.
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let addr = listener.local_addr().unwrap();
        let mut full = Vec::new();
        while let Ok(stream) =
            tokio::time::timeout(Duration::from_millis(100), tokio::net::TcpStream::connect(addr)).await
        {
            full.push(stream);
        }
        let config = ClientConfig { dial_timeout: Duration::from_millis(100), ..ClientConfig::default() };
        let client = client_with(config);
        assert_error(&get(&client, &format!("http://{addr}/")).await, 1211, "dial: i/o timeout");
        alive(&client).await;
    });
}

#[test]
fn resets() {
    local(async {
        let before_head = Server::start(|mut conn: Conn| async move {
            conn.request().await;
            conn.reset();
        })
        .await;
        check(before_head, 1220, "read: connection reset by peer").await;
        let in_body = Server::start(|mut conn: Conn| async move {
            conn.request().await;
            conn.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf").await;
            tokio::time::sleep(Duration::from_millis(30)).await;
            conn.reset();
        })
        .await;
        check(in_body, 1220, "read: connection reset by peer").await;
    });
}

#[test]
fn half_answers() {
    local(async {
        check(Server::closing_after("").await, 1000, "EOF").await;
        check(Server::closing_after("HTTP/1.1 200 OK\r\nConte").await, 1000, "unexpected EOF").await;
        let short = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
        check(Server::closing_after(short).await, 1000, "unexpected EOF").await;
        let chunk = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel";
        check(Server::closing_after(chunk).await, 1000, "unexpected EOF").await;
        let chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n";
        check(Server::closing_after(chunks).await, 1000, "unexpected EOF").await;
    });
}

#[test]
fn garbage() {
    local(async {
        check(Server::closing_after("not http at all\r\n\r\n").await, 1000, "malformed HTTP response").await;
        let length = "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n";
        check(Server::closing_after(length).await, 1000, "malformed HTTP response").await;
    });
}

#[test]
fn lines_of_a_head_that_are_no_headers_are_read_over() {
    local(async {
        for line in ["no colon", "Bad Name: x", "Name : x", "Name: x\r\n folded"] {
            let answer = format!("HTTP/1.1 200 OK\r\n{line}\r\nContent-Length: 2\r\n\r\nok");
            let exchange = get(&client(), &Server::answering(answer).await.url("/")).await;
            assert_eq!((exchange.status, &exchange.body[..]), (200, &b"ok"[..]), "{line}: {exchange:?}");
        }
    });
}

#[test]
fn a_silent_server_times_out() {
    local(async {
        let silent = Server::start(|mut conn: Conn| async move {
            conn.request().await;
            std::future::pending::<()>().await;
        })
        .await;
        let client = client();
        let mut slow = request(&client, Method::GET, &silent.url("/"));
        slow.timeout = Duration::from_millis(80);
        let exchange = client.send(&slow).await;
        assert_error(&exchange, 1050, "request timeout");
        assert!(exchange.timings.waiting >= Duration::from_millis(70), "{:?}", exchange.timings);
        assert!(exchange.bytes_sent > 0 && exchange.bytes_received == 0);
        alive(&client).await;
    });
}

/// An answer that never ends, in its head or its body, is cut off.
async fn endless(
    start: &'static str,
    again: &'static str,
    change: impl Fn(&mut Request),
) -> (u16, String, u64) {
    let server = Server::start(move |mut conn: Conn| async move {
        conn.request().await;
        conn.send(start).await;
        let block = again.repeat(65_536 / again.len());
        while conn.send(&block).await {}
    })
    .await;
    let client = client_with(ClientConfig { max_body: 4 << 20, ..ClientConfig::default() });
    let mut request = request(&client, Method::GET, &server.url("/"));
    request.timeout = Duration::from_secs(15);
    change(&mut request);
    let exchange = client.send(&request).await;
    alive(&client).await;
    let error = exchange.error.unwrap();
    (error.code, error.message.into_owned(), exchange.bytes_received)
}

#[test]
fn interim_heads_without_end_stop_nobody() {
    local(async {
        let interim = "HTTP/1.1 102 Processing\r\n\r\n";
        let patient = |request: &mut Request| request.timeout = Duration::from_secs(10);
        let turns = Cell::new(0);
        let others = async {
            loop {
                tokio::task::yield_now().await;
                turns.set(turns.get() + 1);
            }
        };
        let (code, message, received) = tokio::select! {
            ended = endless(interim, interim, patient) => ended,
            () = others => unreachable!(),
        };
        assert_eq!(code, 1000, "{message}");
        assert!(message.contains("more than 16 MiB before its body"), "{message}");
        assert!(received < 18 << 20, "after {received}");
        assert!(turns.get() > 50, "others had {} turns", turns.get());
    });
}

#[test]
fn endless_answers() {
    local(async {
        let line = "x-header: 0123456789012345678901234567890123456789012345678901234567890\r\n";
        let (code, message, received) = endless("HTTP/1.1 200 OK\r\n", line, |_| {}).await;
        assert_eq!(code, 1000, "{message}");
        assert!(message.contains("too large") && received < 14 << 20, "{message} after {received}");
        let (code, message, received) = endless("HTTP/1.1 200 OK\r\nx: ", "y", |_| {}).await;
        assert_eq!(code, 1000, "{message}");
        assert!(message.contains("too large") && received < 14 << 20, "{message} after {received}");
        let (code, message, _) = endless("HTTP/1.1 200 OK\r\n\r\n", "body", |_| {}).await;
        assert_eq!((code, message.as_str()), (1000, "response body is larger than this client keeps"));
        let discard = |request: &mut Request| {
            request.response_body = ResponseBody::Discard;
            request.timeout = Duration::from_secs(1);
        };
        let (code, _, received) = endless("HTTP/1.1 200 OK\r\n\r\n", "body", discard).await;
        assert_eq!(code, 1050);
        assert!(received > 8 << 20, "{received}");
    });
}

#[test]
fn a_status_of_400_and_up_has_a_code_but_no_error() {
    local(async {
        for (status, code) in
            [(200, 0), (399, 0), (400, 1400), (503, 1503), (599, 1599), (600, 1600), (999, 1999)]
        {
            let server =
                Server::answering(format!("HTTP/1.1 {status} X Y\r\nContent-Length: 0\r\n\r\n")).await;
            let exchange = get(&client(), &server.url("/")).await;
            assert_eq!((exchange.status, exchange.error_code()), (status, code));
            assert!(exchange.error.is_none());
            assert_eq!(exchange.status_text(), format!("{status} X Y"));
        }
    });
}

#[test]
fn urls_that_are_none() {
    let client = client();
    let check =
        |url: &str, code: u16| assert_eq!(client.worker().target(url).unwrap_err().code, code, "{url}");
    check("http://[::1", 1020);
    check("ftp://shop.test/", 1000);
    check("shop.test", 1000);
}

#[test]
fn the_time_of_a_check_is_not_in_its_error() {
    local(async {
        for (from, to, message) in
            [(2001, 2002, "tls: certificate has expired"), (2500, 2501, "tls: certificate is not valid yet")]
        {
            let identity = tls::Identity::valid(&["localhost"], from, to);
            let addr = tls::serve(&identity, tls::Options::default()).await;
            let client = client_with(identity.trusting_at("localhost", addr));
            assert_error(&get(&client, "https://localhost/").await, 1300, message);
        }
    });
}
