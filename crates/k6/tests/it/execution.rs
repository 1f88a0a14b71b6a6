//! Module `k6/execution`: what a script knows of the test it runs in, and how it ends it.

use crate::harness::{Script, check};

const HEAD: &str = "import exec, { scenario, vu, instance, test } from 'k6/execution'; import { Counter } from 'k6/metrics'; const c = new Counter('c_c');
const thrown = (f) => { try { return ['returned', f()]; } catch (e) { return `${e.name}: ${e.message}`; } };";

#[test]
fn a_virtual_user_knows_where_it_is() {
    let options = "export const options = { scenarios: { peak: { executor: 'per-vu-iterations', vus: 1, iterations: 2 } } };";
    let body = "console.log(scenario.name, scenario.executor, scenario.iterationInInstance, scenario.iterationInTest, Math.abs(scenario.startTime - Date.now()) < 60000);
                console.log(scenario.progress >= 0 && scenario.progress <= 1, vu.idInInstance, vu.idInTest, vu.iterationInInstance, vu.iterationInScenario);
                console.log(instance.vusActive, instance.vusInitialized, instance.iterationsCompleted, instance.iterationsInterrupted, instance.currentTestRunDuration > 0);
                console.log(exec.scenario === scenario, exec.vu === vu, exec.test === test, Object.keys(scenario).includes('name'));";
    let said = Script::of_body(&format!("{HEAD}{options}"), body).run().text();
    let expected = |n: u8| {
        format!("peak per-vu-iterations {n} {n} true\ntrue 1 1 {n} {n}\n1 1 {n} 0 true\ntrue true true true")
    };
    assert_eq!(said, format!("{}\n{}", expected(0), expected(1)));
}

#[test]
fn iterations_are_numbered_over_all_virtual_users() {
    let options = "export const options = { vus: 3, iterations: 9 };";
    let ran = Script::of_body(
        &format!("{HEAD}{options}"),
        "console.log(scenario.iterationInTest, vu.idInTest === __VU);",
    )
    .run();
    let mut said = ran.said;
    said.sort();
    assert_eq!(said, (0..9).map(|n| format!("{n} true")).collect::<Vec<_>>());
}

#[test]
fn the_init_context_knows_nothing_of_it() {
    for field in ["scenario.name", "vu.idInTest", "vu.tags", "instance.vusActive", "test.options"] {
        let error = Script::new(format!("{HEAD} {field}; export default () => {{}};")).load().err().unwrap();
        let name = field.split('.').nth(1).unwrap();
        assert!(
            error.contains(&format!("getting {name} information in the init context is not supported")),
            "{error}"
        );
    }
    let body = "export function setup() { console.log(thrown(() => scenario.name), thrown(() => vu.iterationInScenario), vu.idInTest); } export default () => {};";
    let refused = "Error: getting scenario information outside of a scenario's iteration is not supported";
    assert_eq!(Script::new(format!("{HEAD}{body}")).run().said, [format!("{refused} {refused} 0")]);
}

#[test]
fn options_are_the_resolved_ones_and_frozen() {
    let options = "export const options = { vus: 2, iterations: 2, tags: { a: 'b' } };";
    check(
        &format!("{HEAD}{options}"),
        &[(
            "if (__VU === 1) { const o = test.options; console.log(o.scenarios.default.executor, o.scenarios.default.iterations, o.vus, o.iterations, o.tags.a, o.throw);
             console.log(Object.isFrozen(o), Object.isFrozen(o.scenarios.default), thrown(() => { o.tags.a = 'c'; }).slice(0, 9)); }",
            "shared-iterations 2 undefined undefined b null\ntrue true TypeError",
        )],
    );
}

#[test]
fn tags_of_a_virtual_user_stay_until_they_are_taken_away() {
    let options = "export const options = { iterations: 3, thresholds: { 'c_c{mood:good}': ['count==2'], 'c_c{n:1}': ['count==2'], c_c: ['count==3'], 'iterations{n:1}': ['count==2'] } };";
    let body = "const { tags } = vu.metrics;
      if (__ITER === 0) { tags.mood = 'good'; vu.tags['n'] = 1; }
      if (__ITER === 2) { delete tags.mood; delete vu.tags.n; }
      c.add(1);
      console.log(tags.mood, 'mood' in tags, Object.keys(tags), tags.scenario, JSON.stringify(tags));";
    let ran = Script::of_body(&format!("{HEAD}{options}"), body).run();
    assert_eq!(ran.crossed(), [""; 0]);
    let tagged = "good true [ 'mood', 'n', 'scenario' ] default {\"mood\":\"good\",\"n\":\"1\",\"scenario\":\"default\"}";
    assert_eq!(
        ran.said,
        [tagged, tagged, "undefined false [ 'scenario' ] default {\"scenario\":\"default\"}"]
    );
    check(
        HEAD,
        &[
            (
                "console.log([{}, null, undefined, () => 1].map((v) => thrown(() => { vu.tags.x = v; })).every((t) => t === \"TypeError: tag 'x' must be a string, a number or a boolean\"));",
                "true",
            ),
            ("vu.metrics.metadata.trace = 'abc'; console.log(vu.metrics.metadata.trace);", "abc"),
        ],
    );
}

#[test]
fn abort_ends_the_test_at_once_and_cannot_be_caught() {
    let options = "import { sleep } from 'k6'; export const options = { scenarios: { s: { executor: 'constant-vus', vus: 2, duration: '60s' } } };
      export function teardown() { console.log('teardown'); }";
    for (body, message) in [
        (
            "try { test.abort('enough'); } catch { console.log('caught'); } finally { console.log('finally'); }",
            "enough",
        ),
        ("if (__VU === 1) test.abort('one'); sleep(60); console.log('slept');", "one"),
        ("if (__VU === 1) exec.test.abort(); for (;;);", ""),
        (
            "try { test.abort(new RangeError('no stock')); } catch { console.log('caught'); }",
            "RangeError: no stock",
        ),
        ("test.abort(undefined);", ""),
    ] {
        let ran = Script::of_body(&format!("{HEAD}{options}"), body).run();
        assert_eq!(
            (ran.said.as_slice(), ran.failure()),
            (
                &["teardown".to_owned()][..],
                Some(format!("test aborted: {message}").trim_end_matches(": ").to_owned())
            ),
            "{body}"
        );
        assert!(ran.seconds() < 30.0, "{body}: {}", ran.seconds());
        // As in k6, only an iteration that aborts by itself is one.
        assert!((1.0..=2.0).contains(&ran.sum("iterations")), "{body}: {}", ran.sum("iterations"));
    }
    let ran = Script::of_body(
        &format!("{HEAD} export function setup() {{ test.abort('early'); }}"),
        "console.log('run');",
    )
    .run();
    assert_eq!((ran.said.len(), ran.failure()), (0, Some("test aborted: early".to_owned())));
}

#[test]
fn fail_marks_the_test_and_lets_it_go_on() {
    let ran =
        Script::of_body(HEAD, "test.fail('stock is wrong'); test.fail('again'); console.log('goes on');")
            .run();
    assert_eq!(
        (ran.text().as_str(), ran.failure().as_deref()),
        ("goes on", Some("test marked as failed: stock is wrong"))
    );
}
