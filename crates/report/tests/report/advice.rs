//! Advice: its limits hold whatever a record says, and its numbers are the record's.

use std::sync::LazyLock;

use flashcrowd_diagnosis::{Expectation, FINDINGS};
use flashcrowd_record::{BreakingPoint, Mark, Severity, Verdict};
use flashcrowd_report::{Advice, HEAVIER, Report, advise};
use flashcrowd_text::Lang;
use proptest::prelude::*;
use serde_json::Value;

use crate::fixture;

/// What has been said of a run, as far as advice depends on it.
#[derive(Clone, Debug)]
struct Said {
    findings: Vec<(usize, Severity)>,
    expectations: Vec<(usize, Mark)>,
    verdict: Verdict,
    broke: Option<(usize, &'static str)>,
    is_users: bool,
    scale: f64,
}

fn severity() -> impl Strategy<Value = Severity> {
    prop::sample::select(vec![Severity::Info, Severity::Warning, Severity::Critical])
}

fn mark() -> impl Strategy<Value = Mark> {
    prop::sample::select(vec![Mark::Pass, Mark::Warn, Mark::Fail, Mark::NotMeasured])
}

prop_compose! {
    fn said()(
        findings in prop::collection::vec((0..FINDINGS.len() + 1, severity()), 0..4),
        expectations in prop::collection::vec((0..Expectation::table().len(), mark()), 0..4),
        verdict in prop::sample::select(vec![Verdict::Pass, Verdict::Warn, Verdict::Fail]),
        broke in prop::option::of(
            (0..15_usize, prop::sample::select(vec!["latency", "errors", "dropped", "?"]))
        ),
        is_users in any::<bool>(),
        scale in prop::sample::select(vec![0.0, 1e-9, 0.37, 1.0, 1e4, 1e12, f64::MAX, f64::NAN]),
    ) -> Said {
        Said { findings, expectations, verdict, broke, is_users, scale }
    }
}

/// Runs that something can be said of, made once.
static REPORTS: LazyLock<[Report; 4]> = LazyLock::new(|| {
    [fixture::stress(), fixture::baseline(), fixture::orders(), fixture::spike()].map(fixture::report)
});

fn report(which: usize, said: &Said) -> Report {
    let mut report = REPORTS[which].clone();
    let judgement = &mut report.judgement;
    let template = &REPORTS[0].judgement;
    judgement.verdict = said.verdict;
    judgement.findings = said
        .findings
        .iter()
        .map(|&(at, severity)| {
            let id = FINDINGS.get(at).map_or("of-another-version", |kind| kind.id).to_owned();
            flashcrowd_record::Finding { id, severity, ..template.findings[0].clone() }
        })
        .collect();
    judgement.expectations = said
        .expectations
        .iter()
        .map(|&(at, result)| {
            let kind = Expectation::table()[at];
            let (name, target) = (kind.name.to_owned(), kind.example.to_owned());
            flashcrowd_record::ExpectationResult { name, target, result, ..template.expectations[0].clone() }
        })
        .collect();
    judgement.breaking_point = said.broke.map(|(step, symptom)| BreakingPoint {
        step,
        load: 400.0 * said.scale,
        tps: 381.0 * said.scale,
        is_users: said.is_users,
        symptom: symptom.into(),
        ..BreakingPoint::default()
    });
    for step in &mut judgement.steps {
        step.tps *= said.scale;
    }
    report
}

fn check_limits(advice: &Advice) {
    let Advice { operator, support_case } = advice;
    let both = support_case.title.chars().count() + support_case.text.chars().count();
    assert!(operator.chars().count() <= 300, "{operator}");
    assert!(both <= 200, "{support_case:?}");
    assert!(!support_case.title.is_empty() && !support_case.text.is_empty());
    assert_eq!(operator.lines().count(), 2, "{operator}");
    for line in operator.lines() {
        assert!(line.split_once(": ").is_some_and(|(_, measures)| measures.ends_with('.')), "{line}");
    }
    let end = support_case.text.chars().last();
    assert!(matches!(end, Some('.' | '?')), "{support_case:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]
    #[test]
    fn the_limits_hold(said in said(), which in 0..REPORTS.len()) {
        let report = report(which, &said);
        check_limits(&advise(&report, HEAVIER, Lang::En));
        check_limits(&advise(&report, HEAVIER, Lang::Ko));
    }
}

/// Every number of a record: figures, and those in texts such as targets.
fn numbers_of(value: &Value, all: &mut Vec<f64>) {
    match value {
        Value::Number(number) => all.extend(number.as_f64()),
        Value::String(text) => all.extend(numbers_in(text).into_iter().map(|(number, _)| number)),
        Value::Array(values) => values.iter().for_each(|value| numbers_of(value, all)),
        Value::Object(fields) => fields.values().for_each(|value| numbers_of(value, all)),
        Value::Null | Value::Bool(_) => {}
    }
}

/// The numbers in a text with half a unit of their last digit. Those of names, such as p95, are none.
fn numbers_in(text: &str) -> Vec<(f64, f64)> {
    let letters: Vec<char> = text.chars().collect();
    let (mut found, mut at) = (Vec::new(), 0);
    while at < letters.len() {
        if !letters[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let is_name = at > 0 && letters[at - 1].is_ascii_alphabetic();
        let start = at;
        while at < letters.len() && (letters[at].is_ascii_digit() || is_inside(&letters, at)) {
            at += 1;
        }
        let digits: String = letters[start..at].iter().filter(|c| **c != ',').collect();
        let decimals = digits.split_once('.').map_or(0, |(_, rest)| rest.len());
        if let (false, Ok(number)) = (is_name, digits.parse()) {
            found.push((number, 0.500_1 * 10_f64.powi(-i32::try_from(decimals).unwrap())));
        }
    }
    found
}

/// Whether that is a point or comma between digits.
fn is_inside(letters: &[char], at: usize) -> bool {
    matches!(letters[at], '.' | ',') && letters.get(at + 1).is_some_and(char::is_ascii_digit)
}

#[test]
fn every_number_is_the_records() {
    let records =
        [fixture::stress(), fixture::spike(), fixture::baseline(), fixture::orders(), fixture::killed()];
    for record in records {
        let report = fixture::report(record);
        let mut known = Vec::new();
        numbers_of(&serde_json::to_value(&report.record.run).unwrap(), &mut known);
        numbers_of(&serde_json::to_value(&report.results).unwrap(), &mut known);
        numbers_of(&serde_json::to_value(&report.judgement).unwrap(), &mut known);
        let mut seen = 0;
        for lang in [Lang::En, Lang::Ko] {
            let Advice { operator, support_case } = advise(&report, HEAVIER, lang);
            let text = format!("{operator} {} {}", support_case.title, support_case.text);
            for (number, half) in numbers_in(&text) {
                seen += 1;
                // Times are kept in milliseconds, shares from 0 to 1.
                let is_known = known.iter().any(|figure| {
                    [*figure, figure / 1000.0, figure * 100.0].iter().any(|one| (one - number).abs() <= half)
                });
                assert!(is_known, "{number} in {text}");
            }
        }
        assert!(seen > 8, "{}", report.record.run.test.name);
    }
}

#[test]
fn a_pool_that_is_exhausted() {
    let report = fixture::report(fixture::stress());
    let shown = |lang| {
        let Advice { operator, support_case } = advise(&report, HEAVIER, lang);
        format!("{operator}\n\n{}\n{}", support_case.title, support_case.text)
    };
    insta::assert_snapshot!("advice.en.txt", shown(Lang::En));
    insta::assert_snapshot!("advice.ko.txt", shown(Lang::Ko));
}

#[test]
fn a_run_that_held_has_something_in_reserve() {
    let report = fixture::report(fixture::baseline());
    let advice = advise(&report, HEAVIER, Lang::Ko);
    assert!(advice.operator.contains("여유를 확인합니다"), "{advice:?}");
    assert!(advice.support_case.text.contains("P99 응답 시간: 18.5 ms(목표 < 50ms)"), "{advice:?}");
}

#[test]
fn without_a_request_there_is_still_advice() {
    let mut report = fixture::report(fixture::baseline());
    report.results.metrics.clear();
    for (lang, text) in [(Lang::En, "No request was measured"), (Lang::Ko, "측정된 요청이 없으므로")]
    {
        let advice = advise(&report, HEAVIER, lang);
        check_limits(&advice);
        assert!(advice.operator.contains(text), "{advice:?}");
    }
}
