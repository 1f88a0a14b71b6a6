//! Documents for programs: JSON and JUnit, read back.

use flashcrowd_record::{Mark, Results, RunState};
use flashcrowd_report::{Format, Layout, Report, render};
use flashcrowd_text::Lang;
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use crate::fixture;

fn suite(report: &Report, lang: Lang) -> TestSuite {
    let text = render(report, Format::JUNIT, Layout::document(lang));
    let mut suites = quick_junit::Report::deserialize_from_str(&text).unwrap().test_suites;
    assert_eq!(suites.len(), 1, "{text}");
    suites.remove(0)
}

fn case<'a>(suite: &'a TestSuite, name: &str) -> &'a TestCase {
    suite.test_cases.iter().find(|case| case.name.as_str() == name).unwrap()
}

#[test]
fn json_is_the_judged_results() {
    for record in [fixture::stress(), fixture::killed(), fixture::orders()] {
        let report = fixture::report(record);
        let text = render(&report, Format::JSON, Layout::document(Lang::En));
        assert!(text.ends_with("}\n") && text.contains("\n  \"verdict\""), "{text}");
        let back: Results = serde_json::from_str(&text).unwrap();
        assert_eq!(back.judgement().as_ref(), Some(&report.judgement));
        assert_eq!(back.test, report.record.run.test);
    }
}

#[test]
fn a_killed_run_has_the_results_of_its_timeline() {
    let report = fixture::report(fixture::killed());
    let text = render(&report, Format::JSON, Layout::document(Lang::En));
    let back: Results = serde_json::from_str(&text).unwrap();
    assert_eq!(back.outcome.state, RunState::Cut);
    let counted: f64 = report.record.timeline.iter().filter_map(|line| line.stat("http_reqs", "sum")).sum();
    assert_eq!(back.metric("http_reqs").unwrap().stats.value("count"), counted);
}

#[test]
fn junit_has_a_case_for_every_expectation() {
    let report = fixture::report(fixture::stress());
    for lang in [Lang::En, Lang::Ko] {
        let suite = suite(&report, lang);
        assert_eq!(suite.name.as_str(), "System Breaking Point Test");
        // And one for the verdict.
        assert_eq!(suite.test_cases.len(), report.judgement.expectations.len() + 1);
        let held = report.judgement.expectations.iter().filter(|one| one.result == Mark::Pass).count();
        assert_eq!((suite.tests, suite.failures, suite.errors, suite.skipped), (8, 8 - held, 0, 0));
        for one in &report.judgement.expectations {
            let case = case(&suite, &format!("{}: {}", one.name, one.target));
            let is_right = match one.result {
                Mark::Pass => {
                    matches!(case.status, TestCaseStatus::Success { .. }) && case.system_out.is_none()
                }
                // What was not shown to hold has not held.
                Mark::Warn | Mark::Fail | Mark::NotMeasured => is_failure(case),
            };
            assert!(is_right, "{case:?}");
        }
    }
}

#[test]
fn a_failure_says_what_was_missed_and_how_it_was_seen() {
    let report = fixture::report(fixture::stress());
    let suite = suite(&report, Lang::En);
    let TestCaseStatus::NonSuccess { message, description, .. } =
        &case(&suite, "response_time_p99: < 500ms").status
    else {
        panic!("{suite:?}");
    };
    let told = (message.as_ref().unwrap().as_str(), description.as_ref().unwrap().as_str());
    assert_eq!(told.0, "P99 response time: 906 ms, expected < 500ms");
    assert!(told.1.contains("81,335 requests"), "{}", told.1);
}

#[test]
fn junit_has_a_case_for_every_threshold() {
    let suite = suite(&fixture::report(fixture::orders()), Lang::Ko);
    assert_eq!(suite.test_cases.len(), 3);
    assert!(is_failure(case(&suite, "http_req_duration: p(95)<500")));
    let held = case(&suite, "http_req_failed: rate<0.01");
    assert!(matches!(held.status, TestCaseStatus::Success { .. }));
}

#[test]
fn a_killed_run_is_an_error() {
    let suite = suite(&fixture::report(fixture::killed()), Lang::En);
    let end = case(&suite, "the run comes to its end");
    let is_error = matches!(end.status, TestCaseStatus::NonSuccess { kind: NonSuccessKind::Error, .. });
    assert!(is_error && suite.errors == 1, "{suite:?}");
}

#[test]
fn letters_that_xml_does_not_have_do_no_harm() {
    let mut report = fixture::report(fixture::baseline());
    report.record.run.test.name = "a\u{0}b\u{1b}[31m <&\"'>".into();
    report.judgement.expectations[0].target = "< 5\u{8}ms & <x>".into();
    let suite = suite(&report, Lang::En);
    assert!(suite.name.as_str().ends_with(" <&\"'>"), "{:?}", suite.name);
    assert_eq!(suite.test_cases.len(), 3);
}

fn is_failure(case: &TestCase) -> bool {
    matches!(case.status, TestCaseStatus::NonSuccess { kind: NonSuccessKind::Failure, .. })
}
