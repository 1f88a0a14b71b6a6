//! Reports as text, and the verdict on the terminal.

use std::collections::HashSet;

use flashcrowd_record::{Contains, Judgement, Kind, Row, Severity, Stats, StepResult};
use flashcrowd_report::{Format, Layout, Report, render, request_times, verdict};
use flashcrowd_text::{Lang, width};

use crate::fixture;

fn text(record: flashcrowd_record::Record, lang: Lang) -> String {
    render(&fixture::report(record), Format::TEXT, Layout::document(lang))
}

#[test]
fn a_staircase_that_breaks() {
    insta::assert_snapshot!("stress.en.txt", text(fixture::stress(), Lang::En));
    insta::assert_snapshot!("stress.ko.txt", text(fixture::stress(), Lang::Ko));
}

#[test]
fn a_spike_and_its_recovery() {
    insta::assert_snapshot!("spike.ko.txt", text(fixture::spike(), Lang::Ko));
}

#[test]
fn a_script_with_thresholds() {
    insta::assert_snapshot!("orders.en.txt", text(fixture::orders(), Lang::En));
    insta::assert_snapshot!("orders.ko.txt", text(fixture::orders(), Lang::Ko));
}

#[test]
fn a_run_that_was_killed_says_so_and_tells_what_there_is() {
    for (lang, caution) in [(Lang::En, "first 2 min 20 s"), (Lang::Ko, "처음 2분 20초")] {
        let text = text(fixture::killed(), lang);
        assert!(text.contains(caution) && text.contains("VU 350"), "{text}");
        assert!(text.contains("95") && text.contains("p95"), "{text}");
    }
    for format in [Format::TEXT, Format::MARKDOWN, Format::HTML, Format::JUNIT] {
        let text = render(&fixture::report(fixture::killed()), format, Layout::document(Lang::Ko));
        assert!(!text.contains("was interrupted"), "{text}");
    }
}

#[test]
fn of_many_steps_some_are_shown() {
    let mut report = fixture::report(fixture::stress());
    let step = report.judgement.steps[0].clone();
    report.judgement.steps = (1..=50).map(|at| StepResult { users: Some(at), ..step.clone() }).collect();
    report.judgement.breaking_point.as_mut().unwrap().step = 20;
    for (lang, note) in [(Lang::En, "12 of 50 steps shown"), (Lang::Ko, "전체 50단계 중 12단계만")] {
        let text = render(&report, Format::TEXT, Layout::document(lang));
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("  VU ")).collect();
        assert!(rows.len() == 12 && text.contains(note), "{text}");
        for shown in ["  VU 1 ", "  VU 20 ", "  VU 21 ", "  VU 22 ", "  VU 50 "] {
            assert!(rows.iter().any(|row| row.starts_with(shown)), "{text}");
        }
        let markdown = render(&report, Format::MARKDOWN, Layout::document(lang));
        assert_eq!(markdown.lines().filter(|line| line.starts_with("| VU ")).count(), 50);
    }
}

#[test]
fn ramps_are_mentioned_where_there_are_any() {
    let note = "judged without ramps";
    assert!(!text(fixture::stress(), Lang::En).contains(note));
    let mut record = fixture::stress();
    record.run.phases[0].settled += 5.0;
    let report = fixture::report(record);
    for format in [Format::TEXT, Format::MARKDOWN] {
        assert_eq!(render(&report, format, Layout::document(Lang::En)).matches(note).count(), 1);
    }
    // Nothing was expected that ramps change.
    let mut record = fixture::spike();
    record.run.phases[1].settled = record.run.phases[1].start + 5.0;
    assert!(!text(record, Lang::En).contains(note));
}

#[test]
fn a_run_that_passes_with_errors_is_not_praised() {
    let mut report = fixture::report(fixture::baseline());
    let failed = report.results.metrics.iter_mut().find(|metric| metric.name == "http_req_failed").unwrap();
    failed.stats = [("rate", 0.67), ("passes", 643.0), ("fails", 317.0)].into();
    for (lang, answer, praise) in [
        (Lang::En, "Passed, although many requests failed: 1 user for 1 min", "quickly"),
        (Lang::Ko, "통과했지만 실패한 요청이 많습니다. 1명, 1분", "빨랐"),
    ] {
        let text = render(&report, Format::TEXT, Layout::document(lang));
        assert!(text.contains(answer) && !text.contains(praise), "{text}");
    }
}

#[test]
fn below_a_summary_notes_have_no_remedies() {
    let mut judgement = fixture::report(fixture::stress()).judgement;
    let arrows = |judgement: &Judgement| {
        verdict(judgement, Layout::terminal(Lang::En, false, 80)).matches('→').count()
    };
    assert_eq!(arrows(&judgement), 4);
    judgement.findings[1].severity = Severity::Info;
    assert_eq!(arrows(&judgement), 2);
    let text = verdict(&judgement, Layout::terminal(Lang::En, false, 80));
    assert!(text.contains("i  Requests fail: 503\n       From second 200"), "{text}");
}

#[test]
fn the_verdict_below_a_summary() {
    let judgement = fixture::report(fixture::stress()).judgement;
    insta::assert_snapshot!("verdict.en.txt", verdict(&judgement, Layout::terminal(Lang::En, false, 80)));
    insta::assert_snapshot!("verdict.ko.txt", verdict(&judgement, Layout::terminal(Lang::Ko, false, 80)));
    let judgement = fixture::report(fixture::baseline()).judgement;
    insta::assert_snapshot!(
        "verdict_of_a_baseline.en.txt",
        verdict(&judgement, Layout::terminal(Lang::En, false, 120))
    );
}

