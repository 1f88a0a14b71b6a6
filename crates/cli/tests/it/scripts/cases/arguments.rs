//! Arguments of all kinds are taken as k6's language converts them.

use serde_json::Value;

use super::odd::asked;
use crate::run::{Run, said};
use crate::target::mirror;

#[test]
fn arguments_are_converted_as_k6_does() {
    let script = "import { check, fail, group, randomSeed, sleep } from 'k6'; import http from 'k6/http'; import encoding from 'k6/encoding';
        import crypto from 'k6/crypto'; import { Counter, Trend } from 'k6/metrics';
        const c = new Counter('c_of'), seven = new Trend(true);
        const t = (name, f, expected) => { let got; try { got = String(f()); } catch (e) { got = `THROWS ${e}`; } if (got !== String(expected)) console.log(name, got, expected); };
        const thrown = (f) => { try { f(); } catch (e) { return e.message; } };
        export default function () {
          for (const nothing of [undefined, null, '', 'x', NaN, {}, []]) t('sleep', () => sleep(nothing));
          t('sleep text', () => sleep('0.001')); t('sleep bigint', () => sleep(0n));
          t('group number', () => group(1, () => 'in'), 'in'); t('group error', () => group(new Error('e'), () => 'in'), 'in');
          t('fail Error', () => thrown(() => fail(new Error('inner'))), 'Error: inner'); t('fail 42', () => thrown(() => fail(42)), '42');
          t('fail symbol', () => thrown(() => fail(Symbol('s'))), 's'); t('fail nothing', () => thrown(() => fail()), '');
          t('fail object', () => thrown(() => fail({})), '[object Object]'); t('fail odd', () => thrown(() => fail({ toString() { throw new Error('odd'); } })), 'odd');
          t('seed', () => { randomSeed('7'); const a = Math.random(); randomSeed(7); return a === Math.random(); }, true);
          t('check number name', () => check(1, { 5: true, [Symbol('no')]: false }), true); t('check text', () => check('x', { 'ok': 'yes' }), true);
          t('file', () => { const f = http.file('x', 5, 6); return f.filename + f.content_type; }, '56');
          const jar = http.cookieJar(), U = 'http://127.0.0.1:1/';
          t('jar', () => jar.set(U, 1, 2), true); t('jar url', () => JSON.stringify(jar.cookiesForURL(http.url`http://127.0.0.1:1/`)), '{\"1\":[\"2\"]}');
          t('jar options', () => jar.set(U, 'a', 'b', { max_age: '60', secure: 0, path: undefined, domain: null }), true);
          t('jar delete', () => { jar.delete(http.url`http://127.0.0.1:1/`, 1); return Object.keys(jar.cookiesForURL(U)); }, 'a');
          t('b64', () => encoding.b64encode('a', undefined) + encoding.b64decode('YQ==', null, 's') + encoding.b64decode(1234, 'std', 's').length, 'YQ==a3');
          t('random', () => crypto.randomBytes('4').byteLength, 4); t('hash', () => crypto.md5('a', Symbol('hex')), '0cc175b9c0f1b6a831c399e269772661');
          t('counter', () => [c.add('2'), c.add(true), c.add([]), c.add('0'), c.add(null), c.add('x'), c.add({})], 'true,true,true,true,false,false,false');
          t('metric name', () => seven.name, 'true');
          t('timers', () => { const id = setTimeout(() => console.log('never'), '5'); clearTimeout(String(id)); });
        }";
    let run = Run::new().script(script).args("--summary-export s.json");
    let outcome = run.talk_only().go();
    let wrong: Vec<&str> =
        outcome.stdout.lines().filter(|line| !line.contains("is an invalid value for metric")).collect();
    assert_eq!(wrong, Vec::<&str>::new(), "{outcome:?}");
    // "2", true, an empty list and "0" are 2, 1, 1 and 1.
    assert_eq!(outcome.json("s.json")["metrics"]["c_of"]["count"], 5);
}

#[test]
fn a_path_into_json_is_a_text_whatever_it_was() {
    for (path, expected) in
        [("undefined", "undefined"), ("null", "3"), ("1", "2"), ("'a'", "4"), ("['a']", "4")]
    {
        assert_eq!(asked(&format!("console.log(http.get(`${{T}}/json`).json({path}));")), expected, "{path}");
    }
    assert_eq!(asked("console.log(http.get(`${T}/json`).json().a);"), "4");
}

#[test]
fn half_of_a_pair_is_a_replacement_character() {
    let target = mirror();
    let script = "import http from 'k6/http'; import { check, group, fail } from 'k6'; import { Counter } from 'k6/metrics'; import exec from 'k6/execution'; import { SharedArray } from 'k6/data';
        const half = '🎁'.slice(0, 1), T = __ENV.T; const c = new Counter('cut'); const shared = new SharedArray('a' + half, () => [half]);
        export const options = { tags: { ['t' + half]: half } };
        export default function () {
          group('g' + half, () => check(1, { ['c' + half]: () => true }));
          c.add(1, { ['k' + half]: half }); exec.vu.metrics.tags['v' + half] = half;
          const r = http.post(`${T}/p${half}?q=${half}`, 'b' + half, { tags: { name: 'n' + half, o: half }, headers: { 'X-A': 'h' + half }, cookies: { k: half } });
          console.log(r.status, shared.length, half.length, r.url.endsWith('/p%EF%BF%BD?q=' + '\\ufffd'), { ['o' + half]: half });
          http.post(T, { ['f' + half]: half, file: http.file(half, 'n' + half, 'text/plain') }); http.cookieJar().set(T, 'n', half); http.get(http.url`${T}/${half}`);
          http.batch({ ['b' + half]: T }); fail('f' + half);
        }
        export function handleSummary(data) { return { 'own.json': JSON.stringify(data) }; }";
    let outcome = Run::new()
        .script(script)
        .env("T", &target.url())
        .args("--record rec --summary-export s.json --out json=o.json")
        .go();
    assert!(outcome.stderr.contains("200 1 1 true"), "{outcome:?}");
    assert!(outcome.stderr.contains("Error: f\u{fffd}"), "{outcome:?}");
    assert!(outcome.json("s.json")["root_group"]["groups"]["g\u{fffd}"]["checks"]["c\u{fffd}"].is_object());
    outcome.json("own.json");
    for line in outcome.read("o.json").lines() {
        serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
    let report = outcome.then("report rec").go();
    assert!(report.code == Some(0) || report.code == Some(99), "{report:?}");
}

#[test]
fn a_check_that_returns_a_promise_says_what_to_write() {
    for check in ["async () => true", "() => Promise.resolve(true)", "Promise.resolve(true)"] {
        let script = format!(
            "import {{ check }} from 'k6'; export default function () {{ check(1, {{ later: {check} }}); }}"
        );
        let outcome = Run::new().script(&script).talk_only().args("--summary-export s.json").go();
        assert!(outcome.stdout.contains("await the value before the check"), "{outcome:?}");
        assert_eq!(outcome.json("s.json")["metrics"]["checks"]["fails"], 1, "{outcome:?}");
    }
    for sets in ["", ", null", ", 'text'", ", undefined"] {
        let script =
            format!("import {{ check }} from 'k6'; export default function () {{ check(1{sets}); }}");
        assert!(said(&script).contains("check() needs an object of checks"), "{sets}");
    }
}
