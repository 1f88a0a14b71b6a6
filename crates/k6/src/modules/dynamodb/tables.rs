//! The tables that a test uses are described once, when they are first asked for, so that their capacity is known.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flashcrowd_dynamodb::{Call, Client, KeyRates, Operation};
use flashcrowd_dynamodb_capacity::{Description, TableState};
use tokio::sync::OnceCell;
use tokio::time::timeout;

/// A description that takes longer is done without.
const PATIENCE: Duration = Duration::from_secs(5);

/// More tables than this are not described: each is a request.
const MOST: usize = 64;

type State = Arc<OnceCell<Option<TableState>>>;

/// The tables of a service, as they were when they were first asked for.
#[derive(Default)]
pub(super) struct Tables(Mutex<HashMap<Arc<str>, State>>);

impl Tables {
    /// Describes a table, unless that was done; others that ask meanwhile wait. It is no part of the test's requests.
    pub(super) async fn describe(&self, client: &Client, table: &Arc<str>, keys: &KeyRates) {
        let Some(state) = self.state(table) else { return };
        state.get_or_init(|| ask(client, table, keys)).await;
    }

    /// Those that are known.
    pub(super) fn known(&self) -> Vec<TableState> {
        let tables = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known: Vec<TableState> = tables.values().filter_map(|state| state.get()?.clone()).collect();
        known.sort_by(|one, other| one.name.cmp(&other.name));
        known
    }

    fn state(&self, table: &Arc<str>) -> Option<State> {
        let mut tables = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(state) = tables.get(table) {
            return Some(state.clone());
        }
        (tables.len() < MOST).then(|| tables.entry(table.clone()).or_default().clone())
    }
}

/// Whoever may use a table may not be allowed to describe it: then nothing is known.
async fn ask(client: &Client, table: &Arc<str>, keys: &KeyRates) -> Option<TableState> {
    let body = serde_json::json!({ "TableName": &**table }).to_string();
    let name = format!("DescribeTable {table}").into();
    let call = Call { operation: Operation::DescribeTable, table: table.clone(), name, body: body.into() };
    let reply = timeout(PATIENCE, client.call(&call, &())).await.ok()?.ok()?;
    let description = Description::read(table, &reply).ok()?;
    description.watch_keys(keys);
    Some(description.state)
}
