//! The end of a test: its summary, its groups and checks, and why it stopped.

use crate::run::Run;

#[test]
fn the_full_summary_has_checks_and_groups_of_scenarios() {
    let script = "import { check, group } from 'k6';
        export const options = { scenarios: {
          buyers: { executor: 'per-vu-iterations', vus: 1, iterations: 1 },
          visitors: { executor: 'per-vu-iterations', vus: 1, iterations: 1, exec: 'look' } } };
        export default function () { group('cart', () => { check(1, { 'in cart': () => true }); group('deep', () => check(1, { 'in deep': () => false })); }); check(1, { bought: () => true }); }
        export function look() { check(1, { looked: () => true }); }";
    let outcome = Run::new().script(script).args("-q --no-color --summary-mode full").go();
    let text = &outcome.stdout;
    assert!(!text.contains("█ GROUP") && !text.contains("group_duration"), "{text}");
    let (_, buyers) = text.split_once("█ SCENARIO: buyers").unwrap();
    let (buyers, visitors) = buyers.split_once("█ SCENARIO: visitors").unwrap();
    let (own, cart) = buyers.split_once("↳ GROUP: cart").unwrap();
    let (cart, deep) = cart.split_once("↳ GROUP: deep").unwrap();
    assert!(
        own.contains("✓ bought") && !own.contains("looked") && own.contains("checks_total.......: 3 "),
        "{text}"
    );
    assert!(cart.contains("✓ in cart") && !cart.contains("bought"), "{text}");
    assert!(deep.contains("✗ in deep") && !deep.contains("✓ in cart"), "{text}");
    assert!(visitors.contains("✓ looked") && !visitors.contains("bought"), "{text}");
    // A test without named scenarios has its groups at the top.
    let script = "import { check, group } from 'k6'; export default function () { group('cart', () => check(1, { 'in cart': () => true })); }";
    let text = Run::new().script(script).args("-q --no-color --summary-mode full").go().stdout;
    assert!(text.contains("█ GROUP: cart") && !text.contains("█ SCENARIO"), "{text}");
}

#[test]
fn checks_stand_in_the_order_in_which_they_were_made() {
    let script = "import { check, group } from 'k6';
        export default function () { group('g', () => check(1, { first: () => true })); check(1, { second: () => true }); group('h', () => check(1, { third: () => true })); check(1, { fourth: () => true }); }";
    let text = Run::new().script(script).args("-q --no-color").go().stdout;
    let at = |name: &str| text.find(&format!("✓ {name}")).unwrap_or_else(|| panic!("{name}: {text}"));
    let places = ["first", "second", "third", "fourth"].map(at);
    assert!(places.is_sorted(), "{text}");
}

/// What `handleSummary` says of its data.
fn summarized(rest: &str, said: &str) -> String {
    let script = format!(
        "import http from 'k6/http'; import {{ check, group }} from 'k6'; {rest} export function handleSummary(data) {{ return {{ stdout: String({said}) }}; }}"
    );
    Run::new().script(&script).args("-q --log-output none").go().stdout
}

#[test]
fn the_metrics_of_data_are_always_there() {
    let received = "data.metrics.data_received.values.count + ' ' + data.metrics.data_sent.values.count";
    for rest in
        ["export default function () { http.get('http://127.0.0.1:1/'); }", "export default function () {}"]
    {
        assert_eq!(summarized(rest, received), "0 0", "{rest}");
    }
}

#[test]
fn groups_that_nobody_made_are_none() {
    let groups = "data.root_group.groups.map((g) => g.name).join()";
    let stages = "export function setup() {} export function teardown() {}";
    for (rest, expected) in [
        (format!("{stages} export default function () {{}}"), ""),
        (format!("{stages} export default function () {{ group('own', () => {{}}); }}"), "own"),
        (
            "export function setup() { check(1, { ready: true }); } export default function () {}".to_owned(),
            "setup",
        ),
        (
            "export function setup() { group('in', () => {}); } export default function () {}".to_owned(),
            "setup",
        ),
        ("export default function () { group('teardown', () => {}); }".to_owned(), "teardown"),
    ] {
        assert_eq!(summarized(&rest, groups), expected, "{rest}");
    }
}

