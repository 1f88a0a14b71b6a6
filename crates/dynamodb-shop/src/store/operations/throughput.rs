//! Throughput is what a request asks for of tables and indexes besides provisioned units, which the engine leaves out.

use dynoxide::types::ProvisionedThroughput;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::table_control::units;
use crate::store::capacity::ceiling::{Maximum, OF_TABLE};
use crate::store::capacity::gate::Gate;
use crate::store::capacity::table::Table;
use crate::store::capacity::units::Units;
use crate::store::refusal::Refusal;

/// What a request to create or update a table asks for.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(rename = "OnDemandThroughput")]
    maximum: Option<OnDemand>,
    #[serde(rename = "WarmThroughput")]
    warm: Option<Warm>,
    #[serde(rename = "GlobalSecondaryIndexes", default)]
    made: Option<Vec<OfIndex>>,
    #[serde(rename = "GlobalSecondaryIndexUpdates", default)]
    updates: Option<Vec<Update>>,
    #[serde(rename = "StreamSpecification")]
    stream: Option<Stream>,
}

#[derive(Debug, Deserialize)]
struct Update {
    #[serde(rename = "Create")]
    create: Option<OfIndex>,
    #[serde(rename = "Update")]
    update: Option<OfIndex>,
}

/// What it asks for of an index.
#[derive(Debug, Default, Deserialize)]
pub struct OfIndex {
    /// The index.
    #[serde(rename = "IndexName", default)]
    pub name: String,
    #[serde(rename = "ProvisionedThroughput")]
    flow: Option<ProvisionedThroughput>,
    #[serde(rename = "OnDemandThroughput")]
    maximum: Option<OnDemand>,
    #[serde(rename = "WarmThroughput")]
    warm: Option<Warm>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct OnDemand {
    #[serde(rename = "MaxReadRequestUnits")]
    read: Option<i64>,
    #[serde(rename = "MaxWriteRequestUnits")]
    write: Option<i64>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct Warm {
    #[serde(rename = "ReadUnitsPerSecond")]
    read: Option<u64>,
    #[serde(rename = "WriteUnitsPerSecond")]
    write: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Stream {
    #[serde(rename = "StreamEnabled", default)]
    enabled: bool,
}

/// The changes of a request, each of the table or of an index by its name.
type Changes<T> = Vec<(Option<String>, T)>;

impl Asked {
    /// The indexes that an update makes, with what is provisioned for each.
    pub fn new_indexes(&self) -> impl Iterator<Item = (&str, Option<Units>)> {
        let created = self.updates.iter().flatten().filter_map(|update| update.create.as_ref());
        created.map(|index| (index.name.as_str(), units(index.flow.as_ref())))
    }

    /// Whether an update of an index concerns the engine: it provisions something.
    pub fn provisions(&self, index: &str) -> bool {
        let updates = self.updates.iter().flatten().filter_map(|update| update.update.as_ref());
        updates.filter(|update| update.name == index).any(|update| update.flow.is_some())
    }

    /// What is set as the most to serve on demand. It is refused where the table is provisioned, or makes no sense.
    pub fn maxima(&self, on_demand: bool) -> Result<Changes<Maximum>, Refusal> {
        let of_indexes = self.indexes().map(|index| (Some(index.name.clone()), index.maximum));
        let all = std::iter::once((None, self.maximum)).chain(of_indexes);
        all.filter_map(|(index, maximum)| Some((index, maximum?)))
            .map(|(index, maximum)| Ok((index, maximum.read_as(on_demand)?)))
            .collect()
    }

    /// What is to be warmed up, and to what. It is never made colder, and never warmer than the quota of a table.
    pub fn warmth(&self, table: Option<&Table>) -> Result<Changes<Units>, Refusal> {
        let of_indexes = self.indexes().map(|index| (Some(index.name.clone()), index.warm));
        let all = std::iter::once((None, self.warm)).chain(of_indexes);
        let wanted = all.filter_map(|(index, warm)| Some((index, warm?)));
        wanted
            .map(|(index, warm)| {
                let now = table.and_then(|table| Some(table.gate(index.as_deref())?.warmth(table.on_demand)));
                Ok((index, warm.read_as(now)?))
            })
            .collect()
    }

    /// Refuses streams, which nothing here serves.
    pub fn check_stream(&self) -> Result<(), Refusal> {
        match &self.stream {
            Some(Stream { enabled: true }) => Err(Refusal::invalid(
                "One or more parameter values were invalid: StreamSpecification is not supported by this endpoint: it has no \
                 streams"
                    .to_owned(),
            )),
            _ => Ok(()),
        }
    }

    fn indexes(&self) -> impl Iterator<Item = &OfIndex> {
        let updates = self.updates.iter().flatten();
        let updated = updates.flat_map(|update| update.create.iter().chain(&update.update));
        self.made.iter().flatten().chain(updated)
    }
}

impl OnDemand {
    fn read_as(self, on_demand: bool) -> Result<Maximum, Refusal> {
        let member = |name: &str, value: Option<i64>| match value {
            None => Ok(None),
            Some(_) if !on_demand => Err(Refusal::invalid(format!(
                "One or more parameter values were invalid: {name} for OnDemandThroughput cannot be specified when the table \
                 BillingMode is PROVISIONED"
            ))),
            Some(-1) => Ok(Some(None)),
            Some(units) => match u64::try_from(units).ok().filter(|units| *units > 0) {
                Some(units) => Ok(Some(Some(units))),
                None => Err(Refusal::invalid(format!(
                    "One or more parameter values were invalid: Requested {name} for OnDemandThroughput for table is outside \
                     of valid range"
                ))),
            },
        };
        Ok(Maximum {
            read: member("MaxReadRequestUnits", self.read)?,
            write: member("MaxWriteRequestUnits", self.write)?,
        })
    }
}

impl Warm {
    fn read_as(self, now: Option<Units>) -> Result<Units, Refusal> {
        let least = now.unwrap_or(Units { read: 1, write: 1 });
        let member = |name: &str, wanted: Option<u64>, least: u64| match wanted {
            None => Ok(least),
            Some(wanted) if wanted < least => Err(Refusal::invalid(format!(
                "One or more parameter values were invalid: Requested {name} for WarmThroughput for table is lower than \
                 current WarmThroughput, decreasing WarmThroughput is not supported"
            ))),
            Some(wanted) if wanted > OF_TABLE => Err(Refusal::limited(format!(
                "Subscriber limit exceeded: the requested {wanted} {name} exceed the quota of {OF_TABLE} for a table or an index"
            ))),
            Some(wanted) => Ok(wanted),
        };
        Ok(Units {
            read: member("ReadUnitsPerSecond", self.read, least.read)?,
            write: member("WriteUnitsPerSecond", self.write, least.write)?,
        })
    }
}

/// Adds to the description of a table what the engine does not know of it.
pub fn describe(description: &mut Value, table: &Table) {
    let Some(members) = description.as_object_mut() else { return };
    add(members, table, &table.gate, "TableStatus");
    let indexes = members.get_mut("GlobalSecondaryIndexes").and_then(Value::as_array_mut);
    for index in indexes.into_iter().flatten().filter_map(Value::as_object_mut) {
        let name = index.get("IndexName").and_then(Value::as_str).unwrap_or_default().to_owned();
        if let Some(gate) = table.gate(Some(&name)) {
            add(index, table, gate, "IndexStatus");
        }
    }
}

fn add(members: &mut Map<String, Value>, table: &Table, gate: &Gate, status: &str) {
    let Units { read, write } = gate.warmth(table.on_demand);
    let is_updating = members.get(status).and_then(Value::as_str) == Some("UPDATING");
    let status = if is_updating { "UPDATING" } else { "ACTIVE" };
    members.insert(
        "WarmThroughput".to_owned(),
        json!({ "ReadUnitsPerSecond": read, "WriteUnitsPerSecond": write, "Status": status }),
    );
    let mut maximum = Map::new();
    for (name, units) in ["MaxReadRequestUnits", "MaxWriteRequestUnits"].into_iter().zip(gate.ceilings.of()) {
        units.into_iter().for_each(|units| drop(maximum.insert(name.to_owned(), units.into())));
    }
    match maximum.is_empty() || !table.on_demand {
        true => drop(members.remove("OnDemandThroughput")),
        false => drop(members.insert("OnDemandThroughput".to_owned(), maximum.into())),
    }
}
