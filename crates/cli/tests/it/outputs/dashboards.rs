//! The stack of `monitoring`, without Docker: its configuration is checked, and each query of each panel has data while a
//! run goes on.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use flashcrowd_shop::{Shop, ShopConfig};
use saphyr::{LoadableYamlNode as _, Yaml};
use serde_json::Value;

use super::prometheus::Prometheus;
use super::scrape::free_port;
use crate::peers::{Debian, done, unless_in_ci};
use crate::run::{Run, wait_until};
use crate::target::{Target, answer};

fn monitoring() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().join("monitoring")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(monitoring().join(path)).unwrap()
}

fn dashboards() -> Vec<(String, Value)> {
    let files = std::fs::read_dir(monitoring().join("grafana/dashboards")).unwrap();
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let parsed = |path: &Path| serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    files.iter().map(|path| (name(path), parsed(path))).collect()
}

/// Every query of every panel, with its place.
fn queries() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (file, dashboard) in dashboards() {
        for panel in dashboard["panels"].as_array().unwrap() {
            for target in panel["targets"].as_array().into_iter().flatten() {
                let place = format!("{file}: {}: {}", panel["title"], target["refId"]);
                found.push((place, target["expr"].as_str().unwrap().to_owned()));
            }
        }
    }
    found
}

#[test]
fn the_configuration_is_what_prometheus_and_grafana_read() {
    let folder = monitoring().join("prometheus");
    for (check, file) in [("config", "prometheus.yml"), ("rules", "rules.yml")] {
        let checked = done(Command::new("promtool").args(["check", check, file]).current_dir(&folder));
        let checked = checked.map_err(|why| match why.contains("No such file") {
            true => format!("promtool is missing (Debian package prometheus): {why}"),
            false => panic!("{file}: {why}"),
        });
        if unless_in_ci(checked).is_none() {
            return;
        }
    }
    for file in [
        "compose.yaml",
        "grafana/provisioning/datasources/prometheus.yml",
        "grafana/provisioning/dashboards/dashboards.yml",
    ] {
        assert_eq!(Yaml::load_from_str(&read(file)).unwrap().len(), 1, "{file}");
    }
    // What is mounted is where the provisioning looks for it.
    let compose = read("compose.yaml");
    assert!(compose.contains("./grafana/dashboards:/var/lib/grafana/dashboards:ro"));
    assert!(
        read("grafana/provisioning/dashboards/dashboards.yml").contains("path: /var/lib/grafana/dashboards")
    );
    let mut ids = BTreeSet::new();
    for (file, dashboard) in dashboards() {
        assert!(ids.insert(dashboard["uid"].to_string()), "{file}");
        let mut panels = BTreeSet::new();
        for panel in dashboard["panels"].as_array().unwrap() {
            assert!(panels.insert(panel["id"].as_u64().unwrap()), "{file}: {panel}");
            // All of the grid's twenty-four columns, and no more.
            let place = &panel["gridPos"];
            assert!(place["x"].as_u64().unwrap() + place["w"].as_u64().unwrap() <= 24, "{file}: {panel}");
        }
        let variables = dashboard["templating"]["list"].as_array().unwrap();
        let known: Vec<&str> = variables.iter().map(|one| one["name"].as_str().unwrap()).collect();
        let used = queries().into_iter().filter(|(place, _)| place.starts_with(&format!("{file}:")));
        for (place, query) in used {
            for name in query.split('$').skip(1) {
                let name: String =
                    name.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                assert!(name == "__rate_interval" || known.contains(&name.as_str()), "{place}: ${name}");
            }
        }
    }
}

/// What Spring Boot's Actuator shows of a server with a pool, a heap and some traffic, in Micrometer's names.
fn actuator() -> Target {
    let asked = AtomicU64::new(0);
    Target::answering(move |_| {
        let times = asked.fetch_add(1, Ordering::SeqCst);
        let mut text = String::new();
        for (uri, status) in [("/api/v1/waitings", "200"), ("/api/v1/waitings", "503")] {
            let labels = format!("method=\"POST\",uri=\"{uri}\",status=\"{status}\"");
            for (bound, count) in [("0.05", times * 6), ("0.2", times * 9), ("+Inf", times * 10)] {
                let _ =
                    writeln!(text, "http_server_requests_seconds_bucket{{{labels},le=\"{bound}\"}} {count}");
            }
            let _ = writeln!(text, "http_server_requests_seconds_count{{{labels}}} {}", times * 10);
            let _ = writeln!(text, "http_server_requests_seconds_sum{{{labels}}} {times}");
        }
        for (series, value) in [
            ("hikaricp_connections_active{pool=\"HikariPool-1\"}", 10.0),
            ("hikaricp_connections_pending{pool=\"HikariPool-1\"}", 3.0),
            ("hikaricp_connections_max{pool=\"HikariPool-1\"}", 10.0),
            ("jvm_memory_used_bytes{area=\"heap\",id=\"G1 Eden Space\"}", 2e8),
            ("jvm_memory_max_bytes{area=\"heap\",id=\"G1 Eden Space\"}", -1.0),
            ("jvm_memory_max_bytes{area=\"heap\",id=\"G1 Old Gen\"}", 5e8),
            ("process_cpu_usage", 0.4),
            ("system_cpu_usage", 0.95),
        ] {
            let _ = writeln!(text, "{series} {value}");
        }
        let labels = "action=\"end of minor GC\",cause=\"G1 Evacuation Pause\"";
        let _ = writeln!(text, "jvm_gc_pause_seconds_count{{{labels}}} {times}");
        let _ = writeln!(text, "jvm_gc_pause_seconds_sum{{{labels}}} {}", times as f64 / 50.0);
        answer(200, &[("Content-Type", "text/plain; version=0.0.4")], text)
    })
}

