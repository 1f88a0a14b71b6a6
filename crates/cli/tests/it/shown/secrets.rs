//! Secrets: a canary in every place where a user can put one, and none in anything that is written or shown.

use std::path::Path;

use crate::run::{Outcome, Run};
use crate::target::{Target, answer};

const FORMATS: [&str; 5] = ["html", "md", "json", "junit", "text"];

/// Where the canary is found: in the files of the record, in its reports, in what was printed.
fn leaks(outcome: &Outcome, canary: &str) -> Vec<String> {
    let mut found: Vec<String> = outcome
        .files("rec")
        .into_iter()
        .filter(|name| outcome.read(&format!("rec/{name}")).contains(canary))
        .collect();
    let record = outcome.folder().join("rec");
    for format in FORMATS {
        let report = Run::of("report").arg(path(&record)).args("--format").arg(format).go();
        assert_eq!(report.code, Some(0), "{report:?}");
        if report.stdout.contains(canary) {
            found.push(format!("report {format}"));
        }
    }
    for (name, text) in [("stdout", &outcome.stdout), ("stderr", &outcome.stderr)] {
        if text.contains(canary) {
            found.push(name.to_owned());
        }
    }
    found
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn shop() -> Target {
    Target::answering(|_| {
        answer(200, &[("Content-Type", "application/json")], r#"{"token": "CANARY_served_1"}"#)
    })
}

#[test]
fn a_script_leaks_nothing() {
    let target = shop();
    let script = r"
        import http from 'k6/http'; import { check, group } from 'k6'; import encoding from 'k6/encoding';
        const known = __ENV.AUTH_TOKEN, split = (one, other) => ['CAN', 'ARY_', one, other].join('');
        const PASSWORD = 'CANARY_literal', headers = { Authorization: 'Bearer CANARY_header' };
        export const options = { vus: 1, iterations: 2, thresholds: { [`http_reqs{name:u_${known}}`]: ['count>=0'] } };
        export function setup() { return { list: [http.post(`${__ENV.T}/login`, '').json('token')] }; }
        export default function () {
          group(`g ${known}`, () => check(http.get(`${__ENV.T}/x`, { headers, tags: { name: `u_${known}` } }), { [`c ${known}`]: () => true }));
          http.get(`${__ENV.T}/x?access_token=${split('qu', 'ery')}`);
          http.get(`${__ENV.T}/x?a=${encodeURIComponent(known)}&b=${encoding.b64encode(known)}`);
          http.get(`http://bob:${split('us', 'er')}@127.0.0.1:99999/x`);
          http.get(`${__ENV.T}/x`, { headers: { 'X-Api-Key': split('api', 'key'), 'X-Amz-Security-Token': split('am', 'z') } });
        }";
    let outcome = Run::new()
        .script(script)
        .env("T", &target.url())
        .args("-q --no-summary --http-debug --record rec -e AUTH_TOKEN=CANARY/known+1 -e DB_PASS=CANARY_pass -e GH_PAT=CANARY_pat")
        .args("-e SESSION_ID=CANARY_session -e MONGO_URI=mongodb://u:CANARY_mongo@h/db --target-metrics http://m:CANARY_metrics@127.0.0.1:9/m")
        .go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(leaks(&outcome, "CANARY"), Vec::<String>::new());
    // base64 of the known one
    assert_eq!(leaks(&outcome, "Q0FOQVJZL2tub3duKzE"), Vec::<String>::new());
}

#[test]
fn a_plan_leaks_nothing() {
    let target = shop();
    let plan = format!(
        r#"host: http://me:CANARY_host@{}
target: {{metrics: "http://u:CANARY_metrics@127.0.0.1:9/m"}}
steps: [{{users: 1, duration: 1s}}]
wait: 0.2s
headers: {{Authorization: Bearer CANARY_header}}
requests: ["GET /x?api_key=CANARY_query"]
on_start:
  - POST /a: {{json: {{"password":"CANARY_flow"}}}}
  - POST /b:
      json:
        password: Pa$$w0rdCANARY_dollar
        secret: /CANARY_slash
        token: |
          CANARY_block
        passwd:
          CANARY_next
  - POST /c: {{form: {{pass: CANARY_form}}}}
"#,
        target.url().trim_start_matches("http://")
    );
    let outcome = Run::of("run plan.yaml --record rec").file("plan.yaml", plan).go();
    assert_eq!(leaks(&outcome, "CANARY"), Vec::<String>::new());
}

/// Every place where a script can put what is known to be secret, and what it has made of it.
const PLACES: &[&str] = &[
    "console.log(S)",
    "console.error({ a: [S] })",
    "throw new Error('no ' + S)",
    "check(1, { ['c ' + S]: () => true })",
    "check(1, { c: () => false }, { tag: S })",
    "group('g ' + S, () => http.get(T))",
    "http.get(T, { tags: { name: S, [`t`]: S } })",
    "http.get(`${T}/x?q=` + encodeURIComponent(encodeURIComponent(S)))",
    "http.get(`${T}/` + encoding.b64encode('user:' + S) + encoding.b64encode('{}' + S, 'rawurl'))",
    "http.get(`${T}/` + Array.from(S).map((c) => c.charCodeAt(0).toString(16)).join(''))",
    "http.get(`${T}/` + S.toUpperCase())",
    "http.get(`http://u:${S}@127.0.0.1:99999/`)",
    "http.get('ftp://' + S)",
    "http.post(T, { password: S, json: JSON.stringify({ token: S }) }, { headers: { 'X-Any': S }, cookies: { c: S } })",
    "exec.vu.metrics.tags.mine = S; http.get(T)",
    "exec.test.abort(S)",
    "exec.test.fail(S)",
    "new Map().get(S).x[S]",
    "JSON.parse(S + '{')",
    "http.get(`${T}/redirect?to=` + S)",
];

/// Variables that hold a secret, and how a script takes it out of them.
const VARIABLES: &[(&str, &str, &str)] = &[
    ("AUTH_TOKEN", "CANARY/known+1", "__ENV.AUTH_TOKEN"),
    ("DB_PASS", " CANARY_padded ", "__ENV.DB_PASS.trim()"),
    ("CREDENTIALS", r#"{"user":"me","pw":"CANARY_json"}"#, "JSON.parse(__ENV.CREDENTIALS).pw"),
    ("BASIC_AUTH", "me:CANARY_pair", "__ENV.BASIC_AUTH.split(':')[1]"),
    ("AUTHORIZATION", "Bearer CANARY_bearer", "__ENV.AUTHORIZATION.split(' ')[1]"),
    (
        "PRIVATE_KEY",
        "-----BEGIN\nCANARY_line_1\nCANARY_line_2\n-----END",
        "__ENV.PRIVATE_KEY.split('\\n')[1]",
    ),
    ("BASE_URL", "http://u:CANARY_url@h/", "__ENV.BASE_URL.split(':')[2].split('@')[0]"),
];

/// Everything that a call has left and said, and all that is made of its record.
fn everything(outcome: &Outcome) -> Vec<(String, String)> {
    let mut texts =
        vec![("stdout".to_owned(), outcome.stdout.clone()), ("stderr".to_owned(), outcome.stderr.clone())];
    for name in outcome.files(".").into_iter().filter(|name| name != "script.js" && name != "rec") {
        texts.push((name.clone(), outcome.read(&name)));
    }
    if outcome.path("rec").exists() {
        texts.extend(outcome.files("rec").into_iter().map(|name| {
            let text = outcome.read(&format!("rec/{name}"));
            (format!("rec/{name}"), text)
        }));
        for line in [
            "report rec",
            "report rec --format html",
            "report rec --format json",
            "compare rec rec",
            "advise rec",
        ] {
            let made = outcome.then(line).go();
            texts.push((line.to_owned(), made.stdout + &made.stderr));
        }
    }
    texts
}

fn assert_nothing_in(outcome: &Outcome, canaries: &[&str], what: &str) {
    for (name, text) in everything(outcome) {
        for canary in canaries {
            let found = text.to_lowercase().find(&canary.to_lowercase());
            let around =
                found.map(|at| text.chars().skip(at.saturating_sub(60)).take(120).collect::<String>());
            assert_eq!(around, None, "{what}: {canary} in {name}");
        }
    }
}

const LEFT: &str = "-q --record rec --http-debug=full --summary-export s.json --out json=out.json --console-output c.log --log-output file=l.log";

#[test]
fn what_is_known_is_nowhere() {
    let target = shop();
    for (at, place) in PLACES.iter().enumerate() {
        let (name, value, taken) = VARIABLES[at % VARIABLES.len()];
        let script = format!(
            "import http from 'k6/http'; import {{ check, group }} from 'k6'; import encoding from 'k6/encoding'; import exec from 'k6/execution';
             const S = {taken}, T = __ENV.T;
             export const options = {{ vus: 1, iterations: 1, tags: {{ all: S }}, scenarios: {{ ['s_' + S.replace(/[^a-z]/gi, '_')]: {{ executor: 'shared-iterations', iterations: 1 }} }} }};
             export default function () {{ {place}; }}
             export function handleSummary(data) {{ return {{ stdout: JSON.stringify(data), 'own.json': JSON.stringify(data) }}; }}"
        );
        let run = Run::new().script(&script).env("T", &target.url()).args(LEFT);
        // Half of the variables are given, half are there.
        let run =
            if at % 2 == 0 { run.arg("-e").arg(&format!("{name}={value}")) } else { run.env(name, value) };
        let canaries = ["CANARY", "Q0FOQVJZ", "43414e415259"];
        // The name of a scenario has it with other characters, which nobody knows.
        let canaries = if value.contains('/') { &canaries[1..] } else { &canaries[..] };
        assert_nothing_in(&run.go(), canaries, place);
    }
}

#[test]
fn what_setup_returns_is_nowhere() {
    let target = shop();
    for returned in [
        "t",
        "[t]",
        "({ tokens: [t] })",
        "({ session: { id: t } })",
        "({ [t]: 1 })",
        "JSON.stringify({ token: t })",
        "({ a: encoding.b64encode(t), token: t })",
        "[[{ deep: { password: t } }]]",
    ] {
        let script = format!(
            "import http from 'k6/http'; import {{ check }} from 'k6'; import encoding from 'k6/encoding';
             export const options = {{ vus: 1, iterations: 1 }};
             export function setup() {{ const t = http.get(`${{__ENV.T}}/login`).json('token'); return {returned}; }}
             export default function (data) {{ const t = 'CANARY' + '_served_1'; http.get(`${{__ENV.T}}/of/${{t}}`); check(1, {{ [t]: () => true }}); console.log(data); }}"
        );
        let outcome = Run::new().script(&script).env("T", &target.url()).args(LEFT).go();
        assert_nothing_in(&outcome, &["CANARY_served", "Q0FOQVJZ"], returned);
    }
}

#[test]
fn other_commands_leak_nothing() {
    let target = shop();
    let script = "import http from 'k6/http';
        export const options = { scenarios: { a: { executor: 'shared-iterations', env: { API_KEY: 'CANARY_scenario' } } }, userAgent: 'x' + __ENV.TOKEN, tags: { t: __ENV.TOKEN } };
        export default function () { http.get(`${__ENV.T}/${__ENV.TOKEN}/${__ENV.API_KEY}`); }";
    let given = "-e TOKEN=CANARY_token";
    let calls = [
        format!("inspect script.js {given}"),
        format!("inspect script.js --execution-requirements {given}"),
        format!("run script.js -v {given}"),
        format!("run script.js --summary-mode full {given} -e =CANARY_wrong"),
        format!("find script.js --scenario a --users 1..2 {given} --host http://u:CANARY_host@h"),
        format!("duet script.js {given} -d 2s -q --record rec --variable T --a {0} --b {0}", target.url()),
        "run script.js --host http://u:CANARY_host@h".to_owned(),
        "run script.js --out json=no/CANARY_out?token=CANARY".replace("CANARY_out", "x"),
    ];
    for line in calls {
        let outcome = Run::of(&line).file("script.js", script).env("T", &target.url()).go();
        assert_nothing_in(&outcome, &["CANARY"], &line);
    }
    let plan = format!(
        "host: {}\ntarget: {{metrics: off}}\nsteps: [{{users: 1, duration: 1s}}]\nwait: 0.2s\nheaders: {{X-Api-Key: \"${{KEY}}\"}}\nrequests: ['GET /x/${{KEY}}']\n",
        target.url()
    );
    for line in [
        "run plan.yaml --record rec",
        "inspect plan.yaml",
        "run plan.yaml --record rec -q --host http://u:CANARY_host@127.0.0.1:1",
    ] {
        let outcome = Run::of(line).file("plan.yaml", &plan).env("KEY", "CANARY_variable").go();
        let names = outcome.files(".");
        assert!(names.contains(&"plan.yaml".to_owned()));
        assert_nothing_in(&outcome, &["CANARY"], line);
    }
}
