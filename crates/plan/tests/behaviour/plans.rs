//! Plans built by hand, and what came of running them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use flashcrowd_engine::{Control, RunResult, TestConfig, Watchers, parse_scenarios, run};
use flashcrowd_http::{ClientConfig, Shared, SystemTags};
use flashcrowd_metrics::{Builtin, GroupId, MetricId, Plan, Registry, Sink, SinkKey, TagSet, View};
use flashcrowd_plan::{
    Body, Call, Check, Data, Found, Mix, Part, PlanBehaviour, PlanSettings, Rule, Save, Slot, TargetMetrics,
    Template, TestPlan, Values,
};
use http::Method;
use serde_json::{Value, json};
use serde_json_path::JsonPath;

/// A plan of one scenario whose tasks have these weights.
pub fn plan(host: &str, executor: Value, tasks: Vec<(Call, f64)>) -> TestPlan {
    let weights = tasks.iter().enumerate().map(|(at, (_, weight))| (at, *weight)).collect();
    TestPlan {
        name: "test".into(),
        description: String::new(),
        host: host.into(),
        scenarios: parse_scenarios(&json!({ "a": executor })).unwrap(),
        seed: None,
        find: flashcrowd_test::FindSettings::default(),
        mixes: vec![Mix { scenario: 0, from: Duration::ZERO, tasks: weights }],
        tasks: tasks.into_iter().map(|(call, _)| call).collect(),
        on_start: Vec::new(),
        headers: Vec::new(),
        data: Vec::new(),
        saved: 0,
        wait: Duration::ZERO..=Duration::ZERO,
        expected: Vec::new(),
        audits: Vec::new(),
        metrics: TargetMetrics::Off,
        charts: Vec::new(),
        resend: true,
        stop_at_breaking_point: false,
        sources: Vec::new(),
    }
}

/// So many users with so many iterations each.
pub fn each(vus: u64, iterations: u64) -> Value {
    json!({"executor": "per-vu-iterations", "vus": vus, "iterations": iterations})
}

pub fn call(method: Method, path: Template) -> Call {
    let name = path.parts.iter().map(|part| match part {
        Part::Text(text) => text.clone(),
        Part::Slot(_) => "{}".to_owned(),
    });
    Call {
        name: format!("{method} {}", name.collect::<String>()),
        method,
        path,
        headers: Vec::new(),
        body: Body::None,
        timeout: Duration::from_secs(10),
        checks: Vec::new(),
        saves: Vec::new(),
        sells: Vec::new(),
    }
}

pub fn get(path: &str) -> Call {
    call(Method::GET, text(path))
}

pub fn post(path: &str, body: Body) -> Call {
    Call { body, ..call(Method::POST, text(path)) }
}

pub fn check(name: &str, rule: Rule) -> Check {
    Check { name: name.into(), rule }
}

pub fn save(slot: usize, name: &str, path: &str) -> Save {
    Save { slot, name: name.into(), from: Found::Json(json_path(path)) }
}

pub fn json_path(path: &str) -> JsonPath {
    JsonPath::parse(path).unwrap()
}

pub fn text(text: &str) -> Template {
    parts([t(text)])
}

pub fn parts(parts: impl IntoIterator<Item = Part>) -> Template {
    Template { parts: parts.into_iter().collect() }
}

pub fn t(text: &str) -> Part {
    Part::Text(text.into())
}

pub fn s(slot: Slot) -> Part {
    Part::Slot(slot)
}

pub fn data(name: &str, values: Values) -> Data {
    Data { name: name.into(), values }
}

pub fn http() -> Arc<Shared> {
    ClientConfig::default().build().unwrap()
}

/// What came of a run.
pub struct Ran {
    pub result: RunResult,
    pub registry: Registry,
}

/// Runs a plan on this many threads.
pub async fn go(plan: TestPlan, workers: usize) -> Ran {
    go_with(plan, workers, Arc::default()).await
}

pub async fn go_with(plan: TestPlan, workers: usize, control: Arc<Control>) -> Ran {
    let registry = Registry::new();
    let tags = ["name", "status", "group", "scenario", "check", "error_code", "expected_response", "method"];
    let settings = PlanSettings {
        http: http(),
        system_tags: SystemTags::new(tags.map(str::to_owned)),
        run_tags: TagSet::from_pairs([("run", "r")]),
        registry: registry.clone(),
        log: Arc::new(()),
    };
    let scenarios = plan.scenarios.clone();
    let behaviour = PlanBehaviour::new(Arc::new(plan), settings);
    let mut kept = Plan::new(registry.clone());
    let tags = vec!["error_code", "expected_response", "group", "name", "run", "scenario", "status"];
    kept.views.push(View { name: "requests", metrics: vec![Builtin::HTTP_REQS], tags });
    let mut test = TestConfig::new(scenarios, Arc::new(kept));
    test.workers = workers;
    let result = run(test, behaviour, control, Watchers::none()).await;
    Ran { result, registry }
}

impl Ran {
    /// The sum of a counter, the number of ones of a rate, or the number of samples of a trend.
    pub fn sum(&self, metric: MetricId) -> f64 {
        match self.result.totals.metric(metric) {
            None => 0.0,
            Some(Sink::Counter { sum, .. }) => *sum,
            Some(Sink::Rate(rate)) => rate.trues as f64,
            Some(other) => other.samples() as f64,
        }
    }

    pub fn requests(&self) -> usize {
        self.sum(Builtin::HTTP_REQS) as usize
    }

    /// The sum of the counter of that name.
    pub fn counter(&self, name: &str) -> f64 {
        self.sum(self.registry.find(name).unwrap().id)
    }

    /// Passed and failed outcomes of a check outside of groups.
    pub fn check(&self, name: &str) -> (u64, u64) {
        self.result.totals.check(self.result.totals.plan().tree.check(GroupId::ROOT, name))
    }

    /// Passed and failed outcomes of a check of what comes before the first task.
    pub fn start_check(&self, name: &str) -> (u64, u64) {
        let tree = &self.result.totals.plan().tree;
        let group = tree.group(GroupId::ROOT, "on_start");
        self.result.totals.check(tree.check(group, name))
    }

    /// Requests by all their tags in one line.
    pub fn rows(&self) -> BTreeMap<String, f64> {
        let rows = self.result.totals.iter().filter_map(|(key, sink, _)| match (key, sink) {
            (SinkKey::Row { tags, .. }, Sink::Counter { sum, .. }) => {
                let tags: Vec<_> = tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
                Some((tags.join(" "), *sum))
            }
            _ => None,
        });
        rows.collect()
    }
}
