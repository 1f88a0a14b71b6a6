//! Validity comes before capacity: a bad request on an exhausted table is told what is wrong with it, and not throttled.
//!
//! The engine checks requests as it carries them out. So one that finds no capacity is put to it all the same: a read, which
//! changes nothing, as it is; a write under a condition that is never met.

use dynoxide::DynoxideError;
use dynoxide::actions::batch_write_item::WriteRequest;
use dynoxide::actions::delete_item::DeleteItemRequest;
use dynoxide::actions::put_item::PutItemRequest;
use dynoxide::actions::transact_write_items::TransactWriteItemsRequest;
use dynoxide::actions::update_item::UpdateItemRequest;

use crate::store::core::Core;
use crate::store::operation::Operation;
use crate::store::refusal::Refusal;
use crate::store::request::read;

/// Never met.
const NEVER: &str = "attribute_exists(flashcrowd_never) AND attribute_not_exists(flashcrowd_never)";

/// Checks a `PutItem` without carrying it out.
pub fn of_put(core: &Core, body: &[u8]) -> Result<(), Refusal> {
    let mut probe: PutItemRequest = read(Operation::PutItem, body)?;
    if probe.expected.is_some() {
        return Ok(());
    }
    never(&mut probe.condition_expression);
    valid(core.engine.put_item(probe))
}

/// Checks an `UpdateItem` without carrying it out.
pub fn of_update(core: &Core, body: &[u8]) -> Result<(), Refusal> {
    let mut probe: UpdateItemRequest = read(Operation::UpdateItem, body)?;
    if probe.expected.is_some() || probe.attribute_updates.is_some() {
        return Ok(());
    }
    never(&mut probe.condition_expression);
    valid(core.engine.update_item(probe))
}

/// Checks a `DeleteItem` without carrying it out.
pub fn of_delete(core: &Core, body: &[u8]) -> Result<(), Refusal> {
    let mut probe: DeleteItemRequest = read(Operation::DeleteItem, body)?;
    if probe.expected.is_some() {
        return Ok(());
    }
    never(&mut probe.condition_expression);
    valid(core.engine.delete_item(probe))
}

/// Checks the writes of a batch to a table without carrying them out.
pub fn of_writes<'a>(
    core: &Core,
    table: &str,
    writes: impl Iterator<Item = &'a WriteRequest>,
) -> Result<(), Refusal> {
    let condition_expression = Some(NEVER.to_owned());
    for write in writes {
        if let Some(put) = &write.put_request {
            valid(core.engine.put_item(PutItemRequest {
                table_name: table.to_owned(),
                item: put.item.clone(),
                condition_expression: condition_expression.clone(),
                ..PutItemRequest::default()
            }))?;
        }
        if let Some(delete) = &write.delete_request {
            valid(core.engine.delete_item(DeleteItemRequest {
                table_name: table.to_owned(),
                key: delete.key.clone(),
                condition_expression: condition_expression.clone(),
                ..DeleteItemRequest::default()
            }))?;
        }
    }
    Ok(())
}

/// Checks a `TransactWriteItems` without carrying it out.
pub fn of_transaction(core: &Core, request: &TransactWriteItemsRequest) -> Result<(), Refusal> {
    let mut probe = TransactWriteItemsRequest { client_request_token: None, ..request.clone() };
    let Some(first) = probe.transact_items.first_mut() else {
        return valid(core.engine.transact_write_items(probe));
    };
    if let Some(put) = &mut first.put {
        never(&mut put.condition_expression);
    } else if let Some(update) = &mut first.update {
        never(&mut update.condition_expression);
    } else if let Some(delete) = &mut first.delete {
        never(&mut delete.condition_expression);
    } else if let Some(check) = &mut first.condition_check {
        check.condition_expression = format!("({}) AND {NEVER}", check.condition_expression);
    }
    match core.engine.transact_write_items(probe) {
        Err(DynoxideError::TransactionCanceledException(..)) => Ok(()),
        other => valid(other),
    }
}

/// What a dry run says: that a condition was not met is what it was for.
pub fn valid<T>(result: dynoxide::Result<T>) -> Result<(), Refusal> {
    match result {
        Ok(_) | Err(DynoxideError::ConditionalCheckFailedException(..)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn never(condition: &mut Option<String>) {
    *condition = Some(match condition.take() {
        Some(condition) => format!("({condition}) AND {NEVER}"),
        None => NEVER.to_owned(),
    });
}
