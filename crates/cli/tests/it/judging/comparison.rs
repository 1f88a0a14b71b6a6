//! `compare` finds what got worse, says what it cannot tell, and finds nothing where nothing changed.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::records::{crossed, json, kept, printed, reading, recording, text};
use crate::run::Run;
use crate::target::mirror;

/// The folder of a run whose requests took that long.
fn of_requests_that_take(millis: u64) -> PathBuf {
    const SCRIPT: &str = "import http from 'k6/http'; import { sleep } from 'k6';
        export const options = { vus: 3, duration: '30s' };
        export default () => { http.get(__ENV.T + '/slow/' + __ENV.MS); sleep(0.02); };";
    let (target, folder) = (mirror(), kept(&format!("slow-{millis}")));
    let outcome = recording(&folder, SCRIPT, &target).env("MS", &millis.to_string()).go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    folder
}

fn comparing(before: &Path, after: &Path) -> Run {
    reading("compare", before).arg(text(after))
}

#[test]
fn a_record_is_as_good_as_itself() {
    for format in ["text", "md", "json"] {
        let run = comparing(crossed(), crossed()).args("--all --format").arg(format);
        let outcome = run.go();
        assert!(outcome.code == Some(0) && outcome.stderr.is_empty(), "{outcome:?}");
        assert!(!outcome.stdout.contains('\u{1b}') && outcome.stdout.ends_with('\n'), "{outcome:?}");
        if format == "json" {
            let comparison: Value = serde_json::from_str(&outcome.stdout).unwrap();
            assert_eq!(comparison["regression"], false);
            let changes = comparison["changes"].as_array().unwrap();
            let is_open =
                |change: &Value| change["answer"] == "no difference" || change["answer"] == "cannot tell";
            assert!(changes.len() > 3 && changes.iter().all(is_open), "{comparison:#}");
        } else {
            assert!(
                outcome.stdout.contains("http_req_duration") && !outcome.stdout.contains("noise"),
                "{outcome:?}"
            );
        }
    }
}

#[test]
fn a_slower_target_is_a_regression() {
    let (before, after) = std::thread::scope(|scope| {
        let slow = scope.spawn(|| of_requests_that_take(40));
        (of_requests_that_take(10), slow.join().unwrap())
    });
    let outcome = comparing(&before, &after).args("--format json").go();
    assert_eq!(outcome.code, Some(99), "{outcome:?}");
    assert!(outcome.stderr.contains("got worse: ") && outcome.stderr.contains("http_req_"), "{outcome:?}");
    let comparison: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(comparison["conclusion"], "regression");
    let slower = comparison["changes"].as_array().unwrap().iter().find(|change| {
        change["answer"] == "worse" && change["name"].as_str().unwrap().contains("http_req_duration med")
    });
    let slower = slower.unwrap_or_else(|| panic!("{comparison:#}"));
    let relative = slower["relative"].as_f64().unwrap();
    assert!((1.0..6.0).contains(&relative), "{slower}");
    let end = |name: &str| slower["interval"][name].as_f64().unwrap();
    assert!(end("low") > 0.0 && end("low") < relative && relative < end("high"), "{slower}");

    for (args, code) in
        [("", 99), ("--fail-on never", 0), ("--fail-on not-judged", 99), ("-o c.md --lang ko", 99)]
    {
        let outcome = comparing(&before, &after).args(args).go();
        assert_eq!(outcome.code, Some(code), "{outcome:?}");
        let shown = if args.starts_with("-o ") { outcome.read("c.md") } else { outcome.stdout };
        assert!(shown.contains("http_req_duration"), "{shown}");
    }
    let outcome = comparing(&after, &before).args("--format json").go();
    assert_eq!(outcome.code, Some(0), "a faster target is none: {outcome:?}");
    assert!(outcome.stdout.contains("\"answer\": \"better\""), "{outcome:?}");

    // Further runs are read, and their number is said.
    let outcome = comparing(&before, &before).arg("--against").arg(text(&before)).arg(text(&before)).go();
    assert!(outcome.code == Some(0) && outcome.stdout.contains("the mean of 3 runs"), "{outcome:?}");
    let outcome = comparing(&before, &after).arg("--against").arg(text(&before)).go();
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(104), ""), "{outcome:?}");
    assert!(outcome.stderr.contains("--against: give at least 2 further records"), "{outcome:?}");
}

