//! What a call touches: the partition keys that its request is about, by table and index.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::attribute::{At, Name, text_at};
use crate::call::{Call, Operation};

/// A name and a value, in that order.
type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// Tells of each partition key of a table, or of one of its indexes, that a call is about. `key` is the attribute that it
/// stands in. Scans, and what an update changes in an index, are about none that could be told.
pub(super) fn touched(call: &Call, of: (&str, Option<&str>), key: &str, mut tell: impl FnMut(&str)) {
    let (table, index) = of;
    let body = &call.body;
    match call.operation {
        Operation::GetItem | Operation::UpdateItem | Operation::DeleteItem if index.is_none() => {
            text_at(body, &["Key", key]).iter().for_each(|found| tell(found));
        }
        Operation::PutItem => text_at(body, &["Item", key]).iter().for_each(|found| tell(found)),
        Operation::Query if text_at(body, &["IndexName"]).as_deref() == index => {
            queried(body, key).iter().for_each(|found| tell(found));
        }
        Operation::TransactWriteItems | Operation::TransactGetItems => {
            each(body, &Wanted { table, key, items_only: index.is_some(), list: "TransactItems" }, &mut tell);
        }
        Operation::BatchGetItem | Operation::BatchWriteItem => batch(body, (table, index), key, &mut tell),
        _ => {}
    }
}

/// The value that a query compares the partition key with.
fn queried<'a>(body: &'a [u8], key: &str) -> Option<Cow<'a, str>> {
    let condition = text_at(body, &["KeyConditionExpression"])?;
    let is_key = |token: &str| {
        token == key
            || token.starts_with('#')
                && text_at(body, &["ExpressionAttributeNames", token]).as_deref() == Some(key)
    };
    let mut tokens = tokens(&condition);
    let (mut first, mut second) = (tokens.next()?, tokens.next()?);
    for third in tokens {
        if second == "=" && third.starts_with(':') && is_key(first) {
            return text_at(body, &["ExpressionAttributeValues", third]);
        }
        (first, second) = (second, third);
    }
    None
}

fn tokens(expression: &str) -> impl Iterator<Item = &str> {
    let in_word = |sign: char| sign.is_alphanumeric() || matches!(sign, '_' | '#' | ':' | '.' | '-');
    let mut rest = expression;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let first = rest.chars().next()?;
        let length = match in_word(first) {
            true => rest.find(|sign| !in_word(sign)).unwrap_or(rest.len()),
            false => first.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        rest = after;
        Some(token)
    })
}

/// Of a batch, whose tables are names of members.
fn batch(body: &[u8], (table, index): (&str, Option<&str>), key: &str, tell: &mut impl FnMut(&str)) {
    // Batches are the least frequent of calls, and their form the most tangled: they are read whole.
    let Ok(request) = serde_json::from_slice::<Value>(body) else { return };
    let asked = &request["RequestItems"][table];
    let keys = asked["Keys"].as_array().into_iter().flatten();
    let writes = asked.as_array().into_iter().flatten();
    let writes = writes.flat_map(|write| [&write["PutRequest"]["Item"], &write["DeleteRequest"]["Key"]]);
    let value = |item: &Value| Some(item[key].as_object()?.values().next()?.as_str()?.to_owned());
    keys.filter(|_| index.is_none()).chain(writes).filter_map(value).for_each(|found| tell(&found));
}

/// Which keys of a transaction's actions are looked for.
struct Wanted<'w> {
    table: &'w str,
    key: &'w str,
    /// Whether only whole items tell, as of an index.
    items_only: bool,
    list: &'static str,
}

fn each(body: &[u8], wanted: &Wanted<'_>, tell: &mut impl FnMut(&str)) {
    // What cannot be read is told as far as it could be.
    let _ = Actions { wanted, tell }.deserialize(&mut serde_json::Deserializer::from_slice(body));
}

/// The request, then the list of its actions, then each of them with the kind of action around it.
struct Actions<'w, T> {
    wanted: &'w Wanted<'w>,
    tell: &'w mut T,
}

impl<'de, T: FnMut(&str)> DeserializeSeed<'de> for Actions<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: FnMut(&str)> Visitor<'de> for Actions<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a transaction")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Self { wanted, tell } = self;
        while seq.next_element_seed(Kind { wanted, tell: &mut *tell })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { wanted, tell } = self;
        while let Some(name) = map.next_key_seed(Name)? {
            if *name == *wanted.list {
                map.next_value_seed(Actions { wanted, tell: &mut *tell })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// `{"Put": {...}}`
struct Kind<'w, T> {
    wanted: &'w Wanted<'w>,
    tell: &'w mut T,
}

impl<'de, T: FnMut(&str)> DeserializeSeed<'de> for Kind<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: FnMut(&str)> Visitor<'de> for Kind<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an action")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_key_seed(Name)?.is_some() {
            let (table, found) = map.next_value_seed(Action(self.wanted))?;
            if let (Some(table), Some((_, value))) = (table, found)
                && *table == *self.wanted.table
            {
                (self.tell)(&value);
            }
        }
        Ok(())
    }
}

/// One action: its table, and the attribute that is looked for.
struct Action<'w>(&'w Wanted<'w>);

