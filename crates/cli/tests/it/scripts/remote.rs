//! Modules on the network are fetched before the run, locked, kept on disk, and refused when they have changed.

use std::sync::{Arc, Mutex};

use crate::run::{Outcome, Run};
use crate::target::{Target, answer};

/// What a host of modules has, by path; it can be changed while it runs.
type Files = Arc<Mutex<Vec<(String, String)>>>;

/// A host of modules.
fn host(files: &[(&str, &str)]) -> (Target, Files) {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    let files: Files = Arc::new(Mutex::new(files));
    let kept = files.clone();
    let target = Target::answering(move |request| {
        let files = kept.lock().unwrap();
        match files.iter().find(|(path, _)| path == request.path()) {
            None => answer(404, &[], ""),
            Some((_, text)) => match text.strip_prefix("-> ") {
                Some(location) => answer(302, &[("Location", location)], ""),
                None if text.starts_with("<!") => answer(200, &[("Content-Type", "text/html")], text),
                None => answer(200, &[("Content-Type", "application/javascript")], text),
            },
        }
    });
    (target, files)
}

fn run(host: &Target, script: &str) -> Run {
    let mirror = format!("https://lib.test={}", host.url());
    Run::new().script(script).args("-q --log-format raw --module-cache cache --module-mirror").arg(&mirror)
}

/// What it said at the end, and the exit code.
fn last(outcome: &Outcome) -> (Option<i32>, &str) {
    let said = outcome.stderr.lines().find(|line| line.starts_with("said ")).unwrap_or(&outcome.stderr);
    (outcome.code, said)
}

const SCRIPT: &str = "import { a } from 'https://lib.test/a/1.0.0/index.js';
import c from 'https://lib.test/bundle.js';
export default function () { console.log('said', a, c.name, typeof c.get); throw new Error('enough'); }";

/// An ES module that imports another one beside it, and a bundle as webpack writes it.
const FILES: [(&str, &str); 3] = [
    ("/a/1.0.0/index.js", "import { b } from './b.js'; export const a = `a${b}`;"),
    ("/a/1.0.0/b.js", "export const b = 'b';"),
    (
        "/bundle.js",
        "(()=>{var e={7:e=>{e.exports=require('k6/http')}},t={};function r(n){return(t[n]??(e[n](t[n]={exports:{}},0,r),t[n])).exports}\
         module.exports={name:'bundle',get:r(7).get}})();",
    ),
];

#[test]
fn they_are_fetched_once_and_locked() {
    let (host, files) = host(&FILES);
    let first = run(&host, SCRIPT).go();
    assert_eq!(last(&first).1, "said ab bundle function", "{first:?}");
    assert_eq!(host.requests(), 3);
    let lock = std::fs::read_to_string(first.path("flashcrowd.lock")).unwrap();
    assert_eq!(lock.matches("\"https://lib.test/").count(), 3, "{lock}");
    assert_eq!(lock.matches("\"sha256-").count(), 3, "{lock}");
    // Locked and kept: nothing is asked for again, whatever the host has now.
    files.lock().unwrap().clear();
    for flags in ["", "--offline"] {
        let again =
            first.then(&format!("run script.js -q --log-format raw --module-cache cache {flags}")).go();
        assert_eq!(last(&again).1, "said ab bundle function", "{again:?}");
    }
    assert_eq!(host.requests(), 3);
}

#[test]
fn changed_content_is_refused() {
    let (host, files) = host(&FILES);
    let first = run(&host, SCRIPT).go();
    files.lock().unwrap()[1].1 = "export const b = 'evil';".to_owned();
    let mirror = format!("https://lib.test={}", host.url());
    let line = format!("run script.js -q --log-format raw --module-cache other --module-mirror {mirror}");
    let again = first.then(&line).go();
    assert_eq!(again.code, Some(107), "{again:?}");
    let text = &again.stderr;
    assert!(text.contains("'https://lib.test/a/1.0.0/b.js' has changed: its checksum is sha256-"), "{text}");
    assert!(text.contains("look at the new content, then remove its line from flashcrowd.lock"), "{text}");
    assert!(text.contains("\tat https://lib.test/a/1.0.0/index.js:1:19"), "{text}");
}

