//! The life of a test: top level, setup, iterations, teardown, and who ends it early.

use crate::run::{Run, said, said_by};
use crate::target::mirror;

#[test]
fn setup_hands_its_data_to_everyone() {
    let script = "export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 2, iterations: 2 } } };
        export function setup() { return { n: 1, none: undefined, date: new Date(0), list: [undefined, () => 1] }; }
        export default function (data) { data.n += 1; console.log(JSON.stringify(data)); }
        export function teardown(data) { console.log('end', data.n); }";
    let line =
        |n| format!("{{\"n\":{n},\"none\":null,\"date\":\"1970-01-01T00:00:00Z\",\"list\":[null,null]}}");
    let text = said(script);
    let mut lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.pop(), Some("end 1"), "{text}");
    lines.sort();
    assert_eq!(lines, [line(2), line(2), line(3), line(3)]);
}

#[test]
fn what_setup_may_return() {
    for (value, expected) in [
        ("", "undefined"),
        ("return null", "null"),
        ("return 'text'", "text"),
        ("return [1]", "[ 1 ]"),
        ("return 0", "0"),
    ] {
        let script = format!(
            "export function setup() {{ {value} }} export default (data) => console.log(data); export function teardown(data) {{ console.log(data); }}"
        );
        assert_eq!(said(&script), format!("{expected}\n{expected}\n"), "{value}");
    }
    let script =
        "export async function setup() { return await new Promise((r) => setTimeout(() => r('late'), 2)); }
                  export default (data) => console.log(data);";
    assert_eq!(said(script), "late\n");
}

#[test]
fn in_setup_there_is_no_iteration() {
    let script = "import exec from 'k6/execution';
        export function setup() { console.log(typeof __ITER, __VU); try { exec.scenario.name; } catch (e) { console.log('no scenario'); } }
        export default () => {}; export function teardown() { console.log(typeof __ITER, __VU); }";
    assert_eq!(said(script), "undefined 0\nno scenario\nundefined 0\n");
}

#[test]
fn stages_can_be_left_out() {
    let script = "export function setup() { console.log('setup'); } export default () => console.log('run'); export function teardown() { console.log('teardown'); }";
    for (args, expected) in [
        ("", "setup\nrun\nteardown\n"),
        ("--no-setup", "run\nteardown\n"),
        ("--no-teardown", "setup\nrun\n"),
        ("--no-setup --no-teardown", "run\n"),
    ] {
        assert_eq!(said_by(Run::new().script(script).args(args)), expected, "{args}");
    }
    assert_eq!(said_by(Run::new().script(script).env("K6_NO_SETUP", "true")), "run\nteardown\n");
}

#[test]
fn what_goes_wrong_in_a_stage_decides_the_exit_code() {
    let rest = "export default () => console.log('run'); ";
    let teardown = "export function teardown() { console.log('teardown'); }";
    for (stage, options, code, lines) in [
        ("export function setup() { throw new Error('no'); }", "", 107, &["Error: no"][..]),
        ("export async function setup() { throw new Error('no'); }", "", 107, &["Error: no"]),
        (
            "import { sleep } from 'k6'; export function setup() { sleep(30); }",
            "setupTimeout: '100ms'",
            100,
            &["setup() took longer than 100ms"],
        ),
        (
            "export function setup() { for (;;); }",
            "setupTimeout: '100ms'",
            100,
            &["setup() took longer than 100ms"],
        ),
        (
            "export async function setup() { await new Promise(() => setTimeout(() => {}, 30000)); }",
            "setupTimeout: 100",
            100,
            &["setup() took longer than 100ms"],
        ),
        ("export function setup() { return 1; }", "", 0, &["run", "teardown"]),
    ] {
        let script = format!("{stage} {rest} {teardown} export const options = {{ {options} }};");
        let outcome = Run::new().script(&script).talk_only().args("--summary-export s.json").go();
        assert_eq!(outcome.code, Some(code), "{stage} {outcome:?}");
        assert!(lines.iter().all(|line| outcome.stdout.contains(line)), "{stage} {outcome:?}");
        assert_eq!(outcome.stdout.contains("teardown\n"), code == 0, "{stage} {outcome:?}");
        assert!(outcome.json("s.json")["metrics"].is_object());
    }
    for (stage, code, line) in [
        ("export function teardown() { throw new Error('no'); }", 107, "Error: no"),
        (
            "import { sleep } from 'k6'; export function teardown() { sleep(30); }",
            101,
            "teardown() took longer than 100ms",
        ),
    ] {
        let script = format!("{stage} {rest} export const options = {{ teardownTimeout: '100ms' }};");
        let outcome = Run::new().script(&script).talk_only().go();
        assert_eq!((outcome.code, outcome.stdout.contains(line)), (Some(code), true), "{outcome:?}");
    }
}

#[test]
fn stages_send_requests_under_their_own_group() {
    let target = mirror();
    let script = "import http from 'k6/http';
        export const options = { thresholds: { 'http_reqs{group:::setup}': ['count==2'], 'http_reqs{group:::teardown}': ['count==1'],
          'http_reqs{scenario:default}': ['count==1'], http_reqs: ['count==4'], iterations: ['count==1'] } };
        const get = () => http.get(__ENV.T).status;
        export function setup() { get(); get(); } export default get; export function teardown() { get(); }";
    let outcome = Run::new().script(script).talk_only().arg("-e").arg(&format!("T={}", target.url())).go();
    assert_eq!((outcome.code, target.requests()), (Some(0), 4), "{outcome:?}");
}

