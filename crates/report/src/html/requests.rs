//! The table of requests: response times of all requests and of each, with how many there were and how many failed.

use std::collections::BTreeMap;

use flashcrowd_diagnosis::RequestNames;
use flashcrowd_record::{Results, Stats};
use flashcrowd_text::{Lang, figure, first_characters, messages};
use maud::{Markup, html};

use super::head;
use super::table::{Head, Row, Table};
use crate::chart::error_name;
use crate::measures::{Measures, Times};
use crate::model::Report;
use crate::words;

/// So many requests have a row of their own.
const MOST_REQUESTS: usize = 60;
/// So many parts of a request have a row of their own.
const MOST_PARTS: usize = 6;
/// All of them have at most so many rows.
const MOST_ROWS: usize = 150;
/// From this share of its requests on, the percentiles of one kind of answer are nearly those of all.
const NEARLY_ALL: f64 = 0.99;
/// The percentiles that one answer of a hundred hardly moves.
const STEADY: [&str; 3] = ["med", "p(90)", "p(95)"];
/// A name is shown up to so many characters.
const LONGEST: usize = 200;
/// The tags that make a row a part of a request, and not a request.
const PARTS: [&str; 4] = ["scenario", "group", "status", "error_code"];

messages! {
    fn heading() { en: "Response times by request", ko: "요청별 응답 시간" }
    fn request() { en: "Request", ko: "요청" }
    fn count() { en: "Count", ko: "건수" }
    fn average() { en: "avg", ko: "평균" }
    fn least() { en: "min", ko: "최소" }
    fn most() { en: "max", ko: "최대" }
    fn all() { en: "All requests", ko: "전체 요청" }
    fn summed() {
        en: "Where a request got several kinds of answers, percentiles are told for each: they cannot be added up. \
             ≈: those of the kind that more than 99% of the answers were of.",
        ko: "응답 종류가 여럿인 요청의 백분위는 종류별로만 표시합니다. 백분위는 합산할 수 없기 때문입니다. \
             ≈: 전체 응답의 99%를 넘는 종류의 값입니다.",
    }
    fn tried_again(status: &str) { en: "{status}, to be retried", ko: "{status}(재시도 대상)" }
    fn more(count: usize) {
        en: "{count} less frequent requests are not shown.",
        ko: "호출 횟수가 적은 요청 {count}개는 생략했습니다.",
    }
}

/// The tags of a part, without those of its request.
type Tags = BTreeMap<&'static str, String>;

/// A request with its parts, by status, scenario and group.
#[derive(Default)]
struct Request {
    parts: BTreeMap<Tags, Part>,
}

/// The samples of a request that share all tags.
#[derive(Clone, Default)]
struct Part {
    count: f64,
    failed: f64,
    /// Whether anybody said if they failed.
    is_judged: bool,
    times: Option<Stats>,
}

/// The table; none when no request was made.
pub(crate) fn requests(report: &Report, lang: Lang) -> Option<Markup> {
    let measures = Measures::of(report);
    if measures.requests == 0 {
        return None;
    }
    let mut requests: Vec<((String, String), Request)> = of_results(&report.results).into_iter().collect();
    requests.sort_by(|left, right| right.1.total().count.total_cmp(&left.1.total().count));
    let mut rows = vec![overall(&measures, lang)];
    let (targets, mut shown) = (head::targets(report), 0);
    let names = RequestNames::of_results(&report.results);
    for ((name, method), request) in requests.iter().take(MOST_REQUESTS) {
        if rows.len() < MOST_ROWS {
            let label = first_characters(&label(name, method, &targets, &names), LONGEST);
            let is_retried = names.is_dynamodb_call(method, name);
            rows.extend(of_request(&label, request, is_retried, measures.seconds, lang));
            shown += 1;
        }
    }
    let left_out = requests.len() - shown;
    let table = Table { caption: heading(lang), heads: heads(lang), rows };
    Some(html! {
        section aria-labelledby="requests" {
            h2 #requests { (heading(lang)) }
            (table.render())
            @if requests.iter().take(shown).any(|(_, request)| request.is_mixed()) { p .note { (summed(lang)) } }
            @if left_out > 0 { p .note { (more(lang, left_out)) } }
        }
    })
}

fn heads(lang: Lang) -> Vec<Head> {
    let numbers = [count(lang), "TPS".to_owned(), words::error_rate(lang), average(lang), least(lang)];
    let percentiles = ["p50", "p90", "p95", "p99", "p99.9"].map(str::to_owned);
    let numbers = numbers.into_iter().chain(percentiles).chain([most(lang)]);
    [Head::words(request(lang))].into_iter().chain(numbers.map(Head::number)).collect()
}

