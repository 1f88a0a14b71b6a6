//! A section is a family of metrics in the summary; which one a metric is in follows from how its name starts.

use super::shown::Shown;

/// A family of metrics, in the order of the summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Custom,
    Http,
    Execution,
    Network,
    Browser,
    WebVitals,
    Grpc,
    WebSocket,
    Sse,
}

/// All sections in the order of the summary, with their headings and the starts of their metrics' names; what
/// starts like none of them is custom.
const SECTIONS: [(Section, &str, &[&str]); 9] = [
    (Section::Custom, "CUSTOM", &[]),
    (
        Section::Http,
        "HTTP",
        &[
            "http_reqs",
            "http_req_failed",
            "http_req_duration",
            "http_req_response_time",
            "http_req_blocked",
            "http_req_connecting",
            "http_req_tls_handshaking",
            "http_req_sending",
            "http_req_waiting",
            "http_req_receiving",
        ],
    ),
    (
        Section::Execution,
        "EXECUTION",
        &["vus", "iterations", "iteration_duration", "iteration_lag", "dropped_iterations", "group_duration"],
    ),
    (Section::Network, "NETWORK", &["data_sent", "data_received"]),
    (Section::Browser, "BROWSER", &["browser_"]),
    (Section::WebVitals, "WEB_VITALS", &["browser_web_vital_"]),
    (Section::Grpc, "GRPC", &["grpc_"]),
    (Section::WebSocket, "WEBSOCKET", &["ws_"]),
    (Section::Sse, "SSE", &["sse_"]),
];

/// Metrics that the compact summary leaves out.
const HIDDEN_IF_COMPACT: [&str; 6] = [
    "http_req_blocked",
    "http_req_connecting",
    "http_req_receiving",
    "http_req_sending",
    "http_req_tls_handshaking",
    "http_req_waiting",
];

/// Metrics that no list shows: the lines about checks stand for the one, and nothing for the other.
const HIDDEN: [&str; 2] = ["checks", "group_duration"];

/// Whether the summary leaves a metric out.
pub(super) fn is_hidden(metric: &Shown<'_>, full: bool) -> bool {
    let starts = |start: &&str| metric.family().starts_with(*start);
    HIDDEN.iter().any(starts) || (!full && HIDDEN_IF_COMPACT.iter().any(starts))
}

/// The headings with the metrics below each, empty ones left out.
pub(super) fn split<'a>(metrics: &[Shown<'a>]) -> Vec<(&'static str, Vec<Shown<'a>>)> {
    SECTIONS
        .iter()
        .map(|(section, heading, _)| {
            let inside = metrics.iter().filter(|metric| of(metric.family()) == *section);
            (*heading, inside.copied().collect::<Vec<_>>())
        })
        .filter(|(_, metrics)| !metrics.is_empty())
        .collect()
}

/// The section with the longest start that fits.
fn of(name: &str) -> Section {
    SECTIONS
        .iter()
        .flat_map(|(section, _, starts)| starts.iter().map(move |start| (*start, *section)))
        .filter(|(start, _)| name.starts_with(start))
        .max_by_key(|(start, _)| start.len())
        .map_or(Section::Custom, |(_, section)| section)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_of_the_name_decides() {
        for (name, section) in [
            ("http_reqs", Section::Http),
            ("http_requests_by_me", Section::Custom),
            ("vus_foo", Section::Execution),
            ("iterations_x", Section::Execution),
            ("iteration_lag", Section::Execution),
            ("data_sent_x", Section::Network),
            ("browser_data_sent", Section::Browser),
            ("browser_web_vital_lcp", Section::WebVitals),
            ("grpc_req_duration", Section::Grpc),
            ("ws_x", Section::WebSocket),
            ("orders", Section::Custom),
        ] {
            assert_eq!(of(name), section, "{name}");
        }
    }
}
