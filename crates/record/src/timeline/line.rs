//! A timeline line is what happened in one interval of a run; the timeline of a record is a file of them.

use std::time::Duration;

use flashcrowd_metrics::{Builtin, MetricId, Sink, SinkKey, Totals, Trend};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::search::SearchSecond;
use crate::shared::{RowTags, Seen, SharedText};
use crate::stats::Stats;

/// The views whose rows the timeline keeps: what is asked of single requests, and of tables, over time.
const VIEWS: [&str; 2] = ["requests", "dynamodb"];

/// The metrics of requests whose distributions the timeline keeps.
const DISTRIBUTED: [MetricId; 2] = [Builtin::HTTP_REQ_DURATION, Builtin::HTTP_REQ_RESPONSE_TIME];

/// Durations are counted in buckets whose bounds grow by this factor: the middle of one is within 0.9 % of all in it.
const BUCKET: f64 = 1.018;
/// Shorter durations, in microseconds, are counted as they are.
const COUNTED_EXACTLY: u64 = 128;

/// What happened in one interval.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TimelineLine {
    /// Seconds from the start of the run to the end of the interval.
    pub t: f64,
    /// The interval's length in seconds.
    pub interval: f64,
    /// Seconds from the end of setup to the end of the interval, by which phases count; none before that.
    #[serde(default)]
    pub load: Option<f64>,
    /// Seconds from the end of setup to the end of the last scenario; none before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_ended: Option<f64>,
    /// Metrics and sub-metrics that had samples, as [`Stats::of_interval`] keeps them.
    pub metrics: IndexMap<String, Stats>,
    /// How far each scenario is.
    pub scenarios: Vec<ScenarioProgress>,
    /// Rows of the views `requests` and `dynamodb` that had samples.
    pub rows: Vec<TimelineRow>,
    /// What the load cost this process.
    pub process: Option<ProcessUse>,
    /// The distribution of `http_req_duration` as (microseconds, requests), ascending, within 1 % or a microsecond.
    /// The buckets are the same in all intervals, so that intervals can be merged.
    #[serde(default)]
    pub durations: Vec<(u64, u64)>,
    /// That of `http_req_response_time`; empty where requests have no due times.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub response_times: Vec<(u64, u64)>,
    /// What the target said of itself at the end of the interval, by series: `process_resident_memory_bytes`.
    #[serde(default)]
    pub target: IndexMap<String, f64>,
    /// How old these values were at the end of the interval, in seconds, and how many of them were, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub target_ages: Vec<(f64, usize)>,
    /// What a search measured; none where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<SearchSecond>,
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
    /// How many iterations should start a second now; none where virtual users loop.
    #[serde(default)]
    pub rate: Option<f64>,
}

/// The part of a metric in one interval whose samples share some tags.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimelineRow {
    /// The view's name.
    pub view: SharedText,
    /// The tags that make the row.
    pub tags: RowTags,
    /// The metric's name.
    pub metric: SharedText,
    /// Its numbers.
    pub stats: Stats,
    /// The distribution of `http_req_duration` or `http_req_response_time`, as [`TimelineLine::durations`]; empty for
    /// other metrics.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub durations: Vec<(u64, u64)>,
}

/// What the load cost this process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProcessUse {
    /// Processor seconds since the start of the process.
    pub cpu_seconds: f64,
    /// Memory in use, in bytes.
    pub rss_bytes: u64,
    /// What the worker threads had of the processors in the interval; none where the system does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workers: Option<WorkersUse>,
}

