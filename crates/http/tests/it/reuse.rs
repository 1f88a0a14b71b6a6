//! Connections are kept, dropped and replaced as Go's transport does.

use std::{cell::Cell, rc::Rc, time::Duration};

use flashcrowd_http::ClientConfig;
use futures_util::future::join_all;
use http::{HeaderName, HeaderValue, Method};
use tokio::time::sleep;

use crate::server::{Conn, Server, assert_error, client, client_with, get, local, request};

/// A server that answers `times` requests a connection, and then closes when the next one comes or before.
async fn fickle(times: usize, wait_for_next: bool) -> Server {
    Server::start(move |mut conn: Conn| async move {
        for _ in 0..times {
            if conn.request().await.is_none() {
                return;
            }
            conn.ok("ok").await;
        }
        if wait_for_next {
            conn.request().await;
        }
    })
    .await
}

#[test]
fn one_connection_serves_many_requests() {
    local(async {
        let server = Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
        let client = client();
        for round in 0..5 {
            assert_eq!(get(&client, &server.url("/")).await.delivery.reused, round > 0);
            if round == 2 {
                client.park();
                assert_eq!(client.idle_connections(), 1);
            }
        }
        assert_eq!(server.log.connections.get(), 1);
        client.close_idle();
        assert!(!get(&client, &server.url("/")).await.delivery.reused);
        assert_eq!(server.log.connections.get(), 2);
    });
}

#[test]
fn no_connection_reuse() {
    local(async {
        let server = Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
        let client = client_with(ClientConfig { no_connection_reuse: true, ..ClientConfig::default() });
        for _ in 0..3 {
            assert_eq!(get(&client, &server.url("/")).await.status, 200);
        }
        assert_eq!((server.log.connections.get(), client.idle_connections()), (3, 0));
        assert!(server.log.requests.borrow()[0].contains("Connection: close\r\n"));
    });
}

#[test]
fn a_batch_keeps_as_many_as_it_may() {
    local(async {
        let server = Server::start(|mut conn: Conn| async move {
            while conn.request().await.is_some() {
                while conn.log.requests.borrow().len() < 8 {
                    sleep(Duration::from_millis(1)).await;
                }
                conn.ok("ok").await;
            }
        })
        .await;
        let config = ClientConfig { max_idle_per_host: 3, ..ClientConfig::default() };
        let client = client_with(config);
        let url = server.url("/");
        let exchanges = join_all((0..8).map(|_| get(&client, &url))).await;
        assert!(exchanges.iter().all(|exchange| exchange.status == 200));
        assert_eq!((server.log.connections.get(), client.idle_connections()), (8, 3));
    });
}

#[test]
fn a_connection_closed_while_idle_is_noticed() {
    local(async {
        for method in [Method::GET, Method::POST] {
            for park in [false, true] {
                let server = fickle(1, false).await;
                let client = client();
                for _ in 0..3 {
                    let exchange = client.send(&request(&client, method.clone(), &server.url("/"))).await;
                    assert_eq!((exchange.status, exchange.delivery.reused), (200, false));
                    if park {
                        client.park();
                    }
                    sleep(Duration::from_millis(20)).await;
                }
                assert_eq!(server.log.connections.get(), 3);
            }
        }
    });
}

#[test]
fn a_connection_closed_under_a_request_is_retried_if_that_is_harmless() {
    local(async {
        let key = HeaderName::from_static("idempotency-key");
        for (method, keyed, again) in [
            (Method::GET, false, true),
            (Method::HEAD, false, true),
            (Method::OPTIONS, false, true),
            (Method::POST, false, false),
            (Method::PUT, false, false),
            (Method::POST, true, true),
        ] {
            let server = fickle(1, true).await;
            let client = client();
            assert_eq!(get(&client, &server.url("/")).await.status, 200);
            let mut second = request(&client, method.clone(), &server.url("/"));
            if keyed {
                second = second.header(key.clone(), HeaderValue::from_static("1"));
            }
            if method == Method::HEAD {
                client.close_idle();
            }
            let exchange = client.send(&second).await;
            if again {
                assert_eq!((exchange.status, exchange.delivery.reused), (200, false), "{method}");
                assert_eq!(server.log.connections.get(), 2);
            } else {
                assert_error(&exchange, 1000, "EOF");
            }
        }
    });
}

#[test]
fn a_fresh_connection_is_never_retried() {
    local(async {
        let server = Server::closing_after("").await;
        assert_error(&get(&client(), &server.url("/")).await, 1000, "EOF");
        assert_eq!(server.log.connections.get(), 1);
    });
}

#[test]
fn bytes_of_a_lost_connection_still_count() {
    local(async {
        let server = fickle(1, true).await;
        let client = client();
        let first = get(&client, &server.url("/")).await;
        let second = get(&client, &server.url("/")).await;
        sleep(Duration::from_millis(20)).await;
        assert_eq!(first.bytes_sent + second.bytes_sent, server.log.received.get());
        assert_eq!(second.bytes_sent, 2 * first.bytes_sent);
    });
}

#[test]
fn an_unasked_answer_spoils_a_connection() {
    local(async {
        let unasked = Rc::new(Cell::new(0));
        let sent = Rc::clone(&unasked);
        let server = Server::start(move |mut conn: Conn| {
            let sent = Rc::clone(&sent);
            async move {
                while conn.request().await.is_some() {
                    conn.ok("ok").await;
                    sleep(Duration::from_millis(10)).await;
                    conn.ok("unasked").await;
                    sent.set(sent.get() + 1);
                }
            }
        })
        .await;
        let client = client();
        for round in 1..=3 {
            let exchange = get(&client, &server.url("/")).await;
            assert_eq!(&exchange.body[..], b"ok");
            while unasked.get() < round {
                sleep(Duration::from_millis(1)).await;
            }
            // What was sent is there, and now it is read as well.
            sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(server.log.connections.get(), 3);
    });
}

#[test]
fn a_request_given_up_leaves_no_half_read_connection() {
    local(async {
        let server = Server::start(|mut conn: Conn| async move {
            while conn.request().await.is_some() {
                while conn.log.connections.get() < 2 {
                    sleep(Duration::from_millis(1)).await;
                }
                conn.ok("late").await;
            }
        })
        .await;
        let client = Rc::new(client());
        let url = server.url("/");
        let cut = tokio::time::timeout(Duration::from_millis(10), get(&client, &url)).await;
        assert!(cut.is_err());
        assert_eq!(&get(&client, &url).await.body[..], b"late");
        assert_eq!(server.log.connections.get(), 2);
    });
}
