//! What findings share: the run they look at, requests over time, queues, and drafts of findings.

pub(super) mod context;
pub(super) mod draft;
pub(super) mod kind;
pub(super) mod queue;
pub(super) mod series;
pub(super) mod stretch;
pub(super) mod target_pool;
