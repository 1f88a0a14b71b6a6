//! What happens seldom, and what only some services do.

use flashcrowd_dynamodb_capacity::Mode;
use std::time::Duration;

use flashcrowd_dynamodb::Operation::{
    BatchWriteItem, DescribeTable, ListTagsOfResource, Scan, TagResource, TransactWriteItems, UpdateTable,
};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::script::Script;
use crate::control::describe::look_up;
use crate::control::error::ControlError;
use crate::control::owner::{Owner, mark, owner};
use crate::control::scan::scan;
use crate::control::seed::{Seed, seed};
use crate::control::state::Progress;
use crate::control::wait::{Wanted, until};
use crate::control::{read, switch, teardown, transactions};
use crate::shop::{Catalogue, Tables};

const SMALL: Mode = Mode::Provisioned { read: 2, write: 2 };

fn quiet(_: Progress) {}

fn table(status: &str, read: u64) -> Value {
    json!({"Table": {
        "TableStatus": status, "TableArn": "arn:T", "ItemCount": 3,
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "ProvisionedThroughput": {"ReadCapacityUnits": read, "WriteCapacityUnits": 2, "NumberOfDecreasesToday": 4},
        "GlobalSecondaryIndexes": [{
            "IndexName": "i", "IndexStatus": "ACTIVE",
            "ProvisionedThroughput": {"ReadCapacityUnits": 2, "WriteCapacityUnits": 2},
        }],
    }})
}

fn four(script: Script, read: u64) -> Script {
    (0..4).fold(script, |script, _| script.ok(DescribeTable, table("ACTIVE", read)))
}

fn unprocessed(count: usize) -> Value {
    let request = json!({"PutRequest": {"Item": {"product_id": {"S": "again"}}}});
    json!({"UnprocessedItems": {"Products": vec![request; count]}})
}

async fn fill(script: &Script, products: usize) -> Result<u64, ControlError> {
    let (tables, catalogue) = (Tables::new(""), Catalogue::new(products, 1));
    let [_, products, _] = Seed::all(&tables, &catalogue);
    seed(script, &products, true, &mut quiet).await
}

#[tokio::test(start_paused = true)]
async fn items_that_were_not_taken_are_put_again() {
    let script = Script::default()
        .ok(BatchWriteItem, unprocessed(25))
        .refuse(BatchWriteItem, "ProvisionedThroughputExceededException")
        .ok(BatchWriteItem, unprocessed(3))
        .ok(BatchWriteItem, json!({"UnprocessedItems": {}}));
    assert_eq!(fill(&script, 25).await, Ok(25));
    let sizes: Vec<usize> = script
        .asked(BatchWriteItem)
        .iter()
        .map(|body| body["RequestItems"]["Products"].as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [25, 25, 25, 3]);
    assert_eq!(script.asked(BatchWriteItem)[3]["RequestItems"], unprocessed(3)["UnprocessedItems"]);
}

#[tokio::test(start_paused = true)]
async fn a_table_that_takes_nothing_is_given_up() {
    let script = (0..20).fold(Script::default(), |script, _| script.ok(BatchWriteItem, unprocessed(25)));
    let error = fill(&script, 25).await.unwrap_err();
    insta::assert_snapshot!(error, @"Products does not take 25 items, however long one waits between attempts; run setup again to write what is missing");
    assert_eq!(script.asked(BatchWriteItem).len(), 13);
}

#[tokio::test]
async fn scans_go_on_where_the_last_page_ended() {
    let script = Script::default()
        .ok(Scan, json!({"Items": [{"name": {"S": "a"}}], "LastEvaluatedKey": {"id": {"S": "a"}}}))
        .ok(Scan, json!({"Items": [], "LastEvaluatedKey": {"id": {"S": "b"}}}))
        .ok(Scan, json!({"Items": [{"name": {"S": "c"}}]}));
    let items: Vec<Value> = scan(&script, &"T".into(), &["id", "name"]).await.unwrap();
    assert_eq!(items, [json!({"name": {"S": "a"}}), json!({"name": {"S": "c"}})]);
    let asked = script.asked(Scan);
    assert_eq!(asked[0].get("ExclusiveStartKey"), None);
    assert_eq!(asked[2]["ExclusiveStartKey"], json!({"id": {"S": "b"}}));
    assert_eq!(asked[2]["ProjectionExpression"], "#a0, #a1");
    assert_eq!(asked[2]["ExpressionAttributeNames"], json!({"#a0": "id", "#a1": "name"}));
}

