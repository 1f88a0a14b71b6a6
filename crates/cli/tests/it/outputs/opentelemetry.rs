//! `opentelemetry` against a receiver that decodes what comes.

use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{Metric, metric, number_data_point};
use prost::Message as _;
use serde_json::Value;

use super::SCRIPT;
use super::otlp::{Manners, over_grpc, over_http};
use crate::run::{Outcome, Run};
use crate::target::{Target, mirror};

fn text<'a>(attributes: &'a [KeyValue], name: &str) -> Option<&'a str> {
    let found = attributes.iter().find(|one| one.key == name)?;
    match found.value.as_ref()?.value.as_ref()? {
        any_value::Value::StringValue(text) => Some(text),
        _ => None,
    }
}

/// All samples of a metric, or the sum of a counter.
pub fn total(metric: &Metric) -> f64 {
    let number = |value: &Option<number_data_point::Value>| match value {
        Some(number_data_point::Value::AsDouble(value)) => *value,
        Some(number_data_point::Value::AsInt(value)) => *value as f64,
        None => 0.0,
    };
    match metric.data.as_ref().unwrap() {
        metric::Data::Sum(sum) => {
            assert!(sum.is_monotonic && sum.aggregation_temporality == 2);
            sum.data_points.iter().map(|point| number(&point.value)).sum()
        }
        metric::Data::Histogram(all) => all.data_points.iter().map(|point| point.count as f64).sum(),
        metric::Data::Gauge(all) => all.data_points.iter().map(|point| number(&point.value)).sum(),
        other => panic!("{other:?}"),
    }
}

/// That the last that came is what the summary says.
fn compare(last: &ExportMetricsServiceRequest, outcome: &Outcome) {
    let resource = last.resource_metrics[0].resource.as_ref().unwrap();
    assert_eq!(text(&resource.attributes, "service.name"), Some("festival"));
    let metrics = &last.resource_metrics[0].scope_metrics[0].metrics;
    let results = outcome.json("rec/result.json");
    let summary = results["metrics"].as_array().unwrap().iter().filter(|one| one["parent"].is_null());
    let summary: Vec<&Value> = summary.filter(|one| one["samples"] != 0).collect();
    for one in &summary {
        let name = format!("k6_{}", one["name"].as_str().unwrap());
        let found = metrics.iter().find(|metric| metric.name == name);
        let found = found.unwrap_or_else(|| panic!("{name} is missing"));
        match one["kind"].as_str().unwrap() {
            "counter" => assert_eq!(Some(total(found)), one["stats"]["count"].as_f64(), "{name}"),
            "gauge" => assert_eq!(Some(total(found)), one["stats"]["value"].as_f64(), "{name}"),
            _ => assert_eq!(Some(total(found)), one["samples"].as_f64(), "{name}"),
        }
    }
    assert_eq!(metrics.len(), summary.len());
    let duration = metrics.iter().find(|metric| metric.name == "k6_http_req_duration").unwrap();
    let Some(metric::Data::Histogram(all)) = &duration.data else { panic!("{duration:?}") };
    let point = &all.data_points[0];
    assert_eq!((duration.unit.as_str(), text(&point.attributes, "status")), ("ms", Some("200")));
    assert_eq!(point.bucket_counts.iter().sum::<u64>(), point.count);
    assert_eq!(point.bucket_counts.len(), point.explicit_bounds.len() + 1);
    assert!(point.start_time_unix_nano > 0 && point.time_unix_nano > point.start_time_unix_nano);
    let stats = &summary.iter().find(|one| one["name"] == "http_req_duration").unwrap()["stats"];
    assert_eq!((point.min, point.max), (stats["min"].as_f64(), stats["max"].as_f64()));
    let checks = metrics.iter().find(|metric| metric.name == "k6_checks").unwrap();
    let Some(metric::Data::Sum(sum)) = &checks.data else { panic!("{checks:?}") };
    let of = |condition: &str| {
        let points = sum.data_points.iter();
        let points = points.filter(|point| text(&point.attributes, "condition") == Some(condition));
        points.filter_map(|point| point.value).collect::<Vec<_>>()
    };
    use number_data_point::Value::AsInt;
    assert_eq!((of("nonzero"), of("zero")), (vec![AsInt(60)], vec![AsInt(0)]));
}

fn run(out: &str) -> Run {
    let target = mirror();
    let run = Run::new().script(SCRIPT).arg("-e").arg(&format!("T={}", target.url()));
    run.args("--record rec --out")
        .arg(out)
        .env("K6_OTEL_SERVICE_NAME", "festival")
        .env("K6_OTEL_METRIC_PREFIX", "k6_")
        .env("K6_OTEL_HEADERS", "x-api-key=s3cret-k1,x-scope=shop")
}

