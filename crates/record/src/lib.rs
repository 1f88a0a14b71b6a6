//! The record is a folder that holds a whole run: enough to rebuild every report, even when the run was cut short.
//!
//! A [`RecordWriter`] keeps the run on disk while it happens; [`Results`] are gathered once, when it is over, and
//! [`Record`] reads it all back. This crate knows no clock and does not print.

mod by_request;
mod capacity;
mod cause;
mod collector;
mod duet;
mod groups;
mod judgement;
mod results;
mod schema;
mod search;
mod stats;
mod summary_options;

mod error;
mod files;
mod partial;
mod reader;
mod redact;
mod run_info;
mod seal;
mod secrets;
mod shared;
mod timeline;
mod writer;

pub use capacity::{Capacity, CapacityCosts, CapacityKind, CapacityLine, CapacityPlace, HotKey};
pub use cause::{Cause, CauseRow, Verdict, exit_code};
pub use duet::{
    Duet, DuetAnswer, DuetFailures, DuetMoment, DuetObstacle, DuetPercentiles, DuetRequest, DuetRules,
    DuetTimes,
};
pub use error::RecordError;
pub use flashcrowd_metrics::{Contains, Kind};
pub use groups::{CheckResult, GroupResult};
pub use judgement::{
    Audit, BreakingPoint, ExpectationResult, Finding, Judgement, Mark, ResponseTime, ResponseTimes, Severity,
    StepResult, UslFit, VerdictReason,
};
pub use reader::Record;
pub use results::{
    FORMAT_VERSION, GeneratorResult, LoadResult, LostAgent, MetricResult, Outcome, Results, ResultsMeta, Row,
    RunState, ScenarioResult, TestInfo, ThresholdOutcome, ThresholdResult, Tool, by_name, result_schema,
};
pub use run_info::{Expected, HostInfo, Phase, RunInfo, Source};
pub use seal::{Integrity, Tampering, integrity};
pub use search::{
    BrokenPromise, LoadInterval, LoadKind, Promised, SearchAim, SearchEnding, SearchResult, SearchSecond,
    SearchTrial,
};
pub use secrets::{Secrets, is_secret_name, without_secret_fields, without_secrets};
pub use shared::{RowTags, SharedText};
pub use stats::{Stats, json_number};
pub use summary_options::SummaryOptions;
pub use timeline::{
    ProcessUse, ScenarioProgress, TimelineLine, TimelineRow, WorkersUse, is_meant, nearest_series, only_grows,
};
pub use writer::RecordWriter;
