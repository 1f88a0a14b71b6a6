//! Options say how connections are made and used.

use crate::run::{Run, said_by};
use crate::target::{Target, mirror};

/// Runs a body for 2 users of 3 iterations with the mirror's address as `T`, and answers what it is said to have opened.
fn connections(options: &str, body: &str) -> (u64, u64) {
    let target = mirror();
    let script = format!(
        "import http from 'k6/http'; const T = __ENV.T;
         export const options = {{ scenarios: {{ s: {{ executor: 'per-vu-iterations', vus: 2, iterations: 3 }} }}, {options} }};
         export default function () {{ {body} }}"
    );
    let outcome = Run::new().script(&script).env("T", &target.url()).talk_only().go();
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(0), ""), "{outcome:?}");
    (target.connections(), target.requests())
}

#[test]
fn every_user_keeps_its_connections() {
    let twice = "http.get(T); http.get(T);";
    assert_eq!(connections("", twice), (2, 12));
    assert_eq!(connections("noConnectionReuse: true", twice), (12, 12));
    assert_eq!(connections("noVUConnectionReuse: true", twice), (6, 12));
    assert_eq!(connections("", "http.batch([T, T, T]);"), (6, 18));
}

#[test]
fn an_answer_whose_body_is_dropped_leaves_the_connection() {
    assert_eq!(
        connections("discardResponseBodies: true", "http.get(T); http.get(`${T}/status/500`);"),
        (2, 12)
    );
}

#[test]
fn requests_a_second_are_limited_over_all_users() {
    let target = mirror();
    let script = "import http from 'k6/http'; import exec from 'k6/execution';
        export const options = { vus: 4, iterations: 20, rps: 50, thresholds: { http_reqs: ['count==20'] } };
        export default function () { http.get(__ENV.T); } export function teardown() { console.log(exec.instance.currentTestRunDuration); }";
    let outcome = Run::new().script(script).env("T", &target.url()).talk_only().args("--workers 2").go();
    let millis: f64 = outcome.stdout.trim().parse().unwrap();
    assert!(outcome.code == Some(0) && (370.0..3000.0).contains(&millis), "{outcome:?}");
}

#[test]
fn hosts_are_where_the_options_say() {
    let target = mirror();
    let (host, port) = (target.address(), target.address().split(':').nth(1).unwrap().to_owned());
    let script = format!(
        "import http from 'k6/http'; export const options = {{ hosts: {{ 'shop.test': '127.0.0.1', 'api.test:81': '{host}', '*.wild.test': '{host}' }} }};
         export default function () {{
           for (const url of ['http://shop.test:{port}/a', 'http://api.test:81/', 'http://x.y.wild.test/', 'http://wild.test/']) {{
             const res = http.get(url, {{ timeout: '2s' }}); console.log(res.status, res.error_code, res.body ? /Host: (.*)/.exec(res.body)[1] : '');
           }}
         }}"
    );
    let text = said_by(Run::new().script(&script));
    let lines: Vec<_> = text.lines().filter(|line| !line.starts_with("Request Failed")).collect();
    assert_eq!(
        &lines[..3],
        [format!("200 0 shop.test:{port}"), "200 0 api.test:81".to_owned(), "200 0 x.y.wild.test".to_owned()]
    );
    assert!(lines[3].starts_with("0 11"), "{text}");
}

#[test]
fn some_places_are_out_of_bounds() {
    let target = mirror();
    for (args, url, code) in [
        ("--blacklist-ip 127.0.0.0/8", target.url(), 1110),
        ("--block-hostnames *.bad.test", "http://x.bad.test/".to_owned(), 1111),
        ("--block-hostnames localhost", target.url().replace("127.0.0.1", "localhost"), 1111),
    ] {
        let script =
            "import http from 'k6/http'; export default () => console.log(http.get(__ENV.T).error_code);";
        let text = said_by(Run::new().script(script).args(args).env("T", &url));
        assert_eq!(text.lines().last(), Some(code.to_string().as_str()), "{args}: {text}");
    }
    assert_eq!(target.connections(), 0);
}

#[test]
fn a_proxy_of_the_environment_is_used() {
    let proxy = Target::answering(|request| crate::target::answer(200, &[], request.path()));
    let script =
        "import http from 'k6/http'; export default () => console.log(http.get('http://far.test/x').body);";
    let text = said_by(Run::new().script(script).env("HTTP_PROXY", &proxy.url()));
    assert_eq!(text, "http://far.test/x\n");
}
