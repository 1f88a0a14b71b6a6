//! Failures are foreseen where a threshold that held asks for them: one that would not hold without them.
//!
//! `http_reqs{error_code:1701}: count>0`, `http_reqs{status:503}: count>=10` and `http_req_failed{name:closed}: rate>0.9` ask
//! for failures. `http_reqs: count>0` does not, since it holds as well of requests that succeed, nor does
//! `http_req_failed: rate<=1`, which holds where nothing fails.

use flashcrowd_metrics::names::{dynamodb, metric, tag};
use flashcrowd_metrics::{Selector, Threshold};
use flashcrowd_record::{MetricResult, Results, Row};

/// The metrics of requests, and those of calls, whose samples say that something failed.
const FAILED_REQUESTS: &str = metric::HTTP_REQ_FAILED;
const FAILED_CALLS: [&str; 3] = [dynamodb::FAILED, dynamodb::ERRORS, dynamodb::GAVE_UP];

/// The metrics that count requests of any outcome.
const REQUESTS: [&str; 2] = [metric::HTTP_REQS, metric::WS_SESSIONS];

/// The tags that rows of requests are split by.
const SPLIT: [&str; 6] = [tag::SCENARIO, tag::GROUP, tag::NAME, tag::METHOD, tag::STATUS, tag::ERROR_CODE];

/// Whether a threshold holds only where something fails.
pub fn asks_for_failures(selector: &Selector, threshold: &Threshold) -> bool {
    let name = selector.metric.as_str();
    let of_failures = name == FAILED_REQUESTS
        || FAILED_CALLS.contains(&name)
        || (REQUESTS.contains(&name) && selector.tags.iter().any(|(key, value)| is_of_failures(key, value)));
    of_failures && !threshold.op.holds(0.0, threshold.value)
}

/// Whether only requests that failed carry this tag.
fn is_of_failures(key: &str, value: &str) -> bool {
    match key {
        tag::STATUS => value == "0" || value.parse().is_ok_and(|status: u16| status >= 400),
        tag::EXPECTED_RESPONSE => value == "false",
        tag::ERROR | tag::ERROR_CODE => true,
        _ => false,
    }
}

/// What thresholds that held ask for.
pub(super) struct Foreseen<'a> {
    asking: Vec<(Selector, &'a MetricResult)>,
}

impl<'a> Foreseen<'a> {
    /// Takes it out of the results.
    pub(super) fn of(results: &'a Results) -> Self {
        let asking = results.metrics.iter().filter_map(|metric| {
            let selector = Selector::parse(&metric.name).ok()?;
            let mut held = metric.thresholds.iter().filter(|one| one.ok);
            let asks = held.any(|one| {
                Threshold::parse(&one.source).is_ok_and(|threshold| asks_for_failures(&selector, &threshold))
            });
            (asks && metric.samples > 0).then_some((selector, metric))
        });
        Self { asking: asking.collect() }
    }

    /// Whether the requests of a row are judged by one of them.
    pub(super) fn has(&self, row: &Row) -> bool {
        let selects = |selector: &Selector| {
            is_by_row(selector) && selector.tags.iter().all(|(key, value)| row.tags.get(key) == Some(value))
        };
        self.asking.iter().any(|(selector, _)| selects(selector))
    }

    /// How many failed requests of those are foreseen that rows do not tell apart, by tags of a script for example.
    pub(super) fn other_requests(&self) -> f64 {
        let others =
            self.asking.iter().filter(|(selector, _)| !is_by_row(selector) && !is_of_calls(selector));
        others.map(|(_, metric)| count(metric)).sum()
    }

    /// How many failed calls of DynamoDB are foreseen.
    pub(super) fn calls(&self) -> f64 {
        self.asking
            .iter()
            .filter(|(selector, _)| is_of_calls(selector))
            .map(|(_, metric)| count(metric))
            .sum()
    }
}

fn is_of_calls(selector: &Selector) -> bool {
    FAILED_CALLS.contains(&selector.metric.as_str())
}

fn is_by_row(selector: &Selector) -> bool {
    !is_of_calls(selector) && selector.tags.iter().all(|(key, _)| SPLIT.contains(&key.as_str()))
}

/// How many failures a metric has counted.
fn count(metric: &MetricResult) -> f64 {
    metric.stats.get("passes").unwrap_or_else(|| metric.stats.value("count"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_asks_for_failures_if_it_does_not_hold_without_them() {
        for (metric, threshold, expected) in [
            ("http_reqs{error_code:1701}", "count==10", true),
            ("http_reqs{error_code:1701}", "count>0", true),
            ("http_reqs{error_code:1701}", "rate>0", true),
            ("http_reqs{error_code:1701}", "count!=0", true),
            ("http_reqs{error_code:1701}", "count<10", false),
            ("http_reqs{error_code:1701}", "count>=0", false),
            ("http_reqs{error_code:1701}", "count==0", false),
            ("http_reqs{status:0}", "count>0", true),
            ("http_reqs{status:503,name:pay}", "count>0", true),
            ("http_reqs{status:200}", "count>0", false),
            ("http_reqs{name:pay}", "count>0", false),
            ("http_reqs{expected_response:false}", "count>0", true),
            ("http_reqs{expected_response:true}", "count>0", false),
            ("http_reqs{error:EOF}", "count>0", true),
            ("http_reqs", "count>0", false),
            ("http_req_failed", "rate>0.9", true),
            ("http_req_failed{name:pay}", "rate==1", true),
            ("http_req_failed", "rate<=1", false),
            ("ws_sessions{status:403}", "count>0", true),
            ("dynamodb_failed", "rate>0.5", true),
            ("dynamodb_errors{code:AccessDeniedException}", "count>0", true),
            ("checks", "rate>0.9", false),
            ("iterations", "count>0", false),
        ] {
            let (selector, parsed) = (Selector::parse(metric).unwrap(), Threshold::parse(threshold).unwrap());
            assert_eq!(asks_for_failures(&selector, &parsed), expected, "{metric}: {threshold}");
        }
    }
}