#[test]
fn what_is_received_is_the_summary() {
    let (http, taken) = over_http(Manners::default());
    let outcome = run("opentelemetry")
        .env("K6_OTEL_EXPORTER_PROTOCOL", "http/protobuf")
        .env("K6_OTEL_HTTP_EXPORTER_ENDPOINT", &http.address())
        .env("K6_OTEL_HTTP_EXPORTER_INSECURE", "true")
        .go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    compare(taken.decoded().last().unwrap(), &outcome);
    let (path, headers, _) = taken.all().remove(0);
    assert_eq!(path, "/v1/metrics");
    for header in ["content-type: application/x-protobuf", "x-api-key: s3cret-k1", "x-scope: shop"] {
        assert!(headers.contains(header), "{headers}");
    }
    let (taken, address) = over_grpc(Manners::default());
    let outcome = run("experimental-opentelemetry")
        .env("K6_OTEL_GRPC_EXPORTER_ENDPOINT", &address)
        .env("K6_OTEL_GRPC_EXPORTER_INSECURE", "true")
        .go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    compare(taken.decoded().last().unwrap(), &outcome);
    let (path, headers, _) = taken.all().remove(0);
    assert_eq!(path, "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export");
    assert!(headers.contains(r#""x-api-key": "s3cret-k1""#), "{headers}");
}

/// A run of a hundred iterations a second for three seconds.
fn steady(out: &str) -> Run {
    let script = "export const options = { scenarios: { s: { executor: 'constant-arrival-rate', rate: 100,
        duration: '3s', preAllocatedVUs: 5 } } }; export default function () {}";
    let run = Run::new().script(script).args("--record rec --out").arg(out);
    run.env("K6_OTEL_EXPORT_INTERVAL", "100ms").env("K6_OTEL_FLUSH_INTERVAL", "100ms")
}

#[test]
fn a_receiver_that_is_slow_or_gone_does_not_slow_the_load() {
    let slow = Manners { delay: Duration::from_millis(1500), ..Manners::default() };
    let (taken, address) = over_grpc(slow.clone());
    let (http, over_http) = over_http(slow);
    for (out, protocol, taken) in [
        (format!("opentelemetry=http://{address}"), "grpc", &taken),
        (format!("opentelemetry={}", http.url()), "http/protobuf", &over_http),
    ] {
        let outcome = steady(&out).env("K6_OTEL_EXPORTER_PROTOCOL", protocol).go();
        // All is there in the end, though most pushes were left out.
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        let count = |outcome: &Outcome| {
            let results = outcome.json("rec/result.json");
            let metrics = results["metrics"].as_array().unwrap();
            metrics.iter().find(|one| one["name"] == "iterations").unwrap()["stats"]["count"]
                .as_f64()
                .unwrap()
        };
        let iterations = count(&outcome);
        assert!((299.0..=301.0).contains(&iterations), "{iterations}");
        let taken = taken.decoded::<ExportMetricsServiceRequest>();
        assert!(taken.len() <= 6, "{}", taken.len());
        let metrics = &taken.last().unwrap().resource_metrics[0].scope_metrics[0].metrics;
        let last = metrics.iter().find(|metric| metric.name == "iterations").unwrap();
        assert_eq!(total(last), iterations);
        let gone = Target::nobody();
        let outcome =
            steady(&format!("opentelemetry={gone}")).env("K6_OTEL_EXPORTER_PROTOCOL", protocol).go();
        assert_eq!(outcome.code, Some(255), "{outcome:?}");
        assert!((299.0..=301.0).contains(&count(&outcome)), "{outcome:?}");
        let results = outcome.json("rec/result.json");
        let samples = results["metrics"].as_array().unwrap().iter().filter_map(|one| one["samples"].as_u64());
        let told = format!(" {} samples were not delivered: ", samples.sum::<u64>());
        assert!(outcome.stderr.contains(&told) && outcome.stderr.contains(&gone), "{told} {outcome:?}");
    }
}

#[test]
fn what_a_receiver_does_not_take_is_said() {
    let part = ExportMetricsPartialSuccess { rejected_data_points: 7, error_message: "too old".to_owned() };
    let says = ExportMetricsServiceResponse { partial_success: Some(part) }.encode_to_vec();
    let partly = Manners { says, ..Manners::default() };
    let refusing = Manners { status: 3, says: Vec::new(), ..Manners::default() };
    let (http_partly, _) = over_http(partly.clone());
    let (_, grpc_partly) = over_grpc(partly);
    let (http_refusing, _) = over_http(refusing.clone());
    let (_, grpc_refusing) = over_grpc(refusing);
    for (url, protocol, problem) in [
        (http_partly.url(), "http/protobuf", "it rejects 7 of them: too old"),
        (format!("http://{grpc_partly}"), "grpc", "it rejects 7 of them: too old"),
        (http_refusing.url(), "http/protobuf", "it answers 400 Whatever"),
        (format!("http://{grpc_refusing}"), "grpc", "it answers with status 3: full up"),
    ] {
        let outcome = run(&format!("opentelemetry={url}")).env("K6_OTEL_EXPORTER_PROTOCOL", protocol).go();
        assert_eq!(outcome.code, Some(255), "{outcome:?}");
        assert!(outcome.stderr.contains(problem), "{problem}: {outcome:?}");
    }
}
