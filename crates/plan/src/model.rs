//! A test plan is what a YAML plan says, checked and resolved: nothing in it can be wrong any more.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use flashcrowd_diagnosis::Expectation;
use flashcrowd_engine::ScenarioConfig;
use flashcrowd_test::FindSettings;
use http::{HeaderName, Method};
use serde_json::Value;
use serde_json_path::JsonPath;

/// One plan.
#[derive(Clone, Debug)]
pub struct TestPlan {
    /// Its name for people.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Where requests go, without a slash at the end: `http://localhost:8080`.
    pub host: String,
    /// The steps as streams of load, one after the other.
    pub scenarios: Vec<ScenarioConfig>,
    /// What random arrivals are drawn with, where the plan says so.
    pub seed: Option<u64>,
    /// What is asked for when: by scenario and time, see [`TestPlan::mix`].
    pub mixes: Vec<Mix>,
    /// All requests that are made again and again.
    pub tasks: Vec<Call>,
    /// What every user does once, before its first task.
    pub on_start: Vec<Call>,
    /// Whether a request is sent again whose kept connection was closed without a response.
    pub resend: bool,
    /// Headers of every request.
    pub headers: Vec<(HeaderName, Template)>,
    /// Where the values of placeholders come from.
    pub data: Vec<Data>,
    /// How many values users keep from answers: the size of [`Slot::Saved`].
    pub saved: usize,
    /// How long a user thinks after a task; not in steps with a rate.
    pub wait: RangeInclusive<Duration>,
    /// What is expected of the run.
    pub expected: Vec<Expectation>,
    /// What a search for the largest load looks for.
    pub find: FindSettings,
    /// Stocks to be read before and after.
    pub audits: Vec<StockAudit>,
    /// Where the target reports about itself.
    pub metrics: TargetMetrics,
    /// The series of it that are charted whatever they are.
    pub charts: Vec<String>,
    /// Whether the run ends where it finds the breaking point.
    pub stop_at_breaking_point: bool,
    /// The texts that the plan is made of, its own first.
    pub sources: Vec<(PathBuf, String)>,
}

/// What is asked for from a moment on.
#[derive(Clone, Debug, PartialEq)]
pub struct Mix {
    /// The position of the scenario.
    pub scenario: usize,
    /// From when on, counted from the scenario's start.
    pub from: Duration,
    /// Positions of tasks with their weights, which add up to more than zero.
    pub tasks: Vec<(usize, f64)>,
}

/// A request as a plan describes it.
#[derive(Clone, Debug)]
pub struct Call {
    /// What it is counted under: the task's name, else method and path as written, `GET /inventory/{product}`.
    pub name: String,
    /// The method.
    pub method: Method,
    /// The path, or a whole URL.
    pub path: Template,
    /// Headers of this request, over those of all.
    pub headers: Vec<(HeaderName, Template)>,
    /// What is sent.
    pub body: Body,
    /// How long it may take.
    pub timeout: Duration,
    /// What must hold of the answer.
    pub checks: Vec<Check>,
    /// What is kept of the answer.
    pub saves: Vec<Save>,
    /// What one success of it sells, by the position of the audit.
    pub sells: Vec<(usize, Sold)>,
}

/// What is sent.
#[derive(Clone, Debug)]
pub enum Body {
    /// Nothing.
    None,
    /// Text, with the Content-Type of the headers.
    Text(Template),
    /// JSON, with `Content-Type: application/json` unless the headers say otherwise.
    Json(Json),
}

/// JSON with placeholders. A string that is one placeholder and nothing else becomes the value itself, of its own type.
#[derive(Clone, Debug)]
pub enum Json {
    /// Without placeholders.
    Plain(Value),
    /// One placeholder.
    Value(Slot),
    /// A string with placeholders in it.
    Text(Template),
    /// A list.
    List(Vec<Json>),
    /// An object.
    Object(Vec<(String, Json)>),
}

/// Text with placeholders.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Template {
    /// Its pieces.
    pub parts: Vec<Part>,
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// As it is.
    Text(String),
    /// A placeholder.
    Slot(Slot),
}

