//! One run on several processes: the same load as that of one, and one verdict.

mod agents;
mod faults;
mod image;
mod kubernetes;
mod loss;
mod namespaces;
mod nats;
mod parts;
mod relay;
mod security;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use flashcrowd_shop::{RunningShop, Shop, ShopConfig};

/// A practice shop that answers at once.
fn shop() -> RunningShop {
    Shop::spawn_threads(ShopConfig::fast(), 1).unwrap()
}

/// How many requests the shop has seen, by its own count.
fn seen(shop: &RunningShop) -> u64 {
    let mut page = TcpStream::connect(shop.address()).unwrap();
    page.write_all(b"GET /metrics HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    page.read_to_string(&mut text).unwrap();
    let counts = text.lines().filter(|line| line.starts_with("http_requests_total{"));
    counts.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
}

/// What all of these tests run: a rate and a stock of iterations, which tell their numbers.
fn script(target: &str) -> String {
    format!(
        "import http from 'k6/http';
        import exec from 'k6/execution';
        import {{ check, group }} from 'k6';
        import {{ Counter }} from 'k6/metrics';
        const mine = new Counter('mine');
        export const options = {{
            scenarios: {{
                rate: {{ executor: 'constant-arrival-rate', rate: 50, duration: '2s', preAllocatedVUs: 50, exec: 'rate' }},
                stock: {{ executor: 'shared-iterations', vus: 7, iterations: 101, exec: 'stock' }},
            }},
            thresholds: {{ mine: ['count==201'], checks: ['rate==1'], 'http_reqs{{name:product}}': ['count==100'] }},
        }};
        function once(path, name) {{
            const answer = http.get('{target}' + path, {{ tags: {{ name }} }});
            check(answer, {{ 'is 200': (r) => r.status === 200 }});
            mine.add(1);
            console.log(`ran ${{exec.scenario.name}} ${{exec.scenario.iterationInTest}}`);
        }}
        export function rate() {{ once('/v1/products/1', 'product'); }}
        export function stock() {{ group('stock', () => once('/v1/users/1/balance', 'balance')); }}"
    )
}

/// The lines that tell which iterations ran, sorted.
fn iterations<'a>(outputs: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut found: Vec<String> =
        outputs.flat_map(str::lines).filter(|line| line.starts_with("ran ")).map(str::to_owned).collect();
    found.sort();
    found
}

/// The same as all of the script's iterations have them.
fn all_iterations() -> Vec<String> {
    let rate = (0..100).map(|number| format!("ran rate {number}"));
    let mut all: Vec<String> = rate.chain((0..101).map(|number| format!("ran stock {number}"))).collect();
    all.sort();
    all
}
