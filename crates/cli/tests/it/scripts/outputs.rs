//! Outputs stream every sample while a test runs.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value;

use crate::run::Run;
use crate::target::mirror;

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
