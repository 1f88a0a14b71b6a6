//! The series of a run as OTLP's metrics, in the forms that k6 gives them.
//!
//! | metric | OTLP |
//! | --- | --- |
//! | counter | a sum that grows |
//! | gauge | a gauge |
//! | rate | a sum that grows, split by the attribute `condition`: `zero` and `nonzero` |
//! | trend | a histogram, of milliseconds where it is of times |
//!
//! All of them are cumulative: they count from the start of the run.

use std::collections::BTreeMap;

use flashcrowd_metrics::Contains;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Histogram as HistogramOf, HistogramDataPoint, Metric, NumberDataPoint,
    ResourceMetrics, ScopeMetrics, Sum, metric, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;

use crate::series::{Distribution, Kept, Row};

/// The bounds of OpenTelemetry's histograms if nothing else is said.
const BOUNDS: [f64; 15] =
    [0.0, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 750.0, 1000.0, 2500.0, 5000.0, 7500.0, 10000.0];

/// How many values are in each bucket.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Histogram {
    /// In the bucket that ends with each bound, and beyond the last.
    counts: [u64; BOUNDS.len() + 1],
    sum: f64,
    /// The smallest and the largest value.
    extremes: Option<(f64, f64)>,
}

impl Distribution for Histogram {
    fn add(&mut self, value: f64, _is_time: bool) {
        // A bucket has its upper bound in it.
        self.counts[BOUNDS.partition_point(|bound| *bound < value)] += 1;
        self.sum += value;
        let (min, max) = self.extremes.unwrap_or((value, value));
        self.extremes = Some((min.min(value), max.max(value)));
    }
}

/// What a stream is of, in OTLP's form.
pub(crate) fn resource(attributes: &[(String, String)]) -> Resource {
    let attributes = attributes.iter().map(|(name, value)| attribute(name, value)).collect();
    Resource { attributes, ..Resource::default() }
}

/// Who made it.
pub(crate) fn scope() -> InstrumentationScope {
    InstrumentationScope {
        name: "flashcrowd".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    }
}

/// An attribute that is a text.
pub(crate) fn attribute(name: &str, value: &str) -> KeyValue {
    let value = AnyValue { value: Some(any_value::Value::StringValue(value.to_owned())) };
    KeyValue { key: name.to_owned(), value: Some(value), ..KeyValue::default() }
}

/// All series from the start of the run to now, both in nanoseconds since 1970.
pub(crate) fn request(
    rows: &[Row<Histogram>],
    prefix: &str,
    attributes: &[(String, String)],
    span: (u64, u64),
) -> ExportMetricsServiceRequest {
    // A metric is there once, with all of its series.
    let mut metrics: BTreeMap<&str, Metric> = BTreeMap::new();
    for row in rows {
        let metric = metrics.entry(&row.name).or_insert_with(|| empty(row, prefix));
        add(metric, row, span);
    }
    let metrics = metrics.into_values().collect();
    let scopes = vec![ScopeMetrics { scope: Some(scope()), metrics, schema_url: String::new() }];
    let all = ResourceMetrics {
        resource: Some(resource(attributes)),
        scope_metrics: scopes,
        schema_url: String::new(),
    };
    ExportMetricsServiceRequest { resource_metrics: vec![all] }
}

/// A row's metric, without any series.
fn empty(row: &Row<Histogram>, prefix: &str) -> Metric {
    let temporality = AggregationTemporality::Cumulative.into();
    let sum = Sum { aggregation_temporality: temporality, is_monotonic: true, data_points: Vec::new() };
    let histogram = HistogramOf { aggregation_temporality: temporality, data_points: Vec::new() };
    let data = match row.kept {
        Kept::Counter(_) | Kept::Rate { .. } => metric::Data::Sum(sum),
        Kept::Gauge(_) => metric::Data::Gauge(Gauge::default()),
        Kept::Trend(_) => metric::Data::Histogram(histogram),
    };
    let unit = match row.contains {
        Contains::Default => "",
        Contains::Time => "ms",
        Contains::Data => "By",
    };
    Metric {
        name: format!("{prefix}{}", row.name),
        unit: unit.to_owned(),
        data: Some(data),
        ..Metric::default()
    }
}

