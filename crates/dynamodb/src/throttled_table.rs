//! The table that throttled a call: in a transaction, the table of the action that found no capacity.

use std::borrow::Cow;

use indexmap::IndexMap;
use serde::Deserialize;

use crate::call::{Call, Operation};
use crate::fault::{Cancellation, Fault};

#[derive(Deserialize)]
struct Transaction<'a> {
    #[serde(rename = "TransactItems", borrow)]
    actions: Vec<IndexMap<Cow<'a, str>, Action<'a>>>,
}

#[derive(Deserialize)]
struct Action<'a> {
    #[serde(rename = "TableName", borrow)]
    table: Cow<'a, str>,
}

/// The table that throttled a call, where it is not, or not surely, the call's own.
pub(crate) fn throttled_table(call: &Call, fault: &Fault) -> Option<String> {
    if let Some(reason) = fault.reasons.first() {
        let table = reason.resource.split_once(":table/")?.1.split('/').next()?;
        return (*table != *call.table).then(|| table.to_owned());
    }
    if !matches!(call.operation, Operation::TransactGetItems | Operation::TransactWriteItems) {
        return None;
    }
    let at = fault.cancellations.iter().position(Cancellation::is_throttle)?;
    let transaction: Transaction<'_> = serde_json::from_slice(&call.body).ok()?;
    let table = &transaction.actions.get(at)?.values().next()?.table;
    (**table != *call.table).then(|| table.clone().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{FaultKind, ThrottlingReason};

    fn call(operation: Operation) -> Call {
        let body = r#"{"TransactItems":[{"Put":{"TableName":"Orders","Item":{"id":{"S":"a"}}}},
            {"Update":{"Key":{"id":{"S":"p"}},"TableName":"Products"}}],"ClientRequestToken":"t"}"#;
        Call { operation, table: "Orders".into(), name: "x".into(), body: body.into() }
    }

    fn cancelled(codes: &[&str]) -> Fault {
        let action = |code: &&str| Cancellation { code: (*code).to_owned(), message: None };
        let mut fault = Fault::new(FaultKind::Throttled, "TransactionCanceledException", "no");
        fault.cancellations = codes.iter().map(action).collect();
        fault
    }

    #[test]
    fn in_a_transaction_it_is_the_table_of_the_throttled_action() {
        let write = call(Operation::TransactWriteItems);
        let table = |codes: &[&str]| throttled_table(&write, &cancelled(codes));
        assert_eq!(table(&["None", "ProvisionedThroughputExceeded"]).as_deref(), Some("Products"));
        assert_eq!(table(&["ProvisionedThroughputExceeded", "ProvisionedThroughputExceeded"]), None);
        assert_eq!(table(&["None", "None", "ThrottlingError"]), None);
        assert_eq!(
            throttled_table(&call(Operation::PutItem), &cancelled(&["None", "ThrottlingError"])),
            None
        );
    }

    #[test]
    fn the_services_own_name_for_it_counts() {
        let mut fault = Fault::new(FaultKind::Throttled, "ProvisionedThroughputExceededException", "no");
        let resource = "arn:aws:dynamodb:us-east-1:1:table/Products/index/category-index".to_owned();
        let reason = "IndexReadProvisionedThroughputExceeded".to_owned();
        fault.reasons.push(ThrottlingReason { reason, resource });
        assert_eq!(throttled_table(&call(Operation::Query), &fault).as_deref(), Some("Products"));
    }
}
