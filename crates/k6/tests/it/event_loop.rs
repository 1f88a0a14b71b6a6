//! The event loop of a virtual user: promises, timers, and when an iteration is over.

use crate::harness::{Script, check};

#[test]
fn jobs_come_before_timers_and_timers_in_the_order_of_their_times() {
    check(
        "import timers from 'k6/timers'; const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));",
        &[
            (
                "setTimeout(() => console.log('late'), 30); setTimeout(() => console.log('soon'), 1); Promise.resolve().then(() => console.log('job')); console.log('now');",
                "now\njob\nsoon\nlate",
            ),
            (
                "setTimeout((x, y) => console.log(x, y), 1, 'x', { y: 1 }); setTimeout(() => console.log('none'));",
                "none\nx { y: 1 }",
            ),
            (
                "let n = 0; const id = setInterval((by) => { n += by; console.log(n); if (n === 6) clearInterval(id); }, 1, 2);",
                "2\n4\n6",
            ),
            (
                "clearTimeout(setTimeout(() => console.log('never'), 1)); clearTimeout(77); clearTimeout(); clearTimeout('x'); console.log('end');",
                "end",
            ),
            (
                "timers.clearTimeout(timers.setTimeout(() => console.log('never'), 1)); timers.setTimeout(() => console.log('module'), 1);",
                "module",
            ),
            (
                "try { setTimeout('code', 1); } catch (e) { console.log(e.name, e.message); }",
                "TypeError setTimeout's callback isn't a function",
            ),
            (
                "try { setInterval(); } catch (e) { console.log(e.message); }",
                "setInterval's callback isn't a function",
            ),
            ("const t = Date.now(); setTimeout(() => console.log(Date.now() - t >= 19), 20);", "true"),
            ("const t = Date.now(); setTimeout(() => console.log(Date.now() - t >= 19), '20');", "true"),
            (
                "setTimeout(() => { setTimeout(() => console.log('inner'), 1); console.log('outer'); }, 1);",
                "outer\ninner",
            ),
            (
                "wait(1).then(() => wait(1)).then(() => console.log('chained')).finally(() => console.log('finally'));",
                "chained\nfinally",
            ),
            (
                "Promise.all([wait(2), 1]).then((all) => console.log(all)); Promise.race([wait(60).then(() => 'slow'), wait(1).then(() => 'fast')]).then((one) => console.log(one));",
                "fast\n[ undefined, 1 ]",
            ),
        ],
    );
}

#[test]
fn the_iteration_lasts_until_nothing_is_under_way() {
    let head = "export const options = { iterations: 2 }; const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));";
    let ran = Script::of_body(
        head,
        "setTimeout(() => console.log('end', __ITER), 20); console.log('begin', __ITER);",
    )
    .run();
    assert_eq!(ran.said, ["begin 0", "end 0", "begin 1", "end 1"]);
    assert!(ran.stat("iteration_duration", "min") >= Some(19.0));
    let script = format!(
        "{head} export default async () => {{ console.log('begin', __ITER); await wait(5); console.log('end', __ITER); }};"
    );
    assert_eq!(Script::new(script).run().said, ["begin 0", "end 0", "begin 1", "end 1"]);
}

#[test]
fn the_top_level_may_await() {
    let script = "const late = await new Promise((resolve) => setTimeout(() => resolve('late'), 2)); export default () => console.log(late);";
    assert_eq!(Script::new(script).run().said, ["late"]);
    let error = Script::new("await new Promise(() => {}); export default () => {};").load().err().unwrap();
    assert!(error.starts_with("Error: a promise that is awaited can never be settled"), "{error}");
    let error =
        Script::new("Promise.reject(new Error('lost')); export default () => {};").load().err().unwrap();
    assert!(error.starts_with("Error: Uncaught (in promise) Error: lost"), "{error}");
}

#[test]
fn what_nobody_handles_fails_the_iteration_and_what_is_under_way() {
    let options = "export const options = { iterations: 2 };";
    for (function, expected) in [
        ("() => { Promise.reject(new Error('lost')); }", "Error: Uncaught (in promise) Error: lost"),
        ("() => { Promise.reject('text'); }", "Error: Uncaught (in promise) text"),
        ("async () => { throw new RangeError('lost'); }", "Error: Uncaught (in promise) RangeError: lost"),
        (
            "async () => { await new Promise(() => {}); }",
            "Error: Uncaught (in promise) Error: a promise that is awaited can never be settled",
        ),
        (
            "() => { setTimeout(() => { throw new Error('late'); }, 1); setTimeout(() => console.log('never'), 50); }",
            "Error: late",
        ),
        ("() => { setTimeout(() => console.log('never'), 1); throw new Error('first'); }", "Error: first"),
    ] {
        let ran = Script::new(format!("{options} export default {function};")).run();
        let heads: Vec<_> = ran.said.iter().filter(|line| !line.starts_with('\t')).collect();
        assert_eq!(heads, [expected, expected], "{function}");
        assert_eq!(ran.sum("iterations"), 2.0);
    }
    check(
        "",
        &[
            ("Promise.reject(new Error('x')).catch((e) => console.log('caught', e.message));", "caught x"),
            (
                "const p = Promise.reject(1); Promise.resolve().then(() => p.catch((e) => console.log('caught later', e)));",
                "caught later 1",
            ),
            ("Promise.allSettled([Promise.reject(1)]).then(([one]) => console.log(one.status));", "rejected"),
        ],
    );
}

#[test]
fn a_failed_iteration_leaves_nothing_to_the_next() {
    let body = "if (__ITER === 0) { setTimeout(() => console.log('left'), 1); throw 'failed'; }
                setTimeout(() => console.log('second'), 20);";
    let ran = Script::of_body("export const options = { iterations: 2 };", body).run();
    assert_eq!(ran.said, ["failed", "\tat file:///test/script.js:3:63", "second"]);
}
