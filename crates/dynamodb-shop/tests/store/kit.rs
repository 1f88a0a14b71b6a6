//! What the tests of the store share: a store to ask, with JSON in and out.

use std::time::Duration;

use flashcrowd_dynamodb_shop::{ServerStats, Store, StoreConfig};
use serde_json::{Value, json};

/// A store to ask.
pub struct Shop {
    pub store: Store,
}

/// The billing of a table.
#[derive(Clone, Copy)]
pub enum Mode {
    OnDemand,
    Provisioned(u64, u64),
}

impl Shop {
    /// A store whose buckets start so full, whose tables are there at once, and whose transactions take no time.
    pub fn new(burst: f64) -> Self {
        let (settle, hold) = (Duration::ZERO, Duration::ZERO);
        Self::with(StoreConfig { burst, settle, hold, ..StoreConfig::default() })
    }

    pub fn with(config: StoreConfig) -> Self {
        Self { store: Store::open(config).unwrap() }
    }

    /// A status and the body.
    pub fn ask(&self, operation: &str, body: &Value) -> (u16, Value) {
        let answer = self.store.answer(operation, body.to_string().as_bytes());
        (answer.status, serde_json::from_slice(&answer.body).unwrap())
    }

    /// The body of an answer that has to be good.
    pub fn get(&self, operation: &str, body: Value) -> Value {
        let (status, answer) = self.ask(operation, &body);
        assert_eq!(status, 200, "{operation} {body}: {answer}");
        answer
    }

    /// The body of an answer that has to be a refusal.
    pub fn refused(&self, operation: &str, body: Value) -> Value {
        let (status, answer) = self.ask(operation, &body);
        assert_eq!(status, 400, "{operation} {body}: {answer}");
        answer
    }

    /// The code of a refusal, without what stands before it.
    pub fn code(&self, operation: &str, body: Value) -> String {
        let refusal = self.refused(operation, body);
        refusal["__type"].as_str().unwrap().rsplit('#').next().unwrap().to_owned()
    }

    /// What an answer says that it has consumed in all.
    pub fn units(&self, operation: &str, mut body: Value) -> f64 {
        body["ReturnConsumedCapacity"] = json!("TOTAL");
        let answer = self.get(operation, body);
        match &answer["ConsumedCapacity"] {
            Value::Array(tables) => tables.iter().map(|table| table["CapacityUnits"].as_f64().unwrap()).sum(),
            table => table["CapacityUnits"].as_f64().unwrap(),
        }
    }

    /// A table with the key `id`.
    pub fn table(&self, name: &str, mode: Mode) {
        self.get("CreateTable", table(name, mode));
    }

    /// A table with the key `id` and an index by `group`, which holds `price` too.
    pub fn indexed(&self, name: &str, mode: Mode, index: Mode) {
        let mut request = table(name, mode);
        request["AttributeDefinitions"].as_array_mut().unwrap().push(attribute("group"));
        let mut index = throughput(index);
        index["IndexName"] = json!("by-group");
        index["KeySchema"] = json!([{ "AttributeName": "group", "KeyType": "HASH" }]);
        index["Projection"] = json!({ "ProjectionType": "INCLUDE", "NonKeyAttributes": ["price"] });
        request["GlobalSecondaryIndexes"] = json!([index]);
        self.get("CreateTable", request);
    }

    /// The reasons of a throttled request, as its code has them.
    pub fn reason(refusal: &Value) -> &str {
        let is_throttling = refusal["__type"].as_str().unwrap().ends_with("#ThrottlingException");
        let reasons = &refusal[if is_throttling { "throttlingReasons" } else { "ThrottlingReasons" }];
        reasons[0]["reason"].as_str().unwrap_or_default()
    }

    pub fn describe(&self, name: &str) -> Value {
        self.get("DescribeTable", json!({ "TableName": name }))["Table"].take()
    }

    pub fn stats(&self) -> ServerStats {
        self.store.stats()
    }
}

pub fn throughput(mode: Mode) -> Value {
    match mode {
        Mode::OnDemand => json!({}),
        Mode::Provisioned(read, write) => {
            json!({ "ProvisionedThroughput": { "ReadCapacityUnits": read, "WriteCapacityUnits": write } })
        }
    }
}

pub fn table(name: &str, mode: Mode) -> Value {
    let mut request = throughput(mode);
    request["TableName"] = json!(name);
    request["AttributeDefinitions"] = json!([attribute("id")]);
    request["KeySchema"] = json!([{ "AttributeName": "id", "KeyType": "HASH" }]);
    if let Mode::OnDemand = mode {
        request["BillingMode"] = json!("PAY_PER_REQUEST");
    }
    request
}

/// An item of that many bytes.
pub fn sized(id: &str, bytes: usize) -> Value {
    let fill = bytes - "id".len() - id.len() - "fill".len();
    json!({ "id": { "S": id }, "fill": { "S": "x".repeat(fill) } })
}

pub fn key(id: &str) -> Value {
    json!({ "id": { "S": id } })
}

fn attribute(name: &str) -> Value {
    json!({ "AttributeName": name, "AttributeType": "S" })
}
