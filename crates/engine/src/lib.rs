//! Runs a test: executors, the life cycle of virtual users, execution segments, pacing, abort.
//!
//! A front end says what virtual users do ([`Behaviour`]); scenarios say how many there are and when their
//! iterations start ([`ScenarioConfig`]); [`run()`] runs them on worker threads. Any number of [`Observer`]s watch the
//! run, and [`Controller`]s decide whether it continues.

mod abort;
pub mod config;
pub mod duration;
pub mod executor;
mod fields;
mod problem;
mod random;
pub mod rate;
mod run;
pub mod segment;
mod state;
mod vu;

pub use abort::AbortReason;
pub use config::{Phase, Problem, ScenarioConfig, needs, parse_scenarios, phases, shortcut};
pub use executor::{Arrivals, ExecutorConfig, Needs, Scale, ScaleError, Stage};
pub use random::SplitMix64;
pub use run::{
    Begin, Controller, Decision, Ended, Gate, Observer, RunEvent, RunResult, RunStage, SampleBatch,
    StageError, Stages, TestConfig, ThresholdResult, ThresholdSpec, Tick, Warning, Watchers, Whole, run,
    run_behind, run_here, run_here_behind,
};
pub use segment::{Segment, Sequence, Share};
pub use state::{Control, Elsewhere, IterationCounts, Played, ScenarioProgress, ScenarioState, Stalls};
pub use vu::{
    ActiveScenario, AsyncVu, AsyncVuAdapter, Behaviour, BoxError, Iteration, Outcome, Vu, VuFactory, VuIds,
    WorkerContext,
};
