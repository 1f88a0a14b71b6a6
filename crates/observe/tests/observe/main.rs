//! Endpoints that answer, dawdle, die, lie or talk too much, and what is read of each.

mod brokers;
mod peers;
mod server;
mod watch;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use flashcrowd_http::{ClientConfig, Shared};
use flashcrowd_observe::{Note, SourceError, Watch, open};
use tokio::task::LocalSet;
use tokio::time::{sleep, timeout};

use crate::server::{Answer, Server};

const PAGE: &str = "\
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total 1.5
# TYPE hikaricp_connections_active gauge
hikaricp_connections_active{pool=\"HikariPool-1\",} 7
";

fn client() -> Arc<Shared> {
    ClientConfig::default().build().unwrap()
}

/// Runs on one thread, as the dispatcher does.
fn here<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    LocalSet::new().block_on(&runtime, test)
}

/// Watches one URL.
async fn watched(url: &str) -> Result<Watch, SourceError> {
    let (watch, mut failed) = Watch::open(vec![open(url, &client())?]).await;
    failed.pop().map_or(Ok(watch), Err)
}

/// Waits until something is so; ten seconds are enough on a busy machine, too.
async fn until(is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(10), waiting).await.expect("it never was so");
}

#[test]
fn what_it_says_is_read_anew_every_second() {
    here(async {
        let server = Server::start(Answer::page(PAGE)).await;
        let watch = watched(&server.url("/metrics")).await.unwrap();
        assert_eq!(watch.latest()["process_cpu_seconds_total"], 1.5);
        server.answer(Answer::page(&PAGE.replace("1.5", "2.5")));
        until(|| server.asked() == 3).await;
        let expected = [
            ("process_cpu_seconds_total".to_owned(), 2.5),
            ("hikaricp_connections_active{pool=\"HikariPool-1\"}".to_owned(), 7.0),
        ];
        assert_eq!(watch.latest().into_iter().collect::<Vec<_>>(), expected);
        server.answer(Answer::Never);
        until(|| watch.latest().is_empty()).await;
        assert!(watch.take_notes().is_empty(), "a reading is out of date before the next one is given up");
        drop(watch);
        let asked = server.asked();
        sleep(Duration::from_millis(1200)).await;
        assert_eq!(server.asked(), asked, "a watch that is dropped reads no more");
    });
}

#[test]
fn a_slow_or_dying_endpoint_is_empty_until_it_is_back() {
    here(async {
        let server = Server::start(Answer::page(PAGE)).await;
        let url = server.url("/metrics");
        let watch = watched(&url).await.unwrap();
        let notes = async || {
            let mut notes = watch.take_notes();
            while notes.is_empty() {
                sleep(Duration::from_millis(5)).await;
                notes = watch.take_notes();
            }
            notes
        };
        for (trouble, expected) in [
            (Answer::Never, "no answer within 900ms"),
            (Answer::Dies, "EOF"),
            (Answer::Half, "no answer within 900ms"),
            (Answer::status("503 Service Unavailable"), "it answers 503 Service Unavailable"),
        ] {
            server.answer(trouble);
            let noted = notes().await;
            let [Note::Stopped { name, problem, last: false }] = &noted[..] else { panic!("{noted:?}") };
            assert!(*name == url && problem.starts_with(expected), "{expected}: {noted:?}");
            assert!(watch.latest().is_empty(), "{expected}");
            server.answer(Answer::page(PAGE));
            assert_eq!(notes().await, [Note::Resumed { name: url.clone() }]);
            assert_eq!(watch.latest().len(), 2);
        }
        server.stop().await;
        notes().await;
        assert!(watch.latest().is_empty());
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
        let watch = watched(&server.url("/metrics")).await.unwrap();
        assert_eq!(watch.latest().len(), 2, "many gauges of one name are left out, and so is the end");
        until(|| server.asked() == 3).await;
        sleep(Duration::from_millis(500)).await;
        assert_eq!(watch.latest().len(), 2);
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
            let error = watched(&server.url("/metrics")).await.unwrap_err();
            assert_eq!(error.problem, problem);
        }
        let server = Server::start(Answer::Dies).await;
        let url = server.url("/metrics").replace("://", "://user:s3cret@");
        let error = watched(&url).await.unwrap_err().to_string();
        assert!(error.starts_with("http://****:****@127.0.0.1:") && error.ends_with(": EOF"), "{error}");
        server.stop().await;
        let error = watched(&server.url("/metrics")).await.unwrap_err();
        assert!(error.problem.contains("refused"), "{error}");
        for url in ["ftp://shop/metrics", "http://sh op/metrics"] {
            let error = watched(url).await.unwrap_err();
            assert!(error.to_string().starts_with(&format!("{url}: ")), "{error}");
        }
    });
}

#[test]
fn a_redirect_is_followed() {
    here(async {
        let server = Server::start(Answer::page(PAGE)).await;
        let gate = Server::start(Answer::Redirect(server.url("/metrics/"))).await;
        let watch = watched(&gate.url("/metrics")).await.unwrap();
        assert_eq!(watch.latest().len(), 2);
    });
}
