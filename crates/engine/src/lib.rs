//! Runs a test: executors, the life cycle of virtual users, execution segments, pacing, abort.

pub mod behaviour;

pub use behaviour::{
    AbortReason, ActiveScenario, Behaviour, BoxError, Control, Iteration, Outcome, Vu, VuFactory, VuIds, WorkerContext,
};
