//! Two records side by side.

use flashcrowd_diagnosis::{
    About, Answer, Change, Comparison, Conclusion, Interval, OutcomeChange, Scale, State, StepChange, Subject,
};
use flashcrowd_record::{Mark, Verdict};
use flashcrowd_report::{Format, Layout, render_comparison};
use flashcrowd_text::Lang;

fn change(name: &str, unit: &str, values: [f64; 2], ends: Option<[f64; 2]>, answer: Answer) -> Change {
    let scale = if unit == "%" { Scale::Absolute } else { Scale::Relative };
    Change {
        name: name.into(),
        unit: unit.into(),
        before: Some(values[0]),
        after: Some(values[1]),
        relative: (values[0] != 0.0).then(|| values[1] / values[0] - 1.0),
        interval: ends.map(|[low, high]| Interval { low, high, scale }),
        answer,
        about: About::Detail,
    }
}

fn of_run(change: Change) -> Change {
    Change { about: About::Run, ..change }
}

fn outcomes() -> Vec<OutcomeChange> {
    let state = |state: State| Some(state);
    let value = |value: f64| State { value: Some(value), ..State::default() };
    let mark = |mark, value| State { mark: Some(mark), value: Some(value), ..State::default() };
    let verdict = |verdict| State { verdict: Some(verdict), ..State::default() };
    let of = |subject, name: &str, target: &str, unit: &str, states: [State; 2], answer| OutcomeChange {
        subject,
        name: name.into(),
        target: target.into(),
        unit: unit.into(),
        before: state(states[0]),
        after: state(states[1]),
        answer,
        finding: None,
    };
    vec![
        of(Subject::Verdict, "", "", "", [verdict(Verdict::Pass), verdict(Verdict::Fail)], Answer::Worse),
        of(
            Subject::Expectation,
            "response_time_p99",
            "< 500ms",
            "ms",
            [mark(Mark::Pass, 480.0), mark(Mark::Fail, 1310.0)],
            Answer::Worse,
        ),
        of(Subject::BreakingPoint, "", "", "users", [value(42.0), value(20.0)], Answer::Worse),
        of(Subject::Stock, "goods", "", "%", [value(100.0), value(20.0)], Answer::Worse),
    ]
}

fn comparison() -> Comparison {
    let slower = change("http_req_duration p(95)", "ms", [184.2, 1250.0], Some([4.9, 8.4]), Answer::Worse);
    Comparison {
        before: "sale 1.4".into(),
        after: "세일 1.5".into(),
        conclusion: Conclusion::Regression,
        regression: true,
        runs: 1,
        outcomes: outcomes(),
        changes: vec![
            of_run(change("http_reqs", "/s", [398.0, 441.0], Some([0.024, 0.201]), Answer::Better)),
            of_run(slower.clone()),
            change("http_req_duration p(99)", "ms", [1310.0, 463.0], Some([-0.88, 0.14]), Answer::Unknown),
            of_run(change("http_req_failed", "%", [0.02, 0.02], Some([-0.05, 0.061]), Answer::Same)),
            change("data_received", "B/s", [1e6, 2e6], Some([0.8, 1.2]), Answer::Different),
            change("target CPU", "cores", [0.5, 0.71], Some([0.21, 0.66]), Answer::Different),
            change("vus", "", [3.0, 0.0], None, Answer::Unknown),
        ],
        steps: vec![
            StepChange { name: "VU 50".into(), changes: vec![Change { name: "p95".into(), ..slower }] },
            StepChange { name: "VU 10".into(), changes: vec![Change::default()] },
        ],
    }
}

fn shown(comparison: &Comparison, all: bool, format: Format, lang: Lang) -> String {
    render_comparison(comparison, all, format, Layout::document(lang)).unwrap()
}

#[test]
fn as_text() {
    insta::assert_snapshot!("comparison.en.txt", shown(&comparison(), false, Format::TEXT, Lang::En));
    insta::assert_snapshot!("comparison.ko.txt", shown(&comparison(), true, Format::TEXT, Lang::Ko));
}

