//! A view is how a run stands after a second, as the page and the terminal show it.

use flashcrowd_engine::{ScenarioProgress, ScenarioState};
use flashcrowd_metrics::names::metric;
use flashcrowd_record::{MetricResult, Results};
use flashcrowd_session::Second;
use serde::Serialize;

use crate::point::{Point, TIMES};
use crate::requests::{Failed, Request, requests};

/// How many checks are shown.
const MOST_CHECKS: usize = 200;

/// How a run stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct View {
    /// What was measured in its last second.
    pub point: Point,
    /// Active virtual users.
    pub vus: u64,
    /// Virtual users that are initialized.
    pub vus_max: u64,
    /// Where every scenario stands.
    pub scenarios: Vec<ScenarioView>,
    /// The figures of the run so far, as the summary has them at the end.
    pub totals: Totals,
    /// All requests of the load, those that were made most first.
    pub requests: Vec<Request>,
    /// How requests failed.
    pub errors: Vec<Failed>,
    /// All thresholds, as they stand.
    pub thresholds: Vec<ThresholdView>,
    /// The checks, some 200 at most.
    pub checks: Vec<CheckView>,
}

/// Where a scenario stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScenarioView {
    /// Its name.
    pub name: String,
    /// The name of its executor.
    pub executor: &'static str,
    /// `waiting`, `running`, `stopping` or `done`.
    pub state: &'static str,
    /// Its progress, 0 to 1.
    pub progress: f64,
    /// The time since it started, in seconds.
    pub elapsed: f64,
    /// How long iterations may start, in seconds.
    pub length: f64,
    /// Active virtual users.
    pub vus: u64,
    /// Its largest number of virtual users.
    pub vus_max: u64,
    /// Iterations a second that are due, of an arrival rate.
    pub rate: Option<f64>,
    /// Iterations that ran to their end.
    pub completed: u64,
    /// Iterations of these that failed.
    pub failed: u64,
    /// Iterations that were interrupted.
    pub interrupted: u64,
    /// Iterations that were due and never started.
    pub dropped: u64,
    /// How many iterations it is to make, if that is known.
    pub planned: Option<u64>,
}

/// The figures of a run so far; none where nothing of the kind was measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Totals {
    /// How long the run has been measured.
    pub seconds: f64,
    /// Requests.
    pub requests: Option<f64>,
    /// Requests that failed.
    pub failed: Option<f64>,
    /// Iterations.
    pub iterations: Option<f64>,
    /// Iterations that were due and never started.
    pub dropped: Option<f64>,
    /// Bytes sent.
    pub sent: Option<f64>,
    /// Bytes received.
    pub received: Option<f64>,
    /// The metric that the times are of.
    pub times: Option<String>,
    /// The median in milliseconds.
    pub p50: Option<f64>,
    /// The 95th percentile in milliseconds.
    pub p95: Option<f64>,
    /// The 99th percentile in milliseconds.
    pub p99: Option<f64>,
    /// The average in milliseconds.
    pub avg: Option<f64>,
    /// The largest in milliseconds.
    pub max: Option<f64>,
}

/// A threshold as it stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ThresholdView {
    /// Its metric.
    pub metric: String,
    /// What it says.
    pub source: String,
    /// Whether it holds.
    pub ok: bool,
    /// What it was compared with, once something was measured.
    pub value: Option<f64>,
}

/// A check so far.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckView {
    /// Its name.
    pub name: String,
    /// How often it held.
    pub passes: u64,
    /// How often it did not.
    pub fails: u64,
}

impl View {
    /// How a run stands after a second.
    pub(crate) fn of(second: &Second<'_>, results: &Results, point: &Point) -> Self {
        let (requests, errors) = requests(results);
        let (vus, vus_max) = second.vus();
        Self {
            point: point.clone(),
            vus,
            vus_max,
            scenarios: second.scenarios().iter().map(ScenarioView::of).collect(),
            totals: Totals::of(results),
            requests,
            errors,
            thresholds: results.metrics.iter().flat_map(thresholds).collect(),
            checks: checks(results),
        }
    }
}

impl ScenarioView {
    fn of(scenario: &ScenarioProgress) -> Self {
        Self {
            name: scenario.name.clone(),
            executor: scenario.executor,
            state: match scenario.state {
                ScenarioState::Waiting => "waiting",
                ScenarioState::Running => "running",
                ScenarioState::Stopping => "stopping",
                ScenarioState::Done => "done",
            },
            progress: scenario.progress,
            elapsed: scenario.elapsed.as_secs_f64(),
            length: scenario.length.as_secs_f64(),
            vus: scenario.vus_active,
            vus_max: scenario.vus_max,
            rate: scenario.rate,
            completed: scenario.iterations.completed,
            failed: scenario.iterations.failed,
            interrupted: scenario.iterations.interrupted,
            dropped: scenario.iterations.dropped,
            planned: scenario.iterations.planned,
        }
    }
}

impl Totals {
    fn of(results: &Results) -> Self {
        let stat = |name: &str, stat: &str| metric(results, name).and_then(|metric| metric.stats.get(stat));
        let times = TIMES.iter().find_map(|name| metric(results, name).filter(|metric| metric.samples > 0));
        let time = |stat: &str| times.and_then(|times| times.stats.get(stat));
        Self {
            seconds: results.seconds,
            requests: stat(metric::HTTP_REQS, "count").or_else(|| stat(metric::GRPC_REQ_DURATION, "count")),
            failed: stat(metric::HTTP_REQ_FAILED, "passes"),
            iterations: stat(metric::ITERATIONS, "count"),
            dropped: stat(metric::DROPPED_ITERATIONS, "count"),
            sent: stat(metric::DATA_SENT, "count"),
            received: stat(metric::DATA_RECEIVED, "count"),
            times: times.map(|times| times.name.to_string()),
            p50: time("med"),
            p95: time("p(95)"),
            p99: time("p(99)"),
            avg: time("avg"),
            max: time("max"),
        }
    }
}

fn metric<'a>(results: &'a Results, name: &str) -> Option<&'a MetricResult> {
    results.metrics.iter().find(|metric| metric.name == name)
}

fn thresholds(metric: &MetricResult) -> impl Iterator<Item = ThresholdView> + '_ {
    metric.thresholds.iter().map(|one| ThresholdView {
        metric: metric.name.to_string(),
        source: one.source.to_string(),
        ok: one.ok,
        value: one.value,
    })
}

fn checks(results: &Results) -> Vec<CheckView> {
    let checks = results.root_group.all_checks();
    let shown = checks.into_iter().take(MOST_CHECKS);
    shown
        .map(|check| CheckView { name: check.name.to_string(), passes: check.passes, fails: check.fails })
        .collect()
}
