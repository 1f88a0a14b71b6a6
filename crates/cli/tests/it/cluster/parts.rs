//! Parts of a run in files, and what comes of them together.

use serde_json::Value;

use super::{all_iterations, iterations, script, seen, shop};
use crate::run::{Outcome, Run};

const SEGMENTS: [(&str, &str); 3] = [("a", "0:1/4"), ("b", "1/4:1/2"), ("c", "1/2:1")];
const SEQUENCE: &str = "0,1/4,1/2,1";

/// Runs all parts at once; the last outcome has the files of all of them.
fn parts(script: &str) -> (Vec<String>, Vec<Run>) {
    let folders = SEGMENTS.map(|(name, segment)| {
        let line = format!(
            "--execution-segment {segment} --execution-segment-sequence {SEQUENCE} --part-out {name}.part"
        );
        Run::new().script(script).args(&line).args("--workers 2 --no-thresholds").talk_only()
    });
    let paths: Vec<_> =
        folders.iter().zip(SEGMENTS).map(|(run, (name, _))| run.path(&format!("{name}.part"))).collect();
    let started: Vec<_> = folders.into_iter().map(Run::start).collect();
    let outcomes: Vec<Outcome> = started.into_iter().map(|run| run.end()).collect();
    let report = paths.iter().zip(SEGMENTS).fold(Run::of("report"), |report, (path, (name, _))| {
        report.file(&format!("{name}.part"), std::fs::read(path).unwrap())
    });
    (outcomes.iter().map(|outcome| outcome.stdout.clone()).collect(), vec![report])
}

fn metric<'a>(results: &'a Value, name: &str) -> &'a Value {
    results["metrics"].as_array().unwrap().iter().find(|metric| metric["name"] == name).unwrap()
}

#[test]
fn parts_make_the_iterations_and_the_record_of_one_process() {
    let shop = shop();
    let script = script(&shop.url());
    let (outputs, report) = parts(&script);
    assert_eq!(iterations(outputs.iter().map(String::as_str)), all_iterations());
    let report = report.into_iter().next().unwrap();
    let outcome = report.args("a.part b.part c.part --record rec --exit-code").go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let merged = outcome.json("rec/result.json");
    let alone = Run::new().script(&script).args("--record rec").go();
    assert_eq!(alone.code, Some(0), "{alone:?}");
    let alone = alone.json("rec/result.json");
    assert_eq!(merged["scenarios"], alone["scenarios"]);
    assert_eq!(merged["options"]["thresholds"], alone["options"]["thresholds"]);
    assert_eq!((&merged["verdict"], &merged["verdict_reason"]["cause"]), (&"pass".into(), &"held".into()));
    for name in ["http_reqs", "iterations", "mine", "data_sent"] {
        assert_eq!(metric(&merged, name)["stats"]["count"], metric(&alone, name)["stats"]["count"], "{name}");
    }
    for name in ["http_req_duration", "http_req_duration{expected_response:true}", "checks", "iteration_lag"]
    {
        assert_eq!(metric(&merged, name)["samples"], metric(&alone, name)["samples"], "{name}");
    }
    assert_eq!(merged["root_group"]["groups"][0]["checks"][0]["passes"], 101);
    assert_eq!(seen(&shop), 2 * 201, "two runs of 201 requests");
}

#[test]
fn what_does_not_add_up_is_refused() {
    let shop = shop();
    let (_, mut report) = parts(&script(&shop.url()));
    let folder = report.remove(0);
    let parts: Vec<_> = SEGMENTS
        .iter()
        .map(|(name, _)| std::fs::read_to_string(folder.path(&format!("{name}.part"))).unwrap())
        .collect();
    let told = |parts: &[&str]| {
        let names = ["x.part", "y.part", "z.part"];
        let run = parts.iter().zip(names).fold(Run::of("report"), |run, (part, name)| run.file(name, part));
        run.args(&names[..parts.len()].join(" ")).go()
    };
    for (given, expected) in [
        (vec![&parts[0][..], &parts[2]], "the parts do not add up to the test: 1/4:1/2 is missing"),
        (vec![&parts[0], &parts[1]], "the parts do not add up to the test: 1/2:1 is missing"),
        (
            vec![&parts[0], &parts[1], &parts[1]],
            "the parts do not add up to the test: 1/4:1/2 was run by more than one of them",
        ),
        (
            vec!["{}\n"],
            "x.part is no part of a run: write one with run --execution-segment FROM:TO --part-out FILE",
        ),
    ] {
        let outcome = told(&given);
        assert_eq!(outcome.code, Some(255), "{outcome:?}");
        assert!(outcome.stderr.contains(expected), "{outcome:?}");
    }
    let other = parts[2].replacen("count==201", "count==202", 1);
    let outcome = told(&[&parts[0], &parts[1], &other]);
    assert!(
        outcome.stderr.contains("are not parts of one run: what the options say is not the same"),
        "{outcome:?}"
    );
}

#[test]
fn a_part_that_was_killed_leaves_no_verdict_on_the_target() {
    let shop = shop();
    let (_, mut report) = parts(&script(&shop.url()));
    let folder = report.remove(0);
    let text = std::fs::read_to_string(folder.path("b.part")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let cut = format!("{}\n{}", lines[..2].join("\n"), &lines[2][..lines[2].len() / 2]);
    let outcome = folder.file("b.part", cut).args("a.part b.part c.part --exit-code").go();
    assert_eq!(outcome.code, Some(120), "{outcome:?}");
    let expected =
        "b.part was lost (its file ends before its run), so that 25% of the load is missing from 1 s on";
    assert!(outcome.stdout.contains("NOT MEASURABLE"), "{outcome:?}");
    assert!(outcome.stdout.replace("\n  ", " ").contains(expected), "{outcome:?}");
}
