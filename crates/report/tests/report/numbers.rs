//! Every number in a document is a number of its record, and verbs follow the numbers.

use std::collections::BTreeMap;

use flashcrowd_diagnosis::{Evidence, step_response_times};
use flashcrowd_record::{Mark, StepResult};
use flashcrowd_report::{Format, Layout, Report, render};
use flashcrowd_text::Lang;
use serde_json::Value;

/// Numbers of texts that are definitions: the percentiles that are shown, and what is left of them.
const PERCENT: [f64; 4] = [5.0, 90.0, 95.0, 99.0];

/// A number of a text, with how exactly it is given.
#[derive(Clone, Debug, PartialEq)]
struct Token {
    value: f64,
    /// Half of its last digit.
    half: f64,
    unit: &'static str,
}

/// Units with what they are of the first of their kind, longest first.
const UNITS: [(&str, &str, f64); 16] = [
    ("µs", "time", 0.001),
    ("ms", "time", 1.0),
    ("min", "time", 60_000.0),
    ("MB", "bytes", 1e6),
    ("kB", "bytes", 1e3),
    ("GB", "bytes", 1e9),
    ("/s", "plain", 1.0),
    ("시간", "time", 3_600_000.0),
    ("분", "time", 60_000.0),
    ("초", "time", 1_000.0),
    ("%", "share", 1.0),
    ("h ", "time", 3_600_000.0),
    ("s", "time", 1_000.0),
    ("B", "bytes", 1.0),
    ("th", "plain", 1.0),
    ("번째", "plain", 1.0),
];

/// Checks every document of a report in both languages.
pub fn check(report: &Report) {
    let known = known(report);
    for lang in [Lang::En, Lang::Ko] {
        let document = render(report, Format::MARKDOWN, Layout::document(lang));
        for line in sentences(&document) {
            for token in tokens(&line) {
                assert!(is_known(&token, &known), "{token:?} is no number of the record: {line}\n{document}");
            }
            directions(&line);
        }
        // What the other documents say at their head is the same.
        let answer = document.lines().find_map(|line| line.split_once("**: ").map(|(_, answer)| answer));
        let answer = words(answer.expect("there is an answer"));
        for format in [Format::TEXT, Format::HTML] {
            let other = words(&render(report, format, Layout::document(lang)));
            assert!(other.contains(&answer), "{answer}\nis not in\n{other}");
        }
        if lang == Lang::En {
            broke(report, &document);
        }
    }
}

/// The numbers of the sentence on where it broke are those of the steps that it names, and of the breaking point.
fn broke(report: &Report, document: &str) {
    let Some(point) = &report.judgement.breaking_point else { return };
    let steps = &report.judgement.steps;
    let line = document.lines().find(|line| line.contains("; broke at ")).expect("it says where it broke");
    let (head, changes) = line.split_once(": compared with ").expect("it compares two steps");
    let (before, changes) = changes.split_once(", ").expect("it says what changed");
    let (held, broken) = head.split_once("; broke at ").expect("it names a step");
    let is = |text: &str, value: f64| {
        let token = tokens(text).into_iter().next_back().expect("it has a number");
        assert!((token.value - value).abs() <= token.half, "{text} is not {value}: {line}");
    };
    let load = |step: &StepResult| step.users.map(|users| users as f64).or(step.rate).unwrap_or(step.vus);
    let (from, to) = (&steps[point.held.expect("a step held")], &steps[point.step]);
    is(held, point.load);
    is(broken, load(to));
    is(before, load(from));
    for change in changes.split(" and ") {
        let of: fn(&StepResult) -> f64 = match change {
            change if change.starts_with("p95") => |step| step.p95,
            change if change.starts_with("the mean") => |step| step.avg,
            change if change.starts_with("the error") => |step| step.error_rate * 100.0,
            change if change.starts_with("throughput") => |step| step.tps,
            _ => continue,
        };
        let numbers: Vec<Token> = tokens(change).into_iter().filter(|token| token.unit != "name").collect();
        let (first, last) = (numbers.first().expect("a number"), numbers.last().expect("a number"));
        assert!((first.value - of(from)).abs() <= first.half, "{change}: {}", of(from));
        assert!((last.value - of(to)).abs() <= last.half, "{change}: {}", of(to));
    }
    // It has one place: whoever speaks of the threshold speaks of it.
    let threshold = document.lines().find(|line| line.contains("**Threshold**")).expect("there is one");
    is(threshold, point.load);
}

