//! The globals of a script: its environment and numbers, files, text coding, random values.

use crate::harness::{Script, check};

#[test]
fn the_environment_is_the_tests_with_the_scenarios_over_it() {
    let script = "const a = { executor: 'per-vu-iterations', iterations: 2, env: { WHO: 'a', OWN: '1' } };
      export const options = { scenarios: { a, b: { executor: 'shared-iterations', startTime: '50ms' } } };
      const top = __ENV.WHO;
      export default function () { console.log(top, __ENV.WHO, __ENV.OWN, __ENV.NONE); __ENV.WHO = 'changed'; }";
    let said = Script::new(script).env("WHO", "all").run().said;
    assert_eq!(said, ["all a 1 undefined", "all changed 1 undefined", "all all undefined undefined"]);
    let script = "export const options = { iterations: 2 }; export default () => { console.log(__ENV.A, Object.keys(__ENV)); __ENV.A = 2; };";
    assert_eq!(Script::new(script).env("A", "1").run().said, ["1 [ 'A' ]", "2 [ 'A' ]"]);
}

#[test]
fn virtual_users_and_iterations_have_numbers() {
    let script = "export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 2, iterations: 2 } } };
      const top = `${__VU} ${typeof __ITER}`; console.log(top);
      export function setup() { console.log(__VU, typeof __ITER); } export default () => console.log(top, __VU, __ITER);";
    let loaded = Script::new(script).load().unwrap();
    assert_eq!(loaded.said(), ["0 undefined"]);
    let mut said = Script::new(script).run().said;
    said.sort();
    assert_eq!(
        said,
        [
            "0 undefined",
            "0 undefined",
            "1 undefined",
            "1 undefined 1 0",
            "1 undefined 1 1",
            "2 undefined",
            "2 undefined 2 0",
            "2 undefined 2 1"
        ]
    );
}

#[test]
fn globals_of_a_virtual_user_stay_and_are_its_own() {
    let script = "export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 2, iterations: 3 } } };
      let n = 0; export default () => { n += 1; globalThis.m = (globalThis.m || 0) + 10; console.log(__VU, n, global.m); };";
    let mut said = Script::new(script).run().said;
    said.sort();
    assert_eq!(said, ["1 1 10", "1 2 20", "1 3 30", "2 1 10", "2 2 20", "2 3 30"]);
}

#[test]
fn files_are_opened_at_the_top_level_alone() {
    let run = |script: &str| Script::new(script).file("data/a.txt", "aé").file("data/b", [0, 255]);
    let script = "const text = open('./data/a.txt'), bytes = open('data/b', 'b'), again = open('data/../data/a.txt', undefined);
      export default function () {
        console.log(text, again, bytes instanceof ArrayBuffer, new Uint8Array(bytes).join());
        try { open('./data/a.txt'); } catch (e) { console.log(e.message); }
      }";
    let said = run(script).run().said;
    assert_eq!(said, ["aé aé true 0,255", "open() is only available in the init context"]);
    for (call, expected) in [
        ("open('./none')", "/none': no such file"),
        ("open('./data')", "/data': it is a folder"),
        ("open('')", "Error: open() can't be used with an empty path"),
        ("open()", "Error: open() can't be used with an empty path"),
    ] {
        let error = run(&format!("{call}; export default () => {{}};")).load().err().unwrap();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn texts_are_coded_as_utf_8() {
    check(
        "const thrown = (f) => { try { return f(); } catch (e) { return `${e.name}: ${e.message}`; } };",
        &[
            (
                "console.log(new TextEncoder().encode('h€').join(), new TextEncoder().encode().length, new TextEncoder().encoding);",
                "104,226,130,172 0 utf-8",
            ),
            (
                "console.log(new TextDecoder().decode(new Uint8Array([104, 226, 130, 172])), new TextDecoder().decode(new Uint8Array([65, 66, 67]).subarray(1).buffer));",
                "h€ ABC",
            ),
            (
                "console.log(new TextDecoder().decode() === '', new TextDecoder('UTF8').encoding, new TextDecoder().fatal);",
                "true utf-8 false",
            ),
            (
                "console.log(new TextDecoder().decode(new Uint8Array([255])) === '\\ufffd', thrown(() => new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([255]))));",
                "true TypeError: the input is not valid UTF-8",
            ),
            (
                "const marked = new Uint8Array([239, 187, 191, 65]); console.log(new TextDecoder().decode(marked).length, new TextDecoder('utf-8', { ignoreBOM: true }).decode(marked).length);",
                "1 2",
            ),
            ("console.log(new TextEncoder().encode('a\\ud800').join());", "97,239,191,189"),
            (
                "console.log(thrown(() => new TextDecoder('latin1')), thrown(() => new TextDecoder().decode('text')));",
                "RangeError: unsupported encoding: latin1 TypeError: TextDecoder.decode takes an ArrayBuffer or a view on one",
            ),
        ],
    );
}

#[test]
fn random_values_of_the_web() {
    check(
        "",
        &[
            (
                "const a = new Uint8Array(32); console.log(crypto.getRandomValues(a) === a, a.some(Boolean));",
                "true true",
            ),
            (
                "console.log(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(crypto.randomUUID()), crypto.randomUUID() === crypto.randomUUID());",
                "true false",
            ),
            (
                "crypto.subtle.digest('SHA-1', new Uint8Array(0)).then((sum) => console.log(new Uint8Array(sum)[0], typeof CryptoKey));",
                "218 function",
            ),
            ("crypto = 7; TextEncoder = 8; console.log(crypto, TextEncoder);", "7 8"),
        ],
    );
}

#[test]
fn a_script_has_what_it_names_of_the_language() {
    check(
        "",
        &[
            (
                "console.log(new Map([[1, 2]]).get(1), new Set([1, 1]).size, new Uint16Array(2).length, typeof Proxy, atob(btoa('a')));",
                "2 1 2 function a",
            ),
            (
                "const o = {}; console.log(new WeakMap([[o, 1]]).get(o), new WeakRef(o).deref() === o, performance.now() >= 0);",
                "1 true true",
            ),
            ("console.log(typeof [].constructor.from, eval('new Map().size'));", "function 0"),
            (
                "console.log(new Date(0).toISOString(), /(?<a>x)/v.exec('x').groups.a, 2n ** 64n, [3, 1].toSorted());",
                "1970-01-01T00:00:00.000Z x 18446744073709551616 [ 1, 3 ]",
            ),
        ],
    );
}
