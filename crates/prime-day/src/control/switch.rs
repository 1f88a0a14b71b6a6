//! A switch changes how tables and their indexes are paid for.

use std::sync::Arc;
use std::time::Duration;

use flashcrowd_dynamodb::{Client, Fault, FaultKind, Operation};
use flashcrowd_dynamodb_capacity::{Description, Mode, TableState};
use serde_json::{Map, Value, json};
use tokio::time::sleep;

use crate::control::ask::{Ask, tell};
use crate::control::describe::all;
use crate::control::error::ControlError;
use crate::control::owner::{Owner, owner};
use crate::control::state::{Progress, Step};
use crate::control::wait::{Wanted, until};
use crate::shop::Tables;

/// How often a table that is being changed is tried again.
const TRIES: u32 = 20;
/// The wait before the second try; it doubles with each.
const FIRST: Duration = Duration::from_millis(100);
/// The longest wait between two tries.
const LONGEST: Duration = Duration::from_secs(5);

/// Switches all tables and their indexes to a mode and waits until they are active; those that have it are left alone.
/// The names of those that were switched.
///
/// All tables are tried, whatever becomes of one; all that was refused is told.
pub async fn switch(
    client: &Client,
    tables: &Tables,
    mode: Mode,
    progress: &mut dyn FnMut(Progress),
) -> Result<Vec<String>, ControlError> {
    on(client, &tables.all(), mode, progress).await
}

/// Those of the tables that setup has not made, or that do not say so.
pub async fn foreign(client: &Client, tables: &Tables) -> Result<Vec<String>, ControlError> {
    foreign_on(client, &tables.all()).await
}

pub(super) async fn foreign_on(asked: &impl Ask, tables: &[&Arc<str>]) -> Result<Vec<String>, ControlError> {
    let mut foreign = Vec::new();
    for (table, description) in tables.iter().zip(all(asked, tables).await?) {
        if owner(asked, table, &description).await? == Owner::Foreign {
            foreign.push(table.to_string());
        }
    }
    Ok(foreign)
}

pub(super) async fn on(
    asked: &impl Ask,
    tables: &[&Arc<str>],
    mode: Mode,
    progress: &mut dyn FnMut(Progress),
) -> Result<Vec<String>, ControlError> {
    let descriptions = settled(asked, tables, progress).await?;
    let due: Vec<_> =
        tables.iter().zip(&descriptions).filter(|(_, found)| !found.state.is_all(mode)).collect();
    let mut switched = Vec::new();
    let mut errors = Vec::new();
    for (done, (table, description)) in due.iter().enumerate() {
        let step = Step::Switch(table.to_string(), mode);
        progress(Progress { step, done: done as u64, of: due.len() as u64 });
        match update(asked, table, &request(&description.state, mode)).await {
            Ok(()) => switched.push(Arc::clone(*table)),
            Err(fault) => {
                let hint = hint(&fault, &description.state, mode);
                errors.push(ControlError::Refused { table: table.to_string(), fault: fault.into(), hint });
            }
        }
    }
    if !switched.is_empty() {
        errors.extend(until(Wanted::Active, asked, &switched, progress).await.err());
    }
    ControlError::all(errors)?;
    Ok(switched.iter().map(ToString::to_string).collect())
}

/// The tables, none of them still on its way to something else: until it is there, a table tells what it was before.
async fn settled(
    asked: &impl Ask,
    tables: &[&Arc<str>],
    progress: &mut dyn FnMut(Progress),
) -> Result<Vec<Description>, ControlError> {
    let descriptions = all(asked, tables).await?;
    let changing = tables.iter().zip(&descriptions).filter(|(_, found)| !found.state.is_active());
    let changing: Vec<Arc<str>> = changing.map(|(table, _)| Arc::clone(table)).collect();
    if changing.is_empty() {
        return Ok(descriptions);
    }
    until(Wanted::Active, asked, &changing, progress).await?;
    all(asked, tables).await
}

/// Asks for the change, and again while the table is still being changed otherwise.
async fn update(asked: &impl Ask, table: &Arc<str>, body: &Value) -> Result<(), Fault> {
    let mut pause = FIRST;
    for _ in 1..TRIES {
        match tell(asked, Operation::UpdateTable, table, body).await {
            Err(fault) if is_in_use(&fault) => sleep(pause).await,
            other => return other.map(|_| ()),
        }
        pause = (pause * 2).min(LONGEST);
    }
    tell(asked, Operation::UpdateTable, table, body).await.map(|_| ())
}

/// Whether the table is being changed, rather than a limit reached.
pub(super) fn is_in_use(fault: &Fault) -> bool {
    fault.kind == FaultKind::Busy && fault.code == "ResourceInUseException"
}

/// What changes a table and its indexes in one go. What is as it should be is left out, since the service refuses to set
/// what is set already.
fn request(state: &TableState, mode: Mode) -> Value {
    let mut body = Map::new();
    body.insert("TableName".into(), json!(state.name));
    let Mode::Provisioned { read, write } = mode else {
        body.insert("BillingMode".into(), json!("PAY_PER_REQUEST"));
        return body.into();
    };
    let throughput = json!({"ReadCapacityUnits": read, "WriteCapacityUnits": write});
    if state.mode == Mode::OnDemand {
        body.insert("BillingMode".into(), json!("PROVISIONED"));
    }
    if state.mode != mode {
        body.insert("ProvisionedThroughput".into(), throughput.clone());
    }
    let indexes: Vec<Value> = state
        .indexes
        .iter()
        .filter(|index| index.mode != mode)
        .map(|index| json!({"Update": {"IndexName": index.name, "ProvisionedThroughput": throughput}}))
        .collect();
    if !indexes.is_empty() {
        body.insert("GlobalSecondaryIndexUpdates".into(), indexes.into());
    }
    body.into()
}

/// What a refusal means, where DynamoDB has a rule for it.
fn hint(fault: &Fault, state: &TableState, mode: Mode) -> Option<String> {
    if is_in_use(fault) {
        return Some(
            "it is being changed by somebody else, such as auto scaling or a backup: try again later".into(),
        );
    }
    if fault.kind != FaultKind::Busy {
        return fault.hint().map(str::to_owned);
    }
    Some(match mode {
        Mode::OnDemand => {
            "a table can be switched to on-demand four times in 24 hours: wait, or raise what is provisioned"
                .into()
        }
        Mode::Provisioned { .. } if is_decrease(state, mode) => format!(
            "throughput can be decreased four times in the first hour of a day in UTC and then once an hour, 27 times \
             in all; today it was decreased {} times: wait, or switch to on-demand",
            state.decreases_today
        ),
        Mode::Provisioned { .. } => {
            "an account's default quotas are 40,000 units a second for a table and 80,000 for \
                                     a region: provision less, or ask for a higher quota"
                .into()
        }
    })
}

/// Whether the table, or one of its indexes, would have less than now.
fn is_decrease(state: &TableState, mode: Mode) -> bool {
    let modes = state.indexes.iter().map(|index| index.mode).chain([state.mode]);
    let Mode::Provisioned { read, write } = mode else { return false };
    modes
        .into_iter()
        .any(|now| matches!(now, Mode::Provisioned { read: r, write: w } if r > read || w > write))
}
