//! Runs a test: executors, the life cycle of virtual users, execution segments, pacing, abort.
//!
//! A front end says what virtual users do ([`Behaviour`]); scenarios say how many there are and when their
//! iterations start ([`ScenarioConfig`]); [`run()`] does it on worker threads. Any number of [`Observer`]s are told what
//! happens, and [`Controller`]s decide whether the run goes on.

mod behaviour;
mod board;
pub mod config;
mod control;
pub mod duration;
pub mod executor;
mod life;
mod nearest;
mod phase;
mod run;
pub mod segment;

pub use behaviour::{
    AbortReason, ActiveScenario, Behaviour, BoxError, Iteration, Outcome, Vu, VuFactory, VuIds, WorkerContext,
};
pub use board::{IterationCounts, ScenarioProgress, ScenarioState};
pub use config::{Problem, ScenarioConfig, needs, parse_scenarios, shortcut};
pub use control::Control;
pub use executor::{ExecutorConfig, Needs, Stage};
pub use life::{Life, Living};
pub use nearest::nearest;
pub use phase::{Phase, phases};
pub use run::{
    Controller, Decision, Observer, RunEvent, RunResult, RunStage, SampleBatch, StageError, TestConfig,
    ThresholdResult, ThresholdSpec, Tick, Warning, Watchers, run, run_here,
};
pub use segment::{Segment, Sequence, Share};
