//! Hot keys are those that were used most, for the record.

use flashcrowd_dynamodb::KeyRates;
use flashcrowd_record::{CapacityKind, HotKey};

/// So many are kept.
const MOST: usize = 10;

/// The keys that a run used most.
pub fn hot_keys(rates: &KeyRates) -> Vec<HotKey> {
    let kept = |key: flashcrowd_dynamodb::HotKey| HotKey {
        table: key.table,
        index: key.index,
        kind: if key.is_write { CapacityKind::Write } else { CapacityKind::Read },
        key: key.key,
        rate: key.rate,
        peak: key.peak,
        limit: key.limit,
    };
    rates.hottest().into_iter().take(MOST).map(kept).collect()
}
