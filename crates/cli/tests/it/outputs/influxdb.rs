//! `influxdb` against what speaks for InfluxDB.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::SCRIPT;
use crate::run::Run;
use crate::target::{Target, answer, mirror};

/// How many lines of each measurement came.
pub fn measurements(lines: &str) -> HashMap<String, u64> {
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
    // Long enough for a sample of `vus`.
    let script = SCRIPT.replace("{ check }", "{ check, sleep }").replace("200 });", "200 }); sleep(0.08);");
    let script = script.replace("/a`)", "/a`, { tags: { team: 'a, b=c' } })");
    let outcome = Run::new()
        .script(&script)
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
    // What the panels of the well-known dashboard 2587 read.
    for measurement in [
        "vus",
        "http_reqs",
        "checks",
        "http_req_duration",
        "http_req_blocked",
        "http_req_connecting",
        "http_req_sending",
        "http_req_waiting",
        "http_req_receiving",
        "http_req_tls_handshaking",
    ] {
        let line = taken.lines().find(|line| {
            line.starts_with(&format!("{measurement},")) || line.starts_with(&format!("{measurement} "))
        });
        assert!(line.is_some_and(|line| line.contains(" value=")), "{measurement}: {line:?}");
    }
    assert!(taken.lines().any(|line| line.starts_with("checks,check=is\\ there,")));
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
