//! Module `k6`: check, group, sleep, fail and randomSeed.

use crate::harness::{Script, check};

const HEAD: &str = "import { check, fail, group, randomSeed, sleep } from 'k6'; import { Counter } from 'k6/metrics'; const c = new Counter('c_c');
const thrown = (f) => { try { return ['returned', f()]; } catch (e) { return `${e.name}: ${e.message}`; } };";

fn checks(body: &str) -> Vec<(String, u64, u64)> {
    Script::of_body(HEAD, body).run().checks()
}

#[test]
fn checks_are_counted_by_group_and_name() {
    assert_eq!(
        checks(
            "check(1, { one: (v) => v === 1, two: (v) => v === 2 }); check(2, { two: (v) => v === 2 });
             group('outer', () => { check(0, { two: true }); group('inner', () => check(0, { deep: false })); });"
        ),
        [
            ("::one".to_owned(), 1, 0),
            ("::two".to_owned(), 1, 1),
            ("::outer::two".to_owned(), 1, 0),
            ("::outer::inner::deep".to_owned(), 0, 1),
        ]
    );
    assert_eq!(checks("check(0, { 'half \\ud800': true });"), [("::half \u{fffd}".to_owned(), 1, 0)]);
}

#[test]
fn what_counts_as_passed() {
    check(
        HEAD,
        &[
            (
                "console.log(check(5, { f: (v) => v > 4 }), check(5, { f: (v) => v > 5 }), check(5, { f: false, t: true }));",
                "true false false",
            ),
            (
                "console.log([true, 1, -1, 'x', '\\ud800', {}, [], 1n, Symbol()].map((v) => check(0, { v: () => v })).every(Boolean));",
                "true",
            ),
            (
                "console.log([false, 0, -0, NaN, '', null, undefined, 0n].map((v) => check(0, { v: () => v })).some(Boolean));",
                "false",
            ),
            (
                "console.log(check(0, { value: 'x' }), check(0, { value: '' }), check(0, {}));",
                "true false true",
            ),
        ],
    );
}

#[test]
fn a_check_that_throws_has_failed_and_ends_the_others() {
    let ran =
        Script::of_body(HEAD, "check(1, { a: true, b: () => { throw new TypeError('oh'); }, c: true });")
            .run();
    assert_eq!(ran.checks(), [("::a".to_owned(), 1, 0), ("::b".to_owned(), 0, 1)]);
    assert_eq!(ran.said[0], "TypeError: oh");
    let text =
        Script::of_body(HEAD, "console.log(thrown(() => check(1, { a: async () => true })));").run().said;
    let refusal = "check 'a' returned a promise, whose outcome is not known yet: await the value before the check, as in const value = await f(); check(value, { ... })";
    assert_eq!(text, [refusal, &format!("TypeError: {refusal}")]);
}

#[test]
fn check_samples_carry_tags() {
    // A rate without samples crosses no threshold, so these are crossed by the samples that are meant, and only by them.
    let options = "export const options = { thresholds: { checks: ['rate!=0.5'], 'checks{check:a}': ['rate<1'], 'checks{check:b}': ['rate>0'],
      'checks{own:x}': ['rate<1'], 'checks{group:::g}': ['rate>0'] } };";
    let body = "check(0, { a: true }, { own: 'x' }); group('g', () => check(0, { b: false }));";
    let ran = Script::of_body(&format!("{HEAD}{options}"), body).run();
    assert_eq!(ran.crossed().len(), 5, "{:?}", ran.thresholds());
    let options = "export const options = { systemTags: ['group'], thresholds: { checks: ['rate<1'], 'checks{check:a}': ['rate<1'] } };";
    let ran = Script::of_body(&format!("{HEAD}{options}"), "check(0, { a: true });").run();
    assert_eq!(ran.crossed(), ["checks: rate<1"]);
}

