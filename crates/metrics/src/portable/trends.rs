//! A trend in a form that other processes read; what is read back merges as the trend itself does.

use serde::{Deserialize, Serialize};

use super::number;
use crate::trend::{Store, Trend};

/// The distribution of a trend's values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortableTrend {
    count: u64,
    #[serde(with = "number")]
    sum: f64,
    #[serde(with = "number")]
    min: f64,
    #[serde(with = "number")]
    max: f64,
    zeros: u64,
    kept: Kept,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kept {
    /// Every value but zeros.
    Values(#[serde(with = "number::list")] Vec<f64>),
    /// The middles of a histogram's buckets, ascending, and how many values are in each.
    Buckets(#[serde(with = "number::buckets")] Vec<(f64, u64)>),
}

impl PortableTrend {
    pub(super) fn of(trend: &Trend) -> Self {
        let kept = match &trend.store {
            Store::Exact(values) => Kept::Values(values.clone()),
            store => Kept::Buckets(store.buckets()),
        };
        let Trend { count, sum, min, max, zeros, .. } = *trend;
        Self { count, sum, min, max, zeros, kept }
    }

    /// The trend; none where its counts contradict each other.
    pub(super) fn into_trend(self) -> Option<Trend> {
        let Self { count, sum, min, max, zeros, kept } = self;
        let (store, others) = match kept {
            Kept::Values(values) => {
                let others = values.len() as u64;
                (Store::Exact(values), Some(others))
            }
            Kept::Buckets(buckets) => {
                let is_ascending = buckets.windows(2).all(|pair| pair[0].0.total_cmp(&pair[1].0).is_lt());
                let others = buckets.iter().try_fold(0u64, |sum, (_, count)| sum.checked_add(*count));
                (Store::Buckets(buckets), others.filter(|_| is_ascending))
            }
        };
        let is_whole = others.and_then(|others| others.checked_add(zeros)) == Some(count);
        is_whole.then_some(Trend { count, sum, min, max, zeros, store })
    }
}
