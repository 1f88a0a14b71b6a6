//! Waiting is looking at tables again and again until they are what they should be.

use flashcrowd_dynamodb_capacity::Description;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::control::ask::Ask;
use crate::control::describe::look_up;
use crate::control::error::ControlError;
use crate::control::state::{Progress, Step};

/// The wait between the first two looks; it doubles with each.
const FIRST: Duration = Duration::from_millis(50);
/// The longest wait between two looks.
const LONGEST: Duration = Duration::from_secs(1);
/// How long tables may take.
const LIMIT: Duration = Duration::from_mins(5);

/// What tables should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Active, with all their indexes.
    Active,
    /// Not there any more.
    Gone,
}

impl Wanted {
    fn is_met(self, description: Option<&Description>) -> bool {
        match self {
            Self::Active => description.is_some_and(|description| description.state.is_active()),
            Self::Gone => description.is_none(),
        }
    }

    fn step(self) -> Step {
        match self {
            Self::Active => Step::WaitForActive,
            Self::Gone => Step::WaitForDeletion,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Gone => "deleted",
        }
    }
}

/// Waits until tables are what they should be.
pub(super) async fn until(
    wanted: Wanted,
    asked: &impl Ask,
    tables: &[Arc<str>],
    progress: &mut dyn FnMut(Progress),
) -> Result<(), ControlError> {
    let start = Instant::now();
    let mut pause = FIRST;
    let mut waiting: Vec<(Arc<str>, String)> =
        tables.iter().map(|table| (table.clone(), String::new())).collect();
    loop {
        let mut left = Vec::new();
        for (table, _) in waiting {
            let description = look_up(asked, &table).await?;
            if !wanted.is_met(description.as_ref()) {
                left.push((table, status(description.as_ref())));
            }
        }
        progress(Progress {
            step: wanted.step(),
            done: (tables.len() - left.len()) as u64,
            of: tables.len() as u64,
        });
        if left.is_empty() {
            return Ok(());
        }
        if start.elapsed() >= LIMIT {
            let tables = left.iter().map(|(table, status)| format!("{table} ({status})")).collect();
            return Err(ControlError::Slow { tables, wanted: wanted.name(), minutes: LIMIT.as_secs() / 60 });
        }
        waiting = left;
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST);
    }
}

/// What a table is instead, or which of its indexes.
fn status(description: Option<&Description>) -> String {
    let Some(Description { state, .. }) = description else { return "not there".to_owned() };
    let index = state.indexes.iter().find(|index| index.status != state.status);
    match index {
        Some(index) => format!("{}, {} {}", state.status, index.name, index.status),
        None => state.status.clone(),
    }
}
