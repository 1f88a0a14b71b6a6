//! Whether a service knows transactions is asked with one that has nothing in it.

use flashcrowd_dynamodb::{Client, FaultKind, Operation};
use serde_json::json;

use crate::control::ask::{Ask, tell};
use crate::control::error::ControlError;
use crate::shop::Tables;

/// Whether the service knows transactions; asked for free.
///
/// DynamoDB refuses an empty transaction, some emulators carry it out: both know what one is.
pub async fn knows_transactions(client: &Client, tables: &Tables) -> Result<bool, ControlError> {
    on(client, tables).await
}

pub(super) async fn on(asked: &impl Ask, tables: &Tables) -> Result<bool, ControlError> {
    let table = &tables.orders;
    match tell(asked, Operation::TransactWriteItems, table, &json!({"TransactItems": []})).await {
        Ok(_) => Ok(true),
        Err(fault) => match fault.kind {
            FaultKind::Invalid => Ok(true),
            FaultKind::Unknown => Ok(false),
            _ => Err(ControlError::refused(table, fault)),
        },
    }
}
