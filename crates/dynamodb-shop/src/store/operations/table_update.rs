//! An update of a table: checked against the limits, begun by the engine, and done after a while.

use std::collections::HashMap;

use bytes::Bytes;
use dynoxide::DynoxideError;
use dynoxide::actions::update_table::UpdateTableRequest;
use dynoxide::types::ProvisionedThroughput;
use serde::Deserialize;

use super::table_control::{index_without_throughput, units};
use crate::store::capacity::index::Shape;
use crate::store::capacity::partition::Partitions;
use crate::store::capacity::table::{Capacity, Change, Index, Phase, Table, Units};
use crate::store::core::Core;
use crate::store::operation::Operation;
use crate::store::refusal::Refusal;
use crate::store::request::write;
use crate::store::service::Store;

/// What the engine's own type leaves out of a request: the throughput of new indexes.
#[derive(Deserialize)]
struct NewIndexes {
    #[serde(rename = "GlobalSecondaryIndexUpdates", default)]
    updates: Option<Vec<NewIndex>>,
}

#[derive(Deserialize)]
struct NewIndex {
    #[serde(rename = "Create", default)]
    create: Option<Throughput>,
}

#[derive(Deserialize)]
struct Throughput {
    #[serde(rename = "IndexName")]
    name: String,
    #[serde(rename = "ProvisionedThroughput", default)]
    flow: Option<ProvisionedThroughput>,
}

/// `UpdateTable`.
pub fn update(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    let request: UpdateTableRequest = store.read(Operation::UpdateTable, body)?;
    let new: NewIndexes = store.read(Operation::UpdateTable, body)?;
    let new = new.updates.into_iter().flatten().filter_map(|update| update.create);
    let new: HashMap<String, Option<Units>> = new.map(|new| (new.name, units(new.flow.as_ref()))).collect();
    let table = request.table_name.clone();
    let response = store.turn(Operation::UpdateTable, &[&table], |core| {
        core.must_be_active(&table)?;
        let change = change(&request);
        core.check_update(&table, &change, &new)?;
        let mut response = core.engine.update_table(request)?;
        let described = &response.table_description;
        let indexes = described.global_secondary_indexes.iter().flatten();
        let indexes = indexes.map(|index| (index.index_name.clone(), Shape::of(index))).collect();
        core.begin(&table, change, indexes, &new);
        response.table_description = core.correct(response.table_description);
        Ok(response)
    })?;
    write(&response)
}

impl Core {
    /// Refuses what the limits forbid, and provisioned indexes without throughput.
    fn check_update(
        &mut self,
        name: &str,
        change: &Change,
        new: &HashMap<String, Option<Units>>,
    ) -> Result<(), Refusal> {
        let wall = self.wall();
        let Some(table) = self.table(name) else { return Ok(()) };
        let limited = |message: String| Refusal::Engine(DynoxideError::LimitExceededException(message));
        if change.on_demand == Some(true) && !table.on_demand {
            return table.switches.check(wall).map_err(limited);
        }
        if !change.on_demand.unwrap_or(table.on_demand) {
            let given = |index: &&Index| change.indexes.iter().any(|(name, _)| *name == index.name);
            let starts = table.on_demand;
            let without = table.indexes.iter().find(|index| starts && !given(index)).map(|index| &index.name);
            let without =
                without.or_else(|| new.iter().find(|(_, units)| units.is_none()).map(|(name, _)| name));
            if let Some(index) = without {
                return Err(index_without_throughput(index));
            }
        }
        for (capacity, _) in decreased(table, change) {
            capacity.decreases.check(wall).map_err(limited)?;
        }
        Ok(())
    }

    /// Notes a change that the engine has made, so that it takes effect when it is time.
    fn begin(
        &mut self,
        name: &str,
        change: Change,
        indexes: Vec<(String, Shape)>,
        new: &HashMap<String, Option<Units>>,
    ) {
        let (wall, until, fill) = (self.wall(), self.now + self.config.settle, self.config.burst);
        self.ledger.open(name, indexes.iter().map(|(index, _)| index));
        let Some(table) = self.table(name) else { return };
        if change.on_demand == Some(true) && !table.on_demand {
            table.switches.count(wall);
        }
        note(table, &change, wall);
        table.indexes.retain(|index| indexes.iter().any(|(name, _)| *name == index.name));
        for (name, shape) in indexes {
            if !table.has_index(&name) {
                let units = new.get(&name).copied().flatten();
                let capacity = units.map(|units| Capacity::new(units, fill, until));
                let partitions = Partitions::new(units, until);
                table.indexes.push(Index { name, shape, capacity, partitions, making: Some(until) });
            }
        }
        table.phase = Phase::Updating(until, change);
    }
}

/// What a request changes of what the gate sees.
fn change(request: &UpdateTableRequest) -> Change {
    let table = request.provisioned_throughput.as_ref();
    let table = table.and_then(|flow| ProvisionedThroughput::deserialize(flow).ok());
    let updates = request.global_secondary_index_updates.iter().flatten();
    let updates = updates.filter_map(|update| update.update.as_ref());
    let index = updates.filter_map(|update| {
        Some((update.index_name.clone(), units(update.provisioned_throughput.as_ref())?))
    });
    Change {
        on_demand: request.billing_mode.as_deref().map(|mode| mode == "PAY_PER_REQUEST"),
        table: units(table.as_ref()),
        indexes: index.collect(),
    }
}

/// The capacities that a change sets, and to what.
fn provisioned<'a>(
    table: &'a mut Table,
    change: &'a Change,
) -> impl Iterator<Item = (&'a mut Capacity, Units)> {
    let resting = table.on_demand;
    let of_index =
        |name: &str| change.indexes.iter().find(|(other, _)| other == name).map(|(_, units)| *units);
    let indexes = table.indexes.iter_mut();
    let indexes = indexes.filter_map(move |index| Some((index.capacity.as_mut()?, of_index(&index.name)?)));
    let whole = table.capacity.as_mut().zip(change.table);
    whole.into_iter().chain(indexes).filter(move |_| !resting)
}

fn decreased<'a>(
    table: &'a mut Table,
    change: &'a Change,
) -> impl Iterator<Item = (&'a mut Capacity, Units)> {
    provisioned(table, change).filter(|(capacity, units)| units.is_less_than(capacity.units()))
}

/// Counts decreases and increases.
fn note(table: &mut Table, change: &Change, wall: f64) {
    for (capacity, units) in provisioned(table, change) {
        if units.is_more_than(capacity.units()) {
            capacity.increased = Some(wall);
        }
        if units.is_less_than(capacity.units()) {
            capacity.decreases.count(wall);
        }
    }
}
