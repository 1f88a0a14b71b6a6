//! Each phase takes the time that the server makes it take.

use std::time::Duration;

use flashcrowd_http::Timings;
use http::Method;
use tokio::time::{Instant, sleep};

use crate::server::{Conn, Server, client, get, local, request};

/// Long beside what a busy machine adds.
const DELAY: Duration = Duration::from_millis(200);

#[track_caller]
fn about(what: &str, took: Duration, expected: Duration) {
    let (low, high) = (expected.saturating_sub(Duration::from_millis(5)), expected + DELAY / 2);
    assert!((low..high).contains(&took), "{what} took {took:?}, not {expected:?}");
}

/// No time is lost between the phases, and none is counted twice.
#[track_caller]
fn adds_up(timings: &Timings, total: Duration) {
    let sum = timings.blocked + timings.duration();
    assert!(sum <= total && total - sum < DELAY / 4, "{timings:?} is not {total:?}");
    assert!(timings.connecting + timings.tls_handshaking <= timings.blocked, "{timings:?}");
}

#[test]
fn waiting_and_receiving() {
    local(async {
        let server = Server::start(|mut conn: Conn| async move {
            while conn.request().await.is_some() {
                sleep(DELAY).await;
                conn.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab").await;
                sleep(DELAY * 2).await;
                conn.send("cd").await;
            }
        })
        .await;
        let client = client();
        for reused in [false, true] {
            let started = Instant::now();
            let exchange = get(&client, &server.url("/")).await;
            let total = started.elapsed();
            assert_eq!((exchange.delivery.reused, &exchange.body[..]), (reused, &b"abcd"[..]));
            about("waiting", exchange.timings.waiting, DELAY);
            about("receiving", exchange.timings.receiving, DELAY * 2);
            about("sending", exchange.timings.sending, Duration::ZERO);
            about("blocked", exchange.timings.blocked, Duration::ZERO);
            assert_eq!(exchange.timings.connecting.is_zero(), reused);
            adds_up(&exchange.timings, total);
        }
    });
}

#[test]
fn first_byte_ends_the_wait() {
    local(async {
        let server = Server::start(|mut conn: Conn| async move {
            conn.request().await;
            conn.send("HTTP/1.1 20").await;
            sleep(DELAY).await;
            conn.send("0 OK\r\nContent-Length: 0\r\n\r\n").await;
        })
        .await;
        let exchange = get(&client(), &server.url("/")).await;
        about("waiting", exchange.timings.waiting, Duration::ZERO);
        about("receiving", exchange.timings.receiving, DELAY);
    });
}

#[test]
fn sending_lasts_until_the_server_has_read() {
    local(async {
        let server = Server::start(|mut conn: Conn| async move {
            sleep(DELAY).await;
            conn.request().await;
            conn.ok("").await;
        })
        .await;
        let client = client();
        let upload = request(&client, Method::POST, &server.url("/")).body(vec![b'x'; 32 << 20]);
        let started = Instant::now();
        let exchange = client.send(&upload).await;
        let total = started.elapsed();
        assert_eq!(exchange.status, 200);
        assert!(exchange.timings.sending >= DELAY - Duration::from_millis(5), "{:?}", exchange.timings);
        adds_up(&exchange.timings, total);
    });
}

#[test]
fn a_failure_has_the_times_up_to_it() {
    local(async {
        let server = Server::start(|mut conn: Conn| async move {
            conn.request().await;
            sleep(DELAY).await;
        })
        .await;
        let started = Instant::now();
        let exchange = get(&client(), &server.url("/")).await;
        assert!(exchange.error.is_some());
        about("waiting", exchange.timings.waiting, DELAY);
        adds_up(&exchange.timings, started.elapsed());
    });
}
