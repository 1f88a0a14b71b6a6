//! The settings of `opentelemetry`: k6's variables, and those of OpenTelemetry itself where k6's say nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use flashcrowd_engine::duration;

use super::receiver::{Receiver, Signal, headers, is_grpc, tls, url};
use crate::variables::Variables;

const PREFIX: &str = "K6_OTEL_";
const VARIABLES: [&str; 18] = [
    "SERVICE_NAME",
    "SERVICE_VERSION",
    "METRIC_PREFIX",
    "FLUSH_INTERVAL",
    "EXPORT_INTERVAL",
    "HEADERS",
    "TLS_INSECURE_SKIP_VERIFY",
    "TLS_CERTIFICATE",
    "TLS_CLIENT_CERTIFICATE",
    "TLS_CLIENT_KEY",
    "EXPORTER_PROTOCOL",
    // The older name of the protocol.
    "EXPORTER_TYPE",
    "GRPC_EXPORTER_INSECURE",
    "GRPC_EXPORTER_ENDPOINT",
    "HTTP_EXPORTER_INSECURE",
    "HTTP_EXPORTER_ENDPOINT",
    "HTTP_EXPORTER_URL_PATH",
    "SINGLE_COUNTER_FOR_RATE",
];

const FLUSH: Duration = Duration::from_secs(1);
const EXPORT: Duration = Duration::from_secs(10);

/// What is sent, how often, and where to.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) receiver: Receiver,
    pub(crate) period: Duration,
    /// What stands before the names of metrics.
    pub(crate) prefix: String,
    /// What the stream is of: `service.name` and others.
    pub(crate) resource: Vec<(String, String)>,
}

/// Reads them; an argument is the address.
pub(crate) fn settings(argument: &str, all: &BTreeMap<String, String>) -> Result<Settings, String> {
    let own = Variables::of(PREFIX, all, &VARIABLES, &[])?;
    if own.get("SINGLE_COUNTER_FOR_RATE").is_some() && !own.is_on("SINGLE_COUNTER_FOR_RATE") {
        return Err(format!(
            "{PREFIX}SINGLE_COUNTER_FOR_RATE: a rate is one counter with the attribute condition, as in k6 2"
        ));
    }
    let time = |name: &str, usual| {
        own.get(name).map_or(Ok(usual), |text| {
            duration::parse(text).map_err(|error| format!("{PREFIX}{name}: {error}"))
        })
    };
    let general = |name: &str| all.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let usual = match general("OTEL_METRIC_EXPORT_INTERVAL") {
        None => EXPORT,
        Some(millis) => Duration::from_millis(millis.parse().map_err(|_| {
            format!("OTEL_METRIC_EXPORT_INTERVAL is '{millis}': write a number of milliseconds")
        })?),
    };
    Ok(Settings {
        receiver: receiver(argument, &own, all)?,
        // What is not flushed yet is not exported either.
        period: time("EXPORT_INTERVAL", usual)?.max(time("FLUSH_INTERVAL", FLUSH)?),
        prefix: own.get("METRIC_PREFIX").unwrap_or_default().to_owned(),
        resource: resource(own.get("SERVICE_NAME"), own.get("SERVICE_VERSION"), all),
    })
}

