//! PartiQL: statements find capacity like the operations that they stand for, and the engine carries them out.

use bytes::Bytes;
use dynoxide::actions::batch_execute_statement::{BatchExecuteStatementRequest, BatchStatementRequest};
use dynoxide::actions::execute_statement::ExecuteStatementRequest;
use dynoxide::actions::execute_transaction::ExecuteTransactionRequest;
use dynoxide::types::ConsumedCapacity;
use serde_json::{Value, json};

use super::consumed::Asked;
use super::transaction::{Subject, distinct, of_table};
use super::validity::valid;
use crate::store::capacity::partition::key_hash;
use crate::store::capacity::shortage::{CapacityKind, Shortage};
use crate::store::core::Core;
use crate::store::effect::{Attributes, Effect};
use crate::store::operation::Operation;
use crate::store::refusal::{Obstacle, Refusal, code_in_batch, message};
use crate::store::request::{read, write};
use crate::store::service::Store;
use crate::store::statement::{Statement, Verb};

/// `ExecuteStatement`.
pub fn execute(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    let mut request: ExecuteStatementRequest = store.read(Operation::ExecuteStatement, body)?;
    let asked = Asked::of(&mut request.return_consumed_capacity);
    let statement = Statement::read(&request.statement, request.parameters.as_deref());
    let tables: Vec<&str> = statement.iter().map(|statement| statement.table.as_str()).collect();
    let mut response = store.turn(Operation::ExecuteStatement, &tables, |core| {
        if let Some(statement) = &statement {
            core.usable(&statement.table)?;
            let short = core.short_for(statement);
            if !short.is_empty() {
                if statement.verb == Verb::Select {
                    valid(core.engine.execute_statement(read(Operation::ExecuteStatement, body)?))?;
                }
                return Err(core.throttle(short));
            }
            if core.conflicts(statement) {
                return Err(Refusal::Conflict);
            }
        }
        let response = core.engine.execute_statement(request)?;
        if let Some(statement) = &statement {
            core.pay(statement, response.consumed_capacity.as_ref());
        }
        Ok(response)
    })?;
    asked.shape(&mut response.consumed_capacity);
    write(&response)
}

/// `BatchExecuteStatement`: each statement is done or refused by itself.
pub fn batch(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    let mut request: BatchExecuteStatementRequest = store.read(Operation::BatchExecuteStatement, body)?;
    let asked = Asked::of(&mut request.return_consumed_capacity);
    let read = |one: &BatchStatementRequest| Statement::read(&one.statement, one.parameters.as_deref());
    let statements: Vec<Option<Statement>> = request.statements.iter().map(read).collect();
    let tables = distinct(statements.iter().flatten().map(|statement| statement.table.as_str()));
    let response = store.turn(Operation::BatchExecuteStatement, &tables, |core| {
        tables.iter().try_for_each(|table| core.usable(table))?;
        let refusals: Vec<Option<Value>> =
            statements.iter().map(|statement| core.refused_in_batch(statement.as_ref()?)).collect();
        let mut refused = refusals.iter().map(Option::is_some);
        request.statements.retain(|_| !refused.next().unwrap_or_default());
        if request.statements.is_empty() && !refusals.is_empty() {
            return Ok(json!({ "Responses": refusals }));
        }
        let mut response = core.engine.batch_execute_statement(request)?;
        let kind = kind_of(statements.iter().flatten());
        for used in response.consumed_capacity.iter().flatten() {
            let done = statements.iter().zip(&refusals).filter(|(_, refusal)| refusal.is_none());
            let of_it = done.filter_map(|(statement, _)| statement.as_ref());
            let of_it = of_it.filter(|statement| statement.table == used.table_name);
            let keys: Vec<u64> = of_it.filter_map(|statement| core.hash_of_statement(statement)).collect();
            core.debit(Some(used), kind, &keys);
        }
        asked.shape_all(&mut response.consumed_capacity);
        let mut told = json!(response);
        let mut served =
            told["Responses"].take().as_array_mut().map(std::mem::take).unwrap_or_default().into_iter();
        let all = refusals.into_iter().map(|refusal| refusal.or_else(|| served.next()).unwrap_or_default());
        told["Responses"] = all.collect();
        Ok(told)
    })?;
    write(&response)
}