/// What stands in for a placeholder.
#[derive(Clone, Debug, PartialEq)]
pub enum Slot {
    /// `{product}`: the value of a data source, by its position; the same throughout one request.
    Data(usize),
    /// `{user.name}`: a column of a data source with columns.
    Column(usize, String),
    /// `{token}`: a value that was kept from an answer, by its position.
    Saved(usize),
    /// `{1..10}`: a whole number, drawn anew each time it is met.
    Range(RangeInclusive<i64>),
    /// `{red|blue}`: one of these, drawn anew each time it is met.
    Choice(Arc<[String]>),
    /// `{vu}`: the user's number in the test, from one.
    Vu,
    /// `{iteration}`: the iteration's number in the test, from zero.
    Iteration,
}

/// Where the values of a placeholder come from.
#[derive(Clone, Debug)]
pub struct Data {
    /// The name in placeholders.
    pub name: String,
    /// Its values.
    pub values: Values,
}

/// The values of a data source.
#[derive(Clone, Debug)]
pub enum Values {
    /// Whole numbers of a range, drawn at random.
    Range(RangeInclusive<i64>),
    /// 1, 2, 3, ...: no number is given twice in the test.
    Sequence {
        /// The first.
        start: i64,
        /// From one to the next.
        step: i64,
    },
    /// Values out of a list or a file; rows of files with columns are objects.
    Rows {
        /// All of them; at least one.
        rows: Arc<[Value]>,
        /// Which of them comes next.
        pick: Pick,
    },
}

/// Which row comes next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pick {
    /// Any.
    #[default]
    Random,
    /// One after the other over all users, from the start again at the end.
    Sequence,
    /// The same for a user throughout: user n has row n, from the start again where there are fewer rows.
    User,
}

/// What must hold of an answer.
#[derive(Clone, Debug)]
pub struct Check {
    /// What it is shown as: `purchase: status is 200`.
    pub name: String,
    /// What is looked at, and what it has to be.
    pub rule: Rule,
}

/// What is looked at in an answer, and what it has to be.
#[derive(Clone, Debug)]
pub enum Rule {
    /// The status is one of these.
    Status(Vec<RangeInclusive<u16>>),
    /// The body has this text in it.
    Contains(Template),
    /// The body matches.
    Matches(regex::Regex),
    /// What the path finds in the JSON body is this value; or is there at all, for none.
    Json(JsonPath, Option<Json>),
    /// The whole answer took no longer.
    Within(Duration),
}

/// What is kept of an answer.
#[derive(Clone, Debug)]
pub struct Save {
    /// The position among what a user keeps.
    pub slot: usize,
    /// Its name in placeholders.
    pub name: String,
    /// Where it is found.
    pub from: Found,
}

/// Where in an answer something is found.
#[derive(Clone, Debug)]
pub enum Found {
    /// In the JSON body; a JSON pointer such as `/access_token` is turned into a path when it is read.
    Json(JsonPath),
    /// In a header.
    Header(HeaderName),
}

/// A stock to be read before and after.
#[derive(Clone, Debug)]
pub struct StockAudit {
    /// Its name.
    pub name: String,
    /// How to read it: requests whose values are added up, so that several products can be one stock.
    pub reads: Vec<Call>,
    /// Where the value is in each answer; the whole body when it is a number.
    pub value: Option<JsonPath>,
}

/// What one success sells.
#[derive(Clone, Debug)]
pub enum Sold {
    /// That many.
    Fixed(f64),
    /// What the request asked for: the value found in its JSON body.
    Asked(JsonPath),
    /// What the answer says: the value found in its JSON body.
    Answered(JsonPath),
}

/// Where the target reports about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TargetMetrics {
    /// At `/metrics` of the host, if anything answers there.
    #[default]
    Auto,
    /// Nowhere, or it is not asked.
    Off,
    /// At these URLs; at least one.
    At(Vec<String>),
}

impl TestPlan {
    /// What is asked for at a moment after a scenario's start.
    pub fn mix(&self, scenario: usize, at: Duration) -> Option<&Mix> {
        let of = |mix: &&Mix| mix.scenario == scenario;
        self.mixes
            .iter()
            .filter(of)
            .take_while(|mix| mix.from <= at)
            .last()
            .or_else(|| self.mixes.iter().find(of))
    }
}
