//! Running a test: worker threads, scenarios on them, virtual users on those, and one dispatcher over all.

mod apart;
mod arrival;
mod audience;
mod controller;
mod dispatcher;
mod due;
mod lane;
mod live_vu;
mod message;
mod observer;
mod samples;
mod slot;
mod start;
mod tasks;
mod test;
mod thresholds;
mod watchers;
mod work;
mod worker;

pub use apart::{Begin, Ended, Gate, Stages, Whole};
pub use controller::{Controller, Decision};
pub use observer::{Observer, RunEvent, Tick, Warning};
pub use samples::SampleBatch;
pub use start::{run, run_behind, run_here, run_here_behind};
pub use test::{RunResult, RunStage, StageError, TestConfig, ThresholdResult, ThresholdSpec};
pub use watchers::Watchers;
