//! Details are all figures of a run with their targets, as rows: expectations, thresholds, and what nobody asked for.

use flashcrowd_record::{
    Contains, Mark, MetricResult, ResponseTime, ResponseTimes, RunState, ThresholdResult,
};
use flashcrowd_text::{Lang, figure, messages};

use crate::measures::{Measures, Times};
use crate::model::Report;
use crate::sections::from_due::shown;
use crate::words;

/// A row of the table of all figures.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Detail {
    /// What it is.
    pub name: String,
    /// What it was.
    pub value: String,
    /// What it had to be; nothing when nobody expected anything.
    pub target: String,
    /// What became of it; none when nobody expected anything.
    pub mark: Option<Mark>,
}

messages! {
    pub(crate) fn metric() { en: "Metric", ko: "지표" }
    pub(crate) fn value() { en: "Value", ko: "값" }
    pub(crate) fn status() { en: "Status", ko: "상태" }
    fn requests_per_second() { en: "Requests/sec", ko: "초당 요청 수" }
    fn latency(percentile: &str) { en: "{percentile} Latency", ko: "{percentile} 응답 시간" }
    fn average() { en: "Average Latency", ko: "평균 응답 시간" }
    fn largest() { en: "Max Latency", ko: "최대 응답 시간" }
    fn errors() { en: "Error Rate", ko: "오류율" }
    fn date() { en: "Date", ko: "일시" }
    fn version() { en: "Version", ko: "버전" }
    fn duration() { en: "Duration", ko: "테스트 시간" }
    fn with_setup(load: String, run: String) {
        en: "{load} ({run} including setup and teardown)",
        ko: "{load}(setup과 teardown 포함 {run})",
    }
    fn users() { en: "Users", ko: "사용자" }
    fn rate() { en: "Rate", ko: "도착률" }
    fn seed() { en: "Seed", ko: "시드" }
    fn concurrent(count: String) { en: "{count} concurrent", ko: "동시 {count}명" }
    fn ended() { en: "Ended", ko: "종료 상태" }
}

/// The head of a report: labels with their values.
pub(crate) fn header(lang: Lang, report: &Report) -> Vec<(String, String)> {
    let measures = Measures::of(report);
    let tool = &report.record.run.tool;
    let mut rows = vec![
        (date(lang), figure::date(&report.record.run.start)),
        (version(lang), format!("{} {}", tool.name, tool.version).trim().to_owned()),
        (duration(lang), length(lang, report)),
    ];
    if let Some(most) = measures.rate {
        rows.push((rate(lang), figure::load(lang, most, false)));
    } else if let Some(most) = measures.users {
        rows.push((users(lang), concurrent(lang, figure::number(most))));
    }
    if let Some(number) = report.record.run.seed {
        rows.push((seed(lang), number.to_string()));
    }
    let outcome = &report.results.outcome;
    if outcome.state != RunState::Finished {
        let state = words::state(lang, outcome.state);
        // Of a run that was killed nobody wrote a reason down.
        let reason = outcome.reason.as_ref().filter(|_| outcome.state != RunState::Cut);
        rows.push((ended(lang), reason.map_or(state.clone(), |reason| format!("{state}: {reason}"))));
    }
    rows
}

/// How long the load lasted, and the whole run where that took longer.
fn length(lang: Lang, report: &Report) -> String {
    let (load, run) = (report.load_seconds(), report.seconds());
    let text = figure::length(lang, load);
    if run - load < 1.0 { text } else { with_setup(lang, text, figure::length(lang, run)) }
}

/// The rows of expectations alone, in the order they were written.
pub(crate) fn expected(lang: Lang, report: &Report) -> Vec<Detail> {
    let row = |one: &flashcrowd_record::ExpectationResult| Detail {
        name: words::expectation(lang, &one.name),
        value: words::outcome(lang, one),
        target: one.target.clone(),
        mark: Some(one.result),
    };
    report.judgement.expectations.iter().map(row).collect()
}

/// The rows of thresholds, in the order of their metrics.
pub(crate) fn thresholds(lang: Lang, report: &Report) -> Vec<Detail> {
    let row = |metric: &MetricResult, threshold: &ThresholdResult| Detail {
        name: metric.name.clone(),
        value: compared(lang, metric, threshold),
        target: threshold.source.clone(),
        mark: Some(if threshold.ok { Mark::Pass } else { Mark::Fail }),
    };
    let metrics = report.results.metrics.iter();
    metrics.flat_map(|metric| metric.thresholds.iter().map(move |threshold| row(metric, threshold))).collect()
}

