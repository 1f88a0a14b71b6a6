//! The page: self-contained, small, whole, and safe against what is in a record.

use std::path::PathBuf;

use flashcrowd_record::{CheckResult, Record, Results};
use flashcrowd_report::{Format, Layout, Report, render};
use flashcrowd_text::Lang;

use crate::fixture;

/// The largest page.
const MOST_BYTES: usize = 500_000;

fn page(record: Record, lang: Lang) -> String {
    render(&Report::of(record), Format::HTML, Layout::document(lang))
}

fn records() -> [(&'static str, Record); 7] {
    [
        ("stress", fixture::stress()),
        ("killed", fixture::killed()),
        ("spike", fixture::spike()),
        ("baseline", fixture::baseline()),
        ("orders", fixture::orders()),
        ("long", long()),
        ("crowded", crowded()),
    ]
}

/// Four hours of the staircase, again and again.
fn long() -> Record {
    let mut record = fixture::stress();
    let (lines, length) = (record.timeline.clone(), record.timeline.len());
    for round in 1..14_400 / length {
        record.timeline.extend(lines.iter().cloned().map(|mut line| {
            line.t += (round * length) as f64;
            line.load = Some(line.t);
            for counter in line.target.iter_mut().filter(|(name, _)| name.ends_with("_total")) {
                *counter.1 += round as f64 * 300.0;
            }
            line
        }));
    }
    record
}

/// A long run with more of everything than there is room for.
fn crowded() -> Record {
    let mut record = long();
    let long_text = |what: &str, i: usize| format!("{what} {i} {}", "x".repeat(1000));
    for (at, line) in record.timeline.iter_mut().enumerate() {
        for row in &mut line.rows {
            row.tags.insert("status".into(), (500 + at % 12).to_string());
            row.tags.insert("error_code".into(), (1500 + at % 12).to_string());
        }
        line.target.extend([
            ("lock_acquired_total".into(), line.t * 30.0),
            ("lock_contended_total".into(), line.t * 7.0 + line.t.sin()),
            ("http_requests_in_flight".into(), 20.0 + 5.0 * line.t.sin()),
        ]);
    }
    record.run.args = (0..100).map(|i| long_text("arg", i)).collect();
    record.run.env = (0..100).map(|i| (long_text("name", i), long_text("value", i))).collect();
    let option = |i| (long_text("option", i), serde_json::Value::from(long_text("value", i)));
    record.run.options = (0..200).map(option).collect();
    let results = record.results.as_mut().unwrap();
    results.warnings = (0..500).map(|i| long_text("warning", i)).collect();
    let (row, check) = (results.rows[0].clone(), results.root_group.checks[0].clone());
    for i in 0..3000 {
        let mut row = row.clone();
        row.tags.insert("name".into(), long_text("GET /", i / 10));
        row.tags.insert("status".into(), (200 + i % 10).to_string());
        results.rows.push(row);
        results.root_group.checks.push(CheckResult { path: long_text("check", i), ..check.clone() });
    }
    record
}

/// The text between two others.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    text.split_once(from).and_then(|(_, rest)| rest.split_once(to)).map_or("", |(inside, _)| inside)
}

#[test]
fn pages_are_small_and_fetch_nothing() {
    let folder = std::env::var_os("FLASHCROWD_PAGES").map(PathBuf::from);
    for (name, record) in records() {
        for (lang, code) in [(Lang::En, "en"), (Lang::Ko, "ko")] {
            let page = page(record.clone(), lang);
            assert!(page.len() < MOST_BYTES, "{name} has {} bytes", page.len());
            for fetching in
                ["src=", "url(", "@import", "<link", "fetch(", "XMLHttpRequest", "http-equiv=\"refresh"]
            {
                assert!(!page.contains(fetching), "{name}: {fetching}");
            }
            let outside = page.matches("href=\"").count() - page.matches("href=\"#").count();
            assert_eq!(outside, 0, "{name}");
            if let Some(folder) = &folder {
                std::fs::write(folder.join(format!("{name}-{code}.html")), &page).unwrap();
            }
        }
    }
}