/// What the worker threads had of the processors in an interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WorkersUse {
    /// The share of one processor that the busiest thread used.
    pub busiest: f64,
    /// The share of the time that the thread which waited most for a processor was kept waiting by others.
    pub waited: f64,
    /// The share of the time in which a control group's quota held the process up.
    pub throttled: f64,
    /// How long the thread that stood still most did so, in seconds.
    pub stalled: f64,
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
                    let durations = match sink {
                        Sink::Trend(trend) if DISTRIBUTED.contains(metric) => durations(trend),
                        _ => Vec::new(),
                    };
                    line.rows.push(TimelineRow {
                        view: plan.views[*view].name.into(),
                        tags: tags.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
                        metric: (*plan.registry.get(*metric).name).into(),
                        stats: stats(),
                        durations,
                    });
                }
                SinkKey::Row { .. } => {}
            }
        }
        let distribution = |metric| match totals.interval(&SinkKey::Metric(metric)) {
            Some(Sink::Trend(trend)) => durations(trend),
            _ => Vec::new(),
        };
        line.durations = distribution(Builtin::HTTP_REQ_DURATION);
        line.response_times = distribution(Builtin::HTTP_REQ_RESPONSE_TIME);
        line
    }

    /// Shares what lines before had too, and gives back what was set aside for more.
    pub(crate) fn keep_little(&mut self, seen: &mut Seen) {
        for row in &mut self.rows {
            seen.share_text(&mut row.view);
            seen.share_text(&mut row.metric);
            seen.share_tags(&mut row.tags);
            row.durations.shrink_to_fit();
        }
        self.rows.shrink_to_fit();
        self.durations.shrink_to_fit();
        self.response_times.shrink_to_fit();
    }

    /// Whether any of the load is in this interval, and not setup or teardown alone. All is, where nobody counted.
    pub fn has_load(&self) -> bool {
        match (self.load, self.load_ended) {
            (Some(now), Some(ended)) => now - self.interval < ended,
            _ => true,
        }
    }

    /// A number of a metric in this interval; none when it had no samples.
    pub fn stat(&self, metric: &str, stat: &str) -> Option<f64> {
        self.metrics.get(metric)?.get(stat)
    }
}

/// The distribution of a trend of milliseconds as (microseconds, count) pairs.
fn durations(trend: &Trend) -> Vec<(u64, u64)> {
    let mut durations: Vec<(u64, u64)> = Vec::new();
    for (ms, count) in trend.buckets() {
        let us = bucket((ms * 1000.0).round() as u64);
        match durations.last_mut() {
            Some(last) if last.0 == us => last.1 += count,
            _ => durations.push((us, count)),
        }
    }
    durations
}

/// The middle of the bucket that a duration is counted in.
fn bucket(us: u64) -> u64 {
    if us < COUNTED_EXACTLY {
        return us;
    }
    let at = ((us as f64).ln() / BUCKET.ln()).round();
    BUCKET.powf(at).round() as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: u64 = 3_600_000_000;

    fn trend(ms: impl IntoIterator<Item = f64>) -> Trend {
        let mut trend = Trend::default();
        ms.into_iter().for_each(|ms| trend.add(ms));
        trend
    }

    #[test]
    fn durations_near_each_other_are_counted_together() {
        let values = [0.0, 0.0, 0.0004, 0.127, 4.95, 4.96, 4.97, 9.0 * HOUR as f64 / 1000.0, f64::INFINITY];
        let durations = durations(&trend(values));
        assert_eq!(durations[..3], [(0, 3), (127, 1), (4962, 3)]);
        assert!(durations[3].0.abs_diff(9 * HOUR) < 9 * HOUR / 100);
        assert_eq!(durations[4], (u64::MAX, 1));
    }

    #[test]
    fn a_thousand_requests_of_all_kinds_fit_in_three_kilobytes() {
        // A normal distribution of logarithms, by the sum of uniform ones: p50 at 50 ms, p99 ten times that.
        let random =
            |i: u64| f64::from((i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as u32) / f64::from(1 << 24);
        let latency = |i: u64| {
            let normal: f64 = (0..12).map(|n| random(i * 12 + n)).sum::<f64>() - 6.0;
            50.0 * normal.exp()
        };
        let durations = durations(&trend((0..1000).map(latency)));
        let text = serde_json::to_string(&durations).unwrap();
        assert_eq!(durations.iter().map(|(_, count)| count).sum::<u64>(), 1000);
        assert!((1000..3000).contains(&text.len()), "{} bytes", text.len());
    }

    proptest! {
        #[test]
        fn a_bucket_is_near_all_in_it_and_holds_its_middle(us in prop_oneof![0..2000u64, 0..100 * HOUR], more in 1..1000u64) {
            let middle = bucket(us);
            prop_assert!(middle.abs_diff(us) as f64 <= us as f64 * 0.009 + 0.5, "{us} {middle}");
            prop_assert_eq!(bucket(middle), middle);
            prop_assert!(bucket(us + more) >= middle);
        }
    }
}
