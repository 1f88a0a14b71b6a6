//! Results are all that is known of a run when it is over: the `result.json` of its record.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use flashcrowd_metrics::names::{tag, view};
use flashcrowd_metrics::{Contains, Kind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::capacity::Capacity;
use crate::cause::Verdict;
use crate::duet::Duet;
use crate::groups::GroupResult;
use crate::judgement::{
    Audit, BreakingPoint, ExpectationResult, Finding, Judgement, ResponseTimes, StepResult, VerdictReason,
};
use crate::schema;
use crate::search::SearchResult;
use crate::stats::Stats;
use crate::summary_options::SummaryOptions;

/// The version of the form of results and records.
pub const FORMAT_VERSION: u32 = 1;

/// All that is known of a run when it is over.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Results {
    /// The version of this form.
    pub version: u32,
    /// When these results were made, RFC 3339.
    pub generated_at: String,
    /// What ran the test.
    pub tool: Tool,
    /// What was run.
    pub test: TestInfo,
    /// The test's consolidated options.
    pub options: Value,
    /// What the summary shows.
    pub summary: SummaryOptions,
    /// When the run started, RFC 3339.
    pub start: String,
    /// How long it took, from before setup to after teardown.
    pub seconds: f64,
    /// How it ended.
    pub outcome: Outcome,
    /// What became of the iterations of each scenario; none in records of versions that did not tell.
    #[serde(default)]
    pub scenarios: Vec<ScenarioResult>,
    /// What held the load generator up.
    #[serde(default, skip_serializing_if = "GeneratorResult::is_fine")]
    pub generator: GeneratorResult,
    /// What was measured between setup and teardown; none where there was neither, since it is what `metrics` has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<LoadResult>,
    /// Metrics in order of definition, each followed by its sub-metrics.
    pub metrics: Vec<MetricResult>,
    /// Groups and checks.
    pub root_group: GroupResult,
    /// Rows of views, by view, tags and metric. The view `by_request` has the times of each request, by method and name:
    /// those of all its rows in `requests` together.
    pub rows: Vec<Row>,
    /// What `setup()` returned.
    pub setup_data: Option<Value>,
    /// What the reader should know before trusting the numbers.
    pub warnings: Vec<String>,
    /// Stocks that were read before and after.
    #[serde(default)]
    pub audits: Vec<Audit>,
    /// The version of the definitions that it was judged by; none in records of versions without.
    #[serde(default)]
    pub definitions: Option<u32>,
    /// All that was judged in one word; none until it was, and in records of versions that did not judge.
    #[serde(default)]
    pub verdict: Option<Verdict>,
    /// Why it is this word; none in records of versions that did not say.
    #[serde(default)]
    pub verdict_reason: Option<VerdictReason>,
    /// What was expected, and what became of it, in the order it was written.
    #[serde(default)]
    pub expectations: Vec<ExpectationResult>,
    /// What was noticed without being asked, the most severe first.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// The run step by step.
    #[serde(default)]
    pub steps: Vec<StepResult>,
    /// Where it broke; none when it did not, or when there were too few steps to tell.
    #[serde(default)]
    pub breaking_point: Option<BreakingPoint>,
    /// Response times from when requests were due; none where they have no due times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_times: Option<ResponseTimes>,
    /// Capacity units that were consumed; none of a target that is not paid by them.
    #[serde(default)]
    pub capacity: Option<Capacity>,
    /// What the comparison of two variants came to; none of other runs.
    #[serde(default)]
    pub duet: Option<Duet>,
    /// What a search for the largest load found; none where none was made.
    #[serde(default)]
    pub search: Option<SearchResult>,
}

/// What was measured between setup and teardown: the load, and nothing that prepared it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoadResult {
    /// How long it lasted: from the end of setup to the end of the last scenario. Rates divide by it.
    pub seconds: f64,
    /// Metrics that had samples, in order of definition.
    pub metrics: Vec<MetricResult>,
}

/// The program that ran the test.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What was run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TestInfo {
    /// A name for people.
    pub name: String,
    /// Where it was read from, as the user wrote it.
    pub source: String,
}