fn receiver(argument: &str, own: &Variables<'_>, all: &BTreeMap<String, String>) -> Result<Receiver, String> {
    let general = |name: &str| {
        let value = |name: String| all.get(&name).map(String::as_str).filter(|value| !value.is_empty());
        value(format!("OTEL_EXPORTER_OTLP_METRICS_{name}"))
            .or_else(|| value(format!("OTEL_EXPORTER_OTLP_{name}")))
    };
    let protocol = own.get("EXPORTER_PROTOCOL").or(own.get("EXPORTER_TYPE")).or(general("PROTOCOL"));
    let is_grpc = is_grpc(protocol.unwrap_or("grpc"))
        .map_err(|problem| format!("{PREFIX}EXPORTER_PROTOCOL: {problem}"))?;
    let (kind, port) = if is_grpc { ("GRPC", 4317) } else { ("HTTP", 4318) };
    let name = |rest: &str| format!("{kind}_EXPORTER_{rest}");
    let own_address = Some(argument).filter(|argument| !argument.is_empty()).or(own.get(&name("ENDPOINT")));
    // OpenTelemetry's own variable for all signals is a base, that for metrics the whole address.
    let base = all.get("OTEL_EXPORTER_OTLP_ENDPOINT").map(|base| base.trim_end_matches('/'));
    let base = base.filter(|base| !base.is_empty());
    let base = base.map(|base| format!("{base}{}", if is_grpc { "" } else { Signal::Metrics.path() }));
    let whole = all.get("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT").filter(|whole| !whole.is_empty()).cloned();
    let address = own_address.map(str::to_owned).or(whole).or(base);
    let is_insecure = match own.get(&name("INSECURE")) {
        Some(_) => own.is_on(&name("INSECURE")),
        None => general("INSECURE").is_some_and(|value| value == "true"),
    };
    let path = own.get("HTTP_EXPORTER_URL_PATH").unwrap_or(Signal::Metrics.path());
    let address = address.unwrap_or_else(|| format!("localhost:{port}"));
    let list = own.get("HEADERS").or(general("HEADERS")).unwrap_or_default();
    let client_cert = own.get("TLS_CLIENT_CERTIFICATE").or(general("CLIENT_CERTIFICATE"));
    let client_key = own.get("TLS_CLIENT_KEY").or(general("CLIENT_KEY"));
    Ok(Receiver {
        signal: Signal::Metrics,
        is_grpc,
        url: url(&address, is_insecure, (!is_grpc).then_some(path))?,
        headers: headers(list).map_err(|problem| format!("{PREFIX}HEADERS: {problem}"))?,
        tls: tls(
            own.is_on("TLS_INSECURE_SKIP_VERIFY"),
            own.get("TLS_CERTIFICATE").or(general("CERTIFICATE")),
            (client_cert, client_key),
        )?,
    })
}

