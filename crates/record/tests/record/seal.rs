//! Seals of records: what was changed after the run is found, and where.

use std::fs;
use std::path::Path;
use std::time::Duration;

use flashcrowd_record::{Integrity, RecordWriter, RunInfo, Tampering, TimelineLine, integrity};
use tempfile::TempDir;

use crate::fixture;

/// A record of five seconds, finished or cut short.
fn record(finished: bool) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let (results, totals) = fixture::shop();
    let mut writer = RecordWriter::create(dir.path(), &RunInfo::default()).unwrap();
    for second in 1..=5 {
        let line = TimelineLine::collect(&totals, Duration::from_secs(second), Duration::from_secs(1));
        writer.append_tick(&line).unwrap();
    }
    if finished {
        writer.finish(&results, &totals).unwrap();
    }
    dir
}

fn edit(dir: &Path, name: &str, change: impl FnOnce(String) -> String) {
    let path = dir.join(name);
    fs::write(&path, change(fs::read_to_string(&path).unwrap())).unwrap();
}

fn lines(text: &str) -> Vec<String> {
    text.split_inclusive('\n').map(str::to_owned).collect()
}

#[test]
fn a_record_that_nobody_touched_is_intact() {
    let dir = record(true);
    let Integrity::Intact(seal) = integrity(dir.path()).unwrap() else { panic!("it is intact") };
    assert_eq!(seal.len(), 64);
    assert_eq!(integrity(dir.path()).unwrap(), Integrity::Intact(seal), "a second look finds the same");
    assert_eq!(integrity(record(false).path()).unwrap(), Integrity::Cut { lines: 5 });
}

#[test]
fn every_change_is_found_where_it_is() {
    type Change = (&'static str, fn(String) -> String, Vec<Tampering>);
    let changes: [Change; 9] = [
        ("timeline.jsonl", |text| text.replacen("\"t\":3.0", "\"t\":3.5", 1), vec![Tampering::Line(3)]),
        ("timeline.jsonl", |text| lines(&text)[1..].concat(), vec![Tampering::Line(1)]),
        (
            "timeline.jsonl",
            |text| {
                let mut lines = lines(&text);
                lines.swap(1, 2);
                lines.concat()
            },
            vec![Tampering::Line(2)],
        ),
        ("timeline.jsonl", |text| lines(&text)[..4].concat(), vec![Tampering::Lines]),
        ("timeline.jsonl", |text| format!("{text}{{\"t\":6.0}}\n"), vec![Tampering::Line(6)]),
        (
            "run.json",
            |text| text.replacen("\"args\": []", "\"args\": [\"x\"]", 1),
            vec![Tampering::File("run.json")],
        ),
        (
            "result.json",
            |text| text.replacen("\"seconds\": ", "\"seconds\": 1", 1),
            vec![Tampering::File("result.json")],
        ),
        ("histograms.json", |text| format!("{text} "), vec![Tampering::File("histograms.json")]),
        ("seal.json", |text| text.replacen("\"version\": 1", "\"version\": 1 ", 1), vec![]),
    ];
    for (name, change, expected) in changes {
        let dir = record(true);
        edit(dir.path(), name, change);
        match integrity(dir.path()).unwrap() {
            Integrity::Intact(_) => assert!(expected.is_empty(), "{name}: {expected:?}"),
            other => assert_eq!(other, Integrity::Changed(expected), "{name}"),
        }
    }
}

#[test]
fn what_is_missing_is_missed() {
    for name in ["result.json", "histograms.json", "seal.json"] {
        let dir = record(true);
        fs::remove_file(dir.path().join(name)).unwrap();
        assert_eq!(integrity(dir.path()).unwrap(), Integrity::Changed(vec![Tampering::Missing(name)]));
    }
    let dir = record(true);
    fs::remove_file(dir.path().join("timeline.jsonl")).unwrap();
    assert_eq!(integrity(dir.path()).unwrap(), Integrity::Changed(vec![Tampering::Lines]));
}

#[test]
fn a_record_cut_in_the_middle_of_a_line_is_as_it_was_up_to_there() {
    let dir = record(false);
    edit(dir.path(), "timeline.jsonl", |text| text[..text.len() - 20].to_owned());
    assert_eq!(integrity(dir.path()).unwrap(), Integrity::Cut { lines: 4 });
    edit(dir.path(), "timeline.jsonl", |text| text.replacen("\"t\":2.0", "\"t\":2.5", 1));
    assert_eq!(integrity(dir.path()).unwrap(), Integrity::Changed(vec![Tampering::Line(2)]));
}

#[test]
fn records_of_versions_without_seals_are_told_from_changed_ones() {
    let dir = record(true);
    edit(dir.path(), "timeline.jsonl", |text| {
        let without = |line: &str| format!("{}}}\n", line.split(",\"link\":").next().unwrap());
        text.lines().map(without).collect()
    });
    fs::remove_file(dir.path().join("seal.json")).unwrap();
    assert_eq!(integrity(dir.path()).unwrap(), Integrity::Unsealed);
}
