//! Virtual users on one thread: while one waits or computes for long, the others have their turn.

use crate::harness::Script;
use crate::target::gathering;

const TWO: &str = "import { sleep } from 'k6'; import http from 'k6/http';
  export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 2, iterations: 1 } } };";

#[test]
fn waiting_for_time_lets_others_go_on() {
    let body = "for (let n = 0; n < 3; n++) { console.log(__VU, n); sleep(0.03); }";
    let said = Script::of_body(TWO, body).run().said;
    let turns: Vec<Vec<&str>> = ["0", "1", "2"]
        .map(|n| {
            said.iter()
                .enumerate()
                .filter(|(_, line)| line.ends_with(n))
                .map(|(_, line)| line.as_str())
                .collect()
        })
        .into();
    assert!(turns.iter().all(|turn| turn.len() == 2), "{said:?}");
    assert!(
        said[..2].iter().all(|line| line.ends_with('0')) && said[4..].iter().all(|line| line.ends_with('2')),
        "{said:?}"
    );
}

#[test]
fn waiting_for_an_answer_lets_others_go_on() {
    let target = gathering(2);
    let body = "console.log(http.get(__ENV.T).body);";
    assert_eq!(Script::of_body(TWO, body).env("T", &target.url()).run().said, ["gathered", "gathered"]);
    assert_eq!((target.most_under_way(), target.connections()), (2, 2), "each has connections of its own");
}

#[test]
fn computing_for_long_lets_others_go_on() {
    let options = "import exec from 'k6/execution';";
    let body =
        "if (__VU === 1) for (;;); sleep(0.01); console.log('had its turn'); exec.test.abort('enough');";
    let ran = Script::of_body(&format!("{TWO}{options}"), body).run();
    assert_eq!(
        (ran.text().as_str(), ran.failure().as_deref()),
        ("had its turn", Some("test aborted: enough"))
    );
    assert!(ran.seconds() < 30.0);
}

#[test]
fn waits_of_one_fiber_nest() {
    let head = format!("{TWO} import {{ group }} from 'k6';");
    let body = "const order = [];
      group('outer', () => { order.push('in'); sleep(0.01); [1, 2].forEach((n) => { sleep(0.005); order.push(n); }); });
      JSON.parse('[1]', (key, value) => { sleep(0.005); if (key) order.push('json'); return value; });
      ['b', 'a'].sort((x, y) => { sleep(0.005); return x < y ? -1 : 1; });
      console.log(order.join());";
    assert_eq!(Script::of_body(&head, body).run().said, ["in,1,2,json", "in,1,2,json"]);
}

#[test]
fn many_virtual_users_come_and_go() {
    let script = "import { sleep } from 'k6'; export const options = { vus: 200, iterations: 200 };
      const big = Array.from({ length: 1000 }, (_, n) => ({ n }));
      export default () => { sleep(0.01); if (big[999].n !== 999) throw 1; };";
    let ran = Script::new(script).run();
    assert_eq!((ran.sum("iterations"), ran.said.len()), (200.0, 0));
}
