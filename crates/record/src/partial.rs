//! The results of a run that was killed are what its timeline adds up to.

use std::collections::BTreeMap;

use flashcrowd_metrics::names::view;
use flashcrowd_metrics::{Contains, Gauge, Kind, Rate, Registry, Sink};
use indexmap::IndexMap;
use serde_json::Value;

use super::by_request::request_of;
use super::reader::Record;
use super::timeline::TimelineLine;
use crate::results::{FORMAT_VERSION, LoadResult, MetricResult, Outcome, Results, Row, RunState};
use crate::stats::Stats;
use flashcrowd_text::TimeUnit;

use crate::summary_options::SummaryOptions;

/// The metric whose distribution the timeline keeps.
const DISTRIBUTED: &str = "http_req_duration";

impl Record {
    /// What the timeline of a run that was killed adds up to; its state is [`RunState::Cut`]. Percentiles are known
    /// of `http_req_duration` alone, of all requests and of each, and left out elsewhere; so are checks, groups, thresholds and what
    /// `setup()` returned. The samples of counters and gauges are the intervals that had any.
    pub fn partial(&self) -> Results {
        let seconds = self.timeline.last().map_or(0.0, |line| line.t);
        let summary = summary_options(&self.run.options);
        let kept = Kept::of(&self.timeline);
        Results {
            version: FORMAT_VERSION,
            tool: self.run.tool.clone(),
            test: self.run.test.clone(),
            options: self.run.options.clone(),
            start: self.run.start.clone(),
            seconds,
            outcome: Outcome {
                state: RunState::Cut,
                exit_code: Outcome::NO_EXIT_CODE,
                reason: Some(format!("the run was cut short: its record ends after {seconds:.1} s")),
                ..Outcome::default()
            },
            load: self.partial_load(&summary),
            metrics: kept.metrics(seconds, &summary),
            rows: kept.rows(seconds, &summary),
            summary,
            ..Results::default()
        }
    }
}

impl Record {
    /// What the intervals of load add up to; none where there are no others.
    fn partial_load(&self, summary: &SummaryOptions) -> Option<LoadResult> {
        let is_load = |line: &&TimelineLine| line.load.is_some() && line.has_load();
        let lines: Vec<&TimelineLine> = self.timeline.iter().filter(is_load).collect();
        if lines.is_empty() || lines.len() == self.timeline.len() {
            return None;
        }
        let ended = self.timeline.iter().rev().find_map(|line| line.load_ended);
        let seconds = ended.or(lines.last().and_then(|line| line.load)).unwrap_or_default();
        let metrics = Kept::of(lines).metrics(seconds, summary);
        Some(LoadResult { seconds, metrics })
    }
}

/// What the summary of the run would have shown, by its options.
fn summary_options(options: &Value) -> SummaryOptions {
    let stats = options["summaryTrendStats"].as_array();
    let names = stats.map(|all| all.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    let unit = options["summaryTimeUnit"].as_str().and_then(TimeUnit::parse);
    let names: Vec<String> = names.unwrap_or_else(|| SummaryOptions::default().trend_stats);
    SummaryOptions::new(names, unit).unwrap_or_default()
}

/// The view, tags and metric of a row.
type RowKey<'a> = (&'a str, &'a BTreeMap<String, String>, &'a str);

/// Everything that the lines of a timeline add up to, in the order it was first seen.
#[derive(Debug, Default)]
struct Kept<'a> {
    metrics: IndexMap<&'a str, Sum>,
    rows: IndexMap<RowKey<'a>, Part>,
    durations: Durations,
}

/// A row, added up, with its distribution where the timeline keeps one.
#[derive(Clone, Debug)]
struct Part {
    sum: Sum,
    durations: Durations,
}

