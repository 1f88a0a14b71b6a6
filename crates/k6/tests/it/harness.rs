//! The harness runs a script through the engine and keeps what it logged, what was counted and how it ended.
//!
//! Only this file knows how a script becomes a run: [`Script::load`] and [`Script::run`].

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use flashcrowd_k6::Script as LoadedScript;
use flashcrowd_record::{GroupResult, MetricResult, Results, Stats};
use flashcrowd_session::{Failure, Listeners, Session, Settings};
use flashcrowd_test::{
    Layers, Level, LoadError, Log, Message, OptionLayer, Origin, Request, Source, SummaryFiles, Test as _,
};
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
    script: LoadedScript,
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
    results: Results,
    failure: Option<Failure>,
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
        let (cli, problems, _) = OptionLayer::from_json(&self.flags);
        if !problems.is_empty() {
            return Err(listed(&problems));
        }
        let request = Request {
            env: self.env,
            layers: Layers { cli, ..Layers::default() },
            log: notes.clone(),
            ..Request::plain(Origin::Text { name: path.display().to_string(), text: self.text })
        };
        match LoadedScript::load(&request) {
            Ok(script) => Ok(Loaded { script, notes, _files: self.files }),
            Err(LoadError::Problems(problems)) => Err(listed(&problems)),
            Err(other) => Err(other.to_string()),
        }
    }

    /// Loads and runs it on one worker thread; panics when it cannot be loaded.
    pub fn run(self) -> Ran {
        let loaded = self.load().unwrap();
        // What the top level logged when it was loaded is no part of the run.
        loaded.notes.take();
        let settings = Settings { workers: NonZeroUsize::new(1), ..Settings::default() };
        let finished = Session::open(&loaded.script, &settings).unwrap().run(Listeners::default()).unwrap();
        let (results, failure) = (finished.results.clone(), finished.failure.clone());
        let messages = loaded.notes.take();
        let said = messages.iter().flat_map(|note| note.text.lines().map(str::to_owned)).collect();
        Ran { said, messages, results, failure }
    }

    /// What `handleSummary` wants written when it is given this data: destinations and contents.
    pub fn summary(self, data: &Value) -> Result<SummaryFiles, String> {
        let loaded = self.load()?;
        loaded.script.summarize(data.to_string())
    }
}

impl Loaded {
    /// What the top level logged.
    pub fn said(&self) -> Vec<String> {
        self.notes.take().into_iter().map(|note| note.text).collect()
    }

    /// How many views the script's modules have of their metrics.
    pub fn views(&self) -> usize {
        self.script.views().len()
    }

    /// Whether the script has a metric of this name.
    pub fn has_metric(&self, name: &str) -> bool {
        self.script.registry().find(name).is_some()
    }

    /// The resolved options, as JSON.
    pub fn options(&self) -> Value {
        self.script.options().to_json()
    }
}

impl Ran {
    /// What it logged, as one text.
    pub fn text(&self) -> String {
        self.said.join("\n")
    }

    /// The sum of a counter, the number of ones of a rate, or the number of samples of any other metric.
    pub fn sum(&self, name: &str) -> f64 {
        self.metric(name).map_or(0.0, |metric| sum(&metric.stats, metric.samples))
    }

    /// A statistic of a metric; none when it has no samples.
    pub fn stat(&self, name: &str, stat: &str) -> Option<f64> {
        self.metric(name)?.stats.get(stat)
    }

    /// Rows of a metric by the tags that are asked for, where it has them all.
    pub fn rows(&self, name: &str, tags: &[&str]) -> BTreeMap<String, f64> {
        let mut rows = BTreeMap::new();
        for row in self.results.rows.iter().filter(|row| row.metric == name) {
            let values = tags.iter().map(|tag| row.tags.get(*tag).map(String::as_str));
            if let Some(values) = values.collect::<Option<Vec<_>>>() {
                *rows.entry(values.join(" ")).or_default() += sum(&row.stats, row.samples);
            }
        }
        rows
    }

    /// The checks by their paths, each with how often it passed and failed.
    pub fn checks(&self) -> Vec<(String, u64, u64)> {
        let mut checks = Vec::new();
        gather(&self.results.root_group, &mut checks);
        checks
    }

    /// The thresholds as they were written, and whether each was met.
    pub fn thresholds(&self) -> Vec<(String, bool)> {
        let metrics = self.results.metrics.iter();
        let thresholds = metrics.flat_map(|metric| {
            metric.thresholds.iter().map(|one| (format!("{}: {}", metric.name, one.source), one.ok))
        });
        thresholds.collect()
    }

    /// The thresholds that were not met.
    pub fn crossed(&self) -> Vec<String> {
        self.thresholds().into_iter().filter(|(_, met)| !met).map(|(threshold, _)| threshold).collect()
    }

    /// Why the run was no success; thresholds aside.
    pub fn failure(&self) -> Option<String> {
        let failure = self.failure.as_ref().filter(|failure| !matches!(failure, Failure::Thresholds(_)));
        failure.map(ToString::to_string)
    }

    /// How long the run took.
    pub fn seconds(&self) -> f64 {
        self.results.seconds
    }

    fn metric(&self, name: &str) -> Option<&MetricResult> {
        self.results.metric(name).filter(|metric| metric.samples > 0)
    }
}

fn gather(group: &GroupResult, checks: &mut Vec<(String, u64, u64)>) {
    checks.extend(group.checks.iter().map(|check| (check.path.clone(), check.passes, check.fails)));
    group.groups.iter().for_each(|group| gather(group, checks));
}

/// Runs each body as one iteration below this head, and compares what is logged.
pub fn check(head: &str, rows: &[(&str, &str)]) {
    for (body, expected) in rows {
        assert_eq!(Script::of_body(head, body).run().text(), *expected, "{body}");
    }
}

fn listed(problems: &[impl ToString]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn sum(stats: &Stats, samples: u64) -> f64 {
    stats.get("passes").or_else(|| stats.get("count")).unwrap_or(samples as f64)
}
