//! Documents: plans, their data, records of others, requests of DynamoDB.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use flashcrowd_dynamodb_shop::{Store, StoreConfig};
use flashcrowd_plan::{Sources, read};
use flashcrowd_record::{Record, integrity};
use flashcrowd_report::{FORMATS, Layout, Report, render, render_comparison};
use flashcrowd_text::Lang;

use super::fuzzer::fuzz;
use crate::records::crossed;

fn sources(folder: &Path, text: String) -> Sources {
    Sources {
        file: folder.join("plan.yaml"),
        text: Some(text),
        base: None,
        host: None,
        arrivals: None,
        env: BTreeMap::from([("NAME".to_owned(), "value".to_owned())]),
    }
}

#[test]
fn plans() {
    let words = [
        "steps:",
        "users: ",
        "duration: 5s",
        "requests:",
        "- GET /",
        "expected:",
        "data: data.csv",
        "{customer.id}",
        "${NAME}",
        "include: ",
        "&a ",
        "*a",
        "<<: *a",
        "---\n",
        "!!binary ",
        "|\n  ",
        "{random.",
        "save: {t: $.a}",
    ];
    let folder = tempfile::tempdir().unwrap();
    fuzz("plans", &words, move |input| {
        let _ = read(&sources(folder.path(), String::from_utf8_lossy(input).into_owned()));
    });
}

#[test]
fn data_of_plans() {
    let words = ["\"", "\"\"", ";", "id,name", "[{", "}]", "\"id\":"];
    let folder = tempfile::tempdir().unwrap();
    let plan = |name: &str| {
        format!(
            "host: http://h\nsteps: [{{users: 1, duration: 1s}}]\ndata: {{customer: {name}}}\nrequests: ['GET /{{customer.id}}']\n"
        )
    };
    fuzz("data", &words, move |input| {
        for name in ["data.csv", "data.json"] {
            fs::write(folder.path().join(name), input).unwrap();
            let _ = read(&sources(folder.path(), plan(name)));
        }
    });
}

/// The first line of an input is the name of the file that it is the content of.
#[test]
fn records() {
    let words = [
        "\"t\":",
        "\"metrics\":{",
        "\"stats\":",
        "null",
        "-1",
        "1e308",
        "\"link\":\"",
        "\"version\":2",
        "[]",
        "{}",
    ];
    let folder = tempfile::tempdir().unwrap();
    let (whole, broken) = (crossed().to_owned(), folder.path().join("broken"));
    fs::create_dir(&broken).unwrap();
    let other = Record::read(&whole).unwrap();
    let mut turn = 0;
    fuzz("records", &words, move |input| {
        let _ = &folder;
        let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
        let name = String::from_utf8_lossy(&input[..end]).into_owned();
        for file in ["run.json", "timeline.jsonl", "histograms.json", "result.json", "seal.json"] {
            match file == name {
                true => fs::write(broken.join(file), &input[(end + 1).min(input.len())..]).unwrap(),
                false => drop(fs::copy(whole.join(file), broken.join(file)).unwrap()),
            }
        }
        let _ = integrity(&broken);
        let Ok(record) = Record::read(&broken) else { return };
        turn += 1;
        let (format, layout) =
            (FORMATS[turn % FORMATS.len()], Layout::document([Lang::En, Lang::Ko][turn % 2]));
        let comparison = flashcrowd_diagnosis::compare(&other, &record);
        let _ = render_comparison(&comparison, true, format, layout);
        let _ = flashcrowd_diagnosis::verify(&record);
        let _ = render(&Report::of(record), format, layout);
    });
}

/// The first line of an input is the operation.
#[test]
fn requests_of_dynamodb() {
    let words = [
        "\"TableName\":\"Orders\"",
        "\"Key\":{\"id\":{\"S\":\"1\"}}",
        "\"KeyConditionExpression\":\"id = :v\"",
        ":v",
        "#n",
        "SET ",
        "REMOVE ",
        "if_not_exists(",
        "attribute_exists(",
        "begins_with(",
        " AND ",
        " OR ",
        "NOT ",
        "(",
        ")",
        "list_append(",
        "[0]",
    ];
    let store = Store::open(StoreConfig {
        settle: Duration::ZERO,
        region: "local".to_owned(),
        ..StoreConfig::default()
    })
    .unwrap();
    let table = r#"{"TableName":"Orders","KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],"BillingMode":"PAY_PER_REQUEST"}"#;
    assert_eq!(store.answer("CreateTable", table.as_bytes()).status, 200);
    fuzz("dynamodb-requests", &words, move |input| {
        let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
        let operation = String::from_utf8_lossy(&input[..end]).into_owned();
        // Tables are made on disk by the dozen otherwise.
        if operation != "CreateTable" {
            let status = store.answer(&operation, &input[(end + 1).min(input.len())..]).status;
            assert!(matches!(status, 200 | 400 | 500), "{status}");
        }
    });
}
