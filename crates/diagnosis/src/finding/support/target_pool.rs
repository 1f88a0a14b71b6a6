//! The connection pool that the target exposes in its metrics.

use crate::course::Second;

/// The gauges of connection pools: in use, waiting for one, there at most.
const POOLS: [[&str; 3]; 2] = [
    ["db_pool_connections_active", "db_pool_connections_pending", "db_pool_connections_max"],
    ["hikaricp_connections_active", "hikaricp_connections_pending", "hikaricp_connections_max"],
];

/// The fewest seconds with a full pool.
const FULL_SECONDS: usize = 5;

/// A pool that the target exposes, while it was full.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    pub(crate) name: &'static str,
    pub(crate) size: f64,
    /// How many waited on average.
    pub(crate) pending: f64,
    pub(crate) seconds: f64,
}

/// The pool that the target exposes, if it was exhausted.
pub(crate) fn named(seconds: &[Second<'_>]) -> Option<Pool> {
    POOLS.iter().find_map(|[active, pending, max]| {
        let full: Vec<(&Second<'_>, f64, f64)> = seconds
            .iter()
            .filter_map(|second| {
                let (active, pending) = (second.target(active)?, second.target(pending)?);
                let size = second.target(max).filter(|size| *size > 0.0)?;
                (active >= size * 0.95 && pending > 0.0).then_some((second, size, pending))
            })
            .collect();
        let (_, size, _) = *full.last().filter(|_| full.len() >= FULL_SECONDS)?;
        let pending = full.iter().map(|(_, _, pending)| pending).sum::<f64>() / full.len() as f64;
        let seconds = full.iter().map(|(second, ..)| second.length()).sum();
        Some(Pool { name: active.trim_end_matches("_active"), size, pending, seconds })
    })
}
