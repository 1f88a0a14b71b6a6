//! Capacity is what a run against DynamoDB consumed, lacked and waited for, as tables that every document shows.

use std::collections::BTreeMap;

use flashcrowd_diagnosis::place_name;
use flashcrowd_record::{CapacityCosts, CapacityKind, CapacityLine, Results, Row, Stats};
use flashcrowd_text::{Lang, messages};

use crate::figures::{self, NOTHING};
use crate::measures::Measures;
use crate::model::Report;

/// The view whose rows tell of calls.
pub(crate) const VIEW: &str = "dynamodb";
/// So many kinds of calls have rows of their own.
const MOST_CALLS: usize = 20;
/// So many tables and indexes, reads and writes apart.
const MOST_LINES: usize = 40;
/// Names of places and of calls are shown up to so many characters; of a longer one the end, since tables share prefixes.
const LONGEST: usize = 26;
const LONGEST_CALL: usize = 32;

/// A table with its heading and what is to be known about it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sheet {
    /// What is in it.
    pub heading: String,
    /// The heads of its columns.
    pub heads: Vec<String>,
    /// How many of its columns, from the left, are words; all others are numbers.
    pub words: usize,
    /// Its rows.
    pub rows: Vec<Vec<String>>,
    /// What is to be known, a sentence each.
    pub notes: Vec<String>,
}

messages! {
    /// Heads the section.
    pub(crate) fn heading() { en: "DynamoDB capacity", ko: "DynamoDB 용량" }
    /// Heads a table.
    fn units() { en: "Capacity units by table and index", ko: "테이블·인덱스별 용량 단위" }
    /// Heads a column.
    fn place() { en: "Table or index", ko: "테이블/인덱스" }
    /// Heads a column.
    fn unit() { en: "Unit", ko: "단위" }
    /// Heads a column: units a second that were provisioned.
    fn has() { en: "Has/s", ko: "현재/초" }
    /// Heads a column: what can be consumed at most.
    fn ceiling() { en: "Ceiling", ko: "처리 한계" }
    /// Heads a column.
    fn consumed() { en: "Consumed", ko: "소비" }
    /// Heads a column: units a second that were due.
    fn due() { en: "Due/s", ko: "요구/초" }
    /// Heads a column: units in the busiest second.
    fn peak() { en: "Peak/s", ko: "피크/초" }
    /// Heads a column.
    fn throttled() { en: "Throttled", ko: "스로틀링" }
    /// Heads a column: units a second that would have served the load.
    fn needs() { en: "Needs/s", ko: "권장/초" }
    /// What stands where capacity is not provisioned.
    fn on_demand() { en: "on demand", ko: "온디맨드" }
    /// Explains the columns.
    fn explained() {
        en: "Ceiling: the units that flow in during the run, and those with a full burst. Due: what the same load would \
             have consumed without throttles. Needs: that with headroom.",
        ko: "처리 한계: 실행 시간 동안 공급되는 단위와 버스트까지 가득 찼을 때의 단위입니다. 요구: 스로틀링이 없었다면 같은 부하가 소비했을 \
             단위입니다. 권장: 요구량에 여유를 더한 값입니다.",
    }
    /// What it costs.
    fn costs(provisioned: &str, on_demand: &str, currency: &str, region: &str, date: &str) {
        en: "An hour costs {provisioned} {currency} with what it needs provisioned, or {on_demand} {currency} on demand for the \
             load that was due (prices of {region}, {date}).",
        ko: "시간당 비용은 권장 용량을 프로비저닝하면 {provisioned} {currency}, 요구량을 온디맨드로 처리하면 {on_demand} {currency}입니다\
             ({region}, {date} 가격).",
    }
    /// Says that rows are left out.
    fn left_out(count: usize) { en: "{count} more rows are left out.", ko: "{count}개 행은 생략했습니다." }

    /// Heads a table.
    fn throttles() { en: "Throttled attempts", ko: "스로틀링된 시도" }
    /// Heads a column.
    fn call() { en: "Call", ko: "호출" }
    /// Heads a column.
    fn reason() { en: "Reason", ko: "사유" }
    /// Heads a column.
    fn share() { en: "Share", ko: "비율" }

    /// Heads a table.
    fn times() { en: "Times of attempts and calls", ko: "시도와 호출의 소요 시간" }
    /// Names a row.
    fn attempts() { en: "Attempts", ko: "시도" }
    /// Names a row.
    fn throttled_attempts() { en: "Throttled attempts", ko: "스로틀링된 시도" }
    /// Names a row.
    fn back_offs() { en: "Back-offs", ko: "백오프 대기" }
    /// Names a row.
    fn calls() { en: "Calls, back-off included", ko: "호출(백오프 포함)" }
    /// Heads a column.
    fn count() { en: "Count", ko: "건수" }
    /// Heads a column.
    fn average() { en: "avg", ko: "평균" }
    /// Heads a column.
    fn most() { en: "max", ko: "최대" }
    /// Explains the rows.
    fn times_explained() {
        en: "A call is one operation with all attempts that it took; rows with a name are of one kind of calls.",
        ko: "호출은 재시도를 포함한 작업 하나입니다. 이름이 있는 행은 해당 호출만의 값입니다.",
    }
}

