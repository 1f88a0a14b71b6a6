//! A sale's scripts, with options of their own module, against the practice shop: every request is counted on both sides.

use flashcrowd_shop::{RunningShop, Shop, ShopConfig, issue_token};

use crate::run::{Outcome, Run};

/// Two scenarios that all scripts share: a ramp of users, and arrivals that jump.
const OPTIONS: &str = "export const options = { scenarios: {
    load_test: { executor: 'ramping-vus', startVUs: 0, stages: [{ duration: '300ms', target: 20 }, { duration: '700ms', target: 20 }, { duration: '200ms', target: 0 }] },
    peak_test: { executor: 'ramping-arrival-rate', startRate: 10, timeUnit: '1s', preAllocatedVUs: 20, maxVUs: 40,
      stages: [{ duration: '500ms', target: 100 }, { duration: '1s', target: 100 }] } } };
    export const BASE_URL = __ENV.BASE_URL;";

/// The scripts of a shop, by name: one request each, checked.
const SCRIPTS: [(&str, &str); 4] = [
    ("balance", "const res = http.get(`${BASE_URL}/v1/users/${1 + Math.floor(Math.random() * 4)}/balance`);"),
    (
        "charge",
        "const res = http.post(`${BASE_URL}/v1/users/1/balance`, JSON.stringify({ amount: 1000 }), { headers });",
    ),
    (
        "order",
        "const res = http.post(`${BASE_URL}/v1/orders`, JSON.stringify({ userId: 2, totalAmount: 600, products: [{ productId: 4, quantity: 1 }] }), { headers });",
    ),
    ("product", "const res = http.get(`${BASE_URL}/v1/products/${[1, 2, 3][__ITER % 3]}`);"),
];

fn shop() -> RunningShop {
    Shop::spawn_threads(ShopConfig::fast(), 1).unwrap()
}

fn count(outcome: &Outcome, metric: &str, field: &str) -> u64 {
    outcome.json("s.json")["metrics"][metric][field]
        .as_u64()
        .unwrap_or_else(|| panic!("{metric}: {outcome:?}"))
}

#[test]
fn all_checks_pass_and_the_shop_counts_the_same() {
    for (name, request) in SCRIPTS {
        let shop = shop();
        let script = format!(
            "import http from 'k6/http'; import {{ check, sleep }} from 'k6'; import {{ options, BASE_URL }} from '../common/test-options.js';
             export {{ options }}; const headers = {{ 'Content-Type': 'application/json' }};
             export default function () {{ {request} check(res, {{ 'status is 200': (r) => r.status === 200 }}); sleep(0.1); }}"
        );
        let outcome = Run::of("run shop/sale.js -q --summary-export s.json")
            .file("shop/sale.js", script)
            .file("common/test-options.js", OPTIONS)
            .arg("-e")
            .arg(&format!("BASE_URL={}", shop.url()))
            .go();
        assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""), "{name}");
        let requests = count(&outcome, "http_reqs", "count");
        assert_eq!(requests, shop.handle().stats().requests_total(), "{name}");
        assert_eq!(
            (count(&outcome, "checks", "passes"), count(&outcome, "checks", "fails")),
            (requests, 0),
            "{name}"
        );
        assert_eq!(count(&outcome, "iterations", "count"), requests, "{name}");
        assert!(requests > 100 && outcome.stdout.contains("100.00%"), "{name}: {outcome:?}");
    }
}

#[test]
fn a_queue_with_a_token() {
    let shop = shop();
    let token = issue_token(flashcrowd_shop::DEFAULT_SECRET, "1");
    let script = "import http from 'k6/http'; import { check } from 'k6';
        export const options = { vus: 3, iterations: 30, thresholds: { checks: ['rate==1'] } };
        export function setup() { return http.post(`${__ENV.BASE_URL}/login`, JSON.stringify({ username: 'a', password: 'b' })).json('access_token'); }
        export default function (own) {
          for (const token of [own, __ENV.AUTH_TOKEN]) {
            const params = { headers: { Authorization: `Bearer ${token}` } };
            check(http.post(`${__ENV.BASE_URL}/v1/booths/1/queue`, null, params), { joined: (r) => r.status === 200 });
            check(http.get(`${__ENV.BASE_URL}/v1/booths/1/queue/me`, params), { placed: (r) => r.status === 200 && r.json('position') >= 0 });
          }
          check(http.get(`${__ENV.BASE_URL}/v1/booths/1/queue/me`, { responseCallback: http.expectedStatuses(401) }), { refused: (r) => r.status === 401 });
        }";
    let outcome = Run::new()
        .script(script)
        .env("BASE_URL", &shop.url())
        .env("AUTH_TOKEN", &token)
        .talk_only()
        .args("--summary-export s.json")
        .go();
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(0), ""), "{outcome:?}");
    assert_eq!(count(&outcome, "http_reqs", "count"), shop.handle().stats().requests_total());
}

#[test]
fn the_examples_run() {
    let shop = shop();
    let token = issue_token(flashcrowd_shop::DEFAULT_SECRET, "1");
    for name in ["enqueue-test.js", "spike-test.js"] {
        let path = format!("{}/../../examples/k6/{name}", env!("CARGO_MANIFEST_DIR"));
        let script = std::fs::read_to_string(path).unwrap().replace("sleep(1)", "sleep(0.01)");
        let outcome = Run::new()
            .script(&script)
            .env("BASE_URL", &shop.url())
            .args("-q -u 3 -i 6 --summary-export s.json -e BOOTH_ID=1 -e")
            .arg(&format!("AUTH_TOKEN={token}"))
            .go();
        assert_eq!(
            (outcome.code, count(&outcome, "checks", "passes"), count(&outcome, "checks", "fails")),
            (Some(0), 12, 0),
            "{outcome:?}"
        );
    }
}
