//! The Kubernetes manifests of a run: agents as an Indexed Job, the lead as a Job, the test as a ConfigMap, NATS as a
//! StatefulSet with a headless Service, and the NetworkPolicies of both.
//!
//! A [`Deployment`] says what is wanted; its [`Manifest`]s are documents of plain JSON that print as YAML.

mod config_map;
mod deployment;
mod error;
mod jobs;
mod manifest;
mod names;
mod nats;
mod network;
mod pod;
mod reference;
mod render;
mod target;
mod test_file;

pub use deployment::{Claims, Deployment, Resources};
pub use error::Invalid;
pub use manifest::{Manifest, yaml};
pub use nats::NATS_IMAGE;
pub use reference::{SecretEnv, SecretKey};
pub use render::manifests;
pub use target::Target;
pub use test_file::{MOST_BYTES, TestFile};
