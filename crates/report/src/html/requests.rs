//! The table of requests: response times of all requests and of each, with how many there were and how many failed.

use flashcrowd_text::{Lang, figure, first_characters, messages};
use maud::{Markup, html};

use super::table::{Head, Row, Table};
use crate::chart::error_name;
use crate::measures::{Measures, Times};
use crate::model::Report;
use crate::sections::requests::{self, PARTS, Part, Request, Tags, shown, slowest_first};
use crate::words;

/// So many requests have a row of their own.
const MOST_REQUESTS: usize = 60;
/// So many parts of a request have a row of their own.
const MOST_PARTS: usize = 6;
/// All of them have at most so many rows.
const MOST_ROWS: usize = 150;
/// A name is shown up to so many characters.
const LONGEST: usize = 200;

messages! {
    fn all() { en: "All requests", ko: "전체 요청" }
    fn unknown() {
        en: "This record does not keep percentiles of requests with several kinds of responses, only those of each kind.",
        ko: "이 기록에는 응답 종류가 여럿인 요청의 전체 백분위가 없어 종류별 백분위만 표시합니다.",
    }
    fn tried_again(status: &str) { en: "{status}, to be retried", ko: "{status}(재시도 대상)" }
    fn more(count: usize) {
        en: "{count} faster requests are not shown.",
        ko: "더 빠른 요청 종류 {count}개는 생략했습니다.",
    }
}

/// The table, the slowest request first; none when no request was made.
pub(crate) fn requests(report: &Report, lang: Lang) -> Option<Markup> {
    let measures = Measures::of_what_was_sent(report);
    if measures.requests == 0 {
        return None;
    }
    let requests = slowest_first(&report.results);
    let (mut rows, mut shown) = (vec![overall(&measures, lang)], 0);
    for request in requests.iter().take(MOST_REQUESTS) {
        if rows.len() < MOST_ROWS {
            rows.extend(of_request(request, measures.seconds, lang));
            shown += 1;
        }
    }
    let left_out = requests.len() - shown;
    let heading = requests::heading(lang);
    let table = Table { caption: heading.clone(), heads: heads(lang), rows };
    Some(html! {
        section aria-labelledby="requests" {
            h2 #requests { (heading) }
            (table.render())
            @if requests.iter().take(shown).any(Request::lacks_percentiles) { p .note { (unknown(lang)) } }
            @if left_out > 0 { p .note { (more(lang, left_out)) } }
        }
    })
}

fn heads(lang: Lang) -> Vec<Head> {
    let numbers = [requests::count(lang), "TPS".to_owned(), words::error_rate(lang)];
    let means = [requests::average(lang), requests::least(lang)];
    let percentiles = ["p50", "p90", "p95", "p99", "p99.9"].map(str::to_owned);
    let numbers = numbers.into_iter().chain(means).chain(percentiles).chain([requests::most(lang)]);
    [Head::words(requests::request(lang))].into_iter().chain(numbers.map(Head::number)).collect()
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
            all.map(|ms| shown(lang, ms))
        }
        None => [None; 8].map(|ms| shown(lang, ms)),
    });
    Row { class: "total", ..Row::of(cells) }
}

/// The row of a request, and those of its parts where there are several.
fn of_request(request: &Request, seconds: f64, lang: Lang) -> Vec<Row> {
    let label = first_characters(&request.label, LONGEST);
    let mut rows = vec![Row::of(cells(lang, label, &request.total(), seconds))];
    let mut parts: Vec<_> = request.parts.iter().filter(|(_, part)| part.count > 0.0).collect();
    if parts.len() > 1 {
        let first = parts[0].0;
        let shown = PARTS.map(|name| parts.iter().any(|(tags, _)| tags.get(name) != first.get(name)));
        parts.sort_by(|left, right| right.1.count.total_cmp(&left.1.count));
        rows.extend(parts.into_iter().take(MOST_PARTS).map(|(tags, part)| {
            let is_retried = request.is_retried && !part.is_judged;
            let label = first_characters(&part_label(tags, shown, lang), LONGEST);
            let label = if is_retried { tried_again(lang, &label) } else { label };
            Row { class: "part", ..Row::of(cells(lang, label, part, seconds)) }
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

fn cells(lang: Lang, label: String, part: &Part, seconds: f64) -> Vec<String> {
    let stat = |name: &str| part.times.as_ref().and_then(|times| times.get(name));
    let times = ["avg", "min", "med", "p(90)", "p(95)", "p(99)", "p(99.9)", "max"];
    [label, figure::count(part.count as u64), part.rate(seconds), part.errors()]
        .into_iter()
        .chain(times.map(|name| shown(lang, stat(name))))
        .collect()
}

#[cfg(test)]
mod tests {
    use flashcrowd_record::{Results, Stats};

    use super::*;

    fn times(count: f64, avg: f64, min: f64, max: f64) -> Stats {
        [("count", count), ("sum", count * avg), ("avg", avg), ("min", min), ("med", avg), ("max", max)]
            .into()
    }

    #[test]
    fn parts_add_up_and_percentiles_do_not() {
        let part = |count, failed, times| Part { count, failed, is_judged: true, times: Some(times) };
        let tags = |status: &str, code: &str| {
            let values = [("status", status), ("error_code", code)];
            values.into_iter().map(|(name, value)| (name, value.to_owned())).collect()
        };
        let request = Request {
            label: "POST /orders".to_owned(),
            parts: [
                (tags("200", ""), part(90.0, 0.0, times(90.0, 10.0, 5.0, 40.0))),
                (tags("503", "1503"), part(10.0, 10.0, times(10.0, 110.0, 1.0, 30.0))),
            ]
            .into(),
            ..Request::default()
        };
        assert!(request.lacks_percentiles());
        let texts: Vec<String> = of_request(&request, 10.0, Lang::En)
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
        assert!(slowest_first(&Results::default()).is_empty());
    }
}
