//! Thresholds are evaluated once a second, and at the end, when those without samples count too.

use std::sync::Arc;
use std::time::Duration;

use flashcrowd_metrics::{Sink, SinkKey, Threshold, Totals};

use super::controller::{Controller, Decision};
use super::observer::Tick;
use super::test::{TestConfig, ThresholdResult, ThresholdSpec};
use crate::abort::AbortReason;

/// Every expression that can be judged; at the `last` look that is each of them.
pub(super) fn evaluate(
    specs: &[ThresholdSpec],
    totals: &Totals,
    elapsed: Duration,
    last: bool,
) -> Vec<ThresholdResult> {
    let mut results = Vec::new();
    for spec in specs {
        let Some(sink) = sink(spec, totals, last) else { continue };
        results.extend(spec.thresholds.iter().map(|threshold| ThresholdResult {
            metric: spec.metric.clone(),
            source: threshold.source.clone(),
            passed: threshold.holds(&sink, elapsed.as_secs_f64()),
        }));
    }
    results
}

/// Ends a run when a threshold with abortOnFail fails: the first controller of every run.
pub(super) struct AbortOnFail(pub(super) Arc<TestConfig>);

impl Controller for AbortOnFail {
    fn on_tick(&mut self, tick: &Tick<'_>) -> Decision {
        if tick.last {
            return Decision::Continue;
        }
        let failed = to_abort(&self.0.thresholds, tick.totals, tick.elapsed);
        if failed.is_empty() { Decision::Continue } else { Decision::Abort(AbortReason::Threshold(failed)) }
    }
}

/// The metrics whose thresholds end the test now.
fn to_abort(specs: &[ThresholdSpec], totals: &Totals, elapsed: Duration) -> Vec<String> {
    let failing = |spec: &&ThresholdSpec| {
        let Some(sink) = sink(spec, totals, false) else { return false };
        let due = |threshold: &&Threshold| {
            threshold.abort_on_fail && (threshold.delay_abort.is_zero() || elapsed > threshold.delay_abort)
        };
        spec.thresholds.iter().filter(due).any(|threshold| !threshold.holds(&sink, elapsed.as_secs_f64()))
    };
    specs.iter().filter(failing).map(|spec| spec.metric.clone()).collect()
}

fn sink<'a>(spec: &ThresholdSpec, totals: &'a Totals, last: bool) -> Option<std::borrow::Cow<'a, Sink>> {
    use std::borrow::Cow;
    match totals.get(&spec.key).filter(|sink| !sink.is_empty()) {
        Some(sink) => Some(Cow::Borrowed(sink)),
        None if !last => None,
        None => {
            let plan = totals.plan();
            let metric = match &spec.key {
                SinkKey::Metric(metric) | SinkKey::Row { metric, .. } => *metric,
                SinkKey::Sub(sub) => plan.subs.get(*sub)?.metric,
            };
            Some(Cow::Owned(Sink::new(plan.registry.get(metric).kind)))
        }
    }
}
