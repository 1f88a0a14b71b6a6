//! Run information is what was run, where and with what: the `run.json` of a record, written before the start.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::results::{TestInfo, Tool};
use crate::search::SearchAim;
use crate::secrets::Secrets;

/// What was run, where and with what.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunInfo {
    /// The version of the form of the record.
    pub version: u32,
    /// What ran the test.
    pub tool: Tool,
    /// What was run.
    pub test: TestInfo,
    /// When the run started, RFC 3339.
    pub start: String,
    /// The command line, the program's name included.
    pub args: Vec<String>,
    /// The worker threads of the generator; none in records of older versions.
    #[serde(default)]
    pub workers: Option<usize>,
    /// The test's consolidated options.
    pub options: Value,
    /// The variables that the test was given.
    pub env: IndexMap<String, String>,
    /// The texts that the test is made of, the one that was named first.
    pub sources: Vec<Source>,
    /// The machine that made the load.
    pub host: HostInfo,
    /// Where the requests of a plan go; none for scripts, which say so themselves.
    #[serde(default)]
    pub target: Option<String>,
    /// The target's series that are charted because somebody asked for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub charts: Vec<String>,
    /// What was searched for; none where nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<SearchAim>,
    /// The parts of the test that have one load each, in the order of their start; none where there are none.
    #[serde(default)]
    pub phases: Vec<Phase>,
    /// What is expected of the run, as written.
    #[serde(default)]
    pub expected: Vec<Expected>,
    /// What random arrivals were drawn with; none where there were none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// What must be in no record.
    #[serde(skip)]
    pub secrets: Secrets,
}

impl RunInfo {
    /// Whether every address of the plan, on the command line and in the variables is of the machine itself.
    pub fn is_local(&self) -> bool {
        let texts = self.args.iter().chain(self.env.values()).chain(&self.target);
        let mut hosts = texts.flat_map(|text| text.split("://").skip(1)).peekable();
        let is_here = |host: &str| ["127.", "localhost", "[::1]"].iter().any(|here| host.starts_with(here));
        hosts.peek().is_some() && hosts.all(is_here)
    }
}

/// A part of a test with one load. Times are seconds since the end of setup.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// The scenario's name.
    pub scenario: String,
    /// When it begins.
    pub start: f64,
    /// From when on the load is what was ordered: a ramp before it is over.
    pub settled: f64,
    /// When it ends.
    pub end: f64,
    /// How many virtual users there are when it is settled; none where iterations start at a rate.
    pub users: Option<u64>,
    /// How many iterations start a second when it is settled; none where virtual users loop.
    pub rate: Option<f64>,
    /// The load that a ramp starts from which nothing holds: users, or iterations a second. None for any other phase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ramp_from: Option<f64>,
}

/// One thing that is expected of a run, as written: `response_time_p99` and `< 500ms`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// What is judged.
    pub name: String,
    /// What it has to be.
    pub target: String,
}

/// A text that a test is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Where it was read from, as the test names it.
    pub path: String,
    /// All of it.
    pub text: String,
}

/// The machine that made the load.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostInfo {
    /// Its name.
    pub name: String,
    /// What tells this start of the machine from all others; none where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot: Option<String>,
    /// Its operating system.
    pub os: String,
    /// Its processors' architecture.
    pub arch: String,
    /// How many processors it has.
    pub cpus: usize,
    /// Its memory in bytes, where it is known.
    pub memory_bytes: Option<u64>,
    /// How many files the process may open; none where there is no limit, or where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_files: Option<u64>,
    /// The first and the last port that connections are made from, where they are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_ports: Option<(u16, u16)>,
    /// How many processors' time a control group gives the process, where it has a quota, in thousandths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_quota_millis: Option<u64>,
}
