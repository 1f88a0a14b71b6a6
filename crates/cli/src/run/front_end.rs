//! A front end is what a test came from: a script, a plan or a command, loaded and checked.

use std::sync::Arc;

use flashcrowd_engine::{Behaviour, ScenarioConfig};
use flashcrowd_http::Shared;
use flashcrowd_k6::Options;
use flashcrowd_metrics::{Registry, View};
use flashcrowd_plan::TestPlan;
use flashcrowd_record::{Expected, Results, Source, TestInfo, TimelineLine};
use serde_json::Value;

/// What is asked of a test, whatever it came from.
pub trait FrontEnd {
    /// How it is run.
    fn options(&self) -> &Options;

    /// Its metrics.
    fn registry(&self) -> &Registry;

    /// What its virtual users do.
    fn behaviour(&self) -> Arc<dyn Behaviour>;

    /// How requests are sent.
    fn http(&self) -> &Arc<Shared>;

    /// Its name and where it was read from.
    fn info(&self) -> TestInfo;

    /// The texts it is made of.
    fn sources(&self) -> Vec<Source>;

    /// Whether something runs before the scenarios.
    fn has_setup(&self) -> bool {
        false
    }

    /// Whether something runs after the scenarios.
    fn has_teardown(&self) -> bool {
        false
    }

    /// What setup returned.
    fn setup_data(&self) -> Option<Value> {
        None
    }

    /// What is expected of the run.
    fn expected(&self) -> Vec<Expected> {
        Vec::new()
    }

    /// The plan, if it is one: its stocks are read before and after, and it may end at the breaking point.
    fn plan(&self) -> Option<&TestPlan> {
        None
    }

    /// Whether a run of it is always recorded and judged.
    fn is_judged(&self) -> bool {
        self.plan().is_some()
    }

    /// Where its requests go, if that is one place.
    fn target(&self) -> Option<String> {
        self.plan().map(|plan| plan.host.clone())
    }

    /// Whether that is in this process, too.
    fn target_is_here(&self) -> bool {
        false
    }

    /// In which further ways its metrics are split.
    fn views(&self) -> Vec<View> {
        Vec::new()
    }

    /// Adds to the results what only it knows, before they are judged.
    fn complete(&self, _results: &mut Results, _timeline: &[TimelineLine]) {}

    /// Its streams of load.
    fn scenarios(&self) -> &[ScenarioConfig] {
        self.options().scenarios()
    }
}
