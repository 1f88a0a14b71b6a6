//! The built-in metrics are those that every test has, under k6's names.

use crate::metric::{Contains, Kind, Metric, MetricId};
use crate::names;

/// Ids of the built-in metrics; they are the same in every registry.
#[derive(Debug)]
pub struct Builtin;

macro_rules! builtin {
    ($($constant:ident = $id:literal, $kind:ident, $contains:ident, $doc:literal;)*) => {
        impl Builtin {
            $(#[doc = $doc] pub const $constant: MetricId = MetricId($id);)*
        }

        pub(crate) fn all() -> Vec<Metric> {
            vec![$(Metric {
                id: MetricId($id),
                name: names::metric::$constant.into(),
                kind: Kind::$kind,
                contains: Contains::$contains,
            }),*]
        }
    };
}

builtin! {
    VUS = 0, Gauge, Default, "Active virtual users.";
    VUS_MAX = 1, Gauge, Default, "Initialized virtual users.";
    ITERATIONS = 2, Counter, Default, "Finished iterations.";
    ITERATION_DURATION = 3, Trend, Time, "Time of a full iteration.";
    DROPPED_ITERATIONS = 4, Counter, Default, "Iterations that were due and never started.";
    ITERATION_LAG = 5, Trend, Time, "Time from when an iteration was due to its start.";
    CHECKS = 6, Rate, Default, "Outcomes of checks.";
    GROUP_DURATION = 7, Trend, Time, "Time of a group.";
    DATA_SENT = 8, Counter, Data, "Bytes sent on the wire.";
    DATA_RECEIVED = 9, Counter, Data, "Bytes received on the wire.";
    HTTP_REQS = 10, Counter, Default, "HTTP requests.";
    HTTP_REQ_FAILED = 11, Rate, Default, "Requests whose answer was not an expected one.";
    HTTP_REQ_DURATION = 12, Trend, Time, "Sending, waiting and receiving.";
    HTTP_REQ_BLOCKED = 13, Trend, Time, "From asking for a connection to having it.";
    HTTP_REQ_CONNECTING = 14, Trend, Time, "TCP connect.";
    HTTP_REQ_TLS_HANDSHAKING = 15, Trend, Time, "TLS handshake.";
    HTTP_REQ_SENDING = 16, Trend, Time, "Writing the request.";
    HTTP_REQ_WAITING = 17, Trend, Time, "From the request's last byte to the answer's first.";
    HTTP_REQ_RECEIVING = 18, Trend, Time, "From the answer's first byte to its last.";
    HTTP_REQ_RESPONSE_TIME = 19, Trend, Time, "From when the request was due to the end of its answer.";
    WS_SESSIONS = 20, Counter, Default, "WebSockets that were asked for.";
    WS_CONNECTING = 21, Trend, Time, "From asking for a WebSocket to having it.";
    WS_SESSION_DURATION = 22, Trend, Time, "From asking for a WebSocket to its end.";
    WS_MSGS_SENT = 23, Counter, Default, "Messages sent over WebSockets.";
    WS_MSGS_RECEIVED = 24, Counter, Default, "Messages received over WebSockets.";
    WS_PING = 25, Trend, Time, "From a ping to its pong.";
    HTTP_REQS_INTERRUPTED = 26, Counter, Default, "Requests that had been sent when their iteration was interrupted.";
    HTTP_REQS_RESENT = 27, Counter, Default, "How often requests were sent again, since their connection had been closed.";
    HTTP_REQS_NOT_SENT = 28, Counter, Default, "Requests that this machine could not send.";
    HTTP_REQS_NOT_KEPT = 29, Counter, Default, "Requests whose responses took more memory than this client gives them.";
    GRPC_REQ_DURATION = 30, Trend, Time, "From asking for a gRPC call to its end.";
    GRPC_STREAMS = 31, Counter, Default, "gRPC streams that were asked for.";
    GRPC_STREAMS_MSGS_SENT = 32, Counter, Default, "Messages sent over gRPC streams.";
    GRPC_STREAMS_MSGS_RECEIVED = 33, Counter, Default, "Messages received over gRPC streams.";
    SSE_STREAMS = 34, Counter, Default, "Streams of server-sent events that were asked for.";
    SSE_FIRST_BYTE = 35, Trend, Time, "From asking for a stream of events to its first byte.";
    SSE_FIRST_EVENT = 36, Trend, Time, "From asking for a stream of events to its first event.";
    SSE_EVENT_GAP = 37, Trend, Time, "Between two events of a stream.";
    SSE_EVENTS = 38, Counter, Default, "Events received.";
    SSE_STREAM_DURATION = 39, Trend, Time, "From asking for a stream of events to its end.";
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
