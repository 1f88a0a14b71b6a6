//! Tables of Prime Day: made, shown, switched, removed, and used by two runs at once.

use serde_json::Value;

use crate::dynamodb::practice::Practice;
use crate::dynamodb::prime_day::{begun, result};
use crate::run::{Run, Signal};

#[test]
fn tables_are_made_shown_switched_and_removed() {
    let practice = Practice::start("--dynamodb-latency 0");
    let missing = practice.run("dynamodb --demo").go();
    assert_eq!(missing.code, Some(104), "{missing:?}");
    for table in ["Categories", "Products", "Customers", "Orders", "dynamodb setup"] {
        assert!(missing.stderr.contains(table), "{missing:?}");
    }
    let done = |line: &str| {
        let outcome = practice.run(line).go();
        assert_eq!(outcome.code, Some(0), "{line}: {outcome:?}");
        outcome.stdout
    };
    let made = done("dynamodb setup --table-prefix t- --products 7 --provisioned 3 4");
    assert!(
        made.contains("created  t-Categories, t-Products, t-Customers, t-Orders (provisioned 3 RCU / 4 WCU)")
    );
    assert!(done("dynamodb setup --table-prefix t- --products 7").contains("items    0 written"));
    let shown = done("dynamodb capacity --table-prefix t-");
    assert_eq!(shown.matches("provisioned    3    4").count(), 5, "{shown}");
    assert!(done("dynamodb capacity --table-prefix t- --on-demand").contains("-> on-demand"));
    assert!(done("dynamodb capacity --table-prefix t- --on-demand").contains("nothing to change"));
    let run = practice.run("dynamodb --demo --duration 1s --table-prefix t- --burst 0").go();
    assert!(run.code == Some(104) && run.stderr.contains("--burst only applies"), "{run:?}");
    let run = practice.run("dynamodb --demo --duration 1s --table-prefix t- --out-dir out").go();
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!((&result(&run)["practice"], &result(&run)["endpoint"]), (&false.into(), &Value::Null));
    assert_eq!(done("dynamodb teardown --table-prefix t- --yes").matches("deleted  t-").count(), 4);
    assert!(done("dynamodb teardown --table-prefix t- --yes").contains("nothing to delete"));
}

#[test]
fn tables_of_somebody_else_are_switched_only_if_that_is_said() {
    let practice = Practice::start("--dynamodb-latency 0");
    let done = |line: &str| practice.run(line).go();
    assert_eq!(done("dynamodb setup --table-prefix t- --provisioned 3 4").code, Some(0));
    // Its own are switched at once. Those without setup's tag belong to somebody else.
    assert_eq!(done("dynamodb capacity --table-prefix t- --provisioned 4 4").code, Some(0));
    let made = Run::of("run script.js")
        .script(&UNTAG.replace("URL", &practice.url))
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .go();
    assert_eq!(made.code, Some(0), "{made:?}");
    let refused = done("dynamodb capacity --table-prefix t- --provisioned 5 5");
    assert!(refused.code == Some(104) && refused.stderr.contains("--yes"), "{refused:?}");
    assert!(refused.stderr.contains("t-Orders"), "{refused:?}");
    assert!(!done("dynamodb capacity --table-prefix t-").stdout.contains("provisioned    5    5"));
    let switched = done("dynamodb capacity --table-prefix t- --provisioned 5 5 --yes");
    assert_eq!(switched.code, Some(0), "{switched:?}");
}

/// Takes setup's tag from a table.
const UNTAG: &str = "
import http from 'k6/http';
const headers = {
  'X-Amz-Target': 'DynamoDB_20120810.UntagResource', 'Content-Type': 'application/x-amz-json-1.0',
  Authorization: 'AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
  'X-Amz-Date': '20260101T000000Z',
};
export default function () {
  const arn = 'arn:aws:dynamodb:us-east-1:000000000000:table/t-Orders';
  const answer = http.post('URL/', JSON.stringify({ ResourceArn: arn, TagKeys: ['flashcrowd'] }), { headers });
  if (answer.status !== 200) throw new Error(answer.body);
}
";

#[test]
fn a_second_run_starts_on_tables_that_are_busy() {
    let practice = Practice::start("--dynamodb-latency 1ms --dynamodb-burst 0");
    assert_eq!(practice.run("dynamodb setup --products 60 --provisioned 2 2").go().code, Some(0));
    let first = begun(practice.run("dynamodb --workers 8 --duration 20s --out-dir out --attempts 3"));
    let second = practice.run("dynamodb --workers 2 --duration 1s --out-dir out").go();
    assert!(matches!(second.code, Some(0 | 99)), "{second:?}");
    assert!(second.stdout.contains("Calls and attempts"), "{second:?}");
    first.signal(Signal::INT);
    first.end();
}