#[test]
fn a_test_that_aborts_itself_in_setup_is_not_torn_down() {
    let script = "import exec from 'k6/execution';
        export function setup() { exec.test.abort('no target'); } export default function () { console.log('ran'); } export function teardown() { console.log('torn down'); }";
    let outcome = Run::new().script(script).talk_only().go();
    assert_eq!(
        (outcome.code, outcome.stdout.contains("test aborted: no target")),
        (Some(108), true),
        "{outcome:?}"
    );
    assert!(!outcome.stdout.contains("ran") && !outcome.stdout.contains("torn down"), "{outcome:?}");
    let script = script
        .replace("export function setup", "export function nothing")
        .replace("console.log('ran');", "exec.test.abort();");
    let outcome = Run::new().script(&script).talk_only().go();
    assert_eq!((outcome.code, outcome.stdout.contains("torn down")), (Some(108), true), "{outcome:?}");
}

#[test]
fn an_iteration_that_aborts_the_test_counts_as_in_k6() {
    let script = "import exec from 'k6/execution'; import { Counter } from 'k6/metrics'; const c = new Counter('before_it');
        export default function () { c.add(1); try { exec.test.abort('enough'); } finally { console.log('never'); } }";
    let outcome = Run::new().script(script).args("--summary-export s.json --no-color").go();
    assert_eq!(outcome.code, Some(108), "{outcome:?}");
    let metrics = &outcome.json("s.json")["metrics"];
    assert_eq!((&metrics["iterations"]["count"], &metrics["before_it"]["count"]), (&1.into(), &1.into()));
    let said = outcome.stdout + &outcome.stderr;
    assert!(said.contains("0 complete and 1 interrupted iterations") && !said.contains("never"), "{said}");
    assert!(said.contains("test aborted: enough"), "{said}");
}

#[test]
fn a_test_that_a_threshold_ends_says_so() {
    let script = "import { sleep } from 'k6'; import { Counter } from 'k6/metrics'; const c = new Counter('bad_things');
        export const options = { duration: '50s', thresholds: { bad_things: [{ threshold: 'count<1', abortOnFail: true }] } };
        export default function () { c.add(1); sleep(0.1); }";
    let outcome = Run::new().script(script).talk_only().go();
    let said = "thresholds on metrics 'bad_things' have been crossed, and abortOnFail ended the test early";
    assert!(outcome.code == Some(99) && outcome.stdout.contains(said), "{outcome:?}");
}

#[test]
fn what_is_thrown_without_a_stack_tells_its_place() {
    let script = |body: &str| {
        format!("export default async function () {{\n  {body}\n}}\nfunction inner() {{\n  throw 'deep';\n}}")
    };
    for (body, expected) in [
        ("throw 'text';", "text\n\tat file://<folder>/script.js:2:3\n"),
        ("throw { code: 7 };", "{ code: 7 }\n\tat file://<folder>/script.js:2:3\n"),
        ("inner();", "deep\n\tat file://<folder>/script.js:5:3\n"),
        ("try { throw 1; } catch (e) { throw `${e}+`; }", "1+\n\tat file://<folder>/script.js:2:32\n"),
    ] {
        let outcome = Run::new().script(&script(body)).talk_only().go();
        assert!(outcome.stdout.contains(expected), "{body}: {outcome:?}");
    }
    let commonjs = "module.exports.default = function () {\n  throw 'text';\n};";
    let outcome = Run::new().script(commonjs).talk_only().go();
    assert!(outcome.stdout.contains("text\n\tat file://<folder>/script.js:2:3\n"), "{outcome:?}");
    let setup = "export function setup() { throw 'no target'; }\nexport default function () {}";
    let outcome = Run::new().script(setup).talk_only().go();
    assert!(
        outcome.code == Some(107) && outcome.stdout.contains("no target\n\tat file://<folder>/script.js:1:"),
        "{outcome:?}"
    );
}
