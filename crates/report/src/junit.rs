//! The report as JUnit: a test case for every expectation, for every threshold and for the verdict, for build servers.

use std::time::Duration;

use flashcrowd_diagnosis::expectation_text;
use flashcrowd_record::{ExpectationResult, Mark, RunState, Verdict};
use flashcrowd_text::{Lang, messages};
use quick_junit::{NonSuccessKind, Report as Suites, TestCase, TestCaseStatus, TestSuite};

use crate::details::{self, Detail};
use crate::format::Format;
use crate::layout::Layout;
use crate::model::Report;
use crate::words;
use crate::{analysis, answer};

messages! {
    fn came_to(name: &str, value: &str, target: &str) {
        en: "{name}: {value}, expected {target}",
        ko: "{name}: {value}(목표 {target})",
    }
}

/// What quick-junit makes of a test case, and what it prints.
type Outcome = (TestCaseStatus, Option<String>);

/// The row of the table of formats.
pub(crate) const FORMAT: Format =
    Format { names: &["junit"], extensions: &["xml"], report: render, comparison: None };

/// The whole document.
fn render(report: &Report, layout: Layout) -> String {
    let lang = layout.lang;
    let mut suite = TestSuite::new(report.record.run.test.name.as_str());
    suite.set_time(Duration::try_from_secs_f64(report.seconds()).unwrap_or_default());
    for (one, row) in report.judgement.expectations.iter().zip(details::expected(lang, report)) {
        let name = format!("{}: {}", one.name, one.target);
        suite.add_test_case(case(&name, "expectations", expectation(lang, one, &row)));
    }
    for row in details::thresholds(lang, report) {
        let held = row.mark != Some(Mark::Fail);
        let status = if held { TestCaseStatus::success() } else { failure(&missed(lang, &row), "") };
        suite.add_test_case(case(&format!("{}: {}", row.name, row.target), "thresholds", (status, None)));
    }
    if report.is_cut() || report.results.outcome.state != RunState::Finished {
        suite.add_test_case(case("the run comes to its end", "run", (unfinished(lang, report), None)));
    }
    suite.add_test_case(case("the verdict", "run", verdict(lang, report)));
    let mut suites = Suites::new("flashcrowd");
    suites.add_test_suite(suite);
    suites.to_string().expect("texts and numbers are written to memory without fail")
}

fn case(name: &str, class: &str, (status, out): Outcome) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname(class);
    if let Some(out) = out {
        case.set_system_out(out);
    }
    case
}

fn expectation(lang: Lang, one: &ExpectationResult, row: &Detail) -> Outcome {
    let why = expectation_text(lang, one);
    match one.result {
        Mark::Pass => (TestCaseStatus::success(), None),
        Mark::Warn | Mark::Fail => (failure(&missed(lang, row), &why), None),
        // What was not shown to hold has not held.
        Mark::NotMeasured => (failure(&why, ""), None),
    }
}

/// The verdict as a whole, so that what served nothing fails, whatever else was promised.
fn verdict(lang: Lang, report: &Report) -> Outcome {
    let answer = answer::answer(lang, report);
    match report.judgement.verdict {
        Verdict::Pass | Verdict::Warn => (TestCaseStatus::success(), Some(answer)),
        Verdict::NotJudged => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(answer);
            (status, None)
        }
        Verdict::NotMeasurable => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(answer).set_type("verdict");
            (status, None)
        }
        Verdict::Fail => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(answer).set_type("verdict");
            (status, None)
        }
    }
}

fn failure(message: &str, why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(message).set_type("expectation").set_description(why);
    status
}

fn unfinished(lang: Lang, report: &Report) -> TestCaseStatus {
    let state = words::state(lang, report.results.outcome.state);
    let message = analysis::caution(lang, report);
    let reason = report.results.outcome.reason.clone();
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_message(message.or(reason).unwrap_or(state)).set_type("run");
    status
}

fn missed(lang: Lang, row: &Detail) -> String {
    came_to(lang, &row.name, &row.value, &row.target)
}