/// How a run ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Outcome {
    /// In one word.
    pub state: RunState,
    /// The exit code; [`Outcome::NO_EXIT_CODE`] of a run that was killed.
    pub exit_code: i32,
    /// When the search for the breaking point ended the load, in seconds since the end of setup; none where it did not.
    #[serde(default)]
    pub stopped_at: Option<f64>,
    /// Why it was cut short or failed, if it was.
    pub reason: Option<String>,
    /// How long it stood still in pauses, which are no part of its time; none where it was not paused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_seconds: Option<f64>,
    /// How long the load was to last, in seconds; none where a number of iterations decides.
    #[serde(default)]
    pub planned_seconds: Option<f64>,
}

/// What became of the iterations of a scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScenarioResult {
    /// Its name.
    pub name: String,
    /// Iterations that ran to their end, or to an error of their own.
    pub completed: u64,
    /// Of these, how many ended with an error: an exception of a script, a user who could not begin.
    pub failed: u64,
    /// Iterations that were interrupted.
    pub interrupted: u64,
    /// Iterations that were due and never started.
    pub dropped: u64,
}

/// What held the load generator up, so that the load was not as configured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GeneratorResult {
    /// How long the worker thread that stood still most did so under load, in seconds.
    pub stalled_seconds: f64,
    /// The longest time that one stood still.
    pub longest_stall_seconds: f64,
    /// How many worker threads never answered again: what they measured last is missing.
    pub lost_workers: u64,
    /// Agents that made a part of the load and were lost; none of a run on one machine.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost_agents: Vec<LostAgent>,
}

/// An agent that was lost, and what the run lacks since.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LostAgent {
    /// Its name.
    pub name: String,
    /// The part of the test that it ran, from 0 to 1.
    pub share: f64,
    /// Up to when it told what it measured, in seconds since the start of the run.
    pub since: f64,
    /// How it was lost.
    pub why: String,
}

impl GeneratorResult {
    /// Whether nothing did.
    pub fn is_fine(&self) -> bool {
        *self == Self::default()
    }
}

/// How a run ended, in one word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    /// It ran to its planned end.
    #[default]
    Finished,
    /// A threshold or the script ended it.
    Aborted,
    /// A person or a signal ended it.
    Interrupted,
    /// An error ended it.
    Failed,
    /// It was killed: there is what was on disk by then.
    Cut,
}

/// A metric or sub-metric over the whole run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetricResult {
    /// `name`, or `name{tag:value}` for a sub-metric.
    pub name: String,
    /// What was kept.
    #[schemars(schema_with = "schema::kind")]
    pub kind: Kind,
    /// The unit of its values.
    #[schemars(schema_with = "schema::contains")]
    pub contains: Contains,
    /// The metric that a sub-metric is a part of.
    pub parent: Option<String>,
    /// Its numbers.
    pub stats: Stats,
    /// How many samples made them.
    pub samples: u64,
    /// Its thresholds in the order they were written.
    pub thresholds: Vec<ThresholdResult>,
}

/// A threshold's last evaluation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ThresholdResult {
    /// The expression as written.
    pub source: String,
    /// Whether it held.
    pub ok: bool,
    /// What the expression compared; none when the metric has no samples.
    pub value: Option<f64>,
}

/// A row of a view: the part of a metric whose samples share some tags.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    /// The view's name.
    pub view: String,
    /// The tags that make the row.
    pub tags: BTreeMap<String, String>,
    /// The metric's name.
    pub metric: String,
    /// What was kept.
    #[schemars(schema_with = "schema::kind")]
    pub kind: Kind,
    /// The unit of its values.
    #[schemars(schema_with = "schema::contains")]
    pub contains: Contains,
    /// Its numbers.
    pub stats: Stats,
    /// How many samples made them.
    pub samples: u64,
}

