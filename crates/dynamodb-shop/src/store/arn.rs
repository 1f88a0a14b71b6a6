//! An ARN may stand where a table's name does: requests are read as if they named the table, and answers name it as they did.

use std::borrow::Cow;

use bytes::Bytes;
use dynoxide::streams::LOCAL_ACCOUNT;
use serde_json::{Map, Value};

/// What every ARN of a table has in it, and few requests besides.
const SIGN: &[u8] = b":table/";

/// The ARNs of a request, each with its table's name.
#[derive(Debug, Default)]
pub struct Arns(Vec<(String, String)>);

impl Arns {
    /// A request with names in the places of ARNs of tables in this region, and which these were.
    pub fn taken_from<'a>(body: &'a [u8], region: &str) -> (Cow<'a, [u8]>, Self) {
        let mut arns = Self::default();
        if !body.windows(SIGN.len()).any(|part| part == SIGN) {
            return (Cow::Borrowed(body), arns);
        }
        let Ok(mut request) = serde_json::from_slice::<Value>(body) else {
            return (Cow::Borrowed(body), arns);
        };
        let start = format!("arn:aws:dynamodb:{region}:{LOCAL_ACCOUNT}:table/");
        let mut name = |text: &str| {
            let name = text.strip_prefix(&start).filter(|name| !name.contains('/'))?.to_owned();
            arns.0.push((text.to_owned(), name.clone()));
            Some(name)
        };
        in_places(&mut request, &mut name);
        if arns.0.is_empty() {
            return (Cow::Borrowed(body), arns);
        }
        (Cow::Owned(request.to_string().into_bytes()), arns)
    }

    /// An answer that names tables as the request did.
    pub fn put_back(&self, answer: Bytes) -> Bytes {
        if self.0.is_empty() {
            return answer;
        }
        let Ok(mut value) = serde_json::from_slice::<Value>(&answer) else { return answer };
        let mut arn = |name: &str| {
            let known = self.0.iter().find(|(_, known)| known == name);
            known.map(|(arn, _)| arn.clone())
        };
        in_answer(&mut value, &mut arn);
        value.to_string().into()
    }
}

/// The places of a request where names of tables stand.
fn in_places(request: &mut Value, change: &mut dyn FnMut(&str) -> Option<String>) {
    in_name(request, change);
    in_keys(&mut request["RequestItems"], change);
    let actions = request["TransactItems"].as_array_mut();
    for action in actions.into_iter().flatten().filter_map(Value::as_object_mut) {
        action.values_mut().for_each(|action| in_name(action, change));
    }
    // What was not there is not to be there now.
    for added in ["RequestItems", "TransactItems"] {
        if request[added].is_null() {
            request.as_object_mut().into_iter().for_each(|request| drop(request.remove(added)));
        }
    }
}

/// Those of an answer.
fn in_answer(answer: &mut Value, change: &mut dyn FnMut(&str) -> Option<String>) {
    let Some(members) = answer.as_object_mut() else { return };
    match members.get_mut("ConsumedCapacity") {
        Some(Value::Array(all)) => all.iter_mut().for_each(|one| in_name(one, change)),
        Some(one) => in_name(one, change),
        None => {}
    }
    for by_table in ["Responses", "UnprocessedKeys", "UnprocessedItems", "ItemCollectionMetrics"] {
        members.get_mut(by_table).into_iter().for_each(|value| in_keys(value, change));
    }
}

fn in_name(value: &mut Value, change: &mut dyn FnMut(&str) -> Option<String>) {
    if let Some(Value::String(name)) = value.get_mut("TableName")
        && let Some(changed) = change(name)
    {
        *name = changed;
    }
}

fn in_keys(value: &mut Value, change: &mut dyn FnMut(&str) -> Option<String>) {
    let Some(members) = value.as_object_mut() else { return };
    let changed =
        std::mem::take(members).into_iter().map(|(name, value)| (change(&name).unwrap_or(name), value));
    *members = changed.collect::<Map<String, Value>>();
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn arn(table: &str) -> String {
        format!("arn:aws:dynamodb:us-east-1:{LOCAL_ACCOUNT}:table/{table}")
    }

    fn named(request: &Value) -> (Value, Arns) {
        let text = request.to_string();
        let (body, arns) = Arns::taken_from(text.as_bytes(), "us-east-1");
        (serde_json::from_slice(&body).unwrap(), arns)
    }

    #[test]
    fn tables_are_named_again_in_the_answer() {
        let (request, arns) =
            named(&json!({ "TableName": arn("Orders"), "Item": { "TableName": { "S": arn("Orders") } } }));
        assert_eq!(
            request,
            json!({ "TableName": "Orders", "Item": { "TableName": { "S": arn("Orders") } } })
        );
        let answer = json!({ "ConsumedCapacity": { "TableName": "Orders", "CapacityUnits": 1.0 } });
        let answer: Value = serde_json::from_slice(&arns.put_back(answer.to_string().into())).unwrap();
        assert_eq!(answer["ConsumedCapacity"]["TableName"], arn("Orders"));
        let (request, arns) = named(&json!({ "RequestItems": { arn("A"): { "Keys": [] }, "B": {} } }));
        assert_eq!(request, json!({ "RequestItems": { "A": { "Keys": [] }, "B": {} } }));
        let answer = json!({ "Responses": { "A": [], "B": [] }, "ConsumedCapacity": [{ "TableName": "A" }] });
        let answer: Value = serde_json::from_slice(&arns.put_back(answer.to_string().into())).unwrap();
        assert_eq!(answer["Responses"], json!({ arn("A"): [], "B": [] }));
        assert_eq!(answer["ConsumedCapacity"][0]["TableName"], arn("A"));
        let (request, _) = named(&json!({ "TransactItems": [{ "Put": { "TableName": arn("A") } }] }));
        assert_eq!(request, json!({ "TransactItems": [{ "Put": { "TableName": "A" } }] }));
    }

    #[test]
    fn those_of_others_and_of_indexes_are_no_tables_of_ours() {
        for text in [
            arn("A").replace("us-east-1", "eu-west-1"),
            arn("A").replace(LOCAL_ACCOUNT, "1"),
            arn("A/index/i"),
        ] {
            assert_eq!(named(&json!({ "TableName": text })).0, json!({ "TableName": text }));
        }
        let (body, _) = Arns::taken_from(b"{\"a\":\":table/", "us-east-1");
        assert_eq!(&*body, b"{\"a\":\":table/");
    }
}
