//! `compare` finds what became worse by more than noise, and nothing where nothing did.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::records::{crossed, kept, printed, reading, recording, text};
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
        let run = comparing(crossed(), crossed()).args("--fail-on regression --format").arg(format);
        let outcome = run.go();
        assert!(outcome.code == Some(0) && outcome.stderr.is_empty(), "{outcome:?}");
        assert!(!outcome.stdout.contains('\u{1b}') && outcome.stdout.ends_with('\n'), "{outcome:?}");
        if format == "json" {
            let comparison: Value = serde_json::from_str(&outcome.stdout).unwrap();
            assert_eq!(comparison["regression"], false);
            let changes = comparison["changes"].as_array().unwrap();
            assert!(changes.len() > 3 && changes.iter().all(|change| change["significant"] == false));
        } else {
            assert!(outcome.stdout.contains("http_req_duration"), "{outcome:?}");
        }
    }
}

#[test]
fn a_slower_target_is_a_regression() {
    let (before, after) = std::thread::scope(|scope| {
        let slow = scope.spawn(|| of_requests_that_take(40));
        (of_requests_that_take(10), slow.join().unwrap())
    });
    let outcome = comparing(&before, &after).args("--format json --fail-on regression").go();
    assert_eq!(outcome.code, Some(99), "{outcome:?}");
    assert!(outcome.stderr.contains("http_req_"), "{outcome:?}");
    let comparison: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(comparison["regression"], true);
    let slower = comparison["changes"].as_array().unwrap().iter().find(|change| {
        change["worse"] == true && change["name"].as_str().unwrap().contains("http_req_duration")
    });
    let slower = slower.unwrap_or_else(|| panic!("{comparison:#}"));
    let relative = slower["relative"].as_f64().unwrap();
    assert!((1.0..6.0).contains(&relative), "{slower}");

    for (args, code) in [("", 0), ("--fail-on regression", 99), ("-o c.md --fail-on regression", 99)] {
        let outcome = comparing(&before, &after).args(args).go();
        assert_eq!(outcome.code, Some(code), "{outcome:?}");
        let shown = if args.starts_with("-o ") { outcome.read("c.md") } else { outcome.stdout };
        assert!(shown.contains("http_req_duration"), "{shown}");
    }
    let outcome = comparing(&after, &before).args("--fail-on regression --format json").go();
    assert_eq!(outcome.code, Some(0), "a faster target is none: {outcome:?}");
    assert!(outcome.stdout.contains("\"better\": true"), "{outcome:?}");
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
