//! `report` makes a document of a record, in every format, also of a run that was killed.

use std::path::Path;

use serde_json::Value;

use crate::records::{crossed, json, kept, printed, reading, recording, shows, stat, text};
use crate::run::{Run, Signal, wait_until};
use crate::target::mirror;

/// A page larger than this is none to send around.
const LARGEST_PAGE: usize = 500_000;

/// What a tag or a check is called in the record, as a page would run it if it were not escaped.
const HOSTILE: [&str; 2] = ["<img src=x", "</script><b>"];

#[test]
fn the_page_is_whole_and_loads_nothing() {
    for lang in ["en", "ko"] {
        let page = printed("report", crossed(), &format!("--format html --lang {lang}"));
        assert!(page.to_ascii_lowercase().starts_with("<!doctype html>"), "{page:.100}");
        assert!(page.trim_end().ends_with("</html>"), "cut off");
        assert!(page.contains(&format!("<html lang=\"{lang}\"")), "{page:.200}");
        assert!(page.len() < LARGEST_PAGE, "{} bytes", page.len());
        assert_eq!(loads(&page), Vec::<String>::new());
        assert!(page.contains("<svg") && page.contains("prefers-color-scheme"));
        for name in HOSTILE {
            assert!(!page.contains(name), "{name}");
        }
    }
}

/// What a page would fetch, or lead to, beyond itself.
fn loads(page: &str) -> Vec<String> {
    let inside = |value: &str| ["#", "data:"].iter().any(|start| value.trim_start().starts_with(start));
    let mut found = Vec::new();
    for (tag, attributes) in tags(page) {
        let leading = attributes.iter().filter(|(name, _)| LEADING.contains(&name.as_str()));
        found.extend(
            leading.filter(|(_, value)| !inside(value)).map(|(name, value)| format!("{name}={value}")),
        );
        found.extend(["link", "base", "iframe", "embed"].contains(&tag.as_str()).then_some(tag));
    }
    let styles =
        page.match_indices("url(").map(|(at, mark)| page[at + mark.len()..].trim_start_matches(['"', '\'']));
    found.extend(styles.filter(|value| !inside(value)).map(|value| format!("url({value:.40}")));
    let scripts = page.split("<script").skip(1).map(|script| script.split("</script>").next().unwrap());
    for code in scripts.chain([page].into_iter().filter(|page| page.contains("@import"))) {
        let calls = ["http://", "https://", "fetch(", "XMLHttpRequest", "import(", "new Image", "@import"];
        found.extend(calls.iter().filter(|call| code.contains(**call)).map(|call| (*call).to_owned()));
    }
    found
}

/// Attributes whose value is fetched, or led to.
const LEADING: [&str; 10] =
    ["src", "srcset", "href", "xlink:href", "action", "formaction", "poster", "data", "background", "ping"];

/// All opening tags of a page with their attributes, in lower case.
fn tags(page: &str) -> Vec<(String, Vec<(String, String)>)> {
    let opening =
        page.split('<').skip(1).filter(|piece| piece.starts_with(|c: char| c.is_ascii_alphabetic()));
    let tag = |piece: &str| {
        let name_end = piece.find(|c: char| c.is_whitespace() || c == '>' || c == '/').unwrap_or(piece.len());
        let (name, mut rest) = piece.split_at(name_end);
        let mut attributes = Vec::new();
        while let Some((before, after)) = rest.split_once('=').filter(|(before, _)| !before.contains('>')) {
            let key = before.split_whitespace().next_back().unwrap_or_default().to_ascii_lowercase();
            let quote = after.chars().next().filter(|c| ['"', '\''].contains(c));
            let value = quote.map_or(after, |_| &after[1..]);
            let ends = |c: char| quote.map_or(c.is_whitespace() || c == '>', |quote| c == quote);
            let (value, left) = value.split_at(value.find(ends).unwrap_or(value.len()));
            attributes.push((key, value.to_ascii_lowercase()));
            rest = quote.map_or(left, |quote| left.strip_prefix(quote).unwrap_or(left));
        }
        (name.to_ascii_lowercase(), attributes)
    };
    opening.map(tag).collect()
}

