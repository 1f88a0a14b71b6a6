//! A timeline line is what happened in one interval of a run; the timeline of a record is a file of them.

use std::collections::BTreeMap;
use std::time::Duration;

use flashcrowd_metrics::{SinkKey, Totals};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::stats::Stats;

/// The views whose rows the timeline keeps: what is asked of single requests over time.
const VIEWS: [&str; 1] = ["requests"];

/// What happened in one interval.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TimelineLine {
    /// Seconds from the start of the run to the end of the interval.
    pub t: f64,
    /// The interval's length in seconds.
    pub interval: f64,
    /// Metrics and sub-metrics that had samples, as [`Stats::of_interval`] keeps them.
    pub metrics: IndexMap<String, Stats>,
    /// How far each scenario is.
    pub scenarios: Vec<ScenarioProgress>,
    /// Rows of the view `requests` that had samples.
    pub rows: Vec<TimelineRow>,
    /// What the load cost this process.
    pub process: Option<ProcessUse>,
}

/// How far a scenario is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScenarioProgress {
    /// Its name.
    pub name: String,
    /// From 0 to 1.
    pub progress: f64,
    /// Active virtual users.
    pub vus: u64,
    /// Virtual users that it has, active or not.
    pub max_vus: u64,
    /// Finished iterations since its start.
    pub iterations: u64,
    /// Iterations that were due and never started, since its start.
    pub dropped: u64,
}

/// The part of a metric in one interval whose samples share some tags.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimelineRow {
    /// The view's name.
    pub view: String,
    /// The tags that make the row.
    pub tags: BTreeMap<String, String>,
    /// The metric's name.
    pub metric: String,
    /// Its numbers.
    pub stats: Stats,
}

/// What the load cost this process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProcessUse {
    /// Processor seconds since the start of the process.
    pub cpu_seconds: f64,
    /// Memory in use, in bytes.
    pub rss_bytes: u64,
}

impl TimelineLine {
    /// What the totals hold of their last interval, which ended `elapsed` after the start of the run.
    pub fn collect(totals: &Totals, elapsed: Duration, interval: Duration) -> Self {
        let plan = totals.plan();
        let mut line = Self { t: elapsed.as_secs_f64(), interval: interval.as_secs_f64(), ..Self::default() };
        for (key, _, sink) in totals.iter().filter(|(_, _, sink)| !sink.is_empty()) {
            let stats = || Stats::of_interval(sink);
            match key {
                SinkKey::Metric(metric) => {
                    line.metrics.insert(plan.registry.get(*metric).name.to_string(), stats());
                }
                SinkKey::Sub(sub) => {
                    line.metrics.insert(plan.subs[*sub].name.clone(), stats());
                }
                SinkKey::Row { view, metric, tags } if VIEWS.contains(&plan.views[*view].name) => {
                    line.rows.push(TimelineRow {
                        view: plan.views[*view].name.to_owned(),
                        tags: tags.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
                        metric: plan.registry.get(*metric).name.to_string(),
                        stats: stats(),
                    });
                }
                SinkKey::Row { .. } => {}
            }
        }
        line
    }

    /// A number of a metric in this interval; none when it had no samples.
    pub fn stat(&self, metric: &str, stat: &str) -> Option<f64> {
        self.metrics.get(metric)?.get(stat)
    }
}
