//! The operations on whole tables.

use bytes::Bytes;
use dynoxide::actions::create_table::CreateTableRequest;
use dynoxide::actions::delete_table::{DeleteTableRequest, DeleteTableResponse};
use dynoxide::actions::describe_table::{DescribeTableRequest, DescribeTableResponse};
use dynoxide::actions::describe_time_to_live::DescribeTimeToLiveRequest;
use dynoxide::actions::list_tables::ListTablesRequest;
use dynoxide::actions::list_tags_of_resource::ListTagsOfResourceRequest;
use dynoxide::actions::tag_resource::TagResourceRequest;
use dynoxide::actions::untag_resource::UntagResourceRequest;
use dynoxide::actions::update_time_to_live::UpdateTimeToLiveRequest;
use dynoxide::actions::{GlobalSecondaryIndexDescription, TableDescription};
use dynoxide::types::ProvisionedThroughput;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::store::capacity::index::Shape;
use crate::store::capacity::limits::Switches;
use crate::store::capacity::partition::Partitions;
use crate::store::capacity::table::{Capacity, Index, Phase, Table, Units};
use crate::store::core::Core;
use crate::store::operation::Operation;
use crate::store::refusal::Refusal;
use crate::store::request::write;
use crate::store::service::Store;

/// `CreateTable`.
pub fn create(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    let request: CreateTableRequest = store.read(Operation::CreateTable, body)?;
    let table = request.table_name.clone();
    let mut response = store.turn(Operation::CreateTable, &[&table], |core| {
        let on_demand = request.billing_mode.as_deref() == Some("PAY_PER_REQUEST");
        if !on_demand {
            check_throughput(&request)?;
        }
        let mut response = core.engine.create_table(request)?;
        core.add_table(&response.table_description, on_demand);
        response.table_description = core.correct(response.table_description);
        Ok(response)
    })?;
    response.table_description.table_status = "CREATING".to_owned();
    write(&response)
}

/// `DescribeTable`.
pub fn describe(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    let request: DescribeTableRequest = store.read(Operation::DescribeTable, body)?;
    let table = request.table_name.clone();
    let response = store.turn(Operation::DescribeTable, &[&table], |core| {
        let table = core.engine.describe_table(request)?.table;
        Ok(DescribeTableResponse { table: core.correct(table) })
    })?;
    write(&response)
}

/// `DeleteTable`.
pub fn delete(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    let request: DeleteTableRequest = store.read(Operation::DeleteTable, body)?;
    let table = request.table_name.clone();
    let response = store.turn(Operation::DeleteTable, &[&table], |core| {
        let leaves = core.table(&table).is_some_and(|table| matches!(table.phase, Phase::Deleting));
        if !leaves {
            core.must_be_active(&table)?;
        }
        let of_table = DescribeTableRequest { table_name: table.clone() };
        let mut description = core.engine.describe_table(of_table)?.table;
        if description.deletion_protection_enabled == Some(true) {
            // The engine refuses it in the service's words.
            core.engine.delete_table(request)?;
        } else if !leaves {
            core.leave(&table, core.now + core.config.settle);
        }
        description = core.correct(description);
        core.wake(core.now);
        Ok(DeleteTableResponse { table_description: description })
    })?;
    write(&response)
}

/// `ListTables`.
pub fn list(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    let request: ListTablesRequest = store.read(Operation::ListTables, body)?;
    write(&store.turn(Operation::ListTables, &[], |core| Ok(core.engine.list_tables(request)?))?)
}

/// `DescribeLimits`: those of a new account.
pub fn limits(store: &Store) -> Result<Bytes, Refusal> {
    let limits = json!({
        "AccountMaxReadCapacityUnits": 80_000,
        "AccountMaxWriteCapacityUnits": 80_000,
        "TableMaxReadCapacityUnits": 40_000,
        "TableMaxWriteCapacityUnits": 40_000,
    });
    write(&store.turn(Operation::DescribeLimits, &[], |_| Ok(limits))?)
}

/// `DescribeTimeToLive`.
pub fn describe_time_to_live(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    let ask = |engine: &Database, request: DescribeTimeToLiveRequest| engine.describe_time_to_live(request);
    passed_on(store, Operation::DescribeTimeToLive, body, ask)
}

/// `UpdateTimeToLive`.
pub fn update_time_to_live(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    let ask = |engine: &Database, request: UpdateTimeToLiveRequest| engine.update_time_to_live(request);
    passed_on(store, Operation::UpdateTimeToLive, body, ask)
}