/// The folder of Prometheus' settings, as it is but for the addresses, and quicker.
fn settings(targets: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text = read("prometheus/prometheus.yml");
    assert!(text.contains("scrape_interval: 5s") && text.contains("scrape_interval: 2s"));
    let text =
        text.replace("_interval: 5s", "_interval: 1s").replace("scrape_interval: 2s", "scrape_interval: 1s");
    std::fs::write(folder.path().join("prometheus.yml"), text).unwrap();
    std::fs::write(folder.path().join("rules.yml"), read("prometheus/rules.yml")).unwrap();
    std::fs::create_dir(folder.path().join("targets")).unwrap();
    for (job, targets) in targets {
        std::fs::write(folder.path().join(format!("targets/{job}.yml")), targets).unwrap();
    }
    folder
}

/// Two scenarios on the practice shop: requests that are answered, some that are not there, and one that is overrun.
const SCRIPT: &str = "
import http from 'k6/http';
import { check, sleep } from 'k6';
export const options = { scenarios: {
    buy: { executor: 'constant-vus', vus: 3, duration: '45s' },
    rush: { executor: 'constant-arrival-rate', rate: 20, duration: '45s', preAllocatedVUs: 1, exec: 'rush' },
} };
export default function () {
    check(http.get(`${__ENV.T}/inventory/1`), { 'is there': (r) => r.status === 200 });
    http.post(`${__ENV.T}/purchase/1`);
    http.get(`${__ENV.T}/nowhere`);
    sleep(0.05);
}
export function rush() { sleep(0.5); }";

/// The series, with their labels, that the panels of k6's own dashboards ask for: 19665, and 18030 of native histograms.
const OF_K6: &[(&str, &[&str])] = &[
    ("k6_vus", &["testid"]),
    ("k6_http_reqs_total", &["testid", "expected_response", "status", "method", "name"]),
    ("k6_http_req_failed_rate", &["testid"]),
    ("k6_http_req_duration_p95", &["testid", "expected_response", "name", "method", "status"]),
    ("k6_http_req_duration_p99", &["testid", "name", "method", "status"]),
    ("k6_http_req_duration_min", &["testid", "name", "method", "status"]),
    ("k6_http_req_duration_max", &["testid", "name", "method", "status"]),
    ("k6_http_req_blocked_p99", &["testid"]),
    ("k6_http_req_tls_handshaking_p99", &["testid"]),
    ("k6_http_req_sending_p99", &["testid"]),
    ("k6_http_req_waiting_p99", &["testid"]),
    ("k6_http_req_receiving_p99", &["testid"]),
    ("k6_iteration_duration_p99", &["testid"]),
    ("k6_dropped_iterations_total", &["testid"]),
    ("k6_data_sent_total", &["testid"]),
    ("k6_data_received_total", &["testid"]),
    ("k6_checks_rate", &["testid", "check"]),
    ("k6_http_req_duration_seconds", &["testid", "expected_response", "name", "method", "status"]),
    ("k6_http_req_blocked_seconds", &["testid"]),
    ("k6_http_req_tls_handshaking_seconds", &["testid"]),
    ("k6_http_req_sending_seconds", &["testid"]),
    ("k6_http_req_waiting_seconds", &["testid", "expected_response"]),
    ("k6_http_req_receiving_seconds", &["testid"]),
    ("k6_iteration_duration_seconds", &["testid"]),
];

/// A query as Grafana sends it, its variables filled in.
fn filled(query: &str) -> String {
    [
        ("$testid", "one"),
        ("$job", "target"),
        ("$stat", "p95"),
        ("$quantile", "0.95"),
        ("$__rate_interval", "5s"),
    ]
    .iter()
    .fold(query.to_owned(), |query, (name, value)| query.replace(name, value))
}

