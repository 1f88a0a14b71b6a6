//! All outputs at once: none drops a sample, and each receiver has the counts of the summary.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use flashcrowd_shop::{Shop, ShopConfig};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use serde_json::Value;

use super::influxdb::measurements;
use super::opentelemetry::total;
use super::otlp::{Manners, over_grpc};
use super::prometheus::Prometheus;
use super::scrape::free_port;
use crate::run::{Outcome, Run};
use crate::target::{Target, answer};

/// Requests per second, and for how many seconds; `FLASHCROWD_OUTPUTS_RATE` is another rate.
const RATE: u64 = 300;
const SECONDS: u64 = 5;

const SCRIPT: &str = "
import http from 'k6/http';
import { check } from 'k6';
export const options = { scenarios: { s: { executor: 'constant-arrival-rate', rate: +__ENV.RATE,
    duration: `${__ENV.SECONDS}s`, preAllocatedVUs: 200 } } };
export default function () {
    check(http.get(`${__ENV.T}/inventory/1`), { 'is there': (r) => r.status === 200 });
}";

fn run(variables: &[String], outputs: &[String]) -> Outcome {
    let run =
        Run::new().script(SCRIPT).args("--record rec").env("K6_PROMETHEUS_RW_TREND_STATS", "count,p(95)");
    let run = variables.iter().fold(run, |run, variable| run.arg("-e").arg(variable));
    outputs.iter().fold(run, |run, out| run.arg("--out").arg(out)).go()
}

/// How many samples of each metric are in the two files.
fn written(outcome: &Outcome) -> (HashMap<String, u64>, HashMap<String, u64>) {
    let json = flate2::read::GzDecoder::new(std::fs::File::open(outcome.path("all.json.gz")).unwrap());
    let mut points: HashMap<String, u64> = HashMap::new();
    for line in std::io::read_to_string(json).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let count = u64::from(line["type"] == "Point");
        *points.entry(line["metric"].as_str().unwrap().to_owned()).or_default() += count;
    }
    let mut rows: HashMap<String, u64> = HashMap::new();
    for row in csv::Reader::from_path(outcome.path("all.csv")).unwrap().records() {
        *rows.entry(row.unwrap()[0].to_owned()).or_default() += 1;
    }
    (points, rows)
}

#[test]
fn all_outputs_at_once_have_the_counts_of_the_summary() {
    let port = free_port();
    let settings = format!(
        "global: {{scrape_interval: 1s}}\nscrape_configs: [{{job_name: load, static_configs: [{{targets: \
         ['127.0.0.1:{port}']}}]}}]\n"
    );
    let Some(prometheus) = Prometheus::with(&settings, &[]) else { return };
    prometheus.wait_for_scrapes();
    let lines = Arc::<Mutex<String>>::default();
    let kept = Arc::clone(&lines);
    let influx = Target::answering(move |request| {
        if request.path().starts_with("/write") {
            kept.lock().unwrap().push_str(std::str::from_utf8(&request.body).unwrap());
        }
        answer(204, &[], "")
    });
    let (taken, collector) = over_grpc(Manners::default());
    let shop = Shop::spawn_threads(ShopConfig::fast(), 1).unwrap();
    let rate = std::env::var("FLASHCROWD_OUTPUTS_RATE").map_or(RATE, |rate| rate.parse().unwrap());
    let outcome = run(
        &[format!("T=http://{}", shop.address()), format!("RATE={rate}"), format!("SECONDS={SECONDS}")],
        &[
            "json=all.json.gz".to_owned(),
            "csv=all.csv".to_owned(),
            format!("influxdb={}/k6", influx.url()),
            format!("experimental-prometheus-rw=http://{}/api/v1/write", prometheus.address),
            format!("prometheus=127.0.0.1:{port}"),
            format!("opentelemetry=http://{collector}"),
        ],
    );
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(!outcome.stderr.contains("raw samples are dropped"), "{outcome:?}");
    let results = outcome.json("rec/result.json");
    let all = results["metrics"].as_array().unwrap().iter().filter(|one| one["parent"].is_null());
    let all: Vec<&Value> = all.filter(|one| one["samples"] != 0).collect();
    let requests = all.iter().find(|one| one["name"] == "http_reqs").unwrap()["samples"].as_u64().unwrap();
    // At a higher rate the machine may be the limit.
    assert!(requests + 1 >= RATE * SECONDS, "{requests}");
    let (points, rows) = written(&outcome);
    let influx = measurements(&lines.lock().unwrap());
    let last = taken.decoded::<ExportMetricsServiceRequest>().pop().unwrap();
    let otlp = &last.resource_metrics[0].scope_metrics[0].metrics;
    for one in all {
        let (name, samples) = (one["name"].as_str().unwrap(), one["samples"].as_u64().unwrap());
        for (output, found) in [("json", &points), ("csv", &rows), ("influxdb", &influx)] {
            assert_eq!(found.get(name), Some(&samples), "{output}: {name}");
        }
        let (kind, stats) = (one["kind"].as_str().unwrap(), &one["stats"]);
        let (suffix, expected, at_collector) = match kind {
            "counter" => ("_total", stats["count"].as_f64(), stats["count"].as_f64()),
            "trend" => ("_count", Some(samples as f64), Some(samples as f64)),
            "rate" => ("_rate", None, Some(samples as f64)),
            _ => ("", stats["value"].as_f64(), stats["value"].as_f64()),
        };
        let metric = otlp.iter().find(|metric| metric.name == name).unwrap();
        assert_eq!(Some(total(metric)), at_collector, "opentelemetry: {name}");
        for (output, job) in [("prometheus", "load"), ("experimental-prometheus-rw", "")] {
            let series = format!("k6_{name}{suffix}{{job=\"{job}\"}}");
            let found = prometheus.value(&format!("sum(last_over_time({series}[1m]))"));
            assert!(
                expected.is_none_or(|expected| expected == found),
                "{output}: {series} is {found}: {one}"
            );
        }
    }
}