fn overall(measures: &Measures, lang: Lang) -> Row {
    let mut cells = vec![
        all(lang),
        figure::count(measures.requests),
        figure::number(measures.tps),
        figure::percent(measures.error_rate),
    ];
    cells.extend(match &measures.times {
        Some(Times { avg, min, p50, p90, p95, p99, p999, max }) => {
            let all =
                [Some(*avg), Some(*min), Some(*p50), Some(*p90), Some(*p95), Some(*p99), *p999, Some(*max)];
            all.map(|ms| time(lang, ms))
        }
        None => [None; 8].map(|ms| time(lang, ms)),
    });
    Row { class: "total", ..Row::of(cells) }
}

fn of_results(results: &Results) -> BTreeMap<(String, String), Request> {
    let mut requests: BTreeMap<(String, String), Request> = BTreeMap::new();
    let is_told = ["http_req_failed", "dynamodb_attempts"].iter().any(|name| results.metric(name).is_some());
    for row in results.rows.iter().filter(|row| row.view == "requests") {
        let tag = |name: &str| row.tags.get(name).cloned().unwrap_or_default();
        let request = requests.entry((tag("name"), tag("method"))).or_default();
        let part = request.parts.entry(PARTS.iter().map(|name| (*name, tag(name))).collect()).or_default();
        match row.metric.as_str() {
            "http_reqs" => {
                part.count = row.stats.value("count");
                part.failed = if is_told || tag("error_code").is_empty() { part.failed } else { part.count };
            }
            "http_req_failed" => {
                part.failed = row.stats.value("passes");
                part.is_judged = row.samples > 0;
            }
            "http_req_duration" => part.times = Some(row.stats.clone()),
            _ => {}
        }
    }
    requests.retain(|_, request| request.total().count > 0.0);
    requests
}

impl Request {
    /// All parts in one. Percentiles are left out where there are several parts: they cannot be added up.
    fn total(&self) -> Part {
        let mut parts = self.parts.values().filter(|part| part.count > 0.0);
        let Some(first) = parts.next() else { return Part::default() };
        parts.fold(first.clone(), |sum, part| Part {
            count: sum.count + part.count,
            failed: sum.failed + part.failed,
            is_judged: sum.is_judged || part.is_judged,
            times: sum.times.zip(part.times.as_ref()).map(|(left, right)| merged(&left, right)),
        })
    }

    /// Whether there are several parts.
    fn is_mixed(&self) -> bool {
        self.parts.values().filter(|part| part.count > 0.0).count() > 1
    }

    /// The percentiles that are nearly those of all, where one part has nearly all requests.
    fn nearly(&self, name: &str) -> Option<f64> {
        let all = self.total().count;
        let main = self.parts.values().find(|part| self.is_mixed() && part.count > NEARLY_ALL * all)?;
        main.times.as_ref().filter(|_| STEADY.contains(&name))?.get(name)
    }
}

/// What is known exactly of two trends together.
fn merged(left: &Stats, right: &Stats) -> Stats {
    let sum = |name: &str| left.value(name) + right.value(name);
    [
        ("count", sum("count")),
        ("sum", sum("sum")),
        ("avg", sum("sum") / sum("count").max(1.0)),
        ("min", left.value("min").min(right.value("min"))),
        ("max", left.value("max").max(right.value("max"))),
    ]
    .into()
}

/// The row of a request, and those of its parts where there are several.
fn of_request(label: &str, request: &Request, is_retried: bool, seconds: f64, lang: Lang) -> Vec<Row> {
    let nearly = |name: &str| request.nearly(name);
    let mut rows = vec![Row::of(cells(lang, label.to_owned(), &request.total(), seconds, nearly))];
    let mut parts: Vec<_> = request.parts.iter().filter(|(_, part)| part.count > 0.0).collect();
    if parts.len() > 1 {
        let first = parts[0].0;
        let shown = PARTS.map(|name| parts.iter().any(|(tags, _)| tags.get(name) != first.get(name)));
        parts.sort_by(|left, right| right.1.count.total_cmp(&left.1.count));
        rows.extend(parts.into_iter().take(MOST_PARTS).map(|(tags, part)| {
            let is_retried = is_retried && !part.is_judged;
            let label = first_characters(&part_label(tags, shown, lang), LONGEST);
            let label = if is_retried { tried_again(lang, &label) } else { label };
            Row { class: "part", ..Row::of(cells(lang, label, part, seconds, |_| None)) }
        }));
    }
    rows
}

/// What sets a part apart: where it was sent from, and what the answer was.
fn part_label(tags: &Tags, shown: [bool; 4], lang: Lang) -> String {
    let tag = |at: usize| tags.get(PARTS[at]).map_or("", String::as_str);
    let mut names: Vec<String> = (0..2).filter(|at| shown[*at]).map(|at| tag(at).to_owned()).collect();
    if shown[2] || shown[3] {
        names.push(error_name(lang, tag(2), tag(3)));
    }
    names.retain(|name| !name.is_empty());
    names.join(" · ")
}