#[test]
fn pages_that_load_something_are_noticed() {
    for page in [
        "<script src=\"https://cdn.example/x.js\">",
        "<link href='http://a/b.css'>",
        "<style>@import 'a.css'</style>",
        "<p style=\"background: url(//a/b.png)\">",
        "<video poster=x>",
        "<a title='' href=\"https://a\">",
        "<img alt=\"a > b\" SRC=x>",
        "<script>fetch('/x')</script>",
        "<base target=x>",
    ] {
        assert!(!loads(page).is_empty(), "{page}");
    }
    let fine =
        "<svg xmlns=\"http://www.w3.org/2000/svg\"><use href=\"#a\"/></svg> of http://127.0.0.1:80 <p>";
    assert_eq!(loads(fine), Vec::<String>::new());
}

#[test]
fn json_is_the_result_and_fits_its_schema() {
    let report: Value = serde_json::from_str(&printed("report", crossed(), "--format json")).unwrap();
    let result = json(crossed(), "result.json");
    for key in ["version", "test", "metrics", "outcome", "rows", "root_group", "start", "seconds", "warnings"]
    {
        assert_eq!(report[key], result[key], "{key}");
    }
    assert_eq!(report["verdict"], "fail");
    assert!(report["expectations"].is_array() && report["findings"].is_array(), "{report}");
    let schema: Value = serde_json::from_str(&printed("schema", Path::new("result"), "")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (name, json) in [("the report", &report), ("result.json", &result)] {
        let problems: Vec<String> = validator.iter_errors(json).map(|error| error.to_string()).collect();
        assert!(problems.is_empty(), "{name}: {problems:?}");
    }
    let mut other = result;
    other["verdict"] = "maybe".into();
    assert!(!validator.is_valid(&other), "the schema lets anything pass");
}

#[test]
fn junit_can_be_read() {
    for lang in ["en", "ko"] {
        let xml = printed("report", crossed(), &format!("--format junit --lang {lang}"));
        let document = roxmltree::Document::parse(&xml).unwrap();
        let root = document.root_element();
        assert_eq!(root.tag_name().name(), "testsuites");
        let cases: Vec<_> = root.descendants().filter(|node| node.has_tag_name("testcase")).collect();
        let failed: Vec<_> =
            cases.iter().filter(|case| case.children().any(|node| node.has_tag_name("failure"))).collect();
        assert!(cases.iter().all(|case| case.has_attribute("name")), "{xml}");
        assert!(cases.len() >= 2 && failed.len() < cases.len(), "{xml}");
        assert!(
            failed.iter().any(|case| case.attribute("name").unwrap().contains("http_req_failed")),
            "{xml}"
        );
        for suite in root.descendants().filter(|node| node.has_tag_name("testsuite")) {
            let count = suite.children().filter(|node| node.has_tag_name("testcase")).count();
            assert_eq!(suite.attribute("tests"), Some(count.to_string().as_str()), "{xml}");
        }
    }
}

#[test]
fn text_and_markdown_show_the_figures() {
    let result = json(crossed(), "result.json");
    for format in ["text", "md"] {
        for lang in ["en", "ko"] {
            let shown = printed("report", crossed(), &format!("--format {format} --lang {lang}"));
            for (metric, name) in [
                ("http_reqs", "count"),
                ("http_reqs", "rate"),
                ("http_req_duration", "p(95)"),
                ("http_req_duration", "p(99)"),
                ("http_req_duration", "avg"),
            ] {
                let value = stat(&result, metric, name);
                assert!(shows(&shown, value), "{format} {lang}: {metric} {name} {value}: {shown}");
            }
            let rate = stat(&result, "http_req_failed", "rate") * 100.0;
            assert!(shows(&shown, rate), "{format} {lang}: errors {rate}: {shown}");
            assert!(shown.ends_with('\n') && !shown.contains('\u{1b}'), "{shown}");
            let is_korean = shown.chars().any(|c| ('가'..='힣').contains(&c));
            assert_eq!(is_korean, lang == "ko", "{shown}");
        }
    }
}

#[test]
fn markdown_survives_names_that_are_markup() {
    let shown = printed("report", crossed(), "--format md");
    for name in HOSTILE {
        assert!(!shown.replace("\\<", "").contains(name), "{name}: {shown}");
    }
    for table in shown.split("\n\n").filter(|block| block.trim_start().starts_with('|')) {
        let columns = |line: &str| line.replace("\\|", "").matches('|').count();
        let first = table.trim().lines().next().map(columns);
        assert!(table.trim().lines().all(|line| Some(columns(line)) == first), "{table}");
    }
}

#[test]
fn the_files_name_asks_for_the_format() {
    for (file, format) in [
        ("r.html", "html"),
        ("r.md", "md"),
        ("r.json", "json"),
        ("r.xml", "junit"),
        ("r.txt", "text"),
        ("r.out", "text"),
    ] {
        let outcome = reading("report", crossed()).args(&format!("-o {file}")).go();
        assert!(
            outcome.code == Some(0) && outcome.stdout.is_empty() && outcome.stderr.is_empty(),
            "{outcome:?}"
        );
        assert_eq!(outcome.read(file), printed("report", crossed(), &format!("--format {format}")), "{file}");
        assert_eq!(outcome.files("."), [file]);
    }
    let outcome = reading("report", crossed()).args("--format md -o r.html").go();
    assert_eq!(outcome.read("r.html"), printed("report", crossed(), "--format md -o -"));
    assert_eq!(printed("report", crossed(), ""), printed("report", crossed(), "--format text"));
    assert!(!printed("report", crossed(), "").is_empty());
}

#[test]
fn the_verdict_decides_the_exit_code_on_request_only() {
    for (args, code) in [("", 0), ("--exit-code", 99), ("--exit-code --format html -o r.html", 99)] {
        let outcome = reading("report", crossed()).args(args).go();
        assert_eq!(outcome.code, Some(code), "{outcome:?}");
        assert_eq!(outcome.stderr.contains("http_req_failed"), code == 99, "{outcome:?}");
    }
}

#[test]
fn every_expectation_has_its_line_and_its_test_case() {
    const PLAN: &str = "name: Half of it fails
wait: 0.02s-0.04s
steps:
  - users: 4
    duration: 3s
    requests:
      - GET /status/200: 50%
      - GET /status/500: 50%
expected:
  - response_time_p99: < 5s
  - error_rate: < 1%
  - memory_leak: false
";
    let (target, record) = (mirror(), kept("expectations"));
    let run = Run::of("run plan.yaml -q --host").arg(&target.url()).file("plan.yaml", PLAN);
    assert_eq!(run.args("--record").arg(text(&record)).go().code, Some(99));
    let result = json(&record, "result.json");
    let expectations = result["expectations"].as_array().unwrap();
    let marks: Vec<_> = expectations.iter().map(|one| one["result"].as_str().unwrap()).collect();
    assert_eq!(marks, ["pass", "fail", "not measured"]);

    let xml = printed("report", &record, "--format junit");
    let document = roxmltree::Document::parse(&xml).unwrap();
    let cases: Vec<_> = document.descendants().filter(|node| node.has_tag_name("testcase")).collect();
    let (verdict, cases) = cases.split_last().unwrap();
    assert_eq!(cases.len(), 3, "{xml}");
    // What could not be measured was not shown to hold.
    for ((case, expectation), mark) in
        cases.iter().zip(expectations).zip([None, Some("failure"), Some("failure")])
    {
        let name = case.attribute("name").unwrap();
        assert!(name.contains(expectation["name"].as_str().unwrap()), "{xml}");
        assert_eq!(
            case.children().find(|node| node.is_element()).map(|node| node.tag_name().name()),
            mark,
            "{xml}"
        );
    }
    assert_eq!(verdict.attribute("name"), Some("the verdict"), "{xml}");
    assert!(verdict.children().any(|node| node.has_tag_name("failure")), "{xml}");
    let failed = expectations[1]["value"].as_f64().unwrap();
    for format in ["text", "md", "html"] {
        let shown = printed("report", &record, &format!("--format {format}"));
        assert!(shown.contains("Half of it fails") && shows(&shown, failed), "{format}: {failed}: {shown}");
    }
    let outcome = reading("report", &record).args("--exit-code").go();
    assert!(
        outcome.code == Some(99) && outcome.stderr.contains("Missed its target: Error rate"),
        "{outcome:?}"
    );
}

#[test]
fn what_is_no_record_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    let copy = |name: &str| {
        let to = folder.path().join(name);
        std::fs::create_dir(&to).unwrap();
        for entry in std::fs::read_dir(crossed()).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
        to
    };
    let (empty, newer, broken) = (folder.path().to_owned(), copy("newer"), copy("broken"));
    let mut run = json(&newer, "run.json");
    run["version"] = 99.into();
    std::fs::write(newer.join("run.json"), run.to_string()).unwrap();
    std::fs::write(broken.join("result.json"), "{\"version\": 1, ").unwrap();
    for (record, problem) in [
        (folder.path().join("nowhere"), "is not a record: it has no run.json"),
        (empty, "is not a record: it has no run.json"),
        (newer, "has version 99 of the form, and this program reads up to"),
        (broken, "result.json': EOF while parsing"),
    ] {
        for command in ["report", "advise"] {
            let outcome = reading(command, &record).go();
            assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(255), ""), "{outcome:?}");
            assert!(outcome.stderr.contains(problem), "{outcome:?}");
        }
        let outcome = reading("compare", &record).arg(text(crossed())).go();
        assert!(outcome.code == Some(255) && outcome.stderr.contains(problem), "{outcome:?}");
    }
}

