//! Records that tests read: kept by real runs, against targets inside the test.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::Value;

use crate::run::{Outcome, Run};
use crate::target::{Target, mirror};

/// Two users, then six; one request in ten fails. Names want to be escaped in every format.
const SCRIPT: &str = "import http from 'k6/http'; import { check, sleep } from 'k6';
    export const options = {
      scenarios: { crowd: { executor: 'ramping-vus', startVUs: 2, gracefulStop: '1s', stages: [
        { duration: '2s', target: 2 }, { duration: '0s', target: 6 }, { duration: '2s', target: 6 }] } },
      thresholds: { http_req_duration: ['p(95)<5000'], http_req_failed: ['rate<0.01'] } };
    export default function () {
      const response = http.get(__ENV.T + (__ITER % 10 === 9 ? '/status/500' : '/slow/8'), { tags: { name: `<img src=x onerror=alert(1)> & 'a' | \"b\"` } });
      check(response, { '</script><b>\"fine\"</b> & `so`': (r) => r.status === 200 });
      sleep(0.05);
    }";

/// The folder of a whole run whose threshold was crossed. It is kept once for all tests.
pub fn crossed() -> &'static Path {
    static RECORD: LazyLock<PathBuf> = LazyLock::new(|| {
        let (target, folder) = (mirror(), kept("crossed"));
        let outcome = recording(&folder, SCRIPT, &target).go();
        assert_eq!(outcome.code, Some(99), "{outcome:?}");
        folder
    });
    &RECORD
}

/// A run that will keep its record in that folder.
pub fn recording(folder: &Path, script: &str, target: &Target) -> Run {
    Run::new().script(script).env("T", &target.url()).args("-q --record").arg(text(folder))
}

/// A folder for a record, whose name no other test uses; what earlier tests have left in it is gone.
pub fn kept(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("records").join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    folder
}

/// A call that reads a record: `report RECORD`.
pub fn reading(command: &str, record: &Path) -> Run {
    Run::of(command).arg(text(record))
}

/// What such a call prints when all goes well.
pub fn printed(command: &str, record: &Path, args: &str) -> String {
    let outcome: Outcome = reading(command, record).args(args).go();
    assert!(outcome.code == Some(0) && outcome.stderr.is_empty(), "{command} {args}: {outcome:?}");
    outcome.stdout
}

/// A JSON file of a record.
pub fn json(record: &Path, name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(record.join(name)).unwrap()).unwrap()
}

/// A number of a metric in results.
pub fn stat(results: &Value, metric: &str, stat: &str) -> f64 {
    let metrics = results["metrics"].as_array().unwrap();
    let found = metrics.iter().find(|one| one["name"] == metric).unwrap();
    found["stats"][stat].as_f64().unwrap_or_else(|| panic!("{metric} {stat}: {found}"))
}

/// Whether a text has that number in it, rounded to whatever digits, with or without separators of thousands.
pub fn shows(shown: &str, value: f64) -> bool {
    let plain = shown.replace(',', "");
    let bounded = |number: &str| {
        plain.match_indices(number).any(|(at, _)| {
            let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit() || c == '.');
            let after = plain[at + number.len()..].trim_start_matches('.');
            !digit(plain[..at].chars().next_back()) && !after.starts_with(|c: char| c.is_ascii_digit())
        })
    };
    (0..=3).any(|digits| bounded(&format!("{value:.digits$}")))
}

/// A path as an argument.
pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn numbers_are_found_whole() {
    for (text, value, found) in [
        ("123 requests", 123.0, true),
        ("1,234.5ms", 1234.51, true),
        ("took 38.2 ms.", 38.17, true),
        ("took 38.", 38.17, true),
        ("1234", 123.0, false),
        ("0.123", 123.0, false),
        ("123.9", 123.0, false),
        ("", 1.0, false),
    ] {
        assert_eq!(shows(text, value), found, "{text}");
    }
}
