//! What people and programs read of a run: the summary, its data, the record.
//!
//! [`Results`] are gathered once, when a run is over, and everything else is made of them: [`render`] prints the
//! summary, [`handle_summary()`], [`summary_export`] and [`machine_summary`] hand it to programs. A
//! [`RecordWriter`] keeps the run on disk while it happens, and [`Record`] reads it back. This crate knows no
//! clock and does not print.

mod capacity;
mod groups;
mod judgement;
mod results;
mod schema;
mod stats;
mod summary_options;

pub mod figure;
pub mod format;
mod text;

mod export;
mod handle_summary;
mod machine;

mod record;

mod lang;

pub use capacity::{Capacity, CapacityCosts, CapacityKind, CapacityLine};
pub use export::summary_export;
pub use flashcrowd_metrics::{Contains, Kind};
pub use groups::{CheckResult, GroupResult};
pub use handle_summary::{Terminal, handle_summary};
pub use judgement::{
    Audit, BreakingPoint, ExpectationResult, Finding, Judgement, Mark, Severity, StepResult, UslFit, Verdict,
};
pub use lang::{Lang, UnknownLang};
pub use machine::machine_summary;
pub use record::{
    Expected, HostInfo, Phase, ProcessUse, Record, RecordError, RecordWriter, RunInfo, ScenarioProgress,
    Source, TimelineLine, TimelineRow,
};
pub use results::{
    FORMAT_VERSION, MetricResult, Outcome, Results, ResultsMeta, Row, RunState, TestInfo, ThresholdOutcome,
    ThresholdResult, Tool,
};
pub use schema::result_schema;
pub use stats::Stats;
pub use summary_options::{SummaryOptions, TimeUnit};
pub use text::{Style, SummaryMode, UnknownMode, render};
