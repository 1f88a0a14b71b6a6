//! Module `k6/data`: arrays that virtual users share.

use crate::harness::{Script, check};

const HEAD: &str = "import { SharedArray } from 'k6/data';
const users = new SharedArray('users', () => { console.log('made'); return [{ name: 'ann', tags: ['x'] }, { name: 'bob' }]; });";

#[test]
fn the_function_runs_once_for_the_whole_test() {
    let loaded = Script::of_body(HEAD, "").load().unwrap();
    assert_eq!(loaded.said(), ["made"]);
    let options = "export const options = { vus: 3, iterations: 3 };";
    let ran = Script::of_body(
        &format!("{HEAD}{options}"),
        "console.log(users.length, users[0].name, users[1].name);",
    )
    .run();
    assert_eq!(ran.said, ["2 ann bob"; 3]);
}

#[test]
fn virtual_users_read_it_like_an_array() {
    check(
        HEAD,
        &[
            (
                "console.log(Array.isArray(users), users instanceof Array, users[2], users.map((u) => u.name), [...users].length);",
                "true true undefined [ 'ann', 'bob' ] 2",
            ),
            (
                "for (const u of users) console.log(u.name); for (const i in users) console.log(i);",
                "ann\nbob\n0\n1",
            ),
            (
                "try { users[0].name = 'x'; } catch (e) { console.log(e.name); } try { users.push(1); } catch (e) { console.log(e.message); } console.log(users[0].name);",
                "TypeError\nSharedArray is immutable\nann",
            ),
            (
                "try { new SharedArray('late', () => []); } catch (e) { console.log(e.message); }",
                "new SharedArray must be called in the init context",
            ),
        ],
    );
}

#[test]
fn it_can_be_filled_from_a_file() {
    let script = "import { SharedArray } from 'k6/data'; const lines = new SharedArray('lines', () => open('./data/users.csv').trim().split('\\n'));
      export default () => console.log(lines.length, lines[1]);";
    assert_eq!(Script::new(script).file("data/users.csv", "name\nann\n").run().said, ["2 ann"]);
}
