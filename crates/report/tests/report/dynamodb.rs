//! Documents of runs against DynamoDB: capacity in every format, advice with tables and figures, nothing of it elsewhere.

use flashcrowd_diagnosis::compare;
use flashcrowd_record::{Expected, Results};
use flashcrowd_report::{Advice, Format, HEAVIER, Layout, Report, advise, render, render_comparison};
use flashcrowd_text::{Lang, width};
use proptest::prelude::*;

use crate::fixture;
use crate::prime_day::PrimeDay;

fn expected() -> Vec<Expected> {
    [("iteration_rate", "> 50"), ("failure_rate", "< 5%"), ("throttle_rate", "< 10%")]
        .map(|(name, target)| Expected { name: name.into(), target: target.into() })
        .into()
}

fn throttled() -> PrimeDay {
    PrimeDay { expected: expected(), ..PrimeDay::default() }
}

fn on_demand() -> PrimeDay {
    PrimeDay { provisioned: None, ..throttled() }
}

fn report(day: &PrimeDay) -> Report {
    Report::of(day.record())
}

#[test]
fn capacity_is_a_part_of_the_text() {
    for (lang, code) in [(Lang::En, "en"), (Lang::Ko, "ko")] {
        let text = render(&report(&throttled()), Format::TEXT, Layout::document(lang));
        assert!(text.lines().all(|line| width(line) <= 100), "{text}");
        insta::assert_snapshot!(format!("dynamodb.{code}.txt"), text);
        let text = render(&report(&throttled()), Format::MARKDOWN, Layout::document(lang));
        insta::assert_snapshot!(format!("dynamodb.{code}.md"), text);
    }
}

#[test]
fn on_demand_has_no_ceiling() {
    let text = render(&report(&on_demand()), Format::TEXT, Layout::document(Lang::En));
    assert!(text.contains("on demand") && !text.contains("Throttled attempts"), "{text}");
    assert!(text.contains("All 7,494 requests succeeded."), "{text}");
}

#[test]
fn long_names_of_tables_leave_the_lines_short() {
    let day = PrimeDay { prefix: format!("{}-", "marketplace-eu-central-1-".repeat(9)), ..throttled() };
    let bounds = [(Lang::En, "\nDynamoDB capacity", "\nAnalysis"), (Lang::Ko, "\nDynamoDB 용량", "\n분석")];
    for (lang, begin, end) in bounds {
        let text = render(&report(&day), Format::TEXT, Layout::document(lang));
        let tables = text.split(begin).nth(1).and_then(|rest| rest.split(end).next()).unwrap();
        assert!(tables.lines().all(|line| width(line) <= 100), "{tables}");
        assert!(tables.contains("-Products/category-index") && tables.contains("GetItem …"), "{tables}");
    }
}

#[test]
fn the_page_has_tables_and_charts_of_capacity() {
    for (lang, texts) in [
        (
            Lang::En,
            ["Capacity units by table and index", "Throttled attempts", "Writes of Orders", "Provisioned"],
        ),
        (Lang::Ko, ["테이블·인덱스별 용량 단위", "스로틀링된 시도", "Orders 쓰기", "프로비저닝"]),
    ] {
        let page = render(&report(&throttled()), Format::HTML, Layout::document(lang));
        for text in texts {
            assert!(page.contains(text), "{text}");
        }
        assert!(page.len() < 500_000, "{} bytes", page.len());
    }
}

#[test]
fn costs_are_shown_to_the_digit() {
    let mut record = throttled().record();
    let capacity = record.results.as_mut().unwrap().capacity.as_mut().unwrap();
    let costs = capacity.costs.as_mut().unwrap();
    costs.provisioned_hour = "123456789012345678901234567890.12345678".into();
    let report = Report::of(record);
    for format in [Format::TEXT, Format::MARKDOWN, Format::HTML, Format::JSON] {
        let text = render(&report, format, Layout::document(Lang::En)).replace('\u{a0}', " ");
        assert!(text.contains("123456789012345678901234567890.12345678"), "{format:?}");
    }
}

#[test]
fn json_has_the_capacity() {
    let report = report(&throttled());
    let back: Results =
        serde_json::from_str(&render(&report, Format::JSON, Layout::document(Lang::Ko))).unwrap();
    assert_eq!(back.capacity, report.results.capacity);
}

#[test]
fn other_runs_have_nothing_of_it() {
    for record in [fixture::stress(), fixture::orders(), fixture::killed()] {
        let report = Report::of(record);
        for format in [Format::TEXT, Format::MARKDOWN, Format::HTML] {
            let text = render(&report, format, Layout::document(Lang::En));
            assert!(!text.contains("DynamoDB") && !text.contains("RCU"), "{format:?}");
        }
    }
}

#[test]
fn a_killed_run_has_its_throttles() {
    let mut record = throttled().record();
    record.results = None;
    let report = Report::of(record);
    for format in [Format::TEXT, Format::MARKDOWN, Format::HTML] {
        let text = render(&report, format, Layout::document(Lang::En));
        assert!(text.contains("TableReadProvisionedThroughputExceeded"), "{format:?}");
        assert!(!text.contains("Capacity units by table"), "{format:?}");
    }
}

#[test]
fn advice_names_tables_and_units() {
    let report = report(&throttled());
    let shown = |lang| {
        let Advice { operator, support_case } = advise(&report, HEAVIER, lang);
        format!("{operator}\n\n{}\n{}", support_case.title, support_case.text)
    };
    insta::assert_snapshot!("advice_on_dynamodb.en.txt", shown(Lang::En));
    insta::assert_snapshot!("advice_on_dynamodb.ko.txt", shown(Lang::Ko));
}

#[test]
fn a_colleague_sees_the_difference() {
    let comparison = compare(&throttled().record(), &on_demand().record());
    let text = render_comparison(&comparison, true, Format::TEXT, Layout::document(Lang::En)).unwrap();
    for name in
        ["throttle rate", "iterations", "dynamodb_failed", "Orders write units", "back-off per iteration"]
    {
        assert!(text.contains(name), "{text}");
    }
    assert!(text.contains("No regression"), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn advice_fits_whatever_tables_are_called(prefix in "[A-Za-z0-9_.-]{0,243}", units in 0..u64::MAX) {
        let mut report = report(&PrimeDay { prefix: prefix.clone(), seconds: 15, ..throttled() });
        for line in &mut report.results.capacity.as_mut().unwrap().lines {
            line.recommended = units;
        }
        for lang in [Lang::En, Lang::Ko] {
            let Advice { operator, support_case } = advise(&report, HEAVIER, lang);
            let both = support_case.title.chars().count() + support_case.text.chars().count();
            prop_assert!(operator.chars().count() <= 300, "{operator}");
            prop_assert!(both <= 200, "{support_case:?}");
            for text in [&operator, &support_case.text] {
                prop_assert!(text.contains("Products ") || text.contains("Orders "), "{text}");
                prop_assert!(text.contains("RCU") || text.contains("WCU"), "{text}");
            }
        }
    }
}