/// The tables of a run against DynamoDB; none of any other run.
pub(crate) fn sheets(lang: Lang, report: &Report) -> Vec<Sheet> {
    if !Measures::of(report).is_dynamodb {
        return Vec::new();
    }
    let sheets = [
        units_of(lang, &report.results),
        throttles_of(lang, &report.results),
        times_of(lang, &report.results),
    ];
    sheets.into_iter().filter(|sheet| !sheet.rows.is_empty()).collect()
}

/// The unit of reads or writes.
pub(crate) fn unit_of(kind: CapacityKind) -> &'static str {
    match kind {
        CapacityKind::Read => "RCU",
        CapacityKind::Write => "WCU",
    }
}

/// A name with no more than so many characters: of a longer one the end.
pub(crate) fn shortened(name: &str, most: usize) -> String {
    let length = name.chars().count();
    if length <= most {
        return name.to_owned();
    }
    format!("…{}", name.chars().skip(length + 1 - most).collect::<String>())
}

/// The name of a call, such as `GetItem Products`, whose operation is always told.
pub(crate) fn shortened_call(name: &str, most: usize) -> String {
    match name.split_once(' ') {
        Some((operation, place)) => {
            format!(
                "{operation} {}",
                shortened(place, most.saturating_sub(operation.chars().count() + 1).max(2))
            )
        }
        None => shortened(name, most),
    }
}

/// The lines of a run's capacity, the most throttled first, then those that consumed most.
pub(crate) fn lines(results: &Results) -> Vec<&CapacityLine> {
    let all = results.capacity.as_ref().map_or(&[][..], |capacity| &capacity.lines);
    let mut lines: Vec<&CapacityLine> =
        all.iter().filter(|line| line.consumed > 0.0 || line.throttled > 0 || line.due > 0.0).collect();
    lines.sort_by(|one, other| {
        other.throttled.cmp(&one.throttled).then_with(|| other.consumed.total_cmp(&one.consumed))
    });
    lines
}

fn units_of(lang: Lang, results: &Results) -> Sheet {
    let lines = lines(results);
    let row = |line: &&CapacityLine| {
        let name = place_name(&line.table, line.index.as_deref());
        let ceiling = line.flow.zip(line.burst).map_or_else(
            || NOTHING.to_owned(),
            |(flow, burst)| format!("{}–{}", figures::number(flow), figures::number(flow + burst)),
        );
        vec![
            shortened(&name, LONGEST),
            unit_of(line.kind).to_owned(),
            line.provisioned.map_or_else(|| on_demand(lang), figures::number),
            ceiling,
            figures::number(line.consumed),
            figures::number(line.due),
            figures::number(line.peak),
            figures::count(line.throttled),
            figures::count(line.recommended),
        ]
    };
    let rows: Vec<Vec<String>> = lines.iter().take(MOST_LINES).map(row).collect();
    let mut notes = vec![explained(lang)];
    notes.extend(
        results.capacity.as_ref().and_then(|capacity| capacity.costs.as_ref()).map(|all| cost(lang, all)),
    );
    notes.extend((lines.len() > rows.len()).then(|| left_out(lang, lines.len() - rows.len())));
    let heads =
        [place, unit, has, ceiling, consumed, due, peak, throttled, needs].map(|head| head(lang)).to_vec();
    Sheet { heading: units(lang), heads, words: 2, rows, notes }
}

