//! The behaviour of a plan is what its virtual users do, and what the users of all threads share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use flashcrowd_metrics::{Contains, Kind, MetricId};

use super::settings::PlanSettings;
use crate::model::TestPlan;

/// What the users of a plan do.
pub struct PlanBehaviour {
    pub(crate) plan: Arc<TestPlan>,
    pub(crate) settings: PlanSettings,
    /// For each data source how many values it has given in their order, to whichever worker.
    pub(crate) turns: Box<[AtomicU64]>,
    /// For each audit the counter of what was sold.
    pub(crate) sold: Box<[MetricId]>,
    /// Whether it was said that a cookie jar is full.
    pub(super) told_cookies: AtomicBool,
}

impl PlanBehaviour {
    /// The behaviour of a plan's users.
    ///
    /// # Panics
    /// When the registry has another kind of metric under the name of [`PlanBehaviour::sold_metric`].
    pub fn new(plan: Arc<TestPlan>, settings: PlanSettings) -> Arc<Self> {
        let define = |name: &str| {
            let counter =
                settings.registry.define(&Self::sold_metric(name), Kind::Counter, Contains::Default);
            counter.expect("the name is a valid one that only plans give, and only to counters")
        };
        let sold = plan.audits.iter().map(|audit| define(&audit.name)).collect();
        let turns = plan.data.iter().map(|_| AtomicU64::new(0)).collect();
        Arc::new(Self { plan, settings, turns, sold, told_cookies: AtomicBool::new(false) })
    }

    /// The name of the counter of what successes sold, for an audit: `sold_stock`. What no metric's name may have is
    /// written by its code, so that stocks with different names are different metrics.
    pub fn sold_metric(audit: &str) -> String {
        const LONGEST: usize = 128;
        let mut name = "sold_".to_owned();
        for c in audit.chars() {
            let part = match c {
                c if c.is_ascii_alphanumeric() || c == '_' => c.to_string(),
                c => format!("_{:x}", u32::from(c)),
            };
            if name.len() + part.len() > LONGEST {
                break;
            }
            name.push_str(&part);
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use flashcrowd_metrics::Registry;

    use super::*;

    #[test]
    fn every_stock_has_a_valid_counter_of_its_own() {
        let registry = Registry::new();
        for (name, metric) in [
            ("stock", "sold_stock"),
            ("a b", "sold_a_20b"),
            ("a-b", "sold_a_2db"),
            ("재고", "sold__c7ac_ace0"),
            ("", "sold_"),
        ] {
            assert_eq!(PlanBehaviour::sold_metric(name), metric);
            registry.define(metric, Kind::Counter, Contains::Default).unwrap();
        }
        let long = PlanBehaviour::sold_metric(&"재".repeat(200));
        registry.define(&long, Kind::Counter, Contains::Default).unwrap();
    }
}
