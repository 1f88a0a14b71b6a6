//! The collector turns what was measured into results.

use flashcrowd_metrics::names::view;
use flashcrowd_metrics::{Builtin, Metric, Plan, Selector, Sink, SinkKey, SubMetric, Threshold, Totals};

use crate::by_request::times_by_request;
use crate::groups::GroupResult;
use crate::results::{
    FORMAT_VERSION, LoadResult, MetricResult, Results, ResultsMeta, Row, ThresholdOutcome, ThresholdResult,
};
use crate::stats::Stats;
use crate::summary_options::SummaryOptions;

impl Results {
    /// Gathers what was measured. A metric is left out when it has neither samples nor thresholds (its own, or
    /// a sub-metric's).
    pub fn collect(
        totals: &Totals,
        meta: ResultsMeta,
        summary: &SummaryOptions,
        thresholds: &[ThresholdOutcome],
        seconds: f64,
    ) -> Self {
        let collector = Collector { totals, summary, thresholds, seconds };
        let mut warnings = meta.warnings;
        warnings.extend(totals.overflow().map(|overflow| {
            format!(
                "tag '{}' had {} values when {} rows were kept: further rows are only in the totals",
                overflow.tag, overflow.distinct, overflow.cap
            )
        }));
        Self {
            version: FORMAT_VERSION,
            generated_at: meta.generated_at,
            tool: meta.tool,
            test: meta.test,
            options: meta.options,
            summary: summary.clone(),
            start: meta.start,
            seconds,
            outcome: meta.outcome,
            scenarios: meta.scenarios,
            generator: meta.generator,
            load: meta.load_seconds.map(|seconds| collector.load(seconds)),
            metrics: collector.metrics(),
            root_group: GroupResult::collect(totals),
            rows: collector.rows(),
            setup_data: meta.setup_data,
            warnings,
            audits: meta.audits,
            definitions: None,
            verdict: None,
            verdict_reason: None,
            expectations: Vec::new(),
            findings: Vec::new(),
            steps: Vec::new(),
            breaking_point: None,
            response_times: None,
            capacity: None,
            duet: None,
            search: None,
        }
    }
}

/// What is collected, and how it is shown.
struct Collector<'a> {
    totals: &'a Totals,
    summary: &'a SummaryOptions,
    thresholds: &'a [ThresholdOutcome],
    seconds: f64,
}

impl Collector<'_> {
    fn metrics(&self) -> Vec<MetricResult> {
        let plan = self.totals.plan();
        let mut results = Vec::new();
        for metric in plan.registry.all() {
            let subs: Vec<MetricResult> = sub_metrics(plan, &metric)
                .map(|(at, sub)| {
                    let outcomes = self.outcomes(|outcome| names(outcome, sub));
                    self.metric(&metric, Some(sub), self.totals.sub(at), outcomes)
                })
                .filter(MetricResult::is_shown)
                .collect();
            let outcomes = self.outcomes(|outcome| outcome.metric_name == *metric.name);
            let whole = self.metric(&metric, None, self.totals.metric(metric.id), outcomes);
            if whole.is_shown() || !subs.is_empty() {
                results.push(whole);
            }
            results.extend(subs);
        }
        results
    }

    /// All metrics without what setup and teardown added.
    fn load(&self, seconds: f64) -> LoadResult {
        let of_load = Collector { totals: self.totals, summary: self.summary, thresholds: &[], seconds };
        let metrics = self.totals.plan().registry.all().into_iter();
        let metrics =
            metrics.map(|metric| of_load.metric(&metric, None, self.totals.load(metric.id), Vec::new()));
        LoadResult { seconds, metrics: metrics.filter(MetricResult::is_shown).collect() }
    }

    fn outcomes(&self, of: impl Fn(&ThresholdOutcome) -> bool) -> Vec<&ThresholdOutcome> {
        self.thresholds.iter().filter(|outcome| of(outcome)).collect()
    }

    fn metric(
        &self,
        metric: &Metric,
        sub: Option<&SubMetric>,
        sink: Option<&Sink>,
        outcomes: Vec<&ThresholdOutcome>,
    ) -> MetricResult {
        let empty = Sink::new(metric.kind);
        let sink = sink.unwrap_or(&empty);
        MetricResult {
            name: sub.map_or_else(|| metric.name.to_string(), |sub| sub.name.clone()),
            kind: metric.kind,
            contains: metric.contains,
            parent: sub.map(|_| metric.name.to_string()),
            stats: Stats::of(sink, self.seconds, &self.summary.trend_stats),
            samples: sink.samples(),
            thresholds: outcomes.into_iter().map(|outcome| self.threshold(outcome, sink)).collect(),
        }
    }

    fn threshold(&self, outcome: &ThresholdOutcome, sink: &Sink) -> ThresholdResult {
        let threshold = Threshold::parse(&outcome.source).ok().filter(|_| !sink.is_empty());
        let value = threshold.and_then(|threshold| sink.stat(threshold.stat, self.seconds));
        ThresholdResult {
            source: outcome.source.clone(),
            ok: outcome.ok,
            value: value.filter(|value| value.is_finite()),
        }
    }

    fn rows(&self) -> Vec<Row> {
        let plan = self.totals.plan();
        let mut found = Vec::new();
        for (key, sink, _) in self.totals.iter() {
            let SinkKey::Row { view, metric, tags } = key else { continue };
            let defined = plan.registry.get(*metric);
            let row = Row {
                view: plan.views[*view].name.to_owned(),
                tags: tags.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
                metric: defined.name.to_string(),
                kind: defined.kind,
                contains: defined.contains,
                stats: Stats::of(sink, self.seconds, &self.summary.trend_stats),
                samples: sink.samples(),
            };
            found.push(((*view, *metric), row));
        }
        found.sort_by(|((view, metric), row), ((other_view, other_metric), other)| {
            view.cmp(other_view).then_with(|| row.tags.cmp(&other.tags)).then(metric.cmp(other_metric))
        });
        found.into_iter().map(|(_, row)| row).chain(self.requests()).collect()
    }

    /// The times of each request, of all scenarios and statuses together.
    fn requests(&self) -> impl Iterator<Item = Row> {
        let defined = self.totals.plan().registry.get(Builtin::HTTP_REQ_DURATION);
        times_by_request(self.totals).into_iter().map(move |(tags, sink)| Row {
            view: view::BY_REQUEST.to_owned(),
            tags,
            metric: defined.name.to_string(),
            kind: defined.kind,
            contains: defined.contains,
            stats: Stats::of(&sink, self.seconds, &self.summary.trend_stats),
            samples: sink.samples(),
        })
    }
}

impl MetricResult {
    fn is_shown(&self) -> bool {
        self.samples > 0 || !self.thresholds.is_empty()
    }
}

fn sub_metrics<'a>(plan: &'a Plan, metric: &Metric) -> impl Iterator<Item = (usize, &'a SubMetric)> {
    let id = metric.id;
    plan.subs.iter().enumerate().filter(move |(_, sub)| sub.metric == id)
}

/// Whether the outcome is of that sub-metric, however the options wrote its name.
fn names(outcome: &ThresholdOutcome, sub: &SubMetric) -> bool {
    outcome.metric_name == sub.name
        || Selector::parse(&outcome.metric_name).is_ok_and(|selector| selector == sub.selector)
}
