//! `flashcrowd check`: one iteration with everything shown.

use crate::run::Run;
use crate::target::{Target, answer};

fn shop() -> Target {
    Target::answering(|request| match request.path() {
        "/cart" => answer(500, &[("Content-Type", "application/json")], "{\"error\":\"sold out\"}"),
        _ => answer(200, &[("Content-Type", "application/json")], "{\"token\":\"abc\"}"),
    })
}

const SCRIPT: &str = "
    import http from 'k6/http'; import { check, group } from 'k6';
    export const options = { thresholds: { checks: ['rate==1'] }, scenarios: {
      browse: { executor: 'constant-vus', vus: 50, duration: '10m', exec: 'browse', env: { KIND: 'books' } },
      buy: { executor: 'constant-arrival-rate', rate: 100, duration: '10m', preAllocatedVUs: 10, exec: 'buy' } } };
    export function setup() { return { from: 'setup' }; }
    export function browse(data) {
      console.log('kind', __ENV.KIND, data.from);
      const res = http.get(`${__ENV.BASE_URL}/items?kind=${__ENV.KIND}`, { headers: { 'X-A': 'b' } });
      group('list', () => check(res, { 'is 200': (r) => r.status === 200 }));
    }
    export function buy() {
      const res = http.post(`${__ENV.BASE_URL}/cart`, JSON.stringify({ id: 1 }), { headers: { Authorization: `Bearer ${__ENV.TOKEN}` } });
      check(res, { 'is 201': (r) => r.status === 201 });
    }";

#[test]
fn everything_is_shown_and_what_failed_is_the_result() {
    let target = shop();
    let outcome = Run::of("check -e TOKEN=hidden-token script.js")
        .arg("-e")
        .arg(&format!("BASE_URL={}", target.url()))
        .script(SCRIPT)
        .go();
    assert_eq!(outcome.code, Some(99), "{outcome:?}");
    for words in [
        "scenario browse runs browse()",
        "variable KIND = books",
        "variable TOKEN = ***",
        "│ kind books setup",
        "→ GET /items",
        "  X-A: b",
        "  User-Agent: flashcrowd/",
        "← HTTP/1.1 200 OK",
        "{\"token\":\"***\"}",
        "→ POST /cart",
        "Content-Length: 8",
        "{\"id\":1}",
        "← HTTP/1.1 500",
        "✓ list › is 200",
        "✗ is 201",
        "2 requests, 1 of them failed; 2 iterations",
    ] {
        assert!(outcome.stdout.contains(words), "{words}: {outcome:?}");
    }
    assert!(!outcome.stdout.contains("hidden-token"), "{outcome:?}");
    assert!(outcome.stderr.contains("1 check failed; 1 of 2 requests failed"), "{outcome:?}");
    assert_eq!(target.requests(), 2);
}

#[test]
fn a_script_from_standard_input_is_checked_too() {
    let target = shop();
    let script = "import http from 'k6/http'; export default function () { http.get(`${__ENV.BASE_URL}/`); }";
    let outcome = Run::of("check -").stdin(script).env("BASE_URL", &target.url()).go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let outcome = Run::of("check -").stdin(script).go();
    assert!(
        outcome.stdout.contains("variable BASE_URL is not set: ") && outcome.stdout.contains("-:1:"),
        "{outcome:?}"
    );
    assert!(outcome.code == Some(99) && outcome.stdout.contains("✗ No response: "), "{outcome:?}");
}

#[test]
fn what_is_not_supported_is_said_by_line() {
    let script = "import http from 'k6/http';\nimport { browser } from 'k6/browser';\nimport kafka from 'k6/x/kafka';\nimport { grpc } from 'k6/http';\nexport default function () {}";
    let outcome = Run::of("check script.js").script(script).go();
    assert_eq!(outcome.code, Some(107), "{outcome:?}");
    for words in ["script.js:2:25", "script.js:3:19", "k6/browser", "k6/x/kafka"] {
        assert!(outcome.stderr.contains(words), "{words}: {outcome:?}");
    }
    let outcome = Run::of("check script.js")
        .script("import { grpc } from 'k6/http'; export default function () { throw { code: 7 }; }")
        .go();
    assert!(outcome.stdout.contains("! module 'k6/http' has no export 'grpc'"), "{outcome:?}");
    assert!(
        outcome.stdout.contains("✗ { code: 7 }") && outcome.stdout.contains("script.js:1:62"),
        "{outcome:?}"
    );
    assert_eq!(outcome.code, Some(99), "{outcome:?}");
}
