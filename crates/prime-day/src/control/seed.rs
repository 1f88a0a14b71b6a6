//! A seed is what a table is filled with: the items of it that are missing are put, in batches.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use flashcrowd_dynamodb::{FaultKind, Item, Operation};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::control::ask::{Ask, ask};
use crate::control::error::ControlError;
use crate::control::scan::scan;
use crate::control::state::{Progress, Step};
use crate::shop::{Catalogue, Tables};

/// Items that DynamoDB takes at once.
const BATCH: usize = 25;
/// Batches in flight.
const IN_FLIGHT: usize = 4;
/// How often in a row none of a batch may be taken.
const PATIENCE: u32 = 12;
/// The longest wait before the second attempt; it doubles with each that takes nothing.
const FIRST: Duration = Duration::from_millis(50);
/// The longest wait of all.
const LONGEST: Duration = Duration::from_secs(20);

/// What a table is filled with.
pub(super) struct Seed<'a> {
    /// The table.
    pub table: &'a Arc<str>,
    key: &'static str,
    items: Vec<Item>,
}

impl<'a> Seed<'a> {
    /// The seeds of all tables; there are no orders at first.
    pub(super) fn all(tables: &'a Tables, catalogue: &Catalogue) -> [Self; 3] {
        [
            Self { table: &tables.categories, key: "category_id", items: catalogue.category_items() },
            Self { table: &tables.products, key: "product_id", items: catalogue.product_items() },
            Self { table: &tables.customers, key: "customer_id", items: catalogue.customer_items() },
        ]
    }
}

/// Puts the items that are missing, which are all in a table that is new; how many these were.
pub(super) async fn seed(
    asked: &impl Ask,
    seed: &Seed<'_>,
    is_new: bool,
    progress: &mut dyn FnMut(Progress),
) -> Result<u64, ControlError> {
    let Seed { table, key, items } = seed;
    let there = if is_new { HashSet::new() } else { keys(asked, table, key).await? };
    let missing: Vec<&Item> = items
        .iter()
        .filter(|item| !item.get(*key).and_then(|id| id.as_s()).is_some_and(|id| there.contains(id)))
        .collect();
    let report = |done: u64| Progress { step: Step::Fill(table.to_string()), done, of: missing.len() as u64 };
    let mut done = 0;
    let batches = missing.chunks(BATCH).map(|batch| put(asked, table, batch));
    let mut batches = stream::iter(batches).buffer_unordered(IN_FLIGHT);
    while let Some(count) = batches.try_next().await? {
        done += count;
        progress(report(done));
    }
    Ok(done)
}

/// The keys of the items that are in a table.
async fn keys(asked: &impl Ask, table: &Arc<str>, key: &str) -> Result<HashSet<String>, ControlError> {
    let items: Vec<Value> = scan(asked, table, &[key]).await?;
    Ok(items.iter().filter_map(|item| item[key]["S"].as_str().map(str::to_owned)).collect())
}

/// Puts items until all are taken; how many they were.
async fn put(asked: &impl Ask, table: &Arc<str>, items: &[&Item]) -> Result<u64, ControlError> {
    let mut left: Vec<Value> = items.iter().map(|item| json!({"PutRequest": {"Item": item}})).collect();
    let mut in_vain = 0;
    loop {
        let before = left.len();
        let body = json!({"RequestItems": {&**table: left}});
        match ask::<Batch>(asked, Operation::BatchWriteItem, table, &body).await {
            Ok(mut answer) => left = answer.unprocessed_items.remove(&**table).unwrap_or_default(),
            Err(fault) if fault.kind == FaultKind::Throttled => {}
            Err(fault) => return Err(ControlError::refused(table, fault)),
        }
        if left.is_empty() {
            return Ok(items.len() as u64);
        }
        in_vain = if left.len() < before { 0 } else { in_vain + 1 };
        if in_vain > PATIENCE {
            return Err(ControlError::Full { table: table.to_string(), items: left.len() });
        }
        let longest = LONGEST.min(FIRST * (1 << in_vain)).as_micros();
        sleep(Duration::from_micros(fastrand::u64(..=u64::try_from(longest).unwrap_or(u64::MAX)))).await;
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Batch {
    #[serde(default)]
    unprocessed_items: std::collections::HashMap<String, Vec<Value>>,
}
