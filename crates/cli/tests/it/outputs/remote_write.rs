//! `experimental-prometheus-rw` against Prometheus.

use super::SCRIPT;
use super::prometheus::Prometheus;
use crate::run::Run;
use crate::target::mirror;

#[test]
fn prometheus_has_the_figures_of_the_summary() {
    let Some(prometheus) = Prometheus::start() else { return };
    let target = mirror();
    let outcome = Run::new()
        .script(SCRIPT)
        .arg("-e")
        .arg(&format!("T={}", target.url()))
        .args("--record rec --tag testid=one --out experimental-prometheus-rw")
        .env("K6_PROMETHEUS_RW_SERVER_URL", &format!("http://{}/api/v1/write", prometheus.address))
        .env("K6_PROMETHEUS_RW_TREND_STATS", "p(95),max,count")
        .go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let results = outcome.json("rec/result.json");
    let metrics = results["metrics"].as_array().unwrap();
    let stat = |metric: &str, stat: &str| {
        let found = metrics.iter().find(|one| one["name"] == metric).unwrap();
        found["stats"][stat].as_f64().unwrap()
    };
    assert_eq!(prometheus.value("sum(k6_http_reqs_total{testid=\"one\",status=\"200\"})"), 60.0);
    assert_eq!(prometheus.value("sum(k6_iterations_total)"), 60.0);
    assert_eq!(prometheus.value("k6_checks_rate"), 1.0);
    assert_eq!(prometheus.value("sum(k6_http_req_duration_count)"), 60.0);
    let longest = prometheus.value("max(k6_http_req_duration_max)");
    assert!((longest * 1e3 / stat("http_req_duration", "max") - 1.0).abs() < 0.01, "{longest}");
}

#[test]
fn a_receiver_that_is_gone_neither_ends_nor_slows_the_run_and_is_no_success() {
    let outcome = Run::new()
        .script("export const options = { vus: 2, duration: '3s' }; export default function () {}")
        .args("--out experimental-prometheus-rw=http://127.0.0.1:9/api/v1/write")
        .env("K6_PROMETHEUS_RW_PUSH_INTERVAL", "200ms")
        .go();
    assert_eq!(outcome.code, Some(255), "{outcome:?}");
    assert!(
        outcome.stderr.contains("the output is not complete: http://127.0.0.1:9/api/v1/write: "),
        "{outcome:?}"
    );
    assert!(outcome.stdout.contains("iterations"), "{outcome:?}");
}
