//! Describing tables is asking the service what they are like now.

use std::sync::Arc;

use flashcrowd_dynamodb::{Client, FaultKind, Operation};
use flashcrowd_dynamodb_capacity::{Description, TableState};
use serde_json::json;

use crate::control::ask::{Ask, tell};
use crate::control::error::ControlError;
use crate::shop::Tables;

/// The tables as they are now, in the order of [`Tables::all`]; all that are missing are told at once.
pub async fn describe(client: &Client, tables: &Tables) -> Result<Vec<TableState>, ControlError> {
    Ok(all(client, &tables.all()).await?.into_iter().map(|description| description.state).collect())
}

/// These tables; all that are missing are told at once.
pub(super) async fn all(asked: &impl Ask, tables: &[&Arc<str>]) -> Result<Vec<Description>, ControlError> {
    let mut found = Vec::new();
    let mut missing = Vec::new();
    for table in tables {
        match look_up(asked, table).await? {
            Some(description) => found.push(description),
            None => missing.push(table.to_string()),
        }
    }
    if missing.is_empty() { Ok(found) } else { Err(ControlError::Missing(missing)) }
}

/// A table, if it is there.
pub(super) async fn look_up(asked: &impl Ask, table: &Arc<str>) -> Result<Option<Description>, ControlError> {
    let answer = tell(asked, Operation::DescribeTable, table, &json!({"TableName": &**table})).await;
    match answer.and_then(|reply| Description::read(table, &reply)) {
        Ok(description) => Ok(Some(description)),
        Err(fault) if fault.kind == FaultKind::NotFound => Ok(None),
        Err(fault) => Err(ControlError::refused(table, fault)),
    }
}
