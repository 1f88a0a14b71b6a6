//! Two records side by side.

use flashcrowd_diagnosis::{Change, Comparison, StepChange};
use flashcrowd_report::{Format, Layout, render_comparison};
use flashcrowd_text::Lang;

fn change(name: &str, unit: &str, before: f64, after: f64, p_value: Option<f64>) -> Change {
    let relative = (before != 0.0).then(|| after / before - 1.0);
    let significant = p_value.is_some_and(|p| p < 0.01);
    Change {
        name: name.into(),
        unit: unit.into(),
        before: Some(before),
        after: Some(after),
        relative,
        p_value,
        significant,
        ..Change::default()
    }
}

fn comparison() -> Comparison {
    let slower = change("http_req_duration p(95)", "ms", 184.2, 1250.0, Some(0.000_02));
    let faster = change("http_reqs", "/s", 398.0, 441.0, Some(0.004));
    Comparison {
        before: "sale 1.4".into(),
        after: "세일 1.5".into(),
        changes: vec![
            Change { better: true, ..faster },
            Change { worse: true, ..slower.clone() },
            change("http_req_failed", "%", 0.02, 0.02, Some(0.71)),
            change("data_received", "B", 1e6, 2e6, Some(0.001)),
            Change { after: None, relative: None, ..change("vus", "", 3.0, 0.0, None) },
        ],
        steps: vec![StepChange { name: "VU 50".into(), changes: vec![Change { worse: true, ..slower }] }],
        regression: true,
        too_short: false,
    }
}

fn text(lang: Lang) -> String {
    render_comparison(&comparison(), Format::TEXT, Layout::document(lang)).unwrap()
}

#[test]
fn as_text() {
    insta::assert_snapshot!("comparison.en.txt", text(Lang::En));
    insta::assert_snapshot!("comparison.ko.txt", text(Lang::Ko));
}

#[test]
fn as_markdown() {
    let text = render_comparison(&comparison(), Format::MARKDOWN, Layout::document(Lang::Ko)).unwrap();
    insta::assert_snapshot!("comparison.ko.md", text);
}

#[test]
fn a_comment_has_room_for_it_whatever_is_compared() {
    let mut comparison = comparison();
    let many = |one: &Change, count| std::iter::repeat_n(one.clone(), count).collect::<Vec<_>>();
    comparison.changes = many(&comparison.changes[1], 1500);
    comparison.steps =
        vec![StepChange { changes: many(&comparison.changes[0], 4), ..comparison.steps.remove(0) }; 900];
    let text = render_comparison(&comparison, Format::MARKDOWN, Layout::document(Lang::En)).unwrap();
    assert!(text.chars().count() <= 65_536 && text.contains("</details>"), "{}", text.len());
}

#[test]
fn runs_that_are_too_short_are_not_called_equal() {
    let mut comparison = comparison();
    (comparison.regression, comparison.too_short) = (false, true);
    for (format, lang, conclusion) in [
        (Format::TEXT, Lang::En, "\nInconclusive: "),
        (Format::TEXT, Lang::Ko, "\n판단 불가: 실행이 너무 짧아"),
        (Format::MARKDOWN, Lang::En, "⚠️ Inconclusive: "),
    ] {
        let text = render_comparison(&comparison, format, Layout::document(lang)).unwrap();
        assert!(text.contains(conclusion) && !text.contains("No regression"), "{text}");
    }
}

#[test]
fn as_json() {
    let text = render_comparison(&comparison(), Format::JSON, Layout::document(Lang::En)).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["changes"][1]["worse"], true);
    assert_eq!(value["too_short"], false);
    assert_eq!(value["steps"][0]["name"], "VU 50");
}

#[test]
fn what_is_no_comparison() {
    for format in [Format::HTML, Format::JUNIT] {
        assert_eq!(render_comparison(&comparison(), format, Layout::document(Lang::En)), None);
    }
    let empty = render_comparison(&Comparison::default(), Format::TEXT, Layout::document(Lang::En)).unwrap();
    assert!(empty.contains("no metrics in common"), "{empty}");
}