#[test]
fn as_markdown() {
    insta::assert_snapshot!("comparison.ko.md", shown(&comparison(), false, Format::MARKDOWN, Lang::Ko));
}

#[test]
fn what_was_judged_comes_before_what_was_measured() {
    for format in [Format::TEXT, Format::MARKDOWN] {
        let text = shown(&comparison(), false, format, Lang::En).replace('\u{a0}', " ");
        let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part}: {text}"));
        let places = ["Regression: ", "42 users", "goods", "398/s", "VU 50"].map(at);
        assert!(places.is_sorted(), "{places:?}: {text}");
        assert!(
            !text.contains("noise") && !text.contains("VU 10") && !text.contains("data_received"),
            "{text}"
        );
        assert!(text.contains("--all"), "{text}");
    }
    let all = shown(&comparison(), true, Format::TEXT, Lang::En);
    assert!(all.contains("VU 10") && all.contains("data_received") && !all.contains("--all shows"), "{all}");
    assert!(all.contains("cannot tell: between -88% and +14%"), "{all}");
}

#[test]
fn a_comment_has_room_for_it_whatever_is_compared() {
    let mut comparison = comparison();
    let many = |one: &Change, count| std::iter::repeat_n(one.clone(), count).collect::<Vec<_>>();
    comparison.changes = many(&comparison.changes[1], 1500);
    comparison.steps =
        vec![StepChange { changes: many(&comparison.changes[0], 4), ..comparison.steps.remove(0) }; 900];
    for all in [false, true] {
        let text = shown(&comparison, all, Format::MARKDOWN, Lang::En);
        assert!(text.chars().count() <= 65_536 && text.contains("</details>"), "{}", text.len());
    }
}

#[test]
fn what_cannot_be_told_is_no_all_clear() {
    let mut comparison = comparison();
    (comparison.conclusion, comparison.regression) = (Conclusion::NotJudged, false);
    comparison.outcomes.clear();
    comparison.steps.clear();
    comparison.changes.truncate(1);
    comparison.changes[0].answer = Answer::Unknown;
    for (format, lang, conclusion) in [
        (Format::TEXT, Lang::En, "\nNot judged: "),
        (Format::TEXT, Lang::Ko, "\n판정 불가: "),
        (Format::MARKDOWN, Lang::En, "➖ Not judged: "),
    ] {
        let text = shown(&comparison, false, format, lang);
        assert!(text.contains(conclusion) && !text.contains("No regression"), "{text}");
        assert!(text.contains("http_reqs"), "{text}");
    }
}

#[test]
fn measured_runs_are_named() {
    let comparison = Comparison { runs: 4, ..comparison() };
    assert!(shown(&comparison, false, Format::TEXT, Lang::En).contains("the mean of 4 runs"));
}

#[test]
fn as_json() {
    let value: serde_json::Value =
        serde_json::from_str(&shown(&comparison(), false, Format::JSON, Lang::En)).unwrap();
    assert_eq!(value["conclusion"], "regression");
    assert_eq!(value["changes"][1]["answer"], "worse");
    assert_eq!(value["changes"][2]["answer"], "cannot tell");
    assert_eq!(value["changes"][2]["interval"]["low"], -0.88);
    assert_eq!(value["changes"][3]["answer"], "no difference");
    assert_eq!(value["outcomes"][2]["subject"], "breaking point");
    assert_eq!(value["outcomes"][2]["after"]["value"], 20.0);
    assert_eq!(value["steps"][0]["name"], "VU 50");
}

#[test]
fn what_is_no_comparison() {
    for format in [Format::HTML, Format::JUNIT] {
        assert_eq!(render_comparison(&comparison(), false, format, Layout::document(Lang::En)), None);
    }
    let empty = shown(&Comparison::default(), false, Format::TEXT, Lang::En);
    assert!(empty.contains("no load and no metrics in common"), "{empty}");
}
