//! The built-in modules beside `k6/http` do what k6's do.

use crate::run::{Run, check_bodies, said};

#[test]
fn checks() {
    let outcome = Run::new()
        .script(
            "import { check } from 'k6';
             export const options = { thresholds: { 'checks{check:f}': ['rate==1'], 'checks{kind:own}': ['rate<1'], checks: [] } };
             export default function () {
               console.log(check(7, { f: (n) => n === 7, t: true, one: 1, text: 'x', obj: {} }));
               console.log(check(null, { zero: 0, empty: '', nan: NaN, none: null, no: undefined, f: () => true }, { kind: 'own' }));
               console.log(check(1, {}));
               check(1, { 'a::b': true });
             }",
        )
        .talk_only()
        .args("--summary-export s.json")
        .go();
    // The only iteration threw.
    assert_eq!(outcome.code, Some(99), "{outcome:?}");
    let reason = "every iteration of scenario default failed: 1 of 1\n";
    assert!(outcome.stdout.ends_with(reason), "{outcome:?}");
    let lines: Vec<_> = outcome.stdout.lines().collect();
    assert_eq!(&lines[..3], ["true", "false", "true"]);
    assert!(lines[3].contains("group and check names may not contain '::'"), "{lines:?}");
    let json = outcome.json("s.json");
    let checks = &json["root_group"]["checks"];
    assert_eq!((&checks["f"]["passes"], &checks["zero"]["fails"]), (&2.into(), &1.into()));
    assert_eq!(&json["metrics"]["checks"]["passes"], 6);
    for (metric, threshold) in [("checks{check:f}", "rate==1"), ("checks{kind:own}", "rate<1")] {
        assert_eq!(json["metrics"][metric]["thresholds"][threshold], false, "{json:#}");
    }
}

#[test]
fn a_check_that_throws_is_a_failed_one() {
    let outcome = Run::new()
        .script(
            "import { check } from 'k6';
             export const options = { iterations: 2 };
             export default function () {
               check(1, { fine: () => true, odd: () => { throw new Error('oops'); }, after: true });
             }",
        )
        .talk_only()
        .args("--summary-export s.json")
        .go();
    let (json, text) = (outcome.json("s.json"), outcome.stdout);
    let checks = &json["root_group"]["checks"];
    assert_eq!(
        (&checks["fine"]["passes"], &checks["odd"]["fails"], &checks["after"]),
        (&2.into(), &2.into(), &().into())
    );
    assert_eq!(
        (text.matches("Error: oops").count(), json["metrics"]["iterations"]["count"].as_u64()),
        (2, Some(2))
    );
}

#[test]
fn async_functions_are_refused_where_they_would_lie() {
    check_bodies(
        "import { check, group } from 'k6';",
        &[
            (
                "try { check(1, { a: async () => false }); } catch (e) { console.log(e.constructor.name); }",
                "check 'a' returned a promise, whose outcome is not known yet: await the value before the check, as in const value = await f(); check(value, { ... })\nTypeError",
            ),
            (
                "try { group('g', async () => {}); } catch (e) { console.log(e.message.slice(0, 40)); }",
                "group() does not support async functions",
            ),
            (
                "try { group('g'); } catch (e) { console.log(e.message); }",
                "group() requires a callback as a second argument",
            ),
            (
                "try { group('a::b', () => {}); } catch (e) { console.log(e.message); }",
                "group and check names may not contain '::'",
            ),
        ],
    );
}

