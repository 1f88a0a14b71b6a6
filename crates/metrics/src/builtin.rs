//! The built-in metrics are those that every test has, under k6's names.

use crate::metric::{Contains, Kind, Metric, MetricId};

/// Ids of the built-in metrics; they are the same in every registry.
#[derive(Debug)]
pub struct Builtin;

macro_rules! builtin {
    ($($constant:ident = $id:literal, $name:literal, $kind:ident, $contains:ident, $doc:literal;)*) => {
        impl Builtin {
            $(#[doc = $doc] pub const $constant: MetricId = MetricId($id);)*
        }

        pub(crate) fn all() -> Vec<Metric> {
            vec![$(Metric {
                id: MetricId($id),
                name: $name.into(),
                kind: Kind::$kind,
                contains: Contains::$contains,
            }),*]
        }
    };
}

builtin! {
    VUS = 0, "vus", Gauge, Default, "Active virtual users.";
    VUS_MAX = 1, "vus_max", Gauge, Default, "Initialised virtual users.";
    ITERATIONS = 2, "iterations", Counter, Default, "Finished iterations.";
    ITERATION_DURATION = 3, "iteration_duration", Trend, Time, "Time of a full iteration.";
    DROPPED_ITERATIONS = 4, "dropped_iterations", Counter, Default, "Iterations that were due and never started.";
    ITERATION_LAG = 5, "iteration_lag", Trend, Time, "Time from when an iteration was due to its start.";
    CHECKS = 6, "checks", Rate, Default, "Outcomes of checks.";
    GROUP_DURATION = 7, "group_duration", Trend, Time, "Time of a group.";
    DATA_SENT = 8, "data_sent", Counter, Data, "Bytes sent on the wire.";
    DATA_RECEIVED = 9, "data_received", Counter, Data, "Bytes received on the wire.";
    HTTP_REQS = 10, "http_reqs", Counter, Default, "HTTP requests.";
    HTTP_REQ_FAILED = 11, "http_req_failed", Rate, Default, "Requests whose answer was not an expected one.";
    HTTP_REQ_DURATION = 12, "http_req_duration", Trend, Time, "Sending, waiting and receiving.";
    HTTP_REQ_BLOCKED = 13, "http_req_blocked", Trend, Time, "From asking for a connection to having it.";
    HTTP_REQ_CONNECTING = 14, "http_req_connecting", Trend, Time, "TCP connect.";
    HTTP_REQ_TLS_HANDSHAKING = 15, "http_req_tls_handshaking", Trend, Time, "TLS handshake.";
    HTTP_REQ_SENDING = 16, "http_req_sending", Trend, Time, "Writing the request.";
    HTTP_REQ_WAITING = 17, "http_req_waiting", Trend, Time, "From the request's last byte to the answer's first.";
    HTTP_REQ_RECEIVING = 18, "http_req_receiving", Trend, Time, "From the answer's first byte to its last.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_positions_and_names_are_unique() {
        let metrics = all();
        let names: std::collections::HashSet<_> = metrics.iter().map(|m| m.name.clone()).collect();
        assert_eq!(names.len(), metrics.len());
        assert!(metrics.iter().enumerate().all(|(i, m)| m.id.index() == i));
    }
}
