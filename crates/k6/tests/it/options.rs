//! Options: what a script exports, what stands over it, and what is wrong with it.

use serde_json::json;

use crate::harness::Script;

const RUN: &str = "export default () => console.log(__VU, __ITER);";

#[test]
fn the_command_line_wins_over_the_script() {
    let script = format!("export const options = {{ vus: 3, iterations: 6, maxRedirects: 4 }}; {RUN}");
    let options = Script::new(&script).load().unwrap().options();
    assert_eq!((&options["scenarios"]["default"]["vus"], &options["maxRedirects"]), (&json!(3), &json!(4)));
    let ran = Script::new(&script).flags(json!({ "vus": 1, "iterations": 2 })).run();
    assert_eq!(ran.said, ["1 0", "1 1"]);
    assert_eq!(Script::new(RUN).run().said, ["1 0"]);
}

#[test]
fn options_may_be_computed() {
    let script = format!(
        "const n = Number(__ENV.N); export let options = {{ vus: n, iterations: n * 2 }}; options.vus = 1; {RUN}"
    );
    assert_eq!(Script::new(script).env("N", "2").run().sum("iterations"), 4.0);
    let script = format!("export const options = JSON.parse(open('./options.json')); {RUN}");
    assert_eq!(Script::new(script).file("options.json", "{\"iterations\":3}").run().sum("iterations"), 3.0);
}

#[test]
fn every_scenario_calls_its_own_function() {
    let script = "const one = { executor: 'per-vu-iterations', vus: 1, iterations: 2, maxDuration: '5s' };
      export const options = { scenarios: { browse: { ...one, exec: 'browse' }, buy: { ...one, exec: 'buy' } } };
      export function browse() { console.log('browse'); } export const buy = async () => console.log('buy');";
    let mut said = Script::new(script).run().said;
    said.sort();
    assert_eq!(said, ["browse", "browse", "buy", "buy"]);
}

#[test]
fn all_that_is_wrong_is_named_at_once() {
    let error = Script::new(format!(
        "export const options = {{ vus: 'many', scenarios: {{ a: {{ executor: 'none' }} }}, thresholds: {{ none_such: ['count>0'] }} }}; {RUN}"
    ))
    .load()
    .err()
    .unwrap();
    for named in ["vus", "none"] {
        assert!(error.contains(named), "{error}");
    }
    let error = |options: &str, rest: &str| {
        Script::new(format!("export const options = {{ {options} }}; {rest}")).load().err().unwrap()
    };
    let missing = error("scenarios: { a: { executor: 'shared-iterations', exec: 'buy' } }", RUN);
    assert!(missing.contains("function 'buy' not found in exports"), "{missing}");
    assert!(
        error("iterations: 1", "export const setup = () => 1;")
            .contains("function 'default' not found in exports")
    );
    assert!(error("thresholds: { htp_reqs: ['count>0'] }", RUN).contains("htp_reqs"));
    assert!(error("thresholds: { http_reqs: ['p(95)<1'] }", RUN).contains("http_reqs"));
}

#[test]
fn iterations_may_have_a_least_duration() {
    let script = format!("export const options = {{ iterations: 3, minIterationDuration: '30ms' }}; {RUN}");
    assert!(Script::new(script).run().seconds() >= 0.09);
}

#[test]
fn all_numbers_of_virtual_users_and_rates_work_for_scripts() {
    let script = "import exec from 'k6/execution'; export const options = { scenarios: {
        arrivals: { executor: 'constant-arrival-rate', rate: 20, duration: '1s', preAllocatedVUs: 2 } },
        thresholds: { iterations: ['count>=19'], dropped_iterations: ['count==0'] } };
      export default () => { if (exec.scenario.executor !== 'constant-arrival-rate') throw 1; };";
    let ran = Script::new(script).run();
    assert_eq!((ran.crossed(), ran.said), (vec![], vec![]));
}
