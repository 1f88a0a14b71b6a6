//! A view is how a run stands after a second, as the page shows it.

use flashcrowd_engine::{ScenarioProgress, ScenarioState};
use flashcrowd_metrics::names::metric;
use flashcrowd_record::{MetricResult, Results};
use flashcrowd_session::Second;
use serde_json::{Value, json};

use crate::point::Point;
use crate::requests::requests;

/// What the totals show of times, the first that was measured.
const TIMES: [&str; 3] = [metric::HTTP_REQ_DURATION, metric::GRPC_REQ_DURATION, metric::ITERATION_DURATION];

/// How a run stands.
pub(crate) fn view(second: &Second<'_>, results: &Results, point: &Point) -> Value {
    let (requests, failed) = requests(results);
    json!({
        "point": point,
        "vus": second.vus_active, "vusMax": second.vus_initialized,
        "scenarios": second.scenarios.iter().map(scenario).collect::<Vec<_>>(),
        "totals": totals(results),
        "requests": requests,
        "errors": failed,
        "thresholds": thresholds(results),
        "checks": checks(results),
    })
}

fn scenario(scenario: &ScenarioProgress) -> Value {
    let state = match scenario.state {
        ScenarioState::Waiting => "waiting",
        ScenarioState::Running => "running",
        ScenarioState::Stopping => "stopping",
        ScenarioState::Done => "done",
    };
    json!({
        "name": scenario.name, "executor": scenario.executor, "state": state, "progress": scenario.progress,
        "elapsed": scenario.elapsed.as_secs_f64(), "length": scenario.length.as_secs_f64(),
        "vus": scenario.vus_active, "vusMax": scenario.vus_max, "rate": scenario.rate,
        "completed": scenario.iterations.completed, "failed": scenario.iterations.failed,
        "interrupted": scenario.iterations.interrupted, "dropped": scenario.iterations.dropped,
        "planned": scenario.iterations.planned,
    })
}

/// The figures of the run so far, as the summary has them at the end.
fn totals(results: &Results) -> Value {
    let stat = |name: &str, stat: &str| metric(results, name).and_then(|metric| metric.stats.get(stat));
    let times = TIMES.iter().find_map(|name| metric(results, name).filter(|metric| metric.samples > 0));
    let time = |stat: &str| times.and_then(|times| times.stats.get(stat));
    json!({
        "seconds": results.seconds,
        "requests": stat(metric::HTTP_REQS, "count").or_else(|| stat(metric::GRPC_REQ_DURATION, "count")),
        "failed": stat(metric::HTTP_REQ_FAILED, "passes"),
        "iterations": stat(metric::ITERATIONS, "count"),
        "dropped": stat(metric::DROPPED_ITERATIONS, "count"),
        "sent": stat(metric::DATA_SENT, "count"), "received": stat(metric::DATA_RECEIVED, "count"),
        "times": times.map(|times| times.name.as_str()),
        "p50": time("med"), "p95": time("p(95)"), "p99": time("p(99)"), "avg": time("avg"), "max": time("max"),
    })
}

fn metric<'a>(results: &'a Results, name: &str) -> Option<&'a MetricResult> {
    results.metrics.iter().find(|metric| metric.name == name)
}

fn thresholds(results: &Results) -> Vec<Value> {
    let of = |metric: &MetricResult| {
        let name = metric.name.clone();
        metric
            .thresholds
            .iter()
            .map(move |one| json!({ "metric": name, "source": one.source, "ok": one.ok, "value": one.value }))
            .collect::<Vec<_>>()
    };
    results.metrics.iter().flat_map(of).collect()
}

fn checks(results: &Results) -> Vec<Value> {
    let checks = results.root_group.all_checks();
    checks
        .into_iter()
        .take(200)
        .map(|check| json!({ "name": check.name, "passes": check.passes, "fails": check.fails }))
        .collect()
}