#[test]
fn a_report_that_cannot_be_written_is_an_error() {
    let outcome = reading("report", crossed()).args("-o no/such/r.html").go();
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(255), ""));
    assert!(outcome.stderr.contains("cannot write 'no/such/r.html': "), "{outcome:?}");
}

#[test]
fn a_killed_run_is_reported_up_to_its_last_second() {
    const USERS: u64 = 3;
    const SCRIPT: &str = "import http from 'k6/http'; import { sleep } from 'k6';
        export const options = { vus: 3, duration: '60s' };
        export default () => { http.get(__ENV.T); sleep(0.05); };";
    let (target, record) = (mirror(), kept("killed"));
    let run = recording(&record, SCRIPT, &target).start();
    let kept = || std::fs::read_to_string(record.join("timeline.jsonl")).unwrap_or_default().lines().count();
    wait_until("three seconds", || kept() >= 3);
    let answered = target.requests() - USERS;
    wait_until("the next second", || kept() >= 4);
    run.signal(Signal::KILL);
    assert_eq!(run.end().code, None);
    let lines = kept() as f64;
    assert!(!record.join("result.json").exists());

    let report: Value = serde_json::from_str(&printed("report", &record, "--format json")).unwrap();
    assert_eq!((&report["outcome"]["state"], &report["verdict"]), (&"cut".into(), &"fail".into()));
    let told = report["seconds"].as_f64().unwrap();
    assert!((told - lines).abs() < 0.5, "{told} s of {lines} lines");
    let counted = stat(&report, "http_reqs", "count");
    let sent = target.requests();
    assert!((answered as f64..=sent as f64).contains(&counted), "{counted} of {answered} to {sent}");
    for (args, mark) in [
        ("--format text --lang en", "was interrupted"),
        ("--format md --lang en", "was interrupted"),
        ("--format html --lang en", "was interrupted"),
        ("--format text --lang ko", "강제 종료"),
        ("--format html --lang ko", "강제 종료"),
    ] {
        let shown = printed("report", &record, args);
        assert!(shown.contains(mark), "{args}: {shown}");
        assert!(shows(&shown, counted), "{args} lacks {counted}: {shown}");
    }
    let outcome = reading("report", &record).args("--exit-code").go();
    assert_eq!(outcome.code, Some(99), "{outcome:?}");
}

#[test]
fn a_line_cut_in_the_middle_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["run.json", "timeline.jsonl"] {
        std::fs::copy(crossed().join(name), folder.path().join(name)).unwrap();
    }
    let whole = printed("report", folder.path(), "");
    let path = folder.path().join("timeline.jsonl");
    let timeline = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, timeline + "{\"t\":5.0,\"interval\":1.0,\"metr").unwrap();
    assert_eq!(printed("report", folder.path(), ""), whole);
}
