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

#[test]
fn native_histograms_have_the_counts_and_quantiles_of_the_summary() {
    let Some(prometheus) = Prometheus::with("global: {}\n", &["--enable-feature=native-histograms"]) else {
        return;
    };
    let target = mirror();
    let script = "import http from 'k6/http'; import { Trend } from 'k6/metrics';
        const wait = new Trend('wait', true); const size = new Trend('size');
        export const options = { vus: 2, iterations: 400, summaryTrendStats: ['p(50)', 'p(95)', 'p(99)', 'avg'] };
        export default function () {
            http.get(`${__ENV.T}/a`);
            wait.add(1 + __ITER % 200); size.add(-3); size.add(0); size.add(100);
        }";
    let outcome = Run::new()
        .script(script)
        .arg("-e")
        .arg(&format!("T={}", target.url()))
        .args("--record rec --out experimental-prometheus-rw")
        .env("K6_PROMETHEUS_RW_SERVER_URL", &format!("http://{}/api/v1/write", prometheus.address))
        .env("K6_PROMETHEUS_RW_TREND_AS_NATIVE_HISTOGRAM", "true")
        .go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let results = outcome.json("rec/result.json");
    let of = |metric: &str| {
        let metrics = results["metrics"].as_array().unwrap();
        metrics.iter().find(|one| one["name"] == metric).unwrap().clone()
    };
    let value = |query: &str| prometheus.value(query);
    for (metric, series, unit) in [
        ("http_req_duration", "k6_http_req_duration_seconds", 1e3),
        ("iteration_duration", "k6_iteration_duration_seconds", 1e3),
        ("wait", "k6_wait_seconds", 1e3),
        ("size", "k6_size", 1.0),
    ] {
        let found = of(metric);
        let samples = found["samples"].as_f64().unwrap();
        assert_eq!(value(&format!("sum(histogram_count({series}))")), samples, "{metric}");
        let sum = value(&format!("sum(histogram_sum({series}))")) * unit;
        let expected = found["stats"]["avg"].as_f64().unwrap() * samples;
        assert!((sum / expected - 1.0).abs() < 1e-6, "{metric}: {sum} {expected}");
        for (quantile, stat) in [(0.5, "p(50)"), (0.95, "p(95)"), (0.99, "p(99)")] {
            let estimate = value(&format!("histogram_quantile({quantile}, sum({series}))")) * unit;
            let exact = found["stats"][stat].as_f64().unwrap();
            // The bucket; where values lie apart, the one next to the quantile's, too.
            let bound = if metric.ends_with("duration") { 0.15 } else { 0.03 };
            assert!((estimate - exact).abs() <= exact.abs() * bound, "{metric} {stat}: {estimate} {exact}");
        }
    }
    assert_eq!(value("sum(k6_http_reqs_total)"), 400.0);
}
