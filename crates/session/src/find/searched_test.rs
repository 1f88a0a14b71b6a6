//! A searched test is a test whose load is on the dial of a search; everything else is as the test has it.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use flashcrowd_engine::{Behaviour, ScenarioConfig};
use flashcrowd_http::Shared;
use flashcrowd_metrics::{Registry, View};
use flashcrowd_record::{Results, SearchAim, Source, TestInfo, TimelineLine};
use flashcrowd_test::{Audits, LoadError, Options, TargetMetrics, Test};
use serde_json::Value;

use super::load_search::LoadSearch;
use super::outcome::result;

/// A test whose load is on the dial of a search.
pub struct SearchedTest<'t> {
    test: &'t dyn Test,
    scenarios: Vec<ScenarioConfig>,
    search: Rc<RefCell<LoadSearch>>,
}

impl<'t> SearchedTest<'t> {
    /// A test with a search of it.
    pub fn new(test: &'t dyn Test, search: &Rc<RefCell<LoadSearch>>) -> Self {
        let scenarios = search.borrow().aim().scenarios.clone();
        Self { test, scenarios, search: search.clone() }
    }
}

impl Test for SearchedTest<'_> {
    fn info(&self) -> TestInfo {
        self.test.info()
    }

    fn options(&self) -> &Options {
        self.test.options()
    }

    fn registry(&self) -> &Registry {
        self.test.registry()
    }

    fn behaviour(&self) -> Arc<dyn Behaviour> {
        self.test.behaviour()
    }

    fn prepare(&self) -> Result<(), LoadError> {
        self.test.prepare()
    }

    fn http(&self) -> Option<&Arc<Shared>> {
        self.test.http()
    }

    fn sources(&self) -> Vec<Source> {
        self.test.sources()
    }

    fn scenarios(&self) -> &[ScenarioConfig] {
        &self.scenarios
    }

    fn has_setup(&self) -> bool {
        self.test.has_setup()
    }

    fn has_teardown(&self) -> bool {
        self.test.has_teardown()
    }

    fn setup_data(&self) -> Option<Value> {
        self.test.setup_data()
    }

    fn is_judged(&self) -> bool {
        true
    }

    fn target(&self) -> Option<String> {
        self.test.target()
    }

    fn target_metrics(&self) -> TargetMetrics {
        self.test.target_metrics()
    }

    fn charts(&self) -> Vec<String> {
        self.test.charts()
    }

    fn views(&self) -> Vec<View> {
        self.test.views()
    }

    fn audits(&self) -> Option<&dyn Audits> {
        self.test.audits()
    }

    fn search(&self) -> Option<SearchAim> {
        Some(self.search.borrow().aim().recorded())
    }

    fn complete(&self, results: &mut Results, timeline: &[TimelineLine]) {
        self.test.complete(results, timeline);
        results.search = Some(result(&self.search.borrow()));
    }
}
