//! The harness runs a script and keeps what it said, what was counted and what became of its thresholds.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flashcrowd_dynamodb_shop::{Desk, DeskConfig, RunningDesk, StoreConfig};
use flashcrowd_engine::{Control, RunResult, TestConfig, ThresholdSpec, Watchers, run};
use flashcrowd_http::SystemTags;
use flashcrowd_k6::{K6Behaviour, Log, Message, OptionLayer, Options, Program, Settings, Tier, describe};
use flashcrowd_metrics::{Plan, Registry, Sink, SinkKey, TagSet};
use flashcrowd_shop::Latency;
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
    pub result: RunResult,
    registry: Registry,
}

#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Log for Notes {
    fn log(&self, message: &Message<'_>) {
        self.0.lock().unwrap().extend(message.text.lines().map(str::to_owned));
    }
}

/// Loads a script, and says why it cannot be.
pub fn load(script: &str, env: &[(&str, &str)]) -> Result<(Arc<Program>, Options), String> {
    load_noting(script, env, Arc::new(Notes::default()))
}

fn load_noting(
    script: &str,
    env: &[(&str, &str)],
    notes: Arc<Notes>,
) -> Result<(Arc<Program>, Options), String> {
    let env: BTreeMap<_, _> = env.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let path = Path::new("/test/script.js");
    let program = Arc::new(Program::new(path, Some(script.to_owned()), env, Registry::new(), notes));
    let description = describe(&program).map_err(|error| error.text)?;
    let (layer, problems, _) = OptionLayer::from_json(&description.options);
    assert_eq!(problems, []);
    let options = Options::consolidate(&[(Tier::Script, layer)]).unwrap().options;
    let unknown = options.check_thresholds(&program.registry);
    match unknown.first() {
        None => Ok((program, options)),
        Some(problem) => Err(problem.to_string()),
    }
}

/// Runs a whole script against an endpoint.
pub fn play(script: &str, endpoint: &str) -> Ran {
    play_in(script, &[("ENDPOINT", endpoint)])
}

/// Runs a whole script in an environment.
pub fn play_in(script: &str, env: &[(&str, &str)]) -> Ran {
    let notes = Arc::new(Notes::default());
    let (program, options) = load_noting(script, env, notes.clone()).unwrap();
    program.set_settings(settings(&options));
    let mut plan = Plan::new(program.registry.clone());
    plan.views = program.views();
    let specs = options.thresholds().iter().map(|threshold| {
        let metric = program.registry.find(&threshold.selector.metric).unwrap();
        let key = match threshold.selector.tags.is_empty() {
            true => SinkKey::Metric(metric.id),
            false => SinkKey::Sub(plan.add_sub(&threshold.name, &metric, threshold.selector.clone())),
        };
        ThresholdSpec { metric: threshold.name.clone(), key, thresholds: threshold.thresholds.clone() }
    });
    let thresholds = specs.collect();
    let mut test = TestConfig::new(options.scenarios().to_vec(), Arc::new(plan));
    test.thresholds = thresholds;
    test.no_setup = !script.contains("function setup");
    test.no_teardown = true;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let behaviour = K6Behaviour::new(program.clone());
    let result = runtime.block_on(run(test, behaviour, Arc::<Control>::default(), Watchers::none()));
    let said = std::mem::take(&mut *notes.0.lock().unwrap());
    Ran { said, result, registry: program.registry.clone() }
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

fn settings(options: &Options) -> Settings {
    Settings {
        system_tags: SystemTags::new(options.system_tags().iter().cloned()),
        throw: options.throw(),
        discard_response_bodies: options.discard_response_bodies(),
        max_redirects: options.max_redirects(),
        batch: options.batch(),
        batch_per_host: options.batch_per_host(),
        no_cookies_reset: options.no_cookies_reset(),
        no_vu_connection_reuse: options.no_vu_connection_reuse(),
        rps: options.rps(),
        http_debug: options.http_debug(),
        http: options.client_config().build().unwrap(),
        run_tags: TagSet::from_pairs(options.tags()),
        options: options.to_json(),
        setup_timeout: options.setup_timeout(),
        teardown_timeout: options.teardown_timeout(),
        handle_summary_timeout: options.handle_summary_timeout(),
    }
}

impl Ran {
    /// The sum of a counter, or the number of ones of a rate.
    pub fn sum(&self, name: &str) -> f64 {
        sum(self.result.totals.metric(self.registry.find(name).unwrap().id))
    }

    /// Rows of a metric by the tags that are asked for, where it has them all.
    pub fn rows(&self, name: &str, tags: &[&str]) -> BTreeMap<String, f64> {
        let id = self.registry.find(name).unwrap().id;
        let mut rows = BTreeMap::new();
        for (key, sink, _) in self.result.totals.iter() {
            if let SinkKey::Row { metric, tags: row, .. } = key
                && *metric == id
                && let Some(values) = tags.iter().map(|tag| row.get(tag)).collect::<Option<Vec<_>>>()
            {
                *rows.entry(values.join(" ")).or_default() += sum(Some(sink));
            }
        }
        rows
    }
}

fn sum(sink: Option<&Sink>) -> f64 {
    match sink {
        None => 0.0,
        Some(Sink::Counter { sum, .. }) => *sum,
        Some(Sink::Rate(rate)) => rate.trues as f64,
        Some(other) => other.samples() as f64,
    }
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
