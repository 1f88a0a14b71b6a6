//! An answer is what came back for one attempt, read: a reply with the capacity it consumed, or a fault.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use flashcrowd_http::Exchange;
use http::HeaderMap;
use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::{MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};

use crate::call::{Consumed, Operation, Reply};
use crate::fault::{Cancellation, Fault, FaultKind, ThrottlingReason};

/// Reads what came back.
pub(crate) fn read(operation: Operation, exchange: &Exchange) -> Result<Reply, Fault> {
    if let Some(error) = &exchange.error {
        return Err(Fault::network(error));
    }
    if !has_right_checksum(exchange) {
        return Err(Fault::wrong_checksum());
    }
    if exchange.status != 200 {
        return Err(read_fault(exchange));
    }
    match serde_json::from_slice::<Success<'_>>(&exchange.body) {
        Ok(success) => {
            let consumed = success.consumed.0.iter();
            let consumed = consumed.flat_map(|capacity| capacity.parts(operation.is_write())).collect();
            Ok(Reply { body: exchange.body.clone(), consumed })
        }
        Err(_) => Err(unreadable(exchange)),
    }
}

/// How long the service asks to wait.
pub(crate) fn retry_after(exchange: &Exchange) -> Option<Duration> {
    let millis = text(&exchange.headers, "x-amz-retry-after")?.trim().parse().ok()?;
    Some(Duration::from_millis(millis))
}

fn has_right_checksum(exchange: &Exchange) -> bool {
    let told = text(&exchange.headers, "x-amz-crc32").and_then(|text| text.trim().parse::<u32>().ok());
    told.is_none_or(|told| told == crc32fast::hash(&exchange.body))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn read_fault(exchange: &Exchange) -> Fault {
    let Ok(failure) = serde_json::from_slice::<Failure<'_>>(&exchange.body) else {
        return unreadable(exchange);
    };
    let told = failure.code.as_deref().or_else(|| text(&exchange.headers, "x-amzn-errortype"));
    let code = match told.map(bare_code) {
        Some(code) if !code.is_empty() => code.to_owned(),
        _ => format!("HTTP{}", exchange.status),
    };
    let cancellations: Vec<_> =
        failure.cancellations.unwrap_or_default().into_iter().map(Into::into).collect();
    let message = failure.message.or(failure.capital_message).unwrap_or_default().into_owned();
    let reasons = failure.reasons.or(failure.small_reasons).unwrap_or_default();
    Fault {
        kind: FaultKind::of(&code, exchange.status, &cancellations),
        code,
        message,
        reasons: reasons.into_iter().map(Into::into).collect(),
        cancellations,
    }
}

/// `ns#Name` and `Name:http://more` without what is around the name.
fn bare_code(told: &str) -> &str {
    let after = told.rsplit_once('#').map_or(told, |(_, after)| after);
    after.split_once(':').map_or(after, |(before, _)| before).trim()
}

/// An answer that is not DynamoDB's, such as a proxy's page; told by its status and its first words.
fn unreadable(exchange: &Exchange) -> Fault {
    const READ: usize = 1024;
    const SHOWN: usize = 80;
    let start = String::from_utf8_lossy(&exchange.body[..exchange.body.len().min(READ)]);
    // Tags are not words.
    let words = start.split('<').flat_map(|part| part.rsplit('>').next()).flat_map(str::split_whitespace);
    let shown: String = words.collect::<Vec<_>>().join(" ").chars().take(SHOWN).collect();
    let status = exchange.status_text();
    let what = match shown.is_empty() {
        true => format!("the answer is not DynamoDB's: {status} without a word"),
        false => format!("the answer is not DynamoDB's: {status}, {shown}"),
    };
    match exchange.status {
        500.. => Fault::new(FaultKind::Server, format!("HTTP{}", exchange.status), what),
        _ => Fault::unreadable(&what),
    }
}

/// What is read of an answer that went well.
#[derive(Deserialize)]
struct Success<'a> {
    #[serde(borrow, default, rename = "ConsumedCapacity")]
    consumed: Capacities<'a>,
}

/// One table's capacity, or a list of several.
#[derive(Default)]
struct Capacities<'a>(Vec<Capacity<'a>>);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Capacity<'a> {
    #[serde(borrow, default)]
    table_name: Cow<'a, str>,
    capacity_units: Option<f64>,
    read_capacity_units: Option<f64>,
    write_capacity_units: Option<f64>,
    table: Option<Units>,
    #[serde(borrow)]
    global_secondary_indexes: Option<IndexMap<Cow<'a, str>, Units>>,
    #[serde(borrow)]
    local_secondary_indexes: Option<IndexMap<Cow<'a, str>, Units>>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Units {
    capacity_units: Option<f64>,
    read_capacity_units: Option<f64>,
    write_capacity_units: Option<f64>,
}

