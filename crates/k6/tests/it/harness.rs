//! The harness runs a script through the engine and keeps what it logged, what was counted and how it ended.
//!
//! Only this file knows how a script becomes a run: [`Script::load`] and [`Script::run`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use flashcrowd_engine::{AbortReason, Control, RunResult, TestConfig, ThresholdSpec, run};
use flashcrowd_http::SystemTags;
use flashcrowd_k6::{
    Description, K6Behaviour, Level, Log, Message, OptionLayer, Options, Program, Settings, Source,
    SummaryFiles, Tier, describe, handle_summary,
};
use flashcrowd_metrics::{Plan, Registry, Sink, SinkKey, Stat, TagSet};
use serde_json::Value;
use tempfile::TempDir;

/// A script that is about to be run, with all that is given beside it.
pub struct Script {
    text: String,
    env: BTreeMap<String, String>,
    flags: Value,
    files: Option<TempDir>,
}

/// A script that was loaded and whose options are resolved.
pub struct Loaded {
    program: Arc<Program>,
    description: Description,
    options: Options,
    notes: Arc<Notes>,
    /// Removed when this is dropped.
    _files: Option<TempDir>,
}

/// What a script logged and what came of it.
pub struct Ran {
    /// What it logged, line by line; exceptions too.
    pub said: Vec<String>,
    /// The same by message.
    pub messages: Vec<Note>,
    result: RunResult,
    registry: Registry,
}

/// One message of a script's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub level: Level,
    pub source: Source,
    pub scenario: Option<String>,
    pub text: String,
}

#[derive(Default)]
struct Notes(Mutex<Vec<Note>>);

impl Log for Notes {
    fn log(&self, message: &Message<'_>) {
        let Message { level, source, text, scenario } = message.clone();
        let note = Note { level, source, scenario: scenario.map(str::to_owned), text: text.to_owned() };
        self.0.lock().unwrap().push(note);
    }
}

impl Notes {
    fn take(&self) -> Vec<Note> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Script {
    /// A whole script.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), env: BTreeMap::new(), flags: Value::Null, files: None }
    }

    /// A script whose default function has this body, below a head of imports and the like.
    pub fn of_body(head: &str, body: &str) -> Self {
        Self::new(format!("{head}\nexport default function () {{\n{body}\n}}"))
    }

    /// With a variable of `__ENV`.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    /// With options of the command line, which win over those of the script.
    pub fn flags(mut self, options: Value) -> Self {
        self.flags = options;
        self
    }

    /// With a file in the folder of the script.
    pub fn file(mut self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let folder = self.files.get_or_insert_with(|| TempDir::new().unwrap());
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    /// Runs the top level once and checks the options, or says why that cannot be done.
    pub fn load(self) -> Result<Loaded, String> {
        let notes = Arc::new(Notes::default());
        let folder = self.files.as_ref().map_or(Path::new("/test"), TempDir::path);
        let path: PathBuf = folder.join("script.js");
        let program =
            Arc::new(Program::new(&path, Some(self.text), self.env, Registry::new(), notes.clone()));
        let description = describe(&program).map_err(|error| error.text)?;
        let (script, mut problems, _) = OptionLayer::from_json(&description.options);
        let (flags, more, _) = OptionLayer::from_json(&self.flags);
        problems.extend(more);
        let resolved = Options::consolidate(&[(Tier::Script, script), (Tier::Cli, flags)]);
        let options = resolved.map_err(|problems| listed(&problems))?.options;
        problems.extend(options.check_thresholds(&program.registry));
        problems.extend(options.check_exports(&description.functions));
        match problems.is_empty() {
            true => Ok(Loaded { program, description, options, notes, _files: self.files }),
            false => Err(listed(&problems)),
        }
    }

    /// Loads and runs it on one worker thread; panics when it cannot be loaded.
    pub fn run(self) -> Ran {
        let loaded = self.load().unwrap();
        let Loaded { program, description, options, notes, .. } = &loaded;
        program.set_settings(settings(options));
        let mut plan = Plan::new(program.registry.clone());
        plan.views = program.views();
        let thresholds = thresholds(options, &mut plan);
        let exports = |name: &str| description.functions.iter().any(|function| function == name);
        let mut test = TestConfig::new(options.scenarios().to_vec(), Arc::new(plan));
        test.thresholds = thresholds;
        test.no_setup = options.no_setup() || !exports("setup");
        test.no_teardown = options.no_teardown() || !exports("teardown");
        test.min_iteration_duration = options.min_iteration_duration().unwrap_or_default();
        test.run_tags = TagSet::from_pairs(options.tags());
        test.tag_scenarios = options.system_tags().iter().any(|tag| tag == "scenario");
        // What the top level logged when it was loaded is no part of the run.
        notes.take();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let behaviour = K6Behaviour::new(program.clone());
        let result = runtime.block_on(run(test, behaviour, Arc::<Control>::default(), &mut ()));
        let messages = notes.take();
        let said = messages.iter().flat_map(|note| note.text.lines().map(str::to_owned)).collect();
        Ran { said, messages, result, registry: program.registry.clone() }
    }

    /// What `handleSummary` wants written when it is given this data: destinations and contents.
    pub fn summary(self, data: &Value) -> Result<SummaryFiles, String> {
        let loaded = self.load()?;
        let timeout = loaded.options.handle_summary_timeout();
        handle_summary(&loaded.program, data.to_string(), timeout).map_err(|error| error.to_string())
    }
}

impl Loaded {
    /// What the top level logged.
    pub fn said(&self) -> Vec<String> {
        self.notes.take().into_iter().map(|note| note.text).collect()
    }

