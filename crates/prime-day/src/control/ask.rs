//! Asking is how control reaches the service: a client does it, and in tests something that answers as is told.

use std::sync::Arc;

use flashcrowd_dynamodb::{Call, Client, Fault, Operation, Reply};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Answers calls.
pub(super) trait Ask {
    /// The answer to a call.
    async fn ask(&self, call: &Call) -> Result<Reply, Fault>;
}

impl Ask for Client {
    async fn ask(&self, call: &Call) -> Result<Reply, Fault> {
        self.call(call, &()).await
    }
}

/// Asks for an operation with this body; whatever is answered is fine.
pub(super) async fn tell(
    asked: &impl Ask,
    operation: Operation,
    table: &Arc<str>,
    body: &Value,
) -> Result<Reply, Fault> {
    let name = format!("{} {table}", operation.name()).into();
    asked.ask(&Call { operation, table: table.clone(), name, body: body.to_string().into() }).await
}

/// Asks for an operation with this body; the answer as a type.
pub(super) async fn ask<T: DeserializeOwned>(
    asked: &impl Ask,
    operation: Operation,
    table: &Arc<str>,
    body: &Value,
) -> Result<T, Fault> {
    tell(asked, operation, table, body).await?.json()
}
