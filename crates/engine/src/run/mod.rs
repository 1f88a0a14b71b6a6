//! Running a test: worker threads, scenarios on them, virtual users on those, and one dispatcher over all.

mod arrival;
mod audience;
mod controller;
mod dispatcher;
mod lane;
mod live_vu;
mod observer;
mod samples;
mod slot;
mod start;
mod test;
mod thresholds;
mod watchers;
mod worker;

pub use controller::{Controller, Decision};
pub(crate) use lane::{Lane, Loop};
pub use observer::{Observer, RunEvent, Tick, Warning};
pub use samples::SampleBatch;
pub(crate) use slot::Slot;
pub use start::{run, run_here};
pub use test::{RunResult, Stage as RunStage, StageError, TestConfig, ThresholdResult, ThresholdSpec};
pub use watchers::Watchers;
