//! What is counted, under which tags, and thresholds on it.

use flashcrowd_test::Test as _;

use crate::harness::{desk, iterate, load, play};

const CLIENT: &str = "
import { group } from 'k6';
import exec from 'k6/execution';
import { Client } from 'flashcrowd/dynamodb';
const db = new Client({
  endpoint: __ENV.ENDPOINT, credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, attempts: 3, retryBase: '1ms',
});
";

#[test]
fn throttles_are_counted_retried_and_thrown_in_the_end() {
    let desk = desk(Some(1));
    let body = r"
    let thrown = 0;
    let last;
    for (let i = 0; i < 30; i++) {
      try { db.putItem({ TableName: 'Things', Item: { id: `${i}` } }); } catch (e) { thrown++; last = e; }
    }
    console.log(thrown, last.name, last.kind, last.attempts, last.reasons[0].reason);
    ";
    let ran = iterate(body, &desk.url());
    let said: Vec<_> = ran.said[0].split(' ').collect();
    let thrown: f64 = said[0].parse().unwrap();
    assert!(thrown > 0.0, "{said:?}");
    assert_eq!(
        said[1..],
        [
            "ProvisionedThroughputExceededException",
            "throttled",
            "3",
            "TableWriteProvisionedThroughputExceeded"
        ]
    );
    let stats = desk.handle().stats();
    let counted = stats.operations["PutItem Things"];
    assert_eq!(ran.sum("dynamodb_calls"), 30.0);
    assert_eq!(ran.sum("dynamodb_served"), counted.served as f64);
    assert_eq!(ran.sum("dynamodb_throttled"), counted.throttled as f64);
    assert_eq!(ran.sum("dynamodb_attempts"), (counted.served + counted.throttled) as f64);
    assert_eq!(ran.sum("http_reqs"), ran.sum("dynamodb_attempts"));
    assert_eq!((ran.sum("dynamodb_gave_up"), ran.sum("dynamodb_failed")), (thrown, thrown));
    assert_eq!(ran.sum("http_req_failed"), 0.0);
    let reasons = ran.rows("dynamodb_throttled", &["reason"]);
    assert_eq!(reasons.into_keys().collect::<Vec<_>>(), ["TableWriteProvisionedThroughputExceeded"]);
    assert_eq!(ran.sum("dynamodb_consumed_write"), stats.tables["Things"].write);
    assert!(ran.sum("data_sent") > 0.0 && ran.sum("data_received") > 0.0);
}

#[test]
fn samples_carry_the_tags_that_the_virtual_user_has_then() {
    let desk = desk(None);
    let script = format!(
        "{CLIENT}
    export const options = {{
      scenarios: {{ shop: {{ executor: 'per-vu-iterations', vus: 2, iterations: 3 }} }},
      thresholds: {{
        'dynamodb_calls{{scenario:shop}}': ['count==18'],
        'dynamodb_calls{{group:::order}}': ['count==6'],
        'dynamodb_calls{{page:home}}': ['count==6'],
        'dynamodb_calls{{kind:vip}}': ['count==6'],
        'http_reqs{{group:::order}}': ['count==6'],
        'http_reqs{{name:mine}}': ['count==6'],
        'http_reqs{{name:GetItem Things}}': ['count==12'],
        'http_req_duration{{page:home}}': ['max<60000'],
        'dynamodb_failed': ['rate==0'],
        'dynamodb_call_duration{{name:mine}}': ['p(95)<60000'],
      }},
    }};
    const get = (params) => db.getItem({{ TableName: 'Things', Key: {{ id: 'a' }} }}, params);
    export default function () {{
      group('order', () => get());
      get({{ tags: {{ page: 'home', name: 'mine' }} }});
      exec.vu.tags.kind = 'vip';
      get();
      delete exec.vu.tags.kind;
    }}"
    );
    let ran = play(&script, &desk.url());
    assert_eq!(ran.said, [""; 0]);
    let thresholds: Vec<_> = ran.results.metrics.iter().flat_map(|metric| &metric.thresholds).collect();
    assert_eq!(thresholds.len(), 10);
    let failed: Vec<_> = thresholds.iter().filter(|threshold| !threshold.ok).collect();
    assert!(failed.is_empty(), "{failed:?}");
    assert_eq!(
        ran.rows("dynamodb_consumed_read", &["table"]).into_iter().collect::<Vec<_>>(),
        [("Things".into(), 9.0)]
    );
}

#[test]
fn thresholds_of_other_scripts_do_not_know_the_metrics() {
    let options = "export const options = { thresholds: { dynamodb_throttled: ['count<1'] } };";
    let run = "export default function () {}";
    let loaded = load(&format!("{CLIENT}{options}{run}"), &[]).unwrap();
    assert_eq!(loaded.views().len(), 1);
    let error = load(&format!("{options}{run}"), &[]).err().unwrap();
    assert!(error.contains("dynamodb_throttled"), "{error}");
    let loaded = load(run, &[]).unwrap();
    assert!(loaded.views().is_empty() && loaded.registry().find("dynamodb_calls").is_none());
}
