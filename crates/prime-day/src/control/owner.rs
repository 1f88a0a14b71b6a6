//! The owner of a table is told by its tag: what is not tagged, or otherwise than setup does, is somebody else's.

use std::sync::Arc;

use flashcrowd_dynamodb::{FaultKind, Operation};
use flashcrowd_dynamodb_capacity::Description;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::control::ask::{Ask, ask, tell};
use crate::control::error::ControlError;
use crate::control::form::{FINISHED, TAG, tag_value};
use crate::shop::Tables;

/// Whose a table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// Somebody else's.
    Foreign,
    /// Ours.
    Ours {
        /// Whether setup has finished it.
        finished: bool,
    },
}

/// Whose a table is. Where tags are not known, none is ours.
pub(super) async fn owner(
    asked: &impl Ask,
    table: &Arc<str>,
    description: &Description,
) -> Result<Owner, ControlError> {
    let Some(arn) = &description.arn else { return Ok(Owner::Foreign) };
    let value = tag_value(Tables::prefix_of(table).unwrap_or_default());
    let (mut is_ours, mut finished) = (false, false);
    let mut body = json!({"ResourceArn": arn});
    loop {
        let tags: Tags = match ask(asked, Operation::ListTagsOfResource, table, &body).await {
            Ok(tags) => tags,
            Err(fault) if fault.kind == FaultKind::Unknown => return Ok(Owner::Foreign),
            Err(fault) if fault.kind == FaultKind::Denied => {
                let hint =
                    "who made a table is told by its tags: allow dynamodb:ListTagsOfResource".to_owned();
                let (table, fault) = (table.to_string(), fault.into());
                return Err(ControlError::Refused { table, fault, hint: Some(hint) });
            }
            Err(fault) => return Err(ControlError::refused(table, fault)),
        };
        is_ours |= tags.tags.iter().any(|tag| tag.key == TAG && tag.value == value);
        finished |= tags.tags.iter().any(|tag| tag.key == FINISHED);
        match tags.next_token {
            Some(next) if body["NextToken"] != next => body["NextToken"] = Value::String(next),
            _ => return Ok(if is_ours { Owner::Ours { finished } } else { Owner::Foreign }),
        }
    }
}

/// Tags a table. A service that does not know how to goes without.
pub(super) async fn mark(
    asked: &impl Ask,
    table: &Arc<str>,
    description: &Description,
    tag: &Value,
) -> Result<(), ControlError> {
    let Some(arn) = &description.arn else { return Ok(()) };
    let body = json!({"ResourceArn": arn, "Tags": [tag]});
    match tell(asked, Operation::TagResource, table, &body).await {
        Ok(_) => Ok(()),
        // DynamoDB itself answers with nothing at all, which is no answer to other operations.
        Err(fault) if matches!(fault.kind, FaultKind::Unknown | FaultKind::Unreadable) => Ok(()),
        Err(fault) => Err(ControlError::refused(table, fault)),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tags {
    #[serde(default)]
    tags: Vec<Tag>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    key: String,
    #[serde(default)]
    value: String,
}
