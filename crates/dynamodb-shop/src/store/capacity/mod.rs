//! The provisioned capacity of tables and indexes: buckets, limits on changes, and what a write costs.

pub(super) mod bucket;
pub(super) mod index;
pub(super) mod limits;
pub(super) mod partition;
pub(super) mod shortage;
pub(super) mod table;
pub(super) mod update;
