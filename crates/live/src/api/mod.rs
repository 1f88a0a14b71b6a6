//! k6's REST API: the paths below `/v1`, in the form of JSON:API.

mod client;
mod documents;
mod status;

pub use client::{ApiError, Client};
pub(crate) use documents::{failed, group, groups, metric, metrics, setup};
pub(crate) use status::{change, status};
