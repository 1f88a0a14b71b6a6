//! A judgement is what to think of a run: whether it held what was expected, where it broke, and what gave way.
//!
//! These are the forms that `result.json` keeps; what fills them is the crate `diagnosis`. Texts in them are English;
//! `figures` and `labels` hold what a text in another language is made of.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cause::{Cause, Verdict};

/// What to think of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Judgement {
    /// The version of the definitions that it was judged by; zero where these had none yet.
    #[serde(default)]
    pub definitions: u32,
    /// All of it in one word.
    pub verdict: Verdict,
    /// Why it is this word; none in records of versions that did not say.
    #[serde(default)]
    pub reason: Option<VerdictReason>,
    /// What was expected, and what became of it, in the order it was written.
    pub expectations: Vec<ExpectationResult>,
    /// What was noticed without being asked, the most severe first.
    pub findings: Vec<Finding>,
    /// The run step by step.
    pub steps: Vec<StepResult>,
    /// Where it broke; none when it did not, or when there were too few steps to tell.
    pub breaking_point: Option<BreakingPoint>,
    /// Response times from when requests were due; none where they have no due times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_times: Option<ResponseTimes>,
}

/// Response times of all requests from when they were due. Requests that never came about, since their iterations were
/// dropped, count as slower than all others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResponseTimes {
    /// The share of the iterations that were due and never started, from 0 to 1.
    pub never_started: f64,
    /// The mean, in which these count with the longest time.
    pub avg: ResponseTime,
    /// The median.
    pub p50: ResponseTime,
    /// 90 % are as fast as this.
    pub p90: ResponseTime,
    /// 95 % are as fast as this.
    pub p95: ResponseTime,
    /// 99 % are as fast as this.
    pub p99: ResponseTime,
    /// The longest.
    pub max: ResponseTime,
}

/// A response time, or what it is at least.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResponseTime {
    /// In milliseconds.
    pub ms: f64,
    /// Whether it is among the requests that never came about: then it is longer, and this is the longest measured.
    pub at_least: bool,
}

/// Why a verdict is what it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VerdictReason {
    /// What decided it.
    pub cause: Cause,
    /// The same in a sentence.
    pub text: String,
    /// The numbers in the text.
    pub figures: IndexMap<String, f64>,
    /// The words in the text that are not translated.
    pub labels: IndexMap<String, String>,
}

/// What became of one expectation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Mark {
    /// It held.
    #[serde(rename = "pass")]
    Pass,
    /// It was missed by little.
    #[serde(rename = "warn")]
    Warn,
    /// It was missed.
    #[serde(rename = "fail")]
    Fail,
    /// There is nothing to judge it by.
    #[serde(rename = "not measured")]
    NotMeasured,
}

/// One expectation, judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExpectationResult {
    /// What is judged, as it was written: `response_time_p99`.
    pub name: String,
    /// What it had to be, as it was written: `< 500ms`.
    pub target: String,
    /// What it was; none when it is not a number, or was not measured.
    pub value: Option<f64>,
    /// The unit of the value: `ms`, `s`, `%`, `/s`, `users`, or nothing.
    pub unit: String,
    /// What became of it.
    pub result: Mark,
    /// How the value came about, or why there is none.
    pub evidence: String,
    /// Which of the texts `evidence` is: the id of a message of the crate `diagnosis`.
    pub note: String,
    /// The numbers in the text.
    pub figures: IndexMap<String, f64>,
    /// The words in the text that are not translated: names of steps, series, codes.
    pub labels: IndexMap<String, String>,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Something is not as it should be.
    Warning,
    /// The rush will not be survived like this, or the figures cannot be trusted.
    Critical,
}

/// Something that was noticed without being asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Which one, from the table of findings: `lock-contention`.
    pub id: String,
    /// How bad it is.
    pub severity: Severity,
    /// What it was noticed by, with figures.
    pub evidence: String,
    /// What can be done.
    pub remedy: String,
    /// The numbers in the evidence.
    pub figures: IndexMap<String, f64>,
    /// The words in the evidence that are not translated.
    pub labels: IndexMap<String, String>,
}

/// What was measured in one phase of the test, ramps left out. Times are milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepResult {
    /// The scenario's name.
    pub scenario: String,
    /// When the measured part of the phase began, in seconds since the start of the run.
    pub start: f64,
    /// When it ended.
    pub end: f64,
    /// How many virtual users were ordered.
    pub users: Option<u64>,
    /// How many iterations a second were ordered.
    pub rate: Option<f64>,
    /// The load that it started from, where it is a ramp: users, or iterations a second. None for any other step.
    #[serde(default)]
    pub ramp_from: Option<f64>,
    /// How many virtual users there were on average.
    pub vus: f64,
    /// Requests a second.
    pub tps: f64,
    /// Iterations a second that ended; 0 in records of versions that did not tell.
    #[serde(default)]
    pub iteration_rate: f64,
    /// How many requests there were.
    pub requests: u64,
    /// The share of requests that failed, from 0 to 1.
    pub error_rate: f64,
    /// The mean time of a request.
    pub avg: f64,
    /// The median time of a request.
    pub p50: f64,
    /// 95 % of the requests were as fast as this.
    pub p95: f64,
    /// 99 % of the requests were as fast as this.
    pub p99: f64,
    /// Iterations that were due and never started.
    pub dropped: u64,
    /// The target's processors in use: 1 is one core. None where the target does not tell.
    pub target_cpu: Option<f64>,
}

/// Where throughput stopped growing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BreakingPoint {
    /// The first step at which throughput no longer grew with the load while latency or errors rose.
    pub step: usize,
    /// The last step that held; none where the first one was too much already, and in records of versions that did not
    /// tell.
    #[serde(default)]
    pub held: Option<usize>,
    /// How many users, or iterations a second, the target served before it broke.
    pub load: f64,
    /// Requests a second that it served there.
    pub tps: f64,
    /// Whether `load` is users, and not iterations a second.
    pub is_users: bool,
    /// How it was found: `usl` or `change-point`.
    pub method: String,
    /// What broke first: `latency`, `errors` or `dropped`.
    pub symptom: String,
    /// The fitted law of scalability, where there were steps enough for one.
    pub usl: Option<UslFit>,
}

/// Gunther's Universal Scalability Law, fitted to the steps: X(N) = λN / (1 + σ(N-1) + κN(N-1)).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UslFit {
    /// Requests a second of one user.
    pub lambda: f64,
    /// Contention: the share of the work that is done one after the other.
    pub sigma: f64,
    /// Coherency: what users cost each other.
    pub kappa: f64,
    /// Where throughput is largest, in users; none where it only flattens.
    pub peak_users: Option<f64>,
    /// The largest throughput of the curve, in requests a second.
    pub peak_tps: f64,
    /// How well it fits, R² of throughput: 1 is perfectly.
    pub r_squared: f64,
}

/// A stock that was read before and after the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Audit {
    /// Its name in the plan.
    pub name: String,
    /// What was there before.
    pub before: Option<f64>,
    /// What was there after.
    pub after: Option<f64>,
    /// How much was sold by what the load side saw succeed.
    pub sold: f64,
    /// Why one of the readings is missing.
    pub problem: Option<String>,
}
