//! An allowance is how many virtual users an arrival-rate executor may have.

use std::time::Duration;

use serde_json::{Map, Value};

use super::Need;
use crate::fields::Fields;
use crate::problem::Problems;
use crate::segment::Share;

/// How many virtual users there are from the start, and how many there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Initialized before the test.
    pub pre_allocated_vus: u64,
    /// The most there may be; those on top are initialized when an iteration finds nobody idle.
    pub max_vus: u64,
}

impl Allowance {
    pub(super) fn read(fields: &mut Fields<'_>) -> Self {
        let pre_allocated_vus = fields.required_integer("preAllocatedVUs");
        let max_vus = fields.optional_integer("maxVUs").unwrap_or(pre_allocated_vus);
        Self { pre_allocated_vus, max_vus }
    }

    pub(super) fn validate(&self, problems: &mut Problems) {
        let Self { pre_allocated_vus, max_vus } = self;
        let message = format!("{max_vus} can't be less than preAllocatedVUs, which is {pre_allocated_vus}");
        problems.check(max_vus >= pre_allocated_vus, "maxVUs", message);
        problems.check(*max_vus > 0, "maxVUs", "must be more than 0, as iterations need VUs");
    }

    pub(super) fn needs(&self, share: &Share, end: Duration) -> Vec<Need> {
        let planned = share.scale(self.pre_allocated_vus);
        Need::until(end, planned, share.scale(self.max_vus) - planned)
    }

    pub(super) fn describe(&self, share: &Share) -> String {
        match (share.scale(self.pre_allocated_vus), share.scale(self.max_vus)) {
            (pre, max) if pre == max => format!("maxVUs: {max}"),
            (pre, max) => format!("maxVUs: {pre}-{max}"),
        }
    }

    pub(super) fn write(&self, object: &mut Map<String, Value>) {
        object.insert("preAllocatedVUs".into(), self.pre_allocated_vus.into());
        object.insert("maxVUs".into(), self.max_vus.into());
    }

    /// The iterations that a share of the test is due to start, and of those the part of each worker in it: in
    /// proportion to virtual users, since iterations want them.
    pub fn iterations(&self, instance: &Share, workers: usize, worker: usize) -> Share {
        let weights: Vec<u64> =
            instance.split(workers).iter().map(|share| share.scale(self.pre_allocated_vus)).collect();
        instance.in_proportion_to(self.max_vus).split_by(&weights)[worker].clone()
    }
}