/// Amounts are shown as they stand in the record.
fn cost(lang: Lang, all: &CapacityCosts) -> String {
    costs(lang, &all.provisioned_hour, &all.on_demand_hour, &all.currency, &all.region, &all.prices_of)
}

fn throttles_of(lang: Lang, results: &Results) -> Sheet {
    let mut attempts: BTreeMap<&str, f64> = BTreeMap::new();
    for row in rows(results, "dynamodb_attempts") {
        *attempts.entry(tag(row, "name")).or_default() += row.stats.value("count");
    }
    let mut counts: BTreeMap<(&str, &str), f64> = BTreeMap::new();
    for row in rows(results, "dynamodb_throttled") {
        *counts.entry((tag(row, "name"), tag(row, "reason"))).or_default() += row.stats.value("count");
    }
    let mut all: Vec<((&str, &str), f64)> = counts.into_iter().collect();
    all.sort_by(|one, other| other.1.total_cmp(&one.1));
    let row = |((name, reason), count): &((&str, &str), f64)| {
        let share = attempts.get(name).filter(|all| **all > 0.0).map(|all| count / all);
        vec![
            shortened_call(name, LONGEST_CALL),
            if reason.is_empty() { NOTHING.to_owned() } else { (*reason).to_owned() },
            figures::count(count.round() as u64),
            share.map_or_else(|| NOTHING.to_owned(), figures::percent),
        ]
    };
    let shown: Vec<Vec<String>> = all.iter().take(MOST_CALLS).map(row).collect();
    let notes = (all.len() > shown.len()).then(|| left_out(lang, all.len() - shown.len()));
    let heads = [call, reason, throttled, share].map(|head| head(lang)).to_vec();
    Sheet { heading: throttles(lang), heads, words: 2, rows: shown, notes: notes.into_iter().collect() }
}

fn times_of(lang: Lang, results: &Results) -> Sheet {
    let whole = [
        (attempts(lang), "http_req_duration"),
        (throttled_attempts(lang), "dynamodb_throttled_time"),
        (back_offs(lang), "dynamodb_back_off"),
        (calls(lang), "dynamodb_call_duration"),
    ];
    let of_metric = |(name, metric): (String, &str)| Some(times_row(name, &results.metric(metric)?.stats));
    let mut all: Vec<Vec<String>> = whole.into_iter().filter_map(of_metric).collect();
    let mut by_name: Vec<&Row> = rows(results, "dynamodb_call_duration").collect();
    by_name.sort_by(|one, other| other.stats.value("count").total_cmp(&one.stats.value("count")));
    all.extend(
        by_name
            .iter()
            .take(MOST_CALLS)
            .map(|row| times_row(shortened_call(tag(row, "name"), LONGEST_CALL), &row.stats)),
    );
    let heads =
        [call(lang), count(lang), average(lang), "p50".into(), "p95".into(), "p99".into(), most(lang)];
    Sheet {
        heading: times(lang),
        heads: heads.into(),
        words: 1,
        rows: all,
        notes: vec![times_explained(lang)],
    }
}

/// Of a run that was killed percentiles are not known.
fn times_row(name: String, stats: &Stats) -> Vec<String> {
    let time = |stat: &str| stats.get(stat).map_or_else(|| NOTHING.to_owned(), figures::duration);
    let count = stats.get("count").map_or_else(|| NOTHING.to_owned(), |count| figures::count(count as u64));
    let times = ["avg", "med", "p(95)", "p(99)", "max"].map(time);
    [name, count].into_iter().chain(times).collect()
}

fn rows<'a>(results: &'a Results, metric: &'a str) -> impl Iterator<Item = &'a Row> {
    results.rows.iter().filter(move |row| row.view == VIEW && row.metric == metric)
}

fn tag<'a>(row: &'a Row, name: &str) -> &'a str {
    row.tags.get(name).map_or("", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_long_names_the_end_is_shown() {
        assert_eq!(shortened("Products", 8), "Products");
        assert_eq!(shortened("shop-eu-1-Products", 9), "…Products");
        assert_eq!(shortened("가나다라", 3), "…다라");
        assert_eq!(shortened_call("GetItem shop-eu-1-Products", 17), "GetItem …Products");
        assert_eq!(shortened_call("login", 17), "login");
    }
}
