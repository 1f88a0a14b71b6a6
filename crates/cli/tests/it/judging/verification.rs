//! `verify`: a record is what its run wrote, and its verdict follows from it, or the exit code is 99.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::records::{crossed, kept, reading, recording};
use crate::run::Run;
use crate::target::mirror;

/// A copy of the record that nobody else changes.
fn copy(name: &str) -> PathBuf {
    let folder = kept(name);
    fs::create_dir_all(&folder).unwrap();
    for entry in fs::read_dir(crossed()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
    }
    folder
}

fn verified(folder: &Path, args: &str) -> (Option<i32>, String) {
    let outcome = reading("verify", folder).args(args).go();
    (outcome.code, outcome.stdout)
}

fn seal() -> String {
    let text = fs::read_to_string(crossed().join("seal.json")).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["seal"].as_str().unwrap().to_owned()
}

#[test]
fn an_untouched_record_is_verified_and_its_verdict_computed_again() {
    let seal = seal();
    let (code, text) = verified(crossed(), &format!("--seal {}", &seal[..16]));
    assert_eq!(code, Some(0), "{text}");
    let expected = format!(
        "✓ files: intact, seal {seal}\n✓ verdict: FAIL, computed again by definitions {}: identical\n",
        flashcrowd_diagnosis::DEFINITIONS
    );
    assert_eq!(text, expected);
}

#[test]
fn secrets_that_were_removed_from_a_record_do_not_change_its_verdict() {
    let (target, folder) = (mirror(), kept("verified-secrets"));
    let script = "import http from 'k6/http';
        export const options = { iterations: 20, thresholds: { checks: ['rate>0.5'] } };
        export default function () { http.get(`${__ENV.T}/slow/2`, { tags: { name: `pay ${__ENV.API_TOKEN}` } }); }";
    let outcome = recording(&folder, script, &target).env("API_TOKEN", "s3cr3t-t0ken").go();
    assert!(outcome.code.is_some(), "{outcome:?}");
    let (code, text) = verified(&folder, "");
    assert_eq!(code, Some(0), "{text}");
}

#[test]
fn a_verdict_that_was_changed_is_found_by_the_seal_and_by_judging_again() {
    let folder = copy("verified-forged");
    let path = folder.join("result.json");
    let mut result: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    result["verdict"] = json!("pass");
    fs::write(&path, serde_json::to_vec_pretty(&result).unwrap()).unwrap();
    let (code, text) = verified(&folder, "");
    assert_eq!(code, Some(99));
    assert!(text.contains("✗ files: result.json was changed\n"), "{text}");
    assert!(text.contains("    verdict: \"pass\" in the record, \"fail\" computed\n"), "{text}");
}

#[test]
fn a_timeline_that_was_changed_is_found_at_its_line() {
    let folder = copy("verified-timeline");
    let path = folder.join("timeline.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let second = text.lines().nth(1).unwrap();
    fs::write(&path, text.replacen(second, &second.replacen("\"interval\":", "\"interval\":1", 1), 1))
        .unwrap();
    let (code, text) = verified(&folder, "");
    assert_eq!(code, Some(99));
    assert!(text.starts_with("✗ files: timeline.jsonl was changed at line 2\n"), "{text}");
}

#[test]
fn another_seal_a_cut_run_and_an_unsealed_record_are_not_verified() {
    let (code, text) = verified(crossed(), "--seal 0123456789abcdef");
    assert_eq!(code, Some(99), "{text}");
    assert!(text.starts_with("✗ files: another seal than the one given: "), "{text}");
    let folder = copy("verified-cut");
    fs::remove_file(folder.join("seal.json")).unwrap();
    fs::remove_file(folder.join("result.json")).unwrap();
    let (code, text) = verified(&folder, "");
    assert_eq!(code, Some(99), "{text}");
    assert!(text.starts_with("✗ files: the run was cut short"), "{text}");
}

#[test]
fn what_is_no_seal_and_no_record_is_an_error() {
    let outcome = Run::of("verify").args("nowhere --seal 12345").go();
    assert_eq!(outcome.code, Some(255), "{outcome:?}");
    assert!(outcome.stderr.contains("a seal is 16 to 64 hexadecimal digits"), "{outcome:?}");
    let outcome = Run::of("verify").args("nowhere").go();
    assert_eq!(outcome.code, Some(255), "{outcome:?}");
    assert!(outcome.stderr.contains("is not a record"), "{outcome:?}");
}

/// Records that were judged by the definitions of that version, each a folder. They are never made again: a change of
/// a formula is a new version of the definitions, and this one has to give the same verdicts for ever.
#[test]
fn records_of_the_past_are_judged_as_they_were() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/definitions");
    let mut count = 0;
    for version in fs::read_dir(root).unwrap() {
        for folder in fs::read_dir(version.unwrap().path()).unwrap() {
            let folder = folder.unwrap().path();
            let (code, text) = verified(&folder, "");
            assert_eq!(code, Some(0), "{}: {text}", folder.display());
            count += 1;
        }
    }
    assert!(count >= 3, "{count} records");
}