#[test]
fn a_script_ends_the_test() {
    let all = "import exec from 'k6/execution'; import { sleep } from 'k6';
               export const options = { scenarios: { s: { executor: 'constant-vus', vus: 2, duration: '20s' } } };
               export function teardown() { console.log('teardown'); }";
    for (script, code, lines) in [
        (
            "export default () => { try { exec.test.abort('enough'); } catch { console.log('caught'); } finally { console.log('finally'); } }",
            108,
            "teardown\ntest aborted: enough\n",
        ),
        (
            "export default () => { if (__VU === 1) exec.test.abort(); sleep(30); }",
            108,
            "teardown\ntest aborted\n",
        ),
        (
            "export function setup() { exec.test.abort('early'); } export default () => console.log('run');",
            108,
            "test aborted: early\n",
        ),
        (
            "exec.test.abort('at once'); export default () => console.log('run');",
            108,
            "test aborted: at once\n",
        ),
    ] {
        let outcome = Run::new().script(&format!("{all} {script}")).talk_only().go();
        let text: String = outcome
            .stdout
            .lines()
            .filter(|line| !line.starts_with("no iteration"))
            .map(|line| format!("{line}\n"))
            .collect();
        assert_eq!((outcome.code, text.as_str()), (Some(code), lines), "{script}");
    }
}

#[test]
fn a_script_marks_the_test_as_failed() {
    let script = "import exec from 'k6/execution'; export const options = { iterations: 2 };
                  export default () => { exec.test.fail('stock is wrong'); console.log('goes on'); }";
    let outcome = Run::new().script(script).talk_only().go();
    assert_eq!((outcome.code, outcome.stdout.matches("goes on").count()), (Some(110), 2), "{outcome:?}");
    assert!(outcome.stdout.contains("test marked as failed: stock is wrong"), "{outcome:?}");
}

#[test]
fn a_script_knows_where_it_is() {
    let script = "import exec, { vu, scenario } from 'k6/execution';
        export const options = { scenarios: { peak: { executor: 'per-vu-iterations', vus: 1, iterations: 2, tags: { own: 'tag' } } } };
        export default function () {
          console.log(scenario.name, scenario.executor, scenario.iterationInInstance, scenario.iterationInTest, exec.scenario.progress >= 0,
            Math.abs(scenario.startTime - Date.now()) < 5000);
          console.log(vu.idInInstance, vu.idInTest, vu.iterationInInstance, vu.iterationInScenario);
          const { instance } = exec;
          console.log(instance.vusActive, instance.vusInitialized, instance.iterationsCompleted, instance.iterationsInterrupted, instance.currentTestRunDuration >= 0);
          const o = exec.test.options;
          console.log(o.scenarios.peak.iterations, o.vus, o.throw, Object.isFrozen(o.scenarios), vu.metrics.tags.scenario, vu.tags.own);
        }";
    let text = said(script);
    let expected = |n| {
        format!(
            "peak per-vu-iterations {n} {n} true true\n1 1 {n} {n}\n1 1 {n} 0 true\n2 undefined null true peak tag\n"
        )
    };
    assert_eq!(text, expected(0) + &expected(1));
    let outcome = Run::new()
        .script("import exec from 'k6/execution'; exec.vu.idInTest; export default () => {};")
        .talk_only()
        .go();
    assert_eq!(
        (outcome.code, outcome.stdout.contains("in the init context is not supported")),
        (Some(107), true)
    );
}

#[test]
fn tags_of_a_user_stay_until_they_are_taken_away() {
    let script = "import exec from 'k6/execution'; import { Counter } from 'k6/metrics'; const c = new Counter('my_c');
        export const options = { iterations: 3, thresholds: { 'my_c{mood:good}': ['count==2'], 'my_c{n:1}': ['count==2'], my_c: ['count==3'] } };
        export default function () {
          const { tags } = exec.vu.metrics;
          if (__ITER === 0) { tags.mood = 'good'; tags['n'] = 1; }
          if (__ITER === 2) { delete tags.mood; delete exec.vu.tags.n; }
          c.add(1);
          console.log(tags.mood, 'mood' in tags, Object.keys(tags).includes('mood'));
          for (const wrong of [{}, null, undefined, () => 1]) { try { tags.x = wrong; console.log('taken'); } catch (e) { if (!(e instanceof TypeError)) console.log(e); } }
          exec.vu.metrics.metadata.trace = 'abc';
        }";
    let outcome = Run::new().script(script).talk_only().go();
    assert_eq!(
        (outcome.code, outcome.stdout.as_str()),
        (Some(0), "good true true\ngood true true\nundefined false false\n")
    );
}

#[test]
fn a_vu_leaves_the_environment_of_its_last_scenario_behind() {
    let outcome = Run::new()
        .script(
            "const one = { executor: 'per-vu-iterations', vus: 1, iterations: 1, maxDuration: '1s', gracefulStop: '0s' };
             export const options = { scenarios: {
               first: { ...one, env: { WHO: 'first' } },
               second: { ...one, startTime: '1s' },
               third: { ...one, startTime: '2s', env: { WHO: 'third' } },
             } };
             export default function () { console.log(__VU, __ITER, __ENV.WHO, __ENV.GIVEN); }",
        )
        .talk_only()
        .args("--workers 1 -e GIVEN=yes")
        .go();
    let lines: Vec<_> = outcome.stdout.lines().collect();
    assert_eq!(lines, ["1 0 first yes", "1 1 undefined yes", "1 2 third yes"], "{outcome:?}");
}