/// What results hold besides the measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResultsMeta {
    /// When the results are made, RFC 3339.
    pub generated_at: String,
    /// What ran the test.
    pub tool: Tool,
    /// What was run.
    pub test: TestInfo,
    /// The test's consolidated options.
    pub options: Value,
    /// When the run started, RFC 3339.
    pub start: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What became of the iterations of each scenario.
    pub scenarios: Vec<ScenarioResult>,
    /// What `setup()` returned.
    pub setup_data: Option<Value>,
    /// What the reader should know before trusting the numbers.
    pub warnings: Vec<String>,
    /// Stocks that were read before and after.
    pub audits: Vec<Audit>,
    /// What held the load generator up.
    pub generator: GeneratorResult,
    /// How long the load lasted, in seconds; none where the run was nothing else.
    pub load_seconds: Option<f64>,
}

/// The last evaluation of a threshold, as the engine found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThresholdOutcome {
    /// The metric or sub-metric, as the options name it.
    pub metric_name: String,
    /// The expression as written.
    pub source: String,
    /// Whether it held.
    pub ok: bool,
}

/// The JSON Schema of `result.json`. Fields that records of earlier versions do not have are not required.
pub fn result_schema() -> Value {
    schemars::schema_for!(Results).to_value()
}

impl Outcome {
    /// What stands in place of the exit code of a run that was killed: it has none.
    pub const NO_EXIT_CODE: i32 = -1;
}

impl Results {
    /// Adds what to think of it.
    pub fn judged(self, judgement: Judgement) -> Self {
        let Judgement {
            definitions,
            verdict,
            reason,
            expectations,
            findings,
            steps,
            breaking_point,
            response_times,
        } = judgement;
        Self {
            definitions: Some(definitions),
            verdict: Some(verdict),
            verdict_reason: reason,
            expectations,
            findings,
            steps,
            breaking_point,
            response_times,
            ..self
        }
    }

    /// As they were before that was added.
    pub fn unjudged(self) -> Self {
        Self {
            definitions: None,
            verdict: None,
            verdict_reason: None,
            expectations: Vec::new(),
            findings: Vec::new(),
            steps: Vec::new(),
            breaking_point: None,
            response_times: None,
            ..self
        }
    }

    /// What to think of it; none until that was added.
    pub fn judgement(&self) -> Option<Judgement> {
        Some(Judgement {
            definitions: self.definitions.unwrap_or_default(),
            verdict: self.verdict?,
            reason: self.verdict_reason.clone(),
            expectations: self.expectations.clone(),
            findings: self.findings.clone(),
            steps: self.steps.clone(),
            breaking_point: self.breaking_point.clone(),
            response_times: self.response_times,
        })
    }

    /// The metric or sub-metric of that name.
    pub fn metric(&self, name: &str) -> Option<&MetricResult> {
        self.metrics.iter().find(|metric| metric.name == name)
    }

    /// The times of all requests with that method and name, whatever their scenario and status.
    pub fn times_of(&self, method: &str, name: &str) -> Option<&Stats> {
        let has = |row: &&Row, key: &str, value: &str| row.tags.get(key).map_or("", String::as_str) == value;
        let mut rows = self.rows.iter().filter(|row| row.view == view::BY_REQUEST);
        rows.find(|row| has(row, tag::METHOD, method) && has(row, tag::NAME, name)).map(|row| &row.stats)
    }

    /// The metric as it was between setup and teardown.
    pub fn under_load(&self, name: &str) -> Option<&MetricResult> {
        match &self.load {
            Some(load) => load.metrics.iter().find(|metric| metric.name == name),
            None => self.metric(name),
        }
    }

    /// How long the load lasted: without setup and teardown.
    pub fn load_seconds(&self) -> f64 {
        self.load.as_ref().map_or(self.seconds, |load| load.seconds)
    }

    /// Whether every threshold held.
    pub fn thresholds_ok(&self) -> bool {
        self.metrics.iter().flat_map(|metric| &metric.thresholds).all(|threshold| threshold.ok)
    }
}

/// The order of metrics' names for people: by letter, underscores before digits before letters.
pub fn by_name(left: &str, right: &str) -> Ordering {
    let rank = |c: char| match c {
        c if c.is_alphabetic() => (2, c.to_lowercase().next().unwrap_or(c)),
        c if c.is_numeric() => (1, c),
        c => (0, c),
    };
    left.chars().map(rank).cmp(right.chars().map(rank)).then_with(|| right.cmp(left))
}
