//! The operations on whole tables.

use bytes::Bytes;
use dynoxide::actions::create_table::CreateTableRequest;
use dynoxide::actions::delete_table::DeleteTableRequest;
use dynoxide::actions::describe_table::DescribeTableRequest;
use dynoxide::actions::describe_time_to_live::DescribeTimeToLiveRequest;
use dynoxide::actions::list_tables::ListTablesRequest;
use dynoxide::actions::list_tags_of_resource::ListTagsOfResourceRequest;
use dynoxide::actions::tag_resource::TagResourceRequest;
use dynoxide::actions::untag_resource::UntagResourceRequest;
use dynoxide::actions::update_time_to_live::UpdateTimeToLiveRequest;
use dynoxide::actions::{
    GlobalSecondaryIndexDescription, LocalSecondaryIndexDescription, TableDescription,
    TableProvisionedThroughputDescription,
};
use dynoxide::types::ProvisionedThroughput;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::throughput::Asked;
use crate::store::capacity::ceiling::{OF_ACCOUNT, OF_TABLE, check_quota};
use crate::store::capacity::gate::Gate;
use crate::store::capacity::index::Shape;
use crate::store::capacity::limits::Switches;
use crate::store::capacity::table::{Change, Index, Phase, Table};
use crate::store::capacity::units::Units;
use crate::store::core::Core;
use crate::store::operation::Operation;
use crate::store::refusal::Refusal;
use crate::store::request::write;
use crate::store::service::Store;

/// `CreateTable`.
pub fn create(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    let request: CreateTableRequest = store.read(Operation::CreateTable, body)?;
    let asked: Asked = store.read(Operation::CreateTable, body)?;
    let table = request.table_name.clone();
    let mut described = store.turn(Operation::CreateTable, &[&table], |core| {
        let on_demand = request.billing_mode.as_deref() == Some("PAY_PER_REQUEST");
        if !on_demand {
            check_throughput(&request)?;
            core.check_quotas("", &provisioned(&request))?;
        }
        asked.check_stream()?;
        let (maxima, warmth) = (asked.maxima(on_demand)?, asked.warmth(None)?);
        let response = core.engine.create_table(request)?;
        core.add_table(&response.table_description, on_demand);
        let (now, fill) = (core.now, core.config.burst);
        let change = Change { maxima, warmth, ..Change::default() };
        core.table(&table).into_iter().for_each(|table| table.apply(&change, now, fill));
        Ok(core.described(response.table_description))
    })?;
    described["TableStatus"] = "CREATING".into();
    write(&json!({ "TableDescription": described }))
}

/// `DescribeTable`.
pub fn describe(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    let request: DescribeTableRequest = store.read(Operation::DescribeTable, body)?;
    let table = request.table_name.clone();
    let response = store.turn(Operation::DescribeTable, &[&table], |core| {
        let table = core.engine.describe_table(request)?.table;
        Ok(json!({ "Table": core.described(table) }))
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
        let description = core.engine.describe_table(of_table)?.table;
        if description.deletion_protection_enabled == Some(true) {
            // The engine refuses it in the service's words.
            core.engine.delete_table(request)?;
        } else if !leaves {
            core.leave(&table, core.now + core.config.settle);
        }
        let described = core.described(description);
        core.wake(core.now);
        Ok(json!({ "TableDescription": described }))
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
        "AccountMaxReadCapacityUnits": OF_ACCOUNT,
        "AccountMaxWriteCapacityUnits": OF_ACCOUNT,
        "TableMaxReadCapacityUnits": OF_TABLE,
        "TableMaxWriteCapacityUnits": OF_TABLE,
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

    /// Refuses what is more than the quotas of an account: `units` are to be those of a table and of its indexes, in place
    /// of what it has now.
    pub fn check_quotas(&self, table: &str, units: &[Units]) -> Result<(), Refusal> {
        units.iter().try_for_each(|units| check_quota(*units)).map_err(Refusal::limited)?;
        let others = self.tables.iter().filter(|(name, other)| *name != table && !other.on_demand);
        let all: Vec<Units> =
            others.flat_map(|(_, other)| other.provisioned()).chain(units.iter().copied()).collect();
        let sum = |of: fn(&Units) -> u64| all.iter().map(of).sum::<u64>();
        for (wanted, what) in [(sum(|units| units.read), "read"), (sum(|units| units.write), "write")] {
            if wanted > OF_ACCOUNT {
                return Err(Refusal::limited(format!(
                    "Subscriber limit exceeded: {wanted} {what} capacity units in all exceed the quota of {OF_ACCOUNT} for an \
                     account in a region"
                )));
            }
        }
        Ok(())
    }

    /// Puts buckets to a table that the engine has made.
    fn add_table(&mut self, description: &TableDescription, on_demand: bool) {
        let ready = self.now + self.config.settle;
        let fill = self.config.burst;
        let units = |flow: Option<&TableProvisionedThroughputDescription>| {
            let flow = flow.filter(|_| !on_demand)?;
            Some(Units { read: flow.read_capacity_units, write: flow.write_capacity_units })
        };
        let index = |index: &GlobalSecondaryIndexDescription| Index {
            name: index.index_name.clone(),
            shape: Shape::of(index),
            gate: Gate::new(units(index.provisioned_throughput.as_ref()), fill, ready),
            making: None,
        };
        let local = |index: &LocalSecondaryIndexDescription| {
            (index.index_name.clone(), Shape::new(&index.key_schema, &index.projection))
        };
        let table = Table {
            keys: description.key_schema.iter().map(|key| key.attribute_name.clone()).collect(),
            phase: Phase::Creating(ready),
            on_demand,
            gate: Gate::new(units(description.provisioned_throughput.as_ref()), fill, ready),
            indexes: description.global_secondary_indexes.iter().flatten().map(index).collect(),
            locals: description.local_secondary_indexes.iter().flatten().map(local).collect(),
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

/// What a request provisions for a table and for each of its indexes.
fn provisioned(request: &CreateTableRequest) -> Vec<Units> {
    let indexes = request.global_secondary_indexes.iter().flatten();
    let indexes = indexes.filter_map(|index| units(index.provisioned_throughput.as_ref()));
    units(request.provisioned_throughput.as_ref()).into_iter().chain(indexes).collect()
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
