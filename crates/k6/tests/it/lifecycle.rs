//! The life of a script: top level, setup, iterations, teardown, `handleSummary`.

use serde_json::json;

use crate::harness::Script;

const HEAD: &str =
    "import { sleep } from 'k6'; import { Counter } from 'k6/metrics'; const c = new Counter('c_c');";

#[test]
fn every_virtual_user_has_a_copy_of_the_data_of_setup() {
    let script = "export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 2, iterations: 2 } } };
      export function setup() { return { n: 1, none: undefined, date: new Date(0), at: new Date(1500), list: [undefined, () => 1] }; }
      export default (data) => { data.n += 1; console.log(JSON.stringify(data)); };
      export function teardown(data) { console.log('end', data.n); }";
    let mut said = Script::new(script).run().said;
    assert_eq!(said.pop().as_deref(), Some("end 1"));
    said.sort();
    let line = |n| {
        format!(
            "{{\"n\":{n},\"none\":null,\"date\":\"1970-01-01T00:00:00Z\",\"at\":\"1970-01-01T00:00:01.5Z\",\"list\":[null,null]}}"
        )
    };
    assert_eq!(said, [line(2), line(2), line(3), line(3)]);
}

#[test]
fn setup_may_return_anything_that_json_can_say() {
    for (value, expected) in [
        ("", "undefined"),
        ("return undefined", "undefined"),
        ("return null", "null"),
        ("return 'text'", "text"),
        ("return [1, { a: 'é' }]", "[ 1, { a: 'é' } ]"),
        ("return 0", "0"),
        ("return new Promise((resolve) => setTimeout(() => resolve('late'), 2))", "late"),
    ] {
        let script = format!(
            "export function setup() {{ {value} }} export default (data) => console.log(data); export function teardown(data) {{ console.log(data); }}"
        );
        assert_eq!(Script::new(script).run().said, [expected, expected], "{value}");
    }
}

#[test]
fn stages_have_groups_of_their_own_and_no_scenario() {
    let script = format!(
        "{HEAD} export const options = {{ thresholds: {{ 'c_c{{group:::setup}}': ['count==1'], 'c_c{{group:::teardown}}': ['count==100'],
           'c_c{{scenario:default}}': ['count==10'], 'c_c{{kind:run}}': ['count==111'] }}, tags: {{ kind: 'run' }} }};
         export function setup() {{ c.add(1); }} export default () => c.add(10); export function teardown() {{ c.add(100); }}"
    );
    let ran = Script::new(script).run();
    assert_eq!((ran.crossed(), ran.sum("iterations")), (vec![], 1.0));
}

#[test]
fn stages_can_be_left_out() {
    let script = "export function setup() { console.log('setup'); return 1; } export default (data) => console.log(data); export const teardown = () => console.log('teardown');";
    for (options, expected) in [
        (json!({}), &["setup", "1", "teardown"][..]),
        (json!({ "noSetup": true }), &["undefined", "teardown"]),
        (json!({ "noTeardown": true }), &["setup", "1"]),
    ] {
        assert_eq!(Script::new(script).flags(options).run().said, expected);
    }
}

#[test]
fn a_stage_that_fails_or_takes_too_long_is_the_failure_of_the_run() {
    let setup = |body: &str| {
        format!(
            "export async function setup() {{ {body} }} export default () => console.log('run'); export const teardown = () => console.log('teardown');"
        )
    };
    let teardown = |body: &str| {
        format!("export function teardown() {{ {body} }} export default () => console.log('run');")
    };
    for (script, failure, said) in [
        (setup("throw new TypeError('no');").replace("async", ""), "TypeError: no", &[][..]),
        (
            setup("await Promise.reject(new TypeError('no'));"),
            "Error: Uncaught (in promise) TypeError: no",
            &[],
        ),
        (setup("sleep(60);"), "setup() took longer than 100ms", &[]),
        (setup("for (;;);"), "setup() took longer than 100ms", &[]),
        (
            setup("await new Promise(() => setTimeout(() => {}, 60000));"),
            "setup() took longer than 100ms",
            &[],
        ),
        (teardown("throw new Error('no');"), "Error: no", &["run"]),
        (
            teardown("try { sleep(60); } finally { console.log('finally'); }"),
            "teardown() took longer than 100ms",
            &["run"],
        ),
    ] {
        let options = json!({ "setupTimeout": "100ms", "teardownTimeout": 100 });
        let ran = Script::new(format!("{HEAD} {script}")).flags(options).run();
        assert_eq!(ran.said, said, "{script}");
        assert!(ran.failure().is_some_and(|text| text.starts_with(failure)), "{script}: {:?}", ran.failure());
        assert!(ran.seconds() < 30.0, "{script}");
    }
}

#[test]
fn a_top_level_that_fails_only_in_virtual_users_is_the_failure_of_the_run() {
    let ran = Script::new("if (__VU > 0) throw new Error('only here'); export default () => {};").run();
    assert!(ran.failure().is_some_and(|text| text.starts_with("Error: only here")), "{:?}", ran.failure());
    assert_eq!(ran.sum("iterations"), 0.0);
}

#[test]
fn an_iteration_that_is_still_running_in_the_end_is_interrupted() {
    let options = "export const options = { scenarios: { s: { executor: 'constant-vus', vus: 2, duration: '1s', gracefulStop: '0s' } } };";
    let body = "try { c.add(1); if (__VU === 1) for (;;); sleep(60); } catch { console.log('caught'); } finally { console.log('finally'); }";
    let ran = Script::of_body(&format!("{HEAD}{options}"), body).run();
    assert_eq!((ran.said.len(), ran.sum("c_c"), ran.sum("iterations")), (0, 2.0, 0.0));
    assert!(ran.failure().is_some_and(|why| why.contains("no iteration came to its end")));
    assert!(ran.seconds() < 30.0);
}

#[test]
fn handle_summary_gets_the_data_and_answers_files() {
    let summary = |body: &str| {
        Script::new(format!("export default () => {{}}; export {body}"))
            .summary(&json!({ "metrics": { "n": 7 } }))
    };
    let files = summary(
        "function handleSummary(data) { return { stdout: `n ${data.metrics.n}`, 'a.bin': new Uint8Array([1, 2]).buffer, 'b.bin': new Uint8Array([1, 2, 3]).subarray(1) }; }",
    );
    let expected = [("stdout", b"n 7".to_vec()), ("a.bin", vec![1, 2]), ("b.bin", vec![2, 3])];
    assert_eq!(files.unwrap().unwrap(), expected.map(|(name, bytes)| (name.to_owned(), bytes)));
    let late = "const handleSummary = () => new Promise((resolve) => setTimeout(() => resolve({ stdout: 'late' }), 2));";
    assert_eq!(summary(late).unwrap().unwrap(), [("stdout".to_owned(), b"late".to_vec())]);
    assert_eq!(summary("const handleSummary = () => {};").unwrap(), None);
    assert_eq!(summary("const other = 1;").unwrap(), None);
    let error = summary("function handleSummary() { throw new RangeError('no'); }").unwrap_err();
    assert!(error.starts_with("RangeError: no"), "{error}");
    let error = summary(
        "const options = { handleSummaryTimeout: '50ms' }; export const handleSummary = () => { for (;;); };",
    )
    .unwrap_err();
    assert_eq!(error, "handleSummary() timed out after 0.05 seconds");
}
