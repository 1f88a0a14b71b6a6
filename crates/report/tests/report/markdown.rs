//! Reports as Markdown: one screen, then what is folded; never longer than a comment may be.

use flashcrowd_record::Record;
use flashcrowd_report::{Format, Layout, Report, render};
use flashcrowd_text::Lang;

use crate::fixture;

/// What a comment on a pull request may have.
const COMMENT: usize = 65_536;

fn markdown(record: Record, lang: Lang) -> String {
    render(&fixture::report(record), Format::MARKDOWN, Layout::document(lang))
}

#[test]
fn a_staircase_that_breaks() {
    insta::assert_snapshot!("stress.en.md", markdown(fixture::stress(), Lang::En));
    insta::assert_snapshot!("stress.ko.md", markdown(fixture::stress(), Lang::Ko));
}

#[test]
fn a_baseline_that_holds() {
    insta::assert_snapshot!("baseline.en.md", markdown(fixture::baseline(), Lang::En));
    insta::assert_snapshot!("baseline.ko.md", markdown(fixture::baseline(), Lang::Ko));
}

#[test]
fn a_few_steps_stand_side_by_side() {
    let text = markdown(fixture::spike(), Lang::Ko);
    assert!(text.contains("| 지표 | VU 10 | VU 1,000 | VU 10 |\n"), "{text}");
}

#[test]
fn names_are_no_markup() {
    let mut record = fixture::orders();
    record.run.test.name = "a|b <img src=x> `c` *d*\n# e".into();
    if let Some(results) = &mut record.results {
        results.metrics[4].thresholds[0].source = "p(95)<5 | x".into();
    }
    let text = markdown(record, Lang::En);
    assert!(text.starts_with("## Test Report: a\\|b &lt;img src=x> \\`c\\` \\*d\\*␊# e\n"), "{text}");
    assert!(text.contains("| p(95)&lt;5 \\| x | ❌ Fail |"), "{text}");
}

#[test]
fn it_is_never_longer_than_a_comment() {
    for (expectations, findings, letters) in [(2_000, 3, 20), (5, 900, 500), (40, 4, 30_000)] {
        let mut report = fixture::report(fixture::stress());
        grow(&mut report, expectations, findings, letters);
        for lang in [Lang::En, Lang::Ko] {
            let text = render(&report, Format::MARKDOWN, Layout::document(lang));
            assert!(text.chars().count() <= COMMENT, "{} characters", text.chars().count());
            assert!(text.ends_with("</details>\n"));
        }
    }
}

fn grow(report: &mut Report, expectations: usize, findings: usize, letters: usize) {
    let judgement = &mut report.judgement;
    let (one, found) = (judgement.expectations[1].clone(), judgement.findings[0].clone());
    judgement.expectations = vec![one; expectations];
    judgement.findings = vec![found; findings];
    report.record.run.test.name = "가".repeat(letters);
    for (at, one) in judgement.expectations.iter_mut().enumerate() {
        one.name = format!("{at}{}", "x".repeat(letters));
    }
    for found in &mut judgement.findings {
        found.id = "of-another-version".into();
        found.evidence = "y".repeat(letters);
    }
}