impl<'a> Kept<'a> {
    fn of(timeline: impl IntoIterator<Item = &'a TimelineLine>) -> Self {
        let mut kept = Self::default();
        for (at, line) in (1..).zip(timeline) {
            for (name, stats) in &line.metrics {
                let Some(sum) = Sum::of_interval(stats, at) else { continue };
                kept.metrics.entry(name).and_modify(|kept| kept.merge(&sum)).or_insert(sum);
            }
            for row in &line.rows {
                let Some(sum) = Sum::of_interval(&row.stats, at) else { continue };
                let key = (&*row.view, &*row.tags, &*row.metric);
                let part = kept
                    .rows
                    .entry(key)
                    .and_modify(|part| part.sum.merge(&sum))
                    .or_insert_with(|| Part { sum, durations: Durations::default() });
                row.durations.iter().for_each(|(us, count)| part.durations.add(*us, *count));
            }
            line.durations.iter().for_each(|(us, count)| kept.durations.add(*us, *count));
        }
        kept
    }

    /// The times of each request, by its tags.
    fn requests(&self) -> BTreeMap<BTreeMap<String, String>, Part> {
        let mut found: BTreeMap<BTreeMap<String, String>, Part> = BTreeMap::new();
        for ((view, tags, metric), part) in &self.rows {
            let is_timed = *view == view::REQUESTS && *metric == DISTRIBUTED;
            let Some(request) = request_of(tags).filter(|_| is_timed) else { continue };
            found.entry(request).and_modify(|sum| sum.merge(part)).or_insert_with(|| part.clone());
        }
        found
    }

    fn metrics(&self, seconds: f64, summary: &SummaryOptions) -> Vec<MetricResult> {
        let registry = Registry::new();
        let mut results: Vec<MetricResult> = Vec::with_capacity(self.metrics.len());
        for (name, sum) in &self.metrics {
            let distribution = Some(&self.durations).filter(|_| *name == DISTRIBUTED);
            let parent = name.split_once('{').map(|(parent, _)| parent);
            results.push(MetricResult {
                name: (*name).to_owned(),
                kind: sum.kind(),
                contains: contains(&registry, name),
                parent: parent.map(str::to_owned),
                stats: sum.stats(seconds, summary, distribution),
                samples: sum.samples(),
                thresholds: Vec::new(),
            });
        }
        results.sort_by_cached_key(|metric| {
            let family = metric.parent.as_deref().unwrap_or(&metric.name);
            let first_seen = self.metrics.get_index_of(family);
            (place(&registry, family), first_seen, metric.parent.is_some())
        });
        results
    }

    fn rows(&self, seconds: f64, summary: &SummaryOptions) -> Vec<Row> {
        let registry = Registry::new();
        let row = |view: &str, tags: &BTreeMap<String, String>, metric: &str, part: &Part| Row {
            view: view.to_owned(),
            tags: tags.clone(),
            metric: metric.to_owned(),
            kind: part.sum.kind(),
            contains: contains(&registry, metric),
            stats: part.sum.stats(seconds, summary, Some(&part.durations)),
            samples: part.sum.samples(),
        };
        let mut rows: Vec<Row> =
            self.rows.iter().map(|((view, tags, metric), part)| row(view, tags, metric, part)).collect();
        rows.sort_by_cached_key(|row| (row.view.clone(), row.tags.clone(), place(&registry, &row.metric)));
        rows.extend(
            self.requests().iter().map(|(tags, part)| row(view::BY_REQUEST, tags, DISTRIBUTED, part)),
        );
        rows
    }
}

impl Part {
    fn merge(&mut self, other: &Self) {
        self.sum.merge(&other.sum);
        other.durations.counts.iter().for_each(|(us, count)| self.durations.add(*us, *count));
    }
}

/// The unit of a built-in metric; of others the timeline does not tell.
fn contains(registry: &Registry, name: &str) -> Contains {
    let family = name.split('{').next().unwrap_or(name);
    registry.find(family).map_or(Contains::Default, |metric| metric.contains)
}

/// Built-in metrics stand before all others.
fn place(registry: &Registry, name: &str) -> usize {
    registry.find(name).map_or(usize::MAX, |metric| metric.id.index())
}