#[test]
fn groups_nest_and_tag() {
    let outcome = Run::new()
        .script(
            "import { check, group } from 'k6';
             import { Counter } from 'k6/metrics';
             const n = new Counter('my_n');
             export const options = { thresholds: {
               my_n: ['count==111'], 'my_n{group:::outer}': ['count==10'], 'my_n{group:::outer::inner}': ['count==100'],
               'group_duration{group:::outer}': ['max>=18'], 'group_duration{group:::outer::inner}': ['max>=18', 'max<15000'] } };
             export default function () {
               n.add(1);
               const back = group('outer', () => {
                 n.add(4);
                 group('inner', () => { n.add(100); check(1, { deep: 1 }); const end = Date.now() + 20; while (Date.now() < end); });
                 n.add(6);
                 return 'back';
               });
               console.log(back);
               try { group('thrown', () => { throw new Error('x'); }); } catch { n.add(0); }
             }",
        )
        .talk_only()
        .args("--summary-export s.json")
        .go();
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(0), "back\n"), "{outcome:?}");
    let json = outcome.json("s.json");
    let deep = &json["root_group"]["groups"]["outer"]["groups"]["inner"]["checks"]["deep"];
    assert_eq!((&deep["passes"], &deep["path"]), (&1.into(), &"::outer::inner::deep".into()));
    assert!(json["root_group"]["groups"]["thrown"].is_object(), "{json}");
}

#[test]
fn fail_sleep_and_random() {
    let text =
        said("import { fail } from 'k6'; export default () => { fail('not good'); console.log('never'); };");
    assert!(text.starts_with("Error: not good\n\tat "), "{text}");
    assert!(!text.contains("never"));
    check_bodies(
        "import { sleep, randomSeed } from 'k6';",
        &[
            (
                "const t = Date.now(); sleep(0.05); const d = Date.now() - t; console.log(d >= 49 && d < 20000); sleep(0); sleep(-1); sleep();",
                "true",
            ),
            (
                "randomSeed(7); const a = [Math.random(), Math.random()]; randomSeed(7); console.log(a[0] === Math.random(), a[1] === Math.random(), a[0] !== a[1], a[0] >= 0 && a[0] < 1);",
                "true true true true",
            ),
        ],
    );
    let two = "export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 3 } } };
               export default () => console.log(Math.random());";
    let text = said(two);
    let mut values: Vec<_> = text.lines().collect();
    values.sort();
    values.dedup();
    assert_eq!(values.len(), 3, "every VU has a seed of its own");
}

#[test]
fn custom_metrics_of_each_kind() {
    let outcome = Run::new()
        .script(
            "import { Counter, Gauge, Rate, Trend } from 'k6/metrics';
             const c = new Counter('my_c'), g = new Gauge('my_g'), r = new Rate('my_r'), t = new Trend('my_t', true);
             const same = new Counter('my_c');
             export const options = { tags: { run: 'x' }, thresholds: {
               my_c: ['count==7.5'], 'my_c{kind:a}': ['count==2'], 'my_c{run:x}': ['count==7.5'],
               my_g: ['value==4'], my_r: ['rate==0.75'], my_t: ['avg==20', 'min==10', 'med==20', 'max==30', 'p(75)==25'] } };
             export default function () {
               console.log(c.name, c.add(1), c.add('2', { kind: 'a' }), c.add(true), same.add(3.5));
               [9, 4].forEach((v) => g.add(v)); [1, 'x' === 'x', 5, 0].forEach((v) => r.add(v)); [30, 10, 20].forEach((v) => t.add(v));
             }",
        )
        .talk_only()
        .args("--summary-export s.json")
        .go();
    assert_eq!(
        (outcome.code, outcome.stdout.as_str()),
        (Some(0), "my_c true true true true\n"),
        "{outcome:?}"
    );
    let metrics = outcome.json("s.json")["metrics"].clone();
    assert_eq!(
        (&metrics["my_g"]["min"], &metrics["my_g"]["max"], &metrics["my_r"]["passes"]),
        (&4.into(), &9.into(), &3.into())
    );
}

