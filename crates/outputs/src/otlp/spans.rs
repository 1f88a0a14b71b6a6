//! Spans as OTLP has them, with the attributes of OpenTelemetry's conventions for HTTP clients.

use std::time::{SystemTime, UNIX_EPOCH};

use flashcrowd_http::{Span, SpanKind};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span as Sent, Status, span, status};

use super::metrics::{attribute, resource, scope};

/// The name of the span of an iteration.
const ITERATION: &str = "iteration";

/// Spans as a request; texts are shown as a function shows them.
pub(crate) fn spans_request(
    spans: &[Span],
    attributes: &[(String, String)],
    mut shown: impl FnMut(&str) -> String,
) -> ExportTraceServiceRequest {
    let spans = spans.iter().map(|one| sent(one, &mut shown)).collect();
    let scope_spans = vec![ScopeSpans { scope: Some(scope()), spans, schema_url: String::new() }];
    let resource = Some(resource(attributes));
    let all = ResourceSpans { resource, scope_spans, schema_url: String::new() };
    ExportTraceServiceRequest { resource_spans: vec![all] }
}

fn sent(one: &Span, shown: &mut impl FnMut(&str) -> String) -> Sent {
    let (name, kind, failed, attributes) = match &one.kind {
        SpanKind::Iteration { scenario, vu, number, failed } => {
            let attributes = vec![
                attribute("k6.scenario", &shown(scenario)),
                number_attribute("k6.vu", *vu),
                number_attribute("k6.iteration", *number),
            ];
            (ITERATION.to_owned(), span::SpanKind::Internal, *failed, attributes)
        }
        SpanKind::Request { method, url, host, port, status, error } => {
            let mut attributes = vec![
                attribute("http.request.method", method.as_str()),
                attribute("url.full", &shown(url)),
                attribute("server.address", &shown(host)),
                number_attribute("server.port", u64::from(*port)),
            ];
            if *status > 0 {
                attributes.push(number_attribute("http.response.status_code", u64::from(*status)));
            }
            let failed = error.is_some() || *status >= 400;
            if failed {
                let why = error.as_deref().map_or_else(|| status.to_string(), &mut *shown);
                attributes.push(attribute("error.type", &why));
            }
            (method.to_string(), span::SpanKind::Client, failed, attributes)
        }
    };
    let code = if failed { status::StatusCode::Error } else { status::StatusCode::Unset };
    Sent {
        trace_id: one.trace.to_be_bytes().to_vec(),
        span_id: one.id.to_be_bytes().to_vec(),
        parent_span_id: one.parent.map(|parent| parent.to_be_bytes().to_vec()).unwrap_or_default(),
        name,
        kind: kind.into(),
        start_time_unix_nano: nanos(one.start),
        end_time_unix_nano: nanos(one.start + one.length),
        attributes,
        status: Some(Status { code: code.into(), message: String::new() }),
        ..Sent::default()
    }
}

fn number_attribute(name: &str, value: u64) -> KeyValue {
    let value = any_value::Value::IntValue(i64::try_from(value).unwrap_or(i64::MAX));
    KeyValue { key: name.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

fn nanos(at: SystemTime) -> u64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    u64::try_from(since).unwrap_or(u64::MAX)
}
