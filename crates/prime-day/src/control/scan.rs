//! A scan reads some attributes of all items of a table, page by page.

use std::sync::Arc;

use flashcrowd_dynamodb::{Fault, Operation};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::control::ask::{Ask, ask};
use crate::control::error::ControlError;

/// These attributes of all items.
pub(super) async fn scan<T: DeserializeOwned>(
    asked: &impl Ask,
    table: &Arc<str>,
    attributes: &[&str],
) -> Result<Vec<T>, ControlError> {
    let mut items = Vec::new();
    let mut body = request(table, attributes);
    loop {
        let page: Page<T> = ask(asked, Operation::Scan, table, &body)
            .await
            .map_err(|fault| ControlError::refused(table, fault))?;
        items.extend(page.items);
        match page.last_evaluated_key {
            Some(last) if body["ExclusiveStartKey"] == last => {
                let fault = Fault::unreadable("a page of a scan ends where it began");
                return Err(ControlError::refused(table, fault));
            }
            Some(last) if last != json!({}) => body["ExclusiveStartKey"] = last,
            _ => return Ok(items),
        }
    }
}

/// Names go by placeholders, since some of them, such as `name`, are words of DynamoDB's own.
fn request(table: &str, attributes: &[&str]) -> Value {
    let placeholder = |at: usize| format!("#a{at}");
    let names: Map<String, Value> =
        attributes.iter().enumerate().map(|(at, name)| (placeholder(at), json!(name))).collect();
    let projection: Vec<String> = (0..attributes.len()).map(placeholder).collect();
    json!({
        "TableName": table,
        "ConsistentRead": true,
        "ProjectionExpression": projection.join(", "),
        "ExpressionAttributeNames": names,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", bound = "T: DeserializeOwned")]
struct Page<T> {
    #[serde(default = "Vec::new")]
    items: Vec<T>,
    last_evaluated_key: Option<Value>,
}