impl Capacity<'_> {
    /// What it says of the table and of each index; nothing of those that consumed nothing.
    fn parts(&self, is_write: bool) -> impl Iterator<Item = Consumed> {
        let indexes = [&self.global_secondary_indexes, &self.local_secondary_indexes];
        let indexes = indexes.into_iter().flatten().flatten();
        let all = Units {
            capacity_units: self.capacity_units,
            read_capacity_units: self.read_capacity_units,
            write_capacity_units: self.write_capacity_units,
        };
        let of_table = match &self.table {
            Some(table) => table.split(is_write),
            None => indexes.clone().fold(all.split(is_write), |(read, write), (_, units)| {
                let (less_read, less_write) = units.split(is_write);
                ((read - less_read).max(0.0), (write - less_write).max(0.0))
            }),
        };
        let of_indexes = indexes.map(move |(name, units)| (Some(name.to_string()), units.split(is_write)));
        let parts = std::iter::once((None, of_table)).chain(of_indexes);
        let parts = parts.filter(|(_, (read, write))| *read > 0.0 || *write > 0.0);
        parts.map(|(index, (read, write))| Consumed {
            table: self.table_name.to_string(),
            index,
            read,
            write,
        })
    }
}

impl Units {
    /// Read and write units.
    fn split(&self, is_write: bool) -> (f64, f64) {
        match (self.read_capacity_units, self.write_capacity_units) {
            (None, None) if is_write => (0.0, self.capacity_units.unwrap_or_default()),
            (None, None) => (self.capacity_units.unwrap_or_default(), 0.0),
            (read, write) => (read.unwrap_or_default(), write.unwrap_or_default()),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Capacities<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMore;

        impl<'de> Visitor<'de> for OneOrMore {
            type Value = Capacities<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("consumed capacity")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let one = Capacity::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Capacities(vec![one]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some(one) = seq.next_element()? {
                    all.push(one);
                }
                Ok(Capacities(all))
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Capacities::default())
            }
        }

        deserializer.deserialize_any(OneOrMore)
    }
}

/// What is read of an answer that did not go well.
#[derive(Deserialize)]
struct Failure<'a> {
    #[serde(borrow, rename = "__type")]
    code: Option<Cow<'a, str>>,
    #[serde(borrow)]
    message: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "Message")]
    capital_message: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "ThrottlingReasons")]
    reasons: Option<Vec<Reason<'a>>>,
    #[serde(borrow, rename = "throttlingReasons")]
    small_reasons: Option<Vec<Reason<'a>>>,
    #[serde(borrow, rename = "CancellationReasons")]
    cancellations: Option<Vec<Cancelled<'a>>>,
}

#[derive(Deserialize)]
struct Reason<'a> {
    #[serde(borrow)]
    reason: Option<Cow<'a, str>>,
    #[serde(borrow)]
    resource: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Cancelled<'a> {
    #[serde(borrow)]
    code: Option<Cow<'a, str>>,
    #[serde(borrow)]
    message: Option<Cow<'a, str>>,
}

impl From<Reason<'_>> for ThrottlingReason {
    fn from(told: Reason<'_>) -> Self {
        let own = |text: Option<Cow<'_, str>>| text.unwrap_or_default().into_owned();
        Self { reason: own(told.reason), resource: own(told.resource) }
    }
}