#[test]
fn groups_hand_on_what_their_function_returns_or_throws() {
    check(
        HEAD,
        &[
            (
                "console.log(group('a', () => 7), group('a', () => group('b', () => 'x')), group(1, () => 2));",
                "7 x 2",
            ),
            (
                "console.log(thrown(() => group('a', () => { throw new RangeError('oh'); })));",
                "RangeError: oh",
            ),
            (
                "console.log(thrown(() => group('a')));",
                "TypeError: group() requires a callback as a second argument",
            ),
            (
                "console.log(thrown(() => group('a::b', () => 1)));",
                "Error: group and check names may not contain '::'",
            ),
            (
                "console.log(thrown(() => check(1, { 'a::b': true })));",
                "Error: group and check names may not contain '::'",
            ),
            (
                "console.log(thrown(() => group('a', async () => 1)));",
                "TypeError: group() does not support async functions, as requests after an await would not be in the group",
            ),
        ],
    );
}

#[test]
fn samples_carry_the_group_that_is_running() {
    let thresholds = "export const options = { iterations: 2, thresholds: { c_c: ['count==22222'],
      'c_c{group:::a}': ['count==2020'], 'c_c{group:::a::b}': ['count==200'],
      'group_duration{group:::a}': ['max<0'], 'group_duration{group:::a::b}': ['max<0'], group_duration: ['min<1000'] } };";
    let body = "c.add(1); try { group('a', () => { c.add(10); group('b', () => c.add(100)); c.add(1000); throw 1; }); } catch { c.add(10000); }
                group('left', () => { throw 'the next iteration is outside of it'; });";
    let ran = Script::of_body(&format!("{HEAD}{thresholds}"), body).run();
    // Crossed by samples of the two groups; without any it would be met.
    assert_eq!(ran.crossed(), ["group_duration{group:::a}: max<0", "group_duration{group:::a::b}: max<0"]);
    assert_eq!(ran.sum("group_duration"), 6.0);
}

#[test]
fn sleep_takes_seconds_and_nothing_of_no_time() {
    check(
        HEAD,
        &[
            ("const t = Date.now(); sleep(0.03); console.log(Date.now() - t >= 29);", "true"),
            ("const t = Date.now(); sleep('0.03'); console.log(Date.now() - t >= 29);", "true"),
            (
                "const t = Date.now(); sleep(); sleep(0); sleep(-5); sleep(NaN); sleep(null); sleep(undefined); sleep({}); console.log(Date.now() - t < 5000);",
                "true",
            ),
        ],
    );
    let ran = Script::new("import { sleep } from 'k6'; sleep(0.01); export default () => sleep(0.02);").run();
    assert!(ran.stat("iteration_duration", "min") >= Some(19.0));
}

#[test]
fn fail_throws_its_message() {
    check(
        HEAD,
        &[(
            "console.log(thrown(() => fail('no stock')), thrown(() => fail(7)), thrown(() => fail()));",
            "Error: no stock Error: 7 Error: ",
        )],
    );
    let ran = Script::of_body(HEAD, "fail('no stock');").run();
    assert_eq!((ran.said[0].as_str(), ran.sum("iterations")), ("Error: no stock", 1.0));
    assert!(ran.failure().is_some_and(|why| why.starts_with("every iteration of scenario default failed")));
}

#[test]
fn a_seed_repeats_the_same_numbers() {
    let numbers = "const numbers = (seed) => { randomSeed(seed); return [Math.random(), Math.random(), Math.random()]; };";
    check(
        &format!("{HEAD}{numbers}"),
        &[
            (
                "console.log(numbers(7).join() === numbers(7).join(), numbers(7).join() === numbers(8).join());",
                "true false",
            ),
            ("console.log(numbers(1).every((n) => n >= 0 && n < 1), new Set(numbers(1)).size);", "true 3"),
            (
                "console.log(numbers('1').join() === numbers(1).join(), numbers(-1).join() === numbers(1).join());",
                "true false",
            ),
        ],
    );
    let one = "import { randomSeed } from 'k6'; randomSeed(42); export const options = { vus: 2, iterations: 2 }; export default () => console.log(Math.random());";
    let said = Script::new(one).run().said;
    assert_eq!(
        (said.len(), said[0] == said[1]),
        (2, true),
        "virtual users with one seed have the same numbers"
    );
}

#[test]
fn checks_and_groups_are_for_virtual_users_at_work() {
    for call in ["check(1, { a: true })", "group('a', () => 1)"] {
        let error = Script::new(format!("{HEAD}{call}; export default () => {{}};")).load().err().unwrap();
        assert!(error.contains("() in the init context is not supported"), "{error}");
    }
}