/// A metric or row, added up over intervals.
#[derive(Clone, Debug)]
enum Sum {
    /// All that is ever known of it.
    Sink(Sink),
    /// A trend without its distribution.
    Trend { count: f64, sum: f64, min: f64, max: f64 },
}

impl Sum {
    /// Reads what [`Stats::of_interval`] wrote in the interval of that number.
    fn of_interval(stats: &Stats, interval: u64) -> Option<Self> {
        let stat = |name| stats.get(name);
        if let (Some(trues), Some(total)) = (stat("trues"), stat("total")) {
            return Some(Self::Sink(Sink::Rate(Rate { trues: trues as u64, total: total as u64 })));
        }
        if let (Some(value), Some(min), Some(max)) = (stat("value"), stat("min"), stat("max")) {
            return Some(Self::Sink(Sink::Gauge(Gauge { value, min, max, samples: 1, order: interval })));
        }
        let sum = stat("sum")?;
        Some(match (stat("count"), stat("min"), stat("max")) {
            (Some(count), Some(min), Some(max)) => Self::Trend { count, sum, min, max },
            _ => Self::Sink(Sink::Counter { sum, samples: 1 }),
        })
    }

    /// Adds another of the same kind.
    fn merge(&mut self, other: &Self) {
        match (self, other) {
            (Self::Sink(mine), Self::Sink(theirs)) if mine.kind() == theirs.kind() => mine.merge(theirs),
            (Self::Trend { count, sum, min, max }, Self::Trend { count: n, sum: s, min: low, max: high }) => {
                *count += n;
                *sum += s;
                *min = min.min(*low);
                *max = max.max(*high);
            }
            _ => {}
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Sink(sink) => sink.kind(),
            Self::Trend { .. } => Kind::Trend,
        }
    }

    fn samples(&self) -> u64 {
        match self {
            Self::Sink(sink) => sink.samples(),
            Self::Trend { count, .. } => *count as u64,
        }
    }

    /// The numbers as [`Stats::of`] names them, as far as they are known.
    fn stats(&self, seconds: f64, summary: &SummaryOptions, distribution: Option<&Durations>) -> Stats {
        let (count, sum, min, max) = match self {
            Self::Sink(sink) => return Stats::of(sink, seconds, &summary.trend_stats),
            Self::Trend { count, sum, min, max } => (*count, *sum, *min, *max),
        };
        Stats::of_known(&summary.trend_stats, |name, quantile| match name {
            "count" => Some(count),
            "sum" => Some(sum),
            "avg" => Some(if count > 0.0 { sum / count } else { 0.0 }),
            "min" => Some(min),
            "max" => Some(max),
            _ => Some(distribution?.milliseconds(quantile?)?.max(min).min(max)),
        })
    }
}

/// The distribution of durations in microseconds.
#[derive(Clone, Debug, Default)]
struct Durations {
    counts: BTreeMap<u64, u64>,
}

impl Durations {
    fn add(&mut self, us: u64, count: u64) {
        let counted = self.counts.entry(us).or_default();
        *counted = counted.saturating_add(count);
    }

    /// The value at a quantile from 0 to 1, interpolated as that of a trend; none without durations.
    fn milliseconds(&self, quantile: f64) -> Option<f64> {
        let last =
            self.counts.values().fold(0, |all: u64, count| all.saturating_add(*count)).checked_sub(1)?;
        let rank = quantile.clamp(0.0, 1.0) * last as f64;
        let low = self.at(rank.floor() as u64)?;
        let high = self.at((rank.floor() as u64 + 1).min(last))?;
        Some((low + (high - low) * rank.fract()) / 1000.0)
    }

    fn at(&self, rank: u64) -> Option<f64> {
        let mut seen = 0u64;
        let found = self.counts.iter().find(|(_, count)| {
            seen = seen.saturating_add(**count);
            seen > rank
        });
        found.map(|(us, _)| *us as f64)
    }
}
