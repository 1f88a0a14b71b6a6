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
        answer(200, &[("Content-Type", "application/json")], r#"{"token": "CANARY_served"}"#)
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