/// What is said to have risen has, and what fell fell.
fn directions(line: &str) {
    for (verb, sign) in [("rose", 1.0), ("grew", 1.0), ("fell", -1.0), ("dropped from", -1.0)] {
        for (at, _) in line.match_indices(verb) {
            let rest = &line[at..];
            let end = rest.find(" and ").unwrap_or(rest.len());
            let pair = tokens(&rest[..end]);
            if let ([from, to, ..], true) = (pair.as_slice(), rest[..end].contains("from ")) {
                assert!((to.value - from.value) * sign > 0.0, "{line}");
            }
        }
    }
    for (verb, sign) in [("올랐", 1.0), ("늘었", 1.0), ("떨어졌", -1.0), ("줄었", -1.0)] {
        for (at, _) in line.match_indices(verb) {
            let pair = tokens(line[..at].rsplit("습니다").next().unwrap_or_default());
            if let [.., from, to] = pair.as_slice() {
                assert!((to.value - from.value) * sign > 0.0, "{line}");
            }
        }
    }
}

/// The lines of a document without what is advice or about the test as it was written.
fn sentences(document: &str) -> Vec<String> {
    let mut is_advice = false;
    let mut lines = Vec::new();
    for line in document.lines() {
        if line.starts_with("### ") || line.starts_with("<details>") {
            is_advice = line.contains("Recommendations") || line.contains("개선 방안");
        }
        let head = ["- Date", "- Version", "- 일시", "- 버전", "- 날짜", "## "];
        if !is_advice && !head.iter().any(|start| line.starts_with(start)) {
            lines.push(line.replace("&lt;", "<").replace("&amp;", "&"));
        }
    }
    lines
}

fn is_known(token: &Token, known: &[f64]) -> bool {
    let scales: &[f64] = match token.unit {
        "time" => &[1.0, 1000.0],
        "share" => &[100.0, 1.0],
        _ => &[1.0],
    };
    let mut all = known.iter().flat_map(|value| scales.iter().map(move |scale| value * scale));
    let mut rest = known.iter().map(|value| (1.0 - value) * 100.0);
    let is = |value: f64| (value - token.value).abs() <= token.half * 1.001;
    all.any(is)
        || (token.unit == "share" && (rest.any(is) || PERCENT.contains(&token.value)))
        || (token.unit == "plain" && PERCENT.contains(&token.value))
}

/// All numbers of a record, and of the names and targets in it; what is counted in it; sums that tables show.
fn known(report: &Report) -> Vec<f64> {
    let mut found = Vec::new();
    let mut results = report.results.clone();
    let judgement = &report.judgement;
    (results.expectations, results.findings) = (judgement.expectations.clone(), judgement.findings.clone());
    (results.steps, results.breaking_point) = (judgement.steps.clone(), judgement.breaking_point.clone());
    // What is derived from the figures is no source of them.
    results.expectations.iter_mut().for_each(|one| one.evidence.clear());
    for finding in &mut results.findings {
        finding.evidence.clear();
        finding.remedy.clear();
    }
    collect(&serde_json::to_value(&results).expect("results are JSON"), &mut found);
    collect(&serde_json::to_value(&report.record.run).expect("facts are JSON"), &mut found);
    let evidence = Evidence::from(&report.record);
    for times in judgement.steps.iter().filter_map(|step| step_response_times(&evidence, step)) {
        collect(&serde_json::to_value(times).expect("times are JSON"), &mut found);
    }
    let kept = judgement.expectations.iter().filter(|one| one.result == Mark::Pass).count();
    found.extend([kept as f64, judgement.expectations.len() as f64, judgement.steps.len() as f64]);
    // What the table by request adds up over scenarios and statuses.
    let mut requests: BTreeMap<&str, [f64; 3]> = BTreeMap::new();
    for row in results.rows.iter().filter(|row| row.view == "requests") {
        let sums = requests.entry(row.tags.get("name").map_or("", String::as_str)).or_default();
        match row.metric.as_str() {
            "http_reqs" => sums[0] += row.stats.value("count"),
            "http_req_failed" => {
                sums[1] += row.stats.value("passes");
                sums[2] += row.stats.value("passes") + row.stats.value("fails");
            }
            _ => {}
        }
    }
    let seconds = results.load.as_ref().map_or(results.seconds, |load| load.seconds);
    found.extend(requests.values().flat_map(|[count, failed, all]| [*count, count / seconds, failed / all]));
    // Numbers of items, and how many times the fastest the average is.
    found.extend((1..=30).map(f64::from));
    let times = results.metric("http_req_duration").map(|metric| &metric.stats);
    found.extend(times.map(|times| (times.value("avg") / times.value("min")).round()));
    found
}

