//! The chart of errors: failed requests a second over time, by status or error code.

use std::collections::BTreeMap;

use flashcrowd_record::{TimelineLine, TimelineRow};
use flashcrowd_text::{Lang, messages};

use super::course::Course;
use super::palette::STACK;
use super::picture::{Layer, Picture, Shape};

/// Codes that are shown one by one; what is left is shown as one.
const MOST_CODES: usize = STACK.len() - 1;

messages! {
    fn title() { en: "Errors", ko: "오류" }
    fn about() {
        en: "Failed requests per second over the course of the run, by status or error code.",
        ko: "시간에 따른 초당 실패 요청 수를 상태 코드와 오류 코드별로 나타냅니다.",
    }
    fn unit() { en: "requests/s", ko: "요청/초" }
    fn others() { en: "others", ko: "기타" }
    fn failed() { en: "failed", ko: "실패" }
    fn timeout(code: &str) { en: "{code} timeout", ko: "{code} 타임아웃" }
    fn lookup(code: &str) { en: "{code} name lookup", ko: "{code} DNS 조회 실패" }
    fn refused(code: &str) { en: "{code} connection refused", ko: "{code} 연결 거부" }
    fn reset(code: &str) { en: "{code} connection reset", ko: "{code} 연결 끊김" }
    fn network(code: &str) { en: "{code} connection failed", ko: "{code} 연결 실패" }
    fn handshake(code: &str) { en: "{code} TLS", ko: "{code} TLS 오류" }
}

/// The chart; none when nothing failed.
pub(crate) fn errors(course: &Course<'_>, lang: Lang) -> Option<Picture> {
    // What is not told to have failed did not, also in a second of which nothing is told.
    let is_told = course.lines().iter().flat_map(|line| &line.rows).any(tells);
    let by_code: Vec<BTreeMap<String, f64>> =
        course.lines().iter().map(|line| of_line(line, is_told, lang)).collect();
    let mut totals: BTreeMap<&str, f64> = BTreeMap::new();
    for (code, count) in by_code.iter().flatten() {
        *totals.entry(code).or_default() += count;
    }
    let mut codes: Vec<(&str, f64)> = totals.into_iter().filter(|(_, count)| *count > 0.0).collect();
    codes.sort_by(|left, right| right.1.total_cmp(&left.1));
    let rest: Vec<&str> = codes.iter().skip(MOST_CODES).map(|(code, _)| *code).collect();
    codes.truncate(MOST_CODES);
    let mut names: Vec<String> = codes.iter().map(|(code, _)| (*code).to_owned()).collect();
    let of = |wanted: &[&str]| -> Vec<f64> {
        let count = |counts: &BTreeMap<String, f64>| wanted.iter().filter_map(|code| counts.get(*code)).sum();
        let pairs = by_code.iter().zip(course.lines());
        pairs.map(|(counts, line)| per_second(count(counts), line)).collect()
    };
    let mut series: Vec<Vec<f64>> = codes.iter().map(|(code, _)| of(&[code])).collect();
    if !rest.is_empty() {
        names.push(others(lang));
        series.push(of(&rest));
    }
    let layers = stacked(names, course.thin_together(series));
    let mut picture = course.picture((title(lang), about(lang)), unit(lang), layers)?;
    picture.y = super::axis::Axis::values(highest(&picture.layers));
    Some(picture)
}

fn per_second(count: f64, line: &TimelineLine) -> f64 {
    if line.interval > 0.0 { count / line.interval } else { 0.0 }
}

/// Failed requests of one interval by what they failed with.
fn of_line(line: &TimelineLine, is_told: bool, lang: Lang) -> BTreeMap<String, f64> {
    let mut counts = BTreeMap::new();
    for row in &line.rows {
        let count = match &*row.metric {
            "http_req_failed" => row.stats.value("trues"),
            "http_reqs" if !is_told && !tag(row, "error_code").is_empty() => row.stats.value("sum"),
            _ => continue,
        };
        if count > 0.0 {
            *counts.entry(error_name(lang, tag(row, "status"), tag(row, "error_code"))).or_default() += count;
        }
    }
    let known: f64 = counts.values().sum();
    let all = line.stat("http_req_failed", "trues").unwrap_or_default();
    if all - known >= 0.5 {
        *counts.entry(failed(lang)).or_default() += all - known;
    }
    counts
}