    /// How many views the script's modules have of their metrics.
    pub fn views(&self) -> usize {
        self.program.views().len()
    }

    /// Whether the script has a metric of this name.
    pub fn has_metric(&self, name: &str) -> bool {
        self.program.registry.find(name).is_some()
    }

    /// The resolved options, as JSON.
    pub fn options(&self) -> Value {
        self.options.to_json()
    }
}

impl Ran {
    /// What it logged, as one text.
    pub fn text(&self) -> String {
        self.said.join("\n")
    }

    /// The sum of a counter, the number of ones of a rate, or the number of samples of any other metric.
    pub fn sum(&self, name: &str) -> f64 {
        sum(self.sink(name))
    }

    /// A statistic of a metric; none when it has no samples.
    pub fn stat(&self, name: &str, stat: &str) -> Option<f64> {
        self.sink(name)?.stat(Stat::parse(stat).unwrap(), self.seconds())
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

    /// The checks by their paths, each with how often it passed and failed.
    pub fn checks(&self) -> Vec<(String, u64, u64)> {
        let totals = &self.result.totals;
        let nodes = totals.plan().tree.nodes().into_iter();
        let checks = nodes.flat_map(|node| {
            let path = node.path;
            node.checks.into_iter().map(move |(name, id)| (format!("{path}::{name}"), id))
        });
        checks
            .map(|(path, id)| {
                let (passes, fails) = totals.check(id);
                (path, passes, fails)
            })
            .collect()
    }

    /// The thresholds as they were written, and whether each was met.
    pub fn thresholds(&self) -> Vec<(String, bool)> {
        let results = self.result.thresholds.iter();
        results.map(|result| (format!("{}: {}", result.metric, result.source), result.passed)).collect()
    }

    /// The thresholds that were not met.
    pub fn crossed(&self) -> Vec<String> {
        self.thresholds().into_iter().filter(|(_, met)| !met).map(|(threshold, _)| threshold).collect()
    }

    /// Why the run was no success; thresholds aside.
    pub fn failure(&self) -> Option<String> {
        let error = self.result.errors.first().map(ToString::to_string);
        let aborted = self.result.abort.as_ref().map(|reason| match reason {
            AbortReason::Script(message) => format!("test aborted: {message}"),
            other => format!("{other:?}"),
        });
        let failed = self.result.failure.as_ref().map(|message| format!("test marked as failed: {message}"));
        error.or(aborted).or(failed)
    }

    /// How long the run took.
    pub fn seconds(&self) -> f64 {
        self.result.elapsed.as_secs_f64()
    }

    fn sink(&self, name: &str) -> Option<&Sink> {
        let id = self.registry.find(name).unwrap_or_else(|| panic!("no metric '{name}'")).id;
        self.result.totals.metric(id)
    }
}

/// Runs each body as one iteration below this head, and compares what is logged.
pub fn check(head: &str, rows: &[(&str, &str)]) {
    for (body, expected) in rows {
        assert_eq!(Script::of_body(head, body).run().text(), *expected, "{body}");
    }
}

fn thresholds(options: &Options, plan: &mut Plan) -> Vec<ThresholdSpec> {
    let thresholds = options.thresholds().iter().map(|threshold| {
        let metric = plan.registry.find(&threshold.selector.metric).unwrap();
        let key = match threshold.selector.tags.is_empty() {
            true => SinkKey::Metric(metric.id),
            false => SinkKey::Sub(plan.add_sub(&threshold.name, &metric, threshold.selector.clone())),
        };
        ThresholdSpec { metric: threshold.name.clone(), key, thresholds: threshold.thresholds.clone() }
    });
    thresholds.collect()
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

fn listed(problems: &[impl ToString]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn sum(sink: Option<&Sink>) -> f64 {
    match sink {
        None => 0.0,
        Some(Sink::Counter { sum, .. }) => *sum,
        Some(Sink::Rate(rate)) => rate.trues as f64,
        Some(other) => other.samples() as f64,
    }
}
