//! Receivers of samples: Prometheus, and what speaks for InfluxDB.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::peers::Debian;
use crate::run::{Run, wait_until};
use crate::target::{Target, answer, mirror};

const SCRIPT: &str = "
import http from 'k6/http';
import { check } from 'k6';
export const options = { vus: 3, iterations: 60, thresholds: { http_req_duration: ['p(95)<60000'] } };
export default function () { check(http.get(`${__ENV.T}/a`), { 'is there': (r) => r.status === 200 }); }";

/// Prometheus, which takes what is pushed.
struct Prometheus {
    address: String,
    _server: Debian,
    _folder: tempfile::TempDir,
}

impl Prometheus {
    fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("prometheus.yml"), "global: {}\n").unwrap();
        let server = Debian::start("prometheus", "prometheus", |command, port| {
            command.args([
                "--web.enable-remote-write-receiver",
                "--storage.tsdb.path=data",
                "--config.file=prometheus.yml",
            ]);
            command.arg(format!("--web.listen-address=127.0.0.1:{port}")).current_dir(folder.path());
        })?;
        let started =
            Self { address: format!("127.0.0.1:{}", server.port), _server: server, _folder: folder };
        wait_until("Prometheus is ready", || started.get("/-/ready").starts_with("HTTP/1.1 200"));
        Some(started)
    }

    fn get(&self, path: &str) -> String {
        use std::io::{Read, Write};
        let Ok(mut stream) = std::net::TcpStream::connect(&self.address) else { return String::new() };
        let request = format!("GET {path} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map_or(String::new(), |_| answer)
    }

    /// The value of a query that has one.
    fn value(&self, query: &str) -> f64 {
        let encoded: String = query.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let answer = self.get(&format!("/api/v1/query?query={encoded}"));
        let found: Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
        let value = found["data"]["result"][0]["value"][1].as_str();
        value.unwrap_or_else(|| panic!("{query}: {answer}")).parse().unwrap()
    }
}

#[test]
fn prometheus_has_the_figures_of_the_summary() {
    let Some(prometheus) = Prometheus::start() else { return };
    let target = mirror();
    let outcome = Run::new()
        .script(SCRIPT)
        .arg("-e")
        .arg(&format!("T={}", target.url()))
        .args("--record rec --tag testid=one --out experimental-prometheus-rw")
        .env("K6_PROMETHEUS_RW_SERVER_URL", &format!("http://{}/api/v1/write", prometheus.address))
        .env("K6_PROMETHEUS_RW_TREND_STATS", "p(95),max,count")
        .go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let results = outcome.json("rec/result.json");
    let metrics = results["metrics"].as_array().unwrap();
    let stat = |metric: &str, stat: &str| {
        let found = metrics.iter().find(|one| one["name"] == metric).unwrap();
        found["stats"][stat].as_f64().unwrap()
    };
    assert_eq!(prometheus.value("sum(k6_http_reqs_total{testid=\"one\",status=\"200\"})"), 60.0);
    assert_eq!(prometheus.value("sum(k6_iterations_total)"), 60.0);
    assert_eq!(prometheus.value("k6_checks_rate"), 1.0);
    assert_eq!(prometheus.value("sum(k6_http_req_duration_count)"), 60.0);
    let longest = prometheus.value("max(k6_http_req_duration_max)");
    assert!((longest * 1e3 / stat("http_req_duration", "max") - 1.0).abs() < 0.01, "{longest}");
}

#[test]
fn a_receiver_that_is_gone_neither_ends_nor_slows_the_run_and_is_no_success() {
    let outcome = Run::new()
        .script("export const options = { vus: 2, duration: '3s' }; export default function () {}")
        .args("--out experimental-prometheus-rw=http://127.0.0.1:9/api/v1/write")
        .env("K6_PROMETHEUS_RW_PUSH_INTERVAL", "200ms")
        .go();
    assert_eq!(outcome.code, Some(255), "{outcome:?}");
    assert!(
        outcome.stderr.contains("the output is not complete: http://127.0.0.1:9/api/v1/write: "),
        "{outcome:?}"
    );
    assert!(outcome.stdout.contains("iterations"), "{outcome:?}");
}

