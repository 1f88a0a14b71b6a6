//! The chart of the distribution: how many requests took how long, over the whole run.

use std::collections::BTreeMap;

use flashcrowd_record::Record;
use flashcrowd_text::{Lang, figure, messages};

use super::axis::Axis;
use super::palette::Ink;
use super::picture::{Layer, Mark, Over, Picture, Shape};
use crate::measures::Times;

/// How many bars there are.
const BARS: usize = 48;
/// So narrow a distribution is widened, so that the axis has ticks.
const NARROWEST: f64 = 1.5;

messages! {
    fn title() { en: "Distribution of response times", ko: "응답 시간 분포" }
    fn about() {
        en: "The share of requests by response time over the whole run, with the median, the 95th and the 99th percentile.",
        ko: "전체 실행의 응답 시간별 요청 비율과 p50, p95, p99 위치입니다.",
    }
    fn unit() { en: "% of requests", ko: "요청 비율 %" }
    fn requests() { en: "Requests", ko: "요청" }
    fn over() { en: "response time in ms, logarithmic", ko: "응답 시간(ms, 로그 눈금)" }
}

/// The chart; none when no request was answered.
pub(crate) fn distribution(record: &Record, times: Option<&Times>, lang: Lang) -> Option<Picture> {
    let durations = durations(record);
    let (least, most) = (durations.first()?.0, durations.last()?.0);
    let total: u64 = durations.iter().map(|(_, count)| count).sum();
    let x = Axis::log(least, most.max(least * NARROWEST));
    let bounds = bounds(least, most.max(least * NARROWEST));
    let mut counts = [0_u64; BARS];
    for (ms, count) in &durations {
        let at = bounds.partition_point(|(_, to)| to < ms).min(BARS - 1);
        counts[at] += count;
    }
    let shares: Vec<Option<f64>> =
        counts.iter().map(|count| Some(*count as f64 * 100.0 / total as f64)).collect();
    let label = |&(from, to): &(f64, f64)| {
        format!("{} – {}", figure::duration(lang, from), figure::duration(lang, to))
    };
    let marks = times.map(|times| [("p50", times.p50), ("p95", times.p95), ("p99", times.p99)]);
    let mark = |(name, at): (&str, f64)| Mark {
        at,
        label: format!("{name} {}", figure::duration(lang, at)),
        ink: Ink::Alarm,
    };
    Some(Picture {
        title: title(lang),
        about: about(lang),
        unit: unit(lang),
        y: Axis::values(shares.iter().flatten().copied().fold(0.0, f64::max)),
        x,
        over: Over::Other { name: over(lang), labels: bounds.iter().map(label).collect() },
        xs: bounds.iter().map(|(from, to)| (from * to).sqrt()).collect(),
        bands: Vec::new(),
        layers: vec![Layer {
            name: requests(lang),
            ink: Ink::Blue,
            shape: Shape::Bars(bounds),
            values: shares,
        }],
        marks: marks.into_iter().flatten().filter(|(_, at)| *at > 0.0).map(mark).collect(),
    })
}

/// All response times in milliseconds, ascending, with how many requests took so long.
fn durations(record: &Record) -> Vec<(f64, u64)> {
    let mut all: Vec<(f64, u64)> = match record.histograms.get("http_req_duration") {
        Some(kept) if !kept.is_empty() => kept.clone(),
        _ => {
            let mut merged: BTreeMap<u64, u64> = BTreeMap::new();
            for (us, count) in record.timeline.iter().flat_map(|line| &line.durations) {
                *merged.entry(*us).or_default() += count;
            }
            merged.into_iter().map(|(us, count)| (us as f64 / 1000.0, count)).collect()
        }
    };
    all.retain(|(ms, count)| ms.is_finite() && *ms > 0.0 && *count > 0);
    all.sort_by(|left, right| left.0.total_cmp(&right.0));
    all
}

/// The bounds of bars of equal width on a logarithmic axis.
fn bounds(least: f64, most: f64) -> Vec<(f64, f64)> {
    let factor = (most / least).powf(1.0 / BARS as f64);
    (0..BARS).map(|at| (least * factor.powf(at as f64), least * factor.powf(at as f64 + 1.0))).collect()
}

#[cfg(test)]
mod tests {
    use flashcrowd_record::{RunInfo, TimelineLine};
    use proptest::prelude::*;

    use super::*;

    fn record(durations: Vec<(u64, u64)>) -> Record {
        let timeline = vec![TimelineLine { durations, ..TimelineLine::default() }];
        Record { run: RunInfo::default(), timeline, results: None, histograms: Default::default() }
    }

    proptest! {
        #[test]
        fn every_request_is_in_a_bar(durations in prop::collection::vec((1..100_000_000_u64, 1..1000_u64), 1..50)) {
            let picture = distribution(&record(durations), None, Lang::En).unwrap();
            let shares: f64 = picture.layers[0].values.iter().flatten().sum();
            prop_assert!((shares - 100.0).abs() < 1e-6, "{shares}");
        }
    }

    #[test]
    fn a_run_without_answers_has_none() {
        assert_eq!(distribution(&record(Vec::new()), None, Lang::En), None);
    }
}
