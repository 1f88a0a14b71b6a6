//! A script finds the language, the globals and the built-in modules that k6 has.

use crate::run::{Run, check_bodies, said, said_by};

#[test]
fn the_language_is_a_modern_one() {
    check_bodies(
        "",
        &[
            (
                "const o = { a: { b: null } }; console.log(o?.a?.b?.c ?? 'none', 1_000, 2n ** 64n);",
                "none 1000 18446744073709551616",
            ),
            (
                "class A { #x = 1; static s = 's'; get x() { return this.#x; } } console.log(new A().x, A.s);",
                "1 s",
            ),
            (
                "function* g() { yield 1; yield* [2, 3]; } console.log([...g()], [1, 2].at(-1));",
                "[ 1, 2, 3 ] 2",
            ),
            (
                "console.log('a-b'.replaceAll('-', '+'), /(?<y>\\d+)/.exec('in 2026').groups.y, 'é'.match(/\\p{L}/u)[0]);",
                "a+b 2026 é",
            ),
            (
                "console.log([3, 1, 2].toSorted(), [1, 2, 3].findLast((n) => n < 3), new Error('x', { cause: 'y' }).cause);",
                "[ 1, 2, 3 ] 2 y",
            ),
            ("console.log([...'a1b2'.matchAll(/\\d/g)].map((m) => m[0]), `${1 + 1}`);", "[ '1', '2' ] 2"),
        ],
    );
}

#[test]
fn the_console_shows_values() {
    check_bodies(
        "",
        &[
            ("console.log('text', 1, 1.5, true, null, undefined);", "text 1 1.5 true null undefined"),
            (
                "console.log({ a: 1, b: { c: 'd' } }, [1, 'two', [3]], [], {});",
                "{ a: 1, b: { c: 'd' } } [ 1, 'two', [ 3 ] ] [] {}",
            ),
            ("const o = {}; o.self = o; console.log(o);", "{ self: [Circular] }"),
            (
                "console.log(new Date(0), new Error('oh'), () => 1);",
                "1970-01-01T00:00:00.000Z Error: oh [object Function: (anonymous)]",
            ),
            ("console.info('i'); console.warn('w'); console.error('e'); console.debug('d');", "i\nw\ne"),
            ("console.log(typeof console.table);", "undefined"),
        ],
    );
    let script = "export default function () { console.debug('d'); }";
    assert_eq!(said_by(Run::new().script(script).args("-v")).lines().filter(|line| *line == "d").count(), 1);
}

#[test]
fn the_log_tells_where_lines_come_from() {
    let script = "export default function () { console.warn('careful'); }";
    let outcome = Run::new().script(script).args("-q --log-format json").go();
    let line: serde_json::Value = serde_json::from_str(outcome.stderr.trim()).unwrap();
    assert_eq!(
        (&line["level"], &line["msg"], &line["source"]),
        (&"warning".into(), &"careful".into(), &"console".into())
    );
    let outcome = Run::new().script(script).args("-q --console-output said.log").go();
    assert_eq!((outcome.stderr.as_str(), outcome.read("said.log").contains("careful")), ("", true));
}

#[test]
fn promises_and_timers() {
    check_bodies(
        "import http from 'k6/http';",
        &[
            (
                "setTimeout(() => console.log('b'), 10); setTimeout(() => console.log('a'), 1); Promise.resolve().then(() => console.log('job')); console.log('now');",
                "now\njob\na\nb",
            ),
            ("setTimeout((x, y) => console.log(x + y), 1, 'x', 'y');", "xy"),
            (
                "let n = 0; const id = setInterval(() => { console.log(++n); if (n === 3) clearInterval(id); }, 1);",
                "1\n2\n3",
            ),
            (
                "clearTimeout(setTimeout(() => console.log('never'), 1)); clearTimeout(77); clearTimeout(); console.log('end');",
                "end",
            ),
            ("Promise.all([1, Promise.resolve(2)]).then((all) => console.log(all));", "[ 1, 2 ]"),
            (
                "Promise.allSettled([Promise.reject(new Error('r'))]).then((all) => console.log(all[0].status));",
                "rejected",
            ),
            ("Promise.any([Promise.reject(1), Promise.resolve(2)]).then((one) => console.log(one));", "2"),
            (
                "Promise.reject(new Error('x')).catch((error) => console.log('caught', error.message));",
                "caught x",
            ),
        ],
    );
}

