//! What is concluded from a run against DynamoDB: what would not hold on the day does not pass, and its cause is named.

use serde_json::Value;

use crate::dynamodb::practice::Practice;
use crate::run::{Outcome, Run, Signal};

fn judged<'a>(result: &'a Value, name: &str) -> &'a Value {
    let all = result["expectations"].as_array().unwrap();
    all.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("{name}: {all:?}"))
}

fn found<'a>(result: &'a Value, id: &str) -> &'a Value {
    let all = result["findings"].as_array().unwrap();
    all.iter().find(|one| one["id"] == id).unwrap_or_else(|| panic!("{id}: {all:?}"))
}

fn advice(outcome: &Outcome, lang: &str) -> String {
    let outcome = outcome.then(&format!("advise out --lang {lang}")).go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    outcome.stdout
}

#[test]
fn a_load_that_lives_on_the_burst_of_a_table_is_no_pass() {
    let line = "dynamodb --local --provisioned 20 20 --workers 5 --duration 5s --read-ratio 1 --patterns get=1 --consistent \
                --out-dir out";
    let outcome = Run::of(line).env("AWS_EC2_METADATA_DISABLED", "true").go();
    assert_eq!(outcome.code, Some(99), "{outcome:?}");
    let result = outcome.json("out/result.json");
    assert_eq!(judged(&result, "throttle_rate")["result"], "pass", "{result}");
    let utilization = judged(&result, "capacity_utilization");
    assert_eq!(utilization["result"], "fail");
    let lines = result["capacity"]["lines"].as_array().unwrap();
    let reads = lines.iter().find(|line| line["table"] == "Products" && line["kind"] == "read").unwrap();
    let consumed = reads["busiest_minute"].as_f64().unwrap();
    assert!(consumed > 40.0, "{reads}");
    assert!((utilization["value"].as_f64().unwrap() - 5.0 * consumed).abs() < 1e-6);
    // 300 s of 20 a second are saved up.
    let burst = found(&result, "dynamodb-burst");
    assert_eq!(burst["severity"], "critical");
    let lasts = burst["figures"]["burst_seconds_1"].as_f64().unwrap();
    assert!((lasts - 6_000.0 / (consumed - 20.0)).abs() < 1e-6, "{burst}");
    assert!(advice(&outcome, "en").contains("The burst that carried this test does not last."));
    assert!(advice(&outcome, "ko").contains("버스트는 곧 소진됩니다"));
}

#[test]
fn what_was_due_during_an_outage_counts() {
    let practice = Practice::start("--dynamodb-latency 1ms");
    assert_eq!(practice.run("dynamodb setup --on-demand").go().code, Some(0));
    let started =
        practice.run("dynamodb --demo --duration 9s --out-dir out --attempts 2 --retry-cap 100ms").start();
    started.wait_for_lines("out/timeline.jsonl", 3);
    practice.process.signal(Signal::KILL);
    let outcome = started.end();
    let result = outcome.json("out/result.json");
    let failures = judged(&result, "failure_rate");
    // Three of nine seconds were served, or a little more.
    let share = failures["value"].as_f64().unwrap();
    assert!((35.0..80.0).contains(&share), "{failures}");
    assert!(failures["figures"]["missed"].as_f64().unwrap() > 0.0, "{failures}");
    assert_eq!(failures["result"], "fail");
}

/// Each update of the item takes 100 units.
const HOT: &str = "
import { Client } from 'flashcrowd/dynamodb';
const client = new Client({ region: 'us-east-1', attempts: 2 });
export const options = { scenarios: { hot: {
  executor: 'constant-arrival-rate', rate: 40, duration: '4s', preAllocatedVUs: 40,
} } };
export function setup() {
  client.putItem({ TableName: 'Products', Item: { product_id: 'hot', fill: 'x'.repeat(100 * 1000) } });
}
export default function () {
  try {
    client.updateItem({
      TableName: 'Products', Key: { product_id: 'hot' }, UpdateExpression: 'ADD n :one',
      ExpressionAttributeValues: { ':one': 1 },
    });
  } catch (error) {}
}
";

