//! Virtual users, as front ends define them.

mod async_vu;
mod behaviour;

pub use async_vu::{AsyncVu, AsyncVuAdapter};
pub use behaviour::{
    ActiveScenario, Behaviour, BoxError, Iteration, Outcome, Vu, VuFactory, VuIds, WorkerContext,
};
