//! Outputs stream every sample while a test runs.

use std::collections::HashMap;

use crate::run::Run;
use crate::target::mirror;
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
fn what_is_wrong_with_an_output_is_reported_before_the_run() {
    let run = |spec: &str| Run::new().script("export default function () {}").arg("--out").arg(spec).go();
    let unknown = run("influxdb=http://localhost:8086");
    assert_eq!(unknown.code, Some(104));
    assert!(unknown.stderr.contains("there is no output 'influxdb': use json=samples.json"), "{unknown:?}");
    let nowhere = run("json=no/such/folder/x.json");
    assert_eq!(nowhere.code, Some(255));
    assert!(nowhere.stderr.contains("--out json=no/such/folder/x.json: No such file"), "{nowhere:?}");
}

#[test]
fn a_stream_that_is_not_complete_is_no_success() {
    let outcome =
        Run::new().script("export default function () {}").args("-i 20000 -u 4 --out json=/dev/full").go();
    assert_eq!(outcome.code, Some(255), "{outcome:?}");
    assert!(outcome.stderr.contains("the file is not complete: No space left on device"), "{outcome:?}");
}
