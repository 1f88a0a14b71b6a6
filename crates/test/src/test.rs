//! A test is what is run: how, by whom, and what is expected of it. Loaded and checked; nothing has been sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use flashcrowd_engine::{Behaviour, ScenarioConfig};
use flashcrowd_http::Shared;
use flashcrowd_metrics::{Registry, View};
use flashcrowd_record::{Expected, Results, RunInfo, SearchAim, Source, TestInfo, TimelineLine};
use futures_util::future::LocalBoxFuture;
use serde_json::Value;

use crate::{FindSettings, LoadError, Options};

/// A test that is loaded, whatever it came from. What it does not answer has the answer of a plain test.
pub trait Test {
    /// Its name, and where it was read from.
    fn info(&self) -> TestInfo;

    /// How it is run.
    fn options(&self) -> &Options;

    /// Its metrics.
    fn registry(&self) -> &Registry;

    /// What its virtual users do; asked once, after [`Test::prepare`].
    fn behaviour(&self) -> Arc<dyn Behaviour>;

    /// Gets it ready for a run; nothing is sent.
    fn prepare(&self) -> Result<(), LoadError> {
        Ok(())
    }

    /// How requests are sent; by its options if it does not say.
    fn http(&self) -> Option<&Arc<Shared>> {
        None
    }

    /// The texts it is made of, its own first.
    fn sources(&self) -> Vec<Source> {
        Vec::new()
    }

    /// It and everything that it reads, in one file that runs by itself with these variables; none of a test that is one
    /// file already.
    fn archive(&self, _env: &BTreeMap<String, String>) -> Option<Result<Vec<u8>, String>> {
        None
    }

    /// Its streams of load.
    fn scenarios(&self) -> &[ScenarioConfig] {
        self.options().scenarios()
    }

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

    /// Takes what setup returned elsewhere, in place of running it here; before the first iteration.
    fn take_setup_data(&self, _data: Option<Value>) {}

    /// What the record says of a run that others have made; none where this process makes it.
    fn recorded(&self) -> Option<RunInfo> {
        None
    }

    /// What is expected of the run.
    fn expected(&self) -> Vec<Expected> {
        Vec::new()
    }

    /// Whether every run of it is recorded and judged, asked for or not.
    fn is_judged(&self) -> bool {
        false
    }

    /// Where its requests go, if that is one place.
    fn target(&self) -> Option<String> {
        None
    }

    /// Where the target reports its own metrics.
    fn target_metrics(&self) -> TargetMetrics {
        TargetMetrics::default()
    }

    /// The target's series that are charted whatever they are, each by its name, or by its name and labels.
    fn charts(&self) -> Vec<String> {
        Vec::new()
    }

    /// In which further ways its metrics are split.
    fn views(&self) -> Vec<View> {
        Vec::new()
    }

    /// The stocks that are counted before and after the load.
    fn audits(&self) -> Option<&dyn Audits> {
        None
    }

    /// What a search for the largest load looks for in it, as far as it says so itself.
    fn find(&self) -> FindSettings {
        FindSettings::default()
    }

    /// What the run searches for; none of a run that does not.
    fn search(&self) -> Option<SearchAim> {
        None
    }

    /// Whether the run ends where the breaking point is found.
    fn stops_at_breaking_point(&self) -> bool {
        false
    }

    /// Adds to the results what only it knows, before they are judged.
    fn complete(&self, _results: &mut Results, _timeline: &[TimelineLine]) {}

    /// Whether it makes the summary itself.
    fn makes_summary(&self) -> bool {
        false
    }

    /// Makes the summary itself, of its data as JSON.
    fn summarize(&self, _data: String) -> Result<SummaryFiles, String> {
        Ok(None)
    }
}

/// What a test's own summary writes, by destination: `stdout`, `stderr` or a file; none when it wants the usual one.
pub type SummaryFiles = Option<Vec<(String, Vec<u8>)>>;

/// Where a target reports about itself; nowhere by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetMetrics {
    /// The sources that are asked for.
    pub at: Vec<String>,
    /// Where it may report: the first that answers is read, and nothing is said if none does.
    pub tried: Vec<String>,
}

/// A reading of all stocks, in their order; why there is none where one could not be read.
pub type Stocks = Vec<Result<f64, String>>;

/// The stocks that a test has counted before and after the load.
pub trait Audits {
    /// Each stock's name, and the counter of what the load side saw sold of it.
    fn stocks(&self) -> Vec<(String, String)>;

    /// Reads all stocks. Needs a `LocalSet` around it.
    fn read(&self) -> LocalBoxFuture<'_, Stocks>;
}
