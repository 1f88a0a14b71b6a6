//! Bodies of every framing arrive whole, and every byte on the wire is counted.

use std::cell::RefCell;

use flashcrowd_http::{ClientConfig, Encoding, Exchange, FetchOptions, Jar, ResponseBody, encode};
use http::{HeaderName, HeaderValue, Method};

use crate::server::{Conn, Server, assert_error, client, client_with, get, hops, local, request};

#[test]
fn framings() {
    local(async {
        let check = async |answer: &str, status: u16, body: &str, reusable: bool| {
            let answer = answer.to_owned();
            let server = Server::start(move |mut conn: Conn| {
                let answer = answer.clone();
                async move {
                    while conn.request().await.is_some() {
                        conn.send(&answer).await;
                        if !reusable {
                            break;
                        }
                    }
                }
            })
            .await;
            let client = client();
            for round in 0..2 {
                let exchange = get(&client, &server.url("/")).await;
                assert_eq!(exchange.error, None, "{}", server.url("/"));
                assert_eq!((exchange.status, &exchange.body[..]), (status, body.as_bytes()));
                assert_eq!(exchange.delivery.reused, reusable && round == 1);
            }
            assert_eq!(server.log.connections.get(), if reusable { 1 } else { 2 });
        };
        check("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", true).await;
        check("HTTP/1.1 200 OK\r\n\r\nuntil the end", 200, "until the end", false).await;
        check("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", false).await;
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nTrailer: x\r\n\r\n";
        check(chunked, 200, "hello", true).await;
        check("HTTP/1.1 204 No Content\r\n\r\n", 204, "", true).await;
        check("HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n", 304, "", true).await;
        let early = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n";
        check(&format!("{early}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), 200, "ok", true).await;
        check("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", 200, "ok", false).await;
        check(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
            101,
            "",
            false,
        )
        .await;
    });
}

#[test]
fn head_has_no_body() {
    local(async {
        let server = Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n").await;
        let client = client();
        for _ in 0..2 {
            let exchange = client.send(&request(&client, Method::HEAD, &server.url("/"))).await;
            assert_eq!((exchange.status, exchange.body.len()), (200, 0));
        }
        assert_eq!(server.log.connections.get(), 1);
    });
}

#[test]
fn what_goes_over_the_wire() {
    local(async {
        let server = Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        let client =
            client_with(ClientConfig { user_agent: "Agent/1".to_owned(), ..ClientConfig::default() });
        let host = server.addr;
        let plain = request(&client, Method::GET, &server.url("/a?b=c#d"));
        client.send(&plain).await;
        let named = plain
            .clone()
            .header(http::header::HOST, HeaderValue::from_static("shop.test"))
            .header(http::header::USER_AGENT, HeaderValue::from_static("mine"))
            .header(http::header::CONTENT_LENGTH, HeaderValue::from_static("7"))
            .header(HeaderName::from_static("x-a"), HeaderValue::from_static("1"));
        client.send(&named).await;
        client.send(&request(&client, Method::POST, &server.url("/"))).await;
        client.send(&request(&client, Method::PUT, &server.url("/")).body("hello")).await;
        let user = format!("http://u:p@{host}/");
        client.send(&request(&client, Method::GET, &user)).await;
        let seen = server.log.requests.borrow();
        assert_eq!(seen[0], format!("GET /a?b=c HTTP/1.1\r\nHost: {host}\r\nUser-Agent: Agent/1\r\n\r\n"));
        assert_eq!(seen[1], "GET /a?b=c HTTP/1.1\r\nHost: shop.test\r\nUser-Agent: mine\r\nX-A: 1\r\n\r\n");
        let agent = format!("Host: {host}\r\nUser-Agent: Agent/1");
        assert_eq!(seen[2], format!("POST / HTTP/1.1\r\n{agent}\r\nContent-Length: 0\r\n\r\n"));
        assert_eq!(seen[3], format!("PUT / HTTP/1.1\r\n{agent}\r\nContent-Length: 5\r\n\r\nhello"));
        assert_eq!(seen[4], format!("GET / HTTP/1.1\r\n{agent}\r\nAuthorization: Basic dTpw\r\n\r\n"));
    });
}

#[test]
fn bytes_are_those_the_server_counted() {
    local(async {
        let big = format!("HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n{}", "x".repeat(300_000));
        let server = Server::answering(big).await;
        let client = client();
        let (mut sent, mut received) = (0, 0);
        for size in [0, 1, 100_000] {
            let post = request(&client, Method::POST, &server.url("/")).body(vec![b'y'; size]);
            let exchange = client.send(&post).await;
            assert_eq!((exchange.status, exchange.body.len()), (200, 300_000));
            sent += exchange.bytes_sent;
            received += exchange.bytes_received;
        }
        assert_eq!((sent, received), (server.log.received.get(), server.log.sent.get()));
    });
}

#[test]
fn a_discarded_body_is_read_but_not_kept() {
    local(async {
        let server = Server::answering(format!(
            "HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n{}",
            "x".repeat(300_000)
        ))
        .await;
        let client = client();
        for _ in 0..2 {
            let mut get = request(&client, Method::GET, &server.url("/"));
            get.response_body = ResponseBody::Discard;
            let exchange = client.send(&get).await;
            assert!(exchange.bytes_received > 300_000 && exchange.body.is_empty());
        }
        assert_eq!(server.log.connections.get(), 1);
    });
}

fn compressed(encodings: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Encoding: {encodings}\r\nSet-Cookie: a=b\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

#[test]
fn compressed_answers_are_decoded_by_a_fetch() {
    local(async {
        let body = encode(&[Encoding::Zstd, Encoding::Gzip], "hello".into()).unwrap();
        let server = Server::answering(compressed("zstd, gzip", &body)).await;
        let client = client();
        assert_eq!(get(&client, &server.url("/")).await.body, body);
        let request = || request(&client, Method::GET, &server.url("/"));
        let jar = RefCell::new(Jar::new(std::time::SystemTime::UNIX_EPOCH));
        let (fetched, statuses) = hops(&client, request(), &jar, &FetchOptions::default()).await;
        assert_eq!((fetched.exchange.body, statuses), ("hello".into(), vec![200]));
        let mut discarding = request();
        discarding.response_body = ResponseBody::Discard;
        let (fetched, _) = hops(&client, discarding, &jar, &FetchOptions::default()).await;
        assert_eq!((fetched.exchange.status, fetched.exchange.error), (200, None));
    });
}

#[test]
fn a_body_that_cannot_be_decoded_is_no_response() {
    local(async {
        let server = Server::answering(compressed("gzip", b"this is not gzip")).await;
        let client = client();
        let jar = RefCell::new(Jar::new(std::time::SystemTime::UNIX_EPOCH));
        let request = request(&client, Method::GET, &server.url("/"));
        let (fetched, statuses) = hops(&client, request, &jar, &FetchOptions::default()).await;
        assert_eq!(statuses, [0], "what samples are made of knows it");
        assert_error(&fetched.exchange, 1701, "gzip: invalid gzip header");
        assert!(!jar.borrow().is_empty(), "its cookies came with its head");
    });
}

#[test]
fn a_bomb_is_defused_while_others_go_on() {
    local(async {
        let bomb = encode(&[Encoding::Gzip], vec![0u8; 200 << 20].into()).unwrap();
        let server = Server::answering(compressed("gzip", &bomb)).await;
        let client = client_with(ClientConfig { max_body: 64 << 20, ..ClientConfig::default() });
        let request = request(&client, Method::GET, &server.url("/"));
        let jar = RefCell::new(Jar::new(std::time::SystemTime::UNIX_EPOCH));
        let options = FetchOptions::default();
        let turns = std::cell::Cell::new(0);
        let others = async {
            loop {
                tokio::task::yield_now().await;
                turns.set(turns.get() + 1);
            }
        };
        let (fetched, _) = tokio::select! {
            fetched = hops(&client, request, &jar, &options) => fetched,
            () = others => unreachable!(),
        };
        assert_error(&fetched.exchange, 1701, "the decompressed body is larger than this client keeps");
        assert!(turns.get() > 50, "others had {} turns", turns.get());
    });
}

#[test]
fn bodies_share_a_budget() {
    local(async {
        let server = Server::start(async |mut conn: Conn| {
            conn.request().await;
            conn.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").await;
            let block = "x".repeat(65_536);
            while conn.send(&block).await {}
        })
        .await;
        let config = ClientConfig { max_body: 8 << 20, max_bodies: 10 << 20, ..ClientConfig::default() };
        let client = client_with(config);
        let url = server.url("/");
        let all = futures_util::future::join_all((0..6).map(|_| get(&client, &url))).await;
        let message = |exchange: &Exchange| exchange.error.as_ref().unwrap().message.clone();
        let shared =
            all.iter().filter(|one| message(one).starts_with("response bodies take more than 10 MiB"));
        assert!(shared.count() >= 5, "{:?}", all.iter().map(message).collect::<Vec<_>>());
        let small = Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
        assert_eq!(get(&client, &small.url("/")).await.body, "ok", "the budget is whole again");
    });
}
