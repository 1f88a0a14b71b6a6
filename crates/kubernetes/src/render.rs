//! A deployment becomes manifests.

use crate::config_map::config_map;
use crate::deployment::Deployment;
use crate::error::Invalid;
use crate::jobs::{agents, lead};
use crate::manifest::Manifest;
use crate::{nats, network};

/// All manifests, in the order in which they are applied. Everything that is wrong is told at once.
pub fn manifests(deployment: &Deployment) -> Result<Vec<Manifest>, Vec<Invalid>> {
    let problems = deployment.problems();
    if !problems.is_empty() {
        return Err(problems);
    }
    let own_nats = deployment.bus.is_none().then(|| nats::manifests(deployment));
    let first = [config_map(deployment), network::of_run(deployment)];
    let jobs = [agents(deployment), lead(deployment)];
    Ok(first.into_iter().chain(own_nats.into_iter().flatten()).chain(jobs).collect())
}
