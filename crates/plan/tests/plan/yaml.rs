//! YAML as people write it in plans.

use crate::fixture::{Folder, small, wrong};

fn targets(expected: &str) -> Vec<String> {
    let plan = small(&format!("requests: [GET /]\n{expected}"));
    plan.expected.iter().map(|one| format!("{} {}", one.name, one.target)).collect()
}

#[test]
fn bounds_need_no_quotes() {
    for (text, expected) in [
        ("expected:\n  - tps: > 100\n", vec!["tps > 100"]),
        (
            "expected:\n  - tps: >100  # a comment\n  - error_rate: < 1%\n",
            vec!["tps >100", "error_rate < 1%"],
        ),
        ("expected:\n  - tps: >= 100\n  - dropped: < 1%\n", vec!["tps >= 100", "dropped < 1%"]),
        ("expected:\n  tps: > 100\n  concurrency: >=9", vec!["tps > 100", "concurrency >=9"]),
        ("expected:\n  - tps: >5\n  - iteration_rate: '> 9'\n", vec!["tps >5", "iteration_rate > 9"]),
        ("expected: {tps: > 100, error_rate: < 1%}\n", vec!["tps > 100", "error_rate < 1%"]),
        ("expected:\r\n  - tps: > 100\r\n  - error_rate: < 1%\r\n", vec!["tps > 100", "error_rate < 1%"]),
    ] {
        assert_eq!(targets(text), expected, "{text}");
    }
}

#[test]
fn texts_with_placeholders_need_no_quotes_in_braces() {
    let plan = small(
        "
data: {id: 1..2}
headers: {Authorization: Bearer {token}, X-Id: a{id}b{id}, X-Plain: 'it''s'}
tasks: {browse: GET /x/{id}, buy: {path: /y/{id}/{1..3}, json: {name: user_{1..9}, id: {id}}, save: {token: $.t}}}
requests: [GET /z/{id}: 50%, browse: 25%, buy: 25%]
",
    );
    let paths: Vec<_> = plan.tasks.iter().map(|call| (call.name.as_str(), call.path.parts.len())).collect();
    assert_eq!(paths, [("browse", 2), ("buy", 4), ("GET /z/{id}", 2)]);
    assert_eq!(plan.headers.iter().map(|(_, value)| value.parts.len()).collect::<Vec<_>>(), [2, 4, 1]);
    let problems = wrong("tasks: {a: GET /{b}, c: GET /{d}, e: 'GET /{f}', g: GTE /}");
    let places: Vec<_> = problems.lines().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(places, ["1:17", "1:30", "1:44", "1:53"], "{problems}");
}

#[test]
fn as_many_bounds_are_read_as_can_be_soon() {
    let given = |count| format!("expected:\n{}requests: [GET /]", "  - tpss: > 100\n".repeat(count));
    assert_eq!(wrong(&given(800)).lines().count(), 800);
    // Each makes the parser start over.
    let problems = wrong(&given(2000));
    assert!(problems.lines().last().unwrap().contains("this is no YAML"), "{problems}");
}

#[test]
fn a_carriage_return_ends_a_line_in_the_middle_of_a_value() {
    let problems = wrong("requests: [{GET /a\rb/{x}: 50%}, GET /]\rwait: 5sec");
    assert!(problems.starts_with("1:") || problems.starts_with("2:"), "{problems}");
    let problems = wrong("requests: [GET /]\rwait: 5sec");
    assert!(problems.starts_with("2:7: "), "{problems}");
}

#[test]
fn folded_and_literal_blocks_are_what_yaml_says() {
    let plan = small("description: >\n  one\n  two\nname: |-\n  a > 5\nrequests: [GET /]\n");
    assert_eq!((plan.description.as_str(), plan.name.as_str()), ("one two\n", "a > 5"));
}

#[test]
fn places_after_a_bound_are_right() {
    let problems = wrong("expected:\n  - tps: > 100\n  - tpss: > 5\nwait: 5sec\nrequests: [GETT /]");
    let places: Vec<_> = problems.lines().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(places, ["3:5", "4:7", "5:12"], "{problems}");
    let problems = wrong("name: 한글\nrequests: [GET /, 'GET /한글/{x}']");
    assert!(problems.starts_with("2:28: nothing is known as '{x}'"), "{problems}");
}

#[test]
fn aliases_and_merge_keys_work() {
    let plan = small(
        "
tasks:
  browse: &common {path: /a, headers: {X-A: '1'}, timeout: 5s}
  buy: {<<: *common, path: /b, method: POST}
requests: [browse, buy]
",
    );
    let buy = &plan.tasks[1];
    assert_eq!((buy.timeout.as_secs(), buy.headers.len(), buy.method.as_str()), (5, 1, "POST"));
}

#[test]
fn what_is_no_yaml_is_said_with_its_place() {
    for (text, expected) in [
        ("requests: [GET /\nname: x", "is no YAML"),
        (
            "tasks: {a: GET\n  /x/{id}}",
            "2:6: this is no YAML: while parsing a flow mapping, did not find expected ',' or '}': put a value with {placeholders} in quotes",
        ),
        ("name: 'x", "is no YAML"),
        ("\tname: x", "is no YAML"),
    ] {
        let problems = wrong(text);
        assert!(problems.contains(expected), "{problems}");
    }
}

#[test]
fn a_text_that_grows_without_end_is_refused() {
    let mut text = "a0: &a0 [x, x]\n".to_owned();
    for level in 1..40 {
        text.push_str(&format!("a{level}: &a{level} [*a{0}, *a{0}, *a{0}]\n", level - 1));
    }
    assert!(wrong(&text).contains("there is too much of it"));
    let deep = format!("a: {}1{}", "[".repeat(5000), "]".repeat(5000));
    let problems = Folder::new().file("plan.yaml", &deep).read().unwrap_err();
    assert!(problems.contains("nested too deep") || problems.contains("no YAML"), "{problems}");
}