/// The cells of a row; what is not known of it may be known nearly.
fn cells(
    lang: Lang,
    label: String,
    part: &Part,
    seconds: f64,
    nearly: impl Fn(&str) -> Option<f64>,
) -> Vec<String> {
    let stat = |name: &str| part.times.as_ref().and_then(|times| times.get(name));
    let rate = if seconds > 0.0 { figure::number(part.count / seconds) } else { figure::NOTHING.to_owned() };
    let times = ["avg", "min", "med", "p(90)", "p(95)", "p(99)", "p(99.9)", "max"];
    [label, figure::count(part.count as u64), rate, figure::percent(part.failed / part.count)]
        .into_iter()
        .chain(times.map(|name| match (stat(name), nearly(name)) {
            (None, Some(ms)) => format!("≈ {}", figure::duration(lang, ms)),
            (known, _) => time(lang, known),
        }))
        .collect()
}

fn time(lang: Lang, ms: Option<f64>) -> String {
    ms.map_or_else(|| figure::NOTHING.to_owned(), |ms| figure::duration(lang, ms))
}

/// The name, with the method where the name does not say it, and without the target where there is but one.
fn label(name: &str, method: &str, targets: &[String], names: &RequestNames<'_>) -> String {
    let path = match targets {
        [only] => name.strip_prefix(only.as_str()).filter(|path| path.starts_with('/')),
        _ => None,
    };
    let shown = path.unwrap_or(name);
    let is_clear = method.is_empty() || shown.starts_with(method) || names.is_dynamodb_call(method, name);
    if is_clear { shown.to_owned() } else { format!("{method} {shown}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(count: f64, avg: f64, min: f64, max: f64) -> Stats {
        [("count", count), ("sum", count * avg), ("avg", avg), ("min", min), ("med", avg), ("max", max)]
            .into()
    }

    #[test]
    fn labels_say_what_is_not_known_anyway() {
        let target = ["http://shop:8080".to_owned()];
        for (name, method, expected) in [
            ("http://shop:8080/items/1", "GET", "GET /items/1"),
            ("http://shop:8080", "GET", "GET http://shop:8080"),
            ("http://shop:80800/items", "GET", "GET http://shop:80800/items"),
            ("POST /orders", "POST", "POST /orders"),
            ("orders", "", "orders"),
            ("Query products", "POST", "POST Query products"),
        ] {
            assert_eq!(label(name, method, &target, &RequestNames::default()), expected);
        }
    }

    #[test]
    fn where_nearly_all_answers_are_of_a_kind_its_percentiles_are_told() {
        let of = |ok: f64, failed: f64| {
            let tags = |status: &str| Tags::from([("status", status.to_owned())]);
            let part = |count, failed| Part {
                count,
                failed,
                is_judged: true,
                times: Some(times(count, 12.0, 5.0, 40.0)),
            };
            let parts = [(tags("200"), part(ok, 0.0)), (tags("503"), part(failed, failed))];
            Request { parts: parts.into() }
        };
        assert_eq!(of(995.0, 5.0).nearly("med"), Some(12.0));
        assert_eq!((of(995.0, 5.0).nearly("p(99)"), of(985.0, 15.0).nearly("med")), (None, None));
        assert_eq!(of(995.0, 0.0).nearly("med"), None);
        let row = of_request("GET /", &of(995.0, 5.0), false, 1.0, Lang::En).remove(0);
        let cells: Vec<String> = row.cells.into_iter().map(maud::PreEscaped::into_string).collect();
        assert_eq!(cells[6..8], ["≈ 12 ms", "–"]);
    }

    #[test]
    fn parts_add_up_and_percentiles_do_not() {
        let part = |count, failed, times| Part { count, failed, is_judged: true, times: Some(times) };
        let tags = |status: &str, code: &str| {
            let values = [("status", status), ("error_code", code)];
            values.into_iter().map(|(name, value)| (name, value.to_owned())).collect()
        };
        let request = Request {
            parts: [
                (tags("200", ""), part(90.0, 0.0, times(90.0, 10.0, 5.0, 40.0))),
                (tags("503", "1503"), part(10.0, 10.0, times(10.0, 110.0, 1.0, 30.0))),
            ]
            .into(),
        };
        let texts: Vec<String> = of_request("POST /orders", &request, false, 10.0, Lang::En)
            .into_iter()
            .map(|row| {
                row.cells.into_iter().map(maud::PreEscaped::into_string).collect::<Vec<_>>().join(" | ")
            })
            .collect();
        insta::assert_snapshot!(texts.join("\n"), @r"
        POST /orders | 100 | 10 | 10% | 20 ms | 1 ms | – | – | – | – | – | 40 ms
        200 | 90 | 9 | 0% | 10 ms | 5 ms | 10 ms | – | – | – | – | 40 ms
        503 | 10 | 1 | 100% | 110 ms | 1 ms | 110 ms | – | – | – | – | 30 ms
        ");
    }
}