impl<'de> DeserializeSeed<'de> for Action<'_> {
    type Value = (Option<Cow<'de, str>>, Option<Pair<'de>>);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Action<'_> {
    type Value = (Option<Cow<'de, str>>, Option<Pair<'de>>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the members of an action")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut table, mut found) = (None, None);
        while let Some(name) = map.next_key_seed(Name)? {
            match &*name {
                "TableName" => table = Some(map.next_value_seed(Name)?),
                "Item" | "Key" if *name == *"Item" || !self.0.items_only => {
                    let value = map.next_value_seed(At(&[self.0.key]))?;
                    found = value.map(|value| (name, value));
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok((table, found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(operation: Operation, (table, index): (&str, Option<&str>), key: &str, body: &str) -> Vec<String> {
        let call = Call { operation, table: table.into(), name: "x".into(), body: body.to_owned().into() };
        let mut found = Vec::new();
        touched(&call, (table, index), key, |key| found.push(key.to_owned()));
        found
    }

    const PRODUCTS: (&str, Option<&str>) = ("Products", None);
    const BY_CATEGORY: (&str, Option<&str>) = ("Products", Some("by-category"));

    #[test]
    fn single_items_are_told_by_their_key() {
        let key = r#"{"TableName":"Products","Key":{"sort":{"N":"1"},"id":{"S":"a"}}}"#;
        for operation in [Operation::GetItem, Operation::UpdateItem, Operation::DeleteItem] {
            assert_eq!(of(operation, PRODUCTS, "id", key), ["a"]);
            assert!(of(operation, BY_CATEGORY, "category", key).is_empty());
        }
        let put = r#"{"Item":{"id":{"N":"7"},"category":{"S":"fan"}},"TableName":"Products"}"#;
        assert_eq!(of(Operation::PutItem, PRODUCTS, "id", put), ["7"]);
        assert_eq!(of(Operation::PutItem, BY_CATEGORY, "category", put), ["fan"]);
        assert!(of(Operation::Scan, PRODUCTS, "id", r#"{"TableName":"Products"}"#).is_empty());
    }

    #[test]
    fn queries_are_told_by_what_they_compare_the_key_with() {
        for condition in ["id = :v", "#k=:v AND sort > :s", "begins_with(sort, :s) and id = :v"] {
            let body = format!(
                r##"{{"ExpressionAttributeValues":{{":s":{{"S":"x"}},":v":{{"S":"a"}}}},"TableName":"Products",
                    "ExpressionAttributeNames":{{"#k":"id"}},"KeyConditionExpression":"{condition}"}}"##
            );
            assert_eq!(of(Operation::Query, PRODUCTS, "id", &body), ["a"], "{condition}");
            assert!(of(Operation::Query, BY_CATEGORY, "id", &body).is_empty());
        }
        let body = r#"{"IndexName":"by-category","KeyConditionExpression":"category = :c",
            "ExpressionAttributeValues":{":c":{"S":"fan"}}}"#;
        assert_eq!(of(Operation::Query, BY_CATEGORY, "category", body), ["fan"]);
        assert!(of(Operation::Query, PRODUCTS, "id", body).is_empty());
    }

    #[test]
    fn transactions_and_batches_are_told_by_table() {
        let body = r#"{"ClientRequestToken":"t","TransactItems":[
            {"Put":{"TableName":"Orders","Item":{"id":{"S":"o"},"line":{"S":"1"}}}},
            {"Update":{"Key":{"id":{"S":"a"}},"UpdateExpression":"SET x = :y","TableName":"Products"}},
            {"Put":{"TableName":"Products","Item":{"id":{"S":"c"},"category":{"S":"fan"}}}},
            {"ConditionCheck":{"TableName":"Products","Key":{"id":{"S":"b"}}}}]}"#;
        let write = Operation::TransactWriteItems;
        assert_eq!(of(write, PRODUCTS, "id", body), ["a", "c", "b"]);
        assert_eq!(of(write, ("Orders", None), "id", body), ["o"]);
        assert_eq!(of(write, BY_CATEGORY, "category", body), ["fan"]);
        let body = r#"{"RequestItems":{"Products":{"Keys":[{"id":{"S":"a"}},{"id":{"S":"b"}}]}}}"#;
        assert_eq!(of(Operation::BatchGetItem, PRODUCTS, "id", body), ["a", "b"]);
        let body = r#"{"RequestItems":{"Products":[{"PutRequest":{"Item":{"id":{"S":"a"},"category":{"S":"fan"}}}},
            {"DeleteRequest":{"Key":{"id":{"S":"b"}}}}]}}"#;
        assert_eq!(of(Operation::BatchWriteItem, PRODUCTS, "id", body), ["a", "b"]);
        assert_eq!(of(Operation::BatchWriteItem, BY_CATEGORY, "category", body), ["fan"]);
    }

    #[test]
    fn what_is_no_request_is_about_nothing() {
        for operation in Operation::ALL {
            for body in ["", "{", "[]", "null", r#"{"Key":7,"Item":[],"TransactItems":{},"RequestItems":1}"#]
            {
                assert!(of(operation, PRODUCTS, "id", body).is_empty(), "{body}");
            }
        }
    }
}
