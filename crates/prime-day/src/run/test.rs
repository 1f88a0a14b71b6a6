//! Prime Day is a test whose virtual users are a shop's customers on DynamoDB.

use std::sync::Arc;
use std::time::Duration;

use flashcrowd_dynamodb::{KeyRates, Measures};
use flashcrowd_dynamodb_capacity::{hot_keys, measured};
use flashcrowd_engine::Behaviour;
use flashcrowd_http::Shared;
use flashcrowd_metrics::{Registry, View};
use flashcrowd_record::{Capacity, Expected, Results, Source, TestInfo, TimelineLine};
use flashcrowd_test::{LoadError, Options, Test};
use serde_json::{Map, json};

use super::connection::Connection;
use super::error::PrimeDayError;
use super::preparation::Ready;
use super::size::Size;
use crate::behaviour::{ShopBehaviour, ShopSettings};
use crate::capacity::Prices;
use crate::control::{Mode, TableState, forms};
use crate::shop::{Layout, OrderStyle, Sales, Tables};

/// Its name in reports, and in the folder of its record.
const NAME: &str = "Prime Day";

/// Where it comes from: a command, no file.
const SOURCE: &str = "flashcrowd dynamodb";

/// What makes it a success; the last of these only where capacity is provisioned.
const EXPECTED: [(&str, &str); 5] = [
    ("iteration_rate", "> 50"),
    ("failure_rate", "< 5%"),
    ("throttle_rate", "< 10%"),
    ("key_utilization", "<= 100%"),
    ("capacity_utilization", "<= 100%"),
];

/// Prime Day, ready to run.
pub struct PrimeDay {
    options: Options,
    registry: Registry,
    measures: Measures,
    http: Arc<Shared>,
    behaviour: Arc<ShopBehaviour>,
    settings: String,
    tables: Vec<TableState>,
    prices: Prices,
    think_time: Duration,
    host: String,
    keys: Arc<KeyRates>,
}

impl PrimeDay {
    /// Puts it together.
    pub fn new(
        size: &Size,
        connection: &Connection,
        ready: Ready,
        prices: Prices,
    ) -> Result<Self, PrimeDayError> {
        let options = Options::of_scenarios(size.scenarios()).map_err(LoadError::from)?;
        let registry = Registry::new();
        let measures = Measures::define(&registry)?;
        let settings = settings(size, connection, &ready);
        let think_time = ready.workload.think_time;
        let keys = Arc::new(KeyRates::default());
        watch_keys(&keys, &ready.workload.tables);
        let behaviour = ShopBehaviour::new(
            ready.workload,
            ShopSettings {
                service: connection.service.clone(),
                http: connection.http.clone(),
                system_tags: options.system_tag_set(),
                measures,
                keys: keys.clone(),
            },
        );
        Ok(Self {
            options,
            registry,
            measures,
            http: connection.http.clone(),
            behaviour,
            settings,
            tables: ready.tables,
            prices,
            think_time,
            host: connection.service.endpoint.url.clone(),
            keys,
        })
    }

    /// Its metrics.
    pub fn measures(&self) -> Measures {
        self.measures
    }

    /// How fast single keys are used.
    pub fn keys(&self) -> &Arc<KeyRates> {
        &self.keys
    }

    /// What was sold.
    pub fn sales(&self) -> Sales {
        self.behaviour.sales()
    }
}

impl Test for PrimeDay {
    fn options(&self) -> &Options {
        &self.options
    }

    fn registry(&self) -> &Registry {
        &self.registry
    }

    fn behaviour(&self) -> Arc<dyn Behaviour> {
        self.behaviour.clone()
    }

    fn http(&self) -> Option<&Arc<Shared>> {
        Some(&self.http)
    }

    fn info(&self) -> TestInfo {
        TestInfo { name: NAME.to_owned(), source: SOURCE.to_owned() }
    }

    fn sources(&self) -> Vec<Source> {
        vec![Source { path: "prime-day.json".to_owned(), text: self.settings.clone() }]
    }

    fn expected(&self) -> Vec<Expected> {
        let expected = |(name, target): (&str, &str)| Expected { name: name.into(), target: target.into() };
        let is_provisioned = self.tables.iter().any(|table| !table.is_all(Mode::OnDemand));
        EXPECTED.into_iter().take(if is_provisioned { 5 } else { 4 }).map(expected).collect()
    }

    fn is_judged(&self) -> bool {
        true
    }

    fn target(&self) -> Option<String> {
        Some(self.host.clone())
    }

    fn views(&self) -> Vec<View> {
        vec![self.measures.view()]
    }

    fn complete(&self, results: &mut Results, timeline: &[TimelineLine]) {
        let capacity = measured(&self.tables, timeline, results, &self.prices, Some(self.think_time));
        results.capacity = Some(Capacity { keys: hot_keys(&self.keys), ..capacity });
    }
}

/// Has the keys that customers use watched.
fn watch_keys(keys: &KeyRates, tables: &Tables) {
    if let Some(own) = tables.own() {
        let Layout { products, orders, .. } = &own.layout;
        keys.know(&products.table, None, &products.key);
        keys.know(&orders.table, None, &orders.key);
        products.index.iter().for_each(|index| keys.know(&products.table, Some(index), &products.category));
        return;
    }
    for form in forms(tables) {
        keys.know(form.table, None, form.key[0]);
        form.index.into_iter().for_each(|(index, key)| keys.know(form.table, Some(index), key[0]));
    }
}

/// What the record keeps of it as its source: everything that was chosen, and no secret.
fn settings(size: &Size, connection: &Connection, ready: &Ready) -> String {
    let (retry, workload) = (connection.service.retry, &ready.workload);
    let scenarios: Map<_, _> = size.scenarios().iter().map(|one| (one.name.clone(), json!(one))).collect();
    let text = json!({
        "mode": size.preset.name(),
        "endpoint": connection.service.endpoint.url,
        "region": connection.service.endpoint.region,
        "practice": connection.is_in_process(),
        "tables": connection.tables.all().map(|name| name.to_string()),
        "scenarios": scenarios,
        "patterns": {
            "scan": workload.patterns.scan,
            "query": workload.patterns.query,
            "get": workload.patterns.get,
        },
        "popularity": ready.popularity,
        "orders": match workload.orders {
            OrderStyle::Transaction => "transaction",
            OrderStyle::Put => "put",
        },
        "products": workload.catalogue.products.len(),
        "scan_limit": workload.scan_limit,
        "query_limit": workload.query_limit,
        "consistent": workload.consistent,
        "think_time_ms": workload.think_time.as_millis(),
        "retries": if connection.service.sdk.is_some() { "sdk" } else { "own" },
        "attempts": retry.attempts,
        "retry_base_ms": retry.base.as_millis(),
        "retry_cap_ms": retry.cap.as_millis(),
        "timeout_ms": connection.service.timeout.as_millis(),
    });
    format!("{text:#}\n")
}

#[cfg(test)]
mod tests {
    use flashcrowd_diagnosis::Expectation;

    use super::*;

    #[test]
    fn what_is_expected_can_be_judged() {
        for (name, target) in EXPECTED {
            assert_eq!(Expectation::parse(name, target).err(), None, "{name}: {target}");
        }
    }
}
