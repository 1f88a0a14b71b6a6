//! Archives: a script and all that it reads, in one file.

use crate::run::Run;
use crate::target::{Target, answer};

/// Moves an archive that was written to a folder of its own, and runs it there.
fn run_elsewhere(archive: &[u8]) -> Run {
    Run::of("run sale.tar").file("sale.tar", archive)
}

#[test]
fn an_archive_runs_by_itself() {
    let script = "
        import { name } from './lib/name.js'; import data from './data.json';
        import csv from 'k6/experimental/csv'; import { open as file } from 'k6/experimental/fs'; import grpc from 'k6/net/grpc';
        const text = open('./texts/hello.txt'); const bytes = open('texts/hello.txt', 'b').byteLength;
        const cjs = require('./lib/old.js');
        const client = new grpc.Client();
        const methods = client.load(['protos'], 'a.proto').length;
        export const options = { scenarios: { peak: { executor: 'per-vu-iterations', vus: 2, iterations: 3, exec: 'go', tags: { a: 'b' } } }, thresholds: { iterations: ['count==6'] } };
        export function go() { console.log(name, data.a, text, bytes, cjs.a, methods, __ENV.STAGE, __ENV.HOME, __ENV.MORE); }";
    let made = Run::of("archive -O out/sale.tar -e STAGE=peak script.js")
        .script(script)
        .file("lib/name.js", "export { name } from './deep.js';")
        .file("lib/deep.js", "export const name = 'deep';")
        .file("lib/old.js", "exports.a = 'old';")
        .file("data.json", "{\"a\": 1}")
        .file("texts/hello.txt", "hello")
        .file("protos/a.proto", "syntax = \"proto3\"; import \"google/protobuf/empty.proto\"; import \"b.proto\"; service A { rpc B(google.protobuf.Empty) returns (M); }")
        .file("protos/b.proto", "syntax = \"proto3\"; message M {}")
        .file("out/nothing", "")
        .env("HOME", "/root")
        .go();
    assert_eq!(made.code, Some(0), "{made:?}");
    assert!(
        made.stdout.contains("out/sale.tar is written: run it with flashcrowd run out/sale.tar"),
        "{made:?}"
    );
    let archive = std::fs::read(made.path("out/sale.tar")).unwrap();
    drop(made);
    let outcome = run_elsewhere(&archive).args("-e MORE=x --no-color").go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(outcome.stderr.matches("deep 1 hello 5 old 1 peak undefined x").count(), 6, "{outcome:?}");
    let outcome = Run::of("inspect sale.tar").file("sale.tar", &archive).go();
    assert!(
        outcome.stdout.contains("\"peak\"") && outcome.stdout.contains("\"exec\": \"go\""),
        "{outcome:?}"
    );
}

#[test]
fn flags_and_modules_of_the_network_are_in_it() {
    let target = Target::answering(|_| answer(200, &[], "export const far = 'far';"));
    let script = format!(
        "import {{ far }} from '{}/far.js'; export default function () {{ console.log(far, __ENV.A); }}",
        target.url()
    );
    let made = Run::of("archive -i 4 -u 2 -e A=secret --exclude-env-vars script.js").script(&script).go();
    assert_eq!(made.code, Some(0), "{made:?}");
    let archive = std::fs::read(made.path("archive.tar")).unwrap();
    drop(target);
    let outcome = run_elsewhere(&archive).args("--no-color").go();
    assert_eq!(outcome.stderr.matches("far undefined").count(), 4, "{outcome:?}");
    let outcome = run_elsewhere(&archive).args("--no-color -i 1").go();
    assert_eq!(outcome.stderr.matches("far undefined").count(), 1, "{outcome:?}");
}

#[test]
fn one_of_k6_runs_and_what_is_none_says_so() {
    // As k6 writes it; the tar is the one of GNU.
    let run = Run::of("run k6.tar")
        .file("in/metadata.json", r#"{"type":"js","options":{"paused":null,"vus":2,"iterations":4,"systemTags":["url","name"],"summaryTrendStats":["avg"]},"filename":"file:///home/nobody/s.js","pwd":"file:///home/nobody/","env":{"A":"b"},"compatibilityMode":"extended","k6version":"1.3.0","goos":"linux"}"#)
        .file("in/data", "import { x } from './x.js'; export default function () { console.log(x, __ENV.A, __VU > 0); }")
        .file("in/file/home/nobody/s.js", "import { x } from './x.js'; export default function () { console.log(x, __ENV.A, __VU > 0); }")
        .file("in/file/home/nobody/x.js", "export const x = 'from k6';")
        .file("text.tar", "no archive");
    let folder = run.path("in");
    let packed = std::process::Command::new("tar")
        .current_dir(&folder)
        .args(["-cf", "../k6.tar", "metadata.json", "data", "file"])
        .status();
    assert!(packed.unwrap().success());
    let outcome = run.args("--no-color").go();
    assert_eq!(outcome.stderr.matches("from k6 b true").count(), 4, "{outcome:?}");
    for (file, words) in
        [("text.tar", "cannot run 'text.tar': it is no archive"), ("missing.tar", "no such file")]
    {
        let outcome = Run::of(&format!("run {file}")).file("text.tar", "no archive").go();
        assert!(outcome.code == Some(255) && outcome.stderr.contains(words), "{outcome:?}");
    }
    let outcome = Run::of("archive plan.yaml")
        .file("plan.yaml", include_str!("../../../../../../examples/plans/baseline.yaml"))
        .go();
    assert!(outcome.code != Some(0), "{outcome:?}");
}