/// How many lines of each measurement came.
fn measurements(lines: &str) -> HashMap<String, u64> {
    let mut found: HashMap<String, u64> = HashMap::new();
    for line in lines.lines() {
        let measurement = line.split(',').next().unwrap().split(' ').next().unwrap();
        *found.entry(measurement.to_owned()).or_default() += 1;
    }
    found
}

#[test]
fn influxdb_has_every_sample_even_if_it_is_away_for_a_while() {
    let target = mirror();
    let (taken, asked) = (Arc::<Mutex<String>>::default(), Arc::<Mutex<Vec<String>>>::default());
    let (lines, requests) = (Arc::clone(&taken), Arc::clone(&asked));
    let influx = Target::answering(move |request| {
        let mut requests = requests.lock().unwrap();
        requests.push(request.path().to_owned());
        if requests.iter().filter(|path| path.starts_with("/write")).count() == 1 {
            return answer(503, &[], "compacting");
        }
        if request.path().starts_with("/write") {
            lines.lock().unwrap().push_str(std::str::from_utf8(&request.body).unwrap());
        }
        answer(204, &[], "")
    });
    let outcome = Run::new()
        .script(&SCRIPT.replace("/a`)", "/a`, { tags: { team: 'a, b=c' } })"))
        .arg("-e")
        .arg(&format!("T={}", target.url()))
        .args("--record rec --out")
        .arg(&format!("influxdb={}/shop", influx.url()))
        .go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let asked = asked.lock().unwrap();
    assert_eq!(asked[0], "/query?q=CREATE%20DATABASE%20%22shop%22");
    assert!(asked[1..].iter().all(|path| path == "/write?db=shop&precision=ns"), "{asked:?}");
    let taken = taken.lock().unwrap();
    let counts = measurements(&taken);
    let results = outcome.json("rec/result.json");
    for metric in results["metrics"].as_array().unwrap().iter().filter(|metric| metric["parent"].is_null()) {
        let name = metric["name"].as_str().unwrap();
        assert_eq!(counts.get(name).copied(), metric["samples"].as_u64(), "{name}");
    }
    let line = taken.lines().find(|line| line.starts_with("http_reqs,")).unwrap();
    assert!(line.contains(r",team=a\,\ b\=c") && line.contains(" value=1,url=\"http://"), "{line}");
}

#[test]
fn samples_that_influxdb_does_not_take_are_counted() {
    let run = || Run::new().script("export default function () {}").args("-i 10 -u 1 --record rec");
    let gone = run().args("--out influxdb=http://127.0.0.1:9/k6").go();
    assert_eq!(gone.code, Some(255), "{gone:?}");
    let results = gone.json("rec/result.json");
    let samples: u64 =
        results["metrics"].as_array().unwrap().iter().filter_map(|one| one["samples"].as_u64()).sum();
    let told = format!("http://127.0.0.1:9/write: {samples} samples were not delivered: ");
    assert!(gone.stderr.contains(&told), "{told} {gone:?}");
    let refusing = Target::answering(|_| answer(401, &[], "who are you, s3cret-token?"));
    let refused = run()
        .env("K6_INFLUXDB_ADDR", &refusing.url())
        .env("K6_INFLUXDB_ORGANIZATION", "o")
        .env("K6_INFLUXDB_BUCKET", "b")
        .env("K6_INFLUXDB_TOKEN", "s3cret-token")
        .args("--out influxdb")
        .go();
    assert_eq!(refused.code, Some(255), "{refused:?}");
    assert!(refused.stderr.contains("it answers 401"), "{refused:?}");
    assert!(!refused.stderr.contains("s3cret-token"), "{refused:?}");
}