/// `TagResource`.
pub fn tag(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    let ask = |engine: &Database, request: TagResourceRequest| engine.tag_resource(request);
    passed_on(store, Operation::TagResource, body, ask)
}

/// `UntagResource`.
pub fn untag(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    let ask = |engine: &Database, request: UntagResourceRequest| engine.untag_resource(request);
    passed_on(store, Operation::UntagResource, body, ask)
}

/// `ListTagsOfResource`.
pub fn list_tags(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    let ask = |engine: &Database, request: ListTagsOfResourceRequest| engine.list_tags_of_resource(request);
    passed_on(store, Operation::ListTagsOfResource, body, ask)
}

fn passed_on<Q: DeserializeOwned, R: Serialize>(
    store: &Store,
    operation: Operation,
    body: &[u8],
    ask: impl FnOnce(&Database, Q) -> dynoxide::Result<R>,
) -> Result<Bytes, Refusal> {
    let request = store.read(operation, body)?;
    write(&store.turn(operation, &[], |core| Ok(ask(&core.engine, request)?))?)
}

impl Core {
    /// Refuses to change a table while it is being changed.
    pub fn must_be_active(&mut self, name: &str) -> Result<(), Refusal> {
        let now = self.now;
        let Some(table) = self.table(name) else { return Ok(()) };
        let makes_index = table.indexes.iter().filter_map(|index| index.making).any(|until| now < until);
        let doing = match table.phase {
            Phase::Active if !makes_index => return Ok(()),
            Phase::Active | Phase::Updating(..) => "updated",
            Phase::Creating(_) => "created",
            Phase::Deleting => "deleted",
        };
        Err(Refusal::Engine(DynoxideError::ResourceInUseException(format!(
            "Attempt to change a resource which is still in use: Table is being {doing}: {name}"
        ))))
    }

    /// Puts buckets to a table that the engine has made.
    fn add_table(&mut self, description: &TableDescription, on_demand: bool) {
        let ready = self.now + self.config.settle;
        let fill = self.config.burst;
        let provisioned = |units| (!on_demand).then(|| Capacity::new(units, fill, ready));
        let of_table = description
            .provisioned_throughput
            .as_ref()
            .map(|flow| Units { read: flow.read_capacity_units, write: flow.write_capacity_units });
        let index = |index: &GlobalSecondaryIndexDescription| {
            let flow = index.provisioned_throughput.as_ref();
            let units =
                flow.map(|flow| Units { read: flow.read_capacity_units, write: flow.write_capacity_units });
            Index {
                name: index.index_name.clone(),
                shape: Shape::of(index),
                capacity: units.and_then(provisioned),
                partitions: Partitions::new(units.filter(|_| !on_demand), ready),
                making: None,
            }
        };
        let table = Table {
            keys: description.key_schema.iter().map(|key| key.attribute_name.clone()).collect(),
            phase: Phase::Creating(ready),
            on_demand,
            capacity: of_table.and_then(provisioned),
            maximum: None,
            partitions: Partitions::new(of_table.filter(|_| !on_demand), ready),
            indexes: description.global_secondary_indexes.iter().flatten().map(index).collect(),
            switches: Switches::default(),
        };
        self.ledger.open(&description.table_name, table.indexes.iter().map(|index| &index.name));
        self.tables.insert(description.table_name.clone(), table);
    }
}

/// The units that a request provisions, where it names both.
pub fn units(flow: Option<&ProvisionedThroughput>) -> Option<Units> {
    let flow = flow?;
    let read = u64::try_from(flow.read_capacity_units?).ok()?;
    let write = u64::try_from(flow.write_capacity_units?).ok()?;
    Some(Units { read, write })
}

/// The refusal of a provisioned index without throughput.
pub fn index_without_throughput(index: &str) -> Refusal {
    Refusal::invalid(format!(
        "One or more parameter values were invalid: ProvisionedThroughput is not specified for index: {index}"
    ))
}

fn check_throughput(request: &CreateTableRequest) -> Result<(), Refusal> {
    if request.provisioned_throughput.is_none() {
        return Err(Refusal::invalid(
            "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified \
             when BillingMode is PROVISIONED"
                .to_owned(),
        ));
    }
    let indexes = request.global_secondary_indexes.iter().flatten();
    let mut without = indexes.filter(|index| units(index.provisioned_throughput.as_ref()).is_none());
    without.next().map_or(Ok(()), |index| Err(index_without_throughput(&index.index_name)))
}
