//! A description is what the service says of a table: its state, its keys, and the name that its tags go by.

use flashcrowd_dynamodb::{Fault, KeyRates, Reply};
use serde::Deserialize;

use crate::state::{IndexState, Mode, TableState};

/// What the service says of a table.
#[derive(Clone, Debug)]
pub struct Description {
    /// What it is like now.
    pub state: TableState,
    /// The name that its tags go by.
    pub arn: Option<String>,
    /// Its partition key and its sort key, if it has one.
    pub key: Vec<String>,
    /// The same of each of its global indexes, by their names.
    pub index_keys: Vec<(String, Vec<String>)>,
    /// Of what kind the attributes of keys are: `S`, `N` or `B`.
    kinds: Vec<(String, String)>,
}

impl Description {
    /// Reads the answer to `DescribeTable`.
    pub fn read(table: &str, reply: &Reply) -> Result<Self, Fault> {
        Ok(reply.json::<Answer>()?.table.describe(table))
    }

    /// Of what kind an attribute is that is part of a key: `S`, `N` or `B`.
    pub fn kind_of(&self, attribute: &str) -> Option<&str> {
        self.kinds.iter().find(|(name, _)| name == attribute).map(|(_, kind)| kind.as_str())
    }

    /// Has the keys of the table and of its indexes watched.
    pub fn watch_keys(&self, rates: &KeyRates) {
        let table = self.state.name.as_str();
        let indexes = self.index_keys.iter().map(|(index, key)| (Some(index.as_str()), key));
        for (index, key) in std::iter::once((None, &self.key)).chain(indexes) {
            key.first().into_iter().for_each(|attribute| rates.know(table, index, attribute));
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    table: Table,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Table {
    table_status: String,
    table_arn: Option<String>,
    #[serde(default)]
    item_count: u64,
    #[serde(default)]
    key_schema: Vec<Key>,
    #[serde(default)]
    attribute_definitions: Vec<Attribute>,
    billing_mode_summary: Option<Billing>,
    provisioned_throughput: Option<Throughput>,
    #[serde(default)]
    global_secondary_indexes: Vec<Index>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Key {
    attribute_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    attribute_name: String,
    attribute_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Billing {
    billing_mode: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Throughput {
    #[serde(default)]
    read_capacity_units: u64,
    #[serde(default)]
    write_capacity_units: u64,
    #[serde(default)]
    number_of_decreases_today: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Index {
    index_name: String,
    /// Not every emulator says so; then it is what the table is.
    index_status: Option<String>,
    #[serde(default)]
    key_schema: Vec<Key>,
    provisioned_throughput: Option<Throughput>,
}

impl Table {
    fn describe(self, table: &str) -> Description {
        let on_demand = self.is_on_demand();
        let throughput = self.provisioned_throughput.unwrap_or_default();
        let named = |index: &Index| (index.index_name.clone(), names(&index.key_schema));
        let index_keys = self.global_secondary_indexes.iter().map(named).collect();
        let indexes = self.global_secondary_indexes.into_iter().map(|index| IndexState {
            name: index.index_name,
            status: index.index_status.unwrap_or_else(|| self.table_status.clone()),
            mode: mode(on_demand, &index.provisioned_throughput.unwrap_or_default()),
        });
        let state = TableState {
            name: table.to_owned(),
            mode: mode(on_demand, &throughput),
            items: self.item_count,
            indexes: indexes.collect(),
            decreases_today: throughput.number_of_decreases_today,
            status: self.table_status,
        };
        let kind = |attribute: Attribute| (attribute.attribute_name, attribute.attribute_type);
        Description {
            state,
            arn: self.table_arn,
            key: names(&self.key_schema),
            index_keys,
            kinds: self.attribute_definitions.into_iter().map(kind).collect(),
        }
    }

    /// Tables that never were on demand may not say how they are paid for.
    fn is_on_demand(&self) -> bool {
        let billing = self.billing_mode_summary.as_ref();
        billing.and_then(|billing| billing.billing_mode.as_deref()) == Some("PAY_PER_REQUEST")
    }
}

fn names(key: &[Key]) -> Vec<String> {
    key.iter().map(|key| key.attribute_name.clone()).collect()
}

fn mode(on_demand: bool, throughput: &Throughput) -> Mode {
    if on_demand {
        Mode::OnDemand
    } else {
        Mode::Provisioned { read: throughput.read_capacity_units, write: throughput.write_capacity_units }
    }
}