/// Whether a query finds at least one number.
fn has_data(prometheus: &Prometheus, query: &str) -> bool {
    let found = prometheus.query(query);
    assert_eq!(found["status"], "success", "{query}: {found}");
    let is_number = |one: &Value| match one["value"][1].as_str() {
        Some(text) => text.parse::<f64>().is_ok_and(f64::is_finite),
        // A native histogram.
        None => one["histogram"].is_array(),
    };
    found["data"]["result"].as_array().unwrap().iter().any(is_number)
}

/// A Redis, and what exports its figures.
fn redis() -> Option<(Debian, Debian)> {
    let redis = Debian::start("redis-server", "redis-server", |command, port| {
        command.args(["--port", &port.to_string(), "--save", ""]);
    })?;
    let package = "prometheus-redis-exporter";
    let exporter = Debian::start(package, package, |command, port| {
        command.arg(format!("-redis.addr=redis://127.0.0.1:{}", redis.port));
        command.arg(format!("-web.listen-address=127.0.0.1:{port}"));
    })?;
    Some((redis, exporter))
}

/// Waits until the alerts are those of what is wrong here, and all of them can be evaluated.
fn wait_for_alerts(prometheus: &Prometheus) {
    const ON: [&str; 5] =
        ["RequestsFail", "IterationsDropped", "ConnectionPoolExhausted", "CpuSaturated", "ServerErrors"];
    wait_until("the alerts", || {
        let rules = prometheus.get("/api/v1/rules");
        let body = rules.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let rules: Value = serde_json::from_str(body).unwrap_or_default();
        let groups = rules["data"]["groups"].as_array().cloned().unwrap_or_default();
        let all: Vec<&Value> =
            groups.iter().filter_map(|group| group["rules"].as_array()).flatten().collect();
        let is_on = |name: &str| {
            let states = all.iter().filter(|rule| rule["name"] == name).map(|rule| &rule["state"]);
            states.into_iter().any(|state| state == "firing" || state == "pending")
        };
        let are_well = !all.is_empty() && all.iter().all(|rule| rule["health"] == "ok");
        are_well && ON.iter().all(|name| is_on(name)) && !is_on("RedisEvicts")
    });
}

#[test]
fn every_query_of_every_panel_has_data_while_a_run_goes_on() {
    let Some((_redis, exporter)) = redis() else { return };
    let shop = Shop::spawn_threads(ShopConfig::fast(), 1).unwrap();
    let (spring, load) = (actuator(), free_port());
    let of = |address: &str, labels: &str| format!("- targets: ['{address}']\n{labels}");
    let target = of(&shop.address().to_string(), "")
        + &of(&spring.address(), "  labels: {metrics_path: /actuator/prometheus}\n");
    let folder = settings(&[
        ("target", &target),
        ("load", &of(&format!("127.0.0.1:{load}"), "")),
        ("redis", &of(&format!("127.0.0.1:{}", exporter.port), "")),
    ]);
    // As in the compose file.
    let flag = "--enable-feature=native-histograms";
    assert!(
        read("compose.yaml").contains(flag)
            && read("compose.yaml").contains("--web.enable-remote-write-receiver")
    );
    let Some(prometheus) = Prometheus::within(folder, &[flag]) else { return };
    prometheus.wait_for_scrapes();
    let run = Run::new()
        .script(SCRIPT)
        .arg("-e")
        .arg(&format!("T=http://{}", shop.address()))
        .args("--tag testid=one --out experimental-prometheus-rw --out")
        .arg(&format!("prometheus=127.0.0.1:{load}"))
        .env("K6_PROMETHEUS_RW_SERVER_URL", &format!("http://{}/api/v1/write", prometheus.address))
        .env("K6_PROMETHEUS_RW_PUSH_INTERVAL", "1s")
        .env("K6_PROMETHEUS_RW_TREND_AS_NATIVE_HISTOGRAM", "true")
        .env("K6_PROMETHEUS_RW_TREND_STATS", "p(95),p(99),min,max")
        .start();
    let mut open = queries();
    assert!(open.len() > 80, "{}", open.len());
    for (series, labels) in OF_K6 {
        let labels: Vec<String> = labels.iter().map(|label| format!("{label}!=\"\"")).collect();
        open.push(("a dashboard of k6".to_owned(), format!("{series}{{{}}}", labels.join(","))));
    }
    let since = Instant::now();
    while !open.is_empty() && since.elapsed() < Duration::from_secs(35) {
        open.retain(|(_, query)| !has_data(&prometheus, &filled(query)));
        std::thread::sleep(Duration::from_millis(500));
    }
    assert!(open.is_empty(), "without data: {open:#?}");
    wait_for_alerts(&prometheus);
    run.signal(rustix::process::Signal::INT);
    run.end();
}
