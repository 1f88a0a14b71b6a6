//! The provisioned capacity of tables and indexes: buckets, limits on changes, and what a write costs.

pub(super) mod bucket;
pub(super) mod ceiling;
pub(super) mod gate;
pub(super) mod index;
pub(super) mod limits;
pub(super) mod partition;
mod peak;
pub(super) mod scaling;
pub(super) mod shortage;
pub(super) mod table;
pub(super) mod units;
pub(super) mod update;