/// The record of a second that made three requests.
fn too_short() -> PathBuf {
    const SCRIPT: &str = "import http from 'k6/http';
        export const options = { vus: 1, iterations: 3 };
        export default () => { http.get(__ENV.T + '/slow/8'); };";
    let folder = kept("too-short");
    let outcome = recording(&folder, SCRIPT, &mirror()).go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    folder
}

#[test]
fn what_cannot_be_told_is_no_all_clear() {
    let record = too_short();
    for (args, code) in [("", 0), ("--fail-on not-judged", 99), ("--fail-on never", 0)] {
        let outcome = comparing(&record, &record).args(args).go();
        assert_eq!(outcome.code, Some(code), "{outcome:?}");
        assert!(
            outcome.stdout.contains("Not judged: ") && !outcome.stdout.contains("No regression"),
            "{outcome:?}"
        );
    }
}

/// The record of a run that was judged so: whether it held, where it broke, and how many of 100 items were sold.
fn judged(name: &str, holds: bool, broke: f64, sold: f64) -> PathBuf {
    let folder = kept(name);
    std::fs::create_dir_all(&folder).unwrap();
    for file in ["run.json", "timeline.jsonl"] {
        std::fs::copy(crossed().join(file), folder.join(file)).unwrap();
    }
    let mut result = json(crossed(), "result.json");
    result["verdict"] = Value::from(if holds { "pass" } else { "fail" });
    result["expectations"] = serde_json::json!([{
        "name": "response_time_p99", "target": "< 500ms", "value": if holds { 463.0 } else { 1310.0 }, "unit": "ms",
        "result": if holds { "pass" } else { "fail" }, "evidence": "", "note": "", "figures": {}, "labels": {},
    }]);
    result["findings"] = serde_json::json!([]);
    result["audits"] = serde_json::json!([{ "name": "goods", "before": 100.0, "after": 0.0, "sold": sold, "problem": null }]);
    result["breaking_point"] = serde_json::json!({
        "step": 1, "load": broke, "tps": 400.0, "is_users": true, "method": "change-point", "symptom": "latency",
        "usl": null,
    });
    std::fs::write(folder.join("result.json"), result.to_string()).unwrap();
    folder
}

#[test]
fn what_held_and_does_not_hold_now_is_a_regression() {
    let (good, bad) = (judged("holds", true, 42.0, 100.0), judged("holds-not", false, 20.0, 500.0));
    let outcome = comparing(&good, &bad).go();
    assert_eq!(outcome.code, Some(99), "{outcome:?}");
    let lines: Vec<&str> = outcome.stdout.lines().map(str::trim).collect();
    let line = |parts: &[&str]| {
        let found = lines.iter().position(|line| parts.iter().all(|part| line.contains(part)));
        found.unwrap_or_else(|| panic!("{parts:?}: {outcome:?}"))
    };
    let places = [
        line(&["Regression: "]),
        line(&["Verdict", "Pass", "Fail", "worse"]),
        line(&["P99", "< 500ms", "463 ms", "1.31 s", "no longer met"]),
        line(&["Breaking point", "42 users", "20 users", "worse"]),
        line(&["goods", "100%", "20%", "worse"]),
        line(&["iterations", "/s"]),
    ];
    assert!(places.is_sorted(), "{places:?}: {outcome:?}");
    let back = comparing(&bad, &good).go();
    assert_eq!(back.code, Some(0), "{back:?}");
    assert!(back.stdout.contains("met now") && back.stdout.contains("better"), "{back:?}");
    let korean = comparing(&good, &bad).args("--lang ko --format md").go();
    assert!(korean.stdout.contains("더 이상 충족하지 않음") && korean.stdout.contains("42명"), "{korean:?}");
}

#[test]
fn texts_are_in_both_languages() {
    let shown = |lang: &str| printed("compare", crossed(), &format!("{} --lang {lang}", text(crossed())));
    let is_korean = |text: &str| text.chars().any(|c| ('가'..='힣').contains(&c));
    assert!(!is_korean(&shown("en")) && is_korean(&shown("ko")));
}

#[test]
fn there_is_no_page_of_a_comparison() {
    for args in ["-o c.html", "-o c.xml"] {
        let outcome = comparing(crossed(), crossed()).args(args).go();
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(255), ""), "{outcome:?}");
        assert!(outcome.stderr.contains("a comparison is text, md or json"), "{outcome:?}");
        assert_eq!(outcome.files("."), Vec::<String>::new());
    }
}
