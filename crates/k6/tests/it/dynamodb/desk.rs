//! A desk is the practice endpoint of DynamoDB, and scripts that ask it.

use std::time::Duration;

use flashcrowd_dynamodb_shop::{RunningServer, Server, ServerConfig, StoreConfig};
use flashcrowd_shop::Latency;
use serde_json::{Value, json};

use crate::harness::{Loaded, Ran, Script};

/// How a script of these tests begins: `db` is a client that gives up soon.
const HEAD: &str = "
import { Client, Decimal } from 'flashcrowd/dynamodb';
const keys = { accessKeyId: 'practice', secretAccessKey: 'practice' };
const where = { region: 'us-east-1', endpoint: __ENV.ENDPOINT, credentials: keys };
const db = new Client({ ...where, attempts: 3, retryBase: '1ms', timeout: '20s' });
const tell = (f) => {
  try {
    const value = f();
    return value instanceof Decimal ? `${value}` : JSON.stringify(value);
  } catch (e) {
    return `${e.name}: ${e.message}`;
  }
};
";

/// Loads a script, or says why it cannot be.
pub fn load(script: &str, env: &[(&str, &str)]) -> Result<Loaded, String> {
    with(script, env).load()
}

/// Runs a whole script against an endpoint.
pub fn play(script: &str, endpoint: &str) -> Ran {
    play_in(script, &[("ENDPOINT", endpoint)])
}

/// Runs a whole script in an environment.
pub fn play_in(script: &str, env: &[(&str, &str)]) -> Ran {
    with(script, env).run()
}

fn with(script: &str, env: &[(&str, &str)]) -> Script {
    env.iter().fold(Script::new(script), |script, (name, value)| script.env(name, value))
}

/// Runs the body of one iteration, after [`HEAD`].
pub fn iterate(body: &str, endpoint: &str) -> Ran {
    play(&script(body), endpoint)
}

/// What the body of one iteration says.
pub fn say(body: &str, endpoint: &str) -> String {
    iterate(body, endpoint).text()
}

/// A script with this body of its iteration.
pub fn script(body: &str) -> String {
    format!("{HEAD}\nexport default function () {{\n{body}\n}}")
}

/// The practice endpoint with a table `Things` of this throughput (on demand if none is given) and the key `id`.
pub fn desk(throughput: Option<u64>) -> RunningServer {
    let mode = match throughput {
        None => json!({ "BillingMode": "PAY_PER_REQUEST" }),
        Some(units) => json!({
            "BillingMode": "PROVISIONED",
            "ProvisionedThroughput": { "ReadCapacityUnits": units, "WriteCapacityUnits": units },
        }),
    };
    let desk = empty_desk();
    make_table(&desk, "Things", &["id"], mode);
    desk
}

/// The practice endpoint without tables.
pub fn empty_desk() -> RunningServer {
    let (settle, hold) = (Duration::ZERO, Duration::ZERO);
    let store = StoreConfig { burst: 0.0, settle, hold, ..StoreConfig::default() };
    let config = ServerConfig {
        listen: ([127, 0, 0, 1], 0).into(),
        threads: 1,
        read: Latency::Zero,
        write: Latency::Zero,
        store,
        ..ServerConfig::default()
    };
    Server::spawn(config).unwrap()
}

/// Makes a table whose key has these attributes, all of them texts, with what else is said of it.
pub fn make_table(desk: &RunningServer, name: &str, key: &[&str], more: Value) {
    let keys: Vec<_> = key.iter().zip(["HASH", "RANGE"]).collect();
    let mut table = json!({
        "TableName": name,
        "KeySchema": keys.iter().map(|(name, kind)| json!({ "AttributeName": name, "KeyType": kind })).collect::<Vec<_>>(),
        "AttributeDefinitions":
            key.iter().map(|name| json!({ "AttributeName": name, "AttributeType": "S" })).collect::<Vec<_>>(),
    });
    for (name, value) in more.as_object().unwrap() {
        table[name] = value.clone();
    }
    ask(desk, "CreateTable", &table);
}

/// Asks the store itself.
pub fn ask(desk: &RunningServer, operation: &str, request: &Value) -> Value {
    let answer = desk.handle().store().answer(operation, request.to_string().as_bytes());
    assert_eq!(answer.status, 200, "{operation} {request}: {answer:?}");
    serde_json::from_slice(&answer.body).unwrap()
}