#[test]
fn wrong_values_and_names_of_metrics() {
    let script = |add: &str| {
        format!(
            "import {{ Trend }} from 'k6/metrics'; const t = new Trend('my_t'); export default () => {{ {add} }}"
        )
    };
    let expected = "is an invalid value for metric 'my_t', a number or a boolean is expected";
    for value in ["undefined", "null", "NaN", "'word'"] {
        let text = said(&script(&format!("console.log(t.add({value}));")));
        assert_eq!(text, format!("'{}' {expected}\nfalse\n", value.trim_matches('\'')));
        let text = said(&format!(
            "{}; export const options = {{ throw: true }};",
            script(&format!("try {{ t.add({value}) }} catch (e) {{ console.log('thrown', e.message); }}"))
        ));
        assert_eq!(text, format!("thrown '{}' {expected}\n", value.trim_matches('\'')));
    }
    assert!(said(&script("new Trend('late')")).contains("metrics must be declared in the init context"));
    for (top, expected) in [
        ("new Trend('a')", "a"),
        ("new Trend('with space')", "with space"),
        ("new Trend('')", ""),
        ("new Trend('1st')", "1st"),
        ("new Trend('http_reqs')", "http_reqs"),
        ("new Trend('twice'); new Trend('twice', true)", "twice"),
    ] {
        let script = format!("import {{ Trend }} from 'k6/metrics'; {top}; export default () => {{}};");
        let outcome = Run::new().script(&script).talk_only().go();
        assert_eq!(outcome.code, Some(107), "{outcome:?}");
        assert!(outcome.stdout.lines().next().unwrap().contains(expected), "{outcome:?}");
        assert!(outcome.stdout.contains("script.js:1:"), "{outcome:?}");
    }
}

#[test]
fn a_shared_array_is_one_array_for_all() {
    let text = said(
        "import { SharedArray } from 'k6/data';
         const users = new SharedArray('users', () => { console.log('made'); return [{ n: 1 }, { n: 2 }, { n: 3 }]; });
         export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 3 } } };
         export default function () {
           let sum = 0;
           for (const user of users) sum += user.n;
           const refused = [() => { users[0] = 1; }, () => { users.push(1); }, () => { 'use strict'; users[0].n = 9; }];
           const errors = refused.map((f) => { try { f(); return 'done'; } catch (e) { return e.constructor.name; } });
           console.log(users.length, sum, users.map((u) => u.n).join(), users[3], users.find((u) => u.n > 1).n, errors.join());
         }",
    );
    let line = "3 6 1,2,3 undefined 2 TypeError,TypeError,TypeError\n";
    assert_eq!(text, format!("made\n{line}{line}{line}"));
    for (top, expected) in [
        ("new SharedArray('a', async () => [])", "does not support async functions"),
        ("new SharedArray('a', () => ({}))", "only arrays can be made into SharedArray"),
        ("new SharedArray('', () => [])", "empty name provided"),
        ("new SharedArray('a')", "a function is expected as the second argument"),
    ] {
        let script = format!("import {{ SharedArray }} from 'k6/data'; {top}; export default () => {{}};");
        let outcome = Run::new().script(&script).talk_only().go();
        assert_eq!((outcome.code, outcome.stdout.contains(expected)), (Some(107), true), "{outcome:?}");
    }
}

#[test]
fn encoding_and_crypto() {
    check_bodies(
        "import encoding from 'k6/encoding'; import crypto from 'k6/crypto';",
        &[
            (
                "console.log(encoding.b64encode('héllo?>'), encoding.b64encode('?>?', 'url'), encoding.b64encode('a', 'rawstd'));",
                "aMOpbGxvPz4= Pz4_ YQ",
            ),
            (
                "console.log(encoding.b64decode('aMOp', 'std', 's'), new Uint8Array(encoding.b64decode('AP8=')).join());",
                "hé 0,255",
            ),
            (
                "console.log(crypto.md5('abc', 'hex'), crypto.sha256('abc', 'base64').slice(0, 8));",
                "900150983cd24fb0d6963f7d28e17f72 ungWv48B",
            ),
            (
                "console.log(crypto.hmac('sha256', 'k', 'd', 'hex').length, crypto.randomBytes(5).byteLength);",
                "64 5",
            ),
            (
                "const h = crypto.createHash('sha1'); h.update('a'); h.update('bc'); console.log(h.digest('hex'));",
                "a9993e364706816aba3e25717850c26c9cd0d89d",
            ),
            ("try { crypto.md5('abc'); } catch (e) { console.log(e.message); }", "invalid output encoding:"),
        ],
    );
}