#[tokio::test]
async fn a_scan_that_does_not_come_forward_ends() {
    let page = |last: Value| json!({"Items": [{"id": {"S": "a"}}], "LastEvaluatedKey": last});
    let script = Script::default().ok(Scan, page(json!({})));
    assert_eq!(scan::<Value>(&script, &"T".into(), &["id"]).await.unwrap().len(), 1);
    let same = || page(json!({"id": {"S": "a"}}));
    let script = Script::default().ok(Scan, same()).ok(Scan, same());
    let error = scan::<Value>(&script, &"T".into(), &["id"]).await.unwrap_err().to_string();
    assert!(error.contains("ends where it began"), "{error}");
}

#[tokio::test]
async fn a_table_that_never_was_on_demand_is_provisioned() {
    let script = Script::default().ok(DescribeTable, table("ACTIVE", 5));
    let found = look_up(&script, &"T".into()).await.unwrap().unwrap();
    assert_eq!(found.state.mode, Mode::Provisioned { read: 5, write: 2 });
    assert_eq!((found.state.decreases_today, found.state.items, found.key), (4, 3, vec!["id".to_owned()]));
    assert!(found.state.is_active() && !found.state.is_all(SMALL));
    let script = Script::default().refuse(DescribeTable, "ResourceNotFoundException");
    assert!(look_up(&script, &"T".into()).await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_table_that_is_being_removed_already_is_only_waited_for() {
    let gone = |script: Script| script.refuse(DescribeTable, "ResourceNotFoundException");
    let script = gone(gone(Script::default().ok(DescribeTable, table("DELETING", 2))));
    let script = gone(gone(script));
    assert_eq!(teardown::on(&script, &Tables::new(""), &mut quiet).await, Ok(vec!["Categories".to_owned()]));
    assert!(script.is_over());
}

#[tokio::test]
async fn owners_are_told_by_tags() {
    let name = "T".into();
    let found =
        look_up(&Script::default().ok(DescribeTable, table("ACTIVE", 2)), &name).await.unwrap().unwrap();
    let other = json!({"Tags": [{"Key": "team", "Value": "a"}], "NextToken": "more"});
    let tag = |key: &str| json!({"Tags": [{"Key": key, "Value": "setup"}]});
    let script =
        Script::default().ok(ListTagsOfResource, other.clone()).ok(ListTagsOfResource, tag("flashcrowd"));
    assert_eq!(owner(&script, &name, &found).await, Ok(Owner::Ours { finished: false }));
    assert_eq!(script.asked(ListTagsOfResource)[1], json!({"ResourceArn": "arn:T", "NextToken": "more"}));
    let script =
        Script::default().ok(ListTagsOfResource, other).ok(ListTagsOfResource, tag("flashcrowd-setup"));
    assert_eq!(owner(&script, &name, &found).await, Ok(Owner::Foreign));
    // A tag of the same name that somebody else uses for something else.
    let script = Script::default()
        .ok(ListTagsOfResource, json!({"Tags": [{"Key": "flashcrowd", "Value": "load tests"}]}));
    assert_eq!(owner(&script, &name, &found).await, Ok(Owner::Foreign));
    let script =
        Script::default().ok(ListTagsOfResource, json!({"Tags": [{"Key": "flashcrowd", "Value": "dev-"}]}));
    assert_eq!(owner(&script, &"dev-Orders".into(), &found).await, Ok(Owner::Ours { finished: false }));
    let again = || json!({"Tags": [], "NextToken": "more"});
    let script = Script::default().ok(ListTagsOfResource, again()).ok(ListTagsOfResource, again());
    assert_eq!(owner(&script, &name, &found).await, Ok(Owner::Foreign));
    let script = Script::default().refuse(ListTagsOfResource, "UnknownOperationException");
    assert_eq!(owner(&script, &name, &found).await, Ok(Owner::Foreign));
    let script = Script::default().refuse(ListTagsOfResource, "AccessDeniedException");
    let error = owner(&script, &name, &found).await.unwrap_err().to_string();
    assert!(error.contains("allow dynamodb:ListTagsOfResource"), "{error}");
    let script = Script::default().refuse(TagResource, "UnknownOperationException");
    assert_eq!(mark(&script, &name, &found, &json!({})).await, Ok(()));
    let script = Script::default().refuse(TagResource, "AccessDeniedException");
    assert!(mark(&script, &name, &found, &json!({})).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn waiting_is_patient_and_ends() {
    let name = ["T".into()];
    let script = Script::default()
        .refuse(DescribeTable, "ResourceNotFoundException")
        .ok(DescribeTable, table("CREATING", 2))
        .ok(DescribeTable, table("ACTIVE", 2));
    let start = Instant::now();
    until(Wanted::Active, &script, &name, &mut quiet).await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_millis(50 + 100));
    let script = (0..400).fold(Script::default(), |script, _| script.ok(DescribeTable, table("UPDATING", 2)));
    let error = until(Wanted::Active, &script, &name, &mut quiet).await.unwrap_err();
    insta::assert_snapshot!(error, @"after 5 minutes not yet ACTIVE: T (UPDATING, i ACTIVE); look again with 'flashcrowd dynamodb capacity'");
    assert!(start.elapsed() > Duration::from_mins(5) && start.elapsed() < Duration::from_secs(302));
}

#[tokio::test(start_paused = true)]
async fn what_is_in_use_is_tried_again_and_what_differs_is_asked_for() {
    let script = four(Script::default(), 9)
        .refuse(UpdateTable, "ResourceInUseException")
        .ok(UpdateTable, json!({}))
        .refuse(UpdateTable, "LimitExceededException")
        .refuse(UpdateTable, "ValidationException")
        .ok(UpdateTable, json!({}))
        .ok(DescribeTable, table("ACTIVE", 2))
        .ok(DescribeTable, table("ACTIVE", 2));
    let error = switch::on(&script, &Tables::new("").all(), SMALL, &mut quiet).await.unwrap_err();
    insta::assert_snapshot!(error, @"Products: LimitExceededException: no (throughput can be decreased four times in the first hour of a day in UTC and then once an hour, 27 times in all; today it was decreased 4 times: wait, or switch to on-demand); Customers: ValidationException: no");
    assert!(script.is_over());
    let throughput = json!({"ReadCapacityUnits": 2, "WriteCapacityUnits": 2});
    let wanted = json!({"TableName": "Categories", "ProvisionedThroughput": throughput});
    assert_eq!(script.asked(UpdateTable)[0], wanted);
    let all_set = four(Script::default(), 2);
    assert_eq!(switch::on(&all_set, &Tables::new("").all(), SMALL, &mut quiet).await, Ok(Vec::new()));
}

#[tokio::test]
async fn transactions_are_known_by_what_an_empty_one_is_answered() {
    let tables = Tables::new("");
    let knows = async |script: Script| transactions::on(&script, &tables).await;
    assert_eq!(knows(Script::default().refuse(TransactWriteItems, "ValidationException")).await, Ok(true));
    assert_eq!(knows(Script::default().ok(TransactWriteItems, json!({}))).await, Ok(true));
    assert_eq!(
        knows(Script::default().refuse(TransactWriteItems, "UnknownOperationException")).await,
        Ok(false)
    );
    assert!(knows(Script::default().refuse(TransactWriteItems, "AccessDeniedException")).await.is_err());
}

#[tokio::test]
async fn a_fault_while_reading_names_its_table() {
    let script = Script::default().refuse(DescribeTable, "UnrecognizedClientException");
    let error = read::on(&script, &Tables::new("")).await.unwrap_err();
    assert!(error.to_string().starts_with("Categories: UnrecognizedClientException"), "{error}");
}
