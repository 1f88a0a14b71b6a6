//! Exceptions that nobody catches: what is logged of them, and what goes on.

use flashcrowd_test::{Level, Source};

use crate::harness::Script;

#[test]
fn an_exception_of_an_iteration_is_logged_with_its_place_and_the_test_goes_on() {
    let script = "import { f } from './lib.js';\nexport const options = { iterations: 2 };\nexport default function () {\n  f();\n}\n";
    let ran =
        Script::new(script).file("lib.js", "export function f() {\n  throw new TypeError('odd');\n}\n").run();
    assert_eq!((ran.messages.len(), ran.sum("iterations")), (2, 2.0));
    assert!(ran.failure().is_some_and(|why| why.starts_with("every iteration of scenario default failed")));
    let note = &ran.messages[0];
    assert_eq!(
        (note.level, note.source, note.scenario.as_deref()),
        (Level::Error, Source::StackTrace, Some("default"))
    );
    let lines: Vec<_> = note.text.lines().collect();
    assert_eq!(lines[0], "TypeError: odd");
    assert!(lines[1].starts_with("\tat f (file://") && lines[1].contains("/lib.js:2:"), "{lines:?}");
    assert!(lines[2].contains("default") && lines[2].contains("/script.js:4:"), "{lines:?}");
    assert_eq!(lines.len(), 3);
}

#[test]
fn frames_of_the_program_itself_are_left_out() {
    let body = "group('g', () => [1].forEach(() => { throw new Error('in'); }));";
    let said = Script::of_body("import { group } from 'k6';", body).run().said;
    assert!(said.len() > 2 && !said.iter().any(|line| line.contains("native")), "{said:?}");
}

#[test]
fn anything_can_be_thrown() {
    for (thrown, expected) in [
        ("'text'", "text"),
        ("7", "7"),
        ("{ code: 1 }", "{ code: 1 }"),
        ("null", "null"),
        ("undefined", "undefined"),
        ("new Error()", "Error"),
        ("'a\\ud800'", "a\u{fffd}"),
        ("new Error('a\\ud800')", "Error: a\u{fffd}"),
        ("Object.assign(new Error('m'), { name: 'Mine' })", "Mine: m"),
        ("new (class Own extends Error {})('m')", "Error: m"),
    ] {
        assert_eq!(Script::of_body("", &format!("throw {thrown};")).run().said[0], expected, "{thrown}");
    }
}

#[test]
fn the_engine_of_the_language_finds_mistakes() {
    for (body, expected) in [
        ("nothing();", "ReferenceError: nothing is not defined"),
        ("null.x;", "TypeError: cannot read property 'x' of null"),
        ("const f = () => f(); f();", "RangeError: Maximum call stack size exceeded"),
        ("JSON.parse('{');", "SyntaxError: "),
    ] {
        let ran = Script::of_body("", body).run();
        assert!(ran.said[0].starts_with(expected), "{body}: {:?}", ran.said);
    }
    let deep = "const f = (n) => n === 0 ? 0 : 1 + f(n - 1); try { (function g() { g(); })(); } catch (e) { console.log(e.name, f(100)); }";
    assert_eq!(Script::of_body("", deep).run().said, ["RangeError 100"]);
}

#[test]
fn a_script_that_cannot_be_loaded_says_why_and_where() {
    for (script, expected, place) in [
        ("export default () => {};\nconst = 1;", "SyntaxError: ", "script.js:2"),
        ("\nthrow new Error('early');\nexport default () => {};", "Error: early", "script.js:2:"),
        ("let a = 1;\nlet a = 2; export default () => {};", "SyntaxError: ", "script.js:2"),
        ("\n\nexports.default = nothing;", "ReferenceError: nothing is not defined", "script.js:3"),
    ] {
        let error = Script::new(script).load().err().unwrap_or_else(|| panic!("{script} was taken"));
        assert!(error.starts_with(expected) && error.contains(place), "{script}: {error}");
    }
}

#[test]
fn exceptions_of_the_web_are_told_by_name() {
    let ran = Script::of_body("", "throw new DOMException('too much', 'QuotaExceededError');").run();
    assert!(ran.said[0].starts_with("QuotaExceededError: too much"), "{:?}", ran.said);
}
