//! Endpoints that answer, dawdle, die, lie or talk too much, and what is read of each.

mod server;

use std::future::Future;
use std::time::Duration;

use flashcrowd_http::{ClientConfig, Shared};
use flashcrowd_observe::Prometheus;
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep, timeout};

use crate::server::{Answer, Server};

const PAGE: &str = "\
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total 1.5
# TYPE hikaricp_connections_active gauge
hikaricp_connections_active{pool=\"HikariPool-1\",} 7
";

fn client() -> std::sync::Arc<Shared> {
    ClientConfig::default().build().unwrap()
}

/// Runs on one thread, as the dispatcher does.
fn here<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    LocalSet::new().block_on(&runtime, test)
}

/// Polls the readings beside for so long.
async fn read_for(prometheus: &Prometheus, milliseconds: u64) {
    let _ = timeout(Duration::from_millis(milliseconds), prometheus.run()).await;
}

#[test]
fn what_it_says_is_read_anew_every_second() {
    here(async {
        let server = Server::start(Answer::page(PAGE)).await;
        let prometheus = Prometheus::open(client(), &server.url("/metrics")).await.unwrap();
        assert_eq!(prometheus.latest()["process_cpu_seconds_total"], 1.5);
        server.answer(Answer::page(&PAGE.replace("1.5", "2.5")));
        read_for(&prometheus, 1300).await;
        let expected = [
            ("process_cpu_seconds_total".to_owned(), 2.5),
            ("hikaricp_connections_active{pool=\"HikariPool-1\"}".to_owned(), 7.0),
        ];
        assert_eq!(prometheus.latest().into_iter().collect::<Vec<_>>(), expected);
        assert_eq!(server.asked(), 3, "once to open, then once a second");
        sleep(Duration::from_millis(1600)).await;
        assert!(prometheus.latest().is_empty(), "nobody has read it for more than a second");
    });
}

#[test]
fn a_slow_or_dying_endpoint_is_empty_until_it_is_back() {
    here(async {
        let server = Server::start(Answer::page(PAGE)).await;
        let prometheus = Prometheus::open(client(), &server.url("/metrics")).await.unwrap();
        for trouble in [Answer::Never, Answer::Dies, Answer::Half, Answer::status("503 Service Unavailable")]
        {
            server.answer(trouble.clone());
            let started = Instant::now();
            read_for(&prometheus, 950).await;
            assert!(started.elapsed() < Duration::from_millis(1400), "{trouble:?}");
            assert!(prometheus.latest().is_empty(), "{trouble:?}");
        }
        server.answer(Answer::page(PAGE));
        read_for(&prometheus, 500).await;
        assert_eq!(prometheus.latest().len(), 2);
        server.stop().await;
        read_for(&prometheus, 500).await;
        assert!(prometheus.latest().is_empty());
    });
}

#[test]
fn a_huge_page_is_cut_off() {
    here(async {
        let mut page = PAGE.to_owned();
        while page.len() < 10 << 20 {
            page.push_str("stock{product=\"0123456789012345678901234567890123456789\"} 12345\n");
        }
        page.push_str("process_open_fds 5\n");
        let server = Server::start(Answer::page(&page)).await;
        let prometheus = Prometheus::open(client(), &server.url("/metrics")).await.unwrap();
        assert_eq!(prometheus.latest().len(), 2, "many gauges of one name are left out, and so is the end");
        read_for(&prometheus, 980).await;
        assert_eq!(prometheus.latest().len(), 2);
    });
}

#[test]
fn what_is_no_endpoint_is_said_to_be_none() {
    let cases = [
        (
            Answer::status("404 Not Found"),
            "it answers 404 Not Found: name the address of the target's metrics, such as http://HOST/metrics",
        ),
        (
            Answer::of("text/html; charset=utf-8", b"<!doctype html>"),
            "it is a web page: name the address of the metrics behind it",
        ),
        (
            Answer::of("application/json", b"{\"a\": 1}"),
            "it is not Prometheus' text format, but application/json: name the address of the target's metrics",
        ),
        (
            Answer::of("", b"<html>\n<p> 1\n</html>\n"),
            "it is not Prometheus' text format: name the address of the target's metrics",
        ),
        (Answer::of("", b""), "it is not Prometheus' text format: name the address of the target's metrics"),
        (
            Answer::of("text/plain", b"up 1\nthen\nsome\nwords"),
            "it is not Prometheus' text format, but text/plain: name the address of the target's metrics",
        ),
        (
            Answer::of("image/png", b"\x89PNG\r\n\xff\xfe"),
            "it is not text: name the address of the target's metrics",
        ),
    ];
    here(async {
        for (answer, problem) in cases {
            let server = Server::start(answer).await;
            let error = Prometheus::open(client(), &server.url("/metrics")).await.unwrap_err();
            assert_eq!(error.problem, problem);
        }
        let server = Server::start(Answer::Dies).await;
        let url = server.url("/metrics").replace("://", "://user:s3cret@");
        let error = Prometheus::open(client(), &url).await.unwrap_err().to_string();
        assert!(error.starts_with("http://****:****@127.0.0.1:") && error.ends_with(": EOF"), "{error}");
        server.stop().await;
        let error = Prometheus::open(client(), &server.url("/metrics")).await.unwrap_err();
        assert!(error.problem.contains("refused"), "{error}");
        let error = Prometheus::open(client(), "ftp://shop/metrics").await.unwrap_err();
        assert!(error.to_string().starts_with("ftp://shop/metrics: "), "{error}");
    });
}

#[test]
fn a_redirect_is_followed() {
    here(async {
        let server = Server::start(Answer::page(PAGE)).await;
        let gate = Server::start(Answer::Redirect(server.url("/metrics/"))).await;
        let prometheus = Prometheus::open(client(), &gate.url("/metrics")).await.unwrap();
        assert_eq!(prometheus.latest().len(), 2);
    });
}
