//! What people look up first: which request was slow, and the figures of the load alone.

use crate::records::{json, kept, printed, reading, recording, text};
use crate::run::Run;
use crate::target::mirror;

/// Two scenarios that share a request, and a third request that only one has.
const SHARED: &str = "import http from 'k6/http';
    const one = (name) => http.get(__ENV.T + (name === 'slow' ? '/slow/60' : '/slow/5'), { tags: { name } });
    export const options = { scenarios: {
      browse: { executor: 'shared-iterations', vus: 2, iterations: 10, exec: 'browse' },
      buy: { executor: 'shared-iterations', vus: 2, iterations: 10, exec: 'buy' } } };
    export function browse() { one('item'); }
    export function buy() { one('item'); one('slow'); }";

#[test]
fn requests_are_told_apart_and_the_slowest_comes_first() {
    let (target, folder) = (mirror(), kept("shared"));
    let run = Run::new().script(SHARED).env("T", &target.url()).args("--record").arg(text(&folder));
    let outcome = run.go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    // The lines of the summary are those that programs know; the table stands below them.
    let (summary, table) = outcome.stdout.split_once("Response times by request").unwrap();
    assert!(summary.contains("http_req_duration...") && summary.contains("iterations..."), "{summary}");
    let (report, markdown) = (printed("report", &folder, ""), printed("report", &folder, "--format md"));
    for (table, between) in [(table, " "), (report.as_str(), " "), (markdown.as_str(), "|")] {
        let rows = |name: &str| {
            let names = |line: &&str| line.trim_start_matches(['|', ' ']).starts_with(name);
            table.lines().filter(names).map(str::to_owned).collect::<Vec<_>>()
        };
        let (slow, item) = (rows("GET slow"), rows("GET item"));
        assert!(slow.len() == 1 && item.len() == 1, "{table}");
        assert!(table.find(&slow[0]) < table.find(&item[0]), "{table}");
        let cells: Vec<&str> =
            item[0].split(between).map(str::trim).filter(|cell| !cell.is_empty()).collect();
        assert!(cells.contains(&"20") && !item[0].contains('–'), "{item:?}");
    }
}

#[test]
fn a_quiet_run_and_one_request_have_no_table() {
    let target = mirror();
    let one =
        "import http from 'k6/http'; export default () => http.get(__ENV.T, { tags: { name: 'one' } });";
    for (script, args) in [(SHARED, "-q"), (one, ""), (SHARED, "--summary-mode legacy")] {
        let outcome = Run::new().script(script).env("T", &target.url()).args(args).go();
        assert!(!outcome.stdout.contains("by request") && outcome.code == Some(0), "{outcome:?}");
    }
}

#[test]
fn reports_speak_of_the_load_and_not_of_setup_and_teardown() {
    let script = "import http from 'k6/http'; import { sleep } from 'k6';
        export const options = { vus: 2, duration: '2s' };
        const get = (name) => http.get(__ENV.T + (name === 'work' ? '' : '/slow/1000'), { tags: { name } });
        export function setup() { get('prepare'); }
        export default () => { get('work'); sleep(0.1); }
        export function teardown() { get('clear'); sleep(3); }";
    let (target, folder) = (mirror(), kept("teardown"));
    let outcome = recording(&folder, script, &target).go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let results = json(&folder, "result.json");
    let load = &results["load"];
    let seconds = load["seconds"].as_f64().unwrap();
    assert!((1.9..4.0).contains(&seconds) && results["seconds"].as_f64().unwrap() > seconds + 4.5, "{load}");
    let of = |all: &serde_json::Value, name: &str| {
        let metric = all.as_array().unwrap().iter().find(|metric| metric["name"] == name).unwrap();
        metric["stats"].clone()
    };
    let (all, reqs) = (of(&results["metrics"], "http_reqs"), of(&load["metrics"], "http_reqs"));
    let count = reqs["count"].as_f64().unwrap();
    assert_eq!(all["count"].as_f64().unwrap(), count + 2.0);
    assert!((reqs["rate"].as_f64().unwrap() - count / seconds).abs() < 0.01, "{reqs}");
    // k6 divides by all of it.
    assert!(all["rate"].as_f64().unwrap() < count / 5.0, "{all}");
    assert!(of(&load["metrics"], "http_req_duration")["max"].as_f64().unwrap() < 1000.0);
    let report = printed("report", &folder, "");
    let line = report.lines().find(|line| line.contains("Requests/sec")).unwrap();
    let rate: f64 = line.split_whitespace().find_map(|word| word.strip_suffix("/s")?.parse().ok()).unwrap();
    assert!((rate / (count / seconds) - 1.0).abs() < 0.05, "{rate} {report}");
    assert!(report.contains("including setup and teardown)"), "{report}");
    assert!(!report.contains("prepare") && !report.contains("clear"), "{report}");
}

#[test]
fn reports_in_a_pipe_have_a_hundred_columns_and_no_colours() {
    let (target, folder) = (mirror(), kept("pipe"));
    assert_eq!(recording(&folder, SHARED, &target).go().code, Some(0));
    for lang in ["en", "ko"] {
        let outcome = reading("report", &folder).args(&format!("--lang {lang}")).go();
        assert!(outcome.stdout.lines().all(|line| flashcrowd_text::width(line) <= 100), "{outcome:?}");
        assert!(!outcome.stdout.contains('\u{1b}'), "{outcome:?}");
    }
}
