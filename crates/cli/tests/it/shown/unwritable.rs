//! What was to be written and was not is an error, whatever command and whatever file.

use crate::records::{crossed, text};
use crate::run::{Outcome, Run};
use crate::target::{Target, mirror};

const SCRIPT: &str = "import http from 'k6/http'; export const options = { vus: 1, iterations: 2 };
    export default function () { console.log('hello'); http.get(__ENV.T); }";

fn run(target: &Target, args: &str) -> Run {
    Run::new().script(SCRIPT).env("T", &target.url()).args("-q").args(args)
}

fn assert_error(what: &str, outcome: &Outcome, message: &str) {
    assert_eq!(outcome.code, Some(255), "{what}: {outcome:?}");
    assert!(outcome.stderr.contains(message), "{what}: {outcome:?}");
}

#[test]
fn a_full_standard_output_is_an_error_of_every_command() {
    let target = mirror();
    assert_error("run", &run(&target, "").go_into("/dev/full"), "cannot write to standard output");
    let record = text(crossed());
    for line in ["report", "report --format html", "compare RECORD", "verify", "advise"] {
        let outcome = Run::of(&line.replace("RECORD", record)).arg(record).go_into("/dev/full");
        assert_error(line, &outcome, "cannot write to standard output");
    }
    for line in ["schema plan", "completions bash", "shop --print-token", "demo --print-script", "--licenses"]
    {
        assert_error(line, &Run::of(line).go_into("/dev/full"), "cannot write to standard output");
    }
    for line in ["--help", "run --help", "--version"] {
        assert_eq!(Run::of(line).go_into("/dev/full").code, Some(255), "{line}");
    }
}

#[test]
fn a_file_that_cannot_be_written_is_an_error_of_the_run() {
    let target = mirror();
    for (args, message) in [
        ("--summary-export /dev/full", "cannot write '/dev/full'"),
        ("--summary-export no/s.json", "cannot write 'no/s.json'"),
        ("--out json=/dev/full", "--out json=/dev/full: the output is not complete"),
        ("--console-output /dev/full", "--console-output is not complete"),
        ("--log-output file=/dev/full", "cannot write to the log file"),
        ("--record /proc/no", "/proc/no"),
        ("--record script.js", "'script.js' is not a folder"),
    ] {
        assert_error(args, &run(&target, args).go(), message);
    }
    let own = format!(
        "{SCRIPT} export function handleSummary() {{ return {{ 'no/s.json': 'x', 'yes.json': 'y' }}; }}"
    );
    let outcome = run(&target, "").script(&own).go();
    assert_error("handleSummary", &outcome, "cannot write 'no/s.json'");
    assert_eq!(outcome.read("yes.json"), "y", "the others are written");
    let record = text(crossed());
    let outcome = Run::of("report -o /dev/full").arg(record).go();
    assert_error("report", &outcome, "cannot write '/dev/full'");
}

#[test]
fn a_record_over_another_one_is_refused() {
    let target = mirror();
    let first = run(&target, "--record rec").go();
    assert_eq!(first.code, Some(0), "{first:?}");
    let again = || first.then("run script.js -q --record rec").env("T", &target.url());
    let seal = first.read("rec/seal.json");
    assert_error(
        "run",
        &again().go(),
        "'rec' has the record of an earlier run: name another folder, or replace that record with --force",
    );
    assert_eq!(
        (first.read("rec/seal.json"), target.requests()),
        (seal.clone(), 2),
        "nothing was sent, and nothing is gone"
    );
    let forced = again().args("--force").go();
    assert_eq!((forced.code, target.requests()), (Some(0), 4), "{forced:?}");
    assert_ne!(first.read("rec/seal.json"), seal);
}

#[test]
fn two_runs_into_one_new_folder_are_not_mixed() {
    let target = mirror();
    let (one, other) = (run(&target, "").file("x", ""), run(&target, ""));
    let folder = crate::records::kept("two-at-once");
    let record = |run: Run, name: &str| {
        run.args("--record").arg(text(&folder)).args(&format!("-e N={name} --tag n={name}")).start()
    };
    let (one, other) = (record(one, "one"), record(other, "other"));
    let (one, other) = (one.end(), other.end());
    let codes = [one.code, other.code];
    assert!(codes.contains(&Some(0)) && codes.contains(&Some(255)), "{one:?} {other:?}");
    let name = if one.code == Some(0) { "one" } else { "other" };
    for file in ["run.json", "result.json"] {
        let kept = std::fs::read_to_string(folder.join(file)).unwrap();
        assert!(kept.contains(&format!("\"{name}\"")), "{file} is not that of {name}");
    }
}
