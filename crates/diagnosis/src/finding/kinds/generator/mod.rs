//! Findings about the load generator: where one of them is found, figures say little of the target.

pub(crate) mod bottleneck;
pub(crate) mod kept;
pub(crate) mod late;
pub(crate) mod limit;
