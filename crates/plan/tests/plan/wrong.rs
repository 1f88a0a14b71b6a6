//! Plans that are wrong: everything is said at once, with its place and what to write instead.

use crate::fixture::{Folder, wrong};

#[test]
fn everything_is_said_at_once() {
    let plan = "\
name: Everything at once
hosst: http://127.0.0.1:8080
wait: 5sec
headers: {Bad Header: x, Authorization: \"Bearer {tokn}\"}
data:
  user: {file: gone.csv, pick: rnd}
  product: 10..1
  vu: [1]
on_start:
  - POST /login:
      jsn: {username: me}
      save: {token: '$.access_token['}
tasks:
  buy:
    method: PSOT
    path: purchase/{product}
    json: {quantity: 1}
    checks:
      - statuss: 200
      - status: 2000
      - body_matches: (
      - response_time: < fast
  browse: GET /inventory/{prodct}
requests:
  - browse: 50%
  - buyy: 30%
  - GET /health: 30%
steps:
  - users: 0
    duration: 60s
    requests: [browse: 60%, GET /health: 30%]
  - users: 10
    duration: 30s
    ramp_up: 60s
  - users: 10
    rate: 5/s
    duration: 10s
  - users: 10
    increment: 5
    duration: 10s
  - start_users: 100
    increment: 0
    increment_interval: 60x
    max_users: 50
  - rate: 10/day
    durations: 5s
expected:
  - tpss: > 100
  - response_time_p99: < 500 apples
  - error_rate{GET /helth}: < 1%
audit:
  stock:
    raed: GET /inventory/1
    sells: {byu: 1}
target: {metrics: maybe}
name: twice
";
    let folder = Folder::new().file("plan.yaml", plan);
    insta::assert_snapshot!(folder.read().unwrap_err());
}

fn check(rows: &[(&str, &str)]) {
    for (text, expected) in rows {
        let problems = wrong(text);
        assert!(problems.contains(expected), "{text}\n  {problems}");
    }
}

#[test]
fn fields_and_weights() {
    check(&[
        // Fields.
        ("requests: [GET /]\nnmae: x", "2:1: unknown field 'nmae' of a plan: did you mean 'name'?"),
        ("requests: [GET /]\nwait:", "2:1: 'wait' is empty: give it a value, or leave it out"),
        ("requests: [GET /]\nexpected: 5", "2:11: '5' is no list of expectations"),
        ("requests: [GET /]\nheaders: [a]", "2:10: a list is no headers: write {Name: value}"),
        (
            "requests: [GET /]\nstop_at_breaking_point: maybe",
            "2:25: 'maybe' is neither yes nor no: write true or false",
        ),
        ("requests: [GET /]\ntimeout: 0", "2:10: '0' is no time at all"),
        // Weights.
        (
            "requests: [GET /a: 50%, GET /b: 40%]",
            "1:33: the percentages add up to 90%: make them add up to 100%",
        ),
        (
            "requests: [GET /a: 50%, GET /b: 1]",
            "1:33: other requests here have percentages: write one for this one too",
        ),
        ("requests: [GET /a: 0]", "1:20: all weights are 0"),
        ("requests: [GET /a: half]", "1:20: 'half' is no weight: write one such as 50% or 3"),
        ("tasks: {a: {weight: 30%, path: /}, b: {weight: 60%, path: /}}", "the percentages add up to 90%"),
        ("requests: []", "1:11: the list of requests is empty"),
    ]);
}

#[test]
fn calls_and_placeholders() {
    check(&[
        (
            "requests: [buy]",
            "1:12: there is no task 'buy': name it under tasks, or write a path such as GET /inventory/1",
        ),
        (
            "tasks: {buy: GET /}\nrequests: [byu]",
            "2:12: there is no task 'byu': name it under tasks, or write a path such as GET /inventory/1; did you mean 'buy'?",
        ),
        (
            "requests: [GTE /a]",
            "1:12: 'GTE' is no method: write one of GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS; did you mean 'GET'?",
        ),
        ("requests: [GET a/b]", "1:16: the path 'a/b' does not begin with '/'"),
        ("requests: [GET /a b]", "1:16: the path '/a b' has a space in it"),
        ("requests: [{path: GET /a}]", "1:19: a path has no method: write 'method: GET' beside it"),
        ("requests: [POST /a: {method: GET}]", "1:22: 'POST /a' says the method already: leave out 'method'"),
        ("requests: [{method: GET}]", "1:12: a request needs 'path'"),
        ("requests: [POST /a: {json: 1, body: x}]", "1:31: a request has one body: write json or body"),
        ("requests: [POST /a: {save: {vu: $.x}}]", "1:29: {vu} stands for something already"),
        ("requests: [POST /a: {save: {x: '$.a['}}]", "is no JSON path"),
        // Placeholders.
        (
            "requests: ['GET /{token}']\ndata: {tokens: 1..2}",
            "1:18: nothing is known as '{token}': name it under data or save, or write a range such as {1..10}; did you mean 'tokens'?",
        ),
        ("requests: ['GET /{10..1}']", "1:18: the range 10..1 is empty: write 1..10"),
        ("requests: ['GET /{a..b}']", "1:18: 'a..b' is no range of whole numbers"),
        ("requests: ['GET /{x']", "1:18: '{' opens a placeholder that is not closed"),
        ("requests: ['GET /x}']", "1:19: '}' closes nothing"),
        (
            "requests: [POST /: {body: '{\"a\": 1}'}]",
            "1:28: '{\"a\": 1}' is no placeholder: write '{{' and '}}' where braces are meant, or give JSON as 'json:'",
        ),
        (
            "requests: ['GET /{u}']\ndata: {u: {values: [{a: 1, b: 2}]}}",
            "1:18: 'u' has columns: write one of {u.a}, {u.b}",
        ),
        (
            "requests: ['GET /{u.aa}']\ndata: {u: {values: [{a: 1}]}}",
            "1:18: 'u' has no column 'aa', only a; did you mean 'a'?",
        ),
        ("requests: ['GET /{u.a}']\ndata: {u: 1..2}", "1:18: 'u' has no columns such as 'a': write {u}"),
        (
            "requests: ['GET /${HOME}']",
            "1:18: there is no environment variable HOME: set it, or give it with -e HOME=...",
        ),
    ]);
}

#[test]
fn data_audits_and_expectations() {
    check(&[
        ("requests: [GET /]\ndata: {u: {file: gone.csv}}", "2:18: cannot read the data file "),
        (
            "requests: [GET /]\ndata: {u: {fiel: gone.csv}}",
            "2:11: 'fiel' describes no data: write one of file, values, sequence; did you mean 'file'?",
        ),
        ("requests: [GET /]\ndata: {u: []}", "2:11: the list has no values"),
        ("requests: [GET /]\ndata: {u: red}", "2:11: 'red' is no data: write a range such as 1..10"),
        (
            "requests: [GET /]\ndata: {u: {values: [1], pick: any}}",
            "2:31: 'any' is none of random, sequence, user",
        ),
        // Checks.
        (
            "requests: [POST /: {checks: [{}]}]",
            "1:30: the check is empty: write one of status, body_contains",
        ),
        // Audits.
        ("requests: [GET /]\naudit: {stock: {value: $.stock}}", "2:16: an audit needs 'read'"),
        ("requests: [GET /]\naudit: {stock: {read: '/{vu}'}}", "2:23: a stock is read without a user"),
        (
            "requests: [GET /]\naudit: {stock: {read: '/{1..5000}'}}",
            "2:23: to read this stock takes more than 1000 requests",
        ),
        (
            "requests: [POST /a: {json: {quantity: 1}}]\naudit: {s: {read: /, sells: {POST /a: quantiti}}}",
            "the JSON body of 'POST /a' has no field 'quantiti': write one that it has, a number, or a path into the answer such as $.sold; did you mean 'quantity'?",
        ),
        ("requests: [POST /a]\naudit: {s: {read: /, sells: {POST /b: 1}}}", "nothing asks for 'POST /b'"),
        (
            "requests: [POST /a: {sells: {stok: 1}}]\naudit: {stock: {read: /}}",
            "there is no audit 'stok': name it under audit; did you mean 'stock'?",
        ),
        // Expectations.
        ("requests: [GET /]\nexpected: [eror_rate: 1%]", "2:12: "),
        ("requests: [GET /]\nexpected:\n  - error_rate{GET /x}: < 1%", "3:5: nothing asks for 'GET /x'"),
        ("requests: [GET /]\nexpected:\n  - tps[step 2]: > 1", "3:5: there is no step 2: the plan has 1"),
        ("requests: [GET /]\nexpected: [tps]", "2:12: 'tps' is no expectation: write one such as"),
    ]);
}

#[test]
fn places_of_the_targets_metrics() {
    check(&[
        (
            "requests: [GET /]\ntarget: {metrics: [off, 'http://h/metrics']}",
            "2:20: 'off' is not for lists: write 'metrics: off', or list sources only",
        ),
        (
            "requests: [GET /]\ntarget: {metrics: ['http://h/metrics', auto]}",
            "2:40: 'auto' is not for lists: write 'metrics: auto', or list sources only",
        ),
        (
            "requests: [GET /]\ntarget: {metrics: off, charts: stock}",
            "'charts' are of what the target reports: leave 'metrics: off' out",
        ),
        ("requests: [GET /]\ntarget: {charts: [stock, stock]}", "'stock' is there twice"),
        ("requests: [GET /]\ntarget: {chart: stock}", "did you mean 'charts'?"),
        (
            "requests: [GET /]\ntarget: {metrics: []}",
            "2:19: the list of metrics is empty: write sources, or 'metrics: off'",
        ),
        (
            "requests: [GET /]\ntarget: {metrics: ['http://h/metrics', 'htp://me:pw@h']}",
            "2:40: htp://****:****@h: unknown scheme 'htp': use one of http, https, redis, ",
        ),
        (
            "requests: [GET /]\ntarget: {metrics: [localhost]}",
            "2:20: 'localhost' is none of auto, off and a source, such as",
        ),
        (
            "requests: [GET /]\ntarget: {metrics: {a: b}}",
            "2:19: an object is no word, source or list of sources",
        ),
        (
            "requests: [GET /]\ntarget: {metrics: 'http://h/metrics?x=1'}",
            "2:19: 'http://h/metrics?x=1' is no URL of a host: write it without what follows '?'",
        ),
    ]);
}

#[test]
fn impossible_steps_are_refused() {
    for (step, expected) in [
        ("users: 0, duration: 1s", "6:11: '0' is too small: write 1 or more"),
        ("users: 1.5, duration: 1s", "'1.5' is no whole number"),
        ("users: '1,000', duration: 1s", "'1,000' is no whole number: write 1000"),
        ("users: 1, duration: 0s", "'0s' is no time at all"),
        ("users: 1", "6:3: a step with users needs 'duration'"),
        ("users: 1, duraton: 1s", "unknown field 'duraton' of a step with users: did you mean 'duration'?"),
        ("users: 1, duration: 10s, ramp_up: 1m", "6:38: a ramp-up of 1m0s does not fit into a step of 10s"),
        (
            "user: 1, duration: 1s",
            "6:4: 'user' is no kind of step: a step needs one of users, start_users, rate, start_rate; did you mean 'users'?",
        ),
        ("users: 1, rate: 1, duration: 1s", "6:14: a step has 'users' or 'rate', not both"),
        (
            "users: 1, duration: 1s, increment: 5",
            "'increment' belongs to a staircase of users, and this is a step with users",
        ),
        (
            "start_users: 10, increment: 1, increment_interval: 1s, max_users: 5",
            "'max_users' is below its start",
        ),
        ("start_users: 1, increment: 0, increment_interval: 1s, max_users: 5", "'0' is too small"),
        (
            "start_users: 1, increment: 1, increment_interval: 1s, max_users: 100000",
            "99999 stairs: raise the increment",
        ),
        (
            "start_rate: 1, rate_increment: 1/m, increment_interval: 1s, max_rate: 10000",
            "raise the increment",
        ),
        (
            "start_rate: 5, rate_increment: 1, increment_interval: 1s, max_rate: 60/m",
            "'max_rate' is below its start",
        ),
        ("rate: 0, duration: 1s", "'0' is no load"),
        ("rate: 5/day, duration: 1s", "'5/day' is no rate: write one such as 200/s, 100/m or 50 (a second)"),
    ] {
        let text = format!("host: http://h\nrequests: [GET /]\n\nsteps:\n\n- {{{step}}}\n");
        let problems = Folder::new().file("plan.yaml", &text).read().expect_err(step);
        assert!(problems.contains(expected), "{step}: {problems}");
        assert_eq!(problems.lines().count(), 1, "{step}: {problems}");
    }
    for (steps, expected) in [
        ("steps: 5", "'5' is no list of steps"),
        ("steps: []", "the list of steps is empty"),
        ("steps: [5]", "'5' is no step"),
        ("name: x", "a plan needs 'steps'"),
    ] {
        let text = format!("host: http://h\nrequests: [GET /]\n{steps}\n");
        let problems = Folder::new().file("plan.yaml", &text).read().expect_err(steps);
        assert!(problems.contains(expected), "{steps}: {problems}");
    }
}

#[test]
fn data_files_that_cannot_be_used_are_refused() {
    for (name, text, expected) in [
        ("a.csv", "id\n", "has no rows"),
        ("a.csv", "id,name\n1\n", "is no CSV"),
        ("a.json", "{}", "is no list"),
        ("a.json", "[", "is no JSON"),
        ("a.txt", "x", "is neither .csv nor .json"),
    ] {
        let plan = format!(
            "host: http://h\nrequests: [GET /]\nsteps: [{{users: 1, duration: 1}}]\ndata: {{u: {{file: {name}}}}}\n"
        );
        let problems = Folder::new().file("plan.yaml", &plan).file(name, text).read().unwrap_err();
        assert!(problems.contains(expected) && problems.starts_with("plan.yaml:4:18: "), "{problems}");
    }
}

#[test]
fn a_step_whose_kind_is_not_known_hides_nothing_else() {
    let plan = "\
host: http://127.0.0.1:8080
requests: [GET /]
steps:
  - user: 10
    duration: 10 apples
    ramp_up: soon
  - durations: 10s
    increment: many
    arrivals: sometimes
  - users: x
    rate: y
    duration: z
    requests: [GET health]
  - users: 10
    max_users: few
    duration: 5x
---
host: http://127.0.0.1:8080
data:
  a: {fil: x.csv, pick: rnd}
  b: {sequence: x, step: y}
  c: [\"{d}\", \"{e}\"]
requests:
  - GET inventory: 50x
  - PSOT /purchase:
      timeout: long
      checks: [{status: [2000, 20x]}]
steps: [{duration: 10s}]
";
    insta::assert_snapshot!(Folder::new().file("plan.yaml", plan).read().unwrap_err());
}

#[test]
fn what_a_run_of_the_plan_cannot_measure_is_not_expected() {
    check(&[
        (
            "requests: [GET /]\nexpected: [duet: <= 2%]",
            "2:12: 'duet' needs two variants: leave it out, and run 'flashcrowd duet PLAN --a URL --b URL'",
        ),
        (
            "requests: [GET /]\nexpected: [failure_rate: < 5%]",
            "2:12: 'failure_rate' needs DynamoDB, which plans do not call: write 'error_rate'",
        ),
        (
            "requests: [GET /]\nexpected: [stock_accuracy: 100%]",
            "2:12: 'stock_accuracy' needs a stock that is counted: write 'audit:'",
        ),
        (
            "requests: [GET /]\nexpected: ['checks[step 1]': '> 99%']",
            "2:12: 'checks[step 1]' needs a request with checks: write 'checks:' below one, such as '- status: 200'",
        ),
        (
            "requests: [GET /]\nexpected: [breaking_point: '> 50']",
            "2:12: 'breaking_point' needs at least two steps, each with more load than all before: this plan has 1",
        ),
        (
            "requests: [GET /]\ntarget: {metrics: off}\nexpected: {memory_leak: false, lock_contention: < 30%}",
            "3:12: 'memory_leak' is measured by the target's own metrics: leave 'metrics: off' out",
        ),
        (
            "requests: [GET /]\nfind: {promises: [checks: '> 99%']}",
            "2:19: 'checks' needs a request with checks",
        ),
        ("requests: [GET /]\nexpected: [dueet: <= 2%]", "2:12: 'dueet' is not an expectation: write one of"),
    ]);
}
