//! `prometheus`, scraped by Prometheus.

use super::SCRIPT;
use super::prometheus::Prometheus;
use crate::run::{Run, wait_until};
use crate::target::{Target, answer, mirror};

pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn what_was_scraped_of_a_run_is_its_summary() {
    let port = free_port();
    let settings = format!(
        "global: {{scrape_interval: 1s}}\nscrape_configs: [{{job_name: load, authorization: {{credentials: t-9}}, \
         static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}]\n"
    );
    let Some(prometheus) = Prometheus::with(&settings, &[]) else { return };
    prometheus.wait_for_scrapes();
    let target = mirror();
    let script = r#"import http from 'k6/http'; import { sleep } from 'k6';
        export const options = { vus: 2, duration: '3s' };
        export default function () { http.get(`${__ENV.T}/a`, { tags: { 'a-b': 'x"\\' } }); sleep(0.05); }"#;
    let outcome = Run::new()
        .script(script)
        .arg("-e")
        .arg(&format!("T={}", target.url()))
        .args("--record rec --out")
        .arg(&format!("prometheus=127.0.0.1:{port}"))
        .env("FLASHCROWD_PROMETHEUS_TOKEN", "t-9")
        .env("K6_PROMETHEUS_RW_TREND_STATS", "p(95),count,max,sum")
        .go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let results = outcome.json("rec/result.json");
    let metric = |name: &str| {
        let metrics = results["metrics"].as_array().unwrap();
        metrics.iter().find(|one| one["name"] == name).unwrap().clone()
    };
    let last = |metric: &str| prometheus.value(&format!("sum(last_over_time({metric}[1m]))"));
    let count = |name: &str| metric(name)["samples"].as_f64().unwrap();
    assert_eq!(last(r#"k6_http_reqs_total{status="200",a_b="x\"\\"}"#), count("http_reqs"));
    assert_eq!(last("k6_iterations_total"), count("iterations"));
    assert_eq!(last("k6_http_req_duration_count"), count("http_req_duration"));
    let stats = metric("http_req_duration")["stats"].clone();
    assert_eq!(last("k6_http_req_duration_p95") * 1e3, stats["p(95)"].as_f64().unwrap());
    let sum = stats["avg"].as_f64().unwrap() * count("http_req_duration");
    assert!((last("k6_http_req_duration_sum") * 1e3 / sum - 1.0).abs() < 1e-9);
    let received = metric("data_received")["stats"]["count"].as_f64().unwrap();
    assert_eq!(last("k6_data_received_total"), received);
    // Scraped while it lasted, not only at the end.
    assert!(prometheus.value("count_over_time(k6_vus[1m])") >= 2.0);
}

#[test]
fn last_figures_that_nobody_reads_are_no_success_and_neither_is_a_busy_port() {
    let port = free_port();
    let target = mirror();
    let run = |address: &str| {
        Run::new()
            .script(SCRIPT)
            .arg("-e")
            .arg(&format!("T={}", target.url()))
            .args("--out")
            .arg(&format!("prometheus={address}"))
    };
    let unread = run(&format!("127.0.0.1:{port}")).go();
    assert_eq!(unread.code, Some(255), "{unread:?}");
    assert!(unread.stderr.contains("nobody read the last figures within 20 s"), "{unread:?}");
    let other = Target::answering(|_| answer(200, &[], ""));
    for (address, problem) in
        [(other.address(), "cannot listen on"), ("0.0.0.0:0".to_owned(), "set FLASHCROWD_PROMETHEUS_TOKEN")]
    {
        let wrong = run(&address).go();
        assert_eq!(wrong.code, Some(255), "{wrong:?}");
        assert!(wrong.stderr.contains(problem), "{wrong:?}");
    }
}

#[test]
fn a_page_without_its_token_says_nothing() {
    let port = free_port();
    let started = Run::new()
        .script("import { sleep } from 'k6'; export default function () { console.log('HERE'); sleep(2); }")
        .args("-i 1 --out")
        .arg(&format!("prometheus=127.0.0.1:{port}"))
        .env("FLASHCROWD_PROMETHEUS_TOKEN", "t-9")
        .start();
    started.err_line("HERE");
    let get = |headers: &str| {
        use std::io::{Read, Write};
        let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", port)) else { return String::new() };
        write!(stream, "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{headers}\r\n")
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map_or(String::new(), |_| answer)
    };
    let refused = get("");
    assert!(refused.starts_with("HTTP/1.1 401") && !refused.contains("k6_"), "{refused}");
    wait_until("the last figures are read", || {
        get("Authorization: Bearer t-9\r\n").contains("k6_iterations_total{scenario=\"default\"} 1\n")
    });
    let outcome = started.end();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
}
