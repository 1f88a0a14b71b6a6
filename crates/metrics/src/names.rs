//! The names of metrics, tags and views that several crates use.

/// Constants with their own names as documentation, and a list of them all.
macro_rules! names {
    ($what:literal: $($constant:ident = $name:literal),* $(,)?) => {
        $(
            #[doc = concat!("`", $name, "`")]
            pub const $constant: &str = $name;
        )*

        #[doc = concat!("All ", $what, " of this module.")]
        pub const ALL: &[&str] = &[$($constant),*];
    };
}

/// Built-in metrics, under k6's names.
pub mod metric {
    names! { "metrics":
        VUS = "vus",
        VUS_MAX = "vus_max",
        ITERATIONS = "iterations",
        ITERATION_DURATION = "iteration_duration",
        DROPPED_ITERATIONS = "dropped_iterations",
        ITERATION_LAG = "iteration_lag",
        CHECKS = "checks",
        GROUP_DURATION = "group_duration",
        DATA_SENT = "data_sent",
        DATA_RECEIVED = "data_received",
        HTTP_REQS = "http_reqs",
        HTTP_REQ_FAILED = "http_req_failed",
        HTTP_REQ_DURATION = "http_req_duration",
        HTTP_REQ_BLOCKED = "http_req_blocked",
        HTTP_REQ_CONNECTING = "http_req_connecting",
        HTTP_REQ_TLS_HANDSHAKING = "http_req_tls_handshaking",
        HTTP_REQ_SENDING = "http_req_sending",
        HTTP_REQ_WAITING = "http_req_waiting",
        HTTP_REQ_RECEIVING = "http_req_receiving",
        HTTP_REQ_RESPONSE_TIME = "http_req_response_time",
        WS_SESSIONS = "ws_sessions",
        WS_CONNECTING = "ws_connecting",
        WS_SESSION_DURATION = "ws_session_duration",
        WS_MSGS_SENT = "ws_msgs_sent",
        WS_MSGS_RECEIVED = "ws_msgs_received",
        WS_PING = "ws_ping",
        HTTP_REQS_INTERRUPTED = "http_reqs_interrupted",
        HTTP_REQS_RESENT = "http_reqs_resent",
        HTTP_REQS_NOT_SENT = "http_reqs_not_sent",
        HTTP_REQS_NOT_KEPT = "http_reqs_not_kept",
        GRPC_REQ_DURATION = "grpc_req_duration",
        GRPC_STREAMS = "grpc_streams",
        GRPC_STREAMS_MSGS_SENT = "grpc_streams_msgs_sent",
        GRPC_STREAMS_MSGS_RECEIVED = "grpc_streams_msgs_received",
        SSE_STREAMS = "sse_streams",
        SSE_FIRST_BYTE = "sse_first_byte",
        SSE_FIRST_EVENT = "sse_first_event",
        SSE_EVENT_GAP = "sse_event_gap",
        SSE_EVENTS = "sse_events",
        SSE_STREAM_DURATION = "sse_stream_duration",
    }
}

/// Metrics of the DynamoDB client.
pub mod dynamodb {
    names! { "metrics":
        CALLS = "dynamodb_calls",
        SERVED = "dynamodb_served",
        ATTEMPTS = "dynamodb_attempts",
        THROTTLED = "dynamodb_throttled",
        GAVE_UP = "dynamodb_gave_up",
        CONDITION_FAILED = "dynamodb_condition_failed",
        CONFLICTS = "dynamodb_conflicts",
        ERRORS = "dynamodb_errors",
        BACK_OFF = "dynamodb_back_off",
        THROTTLED_TIME = "dynamodb_throttled_time",
        CALL_DURATION = "dynamodb_call_duration",
        CONSUMED_READ = "dynamodb_consumed_read",
        CONSUMED_WRITE = "dynamodb_consumed_write",
        FAILED = "dynamodb_failed",
    }
}

/// Tags: first those of k6, then those of the DynamoDB client.
pub mod tag {
    names! { "tags":
        SCENARIO = "scenario",
        GROUP = "group",
        CHECK = "check",
        NAME = "name",
        URL = "url",
        METHOD = "method",
        STATUS = "status",
        PROTO = "proto",
        SUBPROTO = "subproto",
        SERVICE = "service",
        ERROR = "error",
        ERROR_CODE = "error_code",
        EXPECTED_RESPONSE = "expected_response",
        TLS_VERSION = "tls_version",
        OCSP_STATUS = "ocsp_status",
        IP = "ip",
        ITER = "iter",
        VU = "vu",
        OPERATION = "operation",
        TABLE = "table",
        INDEX = "index",
        PATTERN = "pattern",
        REASON = "reason",
        CODE = "code",
        RESENT = "resent",
        LIMIT = "limit",
    }
}

/// Views: which splits of metrics are kept.
pub mod view {
    names! { "views":
        REQUESTS = "requests",
        BY_REQUEST = "by_request",
        GROUPS = "groups",
        SCENARIOS = "scenarios",
        CHECKS = "checks",
        DYNAMODB = "dynamodb",
        LIMITS = "limits",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique() {
        let metrics = [metric::ALL, dynamodb::ALL].concat();
        for names in [&metrics[..], tag::ALL, view::ALL] {
            let distinct: HashSet<_> = names.iter().collect();
            assert_eq!(distinct.len(), names.len(), "{names:?}");
        }
    }

    #[test]
    fn the_built_in_metrics_of_k6_are_complete() {
        // As its documentation lists them, without those of protocols that are not spoken here.
        let k6 = "checks data_received data_sent dropped_iterations group_duration grpc_req_duration grpc_streams \
                  grpc_streams_msgs_received grpc_streams_msgs_sent http_req_blocked \
                  http_req_connecting http_req_duration http_req_failed http_req_receiving http_req_sending \
                  http_req_tls_handshaking http_req_waiting http_reqs iteration_duration iterations vus vus_max \
                  ws_connecting ws_msgs_received ws_msgs_sent ws_ping ws_session_duration ws_sessions";
        let ours: HashSet<_> = metric::ALL.iter().copied().collect();
        let theirs: HashSet<_> = k6.split_whitespace().collect();
        let alone: HashSet<_> = ours.difference(&theirs).copied().collect();
        assert_eq!(
            alone,
            [
                metric::ITERATION_LAG,
                metric::HTTP_REQ_RESPONSE_TIME,
                metric::HTTP_REQS_INTERRUPTED,
                metric::HTTP_REQS_RESENT,
                metric::HTTP_REQS_NOT_SENT,
                metric::HTTP_REQS_NOT_KEPT,
                metric::SSE_STREAMS,
                metric::SSE_FIRST_BYTE,
                metric::SSE_FIRST_EVENT,
                metric::SSE_EVENT_GAP,
                metric::SSE_EVENTS,
                metric::SSE_STREAM_DURATION,
            ]
            .into(),
            "ours alone"
        );
        assert_eq!(theirs.difference(&ours).count(), 0);
        assert_eq!(crate::builtin::all().iter().map(|metric| &*metric.name).collect::<Vec<_>>(), metric::ALL);
    }
}
