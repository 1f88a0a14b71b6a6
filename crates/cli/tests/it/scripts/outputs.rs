//! Outputs stream every sample while a test runs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::run::Run;
use crate::target::{Target, answer, mirror};
use serde_json::Value;

const SCRIPT: &str = "
import http from 'k6/http';
import { check } from 'k6';
export const options = { vus: 3, iterations: 60, thresholds: { http_req_duration: ['p(95)<60000'] } };
export default function () { check(http.get(`${__ENV.T}/a`), { 'is there': (r) => r.status === 200 }); }";

#[test]
fn every_sample_is_a_line_and_every_metric_has_one_before() {
    let target = mirror();
    for (flag, env) in [(Some("json=samples.json"), None), (None, Some("json=samples.json"))] {
        let mut run =
            Run::new().script(SCRIPT).arg("-e").arg(&format!("T={}", target.url())).args("--record rec");
        run = flag.into_iter().fold(run, |run, spec| run.arg("--out").arg(spec));
        run = env.into_iter().fold(run, |run, spec| run.env("K6_OUT", spec));
        let outcome = run.go();
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        let text = outcome.read("samples.json");
        let mut points: HashMap<String, u64> = HashMap::new();
        for line in text.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let metric = line["metric"].as_str().unwrap().to_owned();
            match line["type"].as_str() {
                Some("Metric") => assert!(points.insert(metric, 0).is_none(), "{line}"),
                Some("Point") => *points.get_mut(&metric).unwrap() += 1,
                other => panic!("{other:?}"),
            }
            if line["type"] == "Point" && line["metric"] == "http_reqs" {
                let data = &line["data"];
                assert_eq!(
                    (data["value"].as_f64(), data["tags"]["status"].as_str()),
                    (Some(1.0), Some("200"))
                );
                assert!(data["time"].as_str().unwrap().ends_with('Z'), "{line}");
            }
        }
        // Both ways to the number of samples of each metric agree.
        let results = outcome.json("rec/result.json");
        for metric in
            results["metrics"].as_array().unwrap().iter().filter(|metric| metric["parent"].is_null())
        {
            let name = metric["name"].as_str().unwrap();
            assert_eq!(points.get(name).copied(), metric["samples"].as_u64(), "{name}");
        }
        assert_eq!((points["http_reqs"], points["checks"], points["iterations"]), (60, 60, 60));
        let head =
            text.lines().find(|line| line.contains(r#""type":"Metric","data":{"name":"http_req_duration""#));
        assert!(
            head.unwrap().contains(r#""type":"trend","contains":"time","thresholds":["p(95)<60000"]"#),
            "{head:?}"
        );
    }
}

#[test]
fn a_table_has_a_line_for_every_sample_and_a_column_for_every_system_tag() {
    let target = mirror();
    let script = SCRIPT.replace("/a`)", "/a`, { tags: { team: 'a,\"b\"', tier: '1' } })");
    let run = |spec: &str| {
        let run = Run::new().script(&script).arg("-e").arg(&format!("T={}", target.url()));
        let outcome = run.args("--record rec --out").arg(spec).go();
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        outcome
    };
    let outcome = run("csv=samples.csv");
    let mut table = csv::Reader::from_path(outcome.path("samples.csv")).unwrap();
    let head: Vec<String> = table.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(
        head.join(","),
        "metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,proto,\
         scenario,service,status,subproto,tls_version,url,extra_tags,metadata"
    );
    let mut counts: HashMap<String, u64> = HashMap::new();
    for line in table.records() {
        let line = line.unwrap();
        *counts.entry(line[0].to_owned()).or_default() += 1;
        if &line[0] == "http_reqs" {
            let of = |column: &str| &line[head.iter().position(|name| name == column).unwrap()];
            assert_eq!((of("metric_value"), of("status"), of("method")), ("1.000000", "200", "GET"));
            assert_eq!((of("extra_tags"), of("metadata")), ("team=a,\"b\"&tier=1", ""));
            assert!(of("timestamp").parse::<u64>().is_ok_and(|seconds| seconds > 1_600_000_000));
        }
    }
    let results = outcome.json("rec/result.json");
    for metric in results["metrics"].as_array().unwrap().iter().filter(|metric| metric["parent"].is_null()) {
        let name = metric["name"].as_str().unwrap();
        assert_eq!(counts.get(name).copied(), metric["samples"].as_u64(), "{name}");
    }
    let zipped = run("csv=fileName=samples.csv.gz,timeFormat=rfc3339_nano");
    let file = std::fs::File::open(zipped.path("samples.csv.gz")).unwrap();
    let text = std::io::read_to_string(flate2::read::GzDecoder::new(file)).unwrap();
    assert!(text.lines().nth(1).unwrap().split(',').nth(1).unwrap().ends_with('Z'), "{text}");
}

/// Prometheus of Debian's package, which takes what is pushed; none where it is not installed, a failure in CI.
struct Prometheus {
    process: std::process::Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl Prometheus {
    fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("prometheus.yml"), "global: {}\n").unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        drop(listener);
        let mut command = std::process::Command::new("prometheus");
        command.args([
            "--web.enable-remote-write-receiver",
            "--storage.tsdb.path=data",
            "--config.file=prometheus.yml",
        ]);
        command.arg(format!("--web.listen-address={address}")).current_dir(folder.path());
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        match command.spawn() {
            Ok(process) => {
                let started = Self { process, address, _folder: folder };
                let start = tokio::time::Instant::now();
                while !started.get("/-/ready").starts_with("HTTP/1.1 200") {
                    assert!(start.elapsed() < Duration::from_secs(60), "it does not become ready");
                    std::thread::sleep(Duration::from_millis(50));
                }
                Some(started)
            }
            Err(_) if std::env::var("CI").as_deref() != Ok("true") => None,
            Err(error) => {
                panic!("prometheus cannot be started: install the Debian package prometheus: {error}")
            }
        }
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

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
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

#[test]
fn what_is_wrong_with_an_output_is_reported_before_the_run() {
    let run = |spec: &str| Run::new().script("export default function () {}").arg("--out").arg(spec).go();
    let unknown = run("graphite=http://localhost:2003");
    assert_eq!(unknown.code, Some(104));
    assert!(unknown.stderr.contains("there is no output 'graphite': use json=samples.json"), "{unknown:?}");
    let nothing = run("json");
    assert_eq!(nothing.code, Some(104));
    assert!(nothing.stderr.contains("--out json: say where to, as in json=samples.json"), "{nothing:?}");
    let twice = Run::new().script("export default function () {}").args("--out json=a --out json=a").go();
    assert_eq!(twice.code, Some(104));
    assert!(twice.stderr.contains("--out json=a: this output is there twice"), "{twice:?}");
    let nowhere = run("json=no/such/folder/x.json");
    assert_eq!(nowhere.code, Some(255));
    assert!(nowhere.stderr.contains("--out json=no/such/folder/x.json: No such file"), "{nowhere:?}");
}

#[test]
fn a_stream_that_is_not_complete_is_no_success() {
    let outcome =
        Run::new().script("export default function () {}").args("-i 20000 -u 4 --out json=/dev/full").go();
    assert_eq!(outcome.code, Some(255), "{outcome:?}");
    assert!(outcome.stderr.contains("the output is not complete: No space left on device"), "{outcome:?}");
}

#[test]
fn a_stream_that_cannot_be_written_is_no_success() {
    let full = "/dev/full";
    let script = || Run::new().script("export default function () {}");
    let on_disk = |run: Run, file: &str, what: &str| {
        let outcome = run.go_into(file);
        assert_eq!(outcome.code, Some(255), "{outcome:?}");
        assert!(outcome.stderr.contains(what), "{outcome:?}");
    };
    on_disk(script(), full, "cannot write to standard output: No space left on device");
    on_disk(Run::of("schema plan"), full, "cannot write to standard output: No space left on device");
    on_disk(Run::of("completions bash"), full, "cannot write to standard output: No space left on device");
    for (flag, code) in [("--log-output file=/dev/full", 255), ("--log-output file=/no/such/x.log", 255)] {
        let outcome = Run::new().script("export default function () { console.log('x'); }").args(flag).go();
        assert_eq!(outcome.code, Some(code), "{flag}: {outcome:?}");
        assert!(outcome.stderr.contains("cannot write"), "{flag}: {outcome:?}");
    }
}

#[test]
fn a_record_that_goes_away_is_no_success() {
    let target = mirror();
    let script = "import http from 'k6/http'; import { sleep } from 'k6';
        export const options = { vus: 1, duration: '3s', thresholds: { http_reqs: ['count>0'] } };
        export default () => { http.get(__ENV.T); if (__ITER === 5) console.log('HALF'); sleep(0.1); };";
    for gone in ["rec", "rec/timeline.jsonl"] {
        let started = Run::of("run script.js -q --record rec").script(script).env("T", &target.url()).start();
        started.err_line("HALF");
        let path = started.path(gone);
        if path.is_dir() {
            std::fs::remove_dir_all(path).unwrap()
        } else {
            std::fs::remove_file(path).unwrap()
        }
        let outcome = started.end_within(Duration::from_secs(20));
        assert_eq!(outcome.code, Some(255), "{gone}: {outcome:?}");
    }
}

#[test]
fn what_could_not_be_written_is_in_the_record_as_in_the_exit_code() {
    let own = "export function handleSummary() { return { 'no/such.json': 'x', 'fine.json': 'y' }; }";
    for (flags, rest, why) in [
        ("", own, "cannot write 'no/such.json'"),
        ("--summary-export no/such.json", "", "cannot write 'no/such.json'"),
        ("--out json=/dev/full", "", "the output is not complete"),
    ] {
        let script = format!("export const options = {{ iterations: 9 }}; export default () => {{}}; {rest}");
        let command = format!("run script.js --record rec {flags}");
        let outcome = Run::of(&command).script(&script).go();
        assert_eq!(outcome.code, Some(255), "{flags}: {outcome:?}");
        assert!(outcome.stderr.contains(why), "{flags}: {outcome:?}");
        assert!(outcome.stdout.contains("FAIL") && !outcome.stdout.contains("PASS"), "{flags}: {outcome:?}");
        let result = outcome.json("rec/result.json");
        let told = (&result["outcome"]["exit_code"], &result["verdict"], &result["verdict_reason"]["cause"]);
        assert_eq!(told, (&255.into(), &"fail".into(), &"incomplete".into()), "{flags}");
        let verified = outcome.then("verify rec").go();
        assert_eq!(verified.code, Some(0), "{flags}: {verified:?}");
        if !rest.is_empty() {
            assert_eq!(outcome.read("fine.json"), "y", "the others are written");
        }
        // What was promised and missed counts for more.
        let script =
            script.replace("iterations: 9", "iterations: 9, thresholds: { iterations: ['count>9'] }");
        let outcome = Run::of(&command).script(&script).go();
        assert_eq!(
            (outcome.code, &outcome.json("rec/result.json")["outcome"]["exit_code"]),
            (Some(99), &99.into())
        );
        assert!(outcome.stderr.contains(why), "{flags}: {outcome:?}");
    }
}

#[test]
fn a_dash_is_standard_output() {
    let script = "import { Counter } from 'k6/metrics'; const sold = new Counter('sold');
        export default function () { sold.add(1); }";
    let run = Run::new().script(script).args("-i 3 -q --no-summary --no-thresholds --out json=-");
    let outcome = run.go();
    let lines: Vec<Value> = outcome.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let sold = |line: &&Value| line["type"] == "Point" && line["metric"] == "sold";
    assert_eq!(lines.iter().filter(sold).count(), 3, "{outcome:?}");
    assert!(!outcome.path("-").exists());
}
