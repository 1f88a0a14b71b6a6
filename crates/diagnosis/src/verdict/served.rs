//! What was served is how many of the requests of the load were answered, and how many of these as they should be.

use std::collections::BTreeMap;

use flashcrowd_metrics::names::{self, metric};
use flashcrowd_record::{Results, Row};

use super::foreseen::Foreseen;
use crate::dynamodb::{CALLS, CONDITION_FAILED, SERVED};

/// Below this share of successes, hardly anything was served.
const HARDLY: f64 = 0.01;

/// Statuses that are the answer of a shop that works: the balance is too low, it is sold out.
const REFUSALS: [&str; 3] = ["402", "409", "410"];

/// Codes of gRPC for calls that nobody answered: too late, not reachable.
const GRPC_SILENCE: [&str; 2] = ["4", "14"];

/// Codes of gRPC for what was served: success, and the answers of a shop that works: it is there already, sold out, or
/// another was faster.
const GRPC_SERVED: [&str; 4] = ["0", "6", "9", "10"];

/// The groups of requests that are no part of the load.
const BESIDE: [&str; 2] = ["::setup", "::teardown"];

/// How many requests of the load were answered, and how many were served. Those whose failure a threshold foresaw are left
/// out of both, and a response that was too large for this client to keep is one that was served.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Served {
    /// Requests, or calls of DynamoDB.
    pub(super) requests: f64,
    /// Of these, how many got an answer, whatever it was.
    pub(super) answered: f64,
    /// How many got the answer that they should, or were refused as a shop refuses that has no more.
    pub(super) served: f64,
    /// The code of most failures: a status, or an error code where there was no answer.
    pub(super) code: String,
    /// How many failed with it.
    pub(super) with_code: f64,
}

impl Served {
    /// Takes it out of the results.
    pub(super) fn of(results: &Results) -> Self {
        let sum = |name: &str| {
            results.metric(name).and_then(|metric| metric.stats.get("count")).unwrap_or_default()
        };
        let foreseen = Foreseen::of(results);
        let (mut served, left_out) = Self::by_rows(results, &foreseen);
        let all = sum(metric::HTTP_REQS);
        if served.requests + left_out < all - beside(results, metric::HTTP_REQS, "count") {
            // There were too many rows to keep: what is not in one is known as a whole only.
            let failed = results.metric(metric::HTTP_REQ_FAILED);
            let failed = failed.map(|failed| failed.stats.value("passes")).unwrap_or_default();
            (served.requests, served.answered) = (all - left_out, all);
            served.served = (all - failed).clamp(0.0, served.requests);
        }
        served.requests = (served.requests - foreseen.other_requests()).max(0.0);
        let not_kept = sum(metric::HTTP_REQS_NOT_KEPT);
        served.answered += not_kept;
        served.served = (served.served + not_kept).min(served.requests);
        if sum(CALLS) > 0.0 {
            // A throttled request is none that failed, and none that was served.
            served.requests = (sum(CALLS) - foreseen.calls()).max(0.0);
            served.served = (sum(SERVED) + sum(CONDITION_FAILED)).min(served.requests);
        }
        served
    }

    /// What rows say, and how many requests are left out of it, since thresholds foresaw that they fail.
    fn by_rows(results: &Results, foreseen: &Foreseen<'_>) -> (Self, f64) {
        let (mut served, mut codes) = (Self::default(), BTreeMap::<&str, f64>::new());
        let mut left_out = 0.0;
        for row in load(results) {
            let status = tag(row, names::tag::STATUS);
            if foreseen.has(row) {
                if row.metric == metric::HTTP_REQS {
                    left_out += row.stats.value("count");
                    served.answered += if status == "0" { 0.0 } else { row.stats.value("count") };
                }
                continue;
            }
            match row.metric.as_str() {
                metric::HTTP_REQS => {
                    let count = row.stats.value("count");
                    served.requests += count;
                    served.answered += if status == "0" { 0.0 } else { count };
                    served.served += count;
                }
                metric::WS_SESSIONS => {
                    // Asking for a WebSocket is a request; 101 is the answer that it should get.
                    let count = row.stats.value("count");
                    served.requests += count;
                    served.answered += if status == "0" { 0.0 } else { count };
                    served.served += if status == "101" { count } else { 0.0 };
                    if status != "101" {
                        *codes.entry(if status == "0" { "" } else { status }).or_default() += count;
                    }
                }
                metric::SSE_STREAMS => {
                    let count = row.stats.value("count");
                    served.requests += count;
                    served.answered += if status == "0" { 0.0 } else { count };
                    served.served += if status == "200" { count } else { 0.0 };
                    if status != "200" {
                        *codes.entry(if status == "0" { "" } else { status }).or_default() += count;
                    }
                }
                metric::GRPC_REQ_DURATION => {
                    let count = row.samples as f64;
                    served.requests += count;
                    served.answered += if GRPC_SILENCE.contains(&status) { 0.0 } else { count };
                    served.served += if GRPC_SERVED.contains(&status) { count } else { 0.0 };
                    if !GRPC_SERVED.contains(&status) {
                        *codes.entry(status).or_default() += count;
                    }
                }
                metric::HTTP_REQ_FAILED if !REFUSALS.contains(&status) => {
                    let failed = row.stats.value("passes");
                    let code = if status == "0" { tag(row, names::tag::ERROR_CODE) } else { status };
                    served.served -= failed;
                    *codes.entry(code).or_default() += failed;
                }
                _ => {}
            }
        }
        // Requests without an answer are no success, also where nobody counts failures.
        served.served = served.served.clamp(0.0, served.answered);
        if let Some((code, count)) = codes.into_iter().max_by(|one, other| one.1.total_cmp(&other.1)) {
            (served.code, served.with_code) = (code.to_owned(), count);
        }
        (served, left_out)
    }

    /// Whether requests were made and none was answered.
    pub(super) fn is_silent(&self) -> bool {
        self.requests > 0.0 && self.answered == 0.0
    }

    /// Whether hardly any request was served.
    pub(super) fn is_hardly_any(&self) -> bool {
        self.requests > 0.0 && self.served < HARDLY * self.requests
    }
}

/// The rows of requests that are part of the load.
fn load(results: &Results) -> impl Iterator<Item = &Row> {
    let requests = results.rows.iter().filter(|row| row.view == names::view::REQUESTS);
    requests.filter(|row| !is_beside(row))
}

/// What rows of setup and teardown add up to.
fn beside(results: &Results, metric: &str, stat: &str) -> f64 {
    let requests = results.rows.iter().filter(|row| row.view == names::view::REQUESTS);
    let beside = requests.filter(|row| row.metric == metric && is_beside(row));
    beside.map(|row| row.stats.value(stat)).sum()
}

fn is_beside(row: &Row) -> bool {
    let group = tag(row, names::tag::GROUP);
    BESIDE.iter().any(|other| group.starts_with(other))
}

fn tag<'a>(row: &'a Row, name: &str) -> &'a str {
    row.tags.get(name).map_or("", String::as_str)
}
