//! What can be found in a run: one file for each kind of finding.

pub(super) mod bimodal;
pub(super) mod breaking;
pub(super) mod connections;
pub(super) mod degradation;
pub(super) mod dropped;
pub(super) mod dynamodb;
pub(super) mod errors;
pub(super) mod generator;
pub(super) mod leak;
pub(super) mod lock;
pub(super) mod outage;
pub(super) mod oversold;
pub(super) mod pool;
pub(super) mod tail;
pub(super) mod target_cpu;
pub(super) mod throttling;
pub(super) mod warm_up;
