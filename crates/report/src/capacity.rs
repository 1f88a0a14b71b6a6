//! Capacity is what a run against DynamoDB consumed, lacked and waited for, as tables that every document shows.

use std::collections::BTreeMap;

use flashcrowd_diagnosis::place_name;
use flashcrowd_record::{CapacityCosts, CapacityKind, CapacityLine, Results, Row, Stats};
use flashcrowd_text::figure::{self, NOTHING};
use flashcrowd_text::{Lang, last_characters, messages, width};

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
    /// The columns that are left out where there is little room, the last first.
    pub details: Vec<usize>,
    /// Its rows.
    pub rows: Vec<Vec<String>>,
    /// What is to be known, a sentence each.
    pub notes: Vec<String>,
}

/// Names are not made shorter than this.
const SHORTEST: usize = 8;
/// Blanks between and before the columns of a sheet as text.
const GAP: usize = 2;

impl Sheet {
    /// Makes the sheet fit into so many columns of text: details are left out, the last first, then names shortened.
    pub(crate) fn fit(&mut self, columns: usize) {
        while self.excess(columns) > 0 {
            let Some(at) = self.details.pop() else { break };
            for row in [&mut self.heads].into_iter().chain(&mut self.rows).filter(|row| row.len() > at) {
                row.remove(at);
            }
        }
        let excess = self.excess(columns);
        if excess > 0 {
            let longest =
                self.rows.iter().filter_map(|row| row.first()).map(|name| name.chars().count()).max();
            let most = longest.unwrap_or(0).saturating_sub(excess).max(SHORTEST);
            let names = self.rows.iter_mut().filter_map(|row| row.first_mut());
            names.for_each(|name| *name = last_characters(name, most));
        }
    }

    /// How many columns the sheet is too wide.
    fn excess(&self, columns: usize) -> usize {
        let widest = |at: usize| {
            let rows = [&self.heads].into_iter().chain(&self.rows);
            GAP + rows.filter_map(|row| row.get(at)).map(|text| width(text)).max().unwrap_or(0)
        };
        (0..self.heads.len()).map(widest).sum::<usize>().saturating_sub(columns)
    }
}

messages! {
    pub(crate) fn heading() { en: "DynamoDB capacity", ko: "DynamoDB 용량" }
    fn units() { en: "Capacity units by table and index", ko: "테이블·인덱스별 용량 단위" }
    fn place() { en: "Table", ko: "테이블" }
    fn unit() { en: "Unit", ko: "단위" }
    fn has() { en: "Current/s", ko: "현재/초" }
    fn ceiling() { en: "Ceiling", ko: "처리 한도" }
    fn consumed() { en: "Consumed", ko: "소비" }
    fn due() { en: "Demand/s", ko: "필요/초" }
    fn peak() { en: "Peak/s", ko: "피크/초" }
    fn throttled() { en: "Throttled", ko: "스로틀링" }
    fn needs() { en: "Recommended/s", ko: "권장/초" }
    fn on_demand() { en: "on demand", ko: "온디맨드" }
    fn legend_of_ceiling() {
        en: "ceiling: capacity supplied during the run + a full burst of 300 s.",
        ko: "처리 한도: 테스트 동안 공급된 용량 + 300초 버스트.",
    }
    fn legend() {
        en: "demand: what this load would have consumed without throttling. recommended: the demand in the busiest second plus 20%.",
        ko: "필요: 스로틀링이 없었다면 소비했을 용량. 권장: 가장 바쁜 1초의 필요 용량에 20%를 더한 값.",
    }
    fn costs(currency: &str, provisioned: &str, on_demand: &str, region: &str, date: &str) {
        en: "Per hour, the recommended capacity costs {provisioned} {currency} provisioned; this load costs {on_demand} {currency} \
             on-demand ({region}, {date}).",
        ko: "권장 용량의 시간당 요금은 프로비저닝 {provisioned} {currency}, 이 부하의 온디맨드 요금은 시간당 {on_demand} {currency}입니다\
             ({region}, {date}).",
    }
    fn hot_key(key: &str, place: &str, rate: String, share: String, limit: String) {
        en: "hottest key: {key} of {place}, {rate}/s, {share} of the {limit} that one partition serves.",
        ko: "가장 뜨거운 키: {place}의 {key}, 초당 {rate}(파티션 하나가 처리하는 {limit}의 {share}).",
    }
    fn left_out(count: usize) { en: "{count} more rows are not shown.", ko: "{count}개 행은 생략했습니다." }

    fn throttles() { en: "Throttled attempts", ko: "스로틀링된 시도" }
    fn call() { en: "Call", ko: "호출" }
    fn reason() { en: "Reason", ko: "원인" }
    fn share() { en: "Share", ko: "비율" }

    fn times() { en: "Times of attempts and calls", ko: "시도와 호출의 소요 시간" }
    fn attempts() { en: "Attempts", ko: "시도" }
    fn throttled_attempts() { en: "Throttled attempts", ko: "스로틀링된 시도" }
    fn back_offs() { en: "Backoff", ko: "백오프 대기" }
    fn calls() { en: "Calls, backoff included", ko: "호출(백오프 포함)" }
    fn count() { en: "Count", ko: "건수" }
    fn average() { en: "avg", ko: "평균" }
    fn most() { en: "max", ko: "최대" }
    fn times_explained() {
        en: "A call is one operation with all its attempts; rows with a name are for one kind of call.",
        ko: "호출은 재시도를 포함한 작업 하나입니다. 이름이 있는 행은 해당 호출만의 값입니다.",
    }
}

