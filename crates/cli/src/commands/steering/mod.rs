//! Commands that steer a run from another terminal, by its REST API; k6 has the same.

mod ask;
pub(super) mod pause;
pub(super) mod resume;
pub(super) mod scale;
pub(super) mod stats;
pub(super) mod status;