fn collect(value: &Value, found: &mut Vec<f64>) {
    match value {
        Value::Number(number) => found.extend(number.as_f64()),
        Value::String(text) => found.extend(tokens(text).into_iter().map(|token| token.value)),
        Value::Array(all) => all.iter().for_each(|value| collect(value, found)),
        Value::Object(all) => {
            for (name, value) in all {
                let name = name.replace('_', " ");
                found.extend(tokens(&name).into_iter().map(|token| token.value));
                collect(value, found);
            }
        }
        _ => {}
    }
}

/// The numbers of a text with their units; those in names, such as `p95`, are none.
fn tokens(text: &str) -> Vec<Token> {
    let mut found: Vec<Token> = Vec::new();
    let mut rest = text;
    let mut before = ' ';
    while let Some(next) = rest.chars().next() {
        let is_in_name = before.is_ascii_alphabetic() || before == '_' || before == '/';
        if !next.is_ascii_digit() {
            before = next;
            rest = &rest[next.len_utf8()..];
            continue;
        }
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != ',' && c != '.').unwrap_or(rest.len());
        let digits = rest[..end].trim_end_matches([',', '.']);
        let sign = if before == '-' { -1.0 } else { 1.0 };
        rest = &rest[digits.len()..];
        before = '0';
        let Ok(value) = digits.replace(',', "").parse::<f64>() else { continue };
        if is_in_name {
            continue;
        }
        let decimals = digits.split_once('.').map_or(0, |(_, decimals)| decimals.len() as i32);
        let after = rest.trim_start();
        let unit = UNITS.iter().find(|(name, ..)| after.starts_with(name) && !is_word(after, name));
        let (kind, scale) = unit.map_or(("plain", 1.0), |(_, kind, scale)| (*kind, *scale));
        // Three digits count, two decimals at most, and zeros at the end are not shown; numbers of things are whole.
        let whole = value.abs().max(1.0).log10().floor() as i32;
        let shown = if kind == "plain" || kind == "bytes" || scale >= 60_000.0 {
            decimals
        } else {
            decimals.max((2 - whole).clamp(0, 2))
        };
        let half = 0.5 * 10_f64.powi(-shown) * scale;
        let token = Token { value: sign * value * scale, half, unit: kind };
        match found.last_mut() {
            // `4 min 20 s` is one time.
            Some(last) if last.unit == "time" && last.half >= 29_000.0 && kind == "time" => {
                (last.value, last.half) = (last.value + token.value, half);
            }
            _ => found.push(token),
        }
    }
    found
}

/// Whether what looks like a unit is the beginning of a word.
fn is_word(text: &str, unit: &str) -> bool {
    unit.is_ascii() && text[unit.len()..].starts_with(|c: char| c.is_ascii_alphabetic())
}

/// A text without its line breaks, tags and entities.
fn words(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let is_tag =
            next == '<' && rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!');
        let length = rest.find('>').filter(|_| is_tag).map_or(next.len_utf8(), |end| end + 1);
        if !is_tag && next != '\\' {
            plain.push(next);
        }
        rest = &rest[length..];
    }
    let plain = plain.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn numbers_are_read_with_their_units() {
    let read =
        |text: &str| tokens(text).into_iter().map(|token| (token.value, token.unit)).collect::<Vec<_>>();
    assert_eq!(read("p95 rose from 63.6 ms to 1.55 s"), [(63.6, "time"), (1550.0, "time")]);
    assert_eq!(read("4 min 20 s, 1,234 users, 0.59% (503)")[0], (260_000.0, "time"));
    assert_eq!(read("tps went from 13.8/s to -2.68/s")[1], (-2.68, "plain"));
    assert_eq!(read("2분 20초 동안 초당 39.5건")[0], (140_000.0, "time"));
    let is_read = |text: &str, known: &[f64]| tokens(text).iter().all(|token| is_known(token, known));
    assert!(is_read("1.55 s at 369/s", &[1551.0, 368.7]) && !is_read("1.55 s at 369/s", &[317.0, 347.0]));
    assert!(is_read("1.4% of 100 ms", &[0.014, 100.2]) && !is_read("1.4%", &[0.0145]));
}

#[test]
#[should_panic(expected = "grew from 260 ms to 103 ms")]
fn what_grew_is_larger_than_before() {
    directions("broke at 260: p95 grew from 260 ms to 103 ms while throughput stayed at 390/s");
}

#[test]
#[should_panic(expected = "올랐습니다")]
fn what_grew_in_korean_is_larger_than_before() {
    directions("p95는 260 ms에서 103 ms로 올랐습니다");
}
