//! The harness runs a script and keeps what it said, what was counted and what became of its thresholds.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flashcrowd_dynamodb_shop::{Desk, DeskConfig, RunningDesk, StoreConfig};
use flashcrowd_k6::Script;
use flashcrowd_record::{Results, Stats};
use flashcrowd_session::{Listeners, Session, Settings};
use flashcrowd_shop::Latency;
use flashcrowd_test::{Log, Message, Origin, Request};
use serde_json::{Value, json};

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

/// What a script said and what came of it.
pub struct Ran {
    /// What it said, by line; exceptions too.
    pub said: Vec<String>,
    pub results: Results,
}

#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Log for Notes {
    fn log(&self, message: &Message<'_>) {
        self.0.lock().unwrap().extend(message.text.lines().map(str::to_owned));
    }
}

/// Loads a script, and says why it cannot be.
pub fn load(script: &str, env: &[(&str, &str)]) -> Result<Script, String> {
    load_noting(script, env, Arc::new(Notes::default()))
}

fn load_noting(script: &str, env: &[(&str, &str)], notes: Arc<Notes>) -> Result<Script, String> {
    let env = env.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let origin = Origin::Text { name: "/test/script.js".to_owned(), text: script.to_owned() };
    let request = Request { env, log: notes, ..Request::plain(origin) };
    Script::load(&request).map_err(|error| error.to_string())
}

/// Runs a whole script against an endpoint.
pub fn play(script: &str, endpoint: &str) -> Ran {
    play_in(script, &[("ENDPOINT", endpoint)])
}

/// Runs a whole script in an environment.
pub fn play_in(script: &str, env: &[(&str, &str)]) -> Ran {
    let notes = Arc::new(Notes::default());
    let script = load_noting(script, env, notes.clone()).unwrap();
    let settings = Settings { workers: NonZeroUsize::new(1), ..Settings::default() };
    let finished = Session::open(&script, &settings).unwrap().run(Listeners::default()).unwrap();
    let said = std::mem::take(&mut *notes.0.lock().unwrap());
    Ran { said, results: finished.results.clone() }
}

/// Runs the body of one iteration, after [`HEAD`].
pub fn iterate(body: &str, endpoint: &str) -> Ran {
    play(&script(body), endpoint)
}

/// What the body of one iteration says.
pub fn say(body: &str, endpoint: &str) -> String {
    iterate(body, endpoint).said.join("\n")
}

/// A script with this body of its iteration.
pub fn script(body: &str) -> String {
    format!("{HEAD}\nexport default function () {{\n{body}\n}}")
}

impl Ran {
    /// The sum of a counter, or the number of ones of a rate, or the number of samples of a trend.
    pub fn sum(&self, name: &str) -> f64 {
        self.results.metric(name).map_or(0.0, |metric| sum(&metric.stats, metric.samples))
    }

    /// Rows of a metric by the tags that are asked for, where it has them all.
    pub fn rows(&self, name: &str, tags: &[&str]) -> BTreeMap<String, f64> {
        let mut rows = BTreeMap::new();
        for row in self.results.rows.iter().filter(|row| row.metric == name) {
            let values: Option<Vec<&str>> =
                tags.iter().map(|tag| row.tags.get(*tag).map(String::as_str)).collect();
            if let Some(values) = values {
                *rows.entry(values.join(" ")).or_default() += sum(&row.stats, row.samples);
            }
        }
        rows
    }
}

fn sum(stats: &Stats, samples: u64) -> f64 {
    stats.get("passes").or_else(|| stats.get("count")).unwrap_or(samples as f64)
}

/// The practice endpoint with a table `Things` of this throughput (on demand if none is given) and the key `id`.
pub fn desk(throughput: Option<u64>) -> RunningDesk {
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
pub fn empty_desk() -> RunningDesk {
    let store = StoreConfig { burst: 0.0, settle: Duration::ZERO, ..StoreConfig::default() };
    let config = DeskConfig {
        listen: ([127, 0, 0, 1], 0).into(),
        threads: 1,
        read: Latency::Zero,
        write: Latency::Zero,
        store,
        ..DeskConfig::default()
    };
    Desk::spawn(config).unwrap()
}

/// Makes a table whose key has these attributes, all of them texts, with what else is said of it.
pub fn make_table(desk: &RunningDesk, name: &str, key: &[&str], more: Value) {
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
pub fn ask(desk: &RunningDesk, operation: &str, request: &Value) -> Value {
    let answer = desk.handle().store().answer(operation, request.to_string().as_bytes());
    assert_eq!(answer.status, 200, "{operation} {request}: {answer:?}");
    serde_json::from_slice(&answer.body).unwrap()
}
