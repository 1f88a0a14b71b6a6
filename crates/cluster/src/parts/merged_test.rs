//! A merged test is a test as its parts describe it; it cannot be run again.

use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use flashcrowd_engine::{Behaviour, VuFactory, WorkerContext};
use flashcrowd_metrics::{Registry, View, names};
use flashcrowd_record::{Expected, Results, RunInfo, Source, TestInfo, TimelineLine};
use flashcrowd_test::{OptionLayer, Options, Test, Tier};
use serde_json::{Map, Value};

use super::error::PartError;
use super::file::Head;
use super::merge::options;
use super::replay::SetupData;

/// The options that a judgement rests on; others may have secrets that were taken out of parts.
const NEEDED: [&str; 7] =
    ["scenarios", "thresholds", "summaryTrendStats", "summaryTimeUnit", "systemTags", "tags", "seed"];

/// A test as its parts describe it.
pub struct MergedTest {
    run: RunInfo,
    options: Options,
    registry: Registry,
    views: Vec<View>,
    by_group_and_scenario: bool,
    pub(super) setup_data: SetupData,
}

impl MergedTest {
    pub(super) fn of(path: &Path, heads: &[Head]) -> Result<Self, PartError> {
        let wrong = |what: String| PartError::Options { path: path.to_owned(), what };
        let head = heads.first().ok_or_else(|| PartError::NotAPart(path.to_owned()))?;
        let all = options(&head.run);
        let needed: Map<String, Value> = NEEDED
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), all.get(*name)?.clone())))
            .filter(|(_, value)| !value.is_null())
            .collect();
        let (layer, problems, _) = OptionLayer::from_json(&needed.into());
        let resolved = match problems.is_empty() {
            true => Options::consolidate(&[(Tier::Script, layer)]),
            false => Err(problems),
        };
        let resolved = resolved.map_err(|problems| {
            wrong(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
        })?;
        let registry = Registry::new();
        for metric in &head.metrics {
            let defined = registry.define(&metric.name, metric.kind, metric.contains);
            defined.map_err(|error| wrong(error.to_string()))?;
        }
        let known = |name: &String| names::view::ALL.iter().copied().find(|known| known == name);
        let views = head.views.iter().filter_map(known);
        let views = views.map(|name| View { name, metrics: Vec::new(), tags: Vec::new() }).collect();
        let (options, by_group_and_scenario) = (resolved.options, head.by_group_and_scenario);
        let setup_data = SetupData::default();
        Ok(Self { run: run(heads, head, all), options, registry, views, by_group_and_scenario, setup_data })
    }

    /// Whether its metrics are also split by group and by scenario.
    pub fn by_group_and_scenario(&self) -> bool {
        self.by_group_and_scenario
    }
}

/// What the record of all parts together says.
fn run(heads: &[Head], head: &Head, options: Value) -> RunInfo {
    let mut run = head.run.clone();
    run.options = options;
    run.start = heads.iter().map(|head| head.run.start.clone()).min().unwrap_or_default();
    run.workers = heads.iter().map(|head| head.run.workers).sum();
    let mut machines: Vec<&Option<String>> = heads.iter().map(|head| &head.run.host.boot).collect();
    machines.sort();
    machines.dedup();
    let is_one = machines.len() == 1 && machines.iter().all(|boot| boot.is_some());
    if !is_one {
        run.host.cpus = heads.iter().map(|head| head.run.host.cpus).sum();
        run.host.memory_bytes = heads.iter().map(|head| head.run.host.memory_bytes).sum();
        let mut hosts: Vec<&str> = heads.iter().map(|head| head.run.host.name.as_str()).collect();
        hosts.sort_unstable();
        hosts.dedup();
        run.host.name = hosts.join(", ");
        run.host.boot = None;
    }
    run
}

impl Test for MergedTest {
    fn info(&self) -> TestInfo {
        self.run.test.clone()
    }

    fn options(&self) -> &Options {
        &self.options
    }

    fn registry(&self) -> &Registry {
        &self.registry
    }

    fn behaviour(&self) -> Arc<dyn Behaviour> {
        Arc::new(Made)
    }

    fn sources(&self) -> Vec<Source> {
        self.run.sources.clone()
    }

    fn recorded(&self) -> Option<RunInfo> {
        Some(self.run.clone())
    }

    fn setup_data(&self) -> Option<Value> {
        self.setup_data.get().cloned()
    }

    fn expected(&self) -> Vec<Expected> {
        self.run.expected.clone()
    }

    fn is_judged(&self) -> bool {
        true
    }

    fn target(&self) -> Option<String> {
        self.run.target.clone()
    }

    fn views(&self) -> Vec<View> {
        self.views.clone()
    }

    fn complete(&self, results: &mut Results, _: &[TimelineLine]) {
        results.options = self.run.options.clone();
    }
}

/// What virtual users did; nobody does it again.
struct Made;

impl Behaviour for Made {
    fn on_worker(self: Arc<Self>, _: Rc<WorkerContext>) -> Rc<dyn VuFactory> {
        unreachable!("a replay starts no worker")
    }
}