/// What a stream is of: the attributes of `OTEL_RESOURCE_ATTRIBUTES`, and the name and version of the service.
pub(crate) fn resource(
    name: Option<&str>,
    version: Option<&str>,
    all: &BTreeMap<String, String>,
) -> Vec<(String, String)> {
    let general = |name: &str| all.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let given = general("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default().split(',');
    let given = given.filter_map(|pair| pair.split_once('='));
    let decoded =
        |text: &str| percent_encoding::percent_decode_str(text.trim()).decode_utf8_lossy().into_owned();
    let mut found: BTreeMap<String, String> =
        given.map(|(name, value)| (decoded(name), decoded(value))).collect();
    if let Some(name) = name.or(general("OTEL_SERVICE_NAME")) {
        found.insert("service.name".to_owned(), name.to_owned());
    }
    found.entry("service.name".to_owned()).or_insert_with(|| "k6".to_owned());
    let version = version.map(str::to_owned);
    if let Some(version) = version {
        found.insert("service.version".to_owned(), version);
    }
    found.entry("service.version".to_owned()).or_insert_with(|| env!("CARGO_PKG_VERSION").to_owned());
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(argument: &str, variables: &[(&str, &str)]) -> Result<Settings, String> {
        let all = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        settings(argument, &all.collect())
    }

    #[test]
    fn the_receiver_is_where_k6_has_it() {
        for (argument, variables, url) in [
            ("", &[][..], "grpc https://localhost:4317"),
            ("", &[("K6_OTEL_GRPC_EXPORTER_INSECURE", "true")], "grpc http://localhost:4317"),
            (
                "",
                &[("K6_OTEL_EXPORTER_PROTOCOL", "http/protobuf"), ("K6_OTEL_HTTP_EXPORTER_INSECURE", "true")],
                "http http://localhost:4318/v1/metrics",
            ),
            (
                "",
                &[
                    ("K6_OTEL_EXPORTER_TYPE", "http"),
                    ("K6_OTEL_HTTP_EXPORTER_ENDPOINT", "prom:9090"),
                    ("K6_OTEL_HTTP_EXPORTER_URL_PATH", "/api/v1/otlp/v1/metrics"),
                ],
                "http https://prom:9090/api/v1/otlp/v1/metrics",
            ),
            (
                "",
                &[
                    ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
                    ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:1/b/"),
                ],
                "http http://c:1/b/v1/metrics",
            ),
            ("", &[("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://c:1")], "grpc http://c:1"),
            (
                "",
                &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:1"), ("K6_OTEL_GRPC_EXPORTER_ENDPOINT", "d:2")],
                "grpc https://d:2",
            ),
            ("http://e:3", &[("K6_OTEL_GRPC_EXPORTER_ENDPOINT", "d:2")], "grpc http://e:3"),
        ] {
            let receiver = found(argument, variables).unwrap().receiver;
            let kind = if receiver.is_grpc { "grpc" } else { "http" };
            assert_eq!(format!("{kind} {}", receiver.url), url, "{argument} {variables:?}");
        }
    }

    #[test]
    fn what_is_sent_is_as_k6_has_it() {
        let usual = found("", &[("OTEL_RESOURCE_ATTRIBUTES", "env=a%20b,service.name=x")]).unwrap();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let version = pair("service.version", env!("CARGO_PKG_VERSION"));
        assert_eq!(usual.resource, [pair("env", "a b"), pair("service.name", "x"), version]);
        assert_eq!((usual.period, usual.prefix.as_str()), (EXPORT, ""));
        let given = [
            ("K6_OTEL_SERVICE_NAME", "load"),
            ("OTEL_SERVICE_NAME", "other"),
            ("K6_OTEL_SERVICE_VERSION", "7"),
            ("K6_OTEL_METRIC_PREFIX", "k6_"),
            ("K6_OTEL_EXPORT_INTERVAL", "200ms"),
            ("K6_OTEL_FLUSH_INTERVAL", "500ms"),
        ];
        let given = found("", &given).unwrap();
        assert_eq!(given.resource, [pair("service.name", "load"), pair("service.version", "7")]);
        assert_eq!((given.period.as_millis(), given.prefix.as_str()), (500, "k6_"));
        for (name, value, problem) in [
            (
                "K6_OTEL_EXPORTER_PROTOCOL",
                "http/json",
                "K6_OTEL_EXPORTER_PROTOCOL: 'http/json' is no protocol",
            ),
            ("K6_OTEL_EXPORT_INTERVAL", "soon", "K6_OTEL_EXPORT_INTERVAL: "),
            ("K6_OTEL_HEADERS", "k", "K6_OTEL_HEADERS: write headers as"),
            ("K6_OTEL_TLS_CERTIFICATE", "no/such.pem", "cannot read 'no/such.pem': "),
            ("K6_OTEL_TLS_CLIENT_KEY", "k.pem", "a client's certificate and its key go together"),
            (
                "K6_OTEL_SINGLE_COUNTER_FOR_RATE",
                "false",
                "K6_OTEL_SINGLE_COUNTER_FOR_RATE: a rate is one counter",
            ),
            ("K6_OTEL_METRICS_PREFIX", "k6_", "K6_OTEL_METRICS_PREFIX is not supported: use "),
            ("OTEL_METRIC_EXPORT_INTERVAL", "1s", "OTEL_METRIC_EXPORT_INTERVAL is '1s': write"),
        ] {
            let wrong = found("", &[(name, value)]).unwrap_err();
            assert!(wrong.starts_with(problem), "{wrong}");
        }
    }
}