/// What a threshold compared, in the unit of its metric.
pub(crate) fn compared(lang: Lang, metric: &MetricResult, threshold: &ThresholdResult) -> String {
    let Some(value) = threshold.value else { return figure::NOTHING.to_owned() };
    let left = threshold.source.split(['<', '>', '=', '!']).next().unwrap_or_default().trim();
    let is_share = metric.stats.get("passes").is_some();
    match (metric.contains, left) {
        _ if is_share => figure::percent(value),
        (Contains::Time, _) => figure::duration(lang, value),
        (Contains::Data, "rate") => format!("{}/s", figure::bytes(value)),
        (Contains::Data, _) => figure::bytes(value),
        (Contains::Default, "rate") => figure::rate(value),
        (Contains::Default, _) => figure::number(value),
    }
}

/// A figure of every run: the expectation that it is judged by, its label, and its value.
type Usual = (&'static str, String, Option<String>);

/// The figures of every run. With due times, latency is what a user waited who arrived then.
fn usual(lang: Lang, report: &Report) -> [Usual; 8] {
    let measures = Measures::of(report);
    let from_due = report.judgement.response_times.as_ref();
    let time = |sent: fn(&Times) -> f64, due: fn(&ResponseTimes) -> ResponseTime| {
        let from_sent = || measures.times.as_ref().map(|times| figure::duration(lang, sent(times)));
        from_due.map(|times| shown(lang, due(times))).or_else(from_sent)
    };
    let asked = |text: String| (measures.requests > 0).then_some(text);
    [
        ("tps", requests_per_second(lang), asked(figure::rate(measures.tps))),
        ("response_time_avg", average(lang), time(|times| times.avg, |times| times.avg)),
        ("response_time_p50", latency(lang, "P50"), time(|times| times.p50, |times| times.p50)),
        ("response_time_p90", latency(lang, "P90"), time(|times| times.p90, |times| times.p90)),
        ("response_time_p95", latency(lang, "P95"), time(|times| times.p95, |times| times.p95)),
        ("response_time_p99", latency(lang, "P99"), time(|times| times.p99, |times| times.p99)),
        ("response_time_max", largest(lang), time(|times| times.max, |times| times.max)),
        ("error_rate", errors(lang), asked(figure::percent(measures.error_rate))),
    ]
}

/// All rows: rate, percentiles, mean, largest, errors, each with what was expected of it; then what else was
/// expected, then thresholds.
pub(crate) fn details(lang: Lang, report: &Report) -> Vec<Detail> {
    let usual = usual(lang, report);
    let expectations = &report.judgement.expectations;
    let mut rows = Vec::new();
    for (name, label, value) in &usual {
        let mut any = false;
        for one in expectations.iter().filter(|one| words::canonical(&one.name) == *name) {
            any = true;
            rows.push(Detail {
                name: label.clone(),
                value: words::outcome(lang, one),
                target: one.target.clone(),
                mark: Some(one.result),
            });
        }
        if let (false, Some(value)) = (any, value) {
            let (name, value) = (label.clone(), value.clone());
            rows.push(Detail { name, value, target: String::new(), mark: None });
        }
    }
    let is_usual = |name: &str| usual.iter().any(|(usual, ..)| *usual == words::canonical(name));
    let others = expected(lang, report).into_iter().zip(expectations);
    rows.extend(others.filter(|(_, one)| !is_usual(&one.name)).map(|(row, _)| row));
    rows.extend(thresholds(lang, report));
    rows
}

#[cfg(test)]
mod tests {
    use flashcrowd_record::{Kind, Stats};

    use super::*;

    #[test]
    fn thresholds_are_in_the_units_of_their_metrics() {
        let text = |contains, source: &str, value, stats: Stats| {
            let metric = MetricResult {
                name: String::new(),
                kind: Kind::Trend,
                contains,
                parent: None,
                stats,
                samples: 1,
                thresholds: Vec::new(),
            };
            compared(Lang::En, &metric, &ThresholdResult { source: source.into(), ok: true, value })
        };
        assert_eq!(text(Contains::Time, "p(95)<500", Some(10.454), [].into()), "10.5 ms");
        assert_eq!(text(Contains::Data, "rate>1", Some(196e3), [].into()), "196 kB/s");
        assert_eq!(text(Contains::Data, "count>1", Some(16e6), [].into()), "16 MB");
        assert_eq!(text(Contains::Default, "rate>100", Some(1786.2), [].into()), "1,786/s");
        assert_eq!(text(Contains::Default, "count>100", Some(13_259.0), [].into()), "13,259");
        assert_eq!(text(Contains::Default, "rate<0.01", Some(0.005_9), [("passes", 1.0)].into()), "0.59%");
        assert_eq!(text(Contains::Time, "p(95)<500", None, [].into()), "–");
    }
}