#[test]
fn the_function_may_be_async() {
    let script = "export const options = { iterations: 2 };
                  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
                  export default async function () { await wait(2); console.log(__ITER); await wait(1); console.log('done'); }";
    assert_eq!(said(script), "0\ndone\n1\ndone\n");
}

#[test]
fn a_rejection_that_nobody_handles_fails_the_iteration() {
    for body in ["() => { Promise.reject(new Error('lost')); }", "async () => { throw new Error('lost'); }"] {
        let text = said(&format!("export const options = {{ iterations: 2 }}; export default {body}"));
        assert_eq!(text.matches("Uncaught (in promise) Error: lost").count(), 2, "{text}");
    }
}

#[test]
fn an_exception_tells_its_place_and_the_test_goes_on() {
    let run = Run::new()
        .script("import { f } from './lib.js';\nexport const options = { iterations: 2 };\nexport default function () {\n  f();\n}\n")
        .file("lib.js", "export function f() {\n  throw new TypeError('odd');\n}\n");
    let outcome = run.talk_only().args("--summary-export s.json").go();
    assert_eq!(outcome.code, Some(99));
    let reason = "every iteration of scenario default failed: 2 of 2\n";
    assert!(outcome.stdout.ends_with(reason), "{outcome:?}");
    assert_eq!(outcome.json("s.json")["metrics"]["iterations"]["count"], 2);
    let first: Vec<_> = outcome.stdout.lines().take(3).collect();
    assert_eq!(first[0], "TypeError: odd");
    assert!(first[1].contains("f (file://<folder>/lib.js:2:"), "{first:?}");
    assert!(first[2].contains("default") && first[2].contains("file://<folder>/script.js:4:"), "{first:?}");
}

#[test]
fn files_are_opened_at_the_top_level() {
    let run = |script: &str| {
        said_by(Run::new().script(script).file("data/t.txt", "text\n").file("data/b", [1, 255]))
    };
    assert_eq!(
        run("const t = open('./data/t.txt'), b = open('data/b', 'b');
             export default function () { console.log(t.trim(), b.byteLength, new Uint8Array(b)[1], b instanceof ArrayBuffer); }"),
        "text 2 255 true\n"
    );
    let text = run("export default function () { open('./data/t.txt'); }");
    assert!(text.contains("open() is only available in the init context"), "{text}");
    for (script, expected) in [
        ("open('./none.txt'); export default () => {};", "cannot open '<folder>/none.txt': no such file"),
        ("open('./data'); export default () => {};", "cannot open '<folder>/data': it is a folder"),
        ("open(''); export default () => {};", "open() can't be used with an empty path"),
    ] {
        let outcome = Run::new().script(script).file("data/t.txt", "").talk_only().go();
        assert_eq!(outcome.code, Some(107));
        assert!(outcome.stdout.contains(expected), "{outcome:?}");
    }
}

#[test]
fn numbers_of_users_and_iterations() {
    let script = "export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 2, iterations: 2 } } };
                  const init = [__VU, typeof __ITER];
                  export default function () { console.log(init, __VU, __ITER); }";
    let mut lines: Vec<_> = said(script).lines().map(str::to_owned).collect();
    lines.sort();
    assert_eq!(
        lines,
        [
            "[ 1, 'undefined' ] 1 0",
            "[ 1, 'undefined' ] 1 1",
            "[ 2, 'undefined' ] 2 0",
            "[ 2, 'undefined' ] 2 1"
        ]
    );
}

#[test]
fn the_environment_of_the_script() {
    let script = "export const options = { scenarios: {
                    a: { executor: 'shared-iterations', env: { WHO: 'a', A: '1' } },
                    b: { executor: 'shared-iterations', startTime: '300ms' } } };
                  export default function () { console.log(__ENV.WHO, __ENV.A, __ENV.SYSTEM, __ENV.GIVEN); }";
    let run =
        || Run::new().script(script).env("SYSTEM", "sys").env("WHO", "env").args("--workers 1 -e GIVEN=x=y");
    assert_eq!(said_by(run()), "a 1 sys x=y\nenv undefined sys x=y\n");
    assert_eq!(
        said_by(run().args("--include-system-env-vars=false -e WHO=e")),
        "a 1 undefined x=y\ne undefined undefined x=y\n"
    );
}

#[test]
fn globals_of_k6() {
    check_bodies(
        "",
        &[
            (
                "console.log(new TextDecoder().decode(new TextEncoder().encode('€')), crypto.randomUUID().length);",
                "€ 36",
            ),
            ("console.log(crypto.getRandomValues(new Uint8Array(4)).length);", "4"),
        ],
    );
}