/// Whether a row is of a run that says which requests failed.
fn tells(row: &TimelineRow) -> bool {
    ["http_req_failed", "dynamodb_attempts"].contains(&&*row.metric)
}

fn tag<'a>(row: &'a TimelineRow, name: &str) -> &'a str {
    row.tags.get(name).map_or("", String::as_str)
}

/// The status, or the error code in words where there was no answer.
pub(crate) fn error_name(lang: Lang, status: &str, code: &str) -> String {
    if !status.is_empty() && status != "0" {
        return status.to_owned();
    }
    match code {
        "" => failed(lang),
        "1050" | "1211" => timeout(lang, code),
        "1212" => refused(lang, code),
        "1220" | "1201" => reset(lang, code),
        _ if code.starts_with("11") => lookup(lang, code),
        _ if code.starts_with("12") => network(lang, code),
        _ if code.starts_with("13") => handshake(lang, code),
        _ => code.to_owned(),
    }
}

/// Layers that lie on one another, the first at the bottom.
pub(super) fn stacked(names: Vec<String>, series: Vec<Vec<f64>>) -> Vec<Layer> {
    let mut base = vec![0.0; series.first().map_or(0, Vec::len)];
    let mut layers = Vec::new();
    for ((name, values), ink) in names.into_iter().zip(series).zip(STACK) {
        let next = base.iter().zip(&values).map(|(base, value)| base + value).collect();
        let values = values.into_iter().map(Some).collect();
        layers.push(Layer { name, ink, shape: Shape::Stacked(std::mem::replace(&mut base, next)), values });
    }
    layers
}

/// The top of the highest stack.
pub(super) fn highest(layers: &[Layer]) -> f64 {
    let top = |layer: &Layer| match &layer.shape {
        Shape::Stacked(base) => {
            let tops = base.iter().zip(&layer.values).map(|(base, value)| base + value.unwrap_or_default());
            tops.fold(0.0, f64::max)
        }
        _ => 0.0,
    };
    layers.iter().map(top).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use flashcrowd_record::Stats;

    use super::*;

    fn row(metric: &str, status: &str, code: &str, stats: Stats) -> TimelineRow {
        TimelineRow {
            view: "requests".into(),
            tags: [("status", status), ("error_code", code)].map(|(k, v)| (k.into(), v.into())).into(),
            metric: metric.into(),
            stats,
            durations: Vec::new(),
        }
    }

    #[test]
    fn failures_are_counted_once_by_status_or_code() {
        let line = TimelineLine {
            metrics: [("http_req_failed".into(), Stats::from([("trues", 12.0)]))].into(),
            rows: vec![
                row("http_req_failed", "503", "1503", [("trues", 5.0), ("total", 5.0)].into()),
                row("http_req_failed", "200", "", [("trues", 0.0), ("total", 90.0)].into()),
                row("http_req_failed", "0", "1212", [("trues", 4.0), ("total", 4.0)].into()),
                row("http_reqs", "503", "1503", [("sum", 5.0)].into()),
            ],
            ..TimelineLine::default()
        };
        let counts = of_line(&line, true, Lang::En);
        let shown: Vec<_> = counts.iter().map(|(code, count)| (code.as_str(), *count)).collect();
        assert_eq!(shown, [("1212 connection refused", 4.0), ("503", 5.0), ("failed", 3.0)]);
    }

    #[test]
    fn areas_lie_on_one_another() {
        let layers = stacked(vec!["503".into(), "500".into()], vec![vec![1.0, 2.0], vec![3.0, 0.5]]);
        assert_eq!(layers[1].shape, Shape::Stacked(vec![1.0, 2.0]));
        assert_eq!(highest(&layers), 4.0);
    }
}
