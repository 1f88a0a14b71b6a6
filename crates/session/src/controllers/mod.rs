//! What may end a run early, besides its thresholds: the breaking point is found, or the target gives no sign of life.

mod breaking_point;
mod dead_target;

pub(crate) use self::breaking_point::BreakingPointSearch;
pub(crate) use self::dead_target::DeadTarget;
