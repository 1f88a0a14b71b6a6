//! What `console` shows, and how important it is.

use flashcrowd_test::{Level, Source};

use crate::harness::{Note, Script, check};

#[test]
fn each_function_has_a_level() {
    let body =
        "console.log('l'); console.info('i'); console.debug('d'); console.warn('w'); console.error('e');";
    let expected = [
        ("l", Level::Info),
        ("i", Level::Info),
        ("d", Level::Debug),
        ("w", Level::Warn),
        ("e", Level::Error),
    ];
    let note = |(text, level): (&str, Level)| Note {
        level,
        source: Source::Console,
        scenario: Some("default".to_owned()),
        text: text.to_owned(),
    };
    assert_eq!(Script::of_body("", body).run().messages, expected.map(note));
    check("", &[("console.log(Object.keys(console));", "[ 'log', 'info', 'debug', 'warn', 'error' ]")]);
}

#[test]
fn values_are_shown_as_their_author_would_write_them() {
    check(
        "",
        &[
            (
                "console.log('text', 1, -0.5, 1e21, NaN, true, null, undefined, 5n, Symbol('s'));",
                "text 1 -0.5 1e+21 NaN true null undefined 5 Symbol(s)",
            ),
            ("console.log(); console.log('');", ""),
            (
                "console.log({ a: 1, b: { c: 'it\\'s' } }, [1, 'two', [3], null], [], {});",
                "{ a: 1, b: { c: 'it\\'s' } } [ 1, 'two', [ 3 ], null ] [] {}",
            ),
            (
                "const o = { n: [] }; o.n.push(o); console.log(o); const s = {}; console.log([s, s]);",
                "{ n: [ [Circular] ] }\n[ {}, {} ]",
            ),
            (
                "console.log({ a: { b: { c: { d: { e: { f: { g: 1 } } } } } } });",
                "{ a: { b: { c: { d: { e: { f: [Object] } } } } } }",
            ),
            (
                "console.log(new Date(0), /a\\/b/g, () => 1, function named() {}, class K {});",
                "1970-01-01T00:00:00.000Z /a\\/b/g [object Function: (anonymous)] [object Function: named] [object Function: K]",
            ),
            (
                "console.log(new TypeError('oh'), [new Error('in')], new Error());",
                "TypeError: oh [ Error: in ] Error",
            ),
            (
                "console.log(new Map([['a', 1]]), new Set([1]), Promise.resolve(1));",
                "Map [ [ 'a', 1 ] ] Set [ 1 ] Promise {}",
            ),
            (
                "console.log(new Uint8Array([1, 255]), new Uint16Array([1]).buffer);",
                "ArrayBuffer { [Uint8Contents]: <01 ff>, byteLength: 2 } ArrayBuffer { [Uint8Contents]: <01 00>, byteLength: 2 }",
            ),
            (
                "const text = `${'00 '.repeat(50)}`.trim(); console.log(new ArrayBuffer(60));",
                &format!(
                    "ArrayBuffer {{ [Uint8Contents]: <{} ... 10 more bytes>, byteLength: 60 }}",
                    ["00"; 50].join(" ")
                ),
            ),
            (
                "console.log({ toJSON() { return { shown: 1 }; } }, { get a() { return 1; } });",
                "{ shown: 1 } { a: 1 }",
            ),
            ("console.log('a\\nb');", "a\nb"),
            (
                "console.log('a\\ud800b', ['\\udfff'], { '\\ud800': 1 });",
                "a\u{fffd}b [ '\u{fffd}' ] { \u{fffd}: 1 }",
            ),
            ("console.log(new Error('a\\ud800'), '🐻'.slice(0, 1), '🐻');", "Error: a\u{fffd} \u{fffd} 🐻"),
        ],
    );
}