/// The tables of a run against DynamoDB; none of any other run.
pub(crate) fn sheets(lang: Lang, report: &Report) -> Vec<Sheet> {
    if Measures::of_what_was_sent(report).dynamodb.is_none() {
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

/// The name of a call, such as `GetItem Products`, whose operation is always told.
pub(crate) fn shortened_call(name: &str, most: usize) -> String {
    match name.split_once(' ') {
        Some((operation, place)) => {
            format!(
                "{operation} {}",
                last_characters(place, most.saturating_sub(operation.chars().count() + 1).max(2))
            )
        }
        None => last_characters(name, most),
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

/// The units of every table and index that the run had to do with.
pub(crate) fn units_of(lang: Lang, results: &Results) -> Sheet {
    let lines = lines(results);
    let rows: Vec<Vec<String>> = lines.iter().take(MOST_LINES).map(|line| units_row(lang, line)).collect();
    let mut notes = Vec::new();
    notes.extend(lines.iter().any(|line| line.flow.is_some()).then(|| legend_of_ceiling(lang)));
    notes.push(legend(lang));
    notes.extend(hottest(lang, results));
    let all = results.capacity.as_ref().and_then(|capacity| capacity.costs.as_ref());
    notes.extend(all.map(|all| cost(lang, all)));
    notes.extend((lines.len() > rows.len()).then(|| left_out(lang, lines.len() - rows.len())));
    let heads =
        [place, unit, has, consumed, ceiling, due, peak, needs, throttled].map(|head| head(lang)).to_vec();
    Sheet { heading: units(lang), heads, words: 2, details: vec![6, 8], rows, notes }
}

/// The hottest key, if any comes near to what a partition serves.
fn hottest(lang: Lang, results: &Results) -> Option<String> {
    let keys = &results.capacity.as_ref()?.keys;
    let key = keys.iter().max_by(|one, other| one.share().total_cmp(&other.share()))?;
    let place = place_name(&key.table, key.index.as_deref());
    let (rate, share) = (figure::number(key.rate.round()), figure::percent(key.share()));
    let name = last_characters(&key.key, LONGEST);
    let rate = format!("{rate} {}", unit_of(key.kind));
    Some(hot_key(lang, &name, &place, rate, share, figure::number(key.limit)))
}

fn units_row(lang: Lang, line: &CapacityLine) -> Vec<String> {
    let ceiling = match (line.flow, line.burst) {
        (Some(flow), Some(burst)) => format!("{} + {}", figure::number(flow), figure::number(burst)),
        (Some(flow), None) => figure::number(flow),
        _ => NOTHING.to_owned(),
    };
    vec![
        last_characters(&place_name(&line.table, line.index.as_deref()), LONGEST),
        unit_of(line.kind).to_owned(),
        line.provisioned.map_or_else(|| on_demand(lang), figure::number),
        halves(line.consumed),
        ceiling,
        figure::number(line.due),
        figure::number(line.peak),
        figure::count(line.recommended),
        figure::count(line.throttled),
    ]
}

/// Units that were consumed, which are counted in halves.
fn halves(units: f64) -> String {
    let halves = (units.max(0.0) * 2.0).round() as u64;
    format!("{}{}", figure::count(halves / 2), if halves % 2 == 1 { ".5" } else { "" })
}

fn cost(lang: Lang, all: &CapacityCosts) -> String {
    let [provisioned, on_demand] = [&all.provisioned_hour, &all.on_demand_hour].map(|amount| cents(amount));
    costs(lang, &all.currency, &provisioned, &on_demand, &all.region, &all.prices_of)
}

/// An amount that the record keeps as text, to the cent and never through a float; what is no amount stays as it is.
pub(crate) fn cents(amount: &str) -> String {
    let (whole, rest) = amount.split_once('.').unwrap_or((amount, ""));
    let is_amount =
        !whole.is_empty() && [whole, rest].iter().all(|part| part.bytes().all(|b| b.is_ascii_digit()));
    let Some(hundredths) = format!("{whole}{rest:0<2.2}").parse::<u64>().ok().filter(|_| is_amount) else {
        return amount.to_owned();
    };
    let any = rest.bytes().any(|b| b != b'0');
    let rounded = hundredths + u64::from(rest.as_bytes().get(2).is_some_and(|digit| *digit >= b'5'));
    match hundredths {
        0 if any => "< 0.01".to_owned(),
        _ => format!("{}.{:02}", figure::count(rounded / 100), rounded % 100),
    }
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
            figure::count(count.round() as u64),
            share.map_or_else(|| NOTHING.to_owned(), figure::percent),
        ]
    };
    let shown: Vec<Vec<String>> = all.iter().take(MOST_CALLS).map(row).collect();
    let notes = (all.len() > shown.len()).then(|| left_out(lang, all.len() - shown.len()));
    let heads = [call, reason, throttled, share].map(|head| head(lang)).to_vec();
    Sheet {
        heading: throttles(lang),
        heads,
        words: 2,
        details: Vec::new(),
        rows: shown,
        notes: notes.into_iter().collect(),
    }
}

fn times_of(lang: Lang, results: &Results) -> Sheet {
    let whole = [
        (attempts(lang), "http_req_duration"),
        (throttled_attempts(lang), "dynamodb_throttled_time"),
        (back_offs(lang), "dynamodb_back_off"),
        (calls(lang), "dynamodb_call_duration"),
    ];
    let of_metric =
        |(name, metric): (String, &str)| Some(times_row(lang, name, &results.metric(metric)?.stats));
    let mut all: Vec<Vec<String>> = whole.into_iter().filter_map(of_metric).collect();
    let mut by_name: Vec<&Row> = rows(results, "dynamodb_call_duration").collect();
    by_name.sort_by(|one, other| other.stats.value("count").total_cmp(&one.stats.value("count")));
    all.extend(
        by_name
            .iter()
            .take(MOST_CALLS)
            .map(|row| times_row(lang, shortened_call(tag(row, "name"), LONGEST_CALL), &row.stats)),
    );
    let heads =
        [call(lang), count(lang), average(lang), "p50".into(), "p95".into(), "p99".into(), most(lang)];
    Sheet {
        heading: times(lang),
        heads: heads.into(),
        words: 1,
        details: Vec::new(),
        rows: all,
        notes: vec![times_explained(lang)],
    }
}

/// Of a run that was killed percentiles are not known.
fn times_row(lang: Lang, name: String, stats: &Stats) -> Vec<String> {
    let time =
        |stat: &str| stats.get(stat).map_or_else(|| NOTHING.to_owned(), |ms| figure::duration(lang, ms));
    let count = stats.get("count").map_or_else(|| NOTHING.to_owned(), |count| figure::count(count as u64));
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
    fn amounts_are_shown_to_the_cent() {
        for (amount, shown) in [
            ("0", "0.00"),
            ("0.39", "0.39"),
            ("0.015", "0.02"),
            ("0.005", "< 0.01"),
            ("2.5", "2.50"),
            ("1234.567", "1,234.57"),
            ("99.999", "100.00"),
            ("about 5", "about 5"),
        ] {
            assert_eq!(cents(amount), shown);
        }
    }

    #[test]
    fn of_long_names_the_end_is_shown() {
        assert_eq!(shortened_call("GetItem shop-eu-1-Products", 17), "GetItem …Products");
        assert_eq!(shortened_call("login", 17), "login");
    }
}