#[test]
fn one_hot_item_is_named_as_the_cause_in_a_script_too() {
    let practice = Practice::start("--dynamodb-latency 1ms");
    assert_eq!(practice.run("dynamodb setup --on-demand").go().code, Some(0));
    let outcome = Run::of("run script.js --record out")
        .script(HOT)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_ENDPOINT_URL", &practice.url)
        .go();
    let result = outcome.json("out/result.json");
    let throttling = found(&result, "dynamodb-throttling");
    assert_eq!(throttling["labels"]["cause"], "hot-key", "{throttling}");
    assert!(outcome.stdout.contains("Capacity units"), "{outcome:?}");
    let advice = advice(&outcome, "en");
    assert!(advice.contains("more capacity does not help"), "{advice}");
    assert!(!advice.contains("on-demand"), "{advice}");
    // The client knows which item it is, on any target.
    let hot = found(&result, "dynamodb-hot-key");
    assert!(hot["evidence"].as_str().unwrap().contains("key hot of Products"), "{hot}");
    let keys = result["capacity"]["keys"].as_array().unwrap();
    assert!(keys[0]["table"] == "Products" && keys[0]["kind"] == "write", "{keys:?}");
    assert!(keys[0]["rate"].as_f64().unwrap() > 900.0, "{keys:?}");
}

/// Each put takes 100 units, of ever other keys.
const SURGE: &str = "
import exec from 'k6/execution';
import { Client } from 'flashcrowd/dynamodb';
const client = new Client({ region: 'us-east-1', attempts: 1 });
export const options = { scenarios: { surge: {
  executor: 'constant-arrival-rate', rate: 100, duration: '6s', preAllocatedVUs: 40,
} } };
const fill = 'x'.repeat(100 * 1000);
export default function () {
  try {
    client.putItem({ TableName: 'Products', Item: { product_id: `p${exec.scenario.iterationInTest}`, fill } });
  } catch (error) {}
}
";

#[test]
fn a_surge_beyond_what_an_on_demand_table_serves_is_named_as_the_cause() {
    let practice = Practice::start("--dynamodb-latency 1ms");
    assert_eq!(practice.run("dynamodb setup --on-demand").go().code, Some(0));
    let outcome = Run::of("run script.js --record out")
        .script(SURGE)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_ENDPOINT_URL", &practice.url)
        .go();
    let result = outcome.json("out/result.json");
    let throttling = found(&result, "dynamodb-throttling");
    assert_eq!(throttling["labels"]["cause"], "on-demand-peak", "{throttling}");
    assert!(advice(&outcome, "en").contains("warm throughput"), "{}", advice(&outcome, "en"));
    assert!(advice(&outcome, "ko").contains("웜 처리량"), "{}", advice(&outcome, "ko"));
}

#[test]
fn one_report_has_one_rate_and_says_what_counts_as_what() {
    let line =
        "dynamodb --local --provisioned 2 2 --burst 0 --workers 4 --duration 5s --out-dir out --attempts 3";
    let outcome = Run::of(line).env("AWS_EC2_METADATA_DISABLED", "true").go();
    assert_eq!(outcome.code, Some(99), "{outcome:?}");
    let result: Value = serde_json::from_str(&outcome.read("out/load_test_result.json")).unwrap();
    let report = outcome.then("report out").go().stdout;
    let line = |name: &str| {
        let line = report.lines().find(|line| line.trim_start().starts_with(name));
        line.unwrap_or_else(|| panic!("{name}: {report}")).to_owned()
    };
    let percent = |name: &str| {
        let line = line(name);
        let word = line.split_whitespace().find(|word| word.ends_with('%')).unwrap().trim_end_matches('%');
        word.parse::<f64>().unwrap()
    };
    let failed = result["failure_percent"].as_f64().unwrap();
    assert!(failed > 5.0, "{result}");
    assert!((percent("Error Rate") - failed).abs() < 0.1, "{report}");
    assert!((percent("Success rate") - (100.0 - failed)).abs() < 0.1, "{report}");
    let rate = result["rps"].as_f64().unwrap();
    let shown = line("Requests/sec").split_whitespace().nth(1).unwrap().trim_end_matches("/s").to_owned();
    assert!((shown.parse::<f64>().unwrap() - rate).abs() < 0.1, "{shown} of {rate}");
    assert!(line("A request is what a customer asked for").contains("attempts"), "{report}");
}

#[test]
fn an_endpoint_of_the_profile_is_where_the_load_goes() {
    let practice = Practice::start("--dynamodb-latency 1ms");
    assert_eq!(practice.run("dynamodb setup --on-demand").go().code, Some(0));
    for config in [
        format!("[profile emulator]\nregion = us-east-1\nendpoint_url = {}\n", practice.url),
        format!(
            "[profile emulator]\nregion = us-east-1\nservices = here\n[services here]\ndynamodb =\n  endpoint_url = {}\n",
            practice.url
        ),
    ] {
        let outcome = Run::of("dynamodb capacity --profile emulator")
            .file("config", config)
            .file("credentials", "[emulator]\naws_access_key_id = a\naws_secret_access_key = b\n")
            .env("AWS_CONFIG_FILE", "config")
            .env("AWS_SHARED_CREDENTIALS_FILE", "credentials")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .go();
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        assert!(outcome.stdout.contains("Products"), "{outcome:?}");
    }
}
