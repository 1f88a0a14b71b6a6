//! Teardown removes what setup made, and nothing else.

use std::sync::Arc;
use std::time::Duration;

use flashcrowd_dynamodb::{Client, Fault, FaultKind, Operation};
use serde_json::json;
use tokio::time::sleep;

use crate::control::ask::{Ask, tell};
use crate::control::describe::look_up;
use crate::control::error::ControlError;
use crate::control::owner::{Owner, owner};
use crate::control::state::{Progress, Step};
use crate::control::switch::is_in_use;
use crate::control::wait::{Wanted, until};
use crate::shop::Tables;

/// How often a table that is being changed is tried again.
const TRIES: u32 = 60;
/// The wait between two tries.
const PAUSE: Duration = Duration::from_secs(1);

/// Removes those of the tables that [`setup`](super::setup) made, and waits until they are gone, as it does for those
/// that are being removed already; their names. Others are left as they are.
pub async fn teardown(
    client: &Client,
    tables: &Tables,
    progress: &mut dyn FnMut(Progress),
) -> Result<Vec<String>, ControlError> {
    on(client, tables, progress).await
}

pub(super) async fn on(
    asked: &impl Ask,
    tables: &Tables,
    progress: &mut dyn FnMut(Progress),
) -> Result<Vec<String>, ControlError> {
    let (mut ours, mut leaving, mut errors) = (Vec::<Arc<str>>::new(), Vec::new(), Vec::new());
    for table in tables.all() {
        let Some(description) = look_up(asked, table).await? else { continue };
        if description.state.status == "DELETING" {
            // Nothing more is asked: what has that name next may be somebody else's.
            leaving.push(table.clone());
        } else if owner(asked, table, &description).await? != Owner::Foreign {
            ours.push(table.clone());
        }
    }
    for (at, table) in ours.iter().enumerate() {
        progress(Progress { step: Step::Delete(table.to_string()), done: at as u64, of: ours.len() as u64 });
        match remove(asked, table).await {
            Ok(()) => leaving.push(Arc::clone(table)),
            Err(fault) => errors.push(ControlError::refused(table, fault)),
        }
    }
    if !leaving.is_empty() {
        errors.extend(until(Wanted::Gone, asked, &leaving, progress).await.err());
    }
    ControlError::all(errors)?;
    Ok(leaving.iter().map(ToString::to_string).collect())
}

/// Removes a table; one that is gone, or about to be, is fine.
async fn remove(asked: &impl Ask, table: &Arc<str>) -> Result<(), Fault> {
    let body = json!({"TableName": &**table});
    for _ in 1..TRIES {
        match tell(asked, Operation::DeleteTable, table, &body).await {
            Ok(_) => return Ok(()),
            Err(fault) if fault.kind == FaultKind::NotFound => return Ok(()),
            Err(fault) if is_in_use(&fault) => {}
            Err(fault) => return Err(fault),
        }
        let status = look_up(asked, table).await.ok().flatten().map(|description| description.state.status);
        if status.as_deref() == Some("DELETING") {
            return Ok(());
        }
        sleep(PAUSE).await;
    }
    tell(asked, Operation::DeleteTable, table, &body).await.map(|_| ())
}