/// `ExecuteTransaction`: all statements find capacity and are done, or none is.
pub fn transaction(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    let mut request: ExecuteTransactionRequest = store.read(Operation::ExecuteTransaction, body)?;
    let asked = Asked::of(&mut request.return_consumed_capacity);
    let statements: Vec<Option<Statement>> = request
        .transact_statements
        .iter()
        .map(|one| Statement::read(&one.statement, one.parameters.as_deref()))
        .collect();
    let tables = distinct(statements.iter().flatten().map(|statement| statement.table.as_str()));
    let mut response = store.turn(Operation::ExecuteTransaction, &tables, |core| {
        tables.iter().try_for_each(|table| core.usable(table))?;
        let obstacle = |statement: &Option<Statement>| {
            let statement = statement.as_ref()?;
            let short = core.short_for(statement).into_iter().next().map(Obstacle::Short);
            short.or_else(|| core.conflicts(statement).then_some(Obstacle::Conflict))
        };
        let obstacles = statements.iter().map(obstacle).collect();
        core.cancel_if_any(obstacles)?;
        let items: Vec<Subject> =
            statements.iter().flatten().map(|statement| core.subject_of(statement)).collect();
        let result = core.engine.execute_transaction(request);
        let response = result.map_err(|error| core.cancelled(&items, error))?;
        let keys: Vec<(String, Option<u64>)> =
            items.iter().map(|item| (item.table.clone(), item.hash)).collect();
        let kind = kind_of(statements.iter().flatten());
        for used in response.consumed_capacity.iter().flatten() {
            core.debit(Some(used), kind, &of_table(&keys, &used.table_name));
        }
        if kind == CapacityKind::Write {
            core.hold(&items);
        }
        Ok(response)
    })?;
    asked.shape_all(&mut response.consumed_capacity);
    write(&response)
}

/// A batch or a transaction reads or writes, and never both.
fn kind_of<'a>(mut statements: impl Iterator<Item = &'a Statement>) -> CapacityKind {
    match statements.all(|statement| statement.verb == Verb::Select) {
        true => CapacityKind::Read,
        false => CapacityKind::Write,
    }
}

impl Core {
    /// What is too short for a statement.
    fn short_for(&mut self, statement: &Statement) -> Vec<Shortage> {
        let table = &statement.table;
        if statement.verb != Verb::Select {
            return self.with_effect(statement, |core, effect| core.short_for_write(table, effect));
        }
        let known = self.tables.get(table);
        let index = statement.index.as_deref();
        let global = index.filter(|name| known.is_some_and(|table| table.has_index(name)));
        let hash = self.hash_of_statement(statement);
        self.shortage(table, global, CapacityKind::Read, hash).into_iter().collect()
    }

    /// Whether a transaction holds the item of a statement that writes.
    fn conflicts(&mut self, statement: &Statement) -> bool {
        statement.verb != Verb::Select
            && self.with_effect(statement, |core, effect| core.is_held(&statement.table, effect))
    }

    /// What a statement does to its item, as far as it says so.
    fn with_effect<R>(&mut self, statement: &Statement, work: impl FnOnce(&mut Self, Effect<'_>) -> R) -> R {
        let keys = self.tables.get(&statement.table).map(|table| table.keys.clone()).unwrap_or_default();
        let key = statement.key(&keys).unwrap_or_default();
        let attributes = Attributes { expression: Some(&statement.changes), names: None, named: None };
        let effect = match statement.verb {
            Verb::Insert => Effect::Put(&statement.attributes),
            Verb::Update => Effect::Update(&key, attributes),
            Verb::Delete => Effect::Delete(&key),
            Verb::Select => Effect::Check,
        };
        work(self, effect)
    }

    /// The hash of the partition key that a statement is about, in its table or the index that it reads.
    fn hash_of_statement(&self, statement: &Statement) -> Option<u64> {
        let known = self.tables.get(&statement.table)?;
        let key = match statement.index.as_deref() {
            Some(name) => known.indexes.iter().find(|index| index.name == name)?.shape.partition_key()?,
            None => known.keys.first()?,
        };
        statement.attributes.get(key).map(key_hash)
    }

    /// Takes what a statement has consumed.
    fn pay(&mut self, statement: &Statement, consumed: Option<&ConsumedCapacity>) {
        let kind = kind_of(std::iter::once(statement));
        let hash = self.hash_of_statement(statement);
        let (key, index) = (hash.as_slice(), statement.index.as_deref());
        match (index, consumed) {
            (Some(index), Some(used)) => {
                self.debit(Some(used), kind, &[]);
                self.take_of_keys(&statement.table, Some(index), kind, (used.capacity_units, key));
            }
            _ => self.debit(consumed, kind, key),
        }
    }

    /// What a batch is told of a statement that finds no capacity.
    fn refused_in_batch(&mut self, statement: &Statement) -> Option<Value> {
        let short = self.short_for(statement).into_iter().next();
        let (code, words) = match &short {
            Some(shortage) => {
                self.ledger.throttled(shortage);
                (code_in_batch(shortage), message(shortage))
            }
            None if self.conflicts(statement) => {
                ("TransactionConflict", "Transaction is ongoing for the item")
            }
            None => return None,
        };
        Some(json!({ "Error": { "Code": code, "Message": words }, "TableName": statement.table }))
    }

    fn subject_of(&mut self, statement: &Statement) -> Subject {
        let keys = self.tables.get(&statement.table).map(|table| table.keys.clone()).unwrap_or_default();
        let key = statement.key(&keys).filter(|_| !keys.is_empty());
        let size = match statement.verb {
            Verb::Insert => dynoxide::types::item_size(&statement.attributes),
            _ => 0,
        };
        Subject::of(&statement.table, key, self.hash_of_statement(statement), size)
    }
}
