//! An update of a table: checked against the limits, begun by the engine, and done after a while.

use std::collections::HashMap;

use bytes::Bytes;
use dynoxide::actions::TableDescription;
use dynoxide::actions::describe_table::DescribeTableRequest;
use dynoxide::actions::update_table::UpdateTableRequest;
use dynoxide::types::ProvisionedThroughput;
use serde::Deserialize;
use serde_json::json;

use super::table_control::{index_without_throughput, units};
use super::throughput::Asked;
use crate::store::capacity::gate::{Capacity, Gate};
use crate::store::capacity::index::Shape;
use crate::store::capacity::table::{Change, Index, Phase, Table};
use crate::store::capacity::units::Units;
use crate::store::core::Core;
use crate::store::operation::Operation;
use crate::store::refusal::Refusal;
use crate::store::request::write;
use crate::store::service::Store;

/// `UpdateTable`.
pub fn update(store: &Store, body: &[u8]) -> Result<Bytes, Refusal> {
    let mut request: UpdateTableRequest = store.read(Operation::UpdateTable, body)?;
    let asked: Asked = store.read(Operation::UpdateTable, body)?;
    let new = asked.new_indexes().map(|(name, units)| (name.to_owned(), units));
    let new: HashMap<String, Option<Units>> = new.collect();
    let table = request.table_name.clone();
    let response = store.turn(Operation::UpdateTable, &[&table], |core| {
        core.must_be_active(&table)?;
        asked.check_stream()?;
        let mut change = change(&request, &asked);
        let known = core.table(&table).map(|known| &*known);
        let on_demand = change.on_demand.or(known.map(|known| known.on_demand)).unwrap_or_default();
        (change.maxima, change.warmth) = (asked.maxima(on_demand)?, asked.warmth(known)?);
        core.check_update(&table, &change, &new)?;
        let description = core.ask_engine(request_of_engine(&mut request, &asked, &change))?;
        let indexes = description.global_secondary_indexes.iter().flatten();
        let indexes = indexes.map(|index| (index.index_name.clone(), Shape::of(index))).collect();
        core.begin(&table, change, indexes, &new);
        Ok(json!({ "TableDescription": core.described(description) }))
    })?;
    write(&response)
}

/// What the engine has to do of an update.
enum Work {
    Update(Box<UpdateTableRequest>),
    /// Nothing: all of it is the gate's.
    Describe(DescribeTableRequest),
}

fn request_of_engine(request: &mut UpdateTableRequest, asked: &Asked, change: &Change) -> Work {
    let is_ours = !change.maxima.is_empty() || !change.warmth.is_empty();
    let mut request = std::mem::take(request);
    if let Some(updates) = &mut request.global_secondary_index_updates
        && is_ours
    {
        updates.retain(|one| one.update.as_ref().is_none_or(|update| asked.provisions(&update.index_name)));
        if updates.is_empty() {
            request.global_secondary_index_updates = None;
        }
    }
    let UpdateTableRequest {
        global_secondary_index_updates: None,
        vector_index_updates: None,
        stream_specification: None,
        deletion_protection_enabled: None,
        provisioned_throughput: None,
        billing_mode: None,
        table_class: None,
        on_demand_throughput: None,
        table_name,
        ..
    } = &request
    else {
        return Work::Update(Box::new(request));
    };
    match is_ours {
        true => Work::Describe(DescribeTableRequest { table_name: table_name.clone() }),
        false => Work::Update(Box::new(request)),
    }
}

impl Core {
    fn ask_engine(&self, work: Work) -> Result<TableDescription, Refusal> {
        Ok(match work {
            Work::Update(request) => self.engine.update_table(*request)?.table_description,
            Work::Describe(request) => self.engine.describe_table(request)?.table,
        })
    }

    /// Refuses what the limits forbid, and provisioned indexes without throughput.
    fn check_update(
        &mut self,
        name: &str,
        change: &Change,
        new: &HashMap<String, Option<Units>>,
    ) -> Result<(), Refusal> {
        let wall = self.wall();
        let Some(table) = self.table(name) else { return Ok(()) };
        if change.on_demand == Some(true) && !table.on_demand {
            return table.switches.check(wall).map_err(Refusal::limited);
        }
        let mut after = Vec::new();
        if !change.on_demand.unwrap_or(table.on_demand) {
            let given = |index: &&Index| change.indexes.iter().any(|(name, _)| *name == index.name);
            let starts = table.on_demand;
            let without = table.indexes.iter().find(|index| starts && !given(index)).map(|index| &index.name);
            let without =
                without.or_else(|| new.iter().find(|(_, units)| units.is_none()).map(|(name, _)| name));
            if let Some(index) = without {
                return Err(index_without_throughput(index));
            }
            after = provisioned_after(table, change, new);
        }
        for (capacity, _) in decreased(table, change) {
            capacity.decreases.check(wall).map_err(Refusal::limited)?;
        }
        self.check_quotas(name, &after)
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
                let gate = Gate::new(new.get(&name).copied().flatten(), fill, until);
                table.indexes.push(Index { name, shape, gate, making: Some(until) });
            }
        }
        table.phase = Phase::Updating(until, change);
    }
}

/// What a request changes of what the gate sees.
fn change(request: &UpdateTableRequest, asked: &Asked) -> Change {
    let table = request.provisioned_throughput.as_ref();
    let table = table.and_then(|flow| ProvisionedThroughput::deserialize(flow).ok());
    let updates = request.global_secondary_index_updates.iter().flatten();
    let updates = updates.filter_map(|update| update.update.as_ref());
    let index = updates.filter_map(|update| {
        let is_set = asked.provisions(&update.index_name);
        let flow = update.provisioned_throughput.as_ref().filter(|_| is_set);
        Some((update.index_name.clone(), units(flow)?))
    });
    Change {
        on_demand: request.billing_mode.as_deref().map(|mode| mode == "PAY_PER_REQUEST"),
        table: units(table.as_ref()),
        indexes: index.collect(),
        ..Change::default()
    }
}

/// What a table and its indexes are provisioned with once it has changed.
fn provisioned_after(table: &Table, change: &Change, new: &HashMap<String, Option<Units>>) -> Vec<Units> {
    let now = |gate: &Gate| gate.capacity.as_ref().map(Capacity::units);
    let changed =
        |name: &str| change.indexes.iter().find(|(other, _)| other == name).map(|(_, units)| *units);
    let indexes = table.indexes.iter().filter_map(|index| changed(&index.name).or_else(|| now(&index.gate)));
    let whole = change.table.or_else(|| now(&table.gate));
    whole.into_iter().chain(indexes).chain(new.values().copied().flatten()).collect()
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
    let indexes =
        indexes.filter_map(move |index| Some((index.gate.capacity.as_mut()?, of_index(&index.name)?)));
    let whole = table.gate.capacity.as_mut().zip(change.table);
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
