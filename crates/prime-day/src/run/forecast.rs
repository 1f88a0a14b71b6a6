//! A forecast is what a run will consume and cost, roughly, computed before it starts.

use std::time::Duration;

use flashcrowd_dynamodb::Decimal;

use super::size::{Size, Split};
use crate::capacity::{self, Estimate, Load, Prices};
use crate::control::TableState;
use crate::shop::Workload;

/// Rough duration of a call to another machine.
const REMOTE: Duration = Duration::from_millis(10);

/// Rough duration of a call to the in-process DynamoDB.
const IN_PROCESS: Duration = Duration::from_millis(5);

/// What a run will consume and cost, roughly.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// The capacity units of each table and index.
    pub estimates: Vec<Estimate>,
    /// Whether more is needed than can be served without a burst.
    pub exceeds_capacity: bool,
    /// The cost in on-demand mode; none if no table is on demand or nothing is paid.
    pub cost: Option<Decimal>,
}

impl Forecast {
    /// The forecast of a run of that size.
    pub fn new(
        size: &Size,
        workload: &Workload,
        tables: &[TableState],
        in_process: bool,
        prices: &Prices,
    ) -> Self {
        let load = Load {
            readers: size.workers.reads,
            buyers: size.workers.orders,
            duration: size.duration,
            latency: if in_process { IN_PROCESS } else { REMOTE },
            mixed: size.mixed.then_some(workload.looks),
            rate: size.rates.map(Split::total),
        };
        let estimates = capacity::estimate(workload, tables, &load);
        let is_provisioned = estimates.iter().any(|one| one.ceiling.is_some());
        let cost = (!in_process && !is_provisioned).then(|| capacity::cost(&estimates, prices));
        let exceeds_capacity =
            estimates.iter().any(|one| one.ceiling.is_some_and(|most| one.wanted > most.flow));
        Self { estimates, exceeds_capacity, cost }
    }
}