/// Adds a row to its metric.
fn add(metric: &mut Metric, row: &Row<Histogram>, (start, now): (u64, u64)) {
    let attributes: Vec<KeyValue> = row.labels.iter().map(|(name, value)| attribute(name, value)).collect();
    let number = |attributes: Vec<KeyValue>, value: number_data_point::Value| NumberDataPoint {
        attributes,
        start_time_unix_nano: start,
        time_unix_nano: now,
        value: Some(value),
        ..NumberDataPoint::default()
    };
    match (&mut metric.data, &row.kept) {
        (Some(metric::Data::Sum(all)), Kept::Counter(sum)) => {
            all.data_points.push(number(attributes, number_data_point::Value::AsDouble(*sum)));
        }
        (Some(metric::Data::Sum(all)), Kept::Rate { trues, total }) => {
            for (condition, count) in [("zero", total - trues), ("nonzero", *trues)] {
                let mut attributes = attributes.clone();
                attributes.push(attribute("condition", condition));
                let count = i64::try_from(count).unwrap_or(i64::MAX);
                all.data_points.push(number(attributes, number_data_point::Value::AsInt(count)));
            }
        }
        (Some(metric::Data::Gauge(all)), Kept::Gauge(last)) => {
            all.data_points.push(number(attributes, number_data_point::Value::AsDouble(*last)));
        }
        (Some(metric::Data::Histogram(all)), Kept::Trend(trend)) => {
            all.data_points.push(HistogramDataPoint {
                attributes,
                start_time_unix_nano: start,
                time_unix_nano: now,
                count: trend.counts.iter().sum(),
                sum: Some(trend.sum),
                bucket_counts: trend.counts.to_vec(),
                explicit_bounds: BOUNDS.to_vec(),
                min: trend.extremes.map(|(min, _)| min),
                max: trend.extremes.map(|(_, max)| max),
                ..HistogramDataPoint::default()
            });
        }
        // A metric is of one kind.
        _ => debug_assert!(false, "{} is of another kind", row.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_ends_with_its_bound() {
        let mut histogram = Histogram::default();
        [-1.0, 0.0, 5.0, 5.1, 20_000.0].iter().for_each(|value| histogram.add(*value, true));
        assert_eq!((histogram.counts[..3].to_vec(), histogram.counts[15]), (vec![2, 1, 1], 1));
        assert_eq!((histogram.extremes, histogram.sum), (Some((-1.0, 20_000.0)), 20_009.1));
    }

    #[test]
    fn a_metric_has_all_of_its_series() {
        let row = |name: &str, label: &str, kept| Row {
            name: name.to_owned(),
            contains: Contains::Default,
            labels: vec![("status".to_owned(), label.to_owned())],
            kept,
        };
        let rows = [
            row("http_reqs", "200", Kept::Counter(3.0)),
            row("checks", "", Kept::Rate { trues: 2, total: 5 }),
            row("http_reqs", "503", Kept::Counter(1.0)),
        ];
        let request = request(&rows, "k6_", &[("service.name".to_owned(), "k6".to_owned())], (1, 2));
        let metrics = &request.resource_metrics[0].scope_metrics[0].metrics;
        let points = |metric: &Metric| match &metric.data {
            Some(metric::Data::Sum(sum)) => sum.data_points.iter().map(|point| point.value).collect(),
            _ => Vec::new(),
        };
        let names: Vec<&str> = metrics.iter().map(|metric| metric.name.as_str()).collect();
        assert_eq!(names, ["k6_checks", "k6_http_reqs"]);
        use number_data_point::Value::{AsDouble, AsInt};
        assert_eq!(points(&metrics[0]), [Some(AsInt(3)), Some(AsInt(2))]);
        assert_eq!(points(&metrics[1]), [Some(AsDouble(3.0)), Some(AsDouble(1.0))]);
    }
}