#[test]
fn lines_fit_and_colours_take_no_room() {
    for record in [fixture::stress(), fixture::spike(), fixture::orders(), fixture::killed()] {
        let report = fixture::report(record);
        for lang in [Lang::En, Lang::Ko] {
            let whole = |color| render(&report, Format::TEXT, Layout::terminal(lang, color, 100));
            let short = |color| verdict(&report.judgement, Layout::terminal(lang, color, 72));
            assert_eq!(without_colors(&whole(true)), whole(false));
            assert_eq!(without_colors(&short(true)), short(false));
            assert!(whole(true).contains('\u{1b}') && !whole(false).contains('\u{1b}'));
            assert!(whole(false).lines().all(|line| width(line) <= 100), "{}", whole(false));
            assert!(short(false).lines().all(|line| width(line) <= 72), "{}", short(false));
        }
    }
}

fn without_colors(text: &str) -> String {
    let mut plain = String::new();
    let mut is_escape = false;
    for c in text.chars() {
        match c {
            '\u{1b}' => is_escape = true,
            'm' if is_escape => is_escape = false,
            c if !is_escape => plain.push(c),
            _ => {}
        }
    }
    plain
}

#[test]
fn documents_are_as_wide_as_the_terminal_and_no_word_is_broken() {
    let mut report = fixture::report(fixture::stress());
    let threshold = "http_req_duration{expected_response:true,scenario:browse}";
    report.judgement.expectations[1].name = "response_time_p99{GET /v1/products/{id}/reviews?page=1}".into();
    let metric = report.results.metrics.iter_mut().find(|metric| metric.name == "http_req_duration").unwrap();
    metric.name = threshold.to_owned();
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<HashSet<_>>();
    for lang in [Lang::En, Lang::Ko] {
        let at = |columns| render(&report, Format::TEXT, Layout::terminal(lang, false, columns));
        let widest = words(&at(200));
        for columns in [60, 80, 100, 120, 200] {
            let text = at(columns);
            assert!(text.lines().all(|line| width(line) <= columns), "{columns}\n{text}");
            let broken: Vec<_> = words(&text).difference(&widest).cloned().collect();
            assert!(broken.is_empty(), "{columns} {broken:?}\n{text}");
        }
    }
    insta::assert_snapshot!(
        "stress_60.en.txt",
        render(&report, Format::TEXT, Layout::terminal(Lang::En, false, 60))
    );
    insta::assert_snapshot!(
        "stress_60.ko.txt",
        render(&report, Format::TEXT, Layout::terminal(Lang::Ko, false, 60))
    );
}

/// A report on requests of three names, the second of which two scenarios share.
fn of_three_requests() -> Report {
    let mut report = fixture::report(fixture::baseline());
    let row = |view: &str, metric: &str, name: &str, scenario: &str, stats: Stats| Row {
        view: view.into(),
        tags: [("name", name), ("method", "GET"), ("scenario", scenario)]
            .into_iter()
            .filter(|(tag, _)| view == "requests" || *tag != "scenario")
            .map(|(tag, value)| (tag.to_owned(), value.to_owned()))
            .collect(),
        metric: metric.into(),
        kind: Kind::Trend,
        contains: Contains::Time,
        samples: 100,
        stats,
    };
    let times = |ms: f64| {
        let stats = [
            ("avg", 1.0),
            ("min", 0.5),
            ("med", 0.9),
            ("p(90)", 1.5),
            ("p(95)", 2.0),
            ("p(99)", 3.0),
            ("max", 4.0),
        ];
        stats.map(|(name, factor)| (name, factor * ms)).into()
    };
    report.results.rows.clear();
    for (name, scenario, count, ms) in [
        ("/inventory/{id}", "browse", 1200.0, 5.0),
        ("/v1/products/{id}/recommendations?limit=20", "browse", 300.0, 40.0),
        ("/v1/products/{id}/recommendations?limit=20", "buy", 100.0, 90.0),
        ("장바구니 조회", "buy", 12_345_678.0, 1200.0),
    ] {
        let counted = [("count", count), ("rate", 0.0)].into();
        report.results.rows.push(row("requests", "http_reqs", name, scenario, counted));
        report.results.rows.push(row("requests", "http_req_duration", name, scenario, times(ms)));
    }
    let shared =
        row("by_request", "http_req_duration", "/v1/products/{id}/recommendations?limit=20", "", times(52.0));
    report.results.rows.push(shared);
    report
}

#[test]
fn requests_stand_in_a_table_the_slowest_first() {
    let report = of_three_requests();
    let table =
        |lang, columns| request_times(&report.results, Layout::terminal(lang, false, columns)).unwrap();
    for columns in [40, 60, 80, 100, 200] {
        let text = table(Lang::Ko, columns);
        assert!(text.lines().all(|line| width(line) <= columns), "{columns}\n{text}");
    }
    insta::assert_snapshot!("requests_120.en.txt", table(Lang::En, 120));
    insta::assert_snapshot!("requests_80.en.txt", table(Lang::En, 80));
    insta::assert_snapshot!("requests_60.ko.txt", table(Lang::Ko, 60));
    let markdown = render(&report, Format::MARKDOWN, Layout::document(Lang::En)).replace('\u{a0}', " ");
    let rows: Vec<&str> = markdown.lines().filter(|line| line.starts_with("| GET ")).collect();
    assert!(rows.len() == 3 && rows[0].contains("장바구니") && rows[2].contains("inventory"), "{markdown}");
    assert!(rows[1].contains("| 400 |") && rows[1].contains("| 104 ms |"), "{markdown}");
}
