//! A description of a table is the engine's, with what the gate knows better.

use dynoxide::actions::{
    BillingModeSummary, TableDescription, TableProvisionedThroughputDescription, TableThroughputModeSummary,
};
use dynoxide::streams::LOCAL_REGION;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::capacity::gate::Capacity;
use super::capacity::shortage::arn;
use super::capacity::table::{Phase, Table};
use super::core::Core;
use super::operations::throughput;

impl Core {
    /// A description as it is told: corrected, with what the engine does not know.
    pub fn described(&mut self, description: TableDescription) -> Value {
        let name = description.table_name.clone();
        let mut told = json!(self.correct(description));
        if let Some(table) = self.table(&name) {
            throughput::describe(&mut told, table);
        }
        told
    }

    /// Corrects a description: status, throughput, billing mode and names.
    fn correct(&mut self, mut description: TableDescription) -> TableDescription {
        let (wall, now) = (self.wall(), self.now);
        let region = self.config.region.clone();
        let name = description.table_name.clone();
        description.table_arn = arn(&region, &name, None);
        for index in description.local_secondary_indexes.iter_mut().flatten() {
            index.index_arn = arn(&region, &name, Some(&index.index_name));
        }
        if let Some(stream) = &mut description.latest_stream_arn {
            *stream = stream.replacen(LOCAL_REGION, &region, 1);
        }
        let Some(table) = self.table(&name) else { return description };
        for index in description.global_secondary_indexes.iter_mut().flatten() {
            index.index_arn = arn(&region, &name, Some(&index.index_name));
            let known = table.indexes.iter().find(|known| known.name == index.index_name);
            let making = known.and_then(|known| known.making).is_some_and(|until| now < until);
            index.index_status = if making { "CREATING" } else { index_status(table) }.to_owned();
            let capacity = known.and_then(|known| known.gate.capacity.as_ref());
            index.provisioned_throughput = Some(throughput_of(table, capacity, wall));
        }
        description.table_status = status(table, now).to_owned();
        description.provisioned_throughput = Some(throughput_of(table, table.gate.capacity.as_ref(), wall));
        let mode = if table.on_demand { "PAY_PER_REQUEST" } else { "PROVISIONED" };
        let last = table.switches.last();
        let tells = table.on_demand || last.is_some();
        description.billing_mode_summary = tells.then(|| BillingModeSummary {
            billing_mode: mode.to_owned(),
            last_update_to_pay_per_request_date_time: last,
        });
        description.table_throughput_mode_summary = tells.then(|| TableThroughputModeSummary {
            table_throughput_mode: mode.to_owned(),
            last_update_to_pay_per_request_date_time: last,
        });
        description
    }
}

fn status(table: &Table, now: Instant) -> &'static str {
    let makes_index = table.indexes.iter().filter_map(|index| index.making).any(|until| now < until);
    match table.phase {
        Phase::Active if makes_index => "UPDATING",
        Phase::Active => "ACTIVE",
        Phase::Creating(_) => "CREATING",
        Phase::Updating(..) => "UPDATING",
        Phase::Deleting => "DELETING",
    }
}

fn index_status(table: &Table) -> &'static str {
    match &table.phase {
        Phase::Active => "ACTIVE",
        Phase::Creating(_) => "CREATING",
        Phase::Updating(_, change) if change.on_demand.is_none() && change.indexes.is_empty() => "ACTIVE",
        Phase::Updating(..) => "UPDATING",
        Phase::Deleting => "DELETING",
    }
}

fn throughput_of(
    table: &Table,
    capacity: Option<&Capacity>,
    wall: f64,
) -> TableProvisionedThroughputDescription {
    let flows = capacity.filter(|_| !table.on_demand);
    TableProvisionedThroughputDescription {
        read_capacity_units: flows.map_or(0, |capacity| capacity.units().read),
        write_capacity_units: flows.map_or(0, |capacity| capacity.units().write),
        number_of_decreases_today: capacity.map_or(0, |capacity| capacity.decreases.today(wall)),
        last_increase_date_time: capacity.and_then(|capacity| capacity.increased),
        last_decrease_date_time: capacity.and_then(|capacity| capacity.decreases.last()),
    }
}