#[test]
fn all_that_cannot_be_had_is_told_at_once() {
    let (host, _) = host(&[
        ("/ok.js", "import './gone.js'; export default 1;"),
        ("/page.js", "<!DOCTYPE html>"),
        ("/round.js", "-> /round.js"),
        ("/down.js", "-> http://example.test/x.js"),
    ]);
    let script = "import 'https://lib.test/ok.js';
import 'https://lib.test/none.js';
import 'https://lib.test/page.js';
import 'https://lib.test/round.js';
import 'http://lib.test/a.js';
import 'k6/browser';
import 'k6/htp';
import 'cdn.test/x/y.js';
import './here.js';
export default function () {}";
    let outcome = run(&host, script).go();
    let lines: Vec<&str> = outcome.stderr.lines().collect();
    for expected in [
        "cannot import 'http://lib.test/a.js': write https://, or download the file",
        "module 'k6/browser' is not supported: no browser is driven",
        "unknown module 'k6/htp': did you mean 'k6/http'?",
        "cannot import 'cdn.test/x/y.js': write 'https://cdn.test/x/y.js'",
        "cannot fetch 'https://lib.test/none.js': the server answered 404 Not Found",
        "cannot fetch 'https://lib.test/page.js': the server answered with a web page, not a script",
        "cannot fetch 'https://lib.test/round.js': it redirects more than 10 times",
        "/here.js': no such file",
        "cannot fetch 'https://lib.test/gone.js': the server answered 404 Not Found",
    ] {
        assert_eq!(lines.iter().filter(|said| said.contains(expected)).count(), 1, "{expected}: {lines:#?}");
    }
    assert_eq!(lines.iter().filter(|said| said.starts_with("\tat ")).count(), 9, "{lines:#?}");
    assert!(lines.contains(&"\tat https://lib.test/ok.js:1:8"), "{lines:#?}");
    assert_eq!(outcome.code, Some(107));
    assert!(!outcome.path("flashcrowd.lock").exists());
}

#[test]
fn nothing_is_fetched_offline() {
    let (host, _) = host(&FILES);
    let outcome = run(&host, SCRIPT).args("--offline").go();
    assert_eq!((outcome.code, host.connections()), (Some(107), 0), "{outcome:?}");
    for url in ["https://lib.test/a/1.0.0/index.js", "https://lib.test/bundle.js"] {
        let expected = format!("'{url}' is not in the module cache: run once without --offline");
        assert!(outcome.stderr.contains(&expected), "{outcome:?}");
    }
}

#[test]
fn required_modules_are_fetched_when_the_top_level_asks_for_them() {
    let (host, _) = host(&[("/a.js", "exports.a = 'a';"), ("/b.js", "export const b = 'b';")]);
    let script = "const { a } = require('https://lib.test/a.js');
        import('https://lib.test/b.js').then(({ b }) => { globalThis.b = b; });
        exports.default = () => { console.log('said', a, globalThis.b); throw new Error('enough'); };";
    let outcome = run(&host, script).go();
    assert_eq!(last(&outcome).1, "said a b", "{outcome:?}");
    assert_eq!(host.requests(), 2);
    let late =
        run(&host, "export default async function () { await import(`https://lib.test/${'b'}.js`); }").go();
    assert!(late.stderr.contains("are fetched while the script is loaded, before the run"), "{late:?}");
}

#[test]
fn redirects_are_followed_and_relative_imports_start_from_where_they_lead() {
    let (host, _) = host(&[
        ("/latest.js", "-> /v2/index.js"),
        ("/v2/index.js", "export { b } from './b.js';"),
        ("/v2/b.js", "export const b = 'v2';"),
    ]);
    let script = format!(
        "import {{ b }} from '{}/latest.js'; export default () => {{ console.log('said', b); throw new Error(); }};",
        host.url()
    );
    let outcome = run(&host, &script).go();
    assert_eq!(last(&outcome).1, "said v2", "{outcome:?}");
}

#[test]
fn a_lock_that_cannot_be_read_ends_the_run() {
    let (host, _) = host(&FILES);
    let outcome = run(&host, SCRIPT).file("flashcrowd.lock", "{").go();
    assert_eq!(outcome.code, Some(107));
    assert!(outcome.stderr.contains("cannot read 'flashcrowd.lock': EOF while parsing"), "{outcome:?}");
    assert_eq!(host.connections(), 0);
}