impl From<Cancelled<'_>> for Cancellation {
    fn from(told: Cancelled<'_>) -> Self {
        let code = told.code.map_or_else(|| "None".to_owned(), Cow::into_owned);
        Self { code, message: told.message.map(Cow::into_owned) }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn exchange(status: u16, body: &str) -> Exchange {
        Exchange { status, body: Bytes::copy_from_slice(body.as_bytes()), ..Exchange::default() }
    }

    fn fault(status: u16, body: &str) -> Fault {
        read(Operation::GetItem, &exchange(status, body)).unwrap_err()
    }

    fn consumed(operation: Operation, capacity: &str) -> Vec<(String, Option<String>, f64, f64)> {
        let body = format!(r#"{{"Item":{{"x":{{"S":"ConsumedCapacity"}}}},"ConsumedCapacity":{capacity}}}"#);
        let reply = read(operation, &exchange(200, &body)).unwrap();
        reply.consumed.into_iter().map(|part| (part.table, part.index, part.read, part.write)).collect()
    }

    #[test]
    fn consumed_capacity_is_split_by_table_and_index() {
        let part = |table: &str, index: Option<&str>, read, write| {
            (table.to_owned(), index.map(str::to_owned), read, write)
        };
        assert_eq!(
            consumed(Operation::GetItem, r#"{"TableName":"T","CapacityUnits":0.5}"#),
            [part("T", None, 0.5, 0.0)]
        );
        assert_eq!(
            consumed(
                Operation::Query,
                r#"{"TableName":"T","CapacityUnits":1.5,"Table":{"CapacityUnits":0.0},
                    "GlobalSecondaryIndexes":{"i":{"CapacityUnits":1.5}}}"#
            ),
            [part("T", Some("i"), 1.5, 0.0)]
        );
        assert_eq!(
            consumed(
                Operation::PutItem,
                r#"{"TableName":"T","CapacityUnits":3.0,"LocalSecondaryIndexes":{"l":{"CapacityUnits":1.0}}}"#
            ),
            [part("T", None, 0.0, 2.0), part("T", Some("l"), 0.0, 1.0)]
        );
        assert_eq!(
            consumed(
                Operation::TransactWriteItems,
                r#"[{"TableName":"A","CapacityUnits":4.0,"WriteCapacityUnits":4.0,
                     "Table":{"CapacityUnits":4.0,"WriteCapacityUnits":4.0}},
                    {"TableName":"B","CapacityUnits":2.0,"ReadCapacityUnits":2.0}]"#
            ),
            [part("A", None, 0.0, 4.0), part("B", None, 2.0, 0.0)]
        );
    }

    #[test]
    fn an_answer_without_capacity_has_none() {
        assert_eq!(consumed(Operation::GetItem, "null"), []);
        assert_eq!(consumed(Operation::GetItem, "[]"), []);
        assert!(read(Operation::GetItem, &exchange(200, "{}")).unwrap().consumed.is_empty());
    }

    #[test]
    fn faults_have_their_code_message_and_reasons() {
        let throttled = fault(
            400,
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"too much",
                "ThrottlingReasons":[{"reason":"TableReadProvisionedThroughputExceeded","resource":"arn:1"}]}"#,
        );
        assert_eq!((throttled.kind, throttled.message.as_str()), (FaultKind::Throttled, "too much"));
        assert_eq!(throttled.to_string(), "ProvisionedThroughputExceededException: too much");
        assert_eq!(throttled.reasons[0].resource, "arn:1");
        let on_demand = fault(
            400,
            r#"{"__type":"com.amazon.coral.availability#ThrottlingException","message":"",
                "throttlingReasons":[{"reason":"TableWriteKeyRangeThroughputExceeded","resource":"arn:2"}]}"#,
        );
        assert_eq!(on_demand.throttled_by(), "TableWriteKeyRangeThroughputExceeded");
        let cancelled = fault(
            400,
            r#"{"__type":"x#TransactionCanceledException","Message":"cancelled",
                "CancellationReasons":[{"Code":"None"},{"Code":"ProvisionedThroughputExceeded","Message":"slow"}]}"#,
        );
        assert_eq!((cancelled.kind, cancelled.message.as_str()), (FaultKind::Throttled, "cancelled"));
        assert_eq!(cancelled.throttled_by(), "ProvisionedThroughputExceeded");
        assert_eq!(cancelled.cancellations[1].message.as_deref(), Some("slow"));
        assert_eq!(fault(400, r#"{"__type":"ValidationException"}"#).kind, FaultKind::Invalid);
        assert_eq!(fault(500, "{}").code, "HTTP500");
    }

    #[test]
    fn the_header_has_the_code_where_the_body_has_none() {
        let mut exchange = exchange(400, r#"{"message":"no"}"#);
        let told = "ResourceNotFoundException:http://internal.amazon.com/".parse().unwrap();
        exchange.headers.insert("x-amzn-errortype", told);
        let fault = read(Operation::GetItem, &exchange).unwrap_err();
        assert_eq!((fault.kind, fault.code.as_str()), (FaultKind::NotFound, "ResourceNotFoundException"));
    }

    #[test]
    fn a_proxys_page_is_told_by_its_status_and_first_words() {
        let page = "<html>\n <head><title>Log in</title></head><body>to the guest network</body></html>";
        let fault_of = |status| fault(status, page);
        insta::assert_snapshot!(
            fault_of(200),
            @"UnreadableAnswer: the answer is not DynamoDB's: 200 OK, Log in to the guest network"
        );
        assert_eq!(fault_of(200).kind, FaultKind::Unreadable);
        assert!(!fault_of(200).may_pass());
        insta::assert_snapshot!(
            fault_of(502),
            @"HTTP502: the answer is not DynamoDB's: 502 Bad Gateway, Log in to the guest network"
        );
        assert!(fault_of(502).may_pass());
        insta::assert_snapshot!(
            fault(404, ""),
            @"UnreadableAnswer: the answer is not DynamoDB's: 404 Not Found without a word"
        );
    }

    #[test]
    fn the_checksum_is_compared_where_there_is_one() {
        let mut exchange = exchange(200, "{}");
        exchange.headers.insert("x-amz-crc32", "2745614147".parse().unwrap());
        assert!(read(Operation::GetItem, &exchange).is_ok());
        exchange.body = Bytes::from_static(b"{ }");
        let fault = read(Operation::GetItem, &exchange).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Unreadable);
        assert!(fault.may_pass());
    }

    #[test]
    fn what_the_network_did_is_a_fault_that_may_pass() {
        let mut exchange = exchange(0, "");
        exchange.error =
            Some(flashcrowd_http::HttpError { code: 1212, message: "dial: connection refused".into() });
        let fault = read(Operation::GetItem, &exchange).unwrap_err();
        assert_eq!((fault.kind, fault.code.as_str()), (FaultKind::Network, "1212"));
        assert!(fault.may_pass() && fault.hint().is_some());
    }

    proptest::proptest! {
        #[test]
        fn nothing_that_comes_is_too_much(status in 100u16..600, body in ".{0,200}") {
            let _ = read(Operation::Scan, &exchange(status, &body));
        }
    }
}