#[test]
fn every_language_has_its_words() {
    let (en, ko) = (page(fixture::stress(), Lang::En), page(fixture::stress(), Lang::Ko));
    assert!(en.contains("<html lang=\"en\">") && ko.contains("<html lang=\"ko\">"));
    let text = |page: &str| page.split("<body>").nth(1).unwrap().split("<script").next().unwrap().to_owned();
    let korean = |text: &str| text.chars().any(|c| ('가'..='힣').contains(&c));
    assert!(!korean(&text(&en)));
    for heading in text(&ko).split("<h2").skip(1) {
        assert!(korean(heading.split("</h2>").next().unwrap()), "{heading:.60}");
    }
}

#[test]
fn the_page_has_all_parts_of_a_broken_run() {
    let page = page(fixture::stress(), Lang::En);
    for id in ["summary", "requests", "course", "target", "whole", "generator", "checks", "steps", "findings"]
    {
        assert!(page.contains(&format!("id=\"{id}\"")), "{id}");
    }
    let charts = page.matches("<svg class=\"chart\"").count();
    assert_eq!(charts, page.matches("<title id=\"chart-").count());
    assert_eq!(charts, page.matches("<desc id=\"chart-").count());
    assert_eq!(charts, page.matches("data-chart=").count());
    for title in ["Throughput", "Response time", "Errors", "Virtual users", "Scalability: throughput by load"]
    {
        assert!(page.contains(&format!("<h3>{title} ")), "{title}");
    }
    assert!(page.contains("VU 100</text>") || page.contains("VU 100\n</text>"));
    assert!(page.contains("Fitted curve (USL)") && page.contains("very good (R² 0.982)"));
}

#[test]
fn the_figures_are_those_of_the_drawing() {
    let page = page(fixture::baseline(), Lang::En);
    let island = between(&page, "<script id=\"figures\" type=\"application/json\">", "</script>");
    let island: serde_json::Value = serde_json::from_str(island).unwrap();
    assert_eq!(island["times"].as_array().unwrap().len(), 60);
    assert_eq!(island["end"], 60);
    let first = &island["charts"]["0"]["series"][0];
    let requests: Vec<f64> =
        first[2].as_array().unwrap().iter().filter_map(serde_json::Value::as_f64).collect();
    let recorded: Vec<f64> =
        fixture::baseline().timeline.iter().map(|line| line.stat("http_reqs", "sum").unwrap()).collect();
    assert_eq!(requests, recorded);
}

#[test]
fn a_killed_run_says_so() {
    let english = page(fixture::killed(), Lang::En);
    assert!(
        between(&english, "<p class=\"banner\"", "</p>").contains("2\u{a0}min 20\u{a0}s"),
        "{english:.4000}"
    );
    assert!(!page(fixture::stress(), Lang::En).contains("class=\"banner\""));
}

#[test]
fn nothing_of_a_record_becomes_markup() {
    let evil = "<script>alert(1)</script><img src=x onerror=y>\"'&</script>";
    let mut record = fixture::stress();
    record.run.test.name = evil.into();
    record.run.args.push(evil.into());
    record.run.env.insert(evil.into(), evil.into());
    record.run.host.name = evil.into();
    record.run.options = serde_json::json!({ "scenarios": { evil: { "executor": evil } }, evil: evil });
    for phase in &mut record.run.phases {
        (phase.scenario, phase.users) = (evil.into(), None);
    }
    for row in record.timeline.iter_mut().flat_map(|line| &mut line.rows) {
        row.tags.insert("status".into(), evil.into());
        row.tags.insert("name".into(), evil.into());
    }
    let results: &mut Results = record.results.as_mut().unwrap();
    results.warnings.push(evil.into());
    results.outcome.reason = Some(evil.into());
    for row in &mut results.rows {
        row.tags.insert("name".into(), evil.into());
    }
    for check in &mut results.root_group.checks {
        check.path = evil.into();
    }
    for one in &mut results.expectations {
        (one.name, one.target, one.evidence) = (evil.into(), evil.into(), evil.into());
    }
    for found in &mut results.findings {
        (found.evidence, found.remedy) = (evil.into(), evil.into());
    }
    let page = page(record, Lang::En);
    assert!(!page.contains("<script>alert") && !page.contains("<img"), "markup got through");
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(page.matches("</script>").count(), 2);
    assert!(page.contains("&lt;script&gt;alert(1)"));
}

#[test]
fn an_empty_record_has_a_page() {
    for lang in [Lang::En, Lang::Ko] {
        let page = page(Record { timeline: Vec::new(), ..fixture::killed() }, lang);
        assert!(page.contains("</html>") && !page.contains("NaN"), "{page}");
    }
}
