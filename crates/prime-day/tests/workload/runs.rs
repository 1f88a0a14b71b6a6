//! Runs of a workload, and what came of them.

use std::sync::Arc;
use std::time::Duration;

use flashcrowd_dynamodb::{Credentials, Endpoint, Measures, Retry, Service};
use flashcrowd_engine::{Control, RunResult, TestConfig, Watchers, parse_scenarios, run};
use flashcrowd_http::{ClientConfig, SystemTags};
use flashcrowd_metrics::{Builtin, MetricId, Plan, Registry, Sink};
use flashcrowd_prime_day::{Catalogue, Sales, ShopBehaviour, ShopSettings, Tables, Workload};
use serde_json::{Value, json};

/// What came of a run.
pub struct Ran {
    pub sales: Sales,
    pub measures: Measures,
    pub result: RunResult,
}

/// A service that is tried again at once, so that tests are quick.
pub fn service(url: &str) -> Service {
    Service {
        endpoint: Endpoint::at(url, "us-east-1").unwrap(),
        credentials: Credentials::fixed("AKID", "secret"),
        retry: Retry { attempts: 8, base: Duration::from_millis(2), cap: Duration::from_millis(10) },
        sdk: None,
        timeout: Duration::from_secs(10),
    }
}

/// The workload of a catalogue.
pub fn workload(catalogue: &Arc<Catalogue>) -> Workload {
    Workload::new(Tables::new(""), catalogue.clone())
}

/// So many customers who take so many steps each.
pub fn steps(exec: &str, customers: u64, steps: u64) -> Value {
    json!({ exec: {"executor": "per-vu-iterations", "vus": customers, "iterations": steps, "exec": exec} })
}

/// So many customers for that long, who are interrupted at its end.
pub fn cut(exec: &str, customers: u64, duration: &str) -> Value {
    let executor = "constant-vus";
    json!({ exec: {
        "executor": executor, "vus": customers, "duration": duration, "gracefulStop": "0s", "exec": exec
    } })
}

/// Runs scenarios on two threads.
pub async fn go(workload: Workload, service: Service, scenarios: Value) -> Ran {
    let registry = Registry::new();
    let measures = Measures::define(&registry).unwrap();
    let tags = ["name", "status", "scenario", "error_code", "expected_response", "method"];
    let settings = ShopSettings {
        service: Arc::new(service),
        http: ClientConfig::default().build().unwrap(),
        system_tags: SystemTags::new(tags.map(str::to_owned)),
        measures,
        keys: Arc::default(),
    };
    let behaviour = ShopBehaviour::new(workload, settings);
    let mut kept = Plan::new(registry);
    kept.views.push(measures.view());
    let mut test = TestConfig::new(parse_scenarios(&scenarios).unwrap(), Arc::new(kept));
    test.workers = 2;
    let result = run(test, behaviour.clone(), Arc::<Control>::default(), Watchers::none()).await;
    assert!(result.errors.is_empty(), "{:?}", result.errors);
    Ran { sales: behaviour.sales(), measures, result }
}

impl Ran {
    /// The sum of a counter, the number of ones of a rate, or the number of samples of a trend.
    pub fn sum(&self, metric: MetricId) -> u64 {
        match self.result.totals.metric(metric) {
            None => 0,
            Some(Sink::Counter { sum, .. }) => *sum as u64,
            Some(Sink::Rate(rate)) => rate.trues,
            Some(other) => other.samples(),
        }
    }

    pub fn iterations(&self) -> u64 {
        self.sum(Builtin::ITERATIONS)
    }

    /// Steps of which what was wanted did not come true.
    pub fn failed(&self) -> u64 {
        self.sum(self.measures.failed)
    }

    /// Orders that were sent, whatever became of them.
    pub fn sent(&self) -> u64 {
        let Sales { orders, sold_out, refused, unsettled, .. } = &self.sales;
        orders + sold_out + refused + unsettled
    }
}
